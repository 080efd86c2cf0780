//! What is left in memory after files were decrypted, encrypted, sealed and opened: none of the plaintext, nor the keys.
//!
//! The test looks through its own memory by `/proc/self/mem`. What lies on a stack is counted and told, but is no failure: Rust can't
//! wipe what moving a value leaves there. So that it does not find what it looks for in
//! itself, another process makes the file, and the secrets are written in a mask until the moment that they are compared.

#![cfg(target_os = "linux")]
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test says what it finds, and fails where it panics"
)]

use std::fs::{self, File};
use std::io::BufRead;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealkit::age::{Identities, Prompts, Recipient};
use sealkit::document::Format;
use sealkit::sealed_secrets::{Certificate, Keyring, Scope, SealedSecret, Secret};
use sealkit::sops::{
    AgeKey, DataKey, EncryptedFile, KeyGroup, MasterKey, Metadata, SelectionRule, WhenNothingSelected,
    encrypt_file,
};
use zeroize::Zeroizing;

const MASK: u8 = 0x5a;
const FOLDER: &str = "SEALKIT_TEST_MEMORY_FOLDER";

fn vectors() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors")
}

fn masked(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte ^ MASK).collect()
}

/// The extension of each format, and a file of it with `marker` as the first value of many.
fn files(marker: &str) -> Vec<(&'static str, Format, String)> {
    let lines = |line: &dyn Fn(usize) -> String| (0..200).map(line).collect::<String>();
    let yaml = lines(&|n| format!("key{n}: '{marker}{n}'\nlong{n}: |\n  one\n  {marker}\n"));
    let json: Vec<String> = (0..200).map(|n| format!("  \"key{n}\": \"{marker}{n}\\n\"")).collect();
    vec![
        ("yaml", Format::Yaml, yaml),
        ("json", Format::Json, format!("{{\n{}\n}}\n", json.join(",\n"))),
        ("env", Format::Dotenv, lines(&|n| format!("KEY{n}={marker}{n}\n"))),
        ("ini", Format::Ini, format!("[s]\n{}", lines(&|n| format!("key{n} = {marker}{n}\n")))),
        ("bin", Format::Binary, lines(&|_| marker.to_owned())),
    ]
}

/// Metadata with the data key wrapped for the test key.
fn metadata(data_key: &DataKey) -> Metadata {
    let key = fs::read_to_string(vectors().join("sops/keys/test-x25519-a.txt")).map(Zeroizing::new).unwrap();
    let recipient = key.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    let recipient: Recipient = recipient.parse().unwrap();
    let group = KeyGroup::new(vec![MasterKey::Age(AgeKey::new(recipient.to_string()))]);
    let mut metadata = Metadata::new(vec![group], SelectionRule::default());
    metadata.wrap_data_key(data_key, &Prompts::default()).unwrap();
    metadata
}

/// Not a test: what the other process does.
#[test]
#[ignore = "run by the other test, in a process of its own"]
fn make_the_files() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let key = fs::read_to_string(vectors().join("sops/keys/test-x25519-a.txt")).unwrap();
    let random = DataKey::generate().unwrap();
    let marker = format!("Marker{:p}Of{}", &random, std::process::id());
    fs::write(folder.join("marker"), masked(marker.as_bytes())).unwrap();
    for (extension, format, plain) in files(&marker) {
        let bytes: Vec<u8> = (0..32).map(|at| (std::process::id() as u8).wrapping_mul(at + 7) ^ at).collect();
        fs::write(folder.join("key"), masked(&bytes)).unwrap();
        let data_key = DataKey::from_bytes(&bytes).unwrap();
        let metadata = metadata(&data_key);
        let encrypted =
            encrypt_file(plain.as_bytes(), format, metadata, &data_key, WhenNothingSelected::Refuse).unwrap();
        fs::write(folder.join("file").with_extension(extension), encrypted.text).unwrap();
        fs::write(folder.join("plain").with_extension(extension), masked(plain.as_bytes())).unwrap();
    }
    let secret = key.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
    fs::write(folder.join("identity"), masked(secret.as_bytes())).unwrap();
    // The middle of a private key: a part of its numbers, in base64 and as they are.
    let pem = fs::read_to_string(vectors().join("sealed-secrets/keys/test-rsa2048.key")).unwrap();
    let lines: Vec<&str> = pem.lines().filter(|line| !line.contains('-')).collect();
    fs::write(folder.join("pem"), masked(lines[lines.len() / 2].as_bytes())).unwrap();
    let der = STANDARD.decode(lines.concat()).unwrap();
    fs::write(folder.join("der"), masked(&der[der.len() / 2..][..48])).unwrap();
}

