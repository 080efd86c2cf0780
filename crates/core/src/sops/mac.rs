//! The message authentication code over all values of a file.
//!
//! It is the SHA-512 of the values' canonical bytes in document order, without keys or separators, in upper-case
//! hexadecimal. Comments and nulls are left out. It is stored encrypted like any other string, with the time stamp
//! `lastmodified` as associated data, so it can be neither read nor replaced without the data key.

use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::cipher::{Cipher, CipherError, Decrypted};
use super::metadata::LastModified;
use crate::document::Value;

/// What `mac_only_encrypted` hashes first, so that the two kinds of MAC never agree: the SHA-256 of `sops`.
const ONLY_ENCRYPTED_PREFIX: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b,
    0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// Which values the MAC covers: `mac_only_encrypted`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MacScope {
    /// Every value of the file.
    #[default]
    AllValues,
    /// Only values that are encrypted, so that others may be edited without the data key.
    EncryptedValues,
}

/// A MAC being computed: give it every value in document order, through all documents of a file.
#[derive(Clone)]
pub struct Mac {
    scope: MacScope,
    hash: Sha512,
}

impl Mac {
    /// A MAC over no values yet.
    #[must_use]
    pub fn new(scope: MacScope) -> Self {
        let mut hash = Sha512::new();
        if scope == MacScope::EncryptedValues {
            hash.update(ONLY_ENCRYPTED_PREFIX);
        }
        Self { scope, hash }
    }

    /// Adds a plaintext value. `encrypted` says whether the file holds it encrypted (by the selection rule, so also for
    /// an empty string, which has no ciphertext). Null, lists and mappings add nothing; don't give comments.
    pub fn update(&mut self, value: &Value, encrypted: bool) {
        if self.scope == MacScope::EncryptedValues && !encrypted {
            return;
        }
        match value {
            Value::String(text) => self.hash.update(text.as_bytes()),
            Value::Bytes(bytes) => self.hash.update(bytes),
            other => {
                if let Some(bytes) = other.canonical_bytes() {
                    self.hash.update(&*bytes);
                }
            }
        }
    }

    /// The finished MAC.
    #[must_use]
    pub fn finish(self) -> MacDigest {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let mut text = Zeroizing::new(String::with_capacity(128));
        for byte in self.hash.finalize() {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        MacDigest(text)
    }
}

impl std::fmt::Debug for Mac {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Mac").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// A computed MAC. It tells something about the plaintext, so it prints `[REDACTED]` and is wiped when dropped.
#[derive(Clone)]
pub struct MacDigest(Zeroizing<String>);

impl MacDigest {
    /// The text for the metadata's `mac`: this MAC, encrypted with `last_modified` as associated data.
    ///
    /// # Errors
    /// [`CipherError::Randomness`] if the operating system gives no random bytes.
    pub fn encrypt(&self, cipher: &mut Cipher, last_modified: &LastModified) -> Result<String, CipherError> {
        let mut text = String::new();
        cipher.encrypt(&Value::String(self.0.clone()), &last_modified.to_string(), &mut text)?;
        Ok(text)
    }

    /// Compares this MAC of the values found with `encrypted`, the metadata's `mac`, in constant time.
    ///
    /// # Errors
    /// [`MacError::Missing`], [`MacError::Unreadable`] or [`MacError::Mismatch`].
    pub fn verify(
        &self,
        cipher: &Cipher,
        encrypted: &str,
        last_modified: &LastModified,
    ) -> Result<(), MacError> {
        if encrypted.is_empty() {
            return Err(MacError::Missing);
        }
        let stored = match cipher.decrypt(encrypted, &last_modified.to_string()) {
            Ok(Decrypted::Value(Value::String(stored))) => stored,
            Ok(_) => return Err(MacError::Unreadable { source: None }),
            Err(source) => return Err(MacError::Unreadable { source: Some(source) }),
        };
        if bool::from(stored.as_bytes().ct_eq(self.0.as_bytes())) { Ok(()) } else { Err(MacError::Mismatch) }
    }
}

impl std::fmt::Debug for MacDigest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("MacDigest([REDACTED])")
    }
}

