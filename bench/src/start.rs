//! `start`: from nothing to the first answer; memory; the binary.

use anyhow::Result;

use crate::durable::creates;
use crate::load::send_all;
use crate::process::{Core, Server, account, portcullis_binary, scratch};
use crate::report::{Goal, Report, median};

const BENCH: &str = "start";

pub(crate) fn run(report: &mut Report) -> Result<()> {
    let home = scratch()?;
    let (mut first, mut again, mut bare) = (vec![], vec![], vec![]);
    let (mut memory, mut bare_memory) = (vec![], vec![]);
    for round in 0..ROUNDS {
        let data = home.path().join(round.to_string());
        first.push(milliseconds(&Server::portcullis(&data, Core::Any)?));
        let server = Server::portcullis(&data, Core::Any)?;
        again.push(milliseconds(&server));
        memory.push(server.resident_mb()?);
        let floor = Server::bare(500, Core::Any)?;
        bare.push(milliseconds(&floor));
        bare_memory.push(floor.resident_mb()?);
    }
    report.tell(BENCH, "bare hyper, start to first answer", median(&bare), "ms");
    report.judge(
        BENCH,
        "start to first answer, new data directory",
        median(&first),
        "ms",
        Goal::AtMost(100.0),
    );
    report.judge(BENCH, "start to first answer, existing data", median(&again), "ms", Goal::AtMost(100.0));
    report.tell(BENCH, "bare hyper, idle memory", median(&bare_memory), "MB");
    report.judge(BENCH, "idle memory", median(&memory), "MB", Goal::AtMost(15.0));

    let data = home.path().join("many");
    {
        let server = Server::portcullis(&data, Core::Any)?;
        let keys = (0..4).map(|_| account(&data)).collect::<Result<Vec<_>>>()?;
        send_all(&server.address, creates(&server, &keys, 40, 250))?;
        report.judge(
            BENCH,
            "memory after making 10,000 users",
            server.resident_mb()?,
            "MB",
            Goal::AtMost(40.0),
        );
    }
    let server = Server::portcullis(&data, Core::Any)?;
    report.tell(BENCH, "start to first answer, 10,000 users", milliseconds(&server), "ms");
    report.judge(
        BENCH,
        "memory with 10,000 users, started anew",
        server.resident_mb()?,
        "MB",
        Goal::AtMost(40.0),
    );
    #[expect(clippy::cast_precision_loss, reason = "no binary has 2^52 bytes")]
    let size = std::fs::metadata(portcullis_binary()?)?.len() as f64 / 1e6;
    report.judge(BENCH, "binary", size, "MB", Goal::AtMost(40.0));
    Ok(())
}

fn milliseconds(server: &Server) -> f64 {
    server.started_in.as_secs_f64() * 1e3
}

const ROUNDS: usize = 15;
