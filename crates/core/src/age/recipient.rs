//! Recipients: whom something is encrypted for.

use std::fmt;
use std::io::Write;
use std::iter;
use std::str::FromStr;

use ::age::armor::{ArmoredWriter, Format};
use ::age::{Encryptor, plugin, ssh, tag, tagpq, x25519};

use super::hybrid::{HybridRecipient, InvalidHybridKey};
use super::plugin::{self as plugins, PluginNotFound};
use super::prompts::Prompts;
use super::ssh_numbers;

/// A recipient longer than this many bytes is refused. Post-quantum ones have nearly 2,000.
const MAX_LEN: usize = 16 * 1024;

/// An age recipient of any kind.
#[derive(Clone)]
pub struct Recipient {
    text: String,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Hybrid(Box<HybridRecipient>),
    Plugin(plugin::Recipient),
    Ssh(ssh::Recipient),
    Tag(Box<tag::Recipient>),
    TagPq(Box<tagpq::Recipient>),
    X25519(x25519::Recipient),
}

/// The kind of a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecipientKind {
    /// `age1pq1…`: ML-KEM-768 and X25519.
    Hybrid,
    /// `age1NAME1…`: the plugin `NAME` does the work.
    Plugin {
        /// The plugin's name, without `age-plugin-`.
        name: String,
    },
    /// `ssh-ed25519 …` or `ssh-rsa …`.
    Ssh,
    /// `age1tag1…` or `age1tagpq1…`: a hardware key that `age` itself encrypts for.
    Tag,
    /// `age1…`.
    X25519,
}

impl Recipient {
    /// The recipient's kind.
    #[must_use]
    pub fn kind(&self) -> RecipientKind {
        match &self.key {
            Key::Hybrid(_) => RecipientKind::Hybrid,
            Key::Plugin(plugin) => RecipientKind::Plugin { name: plugin.plugin().to_owned() },
            Key::Ssh(_) => RecipientKind::Ssh,
            Key::Tag(_) | Key::TagPq(_) => RecipientKind::Tag,
            Key::X25519(_) => RecipientKind::X25519,
        }
    }

    /// The recipients in a comma-separated list, as `--age` and SOPS_AGE_RECIPIENTS have it. Blank entries don't count.
    ///
    /// # Errors
    /// [`RecipientError`] for the first that is none.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, RecipientError> {
        text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::parse).collect()
    }

    /// Encrypts `plaintext` for this recipient alone: an armored age file, with a newline at its end.
    ///
    /// # Errors
    /// [`EncryptError`] if a plugin is missing or fails.
    pub fn encrypt(&self, plaintext: &[u8], prompts: &Prompts) -> Result<String, EncryptError> {
        let failed = |source| EncryptError::Failed { recipient: self.text.clone(), source: Box::new(source) };
        let encryptor = match &self.key {
            Key::Hybrid(key) => encryptor(&**key),
            Key::Ssh(key) => encryptor(key),
            Key::Tag(key) => encryptor(&**key),
            Key::TagPq(key) => encryptor(&**key),
            Key::X25519(key) => encryptor(key),
            Key::Plugin(key) => {
                plugins::require(key.plugin())
                    .map_err(|source| EncryptError::Plugin { recipient: self.text.clone(), source })?;
                plugin::RecipientPluginV1::new(key.plugin(), std::slice::from_ref(key), &[], prompts.clone())
                    .map_err(::age::EncryptError::PluginResolve)
                    .and_then(|plugin| encryptor(&plugin))
            }
        }
        .map_err(failed)?;
        write_armored(encryptor, plaintext).map_err(::age::EncryptError::Io).map_err(failed)
    }
}

fn encryptor(recipient: &dyn ::age::Recipient) -> Result<Encryptor, ::age::EncryptError> {
    Encryptor::with_recipients(iter::once(recipient))
}

fn write_armored(encryptor: Encryptor, plaintext: &[u8]) -> std::io::Result<String> {
    let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
    let mut writer = encryptor.wrap_output(armor)?;
    writer.write_all(plaintext)?;
    let armored = String::from_utf8(writer.finish()?.finish()?).map_err(std::io::Error::other)?;
    // The crate ends lines as the system does. A file is to be the same wherever it was written.
    Ok(if cfg!(windows) { armored.replace("\r\n", "\n") } else { armored })
}

