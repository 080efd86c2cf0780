//! The laws of the document model, as they show in SOPS files in JSON, dotenv and INI, and in binary ones.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

#[path = "support/files.rs"]
mod files;
mod formats;

use std::error::Error;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use sealkit::document::{Children, Document, Edits, Format, Node, NodeId, Schema, Value, convert};
use sealkit::sops::{
    EncryptedFile, MacCheck, MacScope, Metadata, SelectionRule, WhenNothingSelected, encrypt_file,
    encrypt_file_as,
};

use files::{key, metadata, pairs};

fn rule() -> impl Strategy<Value = SelectionRule> {
    prop_oneof![
        3 => Just(SelectionRule::default()),
        1 => Just(SelectionRule::UnencryptedSuffix(String::from("never"))),
        1 => Just(SelectionRule::EncryptedRegex("^k[01]|^[A-M]".to_owned())),
        1 => Just(SelectionRule::UnencryptedRegex("[aA]$".to_owned())),
        1 => Just(SelectionRule::EncryptedCommentRegex("a".to_owned())),
        1 => Just(SelectionRule::UnencryptedCommentRegex("^ ?[b-f]".to_owned())),
    ]
}

fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

fn encrypt(plaintext: &[u8], format: Format, rule: SelectionRule) -> String {
    encrypt_file(plaintext, format, metadata(rule), &key(), WhenNothingSelected::Allow)
        .unwrap_or_else(|error| panic!("{}\n{}", chain(&error), String::from_utf8_lossy(plaintext)))
        .text
}

fn file(encrypted: &str, format: Format) -> EncryptedFile {
    EncryptedFile::parse(encrypted.as_bytes(), format)
        .unwrap_or_else(|error| panic!("{}\n{encrypted}", chain(&error)))
}

fn decrypt(encrypted: &str, format: Format) -> String {
    let plaintext = file(encrypted, format).decrypt_with(&key(), MacCheck::Require);
    let plaintext = plaintext.unwrap_or_else(|error| panic!("{}\n{encrypted}", chain(&error)));
    assert!(plaintext.warnings().is_empty(), "{:?}\n{encrypted}", plaintext.warnings());
    plaintext.as_str().unwrap().to_owned()
}

fn value(text: &str, format: Format) -> Value {
    let document = Document::parse(text.as_bytes(), format).unwrap();
    document.roots().next().unwrap().value(Schema::GoYaml3).unwrap()
}

