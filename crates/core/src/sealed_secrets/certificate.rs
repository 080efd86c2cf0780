//! The certificate that values are sealed to: a cluster's public key with its dates.

use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::key::algorithm_name;
use super::{Backend, Fingerprint, KeyError, PublicKey, pem};

/// An X.509 certificate (RFC 5280) with an RSA key.
///
/// Nothing about it is verified but its dates, as nothing is by the controller's own tools: who hands out the
/// certificate is whom you trust. Reading an expired one works, so that it can be shown; sealing to it does not,
/// unless [`accept_expired`](Self::accept_expired) was called.
#[derive(Clone, Debug)]
pub struct Certificate {
    der: Vec<u8>,
    key: PublicKey,
    subject: String,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
    is_expired_accepted: bool,
}

impl Certificate {
    /// Reads the first certificate of a PEM file; the others in a bundle don't count.
    ///
    /// # Errors
    /// If there is no certificate in the file, or none with an RSA key that can be used.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, CertificateError> {
        Self::from_pem_with(pem, Backend::default())
    }

    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// If it is no certificate, or none with an RSA key that can be used.
    pub fn from_der(der: impl AsRef<[u8]>) -> Result<Self, CertificateError> {
        Self::from_der_with(der, Backend::default())
    }

    /// Reads a certificate in PEM or DER, whichever it is.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem) and [`from_der`](Self::from_der).
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, CertificateError> {
        // A DER certificate is a SEQUENCE, and no text begins with a zero.
        if bytes.as_ref().first() == Some(&0x30) && std::str::from_utf8(bytes.as_ref()).is_err() {
            Self::from_der(bytes)
        } else {
            Self::from_pem(bytes)
        }
    }

    /// [`from_pem`](Self::from_pem) with a back end chosen by the caller.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem).
    pub fn from_pem_with(pem: impl AsRef<[u8]>, backend: Backend) -> Result<Self, CertificateError> {
        let mut other = None;
        for block in pem::blocks(pem.as_ref()) {
            if block.label == "CERTIFICATE" {
                let der = block.contents.ok_or(CertificateError::Malformed)?;
                return Self::from_der_with(&*der, backend);
            }
            other.get_or_insert_with(|| block.label.to_owned());
        }
        Err(CertificateError::NotFound { other })
    }

    /// [`from_der`](Self::from_der) with a back end chosen by the caller.
    ///
    /// # Errors
    /// As [`from_der`](Self::from_der).
    pub fn from_der_with(der: impl AsRef<[u8]>, backend: Backend) -> Result<Self, CertificateError> {
        let der = der.as_ref();
        let (rest, certificate) = X509Certificate::from_der(der).or(Err(CertificateError::Malformed))?;
        if !rest.is_empty() {
            return Err(CertificateError::Malformed);
        }
        let spki = certificate.public_key();
        let algorithm = spki.algorithm.algorithm.to_id_string();
        if algorithm != RSA_ENCRYPTION {
            return Err(KeyError::NotRsa { algorithm: algorithm_name(&algorithm) }.into());
        }
        Ok(Self {
            der: der.to_vec(),
            key: PublicKey::from_spki_der(spki.raw, backend)?,
            subject: certificate.subject().to_string(),
            not_before: certificate.validity().not_before.to_datetime(),
            not_after: certificate.validity().not_after.to_datetime(),
            is_expired_accepted: false,
        })
    }

    /// Lets values be sealed to this certificate though it has expired.
    ///
    /// The controller opens them as long as it has the key. Who replaced the certificate may have had a reason, though.
    #[must_use]
    pub fn accept_expired(mut self) -> Self {
        self.is_expired_accepted = true;
        self
    }

    /// Refuses a certificate that has expired at the time `now`. One that is not valid yet passes: the controller opens
    /// what is sealed to it, and clocks differ. See [`is_not_yet_valid`](Self::is_not_yet_valid).
    ///
    /// # Errors
    /// [`CertificateError::Expired`], unless [`accept_expired`](Self::accept_expired) was called.
    pub fn check_validity(&self, now: OffsetDateTime) -> Result<(), CertificateError> {
        if now > self.not_after && !self.is_expired_accepted {
            return Err(CertificateError::Expired { not_after: self.not_after });
        }
        Ok(())
    }

    /// Whether the certificate becomes valid only after `now`.
    #[must_use]
    pub fn is_not_yet_valid(&self, now: OffsetDateTime) -> bool {
        now < self.not_before
    }

    /// The first moment at which the certificate is valid.
    #[must_use]
    pub fn not_before(&self) -> OffsetDateTime {
        self.not_before
    }

    /// The last moment at which the certificate is valid.
    #[must_use]
    pub fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }

    /// The distinguished name of the subject as text; empty for the controller's certificates unless it was told a
    /// name.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The name of the key, which the controller knows it by.
    #[must_use]
    pub fn key_fingerprint(&self) -> &Fingerprint {
        self.key.fingerprint()
    }

    /// The SHA-256 of the certificate in DER: the fingerprint that browsers and `openssl x509 -fingerprint` show.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }

    /// The certificate in DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate in PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.der).as_str().to_owned()
    }
}

