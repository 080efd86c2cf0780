//! age recipients and identities: reading them, and finding them where sops does.
//!
//! The `age` crate does the encryption. What this module adds: one type for recipients of every kind and one for
//! identities, the post-quantum kind that the crate does not have yet ([`HybridRecipient`]), and [`Identities`], which looks for
//! identities in all the places that sops knows, only as far as it has to, and remembers what it found there.
//!
//! The format is <https://c2sp.org/age>.

mod discovery;
mod hybrid;
mod identity;
mod key_command;
mod keygen;
mod places;
mod plugin;
mod prompts;
mod recipient;
mod ssh;
mod ssh_numbers;
mod x_wing;

pub use ::age::cli_common::UiCallbacks;
pub use ::age::{Callbacks, NoCallbacks};

pub(crate) use discovery::reasons;
pub use discovery::{Identities, OpenError, Opened, SourceReport};
pub use hybrid::{HybridIdentity, HybridRecipient, InvalidHybridKey};
pub use identity::{Identity, IdentityError, IdentityKind};
pub use key_command::{KeyCommandError, split_command};
pub use keygen::{KeyFile, KeygenKind, keygen};
pub use places::{Environment, LoadError, Outcome, Place};
pub use plugin::PluginNotFound;
pub use prompts::Prompts;
pub(crate) use recipient::abbreviated;
pub use recipient::{EncryptError, Recipient, RecipientError, RecipientKind};
pub use ssh::{SshIdentity, SshKeyError};
