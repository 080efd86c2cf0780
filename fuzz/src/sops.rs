//! Laws of `sealkit::sops`.

use std::collections::HashMap;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use sealkit::document::{Children, Document, Format, Node, Path, Schema, Value};
use sealkit::sops::{
    AgeKey, DOTENV_PREFIX, DataKey, EncryptedFile, KeyGroup, METADATA_KEY, MacCheck, MacScope, MasterKey,
    Metadata, SelectionRule, WhenNothingSelected, encrypt_file, is_encrypted,
};

use crate::document::{is_canonical, same};
use crate::edits::{self, Change};

pub(crate) static KEY: LazyLock<DataKey> =
    LazyLock::new(|| DataKey::from_bytes(&[7; 32]).expect("these are 32 bytes"));

/// What is encrypted is authentic, and means what it meant; it comes back as it was but for the forms that don't survive, and
/// as it was then from then on. Where all forms survive, each byte does. A file that nobody encrypted does not decrypt, and no input is too strange to say so.
pub fn round_trip(bytes: &[u8]) {
    let (file, mut control) = edits::split(bytes);
    let (Ok(format), Ok(metadata)) = (edits::format(&mut control), metadata(&mut control)) else { return };
    if let Ok(encrypted) = EncryptedFile::parse(file, format) {
        let _ = encrypted.decrypt_with(&KEY, MacCheck::Ignore);
    }
    let Some((encrypted, before)) = encrypted(file, format, &metadata) else { return };
    let once = decrypted(&encrypted, format);
    let document = Document::parse(once.as_bytes(), format)
        .unwrap_or_else(|error| panic!("{error}: {encrypted:?} became {once:?}"));
    means(&document, &before, &once);
    if is_canonical(&Document::parse(file, format).expect("it was read before")) {
        assert!(once.as_bytes() == file, "bytes changed:\n{:?}\n{once:?}", String::from_utf8_lossy(file));
    }
    let (again, _) =
        self::encrypted(once.as_bytes(), format, &metadata).expect("a plaintext is encrypted again");
    let twice = decrypted(&again, format);
    assert!(once == twice, "what came back once comes back otherwise:\n{once:?}\n{twice:?}");
}

/// A plaintext that was changed in one place and is encrypted in its old place: what did not change keeps its ciphertext, and
/// it decrypts to what it was changed to.
pub fn update(bytes: &[u8]) {
    let (file, mut control) = edits::split(bytes);
    let (Ok(format), Ok(metadata)) = (edits::format(&mut control), metadata(&mut control)) else { return };
    let Some((old, _)) = encrypted(file, format, &metadata) else { return };
    let plaintext = decrypted(&old, format);
    let Some((change, changed)) = edits::change(&plaintext, format, &mut control) else { return };
    let old_file = EncryptedFile::parse(old.as_bytes(), format).expect("what was encrypted reads");
    let Ok(new) = old_file.update(changed.text.as_bytes(), &KEY) else { return };
    let what = format!("{change:?}\n{plaintext:?}\n{:?}", changed.text);

    let after = decrypted(&new.text, format);
    let document =
        Document::parse(after.as_bytes(), format).unwrap_or_else(|error| panic!("{error}: {what}"));
    means(&document, &changed.values, &what);
    if format == Format::Yaml {
        assert!(after == changed.text, "it decrypts to another text, {after:?}: {what}");
    }

    let new_file = EncryptedFile::parse(new.text.as_bytes(), format).expect("what was encrypted reads");
    let (before, after) = (ciphertexts(old_file.document()), ciphertexts(new_file.document()));
    let below = |path: &Path, of: &Path| path.steps().starts_with(of.steps());
    // Where an item is taken out, those after it have other numbers; where comments select, one may have gone.
    let has_moved = |path: &Path| match &change {
        Change::Insert { .. } => false,
        Change::Set { path: changed, .. } => below(path, changed),
        Change::Remove { path: removed } => {
            let parents = &removed.steps()[..removed.steps().len() - 1];
            path.steps().starts_with(parents) || metadata.selection.field().contains("comment")
        }
    };
    for ((root, path), ciphertext) in &before {
        if *root == changed.root && has_moved(path) {
            continue;
        }
        let kept = after.get(&(*root, path.clone()));
        assert!(kept == Some(ciphertext), "{path} in document {root} did not keep its ciphertext: {what}");
    }
}

/// Any bytes are one value, which comes back as it was, and keeps its ciphertext until it changes.
pub fn binary(bytes: &[u8]) {
    let (file, mut control) = edits::split(bytes);
    let Ok(metadata) = metadata(&mut control) else { return };
    let encrypted = match encrypt_file(file, Format::Binary, metadata, &KEY, WhenNothingSelected::Allow) {
        Ok(encrypted) => encrypted.text,
        // What looks like an encrypted file is not encrypted once more.
        Err(error) => {
            let is_json = Document::parse(file, Format::Json).is_ok();
            return assert!(is_json, "{error}: {:?}", String::from_utf8_lossy(file));
        }
    };
    let encrypted = binary_file(&encrypted);
    holds(&encrypted, file);
    for (changed, after) in [(false, file), (true, control.take_rest())] {
        let Ok(updated) = encrypted.update(after, &KEY) else { continue };
        let updated = binary_file(&updated.text);
        holds(&updated, after);
        if !changed || file == after {
            let (old, new) = (ciphertexts(encrypted.document()), ciphertexts(updated.document()));
            assert_eq!(old, new, "the ciphertext changed though the value did not");
        }
    }
}

