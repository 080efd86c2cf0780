//! What sops does and sealkit does not do yet: an error that says so, before anything is written.

use super::Job;
use super::codes::{FAILED, NO_DATA_KEY};
use super::flags::{CHANGED_FOREIGN_KEYS, FOREIGN_KEYS};
use crate::{Console, Failure};

/// Refuses flags and variables that ask for keys of other kinds than age, or for a key service in the place of the keys at hand.
///
/// # Errors
/// For the first such flag.
pub(super) fn refuse(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    for flag in FOREIGN_KEYS.iter().chain(CHANGED_FOREIGN_KEYS) {
        if job.values.list(flag.name()).iter().any(|value| !value.is_empty()) {
            let variable = flag.variable.map(|name| format!(" ({name})")).unwrap_or_default();
            return Err(Failure::message(format!(
                "sealkit uses age keys only, and --{}{variable} asks for others: use sops for that",
                flag.name()
            ))
            .with_code(FAILED));
        }
    }
    let services = job.values.list("keyservice").iter().any(|service| !service.is_empty());
    if !job.values.switch("enable-local-keyservice") && job.values.knows("enable-local-keyservice") {
        return Err(Failure::message(
            "sealkit can't ask a key service yet: leave out --enable-local-keyservice=false, or use sops",
        )
        .with_code(NO_DATA_KEY));
    }
    if services {
        console.warn("sealkit asks no key service yet: only the keys at hand are tried");
    }
    Ok(())
}

/// That a command is not there yet.
pub(super) fn command(names: &[&str]) -> Failure {
    Failure::message(format!("sealkit does not do `sops {}` yet: use sops for that", names.join(" ")))
        .with_code(FAILED)
}
