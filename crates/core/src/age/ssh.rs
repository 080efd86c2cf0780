//! SSH private keys as age identities: `ssh-ed25519` and `ssh-rsa`.

use std::fmt;
use std::sync::Mutex;

use ::age::Callbacks;
use ::age::ssh;
use ::age_core::format::{FileKey, Stanza};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use sha2::{Digest, Sha256};

use super::prompts::Prompts;
use super::ssh_numbers;

/// How a stanza names the key that it is for: the first bytes of the SHA-256 of the public key.
const TAG_LEN: usize = 4;

/// An SSH private key, perhaps under a passphrase.
///
/// The passphrase is asked for once, and only when a file is encrypted for this very key.
pub struct SshIdentity {
    key: ssh::Identity,
    recipient: String,
    tag: String,
    file_name: String,
    /// The key without its passphrase, once it was given.
    unlocked: Mutex<Option<ssh::Identity>>,
}

impl SshIdentity {
    /// Reads a private key in OpenSSH's format, or an RSA key in PEM (PKCS#1). `file_name` is what a question for its
    /// passphrase calls it.
    ///
    /// # Errors
    /// [`SshKeyError`] if it is neither, or of a kind or encryption that can't be used.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, SshKeyError> {
        if !ssh_numbers::are_sound_in_private_key(text) {
            return Err(SshKeyError::Unreadable);
        }
        let key = ssh::Identity::from_buffer(text.as_bytes(), Some(file_name.to_owned()))
            .map_err(|_| SshKeyError::Unreadable)?;
        if let ssh::Identity::Unsupported(kind) = &key {
            return Err(match kind {
                ssh::UnsupportedKey::EncryptedPem => SshKeyError::OldEncryption,
                ssh::UnsupportedKey::EncryptedSsh(cipher) => SshKeyError::Cipher { cipher: cipher.clone() },
                ssh::UnsupportedKey::Hardware(kind) | ssh::UnsupportedKey::Type(kind) => {
                    SshKeyError::Kind { kind: kind.clone() }
                }
            });
        }
        let recipient = match ssh::Recipient::try_from(key.clone()) {
            Ok(recipient) => recipient.to_string(),
            Err(ssh::ParseRecipientKeyError::Unsupported(kind)) => return Err(SshKeyError::Kind { kind }),
            Err(_) => return Err(SshKeyError::Unreadable),
        };
        let blob = recipient
            .split_once(' ')
            .and_then(|(_, blob)| BASE64_STANDARD.decode(blob).ok())
            .ok_or(SshKeyError::Unreadable)?;
        let tag = BASE64_STANDARD_NO_PAD.encode(&Sha256::digest(blob)[..TAG_LEN]);
        Ok(Self { key, recipient, tag, file_name: file_name.to_owned(), unlocked: Mutex::new(None) })
    }

    /// The public key, `ssh-ed25519 AAAA…`.
    #[must_use]
    pub fn recipient(&self) -> &str {
        &self.recipient
    }

    /// Whether the key needs a passphrase.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        matches!(self.key, ssh::Identity::Encrypted(_))
    }

    pub(super) fn unwrap_stanzas(
        &self,
        stanzas: &[Stanza],
        prompts: &Prompts,
    ) -> Option<Result<FileKey, ::age::DecryptError>> {
        let is_ours =
            |stanza: &&Stanza| stanza.tag.starts_with("ssh-") && stanza.args.first() == Some(&self.tag);
        let mut ours = stanzas.iter().filter(is_ours).peekable();
        ours.peek()?;
        let ssh::Identity::Encrypted(encrypted) = &self.key else {
            return ours.find_map(|stanza| ::age::Identity::unwrap_stanza(&self.key, stanza));
        };
        let mut unlocked = self.unlocked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if unlocked.is_none() {
            let question = format!("Passphrase for the SSH key {}", self.file_name);
            let Some(passphrase) = prompts.request_passphrase(&question) else {
                return Some(Err(::age::DecryptError::KeyDecryptionFailed));
            };
            match encrypted.decrypt(passphrase) {
                Ok(key) => *unlocked = Some(key.into()),
                Err(error) => return Some(Err(error)),
            }
        }
        let key = unlocked.as_ref()?;
        ours.find_map(|stanza| ::age::Identity::unwrap_stanza(key, stanza))
    }
}

impl fmt::Debug for SshIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SshIdentity").field("recipient", &self.recipient).finish_non_exhaustive()
    }
}

/// Why an SSH private key can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SshKeyError {
    /// Encrypted with a cipher that the `age` crate does not have.
    #[error(
        "the SSH key is encrypted with {cipher}, which can't be read; set its passphrase again with ssh-keygen -p"
    )]
    Cipher {
        /// The cipher's name.
        cipher: String,
    },
    /// Not ed25519 or RSA.
    #[error("SSH keys of the kind {kind} can't be used with age; ssh-ed25519 and ssh-rsa can")]
    Kind {
        /// The kind's name.
        kind: String,
    },
    /// Encrypted the old way, under MD5.
    #[error("the SSH key is encrypted in the old PEM way; convert it with ssh-keygen -p -o")]
    OldEncryption,
    /// Something else.
    #[error("not an SSH private key in OpenSSH's format, nor an RSA key in PEM (PKCS#1)")]
    Unreadable,
}
