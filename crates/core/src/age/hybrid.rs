//! The post-quantum recipient `mlkem768x25519`: `age1pq1…` and `AGE-SECRET-KEY-PQ-1…`.
//!
//! The file key is sealed with HPKE (RFC 9180): the KEM X-Wing, which combines ML-KEM-768 (FIPS 203) and X25519, HKDF-SHA256
//! and ChaCha20-Poly1305. See "The mlkem768x25519 recipient type" in <https://c2sp.org/age>. When the `age` crate has this
//! kind, its own types take the place of these.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use ::age::secrecy::{ExposeSecret, SecretString};
use ::age_core::format::{FileKey, Stanza};
use ::age_core::primitives::{bech32_decode, bech32_encode, hpke_open, hpke_seal};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use bech32::Hrp;
use hpke::{Deserializable, HpkeError, Kem, Serializable};
use rand::TryRng;
use rand::rngs::SysRng;
use rand_core_0_6::OsRng;
use zeroize::{Zeroize, Zeroizing};

use super::x_wing::{Encapsulated, PrivateKey, PublicKey, XWing};

const RECIPIENT_PREFIX: Hrp = Hrp::parse_unchecked("age1pq");
const IDENTITY_PREFIX: Hrp = Hrp::parse_unchecked("age-secret-key-pq-");

const STANZA_TAG: &str = "mlkem768x25519";

/// HPKE's `info`.
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";

/// The label that keeps a file from being encrypted for recipients without post-quantum security, too.
const LABEL: &str = "postquantum";

/// The sealed file key, in bytes: 16, and the tag of 16.
const SEALED_LEN: usize = 32;

/// X-Wing's private key, in bytes: the seed of both keys.
const SEED_LEN: usize = 32;

/// A post-quantum recipient, `age1pq1…`: 1,216 bytes, nearly 2,000 characters.
#[derive(Clone, PartialEq)]
pub struct HybridRecipient(PublicKey);

impl FromStr for HybridRecipient {
    type Err = InvalidHybridKey;

    fn from_str(text: &str) -> Result<Self, InvalidHybridKey> {
        let bytes = bech32_decode(
            text,
            |_| InvalidHybridKey::Bech32,
            |prefix| if prefix == RECIPIENT_PREFIX { Ok(()) } else { Err(InvalidHybridKey::Prefix) },
            |_, bytes| Ok(bytes.collect::<Vec<u8>>()),
        )?;
        // Bech32 may be all in capitals, but an age recipient is not.
        if text.chars().any(char::is_uppercase) {
            return Err(InvalidHybridKey::Prefix);
        }
        PublicKey::from_bytes(&bytes).map(Self).map_err(|_| InvalidHybridKey::Key)
    }
}

impl fmt::Display for HybridRecipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&bech32_encode(RECIPIENT_PREFIX, &self.0.to_bytes()))
    }
}

impl fmt::Debug for HybridRecipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl ::age::Recipient for HybridRecipient {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), ::age::EncryptError> {
        let (encapsulated, sealed) =
            hpke_seal::<XWing, _>(&self.0, INFO, file_key.expose_secret(), &mut OsRng);
        let stanza = Stanza {
            tag: STANZA_TAG.to_owned(),
            args: vec![BASE64_STANDARD_NO_PAD.encode(encapsulated.to_bytes())],
            body: sealed,
        };
        Ok((vec![stanza], HashSet::from([LABEL.to_owned()])))
    }
}

/// A post-quantum identity, `AGE-SECRET-KEY-PQ-1…`.
#[derive(Clone)]
pub struct HybridIdentity(PrivateKey);

impl HybridIdentity {
    /// A new identity.
    ///
    /// # Errors
    /// [`InvalidHybridKey::Randomness`] if the operating system gives no random bytes.
    pub fn generate() -> Result<Self, InvalidHybridKey> {
        let mut seed = Zeroizing::new([0; SEED_LEN]);
        SysRng.try_fill_bytes(&mut *seed).map_err(|_| InvalidHybridKey::Randomness)?;
        Ok(Self(PrivateKey::new(seed)))
    }

    /// The identity's recipient.
    #[must_use]
    pub fn recipient(&self) -> HybridRecipient {
        HybridRecipient(XWing::sk_to_pk(&self.0))
    }

    /// The identity as text, `AGE-SECRET-KEY-PQ-1…`. Whoever has it can decrypt.
    #[must_use]
    pub fn reveal(&self) -> SecretString {
        let mut text = bech32_encode(IDENTITY_PREFIX, self.0.seed());
        text.make_ascii_uppercase();
        SecretString::from(text)
    }

