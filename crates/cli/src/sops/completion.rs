//! `sops completion`, and what the scripts of the real sops ask for while somebody types.

use std::ffi::OsString;

use clap_complete::Shell;

use super::flags::{Command, Flag, GLOBAL, TOP_LEVEL};
use crate::{Console, Failure};

/// `sops completion SHELL`
pub(super) fn run(shell: &str, console: &mut Console<'_>) -> Result<(), Failure> {
    let shell = match shell {
        "fish" => Shell::Fish,
        "zsh" => Shell::Zsh,
        _ => Shell::Bash,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "sops", &mut script);
    Ok(console.print(&script)?)
}

/// The words that may follow, one in a line, if the last argument asks for them: so do scripts that the real sops printed.
pub(super) fn suggestions(arguments: &[OsString]) -> Option<String> {
    let (last, words) = arguments.get(1..)?.split_last()?;
    if last != "--generate-bash-completion" {
        return None;
    }
    let mut commands = TOP_LEVEL;
    let mut flags: &[&[Flag]] = GLOBAL;
    for word in words {
        let found = commands.iter().find(|command| command.names.iter().any(|name| word == *name));
        if let Some(command) = found {
            commands = command.below;
            flags = command.flags;
        }
    }
    let begun = words.last().map(|word| word.to_string_lossy()).filter(|word| word.starts_with('-'));
    let names: Vec<String> = match begun {
        Some(begun) => {
            let begun = begun.trim_start_matches('-').to_owned();
            let names = flags.iter().copied().flatten().flat_map(|flag| flag.names);
            names
                .filter(|name| name.len() > 1 && name.starts_with(&begun))
                .map(|name| format!("--{name}"))
                .collect()
        }
        None => commands.iter().map(Command::name).map(str::to_owned).collect(),
    };
    Some(names.iter().map(|name| format!("{name}\n")).collect())
}
