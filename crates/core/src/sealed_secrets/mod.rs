//! Sealed Secrets: Kubernetes `Secret`s sealed to a cluster's RSA certificate (bitnami-labs/sealed-secrets).

mod backend;
mod base64;
mod certificate;
mod key;
mod key_pair;
mod keyring;
mod pem;
mod scope;
#[cfg(test)]
mod test_keys;

pub mod hybrid;

pub use backend::Backend;
pub use certificate::{Certificate, CertificateError};
pub use key::{Fingerprint, KeyError, PrivateKey, PublicKey};
pub use key_pair::{KeyPair, KeyPairBuilder, KeyPairError};
pub use keyring::{Keyring, KeyringError, Opened, Place, SkipReason, Skipped, ValueError};
pub use scope::{CLUSTER_WIDE_ANNOTATION, Label, NAMESPACE_WIDE_ANNOTATION, ParseScopeError, Scope};
