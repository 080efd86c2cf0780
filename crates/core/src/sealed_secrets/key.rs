//! RSA keys: what they are read from and written to, and how they are named.

use std::fmt;
use std::sync::Arc;

use pkcs1::der::asn1::BitStringRef;
use pkcs1::der::{Decode, Encode};
use pkcs1::{ALGORITHM_ID, ALGORITHM_OID};
use pkcs8::{PrivateKeyInfo, SubjectPublicKeyInfoRef};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::backend::{Backend, DecryptingKey, EncryptingKey, KEY_BITS, Rejected};
use super::{base64, pem};

/// An RSA public key, that of a certificate or of a private key. A clone shares the prepared key.
#[derive(Clone)]
pub struct PublicKey {
    prepared: Arc<dyn EncryptingKey>,
    backend: Backend,
    pkcs1: Vec<u8>,
    bits: usize,
    fingerprint: Fingerprint,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7) in DER, for the back end given.
    ///
    /// # Errors
    /// If it is no RSA key, or one of a size or an exponent that can't be used.
    pub fn from_spki_der(der: &[u8], backend: Backend) -> Result<Self, KeyError> {
        let spki = SubjectPublicKeyInfoRef::from_der(der).or(Err(KeyError::Malformed))?;
        if spki.algorithm.oid != ALGORITHM_OID {
            return Err(KeyError::NotRsa { algorithm: algorithm_name(&spki.algorithm.oid.to_string()) });
        }
        let pkcs1 = spki.subject_public_key.raw_bytes();
        let numbers = pkcs1::RsaPublicKey::from_der(pkcs1).or(Err(KeyError::Malformed))?;
        let bits = checked_bits(&numbers)?;
        // Some writers leave the algorithm's NULL parameter out; the back ends want it there.
        let spki = spki_der(pkcs1).ok_or(KeyError::Malformed)?;
        Ok(Self {
            prepared: backend.provider().public_key(&spki)?.into(),
            backend,
            pkcs1: pkcs1.to_vec(),
            bits,
            fingerprint: Fingerprint::of(&numbers),
        })
    }

    /// The size of the modulus in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// The name of this key.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The back end that computes with this key.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The key as an RSAPublicKey (RFC 8017, appendix A.1.1) in DER.
    pub(super) fn to_pkcs1_der(&self) -> &[u8] {
        &self.pkcs1
    }

    /// The key as a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7) in DER.
    ///
    /// # Panics
    /// Never: keys are bounded, and what is bounded can be written.
    #[must_use]
    pub fn to_spki_der(&self) -> Vec<u8> {
        spki_der(&self.pkcs1).expect("a key of at most 1,024 bytes can be written")
    }

    /// Bytes in the modulus, and in everything that is encrypted to this key.
    pub(super) fn size(&self) -> usize {
        self.bits.div_ceil(8)
    }

    pub(super) fn prepared(&self) -> &dyn EncryptingKey {
        &*self.prepared
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PublicKey")
            .field("fingerprint", &self.fingerprint)
            .field("bits", &self.bits)
            .field("backend", &self.backend)
            .finish()
    }
}

/// An RSA private key. It is wiped when it is dropped.
pub struct PrivateKey {
    prepared: Box<dyn DecryptingKey>,
    backend: Backend,
    pkcs8: Zeroizing<Vec<u8>>,
    bits: usize,
    fingerprint: Fingerprint,
}

impl PrivateKey {
    /// Makes a new key of 2048, 3072, 4096 or 8192 bits.
    ///
    /// # Errors
    /// If keys of that size can't be made.
    pub fn generate(bits: usize, backend: Backend) -> Result<Self, KeyError> {
        let pkcs8 = backend.provider().generate(bits).map_err(|_| KeyError::Generate { bits })?;
        Self::from_pkcs8_der(&pkcs8, backend)
    }

    /// Reads an RSAPrivateKey (RFC 8017, appendix A.1.2) in DER.
    ///
    /// # Errors
    /// If it is no such key, its numbers don't belong together, or it is of a size that can't be used.
    pub fn from_pkcs1_der(der: &[u8], backend: Backend) -> Result<Self, KeyError> {
        let pkcs8 = PrivateKeyInfo::new(ALGORITHM_ID, der).to_der().map(Zeroizing::new);
        Self::from_pkcs8_der(&pkcs8.or(Err(KeyError::Malformed))?, backend)
    }

