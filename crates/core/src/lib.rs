//! sealkit keeps secrets in Git. It reads and writes two formats that GitOps repositories use, and changes nothing in a file
//! but its secrets: comments, order, layout and quotes stay as they are.
//!
//! - **SOPS** ([getsops/sops](https://github.com/getsops/sops)): YAML, JSON, dotenv and INI files whose values are
//!   encrypted one by one, and any other file as a whole, for age recipients. Begin with [`sops::encrypt`] and
//!   [`sops::EncryptedFile`].
//! - **Sealed Secrets** ([bitnami-labs/sealed-secrets](https://github.com/bitnami-labs/sealed-secrets)): Kubernetes Secrets,
//!   sealed to a cluster's certificate. Begin with [`sealed_secrets::SealedSecret`].
//!
//! A SOPS file is encrypted, and read into a type of one's own:
//!
//! ```
//! use sealkit::age::{Identities, KeygenKind, keygen};
//! use sealkit::document::Format;
//! use sealkit::sops::{self, CreationRule, EncryptedFile};
//!
//! // In real life the identity lies in a file, and `Identities::new().discover(…)` finds it where sops would.
//! let key = keygen(KeygenKind::X25519)?;
//! let identities = Identities::from_text(&key.contents, "my key");
//!
//! let rule = CreationRule::for_age([key.recipient.parse()?]);
//! let plain = "# the shop's database\nuser: shop\npassword: \"hunter2\" # change me\n";
//! let encrypted = sops::encrypt(plain.as_bytes(), Format::Yaml, &rule)?;
//!
//! let file = EncryptedFile::parse(encrypted.text.as_bytes(), Format::Yaml)?;
//! let plaintext = file.decrypt(&identities)?;
//! assert_eq!(plaintext.as_str(), Some(plain));
//!
//! #[derive(serde::Deserialize)]
//! struct Database { user: String, password: String }
//! let database: Database = plaintext.deserialize()?;
//! assert_eq!(database.password, "hunter2");
//! # assert_eq!(database.user, "shop");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The modules
//! - [`document`]: text files edited in place. Both formats stand on it.
//! - [`sops`]: the SOPS format: files, metadata, selection rules, `.sops.yaml`.
//! - [`age`]: age recipients and identities, and finding them where sops does.
//! - [`sealed_secrets`]: the Sealed Secrets format: certificates, keyrings, the two resources.
//!
//! [`read_secret`] reads files that hold plaintext or keys.
//!
//! # Rules that hold everywhere
//! - No error, `Debug` output or panic message holds a plaintext value. Errors name the file's place and the key path.
//! - Plaintext and keys are wiped from memory when they are dropped.
//! - Input is bounded in size, depth and expansion; no input makes the library panic.
//! - Nothing here reads the terminal, talks to a network or ends the process. The one exception is asked for: age plugins and
//!   key commands, which [`age::Identities`] runs if the caller lets it discover them.
#![forbid(unsafe_code)]

pub mod age;
pub mod document;
pub mod sealed_secrets;
mod secret_reader;
pub mod sops;
mod stack;

pub use secret_reader::read_secret;