/// Why a file's MAC does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MacError {
    /// The values are not those that were there when the file was written.
    #[error(
        "the MAC does not match: values were changed, added, removed or reordered without the data key; \
         look at the file's history, or ignore the MAC if you know why"
    )]
    Mismatch,
    /// There is no MAC.
    #[error("the file's metadata has no mac")]
    Missing,
    /// The MAC itself does not decrypt.
    #[error("the file's mac does not decrypt: it, or lastmodified, was changed")]
    Unreadable {
        /// What the cipher says of it.
        source: Option<CipherError>,
    },
}

#[cfg(test)]
mod tests {
    use super::super::data_key::DataKey;
    use super::{Cipher, LastModified, Mac, MacError, MacScope};
    use crate::document::Value;

    fn digest(scope: MacScope, values: &[(Value, bool)]) -> String {
        let mut mac = Mac::new(scope);
        for (value, encrypted) in values {
            mac.update(value, *encrypted);
        }
        mac.finish().0.to_string()
    }

    #[test]
    fn the_mac_of_nothing_is_the_hash_of_nothing() {
        assert!(digest(MacScope::AllValues, &[]).starts_with("CF83E1357EEFB8BDF1542850D66D8007"));
        // printf sops | sha256sum | xxd -r -p | sha512sum
        assert!(digest(MacScope::EncryptedValues, &[]).starts_with(PREFIX_HASH));
    }

    const PREFIX_HASH: &str = "1EE9AD533B409ABB860E3F836F93434D";

    #[test]
    fn values_are_hashed_without_separators() {
        let values = [
            (Value::string("ab"), true),
            (Value::string(""), true),
            (Value::Null, false),
            (Value::Boolean(true), true),
            (Value::Integer(12), false),
            (Value::Float(1.0), true),
        ];
        assert_eq!(
            digest(MacScope::AllValues, &values),
            digest(MacScope::AllValues, &[(Value::string("abTrue121"), false)])
        );
        assert_eq!(
            digest(MacScope::EncryptedValues, &values),
            digest(MacScope::EncryptedValues, &[(Value::string("abTrue1"), true)])
        );
    }

    #[test]
    fn a_mac_is_bound_to_the_key_and_the_time() {
        let key = DataKey::from_bytes(&[7; 32]).unwrap();
        let mut cipher = Cipher::new(&key);
        let time = LastModified::parse("2024-05-06T07:08:09Z").unwrap();
        let mac = Mac::new(MacScope::AllValues).finish();
        let text = mac.encrypt(&mut cipher, &time).unwrap();
        assert!(text.ends_with(",type:str]"));
        mac.verify(&cipher, &text, &time).unwrap();

        let later = LastModified::parse("2024-05-06T07:08:10Z").unwrap();
        assert!(matches!(mac.verify(&cipher, &text, &later), Err(MacError::Unreadable { .. })));
        let other = Cipher::new(&DataKey::from_bytes(&[8; 32]).unwrap());
        assert!(matches!(mac.verify(&other, &text, &time), Err(MacError::Unreadable { .. })));
        assert!(matches!(mac.verify(&cipher, "", &time), Err(MacError::Missing)));

        let mut changed = Mac::new(MacScope::AllValues);
        changed.update(&Value::string("x"), true);
        assert!(matches!(changed.finish().verify(&cipher, &text, &time), Err(MacError::Mismatch)));
    }

    #[test]
    fn nothing_of_a_mac_is_printed() {
        let mac = Mac::new(MacScope::EncryptedValues);
        assert_eq!(format!("{mac:?}"), "Mac { scope: EncryptedValues, .. }");
        assert_eq!(format!("{:?}", mac.finish()), "MacDigest([REDACTED])");
    }
}
