//! Laws of `sealkit::sealed_secrets`.

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use sealkit::sealed_secrets::{
    Backend, Certificate, Keyring, Label, PrivateKey, Scope, SealedSecret, Secret, hybrid,
};

const KEY: &[u8] = include_bytes!("../../test-vectors/sealed-secrets/keys/test-rsa2048.key");

const CERTIFICATE_PEM: &[u8] = include_bytes!("../../test-vectors/sealed-secrets/keys/test-rsa2048.crt");

static CERTIFICATE: LazyLock<Certificate> =
    LazyLock::new(|| Certificate::from_pem(CERTIFICATE_PEM).expect("the test certificate reads"));

/// The same key in each back end.
static KEYRINGS: LazyLock<Vec<Keyring>> = LazyLock::new(|| {
    Backend::ALL
        .iter()
        .map(|backend| Keyring::from_pem_with(KEY, *backend).expect("the test key loads"))
        .collect()
});

fn keys() -> impl Iterator<Item = &'static PrivateKey> {
    KEYRINGS.iter().flat_map(Keyring::keys)
}

/// A value, what it is sealed for, and one change to what comes out.
#[derive(Arbitrary, Debug)]
pub struct Tampering<'a> {
    value: &'a [u8],
    namespace: &'a str,
    name: &'a str,
    scope: u8,
    change: Change<'a>,
}

#[derive(Arbitrary, Debug)]
enum Change<'a> {
    Append(&'a [u8]),
    Flip { position: u16, bits: u8 },
    Label { namespace: &'a str, name: &'a str, scope: u8 },
    Truncate(u16),
}

impl Tampering<'_> {
    /// A sealed value opens under every back end, and nothing else does: neither other bytes nor another label.
    pub fn is_noticed(&self) {
        let label = label(self.scope, self.namespace, self.name);
        for sealing in keys() {
            let sealed = hybrid::seal(self.value, &sealing.public_key(), &label).expect("a value is sealed");
            let (changed, other_label) = self.change.apply(&sealed, &label);
            for opening in keys() {
                let opened = hybrid::open(&sealed, opening, &label).expect("what was sealed opens");
                assert!(opened.as_slice() == self.value, "it opens as what was sealed");
                let authentic = changed == sealed && other_label == label;
                assert_eq!(
                    hybrid::open(&changed, opening, &other_label).is_ok(),
                    authentic,
                    "{:?}",
                    self.change
                );
            }
        }
    }
}

impl Change<'_> {
    fn apply(&self, sealed: &[u8], label: &Label) -> (Vec<u8>, Label) {
        let mut changed = sealed.to_vec();
        match self {
            Self::Append(bytes) => changed.extend_from_slice(bytes),
            Self::Flip { position, bits } => {
                let position = usize::from(*position) % changed.len();
                changed[position] ^= bits;
            }
            Self::Label { namespace, name, scope } => return (changed, self::label(*scope, namespace, name)),
            Self::Truncate(length) => changed.truncate(usize::from(*length)),
        }
        (changed, label.clone())
    }
}

fn label(scope: u8, namespace: &str, name: &str) -> Label {
    Scope::ALL[usize::from(scope) % Scope::ALL.len()].label(namespace, name)
}

/// Bytes that nobody sealed don't open, and the back ends agree on why.
pub fn opens_nothing(bytes: &[u8]) {
    let label = Scope::Strict.label("web", "app");
    let mut errors =
        keys().map(|key| hybrid::open(bytes, key, &label).expect_err("nobody sealed these bytes"));
    let first = errors.next().expect("there is a back end");
    assert!(errors.all(|error| error == first), "the back ends disagree");
}

/// A certificate that reads is the same in its other forms, and can be sealed to, with each back end.
pub fn certificate(bytes: &[u8]) {
    let Ok(certificate) = Certificate::parse(bytes) else { return };
    for backend in Backend::ALL {
        let der = Certificate::from_der_with(certificate.as_der(), *backend).expect("its DER reads");
        let pem = Certificate::from_pem_with(certificate.to_pem(), *backend).expect("its PEM reads");
        for other in [der, pem] {
            assert_eq!(other.sha256(), certificate.sha256());
            assert_eq!(other.key_fingerprint(), certificate.key_fingerprint());
            let sealed = hybrid::seal(b"value", other.public_key(), &Scope::ClusterWide.label("", ""));
            assert_eq!(
                sealed.expect("it can be sealed to").len(),
                2 + other.public_key().bits().div_ceil(8) + 5 + 16
            );
        }
    }
}

/// A private key that reads survives being written, and opens what is sealed to its public half, in each back end.
pub fn keyring(bytes: &[u8]) {
    let label = Scope::NamespaceWide.label("web", "");
    for backend in Backend::ALL {
        let Ok(keyring) = Keyring::from_pem_with(bytes, *backend) else { continue };
        for key in keyring.keys() {
            let sealed = hybrid::seal(b"value", &key.public_key(), &label).expect("its public half seals");
            let opened = keyring.open(&sealed, &label).expect("the keyring opens it");
            assert_eq!(opened.key.fingerprint(), key.fingerprint(), "the right key is named");
            for text in [key.to_pkcs1_pem(), key.to_pkcs8_pem()] {
                let again = Keyring::from_pem_with(text.as_bytes(), *backend).expect("what is written reads");
                assert_eq!(again.keys()[0].fingerprint(), key.fingerprint());
            }
        }
    }
}

/// Secrets that read can be printed, and read back as they were; sealed and opened again, they have the same values.
pub fn secrets(bytes: &[u8]) {
    let Ok(secrets) = Secret::parse_all(bytes) else { return };
    for secret in secrets.into_iter().take(4) {
        let from_yaml = Secret::parse(secret.to_yaml().as_bytes()).expect("a printed Secret reads");
        assert!(from_yaml.to_yaml() == secret.to_yaml(), "printed YAML reads back as another Secret");
        let from_json = Secret::parse(secret.to_json().as_bytes()).expect("a printed Secret reads");
        assert!(from_json.data().eq(secret.data()), "printed JSON reads back with other values");
        let Ok(sealed) = SealedSecret::seal(&secret, &CERTIFICATE, secret.scope()) else { continue };
        sealed_secret_settles(&sealed);
        let opened = sealed.unseal(&KEYRINGS[0]).expect("what was sealed opens");
        assert!(opened.data().eq(secret.data()), "other values come out than went in");
        assert_eq!((opened.name(), opened.namespace()), (secret.name(), secret.namespace()));
    }
}

/// SealedSecrets that read can be printed and read back, and opening them fails in order.
pub fn sealed_secrets(bytes: &[u8]) {
    let Ok(sealed) = SealedSecret::parse_all(bytes) else { return };
    for sealed in sealed.into_iter().take(4) {
        sealed_secret_settles(&sealed);
        let _ = sealed.unseal(&KEYRINGS[0]);
    }
}

fn sealed_secret_settles(sealed: &SealedSecret) {
    let from_yaml = SealedSecret::parse(sealed.to_yaml()).expect("a printed SealedSecret reads");
    assert!(from_yaml.to_yaml() == sealed.to_yaml(), "printed YAML reads back as another SealedSecret");
    let from_json = SealedSecret::parse(sealed.to_json()).expect("a printed SealedSecret reads");
    assert!(from_json.items().eq(sealed.items()), "printed JSON reads back with other values");
    assert_eq!((from_json.label(), from_yaml.label()), (sealed.label(), sealed.label()));
}
