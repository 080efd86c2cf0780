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
mod running;
mod shop;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use assert_cmd::cargo::cargo_bin;

use case::{Case, Vectors};
use program::Runner;

/// sealkit under the name sops, on every recorded command line.
#[test]
fn answers_as_the_real_sops_did() {
    let vectors = Vectors::load();
    let runner = Runner::new(cargo_bin!("sealkit").to_owned());
    let cases = vectors.chosen_cases();
    let failures = in_parallel(&cases, |case| {
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
    let cases = vectors.chosen_cases();
    let other_versions = AtomicUsize::new(0);
    let failures = in_parallel(&cases, |case| {
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
    let reasons: BTreeSet<&str> =
        vectors.cases.iter().filter_map(|case| case.ours.as_ref()).map(|ours| ours.why.as_str()).collect();
    let page = std::fs::read_to_string(workspace().join("docs/compatibility.md")).unwrap();
    let chapter = page.split("\n## ").find(|chapter| chapter.starts_with("sops")).expect("a chapter on sops");
    let documented: BTreeSet<&str> = chapter.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let missing: Vec<_> = reasons.difference(&documented).collect();
    assert!(missing.is_empty(), "docs/compatibility.md does not explain: {missing:#?}");
}

/// What `check` finds wrong in any of the cases.
fn in_parallel(cases: &[&Case], check: impl Fn(&Case) -> Vec<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let wrong = check(case);
                    if !wrong.is_empty() {
                        let text = format!("{}: sops {}\n  {}", case.name, case.args, wrong.join("\n  "));
                        failures.lock().unwrap().push((case.name.clone(), text));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    failures.into_iter().map(|(_, text)| text).collect()
}

fn workspace() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", ".."].iter().collect()
}

fn vectors() -> PathBuf {
    workspace().join("test-vectors").canonicalize().unwrap()
}
