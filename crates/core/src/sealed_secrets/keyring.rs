//! Private keys, and finding the one that opens a value.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use zeroize::Zeroizing;

use super::backend::KEY_BITS;
use super::diagnosis::SealedFor;
use super::hybrid::{Damage, Parts};
use super::resource::{self, Source};
use super::{
    Backend, Fingerprint, KeyError, Label, Place, PrivateKey, ResourceError, ResourceErrorKind, Secret, pem,
};

/// The private keys of a cluster: the current one and those before it.
///
/// The controller makes a new key every thirty days and keeps the old ones, so a cluster has many.
#[derive(Debug, Default)]
pub struct Keyring {
    keys: Vec<PrivateKey>,
    skipped: Vec<Skipped>,
    /// How many keys were found, those counted again that were there already.
    found: usize,
}

impl Keyring {
    /// A keyring without keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the private keys in a file: PEM, or a backup of the controller's keys as `kubectl get secret -o yaml` or
    /// `-o json` prints it, which is a `Secret` with a `tls.key`, a list of them, or several documents.
    ///
    /// What can't be used as a key is skipped and [reported](Self::skipped), as long as there is a key that can.
    ///
    /// # Errors
    /// If the file is neither PEM nor YAML or JSON, or there is no key in it that can be used.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, KeyringError> {
        Self::parse_with(bytes, Backend::default())
    }

    /// [`parse`](Self::parse) with a back end chosen by the caller.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_with(bytes: impl AsRef<[u8]>, backend: Backend) -> Result<Self, KeyringError> {
        let bytes = bytes.as_ref();
        // In a resource PEM is in base64 or a block scalar, and so indented.
        if bytes.starts_with(b"-----BEGIN ") || bytes.windows(12).any(|window| window == b"\n-----BEGIN ") {
            return Self::from_pem_with(bytes, backend);
        }
        let sources = match resource::sources(bytes) {
            Ok(sources) => sources,
            Err(_) if pem::blocks(bytes).next().is_some() => return Self::from_pem_with(bytes, backend),
            Err(error) => return Err(error.into()),
        };
        let mut keyring = Self::new();
        for source in sources {
            keyring.read_backup(source, backend);
        }
        keyring.or_no_key()
    }

    /// Reads every private key in a PEM file: PKCS#1 (`RSA PRIVATE KEY`) and PKCS#8 (`PRIVATE KEY`).
    ///
    /// Keys that can't be used are skipped and [reported](Self::skipped), as long as there is one that can; blocks
    /// that are no private keys are passed over.
    ///
    /// # Errors
    /// If there is no key that can be used.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, KeyringError> {
        Self::from_pem_with(pem, Backend::default())
    }

    /// [`from_pem`](Self::from_pem) with a back end chosen by the caller.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem).
    pub fn from_pem_with(pem: impl AsRef<[u8]>, backend: Backend) -> Result<Self, KeyringError> {
        let mut keyring = Self::new();
        keyring.read_pem(pem.as_ref(), &KeyPlace::default(), backend);
        keyring.or_no_key()
    }

    /// Adds a key, unless it is there already. Says whether it was new.
    pub fn add(&mut self, key: PrivateKey) -> bool {
        let is_new = self.keys.iter().all(|other| other.fingerprint() != key.fingerprint());
        if is_new {
            self.keys.push(key);
        }
        is_new
    }

    /// Adds the keys of another keyring, and what was skipped in it.
    pub fn append(&mut self, other: Self) {
        for key in other.keys {
            self.add(key);
        }
        self.skipped.extend(other.skipped);
    }

    /// The keys, in the order in which they are tried.
    #[must_use]
    pub fn keys(&self) -> &[PrivateKey] {
        &self.keys
    }

    /// What was found where keys were looked for, and can't be used.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Opens `sealed`, the bytes of one value (what [`hybrid::seal`](super::hybrid::seal) made), and says which key
    /// did.
    ///
    /// # Errors
    /// [`ValueError`] if no key opens it under `label`, or no key ever could.
    pub fn open(&self, sealed: &[u8], label: &Label) -> Result<Opened<'_>, ValueError> {
        self.open_with_hint(sealed, label, &KeyHint::default())
    }

    /// [`open`](Self::open) for one of many values: those of one resource were mostly sealed to the same key, so the
    /// key that opened the one before is tried first.
    pub(super) fn open_with_hint(
        &self,
        sealed: &[u8],
        label: &Label,
        hint: &KeyHint,
    ) -> Result<Opened<'_>, ValueError> {
        let parts = Parts::split(sealed)?;
        let hinted = hint.0.load(Ordering::Relaxed);
        let others = (0..self.keys.len()).filter(|index| *index != hinted);
        for index in (hinted..self.keys.len()).take(1).chain(others) {
            let key = &self.keys[index];
            if let Some(value) = parts.open(key, label) {
                hint.0.store(index, Ordering::Relaxed);
                return Ok(Opened { value, key });
            }
        }
        Err(self.why_not(parts.rsa.len()))
    }

    /// Why no key opens a value whose RSA part has this many bytes.
    fn why_not(&self, rsa_length: usize) -> ValueError {
        let mut sizes: Vec<_> = self.keys.iter().map(PrivateKey::size).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let tried: Vec<_> = self.keys.iter().filter(|key| key.size() == rsa_length).collect();
        if !tried.is_empty() || sizes.is_empty() {
            ValueError::NoKey { tried: tried.into_iter().map(|key| key.fingerprint().clone()).collect() }
        } else if KEY_BITS.contains(&(rsa_length * 8)) && rsa_length.is_multiple_of(64) {
            ValueError::NoKeyOfSize {
                bits: rsa_length * 8,
                keys: sizes.into_iter().map(|size| size * 8).collect(),
            }
        } else {
            Damage::RsaLength { found: rsa_length, keys: sizes }.into()
        }
    }

    /// Reads the keys in a PEM file or a `tls.key` into this keyring.
    fn read_pem(&mut self, text: &[u8], place: &KeyPlace, backend: Backend) {
        for block in pem::blocks(text) {
            let key = match (block.label, block.contents) {
                ("ENCRYPTED PRIVATE KEY", _) => Err(SkipReason::Encrypted),
                ("RSA PRIVATE KEY" | "PRIVATE KEY", _) if block.is_encrypted => Err(SkipReason::Encrypted),
                ("RSA PRIVATE KEY" | "PRIVATE KEY", None) => Err(KeyError::Malformed.into()),
                ("RSA PRIVATE KEY", Some(der)) => {
                    PrivateKey::from_pkcs1_der(&der, backend).map_err(SkipReason::from)
                }
                ("PRIVATE KEY", Some(der)) => {
                    PrivateKey::from_pkcs8_der(&der, backend).map_err(SkipReason::from)
                }
                ("EC PRIVATE KEY", _) => {
                    Err(KeyError::NotRsa { algorithm: "an elliptic-curve key".to_owned() }.into())
                }
                _ => continue,
            };
            match key {
                Ok(key) => {
                    self.found += 1;
                    self.add(key);
                }
                Err(reason) => {
                    self.skipped.push(Skipped {
                        place: KeyPlace { line: Some(block.line), ..place.clone() },
                        reason,
                    });
                }
            }
        }
    }

    /// Reads the key in a resource of a backup into this keyring.
    fn read_backup(&mut self, source: Source, backend: Backend) {
        let place = KeyPlace {
            resource: Some(source.origin.place(&[])),
            name: source.name().map(str::to_owned),
            line: None,
        };
        let kind = source.kind().map(str::to_owned);
        let reason = match source.expect("", "Secret").and_then(Secret::read) {
            Ok(secret) => match secret.get(TLS_KEY) {
                Some(pem) => {
                    let (keys, skipped) = (self.found, self.skipped.len());
                    self.read_pem(pem, &place, backend);
                    if (keys, skipped) != (self.found, self.skipped.len()) {
                        return;
                    }
                    SkipReason::NoPem
                }
                None => SkipReason::NoTlsKey,
            },
            Err(error) if matches!(error.kind, ResourceErrorKind::Kind { .. }) => SkipReason::Kind { kind },
            Err(error) => SkipReason::Resource(error.kind),
        };
        self.skipped.push(Skipped { place, reason });
    }

    fn or_no_key(self) -> Result<Self, KeyringError> {
        if self.keys.is_empty() {
            return Err(KeyringError::NoKey { skipped: self.skipped });
        }
        Ok(self)
    }
}

