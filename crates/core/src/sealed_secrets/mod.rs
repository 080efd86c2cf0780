//! Sealed Secrets: Kubernetes `Secret`s that only one cluster can open, so that they can stand in Git.
//!
//! A [`SealedSecret`] holds each value of a [`Secret`] sealed to the cluster's [`Certificate`]. The controller in the
//! cluster has the private keys, and so has whoever backed them up: a [`Keyring`]. The format is that of the
//! [`sealed-secrets`](https://github.com/bitnami-labs/sealed-secrets) project; [`hybrid`] says what is in a value.
//!
//! # Seal and open
//!
//! ```
//! use sealkit::sealed_secrets::{Certificate, Keyring, Scope, SealedSecret, Secret};
//! # let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test-vectors/sealed-secrets/keys/");
//! # let pem = std::fs::read(format!("{keys}test-rsa2048.crt"))?;
//! # let backup = std::fs::read(format!("{keys}test-backup-list.yaml"))?;
//!
//! let mut secret = Secret::new("app");
//! secret.set_namespace("web");
//! secret.set("password", b"hunter2".to_vec());
//!
//! let certificate = Certificate::from_pem(&pem)?;
//! let sealed = SealedSecret::seal(&secret, &certificate, Scope::Strict)?;
//! let yaml = sealed.to_yaml();
//!
//! let keyring = Keyring::parse(&backup)?;
//! let opened = SealedSecret::parse(&yaml)?.unseal(&keyring)?;
//! assert_eq!(opened.get("password"), Some(&b"hunter2"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # One value
//!
//! As `kubeseal --raw` does it: [`seal_value`] gives the text for `spec.encryptedData`. The label binds the value to a
//! namespace and a name.
//!
//! ```
//! use sealkit::sealed_secrets::{KeyPair, Scope, seal_value};
//!
//! let pair = KeyPair::builder().bits(2048).generate()?;
//! let label = Scope::NamespaceWide.label("web", "app");
//! let text = seal_value(b"hunter2", &pair.certificate, &label)?;
//! # assert!(text.len() > 256);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Move to a new key
//!
//! ```
//! use sealkit::sealed_secrets::{Certificate, Keyring, SealedSecret};
//!
//! fn reseal(file: &[u8], old_keys: &Keyring, new: &Certificate) -> Result<String, Box<dyn std::error::Error>> {
//!     let mut sealed = SealedSecret::parse(file)?;
//!     let changed = sealed.reseal(old_keys, new)?;
//!     println!("{} values sealed again", changed.len());
//!     Ok(sealed.to_yaml())
//! }
//! ```
//!
//! # What it does not do
//!
//! - Templates in `spec.template.data` are not rendered: one that needs it is an error.
//! - Certificates are not verified. There is nobody to verify them by: they are self-signed.
//! - The names of resources and of values are not checked against Kubernetes' rules.

mod backend;
mod base64;
mod certificate;
mod diagnosis;
mod fields;
mod key;
mod key_pair;
mod keyring;
mod layout;
mod origin;
mod pem;
mod place;
mod resource;
mod scope;
mod sealed_secret;
mod secret;
#[cfg(test)]
mod test_keys;

pub mod hybrid;

pub use backend::Backend;
pub use certificate::{Certificate, CertificateError};
pub use diagnosis::{Hints, SealedFor};
pub use fields::Conversion;
pub use key::{Fingerprint, KeyError, PrivateKey, PublicKey};
pub use key_pair::{KeyPair, KeyPairBuilder, KeyPairError};
pub use keyring::{KeyPlace, Keyring, KeyringError, Opened, SkipReason, Skipped, ValueError};
pub use place::{Place, ResourceError, ResourceErrorKind};
pub use resource::{OtherResource, Resource};
pub use scope::{CLUSTER_WIDE_ANNOTATION, Label, NAMESPACE_WIDE_ANNOTATION, ParseScopeError, Scope};
pub use sealed_secret::{InPlaceError, ItemError, SealedSecret, SealedSecretError, seal_value};
pub use secret::Secret;
