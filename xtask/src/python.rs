//! `cargo xtask python`: builds the wheel, installs it in the test environment, and tests what a user of the package gets.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::Result;
use crate::process;
use crate::tally::Tally;
use crate::test::Report;
use crate::toolbox::Toolbox;
use crate::workspace;

pub(crate) fn run(toolbox: &Toolbox, report: &mut Report) -> Result<()> {
    install_wheel(toolbox)?;
    report.add("Python package", process::run_tests(in_tests(toolbox).args(["-m", "pytest"]))?);
    for (name, arguments) in [
        ("Python types: tests, mypy --strict", &["mypy", "--strict", "."][..]),
        ("Python types: stub against module", &["mypy.stubtest", "sealkit"][..]),
    ] {
        let outcome = process::run(in_tests(toolbox).arg("-m").args(arguments));
        if let Err(error) = &outcome {
            eprintln!("error: {error}");
        }
        report.add(name, Tally::one(outcome.is_ok()));
    }
    Ok(())
}

/// The environment's Python in the folder of the tests. Not in the package's own: the installed wheel is meant.
fn in_tests(toolbox: &Toolbox) -> Command {
    let mut python = process::command(toolbox.python());
    python.current_dir(workspace::root().join("crates/python/tests"));
    toolbox.equip(&mut python);
    python
}

/// Builds the wheel in the development profile, which shares its dependencies with the Rust tests.
fn install_wheel(toolbox: &Toolbox) -> Result<()> {
    let folder = workspace::target().join("xtask/wheels");
    let _ = fs::remove_dir_all(&folder);
    let mut maturin = process::command(toolbox.python());
    maturin.args([
        "-m",
        "maturin",
        "build",
        "--profile",
        "dev",
        "--manifest-path",
        "crates/python/Cargo.toml",
        "--out",
    ]);
    process::run(toolbox.equip(&mut maturin).arg(&folder))?;
    let wheels: Vec<PathBuf> = fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    let mut pip = process::command(toolbox.python());
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--force-reinstall",
    ]);
    process::run(pip.args(wheels))
}
