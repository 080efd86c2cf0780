//! The keys of SOPS files: recovering the data key, reading recipients, changing whom a file is for.

use sealkit::age::{Identities, Prompts, UiCallbacks};
use sealkit::sops::{DataKey, DataKeyError, EncryptedFile, MasterKey, Metadata, NobodyLeft};

use crate::failure::USAGE;
use crate::input::Source;
use crate::{Console, Failure};

/// The data key of `file`, which came from `source`.
///
/// # Errors
/// When no identity opens enough of its master keys; the message says what was tried.
pub(crate) fn data_key(
    file: &EncryptedFile,
    source: &Source,
    identities: &Identities,
) -> Result<DataKey, Failure> {
    file.metadata().data_key(identities).map_err(|error| match error {
        DataKeyError::NotRecovered(found) => {
            let details: String = found.explain().lines().map(|line| format!("\n  {line}")).collect();
            let advice = match source {
                Source::File(path) => {
                    format!("\n  to see where identities were looked for: sealkit keys {}", path.display())
                }
                Source::Stdin => String::new(),
            };
            Failure::message(format!("could not open {source}: {found}{details}{advice}"))
        }
        other => Failure::because(format!("could not open {source}"), other),
    })
}

/// Whoever is asked for passphrases and by plugins: the person at the terminal, if there is one.
pub(crate) fn prompts(console: &Console<'_>) -> Prompts {
    if console.messages_are_seen() { Prompts::new(UiCallbacks) } else { Prompts::default() }
}

/// Recipients in comma lists, as master keys; each once. `origin` says where they come from.
///
/// # Errors
/// When one is no recipient: a wrong command line.
pub(crate) fn age_keys<S: AsRef<str>>(lists: &[S], origin: &str) -> Result<Vec<MasterKey>, Failure> {
    MasterKey::parse_age_lists(lists).map_err(|error| {
        Failure::because(format!("{origin} holds something that is no age recipient"), error).with_code(USAGE)
    })
}

/// Adds recipients to the first key group, and takes others out of all groups. Returns the names of those to be taken out that
/// were not there.
///
/// # Errors
/// When a group would be empty.
pub(crate) fn change_recipients(
    metadata: &mut Metadata,
    added: &[MasterKey],
    removed: &[MasterKey],
) -> Result<Vec<String>, Failure> {
    metadata.change_keys(added, removed).map_err(|NobodyLeft| {
        Failure::message("nobody would be left who can open it: add somebody by --add-age")
    })
}
