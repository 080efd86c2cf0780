//! Laws of the conversion between formats.

use sealkit::document::{Document, Format, Mapping, Schema, Value, convert};
use sealkit::sops::{EncryptedFile, MacCheck, WhenNothingSelected, encrypt_file_as};

use crate::document::same;
use crate::edits::{self, as_held, shown};
use crate::sops::{KEY, metadata};

/// A file in another format means what it meant; so does one that is encrypted into it. Once it was there and back, it is written
/// the same way.
pub fn keeps_values(bytes: &[u8]) {
    let (file, mut control) = edits::split(bytes);
    let (Ok(from), Ok(to)) = (control.choose(&Format::ALL).copied(), control.choose(&Format::ALL).copied())
    else {
        return;
    };
    let indent = control.int_in_range(0..=9).ok();
    let Ok(converted) = convert(file, from, to, indent) else { return };
    if from == to {
        assert_eq!(*converted, file);
        return;
    }
    let what = || format!("{from:?} {file:?} as {to:?} {:?}", String::from_utf8_lossy(&converted));
    let Some(before) = documents(file, from) else { panic!("this has no values: {}", what()) };
    let Some(after) = documents(&converted, to) else { panic!("it does not read: {}", what()) };
    assert!(are_held(&before, &after, from, to), "{} became {}: {}", texts(&before), texts(&after), what());

    if let Ok(back) = convert(&converted, to, from, None) {
        let again = convert(&back, from, to, indent);
        let again = again.unwrap_or_else(|error| panic!("{error}: {:?}: {}", lossy(&back), what()));
        let after_all = documents(&again, to);
        let stays = after_all.is_some_and(|values| are_held(&after, &values, to, to));
        assert!(stays, "there and back it is {:?}: {}", lossy(&again), what());
    }

    let Ok(metadata) = metadata(&mut control) else { return };
    if to == Format::Binary || file.windows(4).any(|window| window == b"ENC[") {
        return;
    }
    let encrypted = encrypt_file_as(file, (from, to), indent, metadata, &KEY, WhenNothingSelected::Allow);
    let Ok(encrypted) = encrypted else { return };
    let encrypted = EncryptedFile::parse(encrypted.text.as_bytes(), to)
        .unwrap_or_else(|error| panic!("encrypted, it does not read: {error}: {}", what()));
    let decrypted = encrypted
        .decrypt_with(&KEY, MacCheck::Require)
        .unwrap_or_else(|error| panic!("encrypted, it does not decrypt: {error}: {}", what()));
    let decrypted = documents(decrypted.as_bytes(), to);
    assert!(
        decrypted.is_some_and(|values| are_held(&after, &values, to, to)),
        "encrypted and decrypted it is another: {}",
        what()
    );
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn texts(values: &[Value]) -> String {
    values.iter().map(shown).collect::<Vec<_>>().join("---\n")
}

/// What the documents of a file mean; an empty file is an empty mapping.
fn documents(bytes: &[u8], format: Format) -> Option<Vec<Value>> {
    if format == Format::Binary {
        let data = match str::from_utf8(bytes) {
            Ok(text) => Value::string(text),
            Err(_) => Value::Bytes(bytes.to_vec().into()),
        };
        return Some(vec![Value::Mapping([("data", data)].into_iter().collect())]);
    }
    let document = Document::parse(bytes, format).ok()?;
    document.roots().map(|root| root.value(Schema::GoYaml3).ok()).collect()
}

fn are_held(before: &[Value], after: &[Value], from: Format, to: Format) -> bool {
    if before.is_empty() {
        return are_held(&[Value::Null], after, from, to);
    }
    let normal = |value: &Value| {
        // A document without anything in it is one without entries.
        let value = if matches!(value, Value::Null) { &Value::Mapping(Mapping::new()) } else { value };
        let value = if from == Format::Ini { as_held(value.clone(), from) } else { value.clone() };
        match to {
            Format::Ini => as_held(value, to),
            _ if from == Format::Ini => as_held(value, from),
            _ => value,
        }
    };
    before.len() == after.len()
        && before.iter().zip(after).all(|(before, after)| is_held(&normal(before), &normal(after), to))
}

/// Whether `after` is what the format has for `before`.
fn is_held(before: &Value, after: &Value, to: Format) -> bool {
    match (before, after) {
        (Value::Mapping(before), Value::Mapping(after)) => {
            let before: Vec<_> = match to {
                // A binary file is what stands under one key.
                Format::Binary => before.iter().filter(|(key, _)| *key == "data").collect(),
                _ => before.iter().collect(),
            };
            before.len() == after.len()
                && before
                    .into_iter()
                    .zip(after.iter())
                    .all(|(before, after)| before.0 == after.0 && is_held(before.1, after.1, to))
        }
        (Value::Sequence(before), Value::Sequence(after)) => {
            before.len() == after.len()
                && before.iter().zip(after).all(|(before, after)| is_held(before, after, to))
        }
        (Value::Mapping(_) | Value::Sequence(_), _) | (_, Value::Mapping(_) | Value::Sequence(_)) => false,
        // Bytes that are text are that text.
        (Value::Bytes(bytes), Value::String(text)) if to != Format::Yaml => **bytes == *text.as_bytes(),
        (Value::Float(_) | Value::Integer(_), Value::Float(_) | Value::Integer(_)) if to == Format::Json => {
            number(before) == number(after)
        }
        (Value::Float(float), Value::String(text)) if to != Format::Yaml => {
            text.parse::<f64>().is_ok_and(|read| read == *float || read.is_nan() && float.is_nan())
        }
        (Value::Timestamp(_), Value::String(text)) if to == Format::Json => {
            before.plain_text() == Some(text.clone())
        }
        // There is no escape for what is the escape of a line break.
        (_, Value::String(text)) if to == Format::Dotenv => {
            before.plain_text().is_some_and(|before| before.replace("\\n", "\n") == **text)
        }
        (_, Value::String(text)) if to == Format::Ini => before.plain_text() == Some(text.clone()),
        _ => same(before, after),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(float) => Some(*float),
        Value::Integer(integer) => Some(*integer as f64),
        _ => None,
    }
}
