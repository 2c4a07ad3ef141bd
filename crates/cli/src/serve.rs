//! `serve`: everything together.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde_json::json;
use server::admin::AdminSocket;
use server::{App, Dev, Limits, ListenError, Listener, Monitor, PlainHttp, Tls};
use store::{Authority, SystemActor};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use types::AccountId;

use crate::args::Serve;
use crate::data_dir::{DEFAULT, DataDir};
use crate::first_start::{self, Started};
use crate::house::{self, House};
use crate::logging;
use crate::maintenance::Caretaker;

pub(crate) fn run(args: Serve) -> anyhow::Result<ExitCode> {
    if args.dev && !args.listen.ip().is_loopback() {
        bail!("in development mode anybody is root, so it listens on loopback only; {} is not", args.listen);
    }
    logging::start(&args.log, args.log_json)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(args))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(args: Serve) -> anyhow::Result<()> {
    let dir = DataDir::of(&args.data, if args.dev { DEV_DIRECTORY } else { DEFAULT })?;
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some(Arc::new(Tls::from_files(certificate.clone(), key.clone())?)),
        _ => None,
    };
    let plain = if args.plain_http { PlainHttp::Anywhere } else { PlainHttp::LoopbackOnly };
    let limits = Limits::default();
    let listener = Listener::bind(args.listen, tls.clone(), plain, limits).await;
    let listener = listener.map_err(|refused| with_remedy(refused, "--listen"))?;

    let scheme = if args.tls_cert.is_some() { "https" } else { "http" };
    let own = || format!("{scheme}://{}", listener.address());
    let public_url = args.public_url.as_ref().map_or_else(own, |url| url.as_str().to_owned());
    let house = Arc::new(House::open(dir, public_url).await?);
    let started = if args.dev {
        first_start::ensure_dev_accounts(&house, dev_account()).await?
    } else {
        first_start::ensure_account(&house, args.account_id).await?
    };
    let services = vec![iam::entry(), sts::entry_with(args.federation.settings()?)];
    let dev = args.dev.then(|| development(&house));
    let app = App::new(Arc::clone(&house.core), services, limits, dev)
        .map_err(|fault| anyhow::anyhow!(fault.log.unwrap_or(fault.message)))?;
    let app = Arc::new(app);
    let admin = AdminSocket::bind(&house.dir.admin_socket())
        .with_context(|| format!("cannot open `{}`", house.dir.admin_socket().display()))?;
    let monitor = match args.metrics {
        Some(address) => {
            let listener = Listener::bind(address, None, plain, limits).await;
            Some(listener.map_err(|refused| with_remedy(refused, "--metrics"))?)
        }
        None => None,
    };
    banner(&args, &house, &started, &listener, monitor.as_ref());

    let (stop, stopped) = watch::channel(false);
    let caretaker = Arc::new(Caretaker { house: Arc::clone(&house), tls: tls.clone() });
    let admin = tokio::spawn(admin.serve(caretaker, stopped.clone()));
    let monitor = monitor
        .map(|listener| tokio::spawn(listener.serve(Arc::new(Monitor::new(app.metrics())), stopped.clone())));
    let serving = tokio::spawn(listener.serve(Arc::clone(&app), stopped));
    app.set_ready(true);

    wait_for_the_end(tls.as_deref()).await?;
    app.set_ready(false);
    stop.send_replace(true);
    serving.await?;
    admin.await?;
    if let Some(monitor) = monitor {
        monitor.await?;
    }
    drop(app);
    let house = Arc::into_inner(house).context("something still holds the data directory")?;
    house.close().await
}

/// Why a listener could not be opened, and the flags that help.
fn with_remedy(refused: ListenError, flag: &str) -> anyhow::Error {
    match refused {
        ListenError::PlainHttp(address) if flag == "--listen" => anyhow::anyhow!(
            "`{address}` is not a loopback address: give --tls-cert and --tls-key, or ask for --plain-http"
        ),
        ListenError::PlainHttp(address) => {
            anyhow::anyhow!("`{address}` is not a loopback address: give {flag} one, or ask for --plain-http")
        }
        bind @ ListenError::Bind { .. } => anyhow::anyhow!("{bind}; name another address with {flag}"),
    }
}

/// Returns when the process is asked to stop; reads the certificate again when asked to.
async fn wait_for_the_end(tls: Option<&Tls>) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            _ = hangup.recv() => match tls.map(Tls::reload) {
                Some(Err(error)) => tracing::error!(%error, "the certificate could not be read again; the old one stays"),
                Some(Ok(())) => tracing::info!("the certificate was read again"),
                None => {}
            },
        }
    }
}

fn development(house: &Arc<House>) -> Dev {
    let house = Arc::downgrade(house);
    Dev {
        account: dev_account(),
        reset: Box::new(move || {
            let house = house.clone();
            Box::pin(async move {
                let house = house.upgrade().ok_or("the server is stopping")?;
                reset(&house).await.map_err(|error| format!("{error:#}"))
            })
        }),
    }
}

/// Empties the directory and makes the development accounts again.
async fn reset(house: &House) -> anyhow::Result<()> {
    let core = &house.core;
    let event = service::operator_event(core, "Reset", &json!({})).map_err(house::refused)?;
    core.store.reset(&Authority::system(SystemActor::Reset), &event).await?;
    first_start::ensure_dev_accounts(house, dev_account()).await?;
    Ok(())
}

fn banner(args: &Serve, house: &House, started: &Started, listener: &Listener, monitor: Option<&Listener>) {
    let scheme = if args.tls_cert.is_some() { "https" } else { "http" };
    println!("Portcullis {}", env!("CARGO_PKG_VERSION"));
    println!("  endpoint  {scheme}://{}", listener.address());
    if let Some(url) = &args.public_url {
        println!("  public    {}", url.as_str());
    }
    if args.dev {
        println!("  DEVELOPMENT MODE: ANYBODY IS ROOT. Unknown access keys act as the root user, unchecked.");
    } else {
        println!("  enforced  every call is authenticated and authorised");
    }
    println!("  store     SQLite in {}", house.dir.path().display());
    for owner in &started.owners {
        println!("  account   {} ({})", owner.account, owner.partition);
    }
    if started.is_first && !args.dev {
        println!("  root credentials written to {}", house.dir.root_credentials(None).display());
    }
    if let Some(monitor) = monitor {
        println!("  metrics   http://{}/metrics", monitor.address());
    }
    if args.listen.ip().is_loopback() || args.tls_cert.is_some() {
        return;
    }
    println!("  WARNING: plain HTTP on {}: keys and sessions travel in the open", args.listen);
}

fn dev_account() -> AccountId {
    AccountId::from_number(123_456_789_012)
}

/// The data directory of the development mode: what anybody may change is kept apart.
const DEV_DIRECTORY: &str = "portcullis-dev";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_listen_hears_which_flag_helps() {
        let address = "192.0.2.1:7070".parse().unwrap();
        let cause = std::io::ErrorKind::AddrInUse.into();
        let said = |refused, flag| with_remedy(refused, flag).to_string();
        assert!(said(ListenError::PlainHttp(address), "--listen").ends_with("or ask for --plain-http"));
        assert!(said(ListenError::PlainHttp(address), "--metrics").contains("give --metrics one"));
        let taken = said(ListenError::Bind { address, cause }, "--listen");
        assert_eq!(
            taken,
            "cannot listen on `192.0.2.1:7070`: address in use; name another address with --listen"
        );
    }
}
