//! An age master key: a recipient, and the data key (or a share of it) encrypted for it.

use super::super::metadata::{MetadataError, scalar_text};
use super::MasterKeyError;
use crate::age::{Identities, Opened, Prompts, Recipient};
use crate::document::{Mapping, Value};

/// An age master key, an entry of the `age` list.
#[derive(Clone, Debug, PartialEq)]
pub struct AgeKey {
    /// The recipient, as it is written: `age1…`, `ssh-ed25519 …`.
    pub recipient: String,
    /// The armored age file that holds the data key or share; empty until it is wrapped.
    pub enc: String,
    /// Fields that sealkit does not know.
    pub other: Mapping,
}

impl AgeKey {
    /// What the list of these keys is called.
    pub const KIND: &'static str = "age";

    /// A key for `recipient`, with nothing wrapped for it yet.
    #[must_use]
    pub fn new(recipient: impl Into<String>) -> Self {
        Self { recipient: recipient.into(), enc: String::new(), other: Mapping::new() }
    }

    /// Wraps `secret`, a data key or a share of one, for the recipient.
    pub(in crate::sops) fn wrap(&mut self, secret: &[u8], prompts: &Prompts) -> Result<(), MasterKeyError> {
        let recipient: Recipient = self.recipient.parse()?;
        self.enc = recipient.encrypt(secret, prompts)?;
        Ok(())
    }

    /// Unwraps what was wrapped.
    pub(in crate::sops) fn open(&self, identities: &Identities) -> Result<Opened, MasterKeyError> {
        if self.enc.is_empty() {
            return Err(MasterKeyError::Empty);
        }
        Ok(identities.open(&self.enc, &self.recipient)?)
    }

    /// Unwraps what was wrapped, running no program and asking nobody.
    pub(in crate::sops) fn open_at_once(&self, identities: &Identities) -> Result<Opened, MasterKeyError> {
        Ok(identities.open_at_once(&self.enc, &self.recipient)?)
    }

    /// Reads an entry; `path` is its path, for errors.
    pub(in crate::sops) fn from_mapping(fields: &Mapping, path: &str) -> Result<Self, MetadataError> {
        let text = |name: &str| {
            let value = fields.get(name).unwrap_or(&Value::Null);
            scalar_text(value)
                .ok_or_else(|| MetadataError::unexpected(format!("{path}.{name}"), "text", value))
        };
        let other = fields.iter().filter(|(name, _)| !matches!(*name, "enc" | "recipient"));
        Ok(Self {
            recipient: text("recipient")?,
            enc: text("enc")?,
            other: other.map(|(name, value)| (name, value.clone())).collect(),
        })
    }

    /// The entry as sops 3.13 writes it, sorted by name.
    pub(in crate::sops) fn to_mapping(&self) -> Mapping {
        let mut fields: Vec<(String, Value)> =
            self.other.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        fields.push(("enc".to_owned(), Value::string(self.enc.as_str())));
        fields.push(("recipient".to_owned(), Value::string(self.recipient.as_str())));
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        fields.into_iter().collect()
    }
}
