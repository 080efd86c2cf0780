//! The files that six versions of sops wrote, in every format: all of them decrypt, to what the same sops makes of them, and
//! what is encrypted again from that keeps every ciphertext.

#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

#[path = "support/sops_vectors.rs"]
mod sops_vectors;

use std::fs;
use std::path::{Path, PathBuf};

use sealkit::age::Identities;
use sealkit::document::{Children, Document, Format, Node, Schema};
use sealkit::sops::{EncryptedFile, MacCheck, Plaintext};

use sops_vectors::{decrypted_by_sops, vectors};

/// Every encrypted file but the one whose identity has a passphrase: nobody is here to be asked.
fn files() -> Vec<PathBuf> {
    let versions = fs::read_dir(vectors().join("encrypted")).unwrap();
    let files = versions.flat_map(|version| fs::read_dir(version.unwrap().path()).unwrap());
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.file_stem().unwrap() != "ssh-passphrase");
    files.sort();
    files
}

fn identities(path: &Path) -> Identities {
    let names: &[_] = match path.file_stem().unwrap().to_str().unwrap() {
        "hybrid" => &["test-hybrid.txt"],
        "ssh-ed25519" => &["test-ssh-ed25519"],
        "ssh-rsa" => &["test-ssh-rsa"],
        _ => &["test-x25519-c.txt", "test-x25519-b.txt", "test-x25519-a.txt"],
    };
    let mut identities = Identities::new();
    for name in names {
        identities.add(&fs::read(vectors().join("keys").join(name)).unwrap(), name);
    }
    identities
}

fn decrypt(bytes: &[u8], path: &Path) -> Plaintext {
    let shown = path.display();
    let file = EncryptedFile::parse(bytes, Format::of_file_name(path))
        .unwrap_or_else(|error| panic!("{shown}: {error}"));
    file.decrypt(&identities(path))
        .unwrap_or_else(|error| panic!("{shown}: {error}: {:?}", std::error::Error::source(&error)))
}

/// Each value with its path, and the comments, without what a format's writer does to their white space.
fn contents(bytes: &[u8], format: Format) -> Vec<String> {
    fn add(node: Node<'_>, path: &str, lines: &mut Vec<String>) {
        match node.resolved().children() {
            Children::Mapping(entries) => {
                for (key, value) in entries.iter() {
                    add(value, &format!("{path}/{}", key.text().unwrap()), lines);
                }
            }
            Children::Sequence(items) => items.iter().for_each(|item| add(item, &format!("{path}/-"), lines)),
            _ => {
                // sops prints a whole float as an integer, so that only the bytes are the same.
                let bytes = node.value(Schema::GoYaml3).unwrap().canonical_bytes();
                lines.push(format!(
                    "{path}={:?}",
                    bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                ));
            }
        }
    }
    if format == Format::Binary {
        return vec![format!("{bytes:?}")];
    }
    let document = Document::parse(bytes, format).unwrap();
    let mut lines = Vec::new();
    document.roots().for_each(|root| add(root, "", &mut lines));
    lines.extend(
        document.comments().map(|comment| comment.source().trim_start_matches(['#', ';', ' ']).to_owned()),
    );
    lines
}

#[test]
fn every_file_decrypts_to_what_sops_makes_of_it() {
    let mut counts = std::collections::BTreeMap::new();
    for path in files() {
        let format = Format::of_file_name(&path);
        let ours = decrypt(&fs::read(&path).unwrap(), &path);
        let theirs = fs::read(decrypted_by_sops(&path)).unwrap();
        assert_eq!(contents(ours.as_bytes(), format), contents(&theirs, format), "{}", path.display());
        *counts.entry(format.name()).or_insert(0) += 1;
    }
    let expected = [("binary", 8), ("dotenv", 8), ("ini", 8), ("json", 8), ("yaml", 42)];
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn every_file_keeps_its_ciphertexts_when_it_is_updated() {
    for path in files() {
        let format = Format::of_file_name(&path);
        let text = fs::read_to_string(&path).unwrap();
        let file = EncryptedFile::parse(text.as_bytes(), format).unwrap();
        let key = file.metadata().data_key(&identities(&path)).unwrap();
        let plaintext = file.decrypt_with(&key, MacCheck::Require).unwrap();
        let updated = file.update(plaintext.as_bytes(), &key).unwrap().text;
        let is_metadata = |line: &str| line.contains("mac") || line.contains("lastmodified");
        let changed = text.lines().zip(updated.lines()).filter(|(old, new)| old != new).map(|(old, _)| old);
        let changed: Vec<_> = changed.filter(|line| !is_metadata(line)).collect();
        // An encrypted comment in a list, which sops writes as an item, becomes a comment.
        if !text.contains("type:comment]") {
            assert!(changed.is_empty(), "{}: {changed:#?}", path.display());
        }
        let again = decrypt(updated.as_bytes(), &path);
        assert_eq!(again.as_bytes(), plaintext.as_bytes(), "{}", path.display());
    }
}

/// INI as only sops 3.13.0 and 3.13.1 wrote it, with real line breaks; and dotenv with quotes, as very old ones did.
#[test]
fn other_forms_of_flat_metadata_are_read() {
    for version in ["3.8.1", "3.13.3"] {
        let path = vectors().join("encrypted").join(version).join("simple.ini");
        let text = fs::read_to_string(&path).unwrap();
        let expected = decrypt(text.as_bytes(), &path);
        let unescaped: Vec<_> = text
            .lines()
            .map(|line| match line.split_once(" = -----BEGIN") {
                Some((name, rest)) => format!("{name} = \"\"\"-----BEGIN{}\"\"\"", rest.replace("\\n", "\n")),
                None => line.to_owned(),
            })
            .collect();
        let unescaped = unescaped.join("\n") + "\n";
        assert!(unescaped.contains("FILE-----\n\"\"\"") && !unescaped.contains("\\n"));
        assert_eq!(decrypt(unescaped.as_bytes(), &path).as_bytes(), expected.as_bytes());

        let path = path.with_extension("env");
        let text = fs::read_to_string(&path).unwrap();
        let expected = decrypt(text.as_bytes(), &path);
        let quoted: Vec<_> = text
            .lines()
            .map(|line| match line.split_once('=') {
                Some((name, value)) if name.starts_with("sops_") => format!("{name}=\"{value}\""),
                _ => line.to_owned(),
            })
            .collect();
        let quoted = quoted.join("\n") + "\n";
        assert!(quoted.contains("sops_mac=\"ENC["));
        assert_eq!(decrypt(quoted.as_bytes(), &path).as_bytes(), expected.as_bytes());
    }
}
