//! A certificate and its private key, checked as kubectl checks them before it makes a Secret of them.

use std::path::Path;

use super::{BuildError, Values};
use crate::input::{LIMIT, read_file};

/// Adds a PEM certificate (with its chain) and its PEM private key under `tls.crt` and `tls.key`.
///
/// # Errors
/// When a file can't be read, is not PEM of its kind, or the key is not that of the first certificate.
pub(crate) fn add(values: &mut Values, certificate: &Path, key: &Path) -> Result<(), BuildError> {
    let (certificates, private_key) = (read_file(certificate, LIMIT)?, read_file(key, LIMIT)?);
    check(&certificates, &private_key).map_err(|problem| BuildError::TlsPair {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        problem,
    })?;
    values.add("tls.crt", certificates)?;
    values.add("tls.key", private_key)
}

#[cfg(feature = "aws-lc-rs")]
fn check(certificates: &[u8], key: &[u8]) -> Result<(), &'static str> {
    use rustls::crypto::aws_lc_rs::sign::any_supported_type;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::sign::CertifiedKey;
    use rustls::{Error, InconsistentKeys};
    use zeroize::Zeroize;

    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificates)
        .collect::<Result<_, _>>()
        .map_err(|_| "the certificate's file is broken PEM")?;
    if chain.is_empty() {
        return Err("there is no certificate in the certificate's file");
    }
    let mut key =
        PrivateKeyDer::from_pem_slice(key).map_err(|_| "there is no private key in the key's file")?;
    let signing_key = any_supported_type(&key);
    key.zeroize();
    // A key of a kind or size that we can't compute with may still be one that others can.
    let Ok(key) = signing_key else { return Ok(()) };
    match CertifiedKey::new(chain, key).keys_match() {
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(()),
        Err(Error::InconsistentKeys(_)) => Err("the key is another certificate's"),
        Err(_) => Err("the certificate can't be read"),
    }
}

/// Without a TLS library RSA keys are compared, and of keys of other kinds the kind.
#[cfg(not(feature = "aws-lc-rs"))]
fn check(certificates: &[u8], key: &[u8]) -> Result<(), &'static str> {
    use sealkit::sealed_secrets::{
        Certificate, CertificateError, KeyError, Keyring, KeyringError, SkipReason,
    };

    let certified = match Certificate::from_pem(certificates) {
        Ok(certificate) => Ok(certificate.key_fingerprint().to_string()),
        Err(CertificateError::Key(KeyError::NotRsa { algorithm })) => Err(algorithm),
        // An RSA key of a size that we can't compute with may still be one that others can.
        Err(CertificateError::Key(_)) => return Ok(()),
        Err(CertificateError::NotFound { .. }) => {
            return Err("there is no certificate in the certificate's file");
        }
        Err(_) => return Err("the certificate can't be read"),
    };
    let held = match Keyring::from_pem(key) {
        Ok(keyring) => keyring.keys().first().map(|key| Ok(key.fingerprint().to_string())),
        Err(KeyringError::NoKey { skipped }) => {
            skipped.into_iter().find_map(|skipped| match skipped.reason {
                SkipReason::Key(KeyError::NotRsa { algorithm }) => Some(Err(algorithm)),
                SkipReason::Key(KeyError::Size { .. }) => Some(certified.clone()),
                _ => None,
            })
        }
        Err(_) => None,
    };
    match held {
        None => Err("there is no private key in the key's file"),
        Some(held) if held == certified => Ok(()),
        Some(_) => Err("the key is another certificate's"),
    }
}
