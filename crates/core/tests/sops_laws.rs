//! The laws of the document model, as they show in SOPS files.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

#[path = "support/files.rs"]
mod files;
mod support;
#[path = "support/values.rs"]
mod values;

use proptest::prelude::*;
use sealkit::document::{Document, Format, Path, Schema, Value};
use sealkit::sops::{EncryptedFile, MacCheck, SelectionRule, WhenNothingSelected, encrypt_file};

use files::{key, metadata};

fn rule() -> impl Strategy<Value = SelectionRule> {
    prop_oneof![
        3 => Just(SelectionRule::default()),
        1 => Just(SelectionRule::UnencryptedSuffix(String::from("never"))),
        1 => Just(SelectionRule::EncryptedRegex("^k[01]".to_owned())),
        1 => Just(SelectionRule::UnencryptedRegex("a$".to_owned())),
        1 => Just(SelectionRule::EncryptedCommentRegex("a".to_owned())),
        1 => Just(SelectionRule::UnencryptedCommentRegex("^ ?[b-f]".to_owned())),
    ]
}

fn encrypt(plaintext: &str, rule: SelectionRule) -> String {
    encrypt_file(plaintext.as_bytes(), Format::Yaml, metadata(rule), &key(), WhenNothingSelected::Allow)
        .unwrap_or_else(|error| panic!("{error}: {:?}\n{plaintext}", std::error::Error::source(&error)))
        .text
}

fn decrypt(encrypted: &str) -> String {
    let file = EncryptedFile::parse(encrypted.as_bytes(), Format::Yaml)
        .unwrap_or_else(|error| panic!("{error}\n{encrypted}"));
    let plaintext = file.decrypt_with(&key(), MacCheck::Require);
    let plaintext = plaintext
        .unwrap_or_else(|error| panic!("{error}: {:?}\n{encrypted}", std::error::Error::source(&error)));
    assert!(plaintext.warnings().is_empty(), "{:?}\n{encrypted}", plaintext.warnings());
    plaintext.as_str().unwrap().to_owned()
}

fn values(text: &str) -> Vec<Value> {
    let document = Document::parse(text.as_bytes(), Format::Yaml).unwrap();
    document.roots().map(|root| root.value(Schema::GoYaml3).unwrap()).collect()
}