/// The file that is updated without a change: only the MAC and the time stamp may differ, and they stand where they stood.
fn update_keeps_all(encrypted: &str, plaintext: &[u8], format: Format) {
    let updated = file(encrypted, format).update(plaintext, &key()).unwrap().text;
    let old: Vec<_> = encrypted.split(['\n', ',', '{', '}']).collect();
    let new: Vec<_> = updated.split(['\n', ',', '{', '}']).collect();
    assert_eq!(old.len(), new.len(), "{encrypted}\n{updated}");
    // A ciphertext has commas, too: its parts are what may differ.
    let may_differ = ["mac", "lastmodified", "sops_mac", "sops_lastmodified", "iv:", "tag:", "data:"];
    let changed: Vec<_> = old.iter().zip(&new).filter(|(old, new)| old != new).map(|(_, new)| new).collect();
    for piece in &changed {
        let piece = piece.trim_start_matches([' ', '\t', '"']);
        assert!(may_differ.iter().any(|field| piece.starts_with(field)), "{piece}");
    }
    assert!(changed.len() <= 5, "{encrypted}\n{updated}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn json_survives(plaintext in formats::json(formats::canonical_scalar()), rule in rule()) {
        let encrypted = encrypt(plaintext.as_bytes(), Format::Json, rule);
        prop_assert_eq!(decrypt(&encrypted, Format::Json), plaintext.clone(), "{}", encrypted);
        update_keeps_all(&encrypted, plaintext.as_bytes(), Format::Json);
    }

    #[test]
    fn json_keeps_its_values(plaintext in formats::json(formats::any_scalar()), rule in rule()) {
        let decrypted = decrypt(&encrypt(plaintext.as_bytes(), Format::Json, rule), Format::Json);
        let (before, after) = (value(&plaintext, Format::Json), value(&decrypted, Format::Json));
        prop_assert!(before == after, "{plaintext}\n{decrypted}");
    }

    #[test]
    fn dotenv_survives(plaintext in formats::dotenv(), rule in rule()) {
        prop_assume!(!formats::mixes_line_breaks(&plaintext));
        let encrypted = encrypt(plaintext.as_bytes(), Format::Dotenv, rule);
        prop_assert_eq!(decrypt(&encrypted, Format::Dotenv), plaintext.clone(), "{}", encrypted);
        update_keeps_all(&encrypted, plaintext.as_bytes(), Format::Dotenv);
    }

    #[test]
    fn ini_survives(plaintext in formats::ini(), rule in rule()) {
        // Generated comments may close or continue what stands before them in ways of their own.
        prop_assume!(Document::parse(plaintext.as_bytes(), Format::Ini).is_ok());
        let encrypted = encrypt(plaintext.as_bytes(), Format::Ini, rule);
        prop_assert_eq!(decrypt(&encrypted, Format::Ini), plaintext.clone(), "{}", encrypted);
        update_keeps_all(&encrypted, plaintext.as_bytes(), Format::Ini);
    }

    #[test]
    fn bytes_survive(plaintext in prop::collection::vec(any::<u8>(), 0..64)) {
        let encrypted = encrypt(&plaintext, Format::Binary, SelectionRule::default());
        let decrypted = file(&encrypted, Format::Binary).decrypt_with(&key(), MacCheck::Require).unwrap();
        prop_assert_eq!(decrypted.as_bytes(), &plaintext);
        prop_assert_eq!(decrypted.as_str().is_some(), std::str::from_utf8(&plaintext).is_ok());
        update_keeps_all(&encrypted, &plaintext, Format::Binary);
        let updated = file(&encrypted, Format::Binary).update(b"other", &key()).unwrap().text;
        let decrypted = file(&updated, Format::Binary).decrypt_with(&key(), MacCheck::Require).unwrap();
        prop_assert_eq!(decrypted.into_bytes().to_vec(), b"other");
    }

    /// What is not selected stands in the encrypted file as it stood, and the metadata behind it.
    #[test]
    fn what_is_clear_does_not_change(ini in formats::ini(), dotenv in formats::dotenv()) {
        let rule = || SelectionRule::EncryptedSuffix("no such suffix".to_owned());
        prop_assume!(!formats::mixes_line_breaks(&dotenv));
        let encrypted = encrypt(dotenv.as_bytes(), Format::Dotenv, rule());
        prop_assert!(encrypted.starts_with(&dotenv) || dotenv.contains('\r'), "{encrypted}");
        prop_assume!(Document::parse(ini.as_bytes(), Format::Ini).is_ok());
        prop_assert!(encrypt(ini.as_bytes(), Format::Ini, rule()).starts_with(&ini));
    }
}

fn scalars<'a>(node: Node<'a>, list: &mut Vec<Node<'a>>) {
    match node.children() {
        Children::Mapping(entries) => entries.iter().for_each(|(_, value)| scalars(value, list)),
        Children::Sequence(items) => items.iter().for_each(|item| scalars(item, list)),
        _ => list.push(node),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Whatever can be read: without changes it stays, a value that is set is read back and leaves all others alone, and
    /// what is encrypted is decrypted to the same values, or refused.
    #[test]
    fn anything_that_is_read_obeys_the_laws(
        (text, format) in (formats::any_text(), prop::sample::select(&[Format::Dotenv, Format::Ini, Format::Json][..])),
        new in formats::any_text(),
        which in any::<prop::sample::Index>(),
        rule in rule(),
    ) {
        let text = if format == Format::Json { format!("{{\"a\": \"{text}\", \"b\": [{text}]}}") } else { text };
        let Ok(document) = Document::parse(text.as_bytes(), format) else { return Ok(()) };
        prop_assert_eq!(Edits::new(&document).apply().unwrap().to_string(), text.as_str());

        let before = pairs(&document);
        let mut nodes = Vec::new();
        document.roots().for_each(|root| scalars(root, &mut nodes));
        if !nodes.is_empty() {
            let place = which.index(nodes.len());
            let mut edits = Edits::new(&document);
            edits.set(nodes[place], &Value::string(new.as_str()));
            if let Ok(changed) = edits.apply() {
                let parsed = Document::parse(changed.as_bytes(), format);
                let parsed = parsed.map_err(|error| TestCaseError::fail(format!("{error}\n{text:?}\n{:?}", *changed)))?;
                let mut expected = before.clone();
                expected[place].1 = written(&new, nodes[place]);
                prop_assert_eq!(pairs(&parsed), expected, "{:?}\n{:?}", text, *changed);
            }
        }

        let encrypted = encrypt_file(text.as_bytes(), format, metadata(rule), &key(), WhenNothingSelected::Allow);
        let Ok(encrypted) = encrypted else { return Ok(()) };
        let decrypted = file(&encrypted.text, format).decrypt_with(&key(), MacCheck::Require);
        let decrypted = decrypted.map_err(|error| TestCaseError::fail(format!("{}\n{text:?}\n{}", chain(&error), encrypted.text)))?;
        let after = Document::parse(decrypted.as_bytes(), format).unwrap();
        prop_assert_eq!(pairs(&after), before, "{:?}\n{}", text, encrypted.text);
    }
}

