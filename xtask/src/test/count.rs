//! How many passed, failed and were skipped, read off the closing lines of the test runners.

use std::fmt;
use std::ops::AddAssign;

/// Numbers of tests or checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) passed: u32,
    pub(super) failed: u32,
    pub(super) skipped: u32,
}

impl Count {
    pub(super) fn one_passed() -> Self {
        Count { passed: 1, ..Count::default() }
    }

    /// The sum of all closing lines in what nextest, cargo test or pytest printed.
    pub(super) fn read(output: &str) -> Self {
        let mut count = Count::default();
        for line in output.lines().filter(|line| is_closing(line)) {
            count += Count {
                passed: number_before(line, "passed"),
                // pytest tells apart a test that failed and one that could not start.
                failed: number_before(line, "failed") + number_before(line, "error"),
                skipped: number_before(line, "skipped") + number_before(line, "ignored"),
            };
        }
        count
    }
}

fn is_closing(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("Summary [") || line.starts_with("test result:") || is_pytest(line)
}

/// `3 failed, 10 passed in 83.30s (0:01:23)`, bare or between equals signs.
fn is_pytest(line: &str) -> bool {
    let line = line.trim_matches(['=', ' ']);
    let Some((counts, rest)) = line.split_once(" in ") else { return false };
    let seconds = rest.split(' ').next().and_then(|word| word.strip_suffix('s'));
    let number = counts.split(' ').next();
    seconds.is_some_and(|word| word.parse::<f64>().is_ok())
        && number.is_some_and(|word| word.parse::<u32>().is_ok())
}

/// The number that stands before a word, or none.
fn number_before(line: &str, word: &str) -> u32 {
    let words: Vec<&str> = line.split([' ', ',', ';']).filter(|word| !word.is_empty()).collect();
    let place = words.iter().position(|found| found.trim_end_matches('s') == word.trim_end_matches('s'));
    place.and_then(|place| words.get(place.checked_sub(1)?)?.parse().ok()).unwrap_or(0)
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(passed: u32, failed: u32, skipped: u32) -> Count {
        Count { passed, failed, skipped }
    }

    #[test]
    fn the_closing_line_of_nextest_counts() {
        let line = "     Summary [   0.117s] 21 tests run: 18 passed (2 slow), 3 failed, 4 skipped";
        assert_eq!(Count::read(line), count(18, 3, 4));
    }

    #[test]
    fn the_closing_lines_of_cargo_test_add_up() {
        let line =
            "test result: ok. 2 passed; 1 failed; 5 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(Count::read(&line.repeat(2)), count(4, 2, 10));
    }

    #[test]
    fn the_closing_line_of_pytest_counts_errors_as_failures() {
        assert_eq!(Count::read("3 failed, 10 passed, 2 skipped, 1 error in 12.30s"), count(10, 4, 2));
        assert_eq!(Count::read("===== 10 passed, 2 errors in 12.30s ====="), count(10, 2, 0));
        assert_eq!(Count::read("12 passed in 83.30s (0:01:23)"), count(12, 0, 0));
    }

    #[test]
    fn other_lines_do_not_count() {
        assert_eq!(Count::read("9 passed of those who\nerror: 3 failed\n"), count(0, 0, 0));
    }
}
