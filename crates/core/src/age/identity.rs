//! Identities: what opens what was encrypted for a recipient.

use std::fmt;
use std::iter;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use ::age::armor::ArmoredReader;
use ::age::{Callbacks, Decryptor, plugin, scrypt, x25519};
use ::age_core::format::{FileKey, Stanza};
use zeroize::Zeroizing;

use super::hybrid::{HybridIdentity, InvalidHybridKey};
use super::plugin as plugins;
use super::prompts::Prompts;
use super::ssh::{SshIdentity, SshKeyError};
use crate::read_secret;

/// An identity file, decrypted or not, longer than this many bytes is refused.
pub(super) const MAX_FILE_LEN: u64 = 16 << 20;

/// The most work that a passphrase-protected identity file may ask of scrypt: 2^22 rounds (4 GiB), as in Go's age.
const MAX_WORK_FACTOR: u8 = 22;

/// An age identity of any kind.
#[derive(Clone)]
pub struct Identity(Key);

#[derive(Clone)]
enum Key {
    EncryptedFile(Arc<EncryptedFile>),
    Hybrid(HybridIdentity),
    Plugin(plugin::Identity),
    Ssh(Arc<SshIdentity>),
    X25519(x25519::Identity),
}

/// The kind of an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityKind {
    /// A file of identities under a passphrase, which is asked for when no other identity fits.
    EncryptedFile,
    /// `AGE-SECRET-KEY-PQ-1…`
    Hybrid,
    /// `AGE-PLUGIN-NAME-1…`: the plugin `NAME` does the work.
    Plugin {
        /// The plugin's name, without `age-plugin-`.
        name: String,
    },
    /// An SSH private key.
    Ssh,
    /// `AGE-SECRET-KEY-1…`
    X25519,
}

impl fmt::Display for IdentityKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EncryptedFile => formatter.write_str("identities under a passphrase"),
            Self::Hybrid => formatter.write_str("post-quantum identity"),
            Self::Plugin { name } => write!(formatter, "identity of age-plugin-{name}"),
            Self::Ssh => formatter.write_str("SSH key"),
            Self::X25519 => formatter.write_str("X25519 identity"),
        }
    }
}

impl Identity {
    /// The identity's kind.
    #[must_use]
    pub fn kind(&self) -> IdentityKind {
        match &self.0 {
            Key::EncryptedFile(_) => IdentityKind::EncryptedFile,
            Key::Hybrid(_) => IdentityKind::Hybrid,
            Key::Plugin(plugin) => IdentityKind::Plugin { name: plugin.plugin().to_owned() },
            Key::Ssh(_) => IdentityKind::Ssh,
            Key::X25519(_) => IdentityKind::X25519,
        }
    }

    /// The recipient that belongs to this identity; `None` for plugins and files under a passphrase, which don't tell.
    #[must_use]
    pub fn recipient(&self) -> Option<String> {
        match &self.0 {
            Key::EncryptedFile(_) | Key::Plugin(_) => None,
            Key::Hybrid(key) => Some(key.recipient().to_string()),
            Key::Ssh(key) => Some(key.recipient().to_owned()),
            Key::X25519(key) => Some(key.to_public().to_string()),
        }
    }

