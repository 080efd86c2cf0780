//! One value sealed and opened: the bytes inside a SealedSecret's `encryptedData`, before base64.
//!
//! ```text
//! length of the RSA part (2 bytes, big-endian)
//! RSA part: the session key, by RSA-OAEP with SHA-256 in both places, under the label
//! the value by AES-GCM under the session key, a nonce of 12 zero bytes, no associated data; then 16 bytes of tag
//! ```
//!
//! The nonce may be fixed because each session key encrypts one value. sealkit makes session keys of 32 bytes, and
//! opens with 16 and 24 bytes too, as the controller does.

use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::{Zeroize, Zeroizing};

use super::backend::{NONCE_LENGTH, TAG_LENGTH};
use super::{Label, PrivateKey, PublicKey};

const LENGTH_LENGTH: usize = 2;
const SESSION_KEY_LENGTH: usize = 32;
const NONCE: [u8; NONCE_LENGTH] = [0; NONCE_LENGTH];

/// Seals `value`, any bytes, to `key` and `label`.
///
/// The result is as long as the value, plus the key's modulus (512 bytes at 4,096 bits), plus 18 bytes.
///
/// # Errors
/// If the operating system has no randomness to give, or the key can't be computed with.
pub fn seal(value: &[u8], key: &PublicKey, label: &Label) -> Result<Vec<u8>, SealError> {
    let mut session_key = Zeroizing::new([0; SESSION_KEY_LENGTH]);
    SysRng.try_fill_bytes(session_key.as_mut_slice()).map_err(|_| SealError::Randomness)?;

    // Room for all of it at once: a vector that grows leaves copies of the value behind.
    let data_start = LENGTH_LENGTH + key.size();
    let mut sealed = Vec::with_capacity(data_start + value.len() + TAG_LENGTH);
    let rsa_length = u16::try_from(key.size()).or(Err(SealError::Key))?;
    sealed.extend_from_slice(&rsa_length.to_be_bytes());
    sealed.resize(data_start, 0);
    let rsa_part = &mut sealed[LENGTH_LENGTH..];
    let encrypted = key.prepared().encrypt(label.as_str().as_bytes(), session_key.as_slice(), rsa_part);
    encrypted.map_err(|_| SealError::Key)?;
    sealed.extend_from_slice(value);
    let provider = key.backend().provider();
    let tag = provider.aead_seal(session_key.as_slice(), &NONCE, &[], &mut sealed[data_start..]);
    let Ok(tag) = tag else {
        sealed.zeroize();
        return Err(SealError::TooLong { length: value.len() });
    };
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Opens what [`seal`] made, with the private half of the same key and the same label.
///
/// # Errors
/// [`OpenError::Damaged`] if `sealed` is too short for what it says of itself; [`OpenError::NotOpened`] for everything
/// else, with nothing that tells a wrong key from a wrong label or from changed bytes.
pub fn open(sealed: &[u8], key: &PrivateKey, label: &Label) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let parts = Parts::split(sealed)?;
    parts.open(key, label).ok_or(OpenError::NotOpened)
}

/// The two parts of a sealed value.
pub(super) struct Parts<'a> {
    /// The session key, encrypted.
    pub(super) rsa: &'a [u8],
    /// The value, encrypted, and its tag.
    data: &'a [u8],
}

impl<'a> Parts<'a> {
    pub(super) fn split(sealed: &'a [u8]) -> Result<Self, Damage> {
        let too_short = |least| Damage::TooShort { found: sealed.len(), least };
        let (length, rest) =
            sealed.split_first_chunk().ok_or_else(|| too_short(LENGTH_LENGTH + TAG_LENGTH))?;
        let rsa_length = usize::from(u16::from_be_bytes(*length));
        match rest.split_at_checked(rsa_length) {
            Some((rsa, data)) if data.len() >= TAG_LENGTH => Ok(Self { rsa, data }),
            _ => Err(too_short(LENGTH_LENGTH + rsa_length + TAG_LENGTH)),
        }
    }

    /// The value, if `key` and `label` open it.
    pub(super) fn open(&self, key: &PrivateKey, label: &Label) -> Option<Zeroizing<Vec<u8>>> {
        if self.rsa.len() != key.size() {
            return None;
        }
        let session_key = key.prepared().decrypt(label.as_str().as_bytes(), self.rsa).ok()?;
        let mut value = Zeroizing::new(self.data.to_vec());
        let length = key.backend().provider().aead_open(&session_key, &NONCE, &[], &mut value).ok()?;
        value.truncate(length);
        Some(value)
    }
}

/// A value that could not be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The operating system gave no random bytes.
    #[error("the operating system has no random bytes to give")]
    Randomness,
    /// The back end failed to compute with the public key.
    #[error("the certificate's key can't be used")]
    Key,
    /// The value is longer than AES-GCM allows: 64 GiB.
    #[error("the value is {length} bytes long, and AES-GCM takes 64 GiB at most")]
    TooLong {
        /// Bytes in the value.
        length: usize,
    },
}

/// A value that could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// No key could open this, whatever label it has.
    #[error("damaged: {0}")]
    Damaged(#[from] Damage),
    /// The key or the label is another one than it was sealed with, or its bytes were changed.
    #[error("the key does not open it")]
    NotOpened,
}

