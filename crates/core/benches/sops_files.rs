//! Whole SOPS files with ten thousand values in every format, and what is read beside them: metadata, `.sops.yaml`.
//!
//! `cargo bench -p sealkit --bench sops_files`; a name after `--` chooses some of them.
#![allow(missing_docs, reason = "a program")]

use std::path::Path;

use divan::Bencher;
use sealkit::document::{Document, Format, Schema};
use sealkit::sops::{
    Config, CreationRule, DataKey, EncryptedFile, MacCheck, Metadata, WhenNothingSelected, encrypt_file,
};

const VALUES: usize = 10_000;
const FORMATS: [Format; 5] = [Format::Binary, Format::Dotenv, Format::Ini, Format::Json, Format::Yaml];
const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

fn main() {
    divan::main();
}

fn plaintext(format: Format) -> String {
    let lines = |line: fn(usize) -> String| (0..VALUES).map(line).collect::<Vec<_>>();
    match format {
        Format::Ini => {
            "[section]\n".to_owned() + &lines(|number| format!("key-{number} = value {number}\n")).concat()
        }
        Format::Json => {
            let members = lines(|number| format!("  \"key-{number}\": \"value {number}\""));
            format!("{{\n{}\n}}\n", members.join(",\n"))
        }
        Format::Yaml => lines(|number| format!("key-{number}: value {number}\n")).concat(),
        _ => lines(|number| format!("KEY_{number}=value {number}\n")).concat(),
    }
}

fn data_key() -> DataKey {
    DataKey::from_bytes(&[7; 32]).expect("32 bytes")
}

/// Metadata for one recipient. The data key is not wrapped: nobody asks for it here.
fn metadata() -> Metadata {
    CreationRule::for_age([RECIPIENT.parse().expect("a recipient")]).metadata()
}

fn encrypted(format: Format) -> String {
    let plaintext = plaintext(format);
    let file =
        encrypt_file(plaintext.as_bytes(), format, metadata(), &data_key(), WhenNothingSelected::Refuse);
    file.expect("it can be encrypted").text
}

#[divan::bench(args = FORMATS)]
fn encrypt(bencher: Bencher<'_, '_>, format: Format) {
    let (plaintext, key) = (plaintext(format), data_key());
    bencher.bench(|| {
        encrypt_file(plaintext.as_bytes(), format, metadata(), &key, WhenNothingSelected::Refuse)
            .expect("it can be encrypted")
    });
}

#[divan::bench(args = FORMATS)]
fn decrypt(bencher: Bencher<'_, '_>, format: Format) {
    let (text, key) = (encrypted(format), data_key());
    bencher.bench(|| {
        let file = EncryptedFile::parse(text.as_bytes(), format).expect("it is one of ours");
        file.decrypt_with(&key, MacCheck::Require).expect("it is one of ours")
    });
}

/// One value has changed: all others keep their ciphertexts.
#[divan::bench(args = FORMATS)]
fn update(bencher: Bencher<'_, '_>, format: Format) {
    let (text, key) = (encrypted(format), data_key());
    let file = EncryptedFile::parse(text.as_bytes(), format).expect("it is one of ours");
    let changed = plaintext(format).replacen("value 5000", "another", 1);
    bencher.bench(|| file.update(changed.as_bytes(), &key).expect("it can be encrypted"));
}

#[divan::bench]
fn read_metadata(bencher: Bencher<'_, '_>) {
    let block = metadata().to_mapping();
    bencher.bench_local(|| Metadata::from_mapping(&block).expect("it is one of ours"));
}

#[divan::bench]
fn write_metadata(bencher: Bencher<'_, '_>) {
    let metadata = metadata();
    bencher.bench_local(|| metadata.to_mapping());
}

/// A `.sops.yaml` of a hundred rules, of which the last one holds.
fn config() -> String {
    let rules: Vec<_> = (0..100)
        .map(|number| format!("  - path_regex: ^folder-{number}/.*\\.yaml$\n    age: {RECIPIENT}\n"))
        .collect();
    format!("creation_rules:\n{}", rules.concat())
}

#[divan::bench]
fn read_config(bencher: Bencher<'_, '_>) {
    let text = config();
    bencher.bench(|| Config::parse(text.as_bytes(), Path::new("/repository/.sops.yaml")).expect("rules"));
}

#[divan::bench]
fn find_rule(bencher: Bencher<'_, '_>) {
    let config = Config::parse(config().as_bytes(), Path::new("/repository/.sops.yaml")).expect("rules");
    let file = Path::new("/repository/folder-99/app.yaml");
    bencher.bench_local(|| config.rule_for(file).expect("a rule").is_some());
}

/// What a decrypted file costs who looks into it.
#[divan::bench]
fn read_plaintext(bencher: Bencher<'_, '_>) {
    let text = plaintext(Format::Yaml);
    bencher.bench(|| {
        let document = Document::parse(text.as_bytes(), Format::Yaml).expect("it is well-formed");
        document.roots().next().map(|root| root.value(Schema::GoYaml3).expect("it has string keys"))
    });
}