    /// Reads everything that is an identity in `contents`, which came from `name`: a file of identities, one to a line; the
    /// same under a passphrase, armored or not; an SSH private key. Blank lines and lines that begin with `#` don't count.
    ///
    /// Whatever is no identity is reported, and does not keep the others from being used.
    #[must_use]
    pub fn parse_all(contents: &[u8], name: &str) -> (Vec<Self>, Vec<IdentityError>) {
        if contents.starts_with(b"age-encryption") || contents.starts_with(b"-----BEGIN AGE") {
            let file = EncryptedFile::new(contents, name);
            return (vec![Self(Key::EncryptedFile(Arc::new(file)))], Vec::new());
        }
        let Ok(text) = std::str::from_utf8(contents) else {
            return (Vec::new(), vec![IdentityError::NotText]);
        };
        if text.trim_start().starts_with("-----BEGIN") {
            return match SshIdentity::parse(text.trim_start(), name) {
                Ok(key) => (vec![Self(Key::Ssh(Arc::new(key)))], Vec::new()),
                Err(source) => (Vec::new(), vec![IdentityError::Ssh { source }]),
            };
        }
        let mut identities = Vec::new();
        let mut errors = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if line.starts_with('#') {
                continue;
            }
            // SOPS_AGE_KEY may hold several identities on one line, since newlines are a nuisance in some places.
            for word in line.split_whitespace() {
                match word.parse() {
                    Ok(identity) => identities.push(identity),
                    Err(source) => {
                        errors.push(IdentityError::Line { line: index + 1, source: Box::new(source) });
                    }
                }
            }
        }
        (identities, errors)
    }

    /// Whether using it may mean asking a person, so that others should be tried first.
    pub(super) fn is_laborious(&self) -> bool {
        self.laboriousness() > 0
    }

    /// How much it may ask of a person, to try what asks less first.
    pub(super) fn laboriousness(&self) -> u8 {
        match &self.0 {
            Key::Hybrid(_) | Key::X25519(_) => 0,
            Key::Ssh(key) => u8::from(key.is_encrypted()),
            Key::Plugin(_) => 2,
            Key::EncryptedFile(_) => 3,
        }
    }

    /// Unwraps the file key from one of a file's stanzas; `None` if none is for this identity.
    pub(super) fn unwrap_stanzas(
        &self,
        stanzas: &[Stanza],
        prompts: &Prompts,
    ) -> Option<Result<FileKey, UnwrapError>> {
        let result = match &self.0 {
            Key::EncryptedFile(file) => return file.unwrap_stanzas(stanzas, prompts),
            Key::Hybrid(key) => ::age::Identity::unwrap_stanzas(key, stanzas),
            Key::Plugin(key) => return unwrap_by_plugin(key, stanzas, prompts),
            Key::Ssh(key) => key.unwrap_stanzas(stanzas, prompts),
            Key::X25519(key) => ::age::Identity::unwrap_stanzas(key, stanzas),
        };
        result.map(|result| result.map_err(UnwrapError::from))
    }
}

fn unwrap_by_plugin(
    key: &plugin::Identity,
    stanzas: &[Stanza],
    prompts: &Prompts,
) -> Option<Result<FileKey, UnwrapError>> {
    if let Err(source) = plugins::require(key.plugin()) {
        return Some(Err(Box::new(source)));
    }
    match plugin::IdentityPluginV1::new(key.plugin(), std::slice::from_ref(key), prompts.clone()) {
        Ok(plugin) => {
            ::age::Identity::unwrap_stanzas(&plugin, stanzas).map(|result| result.map_err(UnwrapError::from))
        }
        Err(source) => Some(Err(::age::DecryptError::PluginResolve(source).into())),
    }
}

/// Why an identity that a stanza is for could not unwrap it.
pub(super) type UnwrapError = Box<dyn std::error::Error + Send + Sync>;

impl FromStr for Identity {
    type Err = IdentityError;

    /// Reads one identity as it stands on a line of an identity file.
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let text = text.trim();
        let key = if text.starts_with("AGE-SECRET-KEY-PQ-1") {
            Key::Hybrid(text.parse().map_err(|source| IdentityError::Hybrid { source })?)
        } else if text.starts_with("AGE-SECRET-KEY-1") {
            Key::X25519(text.parse().map_err(|reason| IdentityError::Damaged { reason })?)
        } else if text.starts_with("AGE-PLUGIN-") {
            Key::Plugin(text.parse().map_err(|reason| IdentityError::Damaged { reason })?)
        } else if text.starts_with("age1") || text.starts_with("ssh-") {
            return Err(IdentityError::Recipient);
        } else {
            return Err(IdentityError::UnknownKind);
        };
        Ok(Self(key))
    }
}

impl From<HybridIdentity> for Identity {
    fn from(identity: HybridIdentity) -> Self {
        Self(Key::Hybrid(identity))
    }
}

impl From<SshIdentity> for Identity {
    fn from(identity: SshIdentity) -> Self {
        Self(Key::Ssh(Arc::new(identity)))
    }
}