/// How often masked bytes stand, unmasked, on this process's heap, and how often on its stacks.
fn count(needle: &[u8]) -> (usize, usize) {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let (mut heap, mut stacks) = (0, 0);
    let mut guard_end = 0;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        let (start, end) = range.split_once('-').unwrap();
        let address = |text| u64::from_str_radix(text, 16).unwrap();
        let (start, end) = (address(start), address(end));
        if rights.starts_with("rw") && !line.contains("[vvar") {
            // A thread's stack stands above a page that can't be touched; so may one of malloc's heaps, which are aligned.
            let is_stack = line.contains("[stack]") || (guard_end == start && start % (64 << 20) != 0);
            *if is_stack { &mut stacks } else { &mut heap } += count_in(start, end, needle);
        }
        guard_end = if rights.starts_with("---") { end } else { 0 };
    }
    (heap, stacks)
}

fn count_in(start: u64, end: u64, needle: &[u8]) -> usize {
    let memory = File::open("/proc/self/mem").unwrap();
    let mut buffer = vec![0; 1 << 20];
    let own = buffer.as_ptr() as u64;
    let own_end = own + buffer.len() as u64;
    let (mut at, mut found) = (start, 0);
    while at < end {
        // Not in the copy that is made here.
        if (own..own_end).contains(&at) {
            at = own_end;
            continue;
        }
        let stop = if at < own { end.min(own) } else { end };
        let length = usize::try_from((stop - at).min(buffer.len() as u64)).unwrap();
        let Ok(read) = memory.read_at(&mut buffer[..length], at) else { break };
        let mut rest = &buffer[..read];
        while rest.skip_until(needle[0] ^ MASK).unwrap() > 0 && rest.len() >= needle.len() - 1 {
            found += usize::from(rest.iter().zip(&needle[1..]).all(|(byte, masked)| *byte == masked ^ MASK));
        }
        // A needle may stand across the border.
        at = if at + read as u64 == stop { stop } else { at + (read - needle.len() + 1) as u64 };
    }
    buffer.fill(0);
    found
}

fn decrypt(path: &Path, format: Format) {
    let bytes = fs::read(path).unwrap();
    let key = Zeroizing::new(fs::read(vectors().join("sops/keys/test-x25519-a.txt")).unwrap());
    let mut identities = Identities::new();
    identities.add(&key, "key");
    let file = EncryptedFile::parse(&bytes, format).unwrap();
    let plaintext = file.decrypt(&identities).unwrap();
    std::hint::black_box(plaintext.as_bytes());
}

fn encrypt_and_update(folder: &Path, extension: &str, format: Format) {
    let plain = unmasked(&folder.join("plain").with_extension(extension));
    let data_key = DataKey::generate().unwrap();
    let metadata = metadata(&data_key);
    let encrypted = encrypt_file(&plain, format, metadata, &data_key, WhenNothingSelected::Refuse).unwrap();
    let file = EncryptedFile::parse(encrypted.text.as_bytes(), format).unwrap();
    file.update(&plain, &data_key).unwrap();
}

fn seal_and_open(folder: &Path) {
    let keys = vectors().join("sealed-secrets/keys");
    let certificate = Certificate::from_pem(fs::read(keys.join("test-rsa2048.crt")).unwrap()).unwrap();
    let mut secret = Secret::new("app");
    secret.set_namespace("web");
    secret.set("value", unmasked(&folder.join("marker")));
    let sealed = SealedSecret::seal(&secret, &certificate, Scope::Strict).unwrap().to_yaml();
    let key = Zeroizing::new(fs::read(keys.join("test-rsa2048.key")).unwrap());
    let keyring = Keyring::from_pem(&key).unwrap();
    let opened = SealedSecret::parse(&sealed).unwrap().unseal(&keyring).unwrap();
    std::hint::black_box(opened.to_yaml());
    std::hint::black_box(opened.to_json());
}

fn unmasked(path: &Path) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(fs::read(path).unwrap());
    bytes.iter_mut().for_each(|byte| *byte ^= MASK);
    bytes
}

#[test]
fn nothing_secret_stays_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let made = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "make_the_files"])
        .env(FOLDER, folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let secrets = ["marker", "key", "identity", "pem", "der"];
    let secrets = secrets.map(|name| (name, fs::read(folder.join(name)).unwrap()));
    let mut left = Vec::new();
    let mut look = |what: String| {
        for (name, masked) in &secrets {
            let (heap, stacks) = count(masked);
            if stacks > 0 {
                println!("{what}: {stacks} times {name} on a stack");
            }
            if heap > 0 {
                left.push(format!("{what}: {heap} times {name} on the heap"));
            }
        }
    };
    for (extension, format) in [
        ("yaml", Format::Yaml),
        ("json", Format::Json),
        ("env", Format::Dotenv),
        ("ini", Format::Ini),
        ("bin", Format::Binary),
    ] {
        decrypt(&folder.join("file").with_extension(extension), format);
        look(format!("{extension} decrypted"));
        encrypt_and_update(folder, extension, format);
        look(format!("{extension} encrypted"));
    }
    seal_and_open(folder);
    look("a Secret sealed and opened".to_owned());
    assert!(left.is_empty(), "{left:#?}");
    // And what is there would have been found.
    let kept = unmasked(&folder.join("marker"));
    assert!(count(&secrets[0].1).0 > 0);
    drop(kept);
}
