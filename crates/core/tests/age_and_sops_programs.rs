//! Keys wrapped by the real age and sops are opened here, and those wrapped here are opened by them.
//!
//! `cargo xtask test` brings the programs: age as SEALKIT_TEST_AGE, sops on the PATH (or as SEALKIT_TEST_SOPS). Without them
//! these tests do nothing.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test says what it skips, and fails where it panics"
)]

#[path = "support/sops_vectors.rs"]
mod sops_vectors;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use sealkit::age::{Identities, Prompts, Recipient};
use sealkit::document::{Document, Format, Schema, to_json};
use sealkit::sops::{AgeKey, KeyGroup, MasterKey, Metadata};
use serde_json::Value as Json;

use sops_vectors::vectors;

fn keys() -> PathBuf {
    vectors().join("keys")
}

/// Key file and recipient of each kind.
fn kinds(with_hybrid: bool) -> Vec<(PathBuf, String)> {
    let mut kinds = Vec::new();
    for name in ["test-x25519-a.txt", "test-hybrid.txt"] {
        let path = keys().join(name);
        let text = fs::read_to_string(&path).unwrap();
        let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
        if with_hybrid || !recipient.starts_with("age1pq1") {
            kinds.push((path, recipient.to_owned()));
        }
    }
    for name in ["test-ssh-ed25519", "test-ssh-rsa"] {
        let recipient = fs::read_to_string(keys().join(format!("{name}.pub"))).unwrap();
        kinds.push((keys().join(name), recipient.trim().to_owned()));
    }
    kinds
}

fn run(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}");
    output.stdout
}

fn age() -> Option<(String, bool)> {
    let Ok(program) = std::env::var("SEALKIT_TEST_AGE") else {
        println!("skipped: SEALKIT_TEST_AGE is not set");
        return None;
    };
    let version = String::from_utf8(run(&program, &["--version"], b"")).unwrap();
    let minor = version.trim().trim_start_matches('v').split('.').nth(1).and_then(|minor| minor.parse().ok());
    let has_hybrid = minor.is_none_or(|minor: u32| minor >= 3);
    Some((program, has_hybrid))
}

fn sops() -> Option<String> {
    let program = std::env::var("SEALKIT_TEST_SOPS").unwrap_or_else(|_| "sops".to_owned());
    let found = Command::new(&program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        println!("skipped: there is no sops");
    }
    found.then_some(program)
}

#[test]
fn age_opens_what_is_encrypted_here() {
    let Some((age, has_hybrid)) = age() else { return };
    for (key, recipient) in kinds(has_hybrid) {
        let recipient: Recipient = recipient.parse().unwrap();
        let encrypted = recipient.encrypt(b"a secret", &Prompts::default()).unwrap();
        let opened = run(&age, &["--decrypt", "-i", key.to_str().unwrap()], encrypted.as_bytes());
        assert_eq!(opened, b"a secret", "{recipient:?}");
    }
}

#[test]
fn what_age_encrypts_is_opened_here() {
    let Some((age, has_hybrid)) = age() else { return };
    for (key, recipient) in kinds(has_hybrid) {
        let mut identities = Identities::new();
        identities.add(&fs::read(&key).unwrap(), "key");
        for armor in [&["--armor", "-r", &recipient][..], &["-r", &recipient]] {
            let encrypted = run(&age, armor, b"a secret");
            let opened = identities.open(&encrypted, &recipient).unwrap();
            assert_eq!(*opened.plaintext, b"a secret");
            assert!(recipient.starts_with(&opened.identity.unwrap()));
        }
    }
}

#[test]
fn sops_opens_data_keys_that_are_wrapped_here() {
    let Some(sops) = sops() else { return };
    let vector = vectors().join("encrypted/3.11.0/types.json");
    let expected = fs::read(vectors().join("decrypted/3.11.0/types.json")).unwrap();
    let source = fs::read(&vector).unwrap();
    let document = Document::parse(&source, Format::Json).unwrap();
    let mut value = document.roots().next().unwrap().value(Schema::GoYaml3).unwrap();
    let block = value.as_mapping().unwrap().get("sops").unwrap().as_mapping().unwrap();
    let mut metadata = Metadata::from_mapping(block).unwrap();
    let mut identities = Identities::new();
    identities.add(&fs::read(keys().join("test-x25519-a.txt")).unwrap(), "a");
    let data_key = metadata.data_key(&identities).unwrap();

    let all = kinds(true);
    let group = |recipients: &[&str]| {
        KeyGroup::new(recipients.iter().map(|recipient| MasterKey::Age(AgeKey::new(*recipient))).collect())
    };
    let mut cases: Vec<(Vec<KeyGroup>, Vec<&PathBuf>)> = Vec::new();
    for (key, recipient) in &all {
        cases.push((vec![group(&[recipient])], vec![key]));
    }
    // Hybrid and classic recipients may stand in one file, since sops wraps for each apart.
    let recipients: Vec<&str> = all.iter().map(|(_, recipient)| recipient.as_str()).collect();
    cases.push((vec![group(&recipients)], vec![&all[1].0]));
    cases.push((
        vec![group(&recipients[..1]), group(&recipients[1..2]), group(&recipients[2..])],
        vec![&all[1].0, &all[2].0],
    ));
    for (groups, open_with) in cases {
        metadata.shamir_threshold = (groups.len() > 1).then_some(2);
        metadata.key_groups = groups;
        metadata.wrap_data_key(&data_key, &Prompts::default()).unwrap();
        value.as_mapping_mut().unwrap().insert("sops", metadata.to_mapping());
        let file = to_json(&value);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.json");
        tempfile::NamedTempFile::new_in(&folder)
            .and_then(|mut temporary| {
                temporary.write_all(file.to_string().as_bytes())?;
                Ok(temporary.persist(&path)?)
            })
            .unwrap();
        let mut command = Command::new(&sops);
        command.env_clear().env("HOME", folder.path()).arg("--decrypt").arg(&path);
        for key in open_with {
            if key.extension().is_some() {
                command.env("SOPS_AGE_KEY_FILE", key);
            } else {
                command.env("SOPS_AGE_SSH_PRIVATE_KEY_FILE", key);
            }
        }
        // The Python package's `sops` is a script that needs its interpreter.
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(
            serde_json::from_slice::<Json>(&output.stdout).unwrap(),
            serde_json::from_slice::<Json>(&expected).unwrap()
        );
    }
}
