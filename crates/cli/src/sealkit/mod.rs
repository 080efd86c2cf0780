//! Our own commands, one verb for each job.

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

use crate::{Console, Failure};

/// Keep secrets in Git: seal Kubernetes Secrets for a cluster, and encrypt files for their readers.
#[derive(Debug, Parser)]
#[command(name = "sealkit", version, arg_required_else_help = true)]
struct Arguments {}

/// Runs the front end; `arguments` begins with the program's name.
pub(crate) fn run(arguments: &[OsString], _console: &mut Console<'_>) -> Result<(), Failure> {
    let Arguments {} = Arguments::try_parse_from(arguments).map_err(Failure::command_line)?;
    Ok(())
}

/// The command line as clap describes it, for manual pages and shell completions.
pub(crate) fn command() -> clap::Command {
    Arguments::command()
}
