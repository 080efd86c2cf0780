//! Commands that print a key: SOPS_AGE_KEY_CMD and SOPS_AGE_SSH_PRIVATE_KEY_CMD.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use zeroize::Zeroizing;

use super::identity::MAX_FILE_LEN;
use super::places::Environment;
use super::plugin::{FoundProgram, find_program};
use crate::read_secret;

/// What a key command learns of the file: the recipient that an identity is wanted for.
const RECIPIENT_VARIABLE: &str = "SOPS_AGE_RECIPIENT";

/// The words of a command, as a shell splits them; on Windows a backslash is what it is in paths. `None` if a quote is not closed.
#[must_use]
pub fn split_command(command: &str) -> Option<Vec<String>> {
    if cfg!(windows) { shlex::split(&command.replace('\\', r"\\")) } else { shlex::split(command) }
}

/// Runs `command`, words as in a shell but no shell, and returns what it prints.
///
/// It gets the environment given and SOPS_AGE_RECIPIENT; it reads nothing; what it says on standard error is shown. A program
/// named without a folder is looked up on the PATH, but never in a relative folder of it.
pub(super) fn run(
    command: &str,
    recipient: &str,
    environment: &Environment,
) -> Result<Zeroizing<Vec<u8>>, KeyCommandError> {
    let words = split_command(command).ok_or(KeyCommandError::Quoting)?;
    let (name, arguments) = words.split_first().ok_or(KeyCommandError::Empty)?;
    let program = locate(name, environment)?;
    let failed = |source| KeyCommandError::Run { program: name.clone(), source };
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment.variables())
        .env(RECIPIENT_VARIABLE, recipient)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let output = match child.stdout.take() {
        Some(stdout) => read_secret(stdout, 0, MAX_FILE_LEN + 1).map_err(failed),
        None => Ok(Zeroizing::default()),
    };
    // Whatever came of reading: the pipe is closed now, so the program ends, and must not stay behind as a zombie.
    let status = child.wait().map_err(failed)?;
    let output = output?;
    if output.len() as u64 > MAX_FILE_LEN {
        return Err(KeyCommandError::TooMuch { program: name.clone() });
    }
    if !status.success() {
        return Err(KeyCommandError::Status { program: name.clone(), status });
    }
    Ok(output)
}

fn locate(name: &str, environment: &Environment) -> Result<PathBuf, KeyCommandError> {
    let has_folder = name.contains(std::path::is_separator);
    if has_folder {
        return Ok(PathBuf::from(name));
    }
    let path: OsString = environment.variable("PATH").map(OsString::from).unwrap_or_default();
    match find_program(name, &path) {
        FoundProgram::At(program) => Ok(program),
        FoundProgram::InRelativeFolder => Err(KeyCommandError::InRelativeFolder { program: name.to_owned() }),
        FoundProgram::Nowhere => Err(KeyCommandError::NotFound { program: name.to_owned() }),
    }
}

/// Why a key command gave no key. What it printed, and its arguments, are not shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyCommandError {
    /// The variable is empty.
    #[error("the command is empty")]
    Empty,
    /// It would be found in the current folder, or another relative one.
    #[error(
        "{program} stands in a relative folder of PATH; it is not run, since anybody may have put it there"
    )]
    InRelativeFolder {
        /// The program.
        program: String,
    },
    /// It is not installed.
    #[error("{program} is not on the PATH")]
    NotFound {
        /// The program.
        program: String,
    },
    /// A quote without its end.
    #[error("a quote in the command is not closed")]
    Quoting,
    /// It could not be started or read from.
    #[error("{program} could not be run")]
    Run {
        /// The program.
        program: String,
        /// Why not.
        source: std::io::Error,
    },
    /// It failed.
    #[error("{program} failed: {status}")]
    Status {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// It printed more than 16 MiB.
    #[error("{program} printed more than {MAX_FILE_LEN} bytes")]
    TooMuch {
        /// The program.
        program: String,
    },
}
