//! The help texts, and the command line as clap describes it, for those and for shells and manual pages. It is read by
//! [`flags`](super::flags) alone.

use clap::{Arg, ArgAction};

use super::flags::{Command, Flag, GLOBAL, Kind, TOP_LEVEL};
use crate::{Console, Failure};

const ABOUT: &str = "\
Keep secrets in files, encrypted value by value for age keys: sealkit in the place of sops.

Without a command, `sops FILE` edits the file.";

const AFTER_HELP: &str = "\
Flags may have one dash or two, and their value after a space or an equals sign.
Most flags before a command belong to the old forms (sops -d FILE), and have no effect on commands.

The editor is that of $SOPS_EDITOR or $EDITOR, else vim, nano or vi.
Identities are looked for in $SOPS_AGE_KEY, $SOPS_AGE_KEY_FILE, $SOPS_AGE_KEY_CMD, the user's sops/age/keys.txt and SSH keys.

Exit codes: 0 done, 1 failed; docs/exit-codes.md lists the others.";

/// Prints the help for a command, the names from the top on.
///
/// # Errors
/// When there is no such command, or the output can't be written.
pub(super) fn print(names: &[&str], console: &mut Console<'_>) -> Result<(), Failure> {
    let mut all = command();
    all.build();
    let mut chosen = &mut all;
    for name in names {
        chosen = chosen.find_subcommand_mut(name).ok_or_else(|| {
            Failure::message(format!("there is no command {name}")).with_code(super::codes::UNWRITABLE)
        })?;
    }
    Ok(console.print_styled(&chosen.render_help())?)
}

/// The command line as clap describes it.
pub(crate) fn command() -> clap::Command {
    clap::Command::new("sops")
        .bin_name("sops")
        .about(ABOUT)
        .after_help(AFTER_HELP)
        .override_usage("sops [FLAGS] FILE\n       sops [FLAGS] COMMAND")
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .max_term_width(100)
        .args(GLOBAL.iter().copied().flatten().map(argument))
        .subcommands(TOP_LEVEL.iter().map(subcommand))
}

fn subcommand(command: &'static Command) -> clap::Command {
    let mut described = clap::Command::new(command.name())
        .about(command.help)
        .visible_aliases(command.names.iter().copied().skip(1).filter(|name| name.len() > 1))
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .args(command.flags.iter().copied().flatten().map(argument))
        .subcommands(command.below.iter().map(subcommand));
    if !command.words.is_empty() && command.below.is_empty() {
        described =
            described.arg(Arg::new("words").num_args(0..).value_name(command.words).help("").hide(true));
        described = described.override_usage(format!("sops {} [FLAGS] {}", command.name(), command.words));
    }
    described
}

fn argument(flag: &'static Flag) -> Arg {
    let mut described = Arg::new(flag.name()).long(flag.name()).help(match flag.variable {
        Some(variable) => format!("{} [${variable}]", flag.help),
        None => flag.help.to_owned(),
    });
    for name in &flag.names[1..] {
        let mut characters = name.chars();
        described = match (characters.next(), characters.as_str()) {
            (Some(short), "") => described.short(short),
            _ => described.visible_alias(*name),
        };
    }
    match flag.kind {
        Kind::Switch | Kind::SwitchOn => described.action(ArgAction::SetTrue),
        _ => described.action(ArgAction::Append).value_name(flag.value),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn clap_finds_no_fault_with_the_description() {
        super::command().debug_assert();
    }
}
