//! The front end `sops`, held to what the real sops does: test-vectors/sops-cli/README.md says how.
//!
//! `SEALKIT_CASES=edit` runs only the cases with `edit` in their name. `SEALKIT_TEST_SOPS` names a real sops to run beside ours.
// The table names /dev/full, `stat -c` and the like.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test says what is wrong by stopping")]

mod case;
mod compare;
mod editing;
mod killing;
mod outcome;
mod program;
#[path = "../support/recorded.rs"]
mod recorded;
mod running;
mod shop;

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use assert_cmd::cargo::cargo_bin;

use case::Vectors;
use program::Runner;
use recorded::{assert_documented, chosen, in_parallel, workspace};

/// sealkit under the name sops, on every recorded command line.
#[test]
fn answers_as_the_real_sops_did() {
    let vectors = Vectors::load();
    let runner = Runner::new(cargo_bin!("sealkit").to_owned());
    let cases = chosen(&vectors.cases);
    let failures = in_parallel("sops", &cases, |case| {
        compare::differences(case, &vectors.expected(case, None), &runner.run(case))
    });
    let on_purpose = cases.iter().filter(|case| case.ours.is_some()).count();
    println!(
        "{} command lines replayed: {} as sops answered them, {on_purpose} different on purpose, {} wrong",
        cases.len(),
        cases.len() - on_purpose - failures.len(),
        failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// A real sops beside sealkit: what was recorded still holds. Where a sops of another version does something else than the one that was
/// recorded, sealkit may do what either of them does.
#[test]
fn answers_as_a_real_sops_does() {
    let vectors = Vectors::load();
    let Some(real) = std::env::var_os("SEALKIT_TEST_SOPS").map(PathBuf::from) else {
        println!("set SEALKIT_TEST_SOPS to run a real sops beside ours");
        return;
    };
    let version = Command::new(&real).args(["--disable-version-check", "--version"]).output().unwrap();
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let is_recorded = version == vectors.program;
    let (real, ours) = (Runner::new(real), Runner::new(cargo_bin!("sealkit").to_owned()));
    let cases = chosen(&vectors.cases);
    let other_versions = AtomicUsize::new(0);
    let failures = in_parallel("sops", &cases, |case| {
        let (live, own) = (real.run(case), ours.run(case));
        let wrong = compare::differences(case, &vectors.expected(case, Some(&live)), &own);
        if is_recorded || wrong.is_empty() {
            return wrong;
        }
        let wrong = compare::differences(case, &vectors.expected(case, None), &own);
        other_versions.fetch_add(usize::from(wrong.is_empty()), Ordering::Relaxed);
        wrong
    });
    println!(
        "{} command lines run beside {version}: {} wrong, {} as {} answers them and not this one",
        cases.len(),
        failures.len(),
        other_versions.into_inner(),
        vectors.program
    );
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Every difference has its section in docs/compatibility.md.
#[test]
fn every_difference_is_documented() {
    let vectors = Vectors::load();
    let differences = vectors.cases.iter().filter_map(|case| case.ours.as_ref());
    assert_documented("sops", differences.map(|ours| ours.why.as_str()));
}

fn vectors() -> PathBuf {
    workspace().join("test-vectors").canonicalize().unwrap()
}