/// The key that opened the last value.
#[derive(Debug, Default)]
pub(super) struct KeyHint(AtomicUsize);

/// A value that was opened.
pub struct Opened<'a> {
    /// The value. It is wiped when it is dropped.
    pub value: Zeroizing<Vec<u8>>,
    /// The key that opened it.
    pub key: &'a PrivateKey,
}

impl fmt::Debug for Opened<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opened").field("value", &"[REDACTED]").field("key", self.key).finish()
    }
}

/// Where in a file something was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyPlace {
    /// The resource in a key backup.
    pub resource: Option<Place>,
    /// The name of that resource.
    pub name: Option<String>,
    /// The line of a PEM block, from 1: in the file, or in the resource's `tls.key`.
    pub line: Option<usize>,
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_ref().map(|name| format!("`{name}`"));
        let place = match (&self.resource, self.line) {
            (Some(resource), _) => Some(resource.to_string()),
            (None, line) => line.map(|line| format!("line {line}")),
        };
        let known: Vec<String> =
            [name, place].into_iter().flatten().filter(|part| !part.is_empty()).collect();
        formatter.write_str(&known.join(", "))
    }
}

/// Something that can't be used as a key, found where keys were looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// Where it is.
    pub place: KeyPlace,
    /// Why it can't be used.
    pub reason: SkipReason,
}

