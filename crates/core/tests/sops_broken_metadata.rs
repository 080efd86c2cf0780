//! A SOPS file with any one byte of its metadata changed or missing, or cut off there: an error, or the same values. Never others.

#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

#[path = "support/sops_vectors.rs"]
mod sops_vectors;

use std::fs;

use sealkit::age::Identities;
use sealkit::document::Format;
use sealkit::sops::EncryptedFile;

use sops_vectors::vectors;

fn check(name: &str, format: Format, metadata: &str) {
    let mut identities = Identities::new();
    identities.add(&fs::read(vectors().join("keys/test-x25519-a.txt")).unwrap(), "a");
    let bytes = fs::read(vectors().join("encrypted/3.13.3").join(name)).unwrap();
    let open = |bytes: &[u8]| EncryptedFile::parse(bytes, format).and_then(|file| file.decrypt(&identities));
    let plaintext = open(&bytes).unwrap();
    let start = bytes.windows(metadata.len()).position(|window| window == metadata.as_bytes()).unwrap();
    let (mut same, mut refused) = (0, 0);
    for at in start..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let mut shorter = bytes.clone();
        shorter.remove(at);
        for broken in [changed, shorter, bytes[..at].to_vec()] {
            match open(&broken) {
                Ok(opened) => {
                    // White space around the block is layout, and not authenticated.
                    assert!(opened.value().unwrap() == plaintext.value().unwrap(), "{name}, byte {at}");
                    same += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    // White space, the version, quotes: not every byte says something.
    assert!(refused > same, "{name}: {refused} refused, {same} the same");
}

#[test]
fn yaml() {
    check("two-recipients.yaml", Format::Yaml, "sops:");
}

#[test]
fn json() {
    check("types.json", Format::Json, "\"sops\"");
}

#[test]
fn dotenv() {
    check("simple.env", Format::Dotenv, "sops_");
}

#[test]
fn ini() {
    check("simple.ini", Format::Ini, "[sops]");
}

#[test]
fn binary() {
    check("file.bin", Format::Binary, "\"sops\"");
}
