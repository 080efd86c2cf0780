//! A program that is killed leaves no core dump with secrets in it.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails where it panics, and says what it skips"
)]

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;

/// How a program ends that waits for its standard input and gets SIGQUIT, which dumps core.
fn killed(program: &str) -> ExitStatus {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -c unlimited; exec {program}")])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    Command::new("sh").args(["-c", &format!("kill -QUIT {}", child.id())]).status().unwrap();
    child.wait().unwrap()
}

#[test]
fn no_core_is_dumped() {
    if !killed("cat").core_dumped() {
        eprintln!("notice: skipped, nothing dumps core here");
        return;
    }
    let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test-vectors/sealed-secrets/keys");
    let program = cargo_bin!("sealkit").display().to_string();
    let status = killed(&format!("{program} unseal --key {keys}/test-rsa2048.key"));
    assert_eq!(status.signal(), Some(3));
    assert!(!status.core_dumped());
}
