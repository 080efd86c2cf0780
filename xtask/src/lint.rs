//! `cargo xtask lint`: what must hold before the tests are worth running.

use std::process::Command;

use crate::Result;
use crate::process::{self, cargo};
use crate::tally::Tally;
use crate::test::Report;
use crate::toolbox::Toolbox;

/// Crates that bring C code: the `pure-rust` feature promises to do without them.
const C_CRATES: [&str; 4] = ["aws-lc-sys", "cc", "cmake", "openssl-sys"];

pub(crate) fn run() -> Result<()> {
    let toolbox = Toolbox::set_up()?;
    let mut report = Report::default();
    let warnings = ["--", "-D", "warnings"];
    check(&mut report, "formatting", cargo().args(["fmt", "--all", "--check"]));
    let everything = ["--locked", "--workspace", "--all-targets", "--all-features"];
    check(&mut report, "clippy, all features", cargo().arg("clippy").args(everything).args(warnings));
    let pure = [
        "-p",
        "sealkit",
        "-p",
        "sealkit-cli",
        "--all-targets",
        "--no-default-features",
        "--features",
        "pure-rust",
    ];
    check(&mut report, "clippy, pure-rust alone", cargo().arg("clippy").args(pure).args(warnings));
    let mut doc = cargo();
    doc.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--workspace", "--no-deps", "--all-features"]);
    check(&mut report, "rustdoc", &mut doc);
    let deny = ["deny", "check", "licenses", "bans", "sources"];
    check(&mut report, "cargo deny", toolbox.equip(&mut cargo()).args(deny));
    for (name, arguments) in [
        ("ruff check", &["ruff", "check"][..]),
        ("ruff format", &["ruff", "format", "--check"][..]),
        ("mypy", &["mypy", "interop"][..]),
    ] {
        let mut python = process::command(toolbox.python());
        check(&mut report, name, python.arg("-m").args(arguments));
    }
    report.add("pure-rust needs no C compiler", Tally::one(pure_rust_is_pure()?));
    report.close()
}

fn check(report: &mut Report, name: &str, command: &mut Command) {
    let outcome = process::run(command);
    if let Err(error) = &outcome {
        eprintln!("error: {error}");
    }
    report.add(name, Tally::one(outcome.is_ok()));
}

/// Whether the program can be built with nothing that compiles C.
fn pure_rust_is_pure() -> Result<bool> {
    let mut tree = cargo();
    tree.args(["tree", "-p", "sealkit-cli", "--no-default-features", "--features", "pure-rust"]);
    tree.args(["--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
    let tree = process::output(&mut tree)?;
    let found: Vec<&str> =
        tree.lines().filter(|line| C_CRATES.contains(&line.split(' ').next().unwrap_or(""))).collect();
    if !found.is_empty() {
        eprintln!("error: with pure-rust alone the program still depends on {}", found.join(", "));
    }
    Ok(found.is_empty())
}