/// What can be seen to be wrong with a sealed value without a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The text is not base64.
    #[error("it is not base64")]
    Base64,
    /// The parts don't fit in.
    #[error("it has {found} bytes, and its parts need at least {least}")]
    TooShort {
        /// Bytes that are there.
        found: usize,
        /// Bytes that the two parts need, going by the length of the first.
        least: usize,
    },
    /// The RSA part has a size that no RSA key has.
    #[error("the RSA part is {found} bytes, {}", sizes(.keys))]
    RsaLength {
        /// Bytes in the RSA part.
        found: usize,
        /// The sizes of the keys at hand, in bytes.
        keys: Vec<usize>,
    },
}

fn sizes(keys: &[usize]) -> String {
    let keys: Vec<_> = keys.iter().map(usize::to_string).collect();
    match keys.as_slice() {
        [] => "and there are no keys".to_owned(),
        [only] => format!("the key is {only}"),
        [first @ .., last] => format!("keys are {} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_keys::{RSA2048, RSA2048_OTHER, RSA3072, RSA4096, private_key, public_key};
    use super::super::{Backend, Label, Scope};
    use super::{Damage, OpenError, open, seal};

    fn label() -> Label {
        Scope::Strict.label("web", "app")
    }

    #[test]
    fn each_back_end_opens_what_each_seals() {
        let values: [&[u8]; 4] = [b"", b"x", &[0xff, 0xfe, 0x00, 0x80], &[0x5a; 1 << 20]];
        for name in [RSA2048, RSA3072, RSA4096] {
            for sealing in Backend::ALL {
                let public = public_key(name, *sealing);
                for value in values {
                    for scope in Scope::ALL {
                        let label = scope.label("web", "app");
                        let sealed = seal(value, &public, &label).unwrap();
                        assert_eq!(sealed.len(), 2 + public.bits() / 8 + value.len() + 16);
                        assert_ne!(
                            sealed,
                            seal(value, &public, &label).unwrap(),
                            "a new session key each time"
                        );
                        for opening in Backend::ALL {
                            let opened = open(&sealed, &private_key(name, *opening), &label).unwrap();
                            assert!(opened.as_slice() == value, "{name} {sealing:?} {opening:?} {scope}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn another_key_or_label_opens_nothing() {
        for backend in Backend::ALL {
            let sealed = seal(b"value", &public_key(RSA2048, *backend), &label()).unwrap();
            for name in [RSA2048_OTHER, RSA4096] {
                let opened = open(&sealed, &private_key(name, *backend), &label());
                assert_eq!(opened, Err(OpenError::NotOpened));
            }
            for other in [
                Scope::Strict.label("web", "other"),
                Scope::Strict.label("other", "app"),
                Scope::NamespaceWide.label("web", "app"),
                Scope::ClusterWide.label("web", "app"),
            ] {
                let opened = open(&sealed, &private_key(RSA2048, *backend), &other);
                assert_eq!(opened, Err(OpenError::NotOpened));
            }
        }
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        for backend in Backend::ALL {
            let key = private_key(RSA2048, *backend);
            let sealed = seal(b"value", &public_key(RSA2048, *backend), &label()).unwrap();
            for position in 0..sealed.len() {
                let mut changed = sealed.clone();
                changed[position] ^= 0x01;
                let error = open(&changed, &key, &label()).unwrap_err();
                if position >= 2 {
                    assert_eq!(error, OpenError::NotOpened, "byte {position}");
                }
            }
        }
    }

    #[test]
    fn other_lengths_are_refused() {
        for backend in Backend::ALL {
            let key = private_key(RSA2048, *backend);
            let sealed = seal(b"value", &public_key(RSA2048, *backend), &label()).unwrap();
            for length in 0..sealed.len() {
                let error = open(&sealed[..length], &key, &label()).unwrap_err();
                let least = if length < 2 { 18 } else { 2 + 256 + 16 };
                if length < least {
                    assert_eq!(error, Damage::TooShort { found: length, least }.into());
                } else {
                    assert_eq!(error, OpenError::NotOpened);
                }
            }
            for more in [&b"\0"[..], b"\n", &sealed] {
                let longer = [&sealed, more].concat();
                assert_eq!(open(&longer, &key, &label()), Err(OpenError::NotOpened));
            }
            for rsa_length in [0_u16, 1, 255, 257] {
                let mut changed = sealed.clone();
                changed[..2].copy_from_slice(&rsa_length.to_be_bytes());
                assert_eq!(open(&changed, &key, &label()), Err(OpenError::NotOpened));
            }
            let mut changed = sealed.clone();
            changed[..2].copy_from_slice(&[0xff, 0xff]);
            let too_short = Damage::TooShort { found: sealed.len(), least: 2 + 0xffff + 16 };
            assert_eq!(open(&changed, &key, &label()), Err(too_short.into()));
        }
    }

    /// The controller takes session keys of every AES size, so sealed values may hold shorter ones than ours.
    #[test]
    fn shorter_session_keys_open_and_odd_ones_do_not() {
        for backend in Backend::ALL {
            let public = public_key(RSA2048, *backend);
            for (length, opens) in [(16, true), (24, true), (32, true), (0, false), (31, false), (33, false)]
            {
                let session_key = vec![7; length];
                let mut sealed = vec![0; 2 + 256];
                sealed[0] = 1;
                public.prepared().encrypt(b"web/app", &session_key, &mut sealed[2..]).unwrap();
                let mut data = b"value".to_vec();
                let tag = backend.provider().aead_seal(&session_key, &super::NONCE, &[], &mut data);
                sealed.extend(data);
                sealed.extend(tag.unwrap_or_default());
                let opened = open(&sealed, &private_key(RSA2048, *backend), &label());
                if opens {
                    assert_eq!(opened.unwrap().as_slice(), b"value");
                } else {
                    assert_eq!(opened, Err(OpenError::NotOpened));
                }
            }
        }
    }
}
