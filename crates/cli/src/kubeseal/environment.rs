//! The environment in place of flags: `SEALED_SECRETS_CERT` for `--cert`, and likewise for every other one.

use std::error::Error;
use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::flags::LOGGING;
use crate::console::Environment;
use crate::failure::Failure;

/// The variables that stand for flags, as command-line arguments. An empty variable counts as not set.
///
/// `given` is what the command line itself says: a variable whose flag it has may hold anything.
///
/// # Errors
/// A value that its flag can't have: exit code 2. kubeseal ignores such a variable, so that a typing error in
/// `SEALED_SECRETS_SCOPE` changes who can open the Secret.
pub(super) fn as_arguments(
    command: &Command,
    given: &ArgMatches,
    environment: &Environment,
) -> Result<Vec<OsString>, Failure> {
    let mut arguments = Vec::new();
    for flag in command.get_arguments().filter(|flag| flag.get_help_heading() != Some(LOGGING)) {
        let Some(name) = flag.get_long() else { continue };
        let Some(value) = environment.get(variable(name)) else { continue };
        let mut argument = OsString::from(format!("--{name}="));
        argument.push(value);
        match command.clone().try_get_matches_from([&OsString::from("kubeseal"), &argument]) {
            Ok(_) => arguments.push(argument),
            Err(_) if is_given(flag, given) => {}
            Err(error) => {
                let reason =
                    error.source().map_or_else(|| format!("no value for --{name}"), ToString::to_string);
                return Err(Failure::usage(format!("the environment's {}: {reason}", variable(name))));
            }
        }
    }
    Ok(arguments)
}

/// The variable that stands for the flag `name`.
fn variable(name: &str) -> String {
    format!("SEALED_SECRETS_{}", name.to_ascii_uppercase().replace('-', "_"))
}

fn is_given(flag: &Arg, given: &ArgMatches) -> bool {
    given.value_source(flag.get_id().as_str()) == Some(ValueSource::CommandLine)
}