/// A certificate that can't be read or used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The certificate's last day has passed.
    #[error("the certificate expired at {}: get the cluster's current one", rfc3339(.not_after))]
    Expired {
        /// The last moment at which it was valid.
        not_after: OffsetDateTime,
    },
    /// The certificate's key can't be used.
    #[error("can't use the certificate's key")]
    Key(#[from] KeyError),
    /// The certificate is damaged.
    #[error("the certificate is damaged")]
    Malformed,
    /// There is no certificate.
    #[error("no certificate found: expected a PEM block `CERTIFICATE`{}", found(.other.as_deref()))]
    NotFound {
        /// The label of a PEM block that was there instead.
        other: Option<String>,
    },
}

const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";

fn found(other: Option<&str>) -> String {
    other.map(|label| format!(", found `{label}`")).unwrap_or_default()
}

fn rfc3339(time: &OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_else(|_| time.to_string())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::super::test_keys::{self, RSA2048, RSA4096, certificate};
    use super::super::{Backend, KeyError};
    use super::{Certificate, CertificateError};

    #[test]
    fn names_and_dates_are_those_of_other_programs() {
        for (name, bits) in [(RSA2048, 2048), (RSA4096, 4096)] {
            for backend in Backend::ALL {
                let pem = test_keys::file(&format!("{name}.crt"));
                let certificate = Certificate::from_pem_with(&pem, *backend).unwrap();
                let fingerprint = test_keys::file(&format!("{name}.fingerprint"));
                assert_eq!(certificate.key_fingerprint().as_str().as_bytes(), fingerprint.trim_ascii());
                assert_eq!(certificate.public_key().bits(), bits);
                assert_eq!(certificate.not_before(), datetime!(2026-01-01 0:00 UTC));
                assert_eq!(certificate.not_after(), datetime!(2046-01-01 0:00 UTC));
                assert_eq!(certificate.subject(), "");
                assert_eq!(certificate.to_pem().as_bytes(), pem);
            }
        }
    }

    #[test]
    fn der_and_pem_are_told_apart() {
        let der = test_keys::file("test-rsa2048.crt.der");
        let from_der = Certificate::parse(&der).unwrap();
        let from_pem = Certificate::parse(test_keys::file("test-rsa2048.crt")).unwrap();
        assert_eq!(from_der.as_der(), from_pem.as_der());
        assert_eq!(from_der.sha256(), from_pem.sha256());
        let trailing = [der.as_slice(), b"\0"].concat();
        assert_eq!(Certificate::parse(trailing).unwrap_err(), CertificateError::Malformed);
        assert_eq!(Certificate::parse(&der[..100]).unwrap_err(), CertificateError::Malformed);
    }

    #[test]
    fn the_first_certificate_of_a_bundle_counts() {
        let bundle = Certificate::from_pem(test_keys::file("test-bundle-rsa4096-rsa2048.crt")).unwrap();
        assert_eq!(bundle.key_fingerprint(), certificate(RSA4096).key_fingerprint());
        let after_key = [test_keys::file("test-rsa2048.key"), test_keys::file("test-rsa4096.crt")].concat();
        assert_eq!(Certificate::from_pem(after_key).unwrap().as_der(), bundle.as_der());
    }

    #[test]
    fn an_expired_certificate_is_refused_unless_accepted() {
        let expired = certificate("test-rsa2048-expired");
        let error = expired.check_validity(datetime!(2020-01-01 0:00:01 UTC)).unwrap_err();
        assert_eq!(error, CertificateError::Expired { not_after: datetime!(2020-01-01 0:00 UTC) });
        assert_eq!(
            error.to_string(),
            "the certificate expired at 2020-01-01T00:00:00Z: get the cluster's current one"
        );
        assert!(expired.check_validity(datetime!(2020-01-01 0:00 UTC)).is_ok());
        assert!(expired.accept_expired().check_validity(datetime!(2026-01-01 0:00 UTC)).is_ok());
    }

    #[test]
    fn a_certificate_that_is_not_yet_valid_passes() {
        let early = certificate("test-rsa2048-not-yet-valid");
        let now = datetime!(2026-01-01 0:00 UTC);
        assert!(early.is_not_yet_valid(now));
        assert!(early.check_validity(now).is_ok());
        assert!(!certificate(RSA2048).is_not_yet_valid(now));
    }

    #[test]
    fn what_can_not_be_sealed_to_is_named() {
        let error = Certificate::from_pem(test_keys::file("test-ec256.crt")).unwrap_err();
        assert_eq!(error, KeyError::NotRsa { algorithm: "an elliptic-curve key".to_owned() }.into());
        let error = Certificate::from_pem(test_keys::file("test-rsa2048.key")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no certificate found: expected a PEM block `CERTIFICATE`, found `RSA PRIVATE KEY`"
        );
        for text in ["", "0", "not a certificate"] {
            assert_eq!(Certificate::parse(text).unwrap_err(), CertificateError::NotFound { other: None });
        }
        let damaged = "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n";
        assert_eq!(Certificate::from_pem(damaged).unwrap_err(), CertificateError::Malformed);
    }

    #[test]
    fn no_changed_byte_makes_reading_panic() {
        let der = test_keys::file("test-rsa2048.crt.der");
        for position in 0..der.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = der.clone();
                changed[position] ^= change;
                let _ = Certificate::from_der(changed);
            }
        }
    }
}
