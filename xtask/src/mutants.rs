//! `cargo xtask mutants`: breaks the code in one small way at a time, and looks whether a test notices.
//!
//! `.cargo/mutants.toml` says which files are broken, and which changes nobody can notice. It takes hours for all of them,
//! so it is no part of the tests.

use crate::Result;
use crate::process;
use crate::workspace::{self, on_path};

/// The tests that are asked: the library's unit tests, and those over whole files that take a few seconds. The others
/// start programs, or look at time and memory, and every change would have to build them anew.
const TESTS: [&str; 9] = [
    "--lib",
    "--test=real_documents",
    "--test=sealed_secrets",
    "--test=sops_broken_metadata",
    "--test=sops_format_laws",
    "--test=sops_laws",
    "--test=sops_lexical_forms",
    "--test=sops_untrusted_input",
    "--test=sops_versions",
];

/// How many cases a law is tried with: a change that survives so many mostly survives more.
const CASES: &str = "32";

/// `cargo xtask mutants [FILE…]`: files of `crates/core/src`, or all that `.cargo/mutants.toml` names.
pub(crate) fn run(files: &[String]) -> Result<()> {
    if on_path("cargo-mutants").is_none() {
        return Err("cargo-mutants is not installed; `cargo install --locked cargo-mutants` gets it".into());
    }
    let target = workspace::target();
    let mut command = process::cargo();
    // A folder that stays: only sealkit itself is built for each change.
    command.env("CARGO_TARGET_DIR", target.join("mutants"));
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("PROPTEST_CASES", CASES).env("PROPTEST_RNG_SEED", "1");
    command.args(["mutants", "--package", "sealkit", "--output"]).arg(&target);
    command.args(TESTS.map(|test| format!("--cargo-arg={test}")));
    for file in files {
        // The list of `.cargo/mutants.toml` stays in force, so what is to be broken is also asked for by name.
        command.args(["--file", file, "--re", &format!("^{}:", file.replace('.', "\\."))]);
    }
    process::run(&mut command)
}
