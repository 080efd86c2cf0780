//! The plain tree that a file stands for, and the bytes that SOPS hashes and encrypts for each of its values.

use std::fmt;

use indexmap::IndexMap;
use time::OffsetDateTime;
use zeroize::{Zeroize, Zeroizing};

/// A value of a YAML, JSON, dotenv, INI or binary file, or a tree of them.
///
/// Text and bytes are wiped when the value is dropped, and `Debug` prints the shape of a tree but no scalar in it.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number. YAML and JSON readers give those between -2^63 and 2^64 - 1; larger ones become floats.
    Integer(i128),
    /// A floating-point number, infinities and NaN included.
    Float(f64),
    /// A point in time, with the offset it was written with (UTC if none).
    Timestamp(OffsetDateTime),
    /// Text.
    String(Zeroizing<String>),
    /// Bytes that are no text: YAML's `!!binary`, decoded, or a binary file.
    Bytes(Zeroizing<Vec<u8>>),
    /// A list.
    Sequence(Vec<Value>),
    /// A mapping with string keys, in the order of the file.
    Mapping(Mapping),
}

impl Value {
    /// A string value.
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(Zeroizing::new(text.into()))
    }

    /// The text of a string; `None` for every other kind of value.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The mapping in this value; `None` for every other kind of value.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match self {
            Self::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The mapping in this value, to be changed; `None` for every other kind of value.
    #[must_use]
    pub fn as_mapping_mut(&mut self) -> Option<&mut Mapping> {
        match self {
            Self::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The list in this value; `None` for every other kind of value.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match self {
            Self::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// What kind of value this is, as an error message names it: `a string`, `a mapping`, `null`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a floating-point number",
            Self::Timestamp(_) => "a time stamp",
            Self::String(_) => "a string",
            Self::Bytes(_) => "binary data",
            Self::Sequence(_) => "a list",
            Self::Mapping(_) => "a mapping",
        }
    }

    /// The text that stands for this value where there are no types, in dotenv and INI: booleans are `true` and `false`,
    /// numbers and time stamps as in [`Self::canonical_bytes`], null is empty. `None` for lists and mappings, and for
    /// bytes that are not UTF-8.
    #[must_use]
    pub fn plain_text(&self) -> Option<Zeroizing<String>> {
        match self {
            Self::Null => Some(Zeroizing::default()),
            Self::Boolean(boolean) => Some(Zeroizing::new(boolean.to_string())),
            Self::String(text) => Some(text.clone()),
            other => {
                let mut bytes = other.canonical_bytes()?;
                match String::from_utf8(std::mem::take(&mut *bytes)) {
                    Ok(text) => Some(Zeroizing::new(text)),
                    Err(error) => {
                        drop(Zeroizing::new(error.into_bytes()));
                        None
                    }
                }
            }
        }
    }

    /// The bytes that SOPS encrypts and hashes for this value; `None` for null, lists and mappings, which it leaves alone.
    ///
    /// Booleans are `True` and `False`, integers decimal, floats the shortest decimal without an exponent (`1.0` is `1`,
    /// infinity `+Inf`), time stamps RFC 3339 with as many fractional digits as needed, text its UTF-8.
    #[must_use]
    pub fn canonical_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        let text = match self {
            Self::Null | Self::Sequence(_) | Self::Mapping(_) => return None,
            Self::Boolean(true) => "True".to_owned(),
            Self::Boolean(false) => "False".to_owned(),
            Self::Integer(integer) => integer.to_string(),
            Self::Float(float) => canonical_float(*float),
            Self::Timestamp(timestamp) => canonical_timestamp(timestamp),
            Self::String(text) => return Some(Zeroizing::new(text.as_bytes().to_vec())),
            Self::Bytes(bytes) => return Some(bytes.clone()),
        };
        Some(Zeroizing::new(text.into_bytes()))
    }
}

/// `float` as Go's `strconv.FormatFloat(f, 'f', -1, 64)` writes it: the shortest decimal, never with an exponent.
pub(crate) fn canonical_float(float: f64) -> String {
    if float.is_nan() {
        "NaN".to_owned()
    } else if float.is_infinite() {
        if float > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        // Rust's `Display` for floats is the shortest decimal that reads back the same, never with an exponent.
        format!("{float}")
    }
}

/// `float` as Kubernetes' YAML reader turns it into a string: Go's `strconv.FormatFloat(f, 'g', -1, 32)`, so the shortest
/// decimal that single precision tells apart, with an exponent below 1e-4 and from 1e6 on.
pub(crate) fn kubernetes_float(float: f64) -> String {
    let single = float as f32;
    let scientific = Zeroizing::new(format!("{single:e}"));
    let Some((digits, exponent)) = scientific.split_once('e') else { return canonical_float(single.into()) };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => format!("{single}"),
    }
}

/// `timestamp` as Go's `time.RFC3339Nano` writes it. Unlike RFC 3339, Go has offsets of 24 hours and a little more.
pub(crate) fn canonical_timestamp(timestamp: &OffsetDateTime) -> String {
    let (date, time) = (timestamp.date(), timestamp.time());
    let mut text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    if time.nanosecond() != 0 {
        text.push_str(format!(".{:09}", time.nanosecond()).trim_end_matches('0'));
    }
    match timestamp.offset().whole_minutes() {
        0 => text.push('Z'),
        offset => {
            let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
            text.push_str(&format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
        }
    }
    text
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("Null"),
            Self::Sequence(items) => formatter.debug_list().entries(items).finish(),
            Self::Mapping(mapping) => mapping.fmt(formatter),
            Self::Boolean(_)
            | Self::Integer(_)
            | Self::Float(_)
            | Self::Timestamp(_)
            | Self::String(_)
            | Self::Bytes(_) => formatter.write_str("[REDACTED]"),
        }
    }
}

