//! The front end `kubeseal`, held to what the real kubeseal does: test-vectors/kubeseal/README.md says how.
//!
//! `SEALKIT_CASES=merge` runs only the cases with `merge` in their name.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test says what is wrong by stopping")]

mod case;
mod compare;
mod merging;
mod outcome;
mod program;
#[path = "../support/recorded.rs"]
mod recorded;
mod server;

use std::path::PathBuf;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;

use case::Vectors;
use outcome::Outcome;
use program::Runner;
use recorded::{assert_documented, chosen, in_parallel, workspace};

/// sealkit under the name kubeseal, on every recorded command line.
#[test]
fn answers_as_the_real_kubeseal_did() {
    let vectors = Vectors::load();
    let runner = Runner::new(cargo_bin!("sealkit").to_owned(), &vectors);
    let cases = chosen(&vectors.cases);
    let failures = in_parallel("kubeseal", &cases, |case| {
        compare::differences(case, &vectors.expected(case, None), &runner.run(case))
    });
    let on_purpose = cases.iter().filter(|case| case.ours.is_some()).count();
    println!(
        "{} command lines replayed: {} as kubeseal answered them, {on_purpose} different on purpose, {} wrong",
        cases.len(),
        cases.len() - on_purpose - failures.len(),
        failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// The real kubeseal beside sealkit, where there is one: what was recorded still holds.
#[test]
fn answers_as_a_real_kubeseal_does() {
    let vectors = Vectors::load();
    let Some(real) = real_kubeseal() else {
        println!("no real kubeseal found: set SEALKIT_REAL_KUBESEAL to run it beside ours");
        return;
    };
    let version = Command::new(&real).arg("--version").output().unwrap();
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    if version != vectors.program {
        println!("{} is {version}, recorded was {}: not compared", real.display(), vectors.program);
        return;
    }
    let (real, ours) = (Runner::new(real, &vectors), Runner::new(cargo_bin!("sealkit").to_owned(), &vectors));
    let cases = chosen(&vectors.cases);
    let failures = in_parallel("kubeseal", &cases, |case| {
        let live: Outcome = real.run(case);
        let expected = vectors.expected(case, Some(&live));
        compare::differences(case, &expected, &ours.run(case))
    });
    println!("{} command lines run beside {version}: {} wrong", cases.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Every difference has its section in docs/compatibility.md.
#[test]
fn every_difference_is_documented() {
    let vectors = Vectors::load();
    let differences = vectors.cases.iter().filter_map(|case| case.ours.as_ref());
    assert_documented("kubeseal", differences.map(|ours| ours.why.as_str()));
}

/// The real program: named by `SEALKIT_REAL_KUBESEAL`, on the path, or built under target/.
fn real_kubeseal() -> Option<PathBuf> {
    let named = ["SEALKIT_REAL_KUBESEAL", "SEALKIT_TEST_KUBESEAL"].into_iter().find_map(std::env::var_os);
    if let Some(named) = named {
        return Some(named.into());
    }
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let built = [workspace().join("target/xtask/go/bin")];
    let found = built.into_iter().chain(on_path).map(|folder| folder.join("kubeseal"));
    // Sealkit itself may be on the path under this name.
    let is_real = |file: &PathBuf| {
        Command::new(file).arg("--version").output().is_ok_and(|version| version.stderr.is_empty())
    };
    found.filter(|file| file.is_file()).find(is_real)
}
