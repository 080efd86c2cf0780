//! `cargo xtask python`: builds the wheel, installs it in the test environment, and tests what a user of the package gets.
//! `cargo xtask wheel`: builds the wheel to give to others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::process;
use crate::tally::Tally;
use crate::test::Report;
use crate::toolbox::Toolbox;
use crate::workspace;

pub(crate) fn run(toolbox: &Toolbox, report: &mut Report) -> Result<()> {
    // The development profile shares its dependencies with the Rust tests.
    install_wheel(toolbox, "dev")?;
    report.add("Python package", process::run_tests(in_tests(toolbox).args(["-m", "pytest", "-rs"]))?);
    let examples = workspace::root().join("examples/python");
    let examples = examples.to_str().ok_or("the path of the repository is not UTF-8")?;
    for (name, arguments) in [
        ("Python types: tests and examples", &["mypy", "--strict", ".", examples][..]),
        ("Python types: the package", &["mypy", "--strict", "-p", "sealkit"]),
        ("Python types: stub against module", &["mypy.stubtest", "sealkit._sealkit"]),
    ] {
        check(name, in_tests(toolbox).arg("-m").args(arguments), report);
    }
    if let Some(pyright) = toolbox.pyright() {
        let mut pyright = process::command(pyright);
        pyright.args([
            "--pythonpath",
            &toolbox.python().display().to_string(),
            "crates/python/tests",
            examples,
        ]);
        check("Python types: pyright", &mut pyright, report);
    }
    Ok(())
}

fn check(name: &str, command: &mut Command, report: &mut Report) {
    let outcome = process::run(command);
    if let Err(error) = &outcome {
        eprintln!("error: {error}");
    }
    report.add(name, Tally::one(outcome.is_ok()));
}

/// Times the package, built for release, beside what Python programs use today.
pub(crate) fn bench(toolbox: &Toolbox) -> Result<()> {
    let Some(sops) = toolbox.sops() else { return Ok(()) };
    install_wheel(toolbox, "release")?;
    let mut python = process::command(toolbox.python());
    process::run(toolbox.equip(python.arg("crates/python/benches/in_process.py").arg(sops)))
}

/// The environment's Python in the folder of the tests. Not in the package's own: the installed wheel is meant.
fn in_tests(toolbox: &Toolbox) -> Command {
    let mut python = process::command(toolbox.python());
    python.current_dir(workspace::root().join("crates/python/tests"));
    toolbox.equip(&mut python);
    python
}

/// The folder of what goes into a wheel as it is: maturin takes it by its name.
const DATA: &str = "crates/python/sealkit.data";

/// `cargo xtask wheel [FOLDER]`: the wheel, built for release, in `target/wheels` or the folder named.
pub(crate) fn wheel(arguments: &[String]) -> Result<()> {
    let toolbox = Toolbox::set_up()?;
    let folder = arguments.first().map_or_else(|| workspace::target().join("wheels"), PathBuf::from);
    build_wheel(&toolbox, "release", &folder)?;
    println!("{}", folder.display());
    Ok(())
}

/// Builds the wheel and installs it in the test environment.
fn install_wheel(toolbox: &Toolbox, profile: &str) -> Result<()> {
    let folder = workspace::target().join("xtask/wheels");
    let _ = fs::remove_dir_all(&folder);
    build_wheel(toolbox, profile, &folder)?;
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

/// Builds the package with the program `sealkit` in it.
fn build_wheel(toolbox: &Toolbox, profile: &str, folder: &Path) -> Result<()> {
    process::run(process::cargo().args(["build", "-p", "sealkit-cli", "--profile", profile]))?;
    let scripts = workspace::root().join(DATA).join("scripts");
    fs::create_dir_all(&scripts)?;
    let program = format!("sealkit{}", std::env::consts::EXE_SUFFIX);
    let output = if profile == "dev" { "debug" } else { profile };
    fs::copy(workspace::target().join(output).join(&program), scripts.join(&program))?;
    let mut maturin = process::command(toolbox.python());
    maturin.args(["-m", "maturin", "build", "--profile", profile]);
    maturin.args(["--manifest-path", "crates/python/Cargo.toml", "--out"]);
    process::run(toolbox.equip(&mut maturin).arg(folder))
}
