//! Laws of the parts of SOPS files: single values, metadata, `.sops.yaml`, paths, identities.

use std::path::Path as FilePath;

use arbitrary::Arbitrary;
use sealkit::age::{Identities, Recipient};
use sealkit::document::{Format, Path, Value};
use sealkit::sops::{
    Cipher, Config, DataKey, Decrypted, EncryptedFile, Metadata, WhenNothingSelected, encrypt_file, flatten,
    is_encrypted,
};

/// A value as SOPS encrypts it, and its associated data.
#[derive(Arbitrary, Debug)]
pub struct Secret {
    value: Scalar,
    associated_data: String,
    /// What is put in the place of the ciphertext's characters, by their number.
    damage: Option<(u16, char)>,
}

#[derive(Arbitrary, Debug)]
enum Scalar {
    Boolean(bool),
    Bytes(Vec<u8>),
    Float(f64),
    Integer(i64),
    Text(String),
}

impl Scalar {
    fn value(&self) -> Value {
        match self {
            Self::Boolean(boolean) => Value::Boolean(*boolean),
            Self::Bytes(bytes) => Value::Bytes(bytes.clone().into()),
            Self::Float(float) => Value::Float(*float),
            Self::Integer(integer) => Value::Integer(i128::from(*integer)),
            Self::Text(text) => Value::string(text.as_str()),
        }
    }
}

fn cipher() -> Cipher {
    Cipher::new(&DataKey::from_bytes(&[7; 32]).expect("a data key is 32 bytes long"))
}

/// What is encrypted comes back, with its type; what was changed on the way does not.
pub fn value(secret: &Secret) {
    let mut cipher = cipher();
    let value = secret.value.value();
    let mut text = String::new();
    if cipher.encrypt(&value, &secret.associated_data, &mut text).is_err() {
        // Numbers that sops could not read back.
        return;
    }
    if text.is_empty() {
        assert!(value.canonical_bytes().is_none_or(|bytes| bytes.is_empty()));
        return;
    }
    assert!(is_encrypted(&text));
    let opened = cipher.decrypt(&text, &secret.associated_data).expect("it was encrypted just now");
    assert_eq!(bytes(&opened).as_deref(), value.canonical_bytes().as_deref().map(Vec::as_slice));
    let Some((at, character)) = secret.damage else { return };
    let mut damaged: Vec<char> = text.chars().collect();
    let at = usize::from(at) % damaged.len();
    // The type is not authenticated, and of base64's last character not every bit counts.
    let is_type = damaged[at..].iter().collect::<String>().find("type:").is_none();
    if std::mem::replace(&mut damaged[at], character) == character || is_type {
        return;
    }
    let damaged: String = damaged.into_iter().collect();
    if let Ok(opened) = cipher.decrypt(&damaged, &secret.associated_data) {
        assert_eq!(bytes(&opened).as_deref(), value.canonical_bytes().as_deref().map(Vec::as_slice));
    }
}

fn bytes(decrypted: &Decrypted) -> Option<Vec<u8>> {
    match decrypted {
        Decrypted::Value(value) => value.canonical_bytes().map(|bytes| bytes.to_vec()),
        Decrypted::Comment(_) => None,
    }
}

/// Any text as a ciphertext: an error, or a value.
pub fn ciphertext(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = cipher().decrypt(text, "a:");
    }
}

/// Metadata that can be read, in whatever format, is written so that it reads the same, there and in all others.
pub fn metadata(bytes: &[u8]) {
    for format in Format::ALL {
        let Ok(file) = EncryptedFile::parse(bytes, format) else { continue };
        in_all_formats(file.metadata());
        let Ok(text) = file.with_metadata(file.metadata()) else { continue };
        let again = EncryptedFile::parse(text.as_bytes(), format).expect("what is written can be read");
        // A binary file is one value, and its rule, which would select nothing else, is not written.
        if format != Format::Binary {
            assert_eq!(again.metadata().to_mapping(), file.metadata().to_mapping());
        }
    }
}

/// Whatever the layout, a file's metadata are who can open it and what is encrypted in it.
fn in_all_formats(metadata: &Metadata) {
    let key = DataKey::from_bytes(&[7; 32]).expect("a data key is 32 bytes long");
    for (format, plaintext) in [
        (Format::Binary, "x"),
        (Format::Dotenv, "a=x\n"),
        (Format::Ini, "[a]\nb = x\n"),
        (Format::Json, "{\"a\": \"x\"}"),
        (Format::Yaml, "a: x\n"),
    ] {
        let encrypted =
            encrypt_file(plaintext.as_bytes(), format, metadata.clone(), &key, WhenNothingSelected::Allow);
        let Ok(encrypted) = encrypted else { continue };
        let read = EncryptedFile::parse(encrypted.text.as_bytes(), format)
            .unwrap_or_else(|error| panic!("{format:?} does not read: {error}: {}", encrypted.text));
        // These two are the file's own; a binary file has no rule. Where all is text, numbers are.
        let shared = |metadata: &Metadata| {
            let mut mapping = metadata.to_mapping();
            ["mac", "lastmodified"].iter().for_each(|field| _ = mapping.remove(field));
            if format == Format::Binary {
                mapping.remove(metadata.selection.field());
            }
            flatten(&mapping)
        };
        let is_flat = matches!(format, Format::Dotenv | Format::Ini);
        if is_flat && shared(metadata).is_ok_and(|fields| fields.iter().any(|(_, text)| text.contains('\\')))
        {
            // There is no escape for what is the escape of a line break, and real metadata has none.
            continue;
        }
        assert_eq!(shared(read.metadata()), shared(metadata), "{format:?}: {}", encrypted.text);
    }
}

/// A configuration is read or refused, and then answers for any file.
pub fn config(bytes: &[u8]) {
    if let Ok(config) = Config::parse(bytes, FilePath::new("/repository/.sops.yaml")) {
        let _ = config.problems().count();
        for file in ["/repository/a.yaml", "/repository/apps/a/secret.sops.yaml", "elsewhere.env"] {
            let _ = config.rule_for(FilePath::new(file));
        }
    }
}

/// A path is displayed so that it can be read back.
pub fn path(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(path) = Path::parse(text) {
        assert_eq!(Path::parse(&path.to_string()), Ok(path));
    }
}

/// Identities and recipients are read or refused; a recipient is displayed so that it can be read back.
pub fn keys(bytes: &[u8]) {
    let mut identities = Identities::new();
    identities.add(bytes, "fuzz");
    let _ = identities.report("").len();
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(recipient) = text.parse::<Recipient>() {
        let shown = recipient.to_string();
        assert_eq!(shown.parse::<Recipient>().map(|again| again.to_string()).ok(), Some(shown));
    }
}