impl fmt::Display for Skipped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.to_string();
        if place.is_empty() {
            self.reason.fmt(formatter)
        } else {
            write!(formatter, "{place}: {}", self.reason)
        }
    }
}

/// Why something can't be used as a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// The key is under a passphrase.
    #[error("the private key is protected by a passphrase: take it off first, with `openssl pkey`")]
    Encrypted,
    /// The key itself.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A resource of another kind.
    #[error("{} is no Secret", .kind.as_deref().map_or_else(|| "an object without a kind".to_owned(), |kind| format!("a {kind}")))]
    Kind {
        /// The kind that it says it is.
        kind: Option<String>,
    },
    /// A Secret whose `tls.key` is something else than PEM.
    #[error("its `tls.key` holds no private key in PEM")]
    NoPem,
    /// A Secret without a key.
    #[error("it has no `tls.key`")]
    NoTlsKey,
    /// A Secret that can't be read.
    #[error(transparent)]
    Resource(ResourceErrorKind),
}

/// Where the controller puts its private keys, as every Secret of the type `kubernetes.io/tls` does.
const TLS_KEY: &str = "tls.key";

/// A file that gives no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// There is no key, or none that can be used.
    #[error("no RSA private key found{}", list(.skipped))]
    NoKey {
        /// What was found instead.
        skipped: Vec<Skipped>,
    },
    /// The file is no backup of keys, nor PEM.
    #[error("can't read it as PEM or as a key backup")]
    Resource(#[from] ResourceError),
}

fn list(skipped: &[Skipped]) -> String {
    skipped.iter().map(|skipped| format!("; {skipped}")).collect()
}

/// A sealed value that the keys of a keyring don't open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// No key could open this, whatever label it has.
    #[error("damaged: {0}")]
    Damaged(#[from] Damage),
    /// Every key that fits was tried: it was sealed to another one or for another name, or its bytes were changed.
    #[error("no key in the keyring opens it ({}), or it was sealed for another name or namespace", names(.tried))]
    NoKey {
        /// The keys that were tried.
        tried: Vec<Fingerprint>,
    },
    /// A key opens it, but under another label than the one it stands under.
    #[error("{0}")]
    SealedFor(SealedFor),
    /// The keyring has no key of the size that it was sealed to.
    #[error(
        "it was sealed to a key of {bits} bits, and those in the keyring have {}",
        keys.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
    )]
    NoKeyOfSize {
        /// The size of the key that it was sealed to, in bits.
        bits: usize,
        /// The sizes of the keys at hand, in bits.
        keys: Vec<usize>,
    },
}

