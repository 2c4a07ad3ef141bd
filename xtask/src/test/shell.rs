//! Running a command line: its output goes through and is kept for counting.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result, ensure};

use super::count::Count;

/// A command line, split at spaces.
pub(super) struct Line<'a>(&'a str);

impl<'a> Line<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        Line(line)
    }

    /// Runs it as one check.
    pub(super) fn run(&self) -> Result<Count> {
        let (_, success) = self.tee()?;
        ensure!(success, "`{}` failed", self.0);
        Ok(Count::one_passed())
    }

    /// Runs it as a test runner and reads its counts. A runner that fails without a failed test counts as one failure.
    pub(super) fn run_tests(&self) -> Result<Count> {
        let (output, success) = self.tee()?;
        let mut count = Count::read(&output);
        if !success && count.failed == 0 {
            count.failed = 1;
        }
        Ok(count)
    }

    fn tee(&self) -> Result<(String, bool)> {
        let mut words = self.0.split(' ');
        let program = words.next().unwrap_or_default();
        let mut child = Command::new(program)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run `{program}`"))?;
        let (sender, lines) = mpsc::channel();
        let pipes: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|pipe| Box::new(pipe) as _),
            child.stderr.take().map(|pipe| Box::new(pipe) as _),
        ];
        for pipe in pipes.into_iter().flatten() {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                    if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut output = String::new();
        for line in lines {
            writeln!(std::io::stdout(), "{line}")?;
            output.push_str(&line);
            output.push('\n');
        }
        Ok((output, child.wait()?.success()))
    }
}
