//! Our own commands, one verb for each job.

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

use crate::{Console, Failure};

mod cert;
mod certificate;
mod completions;
mod decrypt;
mod edit;
mod encrypt;
mod exec;
mod get;
mod identities;
mod keygen;
mod keyring;
mod keys;
mod opened;
mod output;
mod prompt;
mod reseal;
mod resources;
mod rotate;
mod rule;
mod seal;
mod sealed_file;
mod set;
mod sops_files;
mod unseal;
mod unset;

const AFTER_HELP: &str = "\
Under the name kubeseal or sops (a link will do), or called as `sealkit kubeseal …` or `sealkit sops …`, \
the program takes their command lines.

Exit code: 0 done, 1 failed, 2 wrong command line, 3 done for some files but not for all, \
4 a certificate needs attention.";

/// Keep secrets in Git: seal Kubernetes Secrets for a cluster, and open them again
#[derive(Parser, PartialEq)]
#[command(name = "sealkit", version, arg_required_else_help = true, after_help = AFTER_HELP, max_term_width = 100, args_override_self = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(PartialEq, Subcommand)]
enum Command {
    Seal(Box<seal::SealArguments>),
    Unseal(unseal::UnsealArguments),
    Reseal(reseal::ResealArguments),
    Cert(cert::CertArguments),
    Encrypt(Box<encrypt::EncryptArguments>),
    Decrypt(decrypt::DecryptArguments),
    Edit(Box<edit::EditArguments>),
    Get(get::GetArguments),
    Set(set::SetArguments),
    Unset(unset::UnsetArguments),
    Rotate(rotate::RotateArguments),
    Exec(exec::ExecArguments),
    Keys(keys::KeysArguments),
    Keygen(keygen::KeygenArguments),
    Completions(completions::CompletionsArguments),
}

/// Reads the command line: the program's name first.
pub(crate) fn read(arguments: &[OsString]) -> Result<Arguments, Failure> {
    Arguments::try_parse_from(arguments).map_err(Failure::command_line)
}

/// Does what the command line asks for.
pub(crate) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Failure> {
    match &arguments.command {
        Command::Seal(arguments) => seal::run(arguments, console),
        Command::Unseal(arguments) => unseal::run(arguments, console),
        Command::Reseal(arguments) => reseal::run(arguments, console),
        Command::Cert(arguments) => cert::run(arguments, console),
        Command::Encrypt(arguments) => encrypt::run(arguments, console),
        Command::Decrypt(arguments) => decrypt::run(arguments, console),
        Command::Edit(arguments) => edit::run(arguments, console),
        Command::Get(arguments) => get::run(arguments, console),
        Command::Set(arguments) => set::run(arguments, console),
        Command::Unset(arguments) => unset::run(arguments, console),
        Command::Rotate(arguments) => rotate::run(arguments, console),
        Command::Exec(arguments) => exec::run(arguments, console),
        Command::Keys(arguments) => keys::run(arguments, console),
        Command::Keygen(arguments) => keygen::run(arguments, console),
        Command::Completions(arguments) => completions::run(arguments, console),
    }
}

/// The command line as clap describes it, for manual pages and shell completions.
pub(crate) fn command() -> clap::Command {
    Arguments::command()
}
