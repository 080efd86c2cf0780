//! The test vectors of the age format, through [`Identities`]: the post-quantum kind is sealkit's own.

#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::fs;
use std::path::{Path, PathBuf};

use sealkit::age::{Identities, OpenError};
use sha2::{Digest, Sha256};

struct Vector {
    name: String,
    expect: String,
    payload: Option<String>,
    identities: String,
    file: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors/age/cctv");
    let mut vectors: Vec<Vector> =
        fs::read_dir(folder).unwrap().map(|entry| read(&entry.unwrap().path())).collect();
    vectors.sort_by(|one, other| one.name.cmp(&other.name));
    vectors
}

fn read(path: &Path) -> Vector {
    let bytes = fs::read(path).unwrap();
    let end = bytes.windows(2).position(|window| window == b"\n\n").unwrap();
    let header = std::str::from_utf8(&bytes[..end]).unwrap();
    let field = |name: &str| -> Vec<String> {
        let values = header.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        values.map(str::to_owned).collect()
    };
    Vector {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        expect: field("expect").remove(0),
        payload: field("payload").pop(),
        identities: field("identity").join("\n"),
        file: bytes[end + 2..].to_vec(),
    }
}

#[test]
fn files_open_or_fail_as_the_format_says() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 27);
    for vector in &vectors {
        let identities = Identities::from_text(&vector.identities, "vector");
        let opened = identities.open(&vector.file, "");
        let as_expected = match (&opened, vector.expect.as_str()) {
            (Ok(opened), "success") => {
                let hash: String =
                    Sha256::digest(&opened.plaintext).iter().map(|byte| format!("{byte:02x}")).collect();
                vector.payload.as_deref() == Some(hash.as_str())
            }
            (Err(OpenError::NoIdentity { failures, .. }), "no match") => failures.is_empty(),
            // A faulty stanza is found by the identity that it is for.
            (Err(OpenError::NoIdentity { failures, .. }), "header failure") => !failures.is_empty(),
            (
                Err(OpenError::Damaged { .. }),
                "header failure" | "HMAC failure" | "payload failure" | "armor failure",
            ) => true,
            _ => false,
        };
        assert!(as_expected, "{}: expected {}, got {opened:?}", vector.name, vector.expect);
    }
}