/// `left` as diff sees it against `right`: the lines that are in one of them only.
fn changed_lines<'a>(left: &'a str, right: &'a str) -> Vec<&'a str> {
    let right: std::collections::HashSet<_> = right.lines().collect();
    left.lines().filter(|line| !right.contains(line)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Law 4, for what is written canonically.
    #[test]
    fn decryption_gives_back_every_byte(plaintext in support::file(support::canonical_scalar().boxed()), rule in rule()) {
        let encrypted = encrypt(&plaintext, rule);
        prop_assert_eq!(decrypt(&encrypted), plaintext, "{}", encrypted);
    }

    /// Laws 3 and 4, for all else.
    #[test]
    fn decryption_gives_back_every_value(plaintext in support::file(support::any_scalar().boxed()), rule in rule()) {
        let encrypted = encrypt(&plaintext, rule);
        let decrypted = decrypt(&encrypted);
        let (before, after) = (values(&plaintext), values(&decrypted));
        prop_assert!(format!("{before:?}") == format!("{after:?}"), "{}\n{}", plaintext, decrypted);
        for (before, after) in before.iter().zip(&after) {
            prop_assert!(values::same(before, after), "{}\n{}\n{}", plaintext, encrypted, decrypted);
        }
    }

    /// Law 5: an update without a change changes the MAC and the time stamp.
    #[test]
    fn an_update_keeps_what_did_not_change(plaintext in support::file(support::any_scalar().boxed()), rule in rule()) {
        let encrypted = encrypt(&plaintext, rule);
        let file = EncryptedFile::parse(encrypted.as_bytes(), Format::Yaml).unwrap();
        let updated = file.update(decrypt(&encrypted).as_bytes(), &key()).unwrap().text;
        for line in changed_lines(&updated, &encrypted) {
            let line = line.trim_start();
            prop_assert!(line.starts_with("mac: ") || line.starts_with("lastmodified: "), "{}\n{}", encrypted, updated);
        }
        prop_assert_eq!(updated.lines().count(), encrypted.lines().count());
    }
}

#[test]
fn one_changed_value_is_one_changed_line() {
    let plaintext: String = (0..200).map(|number| format!("key{number}: value {number} # note\n")).collect();
    let encrypted = encrypt(&plaintext, SelectionRule::default());
    let file = EncryptedFile::parse(encrypted.as_bytes(), Format::Yaml).unwrap();
    let edited = decrypt(&encrypted).replace("value 77 ", "another value ");
    let updated = file.update(edited.as_bytes(), &key()).unwrap().text;
    let changed: Vec<_> = changed_lines(&updated, &encrypted)
        .iter()
        .map(|line| line.split(':').next().unwrap().trim())
        .collect();
    assert!(changed == ["key77", "mac"] || changed == ["key77", "lastmodified", "mac"], "{changed:?}");
    assert_eq!(decrypt(&updated), edited);
    let path = Path::parse("key77").unwrap();
    let document = Document::parse(edited.as_bytes(), Format::Yaml).unwrap();
    assert_eq!(document.roots().next().unwrap().at(&path).unwrap().text(), Some("another value"));
}

/// Equal values in one list are bound to one path: their ciphertexts would do for each other.
#[test]
fn equal_values_keep_their_own_ciphertexts() {
    let plaintext: String =
        (0..6).map(|number| format!("- name: n{number}\n  role: admin # same\n")).collect();
    let plaintext = format!("users:\n{plaintext}list: [same, same, same, same]\n");
    let encrypted = encrypt(&plaintext, SelectionRule::default());
    let file = EncryptedFile::parse(encrypted.as_bytes(), Format::Yaml).unwrap();
    let lines_changed = |edited: &str| {
        let updated = file.update(edited.as_bytes(), &key()).unwrap().text;
        assert_eq!(decrypt(&updated), edited);
        let is_own = |line: &&&str| !line.trim_start().starts_with("mac: ") && !line.contains("lastmodified");
        changed_lines(&updated, &encrypted).iter().filter(is_own).count()
    };
    let first_role = plaintext.replacen("admin", "guest", 1);
    assert_eq!(lines_changed(&first_role), 1);
    let last = first_role.rfind("admin").unwrap();
    let both = format!("{}guest{}", &first_role[..last], &first_role[last + 5..]);
    assert_eq!(lines_changed(&both), 2);
    assert_eq!(lines_changed(&plaintext.replace("- name: n2\n  role: admin # same\n", "")), 0);
    let added = plaintext.replace("- name: n2", "- name: new\n  role: admin # same\n- name: n2");
    assert_eq!(lines_changed(&added), 2);
    assert_eq!(lines_changed(&plaintext.replace("[same, same", "[other, same")), 1);

    // What stands in the clear between them tells them apart.
    let plaintext = "items:\n- secret: x\n  name: a\n- secret: x\n  name: b\n";
    let encrypted = encrypt(plaintext, SelectionRule::EncryptedRegex("secret".to_owned()));
    let file = EncryptedFile::parse(encrypted.as_bytes(), Format::Yaml).unwrap();
    let edited = plaintext.replacen("- secret: x\n  name", "- name", 1);
    let updated = file.update(edited.as_bytes(), &key()).unwrap().text;
    let second = encrypted.lines().nth(3).unwrap();
    assert!(updated.contains(second), "{encrypted}\n{updated}");
}

/// Go reads such a time, and sops has no text for it, whether it is encrypted or not.
#[test]
fn a_time_that_is_a_day_off_is_refused() {
    let encrypt = |plain: &str| {
        let rule = metadata(SelectionRule::default());
        encrypt_file(plain.as_bytes(), Format::Yaml, rule, &key(), WhenNothingSelected::Allow)
    };
    for key in ["a", "a_unencrypted"] {
        for offset in ["-24:00", "+24:00", "+23:60"] {
            let error = encrypt(&format!("{key}: 2001-12-14T01:02:03{offset}\n")).unwrap_err();
            let expected = format!(
                "{key} (line 1, column {}) is a time whose offset is a day or more; write it as a string",
                key.len() + 3
            );
            assert_eq!(error.to_string(), expected);
        }
    }
    let plain = "a: 2001-12-14T01:02:03-23:59\nb: \"2001-12-14T01:02:03-24:00\"\n";
    assert_eq!(decrypt(&encrypt(plain).unwrap().text), plain);
}

#[test]
fn empty_binary_data_stands_in_the_clear() {
    let plaintext = "a: !!binary\nb: !!binary \"\"\nc: x\n";
    assert_eq!(decrypt(&encrypt(plaintext, SelectionRule::default())), plaintext);
}

#[test]
fn an_empty_document_among_others_has_metadata_too() {
    let plaintext = "a: x\n---\n# nothing\n---\nb: z\n";
    let encrypted = encrypt(plaintext, SelectionRule::default());
    assert_eq!(encrypted.matches("\nsops:\n").count(), 3, "{encrypted}");
    assert_eq!(decrypt(&encrypted), plaintext);
}

/// A comment at the end of a document says nothing of the next one.
#[test]
fn a_rule_on_comments_ends_with_the_document() {
    let plaintext = "a: x\n# public\n---\nb: z\n";
    let encrypted = encrypt(plaintext, SelectionRule::UnencryptedCommentRegex("public".to_owned()));
    assert!(encrypted.contains("\n# public\n") && encrypted.contains("\nb: ENC["), "{encrypted}");
    assert_eq!(decrypt(&encrypted), plaintext);
}

/// The old metadata is taken over as it is written, but not where it would stand in another column than its neighbours.
#[test]
fn documents_that_are_indented_differently_keep_their_metadata_apart() {
    let plaintext = "a: x\n---\n    b: w\n    c: z\n";
    let encrypted = encrypt(plaintext, SelectionRule::default());
    let file = EncryptedFile::parse(encrypted.as_bytes(), Format::Yaml).unwrap();
    let edited = plaintext.replace(": z", ": other");
    let updated = file.update(edited.as_bytes(), &key()).unwrap().text;
    assert_eq!(decrypt(&updated), edited);
    assert_eq!(changed_lines(&updated, &encrypted).iter().filter(|line| line.contains("ENC[")).count(), 3);
}

/// A block scalar that keeps its last line breaks gets none from the metadata below it, though its last line has none itself.
#[test]
fn metadata_adds_no_line_to_a_block_that_ends_the_file() {
    for plaintext in ["# c\na: |+\n  x\n ", "# c\na: |+\r\n  x\r\n\r\n ", "# c\na: |+\n  x", "a: |+\n  x\n "]
    {
        for rule in [SelectionRule::default(), SelectionRule::EncryptedSuffix("never".to_owned())] {
            assert_eq!(values(&decrypt(&encrypt(plaintext, rule))), values(plaintext), "{plaintext:?}");
        }
    }
}

/// Another document of the file may be one that nobody encrypted.
#[test]
fn a_document_that_can_t_have_metadata_is_named() {
    let encrypted = encrypt("a: x\n", SelectionRule::default());
    let text = format!("just text\n---\n{encrypted}");
    let file = EncryptedFile::parse(text.as_bytes(), Format::Yaml).unwrap();
    let error = file.with_metadata(file.metadata()).unwrap_err().to_string();
    assert!(error.starts_with("line 1, column 1: the document is a single value"), "{error}");
}