/// The mappings of a tree, the root first.
fn mappings<'a>(node: Node<'a>, list: &mut Vec<Node<'a>>) {
    match node.children() {
        Children::Mapping(entries) => {
            list.push(node);
            entries.iter().for_each(|(_, value)| mappings(value, list));
        }
        Children::Sequence(items) => items.iter().for_each(|item| mappings(item, list)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// An entry that is put in stands at the end of its mapping, one that is taken out is gone, and nothing else changes.
    #[test]
    fn entries_come_and_go(
        (text, format) in (formats::any_text(), prop::sample::select(&[Format::Dotenv, Format::Ini, Format::Json][..])),
        (key, new) in (formats::any_text(), formats::any_text()),
        which in any::<[prop::sample::Index; 2]>(),
    ) {
        let text = if format == Format::Json { format!("{{\"a\": {{{text}}}, \"b\": [{text}]}}") } else { text };
        let Ok(document) = Document::parse(text.as_bytes(), format) else { return Ok(()) };
        // A byte order mark inside a file becomes one when what stands before it goes.
        if text.chars().skip(1).any(|character| character == '\u{feff}') {
            return Ok(());
        }
        let mut list = Vec::new();
        document.roots().for_each(|root| mappings(root, &mut list));
        let mapping = list[which[0].index(list.len())];
        let entries: Vec<_> = mapping.entries().unwrap().iter().collect();
        let is_section = format == Format::Ini && mapping.parent().is_none();
        let value = match is_section {
            true => Value::Mapping([("k", new.as_str())].into_iter().collect()),
            false => Value::string(new.as_str()),
        };
        let marked = |skipped: Option<usize>, added: bool| {
            let mut lines = Vec::new();
            let root = document.roots().next().unwrap();
            with_changes(root, "", Change { mapping: mapping.id(), skipped, added: added.then_some((&key, &new, is_section)) }, &mut lines);
            lines
        };
        prop_assert_eq!(marked(None, false), pairs(&document));

        let mut edits = Edits::new(&document);
        edits.insert_entry(mapping, &key, &value);
        // A key that stands twice is refused when the text is read.
        if let Ok(changed) = edits.apply()
            && entries.iter().all(|(name, _)| name.text() != Some(&key))
        {
            let parsed = Document::parse(changed.as_bytes(), format);
            let parsed = parsed.map_err(|error| TestCaseError::fail(format!("{error}\n{text:?}\n{:?}", *changed)))?;
            prop_assert_eq!(pairs(&parsed), marked(None, true), "{:?}\n{:?}", text, *changed);
        }
        if !entries.is_empty() {
            let index = which[1].index(entries.len());
            let mut edits = Edits::new(&document);
            edits.remove(mapping, index);
            let changed = edits.apply().unwrap();
            let parsed = Document::parse(changed.as_bytes(), format);
            let parsed = parsed.map_err(|error| TestCaseError::fail(format!("{error}\n{text:?}\n{:?}", *changed)))?;
            prop_assert_eq!(pairs(&parsed), marked(Some(index), false), "{:?}\n{:?}", text, *changed);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// What is written in another format is read there, with the same values; comments stay comments.
    #[test]
    fn what_is_converted_is_read_again(
        text in formats::any_text(),
        from in prop::sample::select(&[Format::Dotenv, Format::Ini, Format::Json, Format::Yaml][..]),
        to in prop::sample::select(&[Format::Dotenv, Format::Ini, Format::Json, Format::Yaml][..]),
    ) {
        let text = if from == Format::Json { format!("{{\"a\": {{{text}}}, \"b\": \"{text}\"}}") } else { text };
        let Ok(document) = Document::parse(text.as_bytes(), from) else { return Ok(()) };
        let Ok(converted) = convert(text.as_bytes(), from, to, None) else { return Ok(()) };
        let shown = String::from_utf8_lossy(&converted);
        let parsed = Document::parse(&converted, to);
        let parsed = parsed.map_err(|error| TestCaseError::fail(format!("{error}\n{text:?}\n{shown:?}")))?;
        if from == to {
            return Ok(());
        }
        let comments = |document: &Document| document.comments().len();
        if to != Format::Json {
            prop_assert_eq!(comments(&document), comments(&parsed), "{:?}\n{:?}", text, shown);
        }
        let values = |document: &Document| -> Vec<Vec<u8>> {
            let mut nodes = Vec::new();
            document.roots().for_each(|root| scalars(root, &mut nodes));
            let values = nodes.into_iter().map(|node| node.value(Schema::GoYaml3).unwrap());
            // What may change is the form of a number, and null is text where all is.
            let bytes = values.filter(|value| !matches!(value, Value::Float(_) | Value::Boolean(_)));
            bytes.map(|value| value.canonical_bytes().unwrap_or_default().to_vec()).collect()
        };
        // In dotenv a backslash and an `n` become a line break. Sections that stand twice become one.
        if matches!((from, to), (Format::Json, Format::Yaml) | (Format::Dotenv, Format::Json | Format::Yaml)) {
            prop_assert_eq!(values(&document), values(&parsed), "{:?}\n{:?}", text, shown);
        }
    }
}

/// A change to one mapping.
#[derive(Clone, Copy)]
struct Change<'a> {
    mapping: NodeId,
    /// The number of the entry that is taken out.
    skipped: Option<usize>,
    /// The key and the text that are put in, and whether the key is that of a section with the text in it.
    added: Option<(&'a str, &'a str, bool)>,
}

/// What [`pairs`] gives once an entry of one mapping is taken out, or one is put in at its end.
fn with_changes(node: Node<'_>, path: &str, change: Change<'_>, list: &mut Vec<(String, String)>) {
    let Change { mapping, skipped, added } = change;
    match node.children() {
        Children::Mapping(entries) => {
            for (index, (key, value)) in entries.iter().enumerate() {
                if node.id() != mapping || skipped != Some(index) {
                    with_changes(value, &format!("{path}/{}", key.text().unwrap()), change, list);
                }
            }
            if let Some((key, new, is_section)) = added.filter(|_| node.id() == mapping) {
                let key = if is_section { format!("{key}/k") } else { key.to_owned() };
                list.push((format!("{path}/{key}"), inserted(new, node)));
            }
        }
        Children::Sequence(items) => {
            items.iter().for_each(|item| with_changes(item, &format!("{path}/-"), change, list));
        }
        _ => list.push((path.to_owned(), node.text().unwrap_or_default().to_owned())),
    }
}

fn inserted(text: &str, mapping: Node<'_>) -> String {
    match mapping.document().format() {
        Format::Dotenv => {
            let end = if mapping.document().newline() == "\r\n" { "\r" } else { "" };
            text.replace("\\n", "\n") + end
        }
        _ => text.to_owned(),
    }
}

/// What `text` is once it is written in the place of `node`: dotenv has no way to write a backslash and an `n`, and a carriage
/// return at the end of a line stays.
fn written(text: &str, node: Node<'_>) -> String {
    if node.document().format() != Format::Dotenv {
        return text.to_owned();
    }
    let end = if node.source().ends_with('\r') && !text.ends_with('\r') { "\r" } else { "" };
    text.replace("\\n", "\n") + end
}

/// One changed value changes its own line and the metadata's.
#[test]
fn one_changed_value_is_one_changed_line() {
    let files: [(Format, String); 3] = [
        (Format::Json, {
            let members: Vec<_> =
                (0..200).map(|number| format!("  \"key{number}\": \"value {number}\"")).collect();
            format!("{{\n{}\n}}\n", members.join(",\n"))
        }),
        (Format::Dotenv, (0..200).map(|number| format!("KEY{number}=value {number}\n")).collect()),
        (Format::Ini, (0..200).map(|number| format!("key{number} = value {number} ; note\n")).collect()),
    ];
    for (format, plaintext) in files {
        let encrypted = encrypt(plaintext.as_bytes(), format, SelectionRule::default());
        let edited = decrypt(&encrypted, format).replace("value 77", "another value");
        let updated = file(&encrypted, format).update(edited.as_bytes(), &key()).unwrap().text;
        let lines = updated.lines().zip(encrypted.lines());
        let changed = lines.filter(|(new, old)| new != old).map(|(new, _)| new.trim().trim_matches('"'));
        let changed: Vec<_> = changed.map(str::to_lowercase).collect();
        assert!(changed[0].starts_with("key77"), "{format:?}");
        let is_metadata = |line: &String| line.contains("mac") || line.contains("lastmodified");
        assert!(changed[1..].iter().all(is_metadata), "{format:?}");
        assert_eq!(decrypt(&updated, format), edited);
    }
}

/// A number that is edited without changing its value is encrypted anew: what is written is what comes back.
#[test]
fn the_form_of_a_number_is_kept() {
    for (format, plaintext) in [
        (Format::Json, "{\"a\": 1.50, \"b\": 1e3, \"c\": -0, \"d\": 12345678901234567890123}"),
        (Format::Yaml, "a: 1.50\nb: 1e3\nc: +7\nd: 18446744073709551616\n"),
    ] {
        let encrypted = encrypt(plaintext.as_bytes(), format, SelectionRule::default());
        assert_eq!(decrypt(&encrypted, format), plaintext);
        let edited = plaintext.replace("1.50", "1.5");
        let updated = file(&encrypted, format).update(edited.as_bytes(), &key()).unwrap().text;
        assert_eq!(decrypt(&updated, format), edited);
    }
}

#[test]
fn what_could_not_be_read_again_is_refused() {
    let encrypted = || {
        let metadata = metadata(SelectionRule::default());
        encrypt_file(b"x", Format::Binary, metadata, &key(), WhenNothingSelected::Refuse).unwrap()
    };
    let length = encrypted().text.len();
    assert!(encrypted().within(length + 16).is_ok());
    let error = chain(&encrypted().within(64).unwrap_err());
    assert_eq!(error, "the encrypted file would be larger than 64 bytes, the most that is read at once");
}

#[test]
fn dotenv_that_sops_could_not_read_is_refused() {
    for (plaintext, place) in [
        ("A=1\n\r\nB=2\n", "line 2, column 1"),
        ("\r\nA=1", "line 1, column 1"),
        ("A=1\r\n\r", "line 2, column 1"),
    ] {
        let metadata = metadata(SelectionRule::default());
        let result =
            encrypt_file(plaintext.as_bytes(), Format::Dotenv, metadata, &key(), WhenNothingSelected::Refuse);
        let error = chain(&result.unwrap_err());
        assert!(error.starts_with(place) && error.contains("use one kind of line breaks"), "{error}");
    }
}

/// What is encrypted in another format, and the layout of what is new.
#[test]
fn a_file_is_encrypted_in_another_format() {
    let encrypt = |plaintext: &[u8], from, to, indent| {
        let metadata = metadata(SelectionRule::EncryptedRegex("^pass".to_owned()));
        let encrypted =
            encrypt_file_as(plaintext, (from, to), indent, metadata, &key(), WhenNothingSelected::Refuse);
        encrypted.unwrap_or_else(|error| panic!("{}", chain(&error))).text
    };
    let ini = b"; who\n[db]\nuser=x\npassword=pw\n";
    let yaml = encrypt(ini, Format::Ini, Format::Yaml, Some(2));
    assert!(yaml.starts_with("DEFAULT: {}\n# who\ndb:\n  user: x\n  password: ENC["), "{yaml}");
    assert_eq!(decrypt(&yaml, Format::Yaml), "DEFAULT: {}\n# who\ndb:\n  user: x\n  password: pw\n");
    // The rule is for keys, and a binary file has none.
    let yaml = encrypt(b"y\n", Format::Binary, Format::Yaml, None);
    assert!(yaml.starts_with("data: ENC[") || yaml.starts_with("data: |"), "{yaml}");
    assert_eq!(decrypt(&yaml, Format::Yaml), "data: |\n    y\n");
    let json = encrypt(b"password: x", Format::Yaml, Format::Binary, Some(2));
    assert!(json.starts_with("{\n  \"password\": \"ENC["), "{json}");
    let binary = encrypt(b"x", Format::Binary, Format::Binary, Some(2));
    assert!(binary.starts_with("{\n  \"data\": \"ENC["), "{binary}");
}

#[test]
fn reserved_keys_and_encrypted_files_are_refused() {
    let refused = |plaintext: &str, format| {
        let metadata = metadata(SelectionRule::default());
        let result = encrypt_file(plaintext.as_bytes(), format, metadata, &key(), WhenNothingSelected::Allow);
        chain(&result.unwrap_err())
    };
    let reserved = "is reserved for the file's own metadata; rename it";
    for (plaintext, format, place) in [
        ("A=1\nsops_x=1\n", Format::Dotenv, "the key `sops_x` (line 2, column 8)"),
        ("[sops]\nx=1\n", Format::Ini, "the key `sops` (line 2, column 1)"),
        ("{\"sops\": 1}", Format::Json, "the key `sops` (line 1, column 10)"),
    ] {
        assert_eq!(refused(plaintext, format), format!("{place} {reserved}"));
    }
    for (plaintext, format) in
        [("A=1\n", Format::Dotenv), ("[a]\nb=1\n", Format::Ini), ("{\"a\":1}", Format::Json)]
    {
        let encrypted = encrypt(plaintext.as_bytes(), format, SelectionRule::default());
        assert!(refused(&encrypted, format).contains("encrypted already"));
    }
    assert_eq!(
        refused("{\"a\": [1e400]}", Format::Json),
        "a[0] (line 1, column 8) is a number that is too large; write it as a string"
    );
    assert!(refused("[1]", Format::Json).contains("a list at its top level"));
    // In dotenv it is not the whole key that is reserved.
    encrypt(b"sops=1\n", Format::Dotenv, SelectionRule::default());
}

#[test]
fn only_the_encrypted_values_count_where_the_mac_says_so() {
    for (format, plaintext, old, new) in [
        (Format::Json, "{\"a\": 1, \"b_unencrypted\": 2}", "_unencrypted\": 2", "_unencrypted\": 3"),
        (Format::Dotenv, "A=1\nB_unencrypted=2\n", "_unencrypted=2", "_unencrypted=3"),
        (Format::Ini, "a = 1\nb_unencrypted = 2\n", "_unencrypted = 2", "_unencrypted = 3"),
        (Format::Binary, "ab", "", ""),
    ] {
        let metadata =
            Metadata { mac_scope: MacScope::EncryptedValues, ..metadata(SelectionRule::default()) };
        let refuse = WhenNothingSelected::Refuse;
        let encrypted = encrypt_file(plaintext.as_bytes(), format, metadata, &key(), refuse).unwrap().text;
        assert_eq!(decrypt(&encrypted.replace(old, new), format), plaintext.replace(old, new), "{format:?}");
    }
}

/// A file whose metadata somebody has moved in front of its values.
fn with_metadata_first(plaintext: &str, format: Format, block: &str) -> (String, String) {
    let encrypted = encrypt(plaintext.as_bytes(), format, SelectionRule::default());
    let (values, block) = encrypted.split_at(encrypted.find(block).unwrap());
    (format!("{block}{values}"), values.to_owned())
}

#[test]
fn other_metadata_stands_where_the_old_one_stood() {
    for (format, mark, plaintext, block) in [
        (Format::Yaml, "", "a: x\n", "sops:\n"),
        (Format::Yaml, "\u{feff}", "a: x\n", "sops:\n"),
        (Format::Ini, "", "[a]\na = x\n", "[sops]\n"),
    ] {
        let (moved, values) = with_metadata_first(plaintext, format, block);
        let moved = format!("{mark}{moved}");
        let file = file(&moved, format);
        assert_eq!(file.with_metadata(file.metadata()).unwrap(), moved);
        let other = Metadata { version: "3.99.0".to_owned(), ..file.metadata().clone() };
        let text = file.with_metadata(&other).unwrap();
        assert!(
            text.starts_with(&format!("{mark}{block}")) && text.ends_with(&values) && text.contains("3.99.0"),
            "{text}"
        );
    }
}

#[test]
fn an_update_keeps_metadata_lines_in_an_order_of_their_own() {
    let (moved, values) = with_metadata_first("A=x\n", Format::Dotenv, "sops_age");
    let (first, rest) = moved.strip_suffix(&values).unwrap().split_once('\n').unwrap();
    let shuffled = format!("{values}{rest}{first}\n");
    update_keeps_all(&shuffled, b"A=x\n", Format::Dotenv);
}

#[test]
fn metadata_takes_the_line_breaks_of_an_update() {
    let encrypted = encrypt(b"a: x\n", Format::Yaml, SelectionRule::default());
    let updated = file(&encrypted, Format::Yaml).update(b"a: z\r\n", &key()).unwrap().text;
    assert_eq!(updated.matches('\n').count(), updated.matches("\r\n").count(), "{updated:?}");
    assert_eq!(decrypt(&updated, Format::Yaml), "a: z\r\n");
}