    /// Reads a PrivateKeyInfo (RFC 5208) in DER.
    ///
    /// # Errors
    /// If it is no RSA key, its numbers don't belong together, or it is of a size that can't be used.
    pub fn from_pkcs8_der(der: &[u8], backend: Backend) -> Result<Self, KeyError> {
        let info = PrivateKeyInfo::from_der(der).or(Err(KeyError::Malformed))?;
        if info.algorithm.oid != ALGORITHM_OID {
            return Err(KeyError::NotRsa { algorithm: algorithm_name(&info.algorithm.oid.to_string()) });
        }
        let numbers = pkcs1::RsaPrivateKey::from_der(info.private_key).or(Err(KeyError::Malformed))?;
        let bits = checked_bits(&numbers.public_key())?;
        let pkcs8 = PrivateKeyInfo::new(ALGORITHM_ID, info.private_key).to_der().map(Zeroizing::new);
        let pkcs8 = pkcs8.or(Err(KeyError::Malformed))?;
        Ok(Self {
            prepared: backend.provider().private_key(&pkcs8)?,
            backend,
            bits,
            fingerprint: Fingerprint::of(&numbers.public_key()),
            pkcs8,
        })
    }

    /// The key in PEM, as PKCS#1 (`RSA PRIVATE KEY`): the form that the controller keeps its keys in.
    ///
    /// This is the secret itself. Write it to a file that only its owner can read.
    #[must_use]
    pub fn to_pkcs1_pem(&self) -> Zeroizing<String> {
        pem::encode("RSA PRIVATE KEY", self.pkcs1_der())
    }

    /// The key in PEM, as PKCS#8 (`PRIVATE KEY`).
    ///
    /// This is the secret itself. Write it to a file that only its owner can read.
    #[must_use]
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        pem::encode("PRIVATE KEY", &self.pkcs8)
    }

    /// The public key that belongs to this key.
    ///
    /// # Panics
    /// Never: reading the private key has checked its public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        let read = || -> Option<PublicKey> {
            let numbers = pkcs1::RsaPrivateKey::from_der(self.pkcs1_der()).ok()?;
            let spki = spki_der(&numbers.public_key().to_der().ok()?)?;
            PublicKey::from_spki_der(&spki, self.backend).ok()
        };
        read().expect("a private key that was taken holds a public key that is taken too")
    }

    /// The size of the modulus in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// The name of this key: that of its public key.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The back end that computes with this key.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Bytes in the modulus, and in everything that is encrypted to this key.
    pub(super) fn size(&self) -> usize {
        self.bits.div_ceil(8)
    }

    pub(super) fn prepared(&self) -> &dyn DecryptingKey {
        &*self.prepared
    }

    /// Signs by RSASSA-PKCS1-v1_5 with SHA-256.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Rejected> {
        self.backend.provider().sign(&self.pkcs8, message)
    }

    fn pkcs1_der(&self) -> &[u8] {
        let info = PrivateKeyInfo::from_der(&self.pkcs8);
        info.expect("the key was written by us when it was read").private_key
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PrivateKey")
            .field("fingerprint", &self.fingerprint)
            .field("bits", &self.bits)
            .field("backend", &self.backend)
            .field("key", &"[REDACTED]")
            .finish()
    }
}

/// The name of an RSA key: the SHA-256 of its public half as SSH writes it (RFC 4253, section 6.6), `SHA256:` and
/// base64 without padding. The controller names its keys so, and so does `ssh-keygen -l`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(String);

impl Fingerprint {
    fn of(key: &pkcs1::RsaPublicKey<'_>) -> Self {
        let mut hash = Sha256::new();
        for field in [&b"ssh-rsa"[..], key.public_exponent.as_bytes(), key.modulus.as_bytes()] {
            // SSH's integers are signed: one whose first bit is set takes a zero byte before it.
            let sign: &[u8] = if field[0] & 0x80 == 0 { &[] } else { &[0] };
            let length = u32::try_from(sign.len() + field.len()).expect("keys have at most 1,024 bytes");
            hash.update(length.to_be_bytes());
            hash.update(sign);
            hash.update(field);
        }
        Self(format!("SHA256:{}", base64::encode(&hash.finalize()).trim_end_matches('=')))
    }

