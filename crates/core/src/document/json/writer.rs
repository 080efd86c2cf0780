//! Writing a new JSON text.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::super::Value;
use super::super::value::{canonical_float, canonical_timestamp};

/// `value` as a new JSON text, indented by two spaces, with a newline at the end.
///
/// Time stamps become RFC 3339 strings and bytes become base64 strings; NaN and the infinities, which JSON does not
/// have, become null.
#[must_use]
pub fn to_json(value: &Value) -> Zeroizing<String> {
    indented(value, "  ")
}

/// [`to_json`], each level indented by so many spaces, or by a tab, as sops does it.
pub(crate) fn indented_as_sops(value: &Value, spaces: Option<u8>) -> Zeroizing<String> {
    indented(value, &spaces.map_or("\t".to_owned(), |spaces| " ".repeat(spaces.into())))
}

fn indented(value: &Value, step: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(capacity(value)));
    write_value(&mut text, value, step, 0);
    text.push('\n');
    text
}

/// Enough room for a tree's text, so that the buffer does not leave copies behind while it grows.
pub(in super::super) fn capacity(value: &Value) -> usize {
    fn size(value: &Value, depth: usize) -> usize {
        match value {
            Value::String(text) => {
                text.len()
                    + text.bytes().filter(|byte| needs_escape(*byte)).count() * 5
                    + text.matches('\n').count() * 2 * depth
                    + 16
            }
            Value::Bytes(bytes) => bytes.len() * 4 / 3 + 32,
            Value::Sequence(items) => {
                items.iter().map(|item| size(item, depth + 1) + 2 * depth + 8).sum::<usize>() + 16
            }
            Value::Mapping(mapping) => {
                mapping
                    .iter()
                    .map(|(key, value)| key.len() * 2 + size(value, depth + 1) + 2 * depth + 16)
                    .sum::<usize>()
                    + 16
            }
            Value::Float(_) => 360,
            _ => 48,
        }
    }
    size(value, 1) + 64
}

fn write_value(text: &mut String, value: &Value, step: &str, depth: usize) {
    match value {
        Value::Sequence(items) if items.is_empty() => text.push_str("[]"),
        Value::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                text.push(if index == 0 { '[' } else { ',' });
                new_line(text, step, depth + 1);
                write_value(text, item, step, depth + 1);
            }
            new_line(text, step, depth);
            text.push(']');
        }
        Value::Mapping(mapping) if mapping.is_empty() => text.push_str("{}"),
        Value::Mapping(mapping) => {
            for (index, (key, value)) in mapping.iter().enumerate() {
                text.push(if index == 0 { '{' } else { ',' });
                new_line(text, step, depth + 1);
                write_string(text, key);
                text.push_str(": ");
                write_value(text, value, step, depth + 1);
            }
            new_line(text, step, depth);
            text.push('}');
        }
        scalar => write_scalar(text, scalar),
    }
}

fn new_line(text: &mut String, step: &str, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n(step, depth));
}

/// `string` in double quotes.
pub(in super::super) fn string(string: &str) -> Zeroizing<String> {
    let escaped = string.bytes().filter(|byte| needs_escape(*byte)).count();
    let mut text = Zeroizing::new(String::with_capacity(string.len() + 5 * escaped + 2));
    write_string(&mut text, string);
    text
}

/// A value that is no list and no mapping.
pub(in super::super) fn scalar(value: &Value) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::new());
    match value {
        Value::String(text) => return string(text),
        other => write_scalar(&mut text, other),
    }
    text
}

/// Appends a value that is no list and no mapping.
pub(super) fn write_scalar(text: &mut String, value: &Value) {
    match value {
        Value::Boolean(boolean) => text.push_str(if *boolean { "true" } else { "false" }),
        Value::Integer(integer) => _ = write!(text, "{integer}"),
        Value::Float(float) if float.is_finite() => text.push_str(&canonical_float(*float)),
        Value::Timestamp(timestamp) => write_string(text, &canonical_timestamp(timestamp)),
        Value::String(string) => write_string(text, string),
        Value::Bytes(bytes) => write_string(text, &Zeroizing::new(STANDARD.encode(bytes))),
        Value::Null | Value::Float(_) | Value::Sequence(_) | Value::Mapping(_) => text.push_str("null"),
    }
}

fn needs_escape(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// Appends `string` in double quotes, with the escapes that JSON asks for and no others.
pub(super) fn write_string(text: &mut String, string: &str) {
    text.push('"');
    let mut rest = string;
    while let Some(at) = rest.bytes().position(needs_escape) {
        text.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            8 => text.push_str("\\b"),
            12 => text.push_str("\\f"),
            control => _ = write!(text, "\\u{control:04x}"),
        }
        rest = &rest[at + 1..];
    }
    text.push_str(rest);
    text.push('"');
}
