//! The easy way: a file encrypted by a rule, or decrypted with identities, in one call.

use serde::de::DeserializeOwned;

use super::config::CreationRule;
use super::data_key::DataKey;
use super::error::FileError;
use super::file::{Encrypted, EncryptedFile, MacCheck, Plaintext, WhenNothingSelected, encrypt_file};
use super::mac::MacScope;
use super::master_key::{AgeKey, KeyGroup, MasterKey};
use super::metadata::Metadata;
use super::selection::SelectionRule;
use crate::age::{Identities, Prompts, Recipient};
use crate::document::{Format, from_value, merged};

/// Encrypts a plain file as `rule` says: with a new data key, wrapped for the rule's master keys.
///
/// Comments, order and layout stay; every value that the rule selects is replaced where it stands, and the `sops` block is
/// added. Nobody is asked anything: a recipient whose plugin wants to ask fails. To ask, and to allow a rule that
/// selects nothing, use [`CreationRule::metadata`], [`Metadata::wrap_data_key`] and [`encrypt_file`].
///
/// ```
/// use sealkit::age::{KeygenKind, keygen};
/// use sealkit::document::Format;
/// use sealkit::sops::{self, CreationRule, SelectionRule};
///
/// let recipient = keygen(KeygenKind::X25519)?.recipient.parse()?;
/// let rule = CreationRule::for_age([recipient])
///     .with_selection(SelectionRule::EncryptedRegex("^(data|stringData)$".to_owned()));
///
/// let secret = b"kind: Secret  # for the shop\nstringData: {password: hunter2}\n";
/// let encrypted = sops::encrypt(secret, Format::Yaml, &rule)?;
/// assert!(encrypted.text.starts_with("kind: Secret  # for the shop\nstringData: {password: 'ENC[AES256_GCM,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`FileError::DataKey`] if the data key can't be wrapped for the rule's keys, and whatever [`encrypt_file`] finds wrong.
pub fn encrypt(plaintext: &[u8], format: Format, rule: &CreationRule) -> Result<Encrypted, FileError> {
    let data_key = DataKey::generate()?;
    let mut metadata = rule.metadata();
    metadata.wrap_data_key(&data_key, &Prompts::default())?;
    encrypt_file(plaintext, format, metadata, &data_key, WhenNothingSelected::Refuse)
}

impl CreationRule {
    /// A rule that encrypts every value, but those under keys that end in `_unencrypted`, for these age recipients. Any one of
    /// them can open the file.
    #[must_use]
    pub fn for_age(recipients: impl IntoIterator<Item = Recipient>) -> Self {
        let keys = recipients.into_iter().map(|key| MasterKey::Age(AgeKey::new(key.to_string())));
        Self {
            location: None,
            path_regex: None,
            key_groups: vec![KeyGroup::new(keys.collect())],
            shamir_threshold: None,
            selection: None,
            mac_scope: MacScope::default(),
        }
    }

    /// The same rule with another selection of values.
    #[must_use]
    pub fn with_selection(mut self, selection: SelectionRule) -> Self {
        self.selection = Some(selection);
        self
    }

    /// The metadata of a new file. Nothing is wrapped for its keys yet.
    #[must_use]
    pub fn metadata(&self) -> Metadata {
        let mut metadata = Metadata::new(self.key_groups.clone(), self.selection.clone().unwrap_or_default());
        metadata.shamir_threshold = self.shamir_threshold;
        metadata.mac_scope = self.mac_scope;
        metadata
    }
}

impl EncryptedFile {
    /// Decrypts the file with whatever identity opens it. The file as a whole has to be authentic.
    ///
    /// # Errors
    /// [`FileError::DataKey`] if no identity opens enough of its master keys, else as [`decrypt_with`](Self::decrypt_with).
    pub fn decrypt(&self, identities: &Identities) -> Result<Plaintext, FileError> {
        self.decrypt_with(&self.metadata().data_key(identities)?, MacCheck::Require)
    }
}

impl Plaintext {
    /// Reads the values, those of the first document if there are several, into a type of the caller's. In YAML, merge keys
    /// (`<<`) are followed.
    ///
    /// # Errors
    /// [`FileError::Type`], with the path of the value that does not fit, and never the value; [`FileError::Parse`] as for
    /// [`value`](Self::value).
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, FileError> {
        let value = self.value()?;
        let value = if self.format() == Format::Yaml { merged(value) } else { value };
        Ok(from_value(&value)?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::{DataKeyError, EncryptedFile, FileError};
    use super::{CreationRule, encrypt};
    use crate::age::{Identities, KeygenKind, keygen};
    use crate::document::Format;

    fn rule() -> (CreationRule, Identities) {
        let key = keygen(KeygenKind::X25519).unwrap();
        (
            CreationRule::for_age([key.recipient.parse().unwrap()]),
            Identities::from_text(&key.contents, "test key"),
        )
    }

    #[test]
    fn what_is_encrypted_for_an_identity_is_opened_by_it_alone() {
        let (rule, identities) = rule();
        let encrypted = encrypt(b"a: x # note\n", Format::Yaml, &rule).unwrap().text;
        let file = EncryptedFile::parse(encrypted.as_bytes(), Format::Yaml).unwrap();
        assert_eq!(file.decrypt(&identities).unwrap().as_str(), Some("a: x # note\n"));
        let (_, others) = self::rule();
        let error = file.decrypt(&others).unwrap_err();
        assert!(matches!(error, FileError::DataKey(DataKeyError::NotRecovered(_))), "{error}");
    }

    #[test]
    fn merge_keys_are_followed() {
        let (rule, identities) = rule();
        let yaml = b"base: &base {a: 1, b: 2}\nall:\n  one:\n    <<: *base\n    b: 3\n  two:\n    <<: [{c: 4}, *base]\n";
        let encrypted = encrypt(yaml, Format::Yaml, &rule).unwrap().text;
        let plaintext =
            EncryptedFile::parse(encrypted.as_bytes(), Format::Yaml).unwrap().decrypt(&identities);
        #[derive(serde::Deserialize)]
        struct Settings {
            all: BTreeMap<String, BTreeMap<String, u8>>,
        }
        let all = plaintext.unwrap().deserialize::<Settings>().unwrap().all;
        let expected =
            |pairs: &[(&str, u8)]| pairs.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect();
        assert_eq!(all["one"], expected(&[("a", 1), ("b", 3)]));
        assert_eq!(all["two"], expected(&[("a", 1), ("b", 2), ("c", 4)]));
    }
}
