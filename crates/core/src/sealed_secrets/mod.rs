//! Sealed Secrets: Kubernetes `Secret`s sealed to a cluster's RSA certificate (bitnami-labs/sealed-secrets).

mod backend;
mod base64;
mod certificate;
mod diagnosis;
mod key;
mod key_pair;
mod keyring;
mod layout;
mod pem;
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
pub use key::{Fingerprint, KeyError, PrivateKey, PublicKey};
pub use key_pair::{KeyPair, KeyPairBuilder, KeyPairError};
pub use keyring::{KeyPlace, Keyring, KeyringError, Opened, SkipReason, Skipped, ValueError};
pub use resource::{Conversion, Place, Resource, ResourceError, ResourceErrorKind};
pub use scope::{CLUSTER_WIDE_ANNOTATION, Label, NAMESPACE_WIDE_ANNOTATION, ParseScopeError, Scope};
pub use sealed_secret::{ItemError, SealedSecret, SealedSecretError, seal_value};
pub use secret::Secret;
