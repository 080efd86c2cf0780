//! The test key pairs in `test-vectors/sealed-secrets/keys`, for unit tests.

use super::{Backend, Certificate, Keyring, PrivateKey, PublicKey};

pub(super) const RSA2048: &str = "test-rsa2048";
pub(super) const RSA2048_OTHER: &str = "test-rsa2048-other";
pub(super) const RSA3072: &str = "test-rsa3072";
pub(super) const RSA4096: &str = "test-rsa4096";

/// The file of this name among the keys.
pub(super) fn file(name: &str) -> Vec<u8> {
    let path = format!("{}/../../test-vectors/sealed-secrets/keys/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(super) fn certificate(name: &str) -> Certificate {
    Certificate::from_pem(file(&format!("{name}.crt"))).unwrap()
}

pub(super) fn public_key(name: &str, backend: Backend) -> PublicKey {
    Certificate::from_pem_with(file(&format!("{name}.crt")), backend).unwrap().public_key().clone()
}

pub(super) fn keyring(name: &str) -> Keyring {
    Keyring::from_pem(file(&format!("{name}.key"))).unwrap()
}

pub(super) fn private_key(name: &str, backend: Backend) -> PrivateKey {
    let file = file(&format!("{name}.key"));
    let block = super::pem::blocks(&file).next().unwrap();
    PrivateKey::from_pkcs1_der(&block.contents.unwrap(), backend).unwrap()
}
