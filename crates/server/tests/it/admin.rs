//! The admin socket.

use std::future::Future;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::Arc;

use server::admin::{AdminError, AdminSocket, Command, Maintenance, Progress, SOCKET, call};
use tokio::sync::watch;

struct Echo;

impl Maintenance for Echo {
    fn run<'a>(
        &'a self,
        command: Command,
        progress: Progress,
    ) -> Pin<Box<dyn Future<Output = Result<serde_json::Value, String>> + Send + 'a>> {
        Box::pin(async move {
            match command {
                Command::StoreVerify => {
                    progress.report("records", 1, Some(2));
                    Ok(serde_json::json!({ "records": 2 }))
                }
                _ => Err("not here".to_owned()),
            }
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_carried_out_for_the_operator() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(SOCKET);
    let nobody = call(&path, &Command::Status, |_, _, _| ());
    assert!(matches!(nobody, Err(AdminError::NotRunning)));

    // What a server that died has left.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(matches!(call(&path, &Command::Status, |_, _, _| ()), Err(AdminError::NotRunning)));

    let socket = AdminSocket::bind(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let (stop, stopping) = watch::channel(false);
    let serving = tokio::spawn(socket.serve(Arc::new(Echo), stopping));
    let asked = path.clone();
    tokio::task::spawn_blocking(move || {
        let mut seen = Vec::new();
        let result = call(&asked, &Command::StoreVerify, |message, done, total| {
            seen.push((message.to_owned(), done, total));
        });
        assert_eq!(result.unwrap(), serde_json::json!({ "records": 2 }));
        assert_eq!(seen, [("records".to_owned(), 1, Some(2))]);
        let refused = call(&asked, &Command::Status, |_, _, _| ());
        assert_eq!(refused.unwrap_err().to_string(), "not here");

        for nonsense in [&b"nonsense\n"[..], b"{\"command\":\"launch\"}\n", b"\xff\n", &[b'a'; 100_000]] {
            let mut stream = UnixStream::connect(&asked).unwrap();
            // The server may have had enough before everything is written.
            let _ = stream.write_all(nonsense);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let mut text = String::new();
            let _ = stream.read_to_string(&mut text);
            assert!(!text.contains("done"), "{text}");
        }
        assert!(call(&asked, &Command::StoreVerify, |_, _, _| ()).is_ok());
    })
    .await
    .unwrap();
    stop.send(true).unwrap();
    serving.await.unwrap();
    assert!(!path.exists());
}
