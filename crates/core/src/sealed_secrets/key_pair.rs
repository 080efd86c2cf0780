//! Making a key pair as the controller makes its own.

use rand::TryRng;
use rand::rngs::SysRng;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyIdMethod, KeyUsagePurpose,
    PKCS_RSA_SHA256, PublicKeyData, SerialNumber, SignatureAlgorithm, SigningKey,
};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use super::{Backend, Certificate, CertificateError, KeyError, PrivateKey, PublicKey};

/// A private key and the self-signed certificate that belongs to it.
#[derive(Debug)]
pub struct KeyPair {
    /// The private key. [`PrivateKey::to_pkcs1_pem`] is how the controller stores it.
    pub private_key: PrivateKey,
    /// The certificate to seal to.
    pub certificate: Certificate,
}

impl KeyPair {
    /// What to make: an RSA key of 4,096 bits, and a certificate valid for 3,650 days from now with an empty subject,
    /// unless told otherwise. These are the controller's own defaults.
    pub fn builder() -> KeyPairBuilder {
        KeyPairBuilder {
            backend: Backend::default(),
            bits: 4096,
            common_name: String::new(),
            not_before: OffsetDateTime::now_utc(),
            valid_for: Duration::days(3650),
        }
    }
}

/// A [`KeyPair`] about to be made.
#[derive(Clone, Debug)]
#[must_use]
pub struct KeyPairBuilder {
    backend: Backend,
    bits: usize,
    common_name: String,
    not_before: OffsetDateTime,
    valid_for: Duration,
}

impl KeyPairBuilder {
    /// Whose code makes and uses the key.
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// The size of the modulus in bits: 2048, 3072, 4096 or 8192.
    pub fn bits(mut self, bits: usize) -> Self {
        self.bits = bits;
        self
    }

    /// The common name in the certificate's subject.
    pub fn common_name(mut self, name: impl Into<String>) -> Self {
        self.common_name = name.into();
        self
    }

    /// When the certificate becomes valid, instead of now.
    pub fn not_before(mut self, time: OffsetDateTime) -> Self {
        self.not_before = time;
        self
    }

    /// How long the certificate is valid.
    pub fn valid_for(mut self, duration: Duration) -> Self {
        self.valid_for = duration;
        self
    }

    /// Makes the key and signs the certificate. A key of 4,096 bits takes from a tenth of a second to some seconds.
    ///
    /// # Errors
    /// If the key can't have that size, the validity ends after the year 9999 or before it begins, or the operating
    /// system has no randomness to give.
    pub fn generate(self) -> Result<KeyPair, KeyPairError> {
        let not_after = self.not_before.checked_add(self.valid_for);
        let not_after = not_after
            .filter(|end| *end > self.not_before && end.to_offset(time::UtcOffset::UTC).year() <= 9999);
        let not_after = not_after.ok_or(KeyPairError::Validity)?;
        let private_key = PrivateKey::generate(self.bits, self.backend)?;
        let signer = Signer { public_key: private_key.public_key(), private_key: &private_key };

        let mut serial = [0; 16];
        SysRng.try_fill_bytes(&mut serial).or(Err(KeyPairError::Randomness))?;
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.not_before = self.not_before;
        params.not_after = not_after;
        params.distinguished_name = DistinguishedName::new();
        if !self.common_name.is_empty() {
            params.distinguished_name.push(DnType::CommonName, self.common_name);
        }
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::EncipherOnly];
        // RFC 7093, section 2, method 1.
        let key_hash = Sha256::digest(signer.public_key.to_pkcs1_der());
        params.key_identifier_method = KeyIdMethod::PreSpecified(key_hash[..20].to_vec());
        let certificate = params.self_signed(&signer).or(Err(KeyPairError::Sign))?;
        let certificate = Certificate::from_der_with(certificate.der(), self.backend)?;
        Ok(KeyPair { private_key, certificate })
    }
}

/// A key pair that could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyPairError {
    /// The certificate that was made can't be read again.
    #[error("can't use the new certificate")]
    Certificate(#[from] CertificateError),
    /// The private key could not be made.
    #[error("can't make the private key")]
    Key(#[from] KeyError),
    /// The operating system gave no random bytes.
    #[error("the operating system has no random bytes to give")]
    Randomness,
    /// The certificate could not be signed.
    #[error("can't sign the certificate with the new key")]
    Sign,
    /// The certificate would be valid for no time, or for too long.
    #[error("the certificate must end after it begins, and before the year 10000")]
    Validity,
}

/// Signs certificates with either back end.
struct Signer<'a> {
    private_key: &'a PrivateKey,
    public_key: PublicKey,
}

impl PublicKeyData for Signer<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.public_key.to_pkcs1_der()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl SigningKey for Signer<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.private_key.sign(message).or(Err(rcgen::Error::RemoteKeyError))
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::super::{Backend, Keyring, Scope, hybrid};
    use super::{KeyPair, KeyPairError};

    #[test]
    fn the_pair_fits_and_is_like_the_controllers() {
        for backend in Backend::ALL {
            let pair = KeyPair::builder()
                .backend(*backend)
                .bits(2048)
                .not_before(datetime!(2045-06-07 8:09:10.5 UTC))
                .valid_for(Duration::days(3650))
                .generate()
                .unwrap();
            let certificate = &pair.certificate;
            assert_eq!(certificate.not_before(), datetime!(2045-06-07 8:09:10 UTC));
            assert_eq!(certificate.not_after(), datetime!(2055-06-05 8:09:10 UTC));
            assert_eq!((certificate.subject(), certificate.public_key().bits()), ("", 2048));

            let label = Scope::ClusterWide.label("", "");
            let sealed = hybrid::seal(b"value", certificate.public_key(), &label).unwrap();
            for pem in [pair.private_key.to_pkcs1_pem(), pair.private_key.to_pkcs8_pem()] {
                let keyring = Keyring::from_pem(pem.as_str()).unwrap();
                assert_eq!(keyring.keys()[0].fingerprint(), certificate.key_fingerprint());
                assert_eq!(keyring.open(&sealed, &label).unwrap().value.as_slice(), b"value");
            }
            let (_, x509) = x509_parser::parse_x509_certificate(certificate.as_der()).unwrap();
            assert!(x509.is_ca());
            assert_eq!(x509.key_usage().unwrap().unwrap().value.flags, 1 << 7, "encipherOnly alone");
        }
    }

    #[test]
    fn subjects_and_bounds() {
        let pair = KeyPair::builder().bits(2048).common_name("web cluster").generate().unwrap();
        assert_eq!(pair.certificate.subject(), "CN=web cluster");
        assert!(matches!(KeyPair::builder().bits(1024).generate(), Err(KeyPairError::Key(_))));
        for days in [0, -1, 3_000_000, i64::from(i32::MAX)] {
            let result = KeyPair::builder().bits(2048).valid_for(Duration::days(days)).generate();
            assert!(matches!(result, Err(KeyPairError::Validity)), "{days}");
        }
    }
}
