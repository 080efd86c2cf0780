//! Metadata, data key, cipher, selection and MAC, put together by hand on files that the real sops made.

#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

#[path = "support/sops_vectors.rs"]
mod sops_vectors;

use std::fs;
use std::path::{Path, PathBuf};

use sealkit::age::{Identities, KeygenKind, Prompts, keygen};
use sealkit::document::{Document, Format, Mapping, Schema, Value};
use sealkit::sops::{
    AgeKey, Cipher, DataKey, DataKeyError, Decrypted, KeyGroup, LastModified, Mac, MacError, MacScope,
    MasterKey, Metadata, Selection, SelectionRule, Walk, unflatten,
};

use sops_vectors::{decrypted_by_sops, vectors};

fn key_file(name: &str) -> String {
    fs::read_to_string(vectors().join("keys").join(name)).unwrap()
}

fn identities(names: &[&str]) -> Identities {
    let mut identities = Identities::new();
    for name in names {
        identities.add(key_file(name).as_bytes(), name);
    }
    identities
}

/// Every file that sops encrypted, of every version.
fn files(extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(vectors().join("encrypted"))
        .unwrap()
        .flat_map(|version| fs::read_dir(version.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

fn documents(path: &Path, format: Format) -> Vec<Mapping> {
    let document = Document::parse(&fs::read(path).unwrap(), format).unwrap();
    let values = document.roots().map(|root| root.value(Schema::GoYaml3).unwrap());
    values.map(|value| value.as_mapping().unwrap().clone()).collect()
}

fn identities_for(path: &Path) -> Identities {
    match path.file_stem().unwrap().to_str().unwrap() {
        "hybrid" => identities(&["test-hybrid.txt"]),
        "ssh-ed25519" => identities(&["test-ssh-ed25519"]),
        "ssh-rsa" => identities(&["test-ssh-rsa"]),
        _ => identities(&["test-x25519-c.txt", "test-x25519-b.txt", "test-x25519-a.txt"]),
    }
}

/// Decrypts in place, hashing as it goes.
fn decrypt(value: &mut Value, walk: &mut Walk<'_>, cipher: &Cipher, mac: &mut Mac) {
    match value {
        Value::Mapping(mapping) => {
            let keys: Vec<String> = mapping.keys().map(str::to_owned).collect();
            for key in keys {
                walk.enter_key(&key);
                decrypt(mapping.get_mut(&key).unwrap(), walk, cipher, mac);
                walk.leave();
            }
        }
        Value::Sequence(items) => {
            for item in items.iter_mut() {
                walk.enter_item();
                decrypt(item, walk, cipher, mac);
                walk.leave();
            }
            items.retain(|item| item.as_str() != Some("\0comment"));
        }
        Value::Null => {}
        _ => {
            let selected = walk.is_selected();
            if selected {
                match cipher.decrypt(value.as_str().unwrap(), walk.associated_data()).unwrap() {
                    Decrypted::Value(plain) => *value = plain,
                    Decrypted::Comment(_) => {
                        *value = Value::string("\0comment");
                        return;
                    }
                }
            }
            mac.update(value, selected);
        }
    }
}

fn decrypt_documents(path: &Path, format: Format) -> Vec<Mapping> {
    decrypt_values(documents(path, format), path)
}

fn decrypt_values(mut documents: Vec<Mapping>, path: &Path) -> Vec<Mapping> {
    let metadata = metadata(&documents[0]);
    let data_key = metadata.data_key(&identities_for(path)).unwrap();
    let cipher = Cipher::new(&data_key);
    let selection = Selection::new(&metadata.selection).unwrap();
    let mut mac = Mac::new(metadata.mac_scope);
    for document in &mut documents {
        document.remove("sops").unwrap();
        let mut value = Value::Mapping(std::mem::take(document));
        decrypt(&mut value, &mut Walk::new(&selection), &cipher, &mut mac);
        *document = value.as_mapping().unwrap().clone();
    }
    mac.finish().verify(&cipher, &metadata.mac, &metadata.last_modified).unwrap();
    documents
}

fn metadata(document: &Mapping) -> Metadata {
    Metadata::from_mapping(document.get("sops").unwrap().as_mapping().unwrap()).unwrap()
}

/// Rules on comments need the comments, which a plain tree does not have; a passphrase needs somebody to ask.
fn can_be_done_here(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_str().unwrap();
    !name.contains("comment-regex") && name != "ssh-passphrase"
}

#[test]
fn yaml_of_every_version_decrypts_to_what_sops_makes_of_it() {
    let mut count = 0;
    for path in files("yaml").iter().filter(|path| can_be_done_here(path)) {
        let ours: Vec<_> = decrypt_documents(path, Format::Yaml).iter().map(canonical).collect();
        // sops prints a whole float as an integer, so that only the bytes are the same.
        let theirs: Vec<_> =
            documents(&decrypted_by_sops(path), Format::Yaml).iter().map(canonical).collect();
        assert_eq!(ours, theirs, "{}", path.display());
        count += 1;
    }
    assert_eq!(count, 38);
}

#[test]
fn json_of_every_version_decrypts_to_what_sops_makes_of_it() {
    let files = files("json");
    assert_eq!(files.len(), 8);
    for path in files {
        let ours = decrypt_documents(&path, Format::Json);
        let theirs = documents(&decrypted_by_sops(&path), Format::Json);
        // Before 3.13.2 sops took integers in JSON for floats, so that only their bytes are the same.
        assert_eq!(canonical(&ours[0]), canonical(&theirs[0]), "{}", path.display());
    }
}

fn canonical(mapping: &Mapping) -> Vec<String> {
    fn add(value: &Value, path: &str, lines: &mut Vec<String>) {
        match value {
            Value::Mapping(mapping) => {
                mapping.iter().for_each(|(key, value)| add(value, &format!("{path}/{key}"), lines));
            }
            Value::Sequence(items) => {
                items.iter().for_each(|item| add(item, &format!("{path}/-"), lines));
            }
            scalar => {
                let bytes =
                    scalar.canonical_bytes().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                lines.push(format!("{path}={bytes:?}"));
            }
        }
    }
    let mut lines = Vec::new();
    add(&Value::Mapping(mapping.clone()), "", &mut lines);
    lines
}

#[test]
fn flat_metadata_of_every_version_gives_the_data_key() {
    let mut count = 0;
    for path in files("env").iter().chain(&files("ini")) {
        let text = fs::read_to_string(path).unwrap();
        let pairs: Vec<(&str, &str)> = if path.extension().unwrap() == "env" {
            let lines = text.lines().filter_map(|line| line.strip_prefix("sops_"));
            lines.filter_map(|line| line.split_once('=')).collect()
        } else {
            let lines = text.lines().skip_while(|line| *line != "[sops]").skip(1);
            lines
                .filter_map(|line| line.split_once(" = "))
                .map(|(name, value)| (name.trim(), value))
                .collect()
        };
        let metadata = Metadata::from_mapping(&unflatten(pairs).unwrap()).unwrap();
        let key = metadata.data_key(&identities_for(path)).unwrap();
        let cipher = Cipher::new(&key);
        // An empty MAC is not the file's, but it is compared only after the file's own was decrypted.
        let result =
            Mac::new(MacScope::AllValues).finish().verify(&cipher, &metadata.mac, &metadata.last_modified);
        assert!(matches!(result, Err(MacError::Mismatch)), "{}: {result:?}", path.display());
        count += 1;
    }
    assert_eq!(count, 14 + 2);
}

/// What other versions and hands made of the same metadata: none of it changes what it says.
#[test]
fn older_forms_of_the_metadata_are_read() {
    let path = vectors().join("encrypted/3.8.1/types.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let stamp = text.lines().find_map(|line| line.trim().strip_prefix("lastmodified: ")).unwrap().to_owned();
    let variants = [
        // sops before 3.13 took this, and YAML takes it for a time stamp.
        text.replace(&stamp, stamp.trim_matches('"')),
        text.replace(&stamp, &stamp.replace('Z', ".123Z")),
        text.replace("    kms: []\n", "    kms: null\n").replace("    pgp: []\n", "    pgp:\n"),
        text.replace("    unencrypted_suffix: _unencrypted\n", ""),
        text.replace(
            "    version: 3.8.1\n",
            "    version: 3.8\n    shamir_threshold: 0\n    encrypted_regex: \"\"\n",
        ),
        text.replace("    version: 3.8.1\n", "    mac_only_encrypted: false\n"),
    ];
    for variant in variants {
        assert_ne!(variant, text);
        let document = Document::parse(variant.as_bytes(), Format::Yaml).unwrap();
        let root = document.roots().next().unwrap().value(Schema::GoYaml3).unwrap();
        let decrypted = decrypt_values(vec![root.as_mapping().unwrap().clone()], &path);
        assert_eq!(decrypted, decrypt_documents(&path, Format::Yaml));
    }
}

#[test]
fn binary_files_are_json_with_one_value() {
    for path in files("bin") {
        let documents = decrypt_documents(&path, Format::Json);
        assert_eq!(
            documents[0].get("data").unwrap(),
            &Value::Bytes(b"binary\0\xff\xfe data\n".to_vec().into())
        );
    }
}

#[test]
fn metadata_of_3_13_is_written_in_the_same_order_and_shape() {
    let mut count = 0;
    let all = files("yaml").into_iter().map(|path| (path, Format::Yaml));
    for (path, format) in all.chain(files("json").into_iter().map(|path| (path, Format::Json))) {
        if !path.iter().any(|folder| folder == "3.13.3") {
            continue;
        }
        let documents = documents(&path, format);
        let block = documents[0].get("sops").unwrap();
        let written = Value::Mapping(metadata(&documents[0]).to_mapping());
        assert_eq!(keys(&written), keys(block), "{}", path.display());
        assert_eq!(&written, block, "{}", path.display());
        count += 1;
    }
    assert!(count > 20);
}

/// The keys in order, which comparing mappings does not look at.
fn keys(value: &Value) -> Vec<String> {
    match value {
        Value::Mapping(mapping) => mapping
            .iter()
            .flat_map(|(key, value)| std::iter::once(key.to_owned()).chain(keys(value)))
            .collect(),
        Value::Sequence(items) => items.iter().flat_map(keys).collect(),
        _ => Vec::new(),
    }
}

fn new_key() -> (AgeKey, Identities) {
    let file = keygen(KeygenKind::X25519).unwrap();
    (AgeKey::new(&*file.recipient), Identities::from_text(&file.contents, "a new key"))
}

fn sample(data_key: &DataKey) -> String {
    let mut text = String::new();
    Cipher::new(data_key).encrypt(&Value::string("sample"), "a:", &mut text).unwrap();
    text
}

fn opens(data_key: &DataKey, sample: &str) -> bool {
    Cipher::new(data_key).decrypt(sample, "a:").is_ok()
}

#[test]
fn each_key_of_one_group_opens() {
    let keys: Vec<_> = (0..3).map(|_| new_key()).collect();
    let group = KeyGroup::new(keys.iter().map(|(key, _)| MasterKey::Age(key.clone())).collect());
    let mut metadata = Metadata::new(vec![group], SelectionRule::default());
    let data_key = DataKey::generate().unwrap();
    let sample = sample(&data_key);
    metadata.wrap_data_key(&data_key, &Prompts::default()).unwrap();
    assert_eq!(metadata.shamir_threshold, None);
    for (_, identities) in &keys {
        assert!(opens(&metadata.data_key(identities).unwrap(), &sample));
    }
    let (_, stranger) = new_key();
    let Err(DataKeyError::NotRecovered(failure)) = metadata.data_key(&stranger) else { panic!() };
    assert_eq!(failure.to_string(), "none of the file's 3 master keys could be opened");
    assert_eq!(failure.explain().lines().count(), 3);
}

#[test]
fn groups_need_their_threshold() {
    let keys: Vec<_> = (0..3).map(|_| new_key()).collect();
    let groups = keys.iter().map(|(key, _)| KeyGroup::new(vec![MasterKey::Age(key.clone())])).collect();
    let mut metadata = Metadata::new(groups, SelectionRule::default());
    metadata.shamir_threshold = Some(2);
    let data_key = DataKey::generate().unwrap();
    let sample = sample(&data_key);
    metadata.wrap_data_key(&data_key, &Prompts::default()).unwrap();

    let recover = |numbers: &[usize], metadata: &Metadata| {
        let mut all = Identities::new();
        for number in numbers {
            // Identities can't be merged, but their keys can be added again.
            all.add_identity(identity_of(&keys[*number].1), "test");
        }
        metadata.data_key(&all)
    };
    for pair in [[0, 1], [1, 2], [0, 2]] {
        assert!(opens(&recover(&pair, &metadata).unwrap(), &sample));
    }
    let Err(DataKeyError::NotRecovered(failure)) = recover(&[1], &metadata) else { panic!() };
    assert_eq!(failure.to_string(), "1 of 3 key groups could be opened, and 2 are needed");
    let explanation = failure.explain();
    assert!(explanation.starts_with("key group 1 of 3: no key opens it\n  age age1"), "{explanation}");
    assert!(explanation.contains("key group 2 of 3: open\n"), "{explanation}");

    metadata.shamir_threshold = None;
    metadata.wrap_data_key(&data_key, &Prompts::default()).unwrap();
    assert_eq!(metadata.shamir_threshold, Some(3));
    assert!(recover(&[0, 1], &metadata).is_err());
    assert!(opens(&recover(&[0, 1, 2], &metadata).unwrap(), &sample));

    for threshold in [1, 4] {
        metadata.shamir_threshold = Some(threshold);
        let before = metadata.clone();
        assert!(matches!(
            metadata.wrap_data_key(&data_key, &Prompts::default()),
            Err(DataKeyError::Shamir { .. })
        ));
        assert_eq!(metadata, before);
    }
    metadata.key_groups[1].keys.clear();
    assert!(matches!(
        metadata.wrap_data_key(&data_key, &Prompts::default()),
        Err(DataKeyError::EmptyGroup { group: 1 })
    ));
}

fn identity_of(identities: &Identities) -> sealkit::age::Identity {
    identities.identities().next().unwrap()
}

#[test]
fn foreign_keys_are_named_and_left_alone() {
    let path = vectors().join("encrypted/3.13.3/types.yaml");
    let mut documents = documents(&path, Format::Yaml);
    let block = documents[0].get_mut("sops").unwrap().as_mapping_mut().unwrap();
    let foreign: Mapping =
        [("created_at", "2020-01-01T00:00:00Z"), ("enc", "x"), ("fp", "F00D")].into_iter().collect();
    block.insert("pgp", Value::Sequence(vec![foreign.into()]));
    let mut metadata = Metadata::from_mapping(block).unwrap();
    let data_key = metadata.data_key(&identities_for(&path)).unwrap();
    let before = metadata.clone();

    let error = metadata.wrap_data_key(&data_key, &Prompts::default()).unwrap_err();
    assert_eq!(error.to_string(), "sealkit can't wrap a data key for keys of these kinds yet: pgp F00D");
    assert_eq!(metadata, before);

    let (key, identities) = new_key();
    metadata.key_groups[0].keys.push(MasterKey::Age(key));
    metadata.wrap_data_key_for_new(&data_key, &Prompts::default()).unwrap();
    assert!(metadata.data_key(&identities).is_ok());
    assert_eq!(metadata.key_groups[0].keys[..2], before.key_groups[0].keys);

    metadata.key_groups[0].keys.retain(|key| key.kind() != "age");
    let Err(DataKeyError::NotRecovered(failure)) = metadata.data_key(&identities) else { panic!() };
    assert!(failure.explain().starts_with("pgp F00D: keys of the kind pgp can't be used yet"));
}

#[test]
fn a_wrapped_key_of_another_size_is_no_data_key() {
    let (mut key, identities) = new_key();
    let recipient: sealkit::age::Recipient = key.recipient.parse().unwrap();
    key.enc = recipient.encrypt(&[1; 31], &Prompts::default()).unwrap();
    let metadata = Metadata::new(vec![KeyGroup::new(vec![MasterKey::Age(key)])], SelectionRule::default());
    assert!(matches!(metadata.data_key(&identities), Err(DataKeyError::Length { length: 31 })));
    assert!(metadata.last_modified.moment() <= LastModified::now().moment());
}