impl FromStr for Recipient {
    type Err = RecipientError;

    /// Reads a recipient; white space around it does not count.
    fn from_str(text: &str) -> Result<Self, RecipientError> {
        let text = text.trim();
        if text.len() > MAX_LEN {
            return Err(RecipientError::TooLong);
        }
        if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("age-")) {
            return Err(RecipientError::SecretKey);
        }
        let invalid = |reason| RecipientError::Invalid { recipient: text.to_owned(), reason };
        let key = if text.starts_with("age1pq1") {
            let hybrid = text
                .parse()
                .map_err(|source| RecipientError::Hybrid { recipient: abbreviated(text), source })?;
            Key::Hybrid(Box::new(hybrid))
        } else if text.starts_with("age1tag1") {
            Key::Tag(Box::new(text.parse().map_err(invalid)?))
        } else if text.starts_with("age1tagpq1") {
            Key::TagPq(Box::new(text.parse().map_err(invalid)?))
        } else if text.starts_with("age1") && text.matches('1').count() > 1 {
            Key::Plugin(text.parse().map_err(invalid)?)
        } else if text.starts_with("age1") {
            Key::X25519(text.parse().map_err(invalid)?)
        } else if text.starts_with("ssh-") {
            if !ssh_numbers::are_sound_in_public_key(text) {
                return Err(RecipientError::ssh(text, ssh::ParseRecipientKeyError::Invalid("not canonical")));
            }
            Key::Ssh(text.parse().map_err(|error| RecipientError::ssh(text, error))?)
        } else {
            return Err(RecipientError::UnknownKind);
        };
        Ok(Self { text: text.to_owned(), key })
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Recipient").field(&abbreviated(&self.text)).finish()
    }
}

/// A recipient for a message: whole, or its beginning if it is a post-quantum one.
pub(crate) fn abbreviated(recipient: &str) -> String {
    match recipient.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &recipient[..end]),
        None => recipient.to_owned(),
    }
}

/// Why a text is no recipient.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecipientError {
    /// It begins like a post-quantum recipient.
    #[error("{recipient} is no post-quantum age recipient")]
    Hybrid {
        /// Its beginning.
        recipient: String,
        /// What is wrong with it.
        source: InvalidHybridKey,
    },
    /// It begins like a recipient.
    #[error("{} is no age recipient: {reason}", abbreviated(recipient))]
    Invalid {
        /// The text.
        recipient: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A private key where a public one should be. It is not shown.
    #[error("this is a secret key, not a recipient; its recipient is the `public key` in the same file")]
    SecretKey,
    /// An SSH key that age can't encrypt for.
    #[error("{} can't be used: {reason}", abbreviated(recipient))]
    Ssh {
        /// The text.
        recipient: String,
        /// Why not.
        reason: String,
    },
    /// Longer than any recipient.
    #[error("longer than {MAX_LEN} bytes, which no age recipient is")]
    TooLong,
    /// It begins like nothing known. It is not shown, since nobody knows what it is.
    #[error("no age recipient: they begin with age1, ssh-ed25519 or ssh-rsa")]
    UnknownKind,
}

impl RecipientError {
    fn ssh(recipient: &str, error: ssh::ParseRecipientKeyError) -> Self {
        use ssh::ParseRecipientKeyError::{RsaModulusTooLarge, RsaModulusTooSmall, Unsupported};
        let reason = match error {
            RsaModulusTooLarge => "RSA keys past 4,096 bits are not supported".to_owned(),
            RsaModulusTooSmall => "RSA keys under 2,048 bits are too weak".to_owned(),
            Unsupported(kind) => format!("SSH keys of the kind {kind} are not supported"),
            _ => "the key is damaged or incomplete".to_owned(),
        };
        Self::Ssh { recipient: recipient.to_owned(), reason }
    }
}

/// Why something could not be encrypted for a recipient.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// age could not do it.
    #[error("could not encrypt for {}", abbreviated(recipient))]
    Failed {
        /// The recipient.
        recipient: String,
        /// What age says.
        source: Box<::age::EncryptError>,
    },
    /// The plugin can't be run.
    #[error("could not encrypt for {recipient}")]
    Plugin {
        /// The recipient.
        recipient: String,
        /// Why not.
        source: PluginNotFound,
    },
}
