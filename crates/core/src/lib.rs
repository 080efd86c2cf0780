//! sealkit keeps secrets in Git.
#![forbid(unsafe_code)]

pub mod age;
pub mod document;
pub mod sealed_secrets;
pub mod sops;
