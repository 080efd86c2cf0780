//! The program at a terminal, by way of `script` from util-linux.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Shop;

/// What a terminal showed.
pub(crate) struct Shown {
    pub(crate) code: i32,
    /// With `\n` for the terminal's `\r\n`.
    pub(crate) text: String,
}

/// Runs `command`, words for a shell, at a terminal. Whenever the first of the `answers` is asked for, types it. `None` if this
/// machine has no such `script`.
pub(crate) fn at_terminal(shop: &Shop, command: &str, answers: &[(&str, &str)]) -> Option<Shown> {
    let has_script = Command::new("script").arg("--version").output();
    if !has_script.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux")) {
        eprintln!("notice: skipped, there is no script of util-linux here");
        return None;
    }
    let program = assert_cmd::cargo::cargo_bin!("sealkit").to_str().unwrap();
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &command.replace("sealkit", program), "/dev/null"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("TERM", "dumb")
        .env("SOPS_AGE_KEY_FILE", shop.path("a.txt"))
        .current_dir(shop.directory())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut seen, mut looked_at, mut answers) = (Vec::new(), 0, answers.iter());
    let mut next = answers.next();
    let mut buffer = [0; 1024];
    loop {
        let count = output.read(&mut buffer).unwrap_or(0);
        if count == 0 {
            break;
        }
        seen.extend_from_slice(&buffer[..count]);
        if let Some((question, answer)) = next {
            let text = String::from_utf8_lossy(&seen[looked_at..]).into_owned();
            if text.contains(question) {
                looked_at = seen.len();
                // As a person would: once the program listens, and not at the moment that it has spoken.
                std::thread::sleep(Duration::from_millis(500));
                input.write_all(answer.as_bytes()).unwrap();
                next = answers.next();
            }
        }
    }
    let code = child.wait().unwrap().code().unwrap();
    assert!(next.is_none(), "{:?} was not asked:\n{}", next.unwrap().0, String::from_utf8_lossy(&seen));
    Some(Shown { code, text: String::from_utf8(seen).unwrap().replace("\r\n", "\n") })
}
