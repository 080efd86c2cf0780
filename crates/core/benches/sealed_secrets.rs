//! Sealing and opening, beside the RSA operations that they can't do without.
//!
//! `cargo bench -p sealkit --features pure-rust --bench sealed_secrets`; a name after `--` chooses some of them.
//! Reach: `seal_one` at most 1.2 times `bare_public_operation`; `open_hundred` on one thread at most 110 times
//! `bare_private_operation`, and divided by the number of cores on all of them.
#![allow(missing_docs, reason = "a program")]

use std::fmt;

use divan::Bencher;
use sealkit::sealed_secrets::{Backend, Certificate, Keyring, Label, Scope, SealedSecret, Secret, hybrid};

fn main() {
    divan::main();
}

/// A key of the test vectors, and who computes with it.
#[derive(Clone, Copy)]
struct Case {
    bits: usize,
    backend: Backend,
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bits, {:?}", self.bits, self.backend)
    }
}

fn cases() -> impl Iterator<Item = Case> {
    let backends = Backend::ALL.iter();
    backends.flat_map(|backend| [2048, 4096].map(|bits| Case { bits, backend: *backend }))
}

impl Case {
    fn file(self, kind: &str) -> Vec<u8> {
        let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test-vectors/sealed-secrets/keys");
        std::fs::read(format!("{keys}/test-rsa{}.{kind}", self.bits)).expect("a test key")
    }

    fn certificate(self) -> Certificate {
        Certificate::from_pem_with(self.file("crt"), self.backend).expect("a test certificate")
    }

    fn keyring(self) -> Keyring {
        Keyring::from_pem_with(self.file("key"), self.backend).expect("a test key")
    }

    /// A Secret with `count` passwords.
    fn secret(self, count: usize) -> Secret {
        let mut secret = Secret::new("app");
        secret.set_namespace("web");
        for number in 0..count {
            secret.set(format!("password-{number}"), format!("correct horse {number}").into_bytes());
        }
        secret
    }

    fn sealed(self, count: usize) -> SealedSecret {
        SealedSecret::seal(&self.secret(count), &self.certificate(), Scope::Strict).expect("it can be sealed")
    }
}

fn label() -> Label {
    Scope::Strict.label("web", "app")
}

#[divan::bench(args = cases())]
fn bare_public_operation(bencher: Bencher<'_, '_>, case: &Case) {
    let session_key = [7; 32];
    match case.backend {
        #[cfg(feature = "aws-lc-rs")]
        Backend::AwsLc => {
            use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
            let key = PublicEncryptingKey::from_der(&case.certificate().public_key().to_spki_der());
            let key = OaepPublicEncryptingKey::new(key.expect("a key")).expect("a key");
            let mut output = vec![0; key.ciphertext_size()];
            bencher.bench_local(|| {
                key.encrypt(&OAEP_SHA256_MGF1SHA256, &session_key, &mut output, Some(b"web/app"))
                    .map(|text| text.len())
            });
        }
        #[cfg(feature = "pure-rust")]
        Backend::PureRust => {
            use rsa::pkcs8::DecodePublicKey;
            let key = rsa::RsaPublicKey::from_public_key_der(&case.certificate().public_key().to_spki_der());
            let key = key.expect("a key");
            bencher.bench_local(|| {
                let padding = rsa::Oaep::new_with_label::<rsa::sha2::Sha256, _>("web/app");
                key.encrypt(&mut rsa::rand_core::OsRng, padding, &session_key)
            });
        }
        _ => {}
    }
}

#[divan::bench(args = cases(), max_time = 3)]
fn bare_private_operation(bencher: Bencher<'_, '_>, case: &Case) {
    let sealed = hybrid::seal(b"value", case.certificate().public_key(), &label()).expect("it can be sealed");
    let session_key = &sealed[2..2 + case.bits / 8];
    let keyring = case.keyring();
    let pem = keyring.keys()[0].to_pkcs8_pem();
    let (_, base64) = pem.split_once('\n').expect("PEM has lines");
    let base64 = base64.split("-----").next().expect("the key").replace('\n', "");
    let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, base64).expect("base64");
    match case.backend {
        #[cfg(feature = "aws-lc-rs")]
        Backend::AwsLc => {
            use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
            let key = PrivateDecryptingKey::from_pkcs8(&der).expect("a key");
            let key = OaepPrivateDecryptingKey::new(key).expect("a key");
            let mut output = vec![0; key.min_output_size()];
            bencher.bench_local(|| {
                key.decrypt(&OAEP_SHA256_MGF1SHA256, session_key, &mut output, Some(b"web/app"))
                    .map(|key| key.len())
            });
        }
        #[cfg(feature = "pure-rust")]
        Backend::PureRust => {
            use rsa::pkcs8::DecodePrivateKey;
            let key = rsa::RsaPrivateKey::from_pkcs8_der(&der).expect("a key");
            bencher.bench_local(|| {
                let padding = rsa::Oaep::new_with_label::<rsa::sha2::Sha256, _>("web/app");
                key.decrypt_blinded(&mut rsa::rand_core::OsRng, padding, session_key)
            });
        }
        _ => {}
    }
}

#[divan::bench(args = cases())]
fn seal_one(bencher: Bencher<'_, '_>, case: &Case) {
    let certificate = case.certificate();
    let label = label();
    bencher.bench_local(|| hybrid::seal(b"correct horse battery staple", certificate.public_key(), &label));
}

#[divan::bench(args = cases(), max_time = 3)]
fn seal_hundred(bencher: Bencher<'_, '_>, case: &Case) {
    let (secret, certificate) = (case.secret(100), case.certificate());
    bencher.bench_local(|| SealedSecret::seal(&secret, &certificate, Scope::Strict));
}

#[divan::bench(args = cases(), max_time = 3)]
fn open_one(bencher: Bencher<'_, '_>, case: &Case) {
    let label = label();
    let sealed = hybrid::seal(b"correct horse battery staple", case.certificate().public_key(), &label);
    let (sealed, keyring) = (sealed.expect("it can be sealed"), case.keyring());
    bencher.bench_local(|| keyring.open(&sealed, &label).map(|opened| opened.value.len()));
}

#[divan::bench(args = cases(), max_time = 3, sample_count = 10, sample_size = 1)]
fn open_hundred_on_one_thread(bencher: Bencher<'_, '_>, case: &Case) {
    let (sealed, keyring) = (case.sealed(100), case.keyring());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be started");
    bencher.bench_local(|| pool.install(|| sealed.unseal(&keyring)));
}

#[divan::bench(args = cases(), max_time = 3, sample_count = 10, sample_size = 1)]
fn open_hundred_on_all_cores(bencher: Bencher<'_, '_>, case: &Case) {
    let (sealed, keyring) = (case.sealed(100), case.keyring());
    bencher.bench_local(|| sealed.unseal(&keyring));
}

#[divan::bench(args = cases())]
fn read_private_key(bencher: Bencher<'_, '_>, case: &Case) {
    let pem = case.file("key");
    bencher.bench_local(|| Keyring::from_pem_with(&pem, case.backend));
}

#[divan::bench(args = cases())]
fn read_certificate(bencher: Bencher<'_, '_>, case: &Case) {
    let pem = case.file("crt");
    bencher.bench_local(|| Certificate::from_pem_with(&pem, case.backend));
}
