//! `sealkit completions`: what a shell needs to complete our command line.

use clap::Args;
use clap_complete::Shell;

use crate::{Console, Failure};

const EXAMPLES: &str = "\
Examples:
  bash:  sealkit completions bash > ~/.local/share/bash-completion/completions/sealkit
  zsh:   sealkit completions zsh > ~/.zfunc/_sealkit        (a directory in $fpath)
  fish:  sealkit completions fish > ~/.config/fish/completions/sealkit.fish";

/// Print a script with which a shell completes sealkit's commands and flags
#[derive(Args, PartialEq)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompletionsArguments {
    /// The shell
    shell: Shell,
}

pub(super) fn run(arguments: &CompletionsArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::command(), "sealkit", &mut script);
    Ok(console.print(&script)?)
}
