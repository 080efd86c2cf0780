//! Counting tests from the closing lines of their runners.

use std::fmt;
use std::ops::AddAssign;

/// How many tests passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    /// One check that isn't a runner of its own.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed), skipped: 0 }
    }

    /// Adds what `line` says, if it is the closing line of `cargo test` or pytest.
    pub(crate) fn read_closing_line(&mut self, line: &str) {
        let cargo = line.starts_with("test result: ");
        let pytest = line.starts_with('=') && line.ends_with('=') && line.contains(" in ");
        if !cargo && !pytest {
            return;
        }
        let words: Vec<&str> = line.split([' ', ';', ',']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            let Ok(count) = pair[0].parse::<u64>() else { continue };
            match pair[1] {
                "passed" | "xpassed" => self.passed += count,
                "failed" | "error" | "errors" => self.failed += count,
                "ignored" | "skipped" | "xfailed" => self.skipped += count,
                _ => {}
            }
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn closing_lines_are_counted() {
        let mut tally = Tally::default();
        for line in [
            "test result: ok. 12 passed; 0 failed; 3 ignored; 0 measured; 5 filtered out; finished in 0.01s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "============= 2 failed, 7 passed, 1 skipped, 1 error in 0.12s =============",
            "============================= 4 passed in 61.00s (0:01:01) =============================",
        ] {
            tally.read_closing_line(line);
        }
        assert_eq!(tally, Tally { passed: 24, failed: 5, skipped: 4 });
    }

    #[test]
    fn other_lines_are_not_counted() {
        let mut tally = Tally::default();
        for line in
            ["running 5 tests", "9 passed, as the log says", "====== 3 failed ======", "test a ... ok"]
        {
            tally.read_closing_line(line);
        }
        assert_eq!(tally, Tally::default());
    }
}