fn names(keys: &[Fingerprint]) -> String {
    if keys.is_empty() {
        return "it is empty".to_owned();
    }
    let names: Vec<_> = keys.iter().map(Fingerprint::as_str).collect();
    format!("{} tried: {}", names.len(), names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::test_keys::{self, RSA2048, RSA2048_OTHER, RSA4096, certificate, keyring};
    use super::super::{Scope, hybrid};
    use super::{Damage, Keyring, PrivateKey, ValueError};

    #[test]
    fn reads_both_forms_and_several_keys() {
        let two = Keyring::from_pem(test_keys::file("test-two-keys.key")).unwrap();
        let names: Vec<_> = two.keys().iter().map(|key| key.fingerprint().clone()).collect();
        assert_eq!(names, [RSA2048, RSA4096].map(|name| certificate(name).key_fingerprint().clone()));
        assert!(two.skipped().is_empty());
        let pkcs8 = Keyring::from_pem(test_keys::file("test-rsa2048.pkcs8.key")).unwrap();
        let pkcs1_pem = pkcs8.keys()[0].to_pkcs1_pem();
        assert_eq!(pkcs1_pem.as_bytes(), test_keys::file("test-rsa2048.key"));
        let mut both = keyring(RSA2048);
        both.append(pkcs8);
        assert_eq!(both.keys().len(), 1, "the same key in another form");
    }

    #[test]
    fn what_is_no_usable_key_is_named() {
        let refusal = |name: &str| Keyring::from_pem(test_keys::file(name)).unwrap_err().to_string();
        assert_eq!(
            refusal("test-ec256.key"),
            "no RSA private key found; line 1: the key is an elliptic-curve key, and Sealed Secrets work with RSA keys only"
        );
        for name in ["test-rsa2048.encrypted.key", "test-rsa2048.encrypted-pkcs8.key"] {
            assert!(refusal(name).contains("line 1: the private key is protected by a passphrase"), "{name}");
        }
        assert_eq!(refusal("test-rsa2048.crt"), "no RSA private key found");

        let mixed = ["test-ec256.key", "test-rsa2048.crt", "test-rsa2048.key"].map(test_keys::file).concat();
        let mixed = Keyring::from_pem(mixed).unwrap();
        assert_eq!((mixed.keys().len(), mixed.skipped().len()), (1, 1));
    }

    #[test]
    fn reads_every_kind_of_backup() {
        let [old, new] = [RSA2048, RSA4096].map(|name| certificate(name).key_fingerprint().clone());
        for form in ["list.yaml", "list.json", "secretlist.yaml", "secretlist.json", "documents.yaml"] {
            let keyring = Keyring::parse(test_keys::file(&format!("test-backup-{form}"))).unwrap();
            let names: Vec<_> = keyring.keys().iter().map(PrivateKey::fingerprint).collect();
            assert_eq!(names, [&old, &new], "{form}");
            assert!(keyring.skipped().is_empty(), "{form}");
        }
        for form in ["secret.yaml", "secret.json"] {
            let keyring = Keyring::parse(test_keys::file(&format!("test-backup-{form}"))).unwrap();
            assert_eq!(keyring.keys()[0].fingerprint(), &new, "{form}");
        }
        for pem in ["test-two-keys.key", "test-rsa2048.pkcs8.key"] {
            assert_eq!(Keyring::parse(test_keys::file(pem)).unwrap().keys()[0].fingerprint(), &old);
        }
    }

    #[test]
    fn pem_is_known_with_a_byte_order_mark_and_indented() {
        let pem = String::from_utf8(test_keys::file("test-rsa2048.key")).unwrap();
        for text in
            [format!("\u{feff}{pem}"), pem.replace('\n', "\n  ").replace("-----BEGIN", "  -----BEGIN")]
        {
            assert_eq!(Keyring::parse(text).unwrap().keys().len(), 1);
        }
        let indented = pem.replace('\n', "\n    ");
        let backup = format!("kind: Secret\nstringData:\n  tls.key: |\n    {indented}");
        assert_eq!(Keyring::parse(backup).unwrap().keys().len(), 1);
    }

    #[test]
    fn items_of_a_backup_that_are_no_keys_are_reported() {
        for form in ["yaml", "json"] {
            let file = test_keys::file(&format!("test-backup-mixed-list.{form}"));
            let keyring = Keyring::parse(file).unwrap();
            assert_eq!(keyring.keys().len(), 2);
            let skipped: Vec<_> = keyring
                .skipped()
                .iter()
                .map(|skipped| (skipped.place.name.as_deref().unwrap(), skipped.reason.to_string()))
                .collect();
            assert_eq!(
                skipped,
                [
                    ("unrelated", "it has no `tls.key`".to_owned()),
                    ("kube-root-ca.crt", "a ConfigMap is no Secret".to_owned()),
                    (
                        "ingress-tls",
                        "the key is an elliptic-curve key, and Sealed Secrets work with RSA keys only"
                            .to_owned()
                    ),
                ]
            );
            assert_eq!(keyring.skipped()[1].place.resource.as_ref().unwrap().item, Some(3));
        }
    }

    #[test]
    fn what_is_no_backup_is_refused() {
        let refusal = |text: &str| Keyring::parse(text).unwrap_err().to_string();
        assert_eq!(refusal(""), "no RSA private key found");
        assert_eq!(refusal("hello"), "can't read it as PEM or as a key backup");
        assert_eq!(
            refusal("kind: Secret\ndata: {tls.key: aGk=}\n"),
            "no RSA private key found; line 1, column 1: its `tls.key` holds no private key in PEM"
        );
        assert_eq!(
            refusal("kind: Secret\nmetadata: {name: a}\ndata: {tls.key: hi}\n"),
            "no RSA private key found; `a`, line 1, column 1: not valid base64; plain text goes under `stringData`"
        );
    }

    #[test]
    fn the_key_that_opens_is_named() {
        let label = Scope::Strict.label("web", "app");
        let mut keys = keyring(RSA2048_OTHER);
        keys.append(keyring(RSA4096));
        keys.append(keyring(RSA2048));
        for name in [RSA2048, RSA4096] {
            let certificate = certificate(name);
            let sealed = hybrid::seal(b"value", certificate.public_key(), &label).unwrap();
            let opened = keys.open(&sealed, &label).unwrap();
            assert_eq!(opened.key.fingerprint(), certificate.key_fingerprint());
            assert_eq!(opened.value.as_slice(), b"value");
            assert!(!format!("{opened:?}").contains("118, 97"), "no bytes of the value in {opened:?}");
        }
    }

    #[test]
    fn why_nothing_opens() {
        let label = Scope::Strict.label("web", "app");
        let sealed = hybrid::seal(b"value", certificate(RSA2048).public_key(), &label).unwrap();
        let other = keyring(RSA2048_OTHER);
        let error = other.open(&sealed, &label).unwrap_err();
        let fingerprint = other.keys()[0].fingerprint();
        assert_eq!(
            error.to_string(),
            format!(
                "no key in the keyring opens it (1 tried: {fingerprint}), or it was sealed for another name or namespace"
            )
        );
        assert_eq!(
            keyring(RSA4096).open(&sealed, &label).unwrap_err().to_string(),
            "it was sealed to a key of 2048 bits, and those in the keyring have 4096"
        );
        assert_eq!(
            Keyring::new().open(&sealed, &label).unwrap_err().to_string(),
            "no key in the keyring opens it (it is empty), or it was sealed for another name or namespace"
        );
        let mut both = keyring(RSA2048);
        both.append(keyring(RSA4096));
        let mut odd = vec![0; 2 + 511 + 16];
        odd[..2].copy_from_slice(&511_u16.to_be_bytes());
        let error = both.open(&odd, &label).unwrap_err();
        assert_eq!(error, ValueError::Damaged(Damage::RsaLength { found: 511, keys: vec![256, 512] }));
        assert_eq!(error.to_string(), "damaged: the RSA part is 511 bytes, keys are 256 and 512");
    }
}
