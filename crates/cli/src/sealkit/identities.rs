//! The age identities that commands open SOPS files with.

use std::path::PathBuf;

use clap::Args;
use sealkit::age::{self, Identities};

use crate::input::{LIMIT, read_file};
use crate::sops_requests::keys::prompts;
use crate::{Console, Failure};

/// The arguments that say where identities are.
#[derive(Args, PartialEq)]
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
