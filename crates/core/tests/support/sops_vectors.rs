//! The files in test-vectors/sops.
#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::path::{Path, PathBuf};

pub(crate) fn vectors() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors/sops")
}

/// What sops made of an encrypted file.
pub(crate) fn decrypted_by_sops(encrypted: &Path) -> PathBuf {
    vectors().join("decrypted").join(encrypted.strip_prefix(vectors().join("encrypted")).unwrap())
}
