//! `fuzz smoke`: every target for a while, on the stable toolchain.
//!
//! ```text
//! fuzz smoke [--iterations N] [--start S] [TARGET…]     mutate seeds; the same start makes the same inputs
//! fuzz replay TARGET FILE…                               run inputs that were kept
//! fuzz seeds                                             write the seeds to corpus/TARGET/, for libFuzzer
//! fuzz list
//! ```
#![forbid(unsafe_code)]

use std::{
    collections::HashSet,
    fs,
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use fuzz::{
    mutate::{Dice, mutate},
    target::{Seen, Target},
    targets::TARGETS,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut words = arguments.iter().map(String::as_str);
    let result = match words.next() {
        Some("smoke") => smoke(words),
        Some("replay") => replay(words),
        Some("seeds") => seeds(),
        Some("list") => {
            TARGETS.iter().for_each(|target| println!("{}", target.name));
            Ok(())
        }
        _ => Err(format!("usage: {USAGE}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Mutates the seeds of the named targets, or of all.
fn smoke<'w>(mut words: impl Iterator<Item = &'w str>) -> Result<(), String> {
    let (mut iterations, mut start, mut names) = (ITERATIONS, START, Vec::new());
    while let Some(word) = words.next() {
        let mut number =
            || words.next().and_then(|text| text.parse().ok()).ok_or(format!("{word} needs a number"));
        match word {
            "--iterations" => iterations = number()?,
            "--start" => start = number()?,
            name => names.push(find(name)?.name),
        }
    }
    let watched = Watched::start();
    // A panic is reported below, with what is needed to repeat it.
    panic::set_hook(Box::new(|_| {}));
    let mut failed = 0;
    for target in TARGETS.iter().filter(|target| names.is_empty() || names.contains(&target.name)) {
        match run(target, iterations, start, &watched) {
            Ok(line) => println!("{line}"),
            Err(message) => {
                failed += 1;
                println!("{message}");
            }
        }
    }
    if failed == 0 { Ok(()) } else { Err(format!("{failed} targets failed")) }
}

fn run(target: &Target, iterations: u64, start: u64, watched: &Watched) -> Result<String, String> {
    let begun = Instant::now();
    let mut dice = Dice::new(start);
    let mut corpus = (target.seeds)();
    let mut ways = HashSet::new();
    let mut accepted = 0_u64;
    let seeds = corpus.len();
    let mut slowest = Duration::ZERO;
    for round in 0..iterations {
        // The seeds as they are come first; later they stay half of what is mutated, so that the rest of the corpus,
        // mostly refused, does not lead away from what is accepted.
        let first = usize::try_from(round).ok().filter(|&round| round < seeds);
        let pool = if dice.below(2) == 0 { seeds } else { corpus.len() };
        let mut input = corpus.get(first.unwrap_or_else(|| dice.below(pool))).cloned().unwrap_or_default();
        if first.is_none() {
            mutate(&mut input, &corpus, target.words, &mut dice);
        }
        watched.begin(target.name, &input);
        let at = Instant::now();
        let seen = attempt(target, &input).map_err(|why| {
            let file = keep(target.name, &input);
            format!(
                "{}: FAILED in round {round} of start {start}: {why}\n  input kept in {}",
                target.name,
                file.display()
            )
        })?;
        let took = at.elapsed();
        if took > slowest {
            // Was it the input, or was it another process? The shortest of three runs says.
            let again = (0..2).map(|_| {
                let at = Instant::now();
                let _ = attempt(target, &input);
                at.elapsed()
            });
            slowest = slowest.max(again.fold(took, Duration::min));
        }
        accepted += u64::from(seen.accepted);
        if ways.insert(seen.way) && first.is_none() && corpus.len() < LARGEST_CORPUS {
            corpus.push(input);
        }
    }
    watched.end();
    // A target that accepts nothing tests only its first line.
    if accepted * 1000 < iterations {
        return Err(format!("{}: FAILED: only {accepted} of {iterations} inputs were accepted", target.name));
    }
    Ok(format!(
        "{:<16} ok: {iterations} rounds of start {start}, {accepted} accepted, {} ways, slowest {:.1} ms, {:.1} s",
        target.name,
        ways.len(),
        slowest.as_secs_f64() * 1e3,
        begun.elapsed().as_secs_f64()
    ))
}

fn attempt(target: &Target, input: &[u8]) -> Result<Seen, String> {
    panic::catch_unwind(AssertUnwindSafe(|| (target.body)(input))).map_err(|cause| {
        let text =
            cause.downcast_ref::<String>().map(String::as_str).or(cause.downcast_ref::<&str>().copied());
        text.unwrap_or("a panic without a message").chars().take(2000).collect()
    })
}

/// Runs kept inputs again, panics and all.
fn replay<'w>(mut words: impl Iterator<Item = &'w str>) -> Result<(), String> {
    let target = find(words.next().ok_or("which target?")?)?;
    for file in words {
        let input = fs::read(file).map_err(|error| format!("cannot read `{file}`: {error}"))?;
        println!("{file}: {:?}", (target.body)(&input));
    }
    Ok(())
}

/// Writes the seeds where libFuzzer finds them.
fn seeds() -> Result<(), String> {
    for target in TARGETS {
        let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")).join(target.name);
        let cannot = |error| format!("cannot write to `{}`: {error}", dir.display());
        fs::create_dir_all(&dir).map_err(cannot)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            fs::write(dir.join(format!("seed-{number}")), seed).map_err(cannot)?;
        }
        println!("{}", dir.display());
    }
    Ok(())
}

fn find(name: &str) -> Result<&'static Target, String> {
    TARGETS
        .iter()
        .find(|target| target.name == name)
        .copied()
        .ok_or(format!("no target `{name}`; see `fuzz list`"))
}

fn keep(name: &str, input: &[u8]) -> PathBuf {
    let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/artifacts"));
    let mut number = 0;
    let mut file = dir.join(format!("{name}-{number}"));
    while file.exists() {
        number += 1;
        file = dir.join(format!("{name}-{number}"));
    }
    // Without a place to keep it the message still says how to make it again.
    let _ = fs::create_dir_all(&dir).and_then(|()| fs::write(&file, input));
    file
}

/// What runs at the moment, and since when: an input that does not come to an end is a failure too.
#[derive(Clone, Default)]
struct Watched(Arc<Mutex<Option<Running>>>);

/// A target's name, its input, and when it began.
type Running = (&'static str, Vec<u8>, Instant);

impl Watched {
    fn start() -> Self {
        let watched = Self::default();
        let eye = watched.clone();
        thread::spawn(move || {
            loop {
                thread::sleep(Duration::from_secs(1));
                let now = eye.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if let Some((name, input, since)) = now
                    && since.elapsed() > LONGEST_RUN
                {
                    println!(
                        "{name}: FAILED: no end after {LONGEST_RUN:?}; input kept in {}",
                        keep(name, &input).display()
                    );
                    std::process::exit(1);
                }
            }
        });
        watched
    }

    fn begin(&self, name: &'static str, input: &[u8]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((name, input.to_vec(), Instant::now()));
    }

    fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

const USAGE: &str = "fuzz smoke [--iterations N] [--start S] [TARGET…] | replay TARGET FILE… | seeds | list";

/// Enough to meet every rule of a target, and over in seconds.
const ITERATIONS: u64 = 20_000;
const START: u64 = 2026;
const LARGEST_CORPUS: usize = 2_000;

/// No input of at most 64 KiB takes anywhere near this long, on any machine.
const LONGEST_RUN: Duration = Duration::from_secs(20);