    /// The fingerprint's text, `SHA256:` and 43 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A key that can't be read, made or used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key belongs to another algorithm.
    #[error("the key is {algorithm}, and Sealed Secrets work with RSA keys only")]
    NotRsa {
        /// What the key is for, as an article and a name, or an object identifier.
        algorithm: String,
    },
    /// The modulus is smaller or larger than what can be used.
    #[error(
        "the key has {bits} bits, and only RSA keys of {} to {} bits can be used",
        KEY_BITS.start(),
        KEY_BITS.end()
    )]
    Size {
        /// The size of the modulus in bits.
        bits: usize,
    },
    /// The key is damaged, or its numbers don't belong together.
    #[error("the key is damaged")]
    Malformed,
    /// No key of this size can be made.
    #[error("can't make an RSA key of {bits} bits: use 2048, 3072, 4096 or 8192")]
    Generate {
        /// The size that was asked for.
        bits: usize,
    },
}

impl From<Rejected> for KeyError {
    fn from(_: Rejected) -> Self {
        Self::Malformed
    }
}

fn spki_der(pkcs1: &[u8]) -> Option<Vec<u8>> {
    let subject_public_key = BitStringRef::from_bytes(pkcs1).ok()?;
    SubjectPublicKeyInfoRef { algorithm: ALGORITHM_ID, subject_public_key }.to_der().ok()
}

fn checked_bits(key: &pkcs1::RsaPublicKey<'_>) -> Result<usize, KeyError> {
    let modulus = key.modulus.as_bytes();
    let unused = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = (8 * modulus.len()).saturating_sub(unused);
    if KEY_BITS.contains(&bits) && !key.public_exponent.as_bytes().is_empty() {
        Ok(bits)
    } else {
        Err(KeyError::Size { bits })
    }
}

/// What people call the algorithm with this object identifier.
pub(super) fn algorithm_name(identifier: &str) -> String {
    match identifier {
        "1.2.840.10045.2.1" => "an elliptic-curve key".to_owned(),
        "1.2.840.10040.4.1" => "a DSA key".to_owned(),
        "1.2.840.113549.1.1.10" => "an RSA-PSS key, which is for signatures only".to_owned(),
        "1.3.101.110" => "an X25519 key".to_owned(),
        "1.3.101.112" => "an Ed25519 key".to_owned(),
        _ => format!("a key of the algorithm {identifier}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_keys::{self, RSA2048, private_key};
    use super::{Backend, KeyError, PrivateKey, PublicKey, pem};

    #[test]
    fn nothing_secret_is_printed() {
        for backend in Backend::ALL {
            let key = private_key(RSA2048, *backend);
            let fingerprint = key.fingerprint();
            assert_eq!(
                format!("{key:?}"),
                format!(
                    "PrivateKey {{ fingerprint: {fingerprint}, bits: 2048, backend: {backend:?}, key: \"[REDACTED]\" }}"
                )
            );
            assert_eq!(key.public_key().fingerprint(), fingerprint);
        }
    }

    #[test]
    fn no_changed_byte_makes_reading_panic() {
        let file = test_keys::file("test-rsa2048.pkcs8.key");
        let der = pem::blocks(&file).next().unwrap().contents.unwrap();
        for backend in Backend::ALL {
            // The header, where lengths and types stand, byte by byte; of the numbers, some.
            for position in (0..60).chain((60..der.len()).step_by(37)) {
                for change in [0x01, 0x80] {
                    let mut changed = der.to_vec();
                    changed[position] ^= change;
                    let _ = PrivateKey::from_pkcs8_der(&changed, *backend);
                }
            }
            assert_eq!(PrivateKey::from_pkcs8_der(&der[..40], *backend).unwrap_err(), KeyError::Malformed);
            assert_eq!(PublicKey::from_spki_der(&der, *backend).unwrap_err(), KeyError::Malformed);
        }
    }

    /// `d`, `p` and `q` of one key with the modulus of another.
    #[test]
    fn numbers_that_do_not_belong_together_are_refused() {
        let file = test_keys::file("test-rsa2048.pkcs8.key");
        let mut der = pem::blocks(&file).next().unwrap().contents.unwrap();
        der[100] ^= 0x10;
        for backend in Backend::ALL {
            assert_eq!(PrivateKey::from_pkcs8_der(&der, *backend).unwrap_err(), KeyError::Malformed);
        }
    }
}
