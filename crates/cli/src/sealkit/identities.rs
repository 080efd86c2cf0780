//! The age identities that commands open SOPS files with.

use std::path::PathBuf;

use clap::Args;
use sealkit::age::{self, Identities, Prompts, UiCallbacks};
use sealkit::sops::{DataKey, DataKeyError, EncryptedFile};

use crate::input::{LIMIT, Source, read_file};
use crate::{Console, Failure};

/// The arguments that say where identities are.
#[derive(Args)]
#[command(next_help_heading = "Identities")]
pub(super) struct IdentityArguments {
    /// A file with age identities, or an SSH private key. May be repeated [default: where sops looks, too: $SOPS_AGE_KEY,
    /// $SOPS_AGE_KEY_FILE, $SOPS_AGE_KEY_CMD, the user's sops/age/keys.txt, SSH keys]
    #[arg(long = "identity", value_name = "FILE")]
    identities: Vec<PathBuf>,
}

impl IdentityArguments {
    /// Whether the arguments name none.
    pub(super) fn is_empty(&self) -> bool {
        self.identities.is_empty()
    }

    /// The identities that the arguments name, and then those of the environment.
    ///
    /// # Errors
    /// When a file that was named can't be read.
    pub(super) fn find(&self, console: &Console<'_>) -> Result<Identities, Failure> {
        let mut identities = Identities::new();
        for path in &self.identities {
            identities.add(&read_file(path, LIMIT)?, &path.display().to_string());
        }
        let environment = age::Environment::new(console.environment.variables());
        Ok(identities.discover(environment).with_prompts(prompts(console)))
    }
}

/// The data key of `file`, which came from `source`.
///
/// # Errors
/// When no identity opens enough of its master keys; the message says what was tried.
pub(super) fn data_key(
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
pub(super) fn prompts(console: &Console<'_>) -> Prompts {
    if console.messages_are_seen() { Prompts::new(UiCallbacks) } else { Prompts::default() }
}