impl From<x25519::Identity> for Identity {
    fn from(identity: x25519::Identity) -> Self {
        Self(Key::X25519(identity))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Identity").field("kind", &self.kind()).field("key", &"[REDACTED]").finish()
    }
}

/// A file of identities under a passphrase. It is decrypted once, when it is needed.
struct EncryptedFile {
    contents: Zeroizing<Vec<u8>>,
    name: String,
    identities: OnceLock<Result<Vec<Identity>, EncryptedFileError>>,
}

impl EncryptedFile {
    fn new(contents: &[u8], name: &str) -> Self {
        Self {
            contents: Zeroizing::new(contents.to_vec()),
            name: name.to_owned(),
            identities: OnceLock::new(),
        }
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza], prompts: &Prompts) -> Option<Result<FileKey, UnwrapError>> {
        match self.identities.get_or_init(|| self.decrypt(prompts)) {
            Ok(identities) => {
                identities.iter().find_map(|identity| identity.unwrap_stanzas(stanzas, prompts))
            }
            Err(error) => Some(Err(Box::new(error.clone()))),
        }
    }

    fn decrypt(&self, prompts: &Prompts) -> Result<Vec<Identity>, EncryptedFileError> {
        let failed = |source| EncryptedFileError::Failed { name: self.name.clone(), source };
        let decryptor =
            Decryptor::new_buffered(ArmoredReader::new(self.contents.as_slice())).map_err(failed)?;
        if !decryptor.is_scrypt() {
            return Err(EncryptedFileError::NoPassphrase { name: self.name.clone() });
        }
        let question = format!("Passphrase for the age identities in {}", self.name);
        let passphrase = prompts
            .request_passphrase(&question)
            .ok_or_else(|| EncryptedFileError::NoAnswer { name: self.name.clone() })?;
        let mut key = scrypt::Identity::new(passphrase);
        key.set_max_work_factor(MAX_WORK_FACTOR);
        let reader = decryptor.decrypt(iter::once(&key as _)).map_err(|source| match source {
            ::age::DecryptError::DecryptionFailed => {
                EncryptedFileError::WrongPassphrase { name: self.name.clone() }
            }
            other => failed(other),
        })?;
        let contents =
            read_secret(reader, 0, MAX_FILE_LEN).map_err(|error| failed(::age::DecryptError::Io(error)))?;
        let (identities, mut errors) = Identity::parse_all(&contents, &self.name);
        match errors.pop() {
            Some(source) if identities.is_empty() => {
                Err(EncryptedFileError::Contents { name: self.name.clone(), source })
            }
            _ => Ok(identities),
        }
    }
}

/// Why a file of identities under a passphrase can't be used.
#[derive(Clone, Debug, thiserror::Error)]
enum EncryptedFileError {
    #[error("{name} decrypts, but holds no identity")]
    Contents { name: String, source: IdentityError },
    #[error("{name} could not be decrypted")]
    Failed { name: String, source: ::age::DecryptError },
    #[error("{name} needs a passphrase, and there is nobody to ask for it")]
    NoAnswer { name: String },
    #[error("{name} is encrypted for recipients, not with a passphrase")]
    NoPassphrase { name: String },
    #[error("the passphrase for {name} is wrong")]
    WrongPassphrase { name: String },
}

/// Why a text is no identity. The text itself is never shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// It begins like an identity.
    #[error("the identity is damaged: {reason}")]
    Damaged {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It begins like a post-quantum identity.
    #[error("the post-quantum identity can't be used")]
    Hybrid {
        /// What is wrong with it.
        source: InvalidHybridKey,
    },
    /// A line of a file.
    #[error("line {line} holds no usable identity")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: Box<IdentityError>,
    },
    /// Bytes that are neither text nor an age file.
    #[error("neither text nor an age file")]
    NotText,
    /// A public key.
    #[error("this is a recipient, not an identity; an identity begins with AGE-SECRET-KEY- or AGE-PLUGIN-")]
    Recipient,
    /// An SSH key.
    #[error("the SSH key can't be used")]
    Ssh {
        /// What is wrong with it.
        source: SshKeyError,
    },
    /// Something else.
    #[error("no age identity: they begin with AGE-SECRET-KEY- or AGE-PLUGIN-")]
    UnknownKind,
}