impl Zeroize for Value {
    fn zeroize(&mut self) {
        match self {
            Self::Null => {}
            Self::Boolean(boolean) => boolean.zeroize(),
            Self::Integer(integer) => integer.zeroize(),
            Self::Float(float) => float.zeroize(),
            Self::Timestamp(timestamp) => *timestamp = OffsetDateTime::UNIX_EPOCH,
            Self::String(text) => text.zeroize(),
            Self::Bytes(bytes) => bytes.zeroize(),
            Self::Sequence(items) => items.iter_mut().for_each(Zeroize::zeroize),
            Self::Mapping(mapping) => mapping.entries.values_mut().for_each(Zeroize::zeroize),
        }
        *self = Self::Null;
    }
}

impl From<bool> for Value {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::string(text)
    }
}

impl From<Mapping> for Value {
    fn from(mapping: Mapping) -> Self {
        Self::Mapping(mapping)
    }
}

impl From<Vec<Self>> for Value {
    fn from(items: Vec<Self>) -> Self {
        Self::Sequence(items)
    }
}

/// A mapping from strings to [`Value`]s that remembers the order of its entries.
///
/// `Debug` prints its keys: they are not secret in either format.
#[derive(Clone, Default, PartialEq)]
pub struct Mapping {
    /// In a box, so that values that are no mappings don't take the room of one.
    entries: Box<IndexMap<String, Value>>,
}

impl Mapping {
    /// An empty mapping.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.get(key)
    }

    /// The value under `key`, to be changed.
    #[must_use]
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.entries.get_mut(key)
    }

    /// Puts `value` under `key`, at the end if the key is new, else in the old value's place. Returns the old value.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        self.entries.insert(key.into(), value.into())
    }

    /// Takes the entry under `key` out; the order of the others stays.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.entries.shift_remove(key)
    }

    /// The mapping under `key`, put there empty if there is nothing or null; `None` if there is something else.
    pub fn mapping_mut(&mut self, key: &str) -> Option<&mut Self> {
        let value = self.entries.entry(key.to_owned()).or_insert(Value::Null);
        if matches!(value, Value::Null) {
            *value = Value::Mapping(Self::new());
        }
        value.as_mapping_mut()
    }

    /// The entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Keeps the entries for which `keep` answers true.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Value) -> bool) {
        self.entries.retain(|key, value| keep(key, value));
    }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.entries.iter()).finish()
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Mapping {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value.into()));
        Self { entries: Box::new(entries.collect()) }
    }
}

impl IntoIterator for Mapping {
    type Item = (String, Value);
    type IntoIter = indexmap::map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{Mapping, Value, kubernetes_float};

    fn canonical(value: &Value) -> String {
        String::from_utf8(value.canonical_bytes().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn floats_become_the_strings_that_kubernetes_makes_of_them() {
        // As kubeseal 0.36.6 seals these plain scalars: see secret-floats in test-vectors/kubeseal.
        let cases = [
            (1.5, "1.5"),
            (1.234_567_89, "1.2345679"),
            (123_456_789.125, "1.2345679e+08"),
            (123_456.0, "123456"),
            (1_234_567.0, "1.234567e+06"),
            (0.000_001, "1e-06"),
            (1e-300, "0"),
            (1e300, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ];
        for (float, text) in cases {
            assert_eq!(kubernetes_float(float), text);
        }
    }

    #[test]
    fn canonical_bytes_are_those_of_sops() {
        assert_eq!(canonical(&Value::Boolean(true)), "True");
        assert_eq!(canonical(&Value::Integer(-12)), "-12");
        assert_eq!(canonical(&Value::Float(1.0)), "1");
        assert_eq!(canonical(&Value::Float(1e21)), "1000000000000000000000");
        assert_eq!(canonical(&Value::Float(1.5e-7)), "0.00000015");
        assert_eq!(canonical(&Value::Float(f64::INFINITY)), "+Inf");
        assert_eq!(canonical(&Value::Float(-0.0)), "-0");
        assert_eq!(canonical(&Value::Timestamp(datetime!(2001-12-14 0:00 UTC))), "2001-12-14T00:00:00Z");
        assert_eq!(
            canonical(&Value::Timestamp(datetime!(2001-12-14 21:59:43.1 -5))),
            "2001-12-14T21:59:43.1-05:00"
        );
        assert_eq!(
            canonical(&Value::Timestamp(datetime!(0099-02-03 4:05:06.000000070 -24))),
            "0099-02-03T04:05:06.00000007-24:00"
        );
        assert!(Value::Null.canonical_bytes().is_none());
    }

    #[test]
    fn debug_shows_keys_and_no_values() {
        let mapping: Mapping =
            [("user", Value::string("admin")), ("port", Value::Integer(5432))].into_iter().collect();
        let shown = format!("{:?}", Value::Sequence(vec![mapping.into(), Value::Null]));
        assert_eq!(shown, r#"[{"user": [REDACTED], "port": [REDACTED]}, Null]"#);
    }
}
