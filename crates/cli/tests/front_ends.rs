//! Which front end answers, and how errors leave the program.

use std::process::Command;

use assert_cmd::assert::OutputAssertExt;
use assert_cmd::cargo::cargo_bin;

/// The program, without any environment variable of ours.
fn program() -> Command {
    let mut command = Command::new(cargo_bin!("sealkit"));
    command.env_clear();
    command
}

#[test]
fn the_version_goes_to_standard_output() {
    let version = concat!("sealkit ", env!("CARGO_PKG_VERSION"), "\n");
    program().arg("--version").assert().code(0).stdout(version).stderr("");
}

#[test]
fn an_unknown_flag_is_told_to_people_and_exits_2() {
    let assert = program().arg("--nonsense").assert().code(2).stdout("");
    let message = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(message.starts_with("error: unexpected argument '--nonsense' found\n"), "{message}");
}

#[test]
fn the_first_word_picks_the_front_end() {
    let message = "error: there is no file missing.yaml\n";
    program().args(["sops", "-d", "missing.yaml"]).assert().code(100).stdout("").stderr(message);
}

#[cfg(unix)]
#[test]
fn the_programs_name_picks_the_front_end() {
    let directory = tempfile::TempDir::new().unwrap();
    let link = directory.path().join("sops");
    std::os::unix::fs::symlink(cargo_bin!("sealkit"), &link).unwrap();
    Command::new(link).env_clear().arg("--version").assert().code(0).stdout("sops 3.13.3\n");
}
