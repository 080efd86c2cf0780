//! What sops does and sealkit does not do yet: an error that says so, before anything is written.

use super::Job;
use super::codes::{FAILED, NO_DATA_KEY};
use super::flags::{Flag, NEW_FOREIGN_KEYS, OTHER_KEYS};
use crate::{Console, Failure};

/// Refuses a key service in the place of the keys at hand, and says of one beside them that it is not asked.
///
/// # Errors
/// Exit code 128.
pub(super) fn refuse_key_service(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let local = "enable-local-keyservice";
    if job.values.knows(local) && !job.values.switch(local) {
        let message =
            format!("sealkit can't ask a key service yet: leave out --{local}=false, or use the real sops");
        return Err(Failure::message(message).with_code(NO_DATA_KEY));
    }
    if job.values.list("keyservice").iter().any(|service| !service.is_empty()) {
        console.warn("sealkit asks no key service yet: only the keys at hand are tried");
    }
    Ok(())
}

/// Refuses flags and variables that ask for a new file to be encrypted for keys of other kinds than age.
///
/// # Errors
/// For the first such flag.
pub(super) fn refuse_other_keys(job: &Job<'_>) -> Result<(), Failure> {
    refuse(job, OTHER_KEYS)
}

/// Refuses flags that ask for keys of other kinds than age to be added to a file.
///
/// # Errors
/// For the first such flag.
pub(super) fn refuse_new_other_keys(job: &Job<'_>) -> Result<(), Failure> {
    refuse(job, NEW_FOREIGN_KEYS)
}

fn refuse(job: &Job<'_>, flags: &'static [Flag]) -> Result<(), Failure> {
    let is_given = |flag: &&Flag| job.values.list(flag.name()).iter().any(|value| !value.is_empty());
    let Some(flag) = flags.iter().find(is_given) else { return Ok(()) };
    let variable = flag.variable.map(|name| format!(" ({name})")).unwrap_or_default();
    Err(Failure::message(format!(
        "sealkit uses age keys only, and --{}{variable} asks for others: use the real sops for that",
        flag.name()
    ))
    .with_code(FAILED))
}

/// That a command is not there yet.
pub(super) fn command(names: &[&str]) -> Failure {
    Failure::message(format!(
        "sealkit does not do `sops {}` yet: use the real sops for that",
        names.join(" ")
    ))
    .with_code(FAILED)
}