fn binary_file(text: &str) -> EncryptedFile {
    EncryptedFile::parse(text.as_bytes(), Format::Binary)
        .unwrap_or_else(|error| panic!("what was encrypted does not read: {error}: {text:?}"))
}

fn holds(encrypted: &EncryptedFile, file: &[u8]) {
    let plaintext = encrypted.decrypt_with(&KEY, MacCheck::Require).expect("what was encrypted decrypts");
    assert_eq!(plaintext.as_bytes(), file);
    assert_eq!(plaintext.as_str(), str::from_utf8(file).ok());
}

pub(crate) fn metadata(control: &mut Unstructured<'_>) -> Result<Metadata> {
    let mut age = AgeKey::new("age1test");
    age.enc = "-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n-----END AGE ENCRYPTED FILE-----\n".to_owned();
    let text = |text: &str| text.to_owned();
    let rule = match control.int_in_range(0..=9)? {
        0 => SelectionRule::EncryptedRegex(text("^[a-m]")),
        1 => SelectionRule::UnencryptedRegex(text("[a-f]$")),
        2 => SelectionRule::EncryptedCommentRegex(text("a")),
        3 => SelectionRule::UnencryptedCommentRegex(text("^ ?[b-f]")),
        4 => SelectionRule::EncryptedSuffix(text("a")),
        5 => SelectionRule::default(),
        _ => SelectionRule::UnencryptedSuffix(text("never")),
    };
    let mut metadata = Metadata::new(vec![KeyGroup::new(vec![MasterKey::Age(age)])], rule);
    if control.ratio(1, 4)? {
        metadata.mac_scope = MacScope::EncryptedValues;
    }
    Ok(metadata)
}

/// The file encrypted, and what it means.
fn encrypted(file: &[u8], format: Format, metadata: &Metadata) -> Option<(String, Vec<Value>)> {
    // A comment that looks encrypted stays as it is, and does not decrypt: nobody can tell it from a real one.
    if file.windows(4).any(|window| window == b"ENC[") {
        return None;
    }
    // In dotenv and INI a carriage return at the very end is neither quite text nor quite a line's end.
    if file.ends_with(b"\r") && matches!(format, Format::Dotenv | Format::Ini) {
        return None;
    }
    let document = Document::parse(file, format).ok()?;
    let values = document
        .roots()
        .map(|root| root.value(Schema::GoYaml3))
        .collect::<std::result::Result<_, _>>()
        .ok()?;
    let encrypted = encrypt_file(file, format, metadata.clone(), &KEY, WhenNothingSelected::Allow).ok()?;
    Some((encrypted.text, values))
}

fn decrypted(encrypted: &str, format: Format) -> String {
    let file = EncryptedFile::parse(encrypted.as_bytes(), format)
        .unwrap_or_else(|error| panic!("what was encrypted does not read: {error}: {encrypted:?}"));
    let plaintext = file.decrypt_with(&KEY, MacCheck::Require).unwrap_or_else(|error| {
        panic!(
            "what was encrypted does not decrypt: {error}: {:?}: {encrypted:?}",
            std::error::Error::source(&error)
        )
    });
    assert!(plaintext.warnings().is_empty(), "{:?}: {encrypted:?}", plaintext.warnings());
    plaintext.as_str().expect("a text stays a text").to_owned()
}

/// As [`edits::means`], with a `!!binary` that is text equal to that text: SOPS has no type for it.
fn means(document: &Document, values: &[Value], what: &str) {
    let found: Vec<Value> = document
        .roots()
        .map(|root| root.value(Schema::GoYaml3).unwrap_or_else(|error| panic!("{error}: {what:?}")))
        .map(|value| with_texts(edits::as_held(value, document.format())))
        .collect();
    let meant = values.iter().cloned().map(|value| with_texts(edits::as_held(value, document.format())));
    let meant: Vec<Value> = meant.collect();
    assert!(
        found.len() == meant.len() && found.iter().zip(&meant).all(|(found, meant)| same(found, meant)),
        "{:?} instead of {:?}: {what}",
        found.iter().map(edits::shown).collect::<Vec<_>>(),
        meant.iter().map(edits::shown).collect::<Vec<_>>()
    );
}

fn with_texts(value: Value) -> Value {
    match value {
        Value::Bytes(bytes) => match str::from_utf8(&bytes) {
            Ok(text) => Value::string(text),
            Err(_) => Value::Bytes(bytes),
        },
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(with_texts).collect()),
        Value::Mapping(mapping) => {
            Value::Mapping(mapping.into_iter().map(|(key, value)| (key, with_texts(value))).collect())
        }
        scalar => scalar,
    }
}

/// The ciphertexts of a file's values, by document and path.
fn ciphertexts(document: &Document) -> HashMap<(usize, Path), String> {
    fn collect(node: Node<'_>, root: usize, found: &mut HashMap<(usize, Path), String>) {
        match node.children() {
            Children::Alias(_) => {}
            Children::Scalar(text) if is_encrypted(text) => {
                _ = found.insert((root, node.path()), text.to_owned())
            }
            Children::Scalar(_) => {}
            Children::Mapping(entries) => {
                let is_metadata = |key: Node<'_>| {
                    node.parent().is_none()
                        && key.text().is_some_and(|key| key == METADATA_KEY || key.starts_with(DOTENV_PREFIX))
                };
                entries
                    .iter()
                    .filter(|(key, _)| !is_metadata(*key))
                    .for_each(|(_, value)| collect(value, root, found));
            }
            Children::Sequence(items) => items.iter().for_each(|item| collect(item, root, found)),
        }
    }
    let mut found = HashMap::new();
    document.roots().enumerate().for_each(|(number, root)| collect(root, number, &mut found));
    found
}
