//! Reading resources takes time in proportion to the file, whatever is in it: files come from strangers.

use std::fmt::Write;
use std::time::{Duration, Instant};

use sealkit::sealed_secrets::Secret;

/// How much larger the larger file is. Work that grows with the square takes 64 times as long.
const FACTOR: usize = 8;

/// The shortest of several runs: other programs only ever make one longer.
fn shortest(run: impl Fn()) -> Duration {
    let runs = (0..3).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    runs.min().unwrap_or_default()
}

fn assert_grows_with_the_file(size: usize, file: impl Fn(usize) -> String, read: impl Fn(&str)) {
    let (small, large) = (file(size), file(size * FACTOR));
    let (small, large) = (shortest(|| read(&small)), shortest(|| read(&large)));
    assert!(large < small * 3 * FACTOR as u32, "{FACTOR} times the file takes {small:?} and {large:?}");
}

fn read_secret(text: &str, conversions: usize) {
    let secret = Secret::parse(text).expect("the file is a Secret");
    assert_eq!(secret.conversions().len(), conversions);
}

#[test]
fn a_secret_with_many_values() {
    let file = |size: usize| {
        (0..size).fold("kind: Secret\nstringData:\n".to_owned(), |mut text, number| {
            writeln!(text, "  k{number}: yes").unwrap();
            text
        })
    };
    assert_grows_with_the_file(2_000, file, |text| read_secret(text, text.lines().count() - 2));
}

#[test]
fn a_secret_with_many_values_in_one_line() {
    let file = |size: usize| {
        let values: Vec<_> = (0..size).map(|number| format!("k{number}: yes")).collect();
        format!("{{\"kind\": Secret, stringData: {{{}}}}}", values.join(", "))
    };
    assert_grows_with_the_file(2_000, file, |text| read_secret(text, text.matches("yes").count()));
}

#[test]
fn a_secret_with_many_odd_keys_and_fields() {
    let file = |size: usize| {
        let fields = (0..size).map(|number| format!("field{number}: x\n"));
        let keys = (0..size).map(|number| format!("  {number}: text\n"));
        ["kind: Secret\n".to_owned()]
            .into_iter()
            .chain(fields)
            .chain(["stringData:\n".to_owned()])
            .chain(keys)
            .collect()
    };
    assert_grows_with_the_file(1_000, file, |text| read_secret(text, text.matches("text").count()));
}
