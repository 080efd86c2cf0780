//! `sealkit exec`: a program with a SOPS file's values in its environment.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use sealkit::document::{Mapping, Schema, Value, to_yaml};
use sealkit::sops::MacCheck;
use zeroize::Zeroizing;

use super::identities::IdentityArguments;
use super::opened::{DocumentArgument, OpenedFile, value_path};
use super::sops_files::FormatOption;
use crate::failure::{NOT_EXECUTABLE, NOT_FOUND};
use crate::{Console, Failure};

const EXAMPLES: &str = "\
Examples:
  sealkit exec settings.sops.yaml -- ./server --port 8080
  With the values of a Kubernetes Secret:
    sealkit exec --at stringData secret.sops.yaml -- psql

No shell is involved, so nothing is expanded: for that, name one (… -- sh -c 'echo \"$USER\"').

Exit code: the program's own; 1 failed before it was started, 2 wrong command line, 126 the program can't be run,
127 there is no such program.";

/// Run a program with a SOPS file's values as environment variables
///
/// Each single value at the top level of the file becomes a variable. The values are in no file, and in nobody's list of
/// processes; whoever may look into the program can see them.
#[derive(Args, PartialEq)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExecArguments {
    /// The SOPS file
    file: PathBuf,

    /// The program and its arguments
    #[arg(last = true, required = true, value_names = ["PROGRAM", "ARGUMENT"])]
    command: Vec<OsString>,

    /// Take the values under this path instead, such as stringData
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true)]
    at: String,

    /// Give the program these variables and no others
    #[arg(long)]
    pristine: bool,

    #[command(flatten)]
    format: FormatOption,

    #[command(flatten)]
    document: DocumentArgument,

    #[command(flatten)]
    identities: IdentityArguments,
}

pub(super) fn run(arguments: &ExecArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let path = value_path(&arguments.at)?;
    let identities = arguments.identities.find(console)?;
    let file = OpenedFile::open(&arguments.file, &arguments.format, &identities, MacCheck::Require, console)?;
    let document = file.document()?;
    let shown = arguments.file.display();
    let value = arguments
        .document
        .root(&document, &arguments.file)?
        .at(&path)
        .map_err(|error| Failure::because(format!("no such value in {shown}"), error))?
        .value(Schema::GoYaml3)?;
    let values = match &value {
        Value::Mapping(values) => values,
        Value::Null => &Mapping::new(),
        other => {
            return Err(Failure::message(format!(
                "{path} in {shown} is {}, and a mapping is needed: each of its values becomes a variable",
                other.kind()
            )));
        }
    };
    let [program, rest @ ..] = arguments.command.as_slice() else {
        return Err(Failure::usage("there is no program to run"));
    };
    let mut command = Command::new(program);
    command.args(rest);
    if arguments.pristine {
        command.env_clear();
    }
    for (name, value) in values.iter() {
        match variable(name, value) {
            Ok(text) => _ = command.env(name, text.as_str()),
            Err(reason) => console.warn(format_args!("{shown}: {name} is left out: {reason}")),
        }
    }
    console.flush()?;
    let error = start(command)?;
    let code = if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE };
    Err(Failure::because(format!("could not run {}", program.display()), error).with_code(code))
}

/// The value of the variable `name`, or why there can be none.
fn variable(name: &str, value: &Value) -> Result<Zeroizing<String>, &'static str> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err("a variable can't have this name");
    }
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => Zeroizing::new(String::new()),
        Value::Mapping(_) => return Err("it is a mapping; --at takes the values below it"),
        Value::Sequence(_) => return Err("it is a list"),
        Value::Bytes(_) => return Err("it is binary data"),
        other => Zeroizing::new(to_yaml(other).trim_end().to_owned()),
    };
    if text.contains('\0') { Err("a variable can't hold a zero byte") } else { Ok(text) }
}

/// Becomes the program: its signals, its terminal and its exit code are then its own, and our memory is gone. Returns only if
/// that fails.
#[cfg(unix)]
fn start(mut command: Command) -> Result<io::Error, Failure> {
    use std::os::unix::process::CommandExt;

    Ok(command.exec())
}

/// Runs the program and ends as it does.
#[cfg(not(unix))]
fn start(mut command: Command) -> Result<io::Error, Failure> {
    match command.status() {
        Ok(status) if status.success() => Err(Failure::told(0)),
        Ok(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            Err(Failure::told(code.unwrap_or(crate::failure::FAILED)))
        }
        Err(error) => Ok(error),
    }
}