    fn unwrap(&self, stanza: &Stanza) -> Result<Option<FileKey>, ::age::DecryptError> {
        let [encapsulated] = stanza.args.as_slice() else {
            return Err(::age::DecryptError::InvalidHeader);
        };
        let encapsulated = BASE64_STANDARD_NO_PAD
            .decode(encapsulated)
            .ok()
            .and_then(|bytes| Encapsulated::from_bytes(&bytes).ok())
            .ok_or(::age::DecryptError::InvalidHeader)?;
        if stanza.body.len() != SEALED_LEN {
            return Err(::age::DecryptError::InvalidHeader);
        }
        let mut opened = match hpke_open::<XWing>(&encapsulated, &self.0, INFO, &stanza.body) {
            Ok(opened) => opened,
            // X-Wing gives a key for every ciphertext, so that a stanza for somebody else shows only here.
            Err(HpkeError::OpenError) => return Ok(None),
            Err(_) => return Err(::age::DecryptError::InvalidHeader),
        };
        let file_key = FileKey::init_with_mut(|file_key| file_key.copy_from_slice(&opened));
        opened.zeroize();
        Ok(Some(file_key))
    }
}

impl FromStr for HybridIdentity {
    type Err = InvalidHybridKey;

    fn from_str(text: &str) -> Result<Self, InvalidHybridKey> {
        if text.chars().any(char::is_lowercase) {
            return Err(InvalidHybridKey::Prefix);
        }
        let bytes = bech32_decode(
            text,
            |_| InvalidHybridKey::Bech32,
            |prefix| if prefix == IDENTITY_PREFIX { Ok(()) } else { Err(InvalidHybridKey::Prefix) },
            |_, bytes| Ok(Zeroizing::new(bytes.collect::<Vec<u8>>())),
        )?;
        let mut seed = Zeroizing::new([0; SEED_LEN]);
        if bytes.len() != SEED_LEN {
            return Err(InvalidHybridKey::Key);
        }
        seed.copy_from_slice(&bytes);
        Ok(Self(PrivateKey::new(seed)))
    }
}

impl fmt::Debug for HybridIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HybridIdentity([REDACTED])")
    }
}

impl ::age::Identity for HybridIdentity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, ::age::DecryptError>> {
        if stanza.tag != STANZA_TAG {
            return None;
        }
        self.unwrap(stanza).transpose()
    }
}

/// Why a text is no post-quantum recipient or identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidHybridKey {
    /// Not Bech32: a character is wrong or missing.
    #[error("the text is damaged: its Bech32 checksum or a character in it is wrong")]
    Bech32,
    /// The bytes are no key.
    #[error("the text is intact, but holds no ML-KEM-768 and X25519 key")]
    Key,
    /// Another kind of text.
    #[error("the text does not begin as a post-quantum age key does, or mixes capitals and small letters")]
    Prefix,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Randomness,
}

#[cfg(test)]
mod tests {
    use ::age::secrecy::ExposeSecret;

    use super::{HybridIdentity, HybridRecipient, InvalidHybridKey};

    /// Made by age-keygen -pq of Go's age 1.3.
    const KEY_FILE: &str = include_str!("../../../../test-vectors/sops/keys/test-hybrid.txt");

    fn keys() -> (&'static str, &'static str) {
        let recipient = KEY_FILE.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
        (recipient, KEY_FILE.lines().last().unwrap())
    }

    #[test]
    fn a_key_of_age_keygen_is_read_and_written_the_same() {
        let (recipient, identity) = keys();
        let parsed: HybridIdentity = identity.parse().unwrap();
        assert_eq!(parsed.reveal().expose_secret(), identity);
        assert_eq!(parsed.recipient().to_string(), recipient);
        assert_eq!(recipient.parse::<HybridRecipient>().unwrap(), parsed.recipient());
        assert_eq!(format!("{parsed:?}"), "HybridIdentity([REDACTED])");
    }

    #[test]
    fn new_keys_differ() {
        let (one, other) = (HybridIdentity::generate().unwrap(), HybridIdentity::generate().unwrap());
        assert_ne!(one.recipient(), other.recipient());
        assert!(one.recipient().to_string().starts_with("age1pq1"));
        assert!(one.reveal().expose_secret().starts_with("AGE-SECRET-KEY-PQ-1"));
    }

    #[test]
    fn damaged_keys_are_refused() {
        let (recipient, identity) = keys();
        let refused = |text: &str| text.parse::<HybridRecipient>().unwrap_err();
        assert_eq!(refused(&recipient[..recipient.len() - 1]), InvalidHybridKey::Bech32);
        assert_eq!(refused(&recipient.replacen("pq1", "pq1q", 1)), InvalidHybridKey::Bech32);
        assert_eq!(refused(&recipient.to_uppercase()), InvalidHybridKey::Prefix);
        assert_eq!(
            refused("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"),
            InvalidHybridKey::Prefix
        );
        let refused = |text: &str| text.parse::<HybridIdentity>().unwrap_err();
        assert_eq!(refused(&identity[..identity.len() - 1]), InvalidHybridKey::Bech32);
        assert_eq!(refused(&identity.to_lowercase()), InvalidHybridKey::Prefix);
        assert_eq!(refused(""), InvalidHybridKey::Bech32);
    }
}
