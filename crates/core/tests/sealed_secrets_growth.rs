//! Reading resources takes time in proportion to the file, whatever is in it: files come from strangers.

use std::fmt::Write;
use std::time::{Duration, Instant};

use sealkit::sealed_secrets::{Resource, Secret};

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
    // A busy machine may spoil a measurement, but not all of them.
    let grows_too_fast = (0..8).all(|_| {
        let (small, large) = (shortest(|| read(&small)), shortest(|| read(&large)));
        large > small * 3 * FACTOR as u32
    });
    assert!(!grows_too_fast, "{FACTOR} times the file takes more than {} times as long", 3 * FACTOR);
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

#[test]
fn a_file_of_many_other_resources() {
    let file = |size: usize| "---\nkind: ConfigMap\n".repeat(size);
    assert_grows_with_the_file(2_000, file, |text| {
        let resources = Resource::parse_all(text).expect("the file is of resources");
        let Some(Resource::Other(last)) = resources.last() else { panic!("it holds ConfigMaps") };
        let line = last.place().location.map(|location| location.line);
        assert_eq!((last.kind(), line), (Some("ConfigMap"), Some(text.lines().count())));
    });
}
