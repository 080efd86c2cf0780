//! Whatever is read, reading ends, in an error or in something that can be written again.

#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::path::Path;

use proptest::prelude::*;
use sealkit::age::{Identities, Identity, Recipient};
use sealkit::document::{Mapping, Value};
use sealkit::sops::{
    Cipher, Config, DataKey, Metadata, Selection, SelectionRule, Walk, flatten, is_encrypted, unflatten,
};

/// Text made of the pieces that readers look for, more often than of others.
fn text(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => prop::sample::select(pieces).prop_map(str::to_owned), 1 => ".{0,3}"];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

const CIPHERTEXT: &[&str] = &[
    "ENC[AES256_GCM,data:",
    "AAAA",
    ",iv:",
    "AAAAAAAAAAAAAAAA",
    ",tag:",
    "=",
    ",type:",
    "str",
    "int",
    "]",
    "\n",
];

const NAMES: &[&str] = &["age", "__list_", "__map_", "0", "1", "2", "enc", "kms", "x"];

const PATTERN: &[&str] = &[
    "[",
    "]",
    "^",
    "(",
    ")",
    "(?i)",
    "(?x)",
    "\\",
    "d",
    "W",
    "Q",
    "{2}",
    "{",
    ",",
    "|",
    "a-z",
    "&&",
    "[:alpha:]",
    "é",
    "*",
];

const YAML: &[&str] = &[
    "creation_rules:",
    "\n",
    "  - ",
    "path_regex",
    ": ",
    "age",
    "age1x",
    "key_groups",
    "[",
    "]",
    "{",
    "}",
    "<<: *a",
    "&a ",
    "merge",
    ",",
    "stores",
    "yaml",
    "indent",
    "2",
    "shamir_threshold",
    "encrypted_regex",
    "(",
];

const KEY: &[&str] = &[
    "age1",
    "pq1",
    "AGE-SECRET-KEY-",
    "PQ-1",
    "1",
    "ssh-rsa ",
    "AAAAB3NzaC1yc2E",
    "-----BEGIN ",
    "OPENSSH PRIVATE KEY-----\n",
    "q",
];

/// A tree with the names that metadata has.
fn tree() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "age",
        "pgp",
        "key_groups",
        "enc",
        "recipient",
        "lastmodified",
        "mac",
        "shamir_threshold",
        "mac_only_encrypted",
        "version",
        "encrypted_regex",
        "unencrypted_suffix",
        "other",
    ]);
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(|integer| Value::Integer(integer.into())),
        (0..5i128).prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Float),
        Just(Value::string("2024-05-06T07:08:09Z")),
        ".{0,5}".prop_map(Value::string),
        any::<Vec<u8>>().prop_map(|bytes| Value::Bytes(bytes.into())),
    ];
    scalar.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Sequence),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|entries| Value::Mapping(entries.into_iter().collect())),
        ]
    })
}

fn mapping() -> impl Strategy<Value = Mapping> {
    tree().prop_filter_map("a mapping", |value| value.as_mapping().cloned())
}

proptest! {
    #[test]
    fn ciphertexts(text in text(CIPHERTEXT), path in ".{0,5}") {
        let cipher = Cipher::new(&DataKey::from_bytes(&[1; 32]).unwrap());
        if !text.is_empty() {
            prop_assert!(cipher.decrypt(&text, &path).is_err());
        }
        let _ = is_encrypted(&text);
    }

    #[test]
    fn values_survive(text in ".{1,40}", path in ".{0,9}") {
        let mut cipher = Cipher::new(&DataKey::from_bytes(&[1; 32]).unwrap());
        let mut encrypted = String::new();
        cipher.encrypt(&Value::string(text.as_str()), &path, &mut encrypted).unwrap();
        prop_assert!(is_encrypted(&encrypted) && !encrypted.contains(text.as_str()) || text.len() < 4);
        prop_assert_eq!(
            cipher.decrypt(&encrypted, &path).unwrap(),
            sealkit::sops::Decrypted::Value(Value::string(text))
        );
    }

    #[test]
    fn metadata(block in mapping()) {
        if let Ok(metadata) = Metadata::from_mapping(&block) {
            let written = metadata.to_mapping();
            let again = Metadata::from_mapping(&written).unwrap();
            prop_assert_eq!(again.to_mapping(), written);
        }
    }

    #[test]
    fn flat_names(pairs in prop::collection::vec((text(NAMES), ".{0,5}"), 0..8)) {
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if let Ok(block) = unflatten(pairs.iter().copied()) {
            let flat = flatten(&block).unwrap();
            prop_assert_eq!(flat.len(), pairs.len());
        }
    }

    #[test]
    fn flat_blocks(block in mapping()) {
        if let Ok(flat) = flatten(&block) {
            let back = unflatten(flat.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            // A name with a separator in it, or a list of nothing, does not come back; what does is the same.
            if let Ok(back) = back {
                prop_assert_eq!(flatten(&back).unwrap().len(), flat.len());
            }
        }
    }

    #[test]
    fn patterns(pattern in text(PATTERN), key in ".{0,6}") {
        for field in SelectionRule::FIELDS {
            let rule = SelectionRule::from_field(field, &pattern).unwrap();
            if let Ok(selection) = Selection::new(&rule) {
                let mut walk = Walk::new(&selection);
                walk.comment(&key);
                walk.enter_key(&key);
                let _ = walk.is_selected();
                walk.leave();
                prop_assert_eq!(walk.associated_data(), "");
            }
        }
    }

    #[test]
    fn configurations(yaml in text(YAML)) {
        if let Ok(config) = Config::parse(yaml.as_bytes(), Path::new("/x/.sops.yaml")) {
            let _ = config.rule_for(Path::new("/x/y"));
            let _ = config.problems().count();
        }
    }

    #[test]
    fn keys(text in text(KEY)) {
        let _ = text.parse::<Recipient>();
        let _ = text.parse::<Identity>();
        let (identities, errors) = Identity::parse_all(text.as_bytes(), "x");
        prop_assert!(identities.is_empty() || errors.len() < 12);
        prop_assert!(Identities::from_text(&text, "x").open(&text, "y").is_err());
    }
}
