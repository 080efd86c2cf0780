//! Starting programs.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::Result;
use crate::tally::Tally;
use crate::workspace;

/// A command that runs in the repository's root, without standard input.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace::root()).stdin(Stdio::null());
    command
}

/// The developer's cargo. Not the very program that started this one: under rustup that one can't be told `+nightly`.
pub(crate) fn cargo() -> Command {
    command("cargo")
}

/// Runs a command to its end, with its output shown.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", shown(command)).into()) }
}

/// Runs a command to its end and returns what it printed on standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| cannot_start(command, &error))?;
    if !output.status.success() {
        return Err(format!("{} ended with {}", shown(command), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs a command to its end and returns whether it succeeded, and what it printed on standard error.
pub(crate) fn run_quietly(command: &mut Command) -> Result<(bool, String)> {
    announce(command);
    let output = command.stdout(Stdio::inherit()).output().map_err(|error| cannot_start(command, &error))?;
    Ok((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// Runs a test runner with its output shown, and counts what its closing lines say.
pub(crate) fn run_tests(command: &mut Command) -> Result<Tally> {
    announce(command);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| cannot_start(command, &error))?;
    let stdout = child.stdout.take().expect("standard output was asked to be a pipe");
    let mut tally = Tally::default();
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        tally.read_closing_line(&line);
    }
    let status = child.wait()?;
    if !status.success() && tally.failed == 0 {
        // It did not get as far as its tests, or crashed in them.
        tally.failed = 1;
    }
    Ok(tally)
}

/// The command line as a person would type it.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn announce(command: &Command) {
    eprintln!("$ {}", shown(command));
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("cannot start {}: {error}", command.get_program().to_string_lossy())
}
