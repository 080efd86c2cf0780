//! Decrypted bytes → value, as sops reads them.
//!
//! What sops writes is canonical (see [`Value::canonical_bytes`]), but it reads more, by Go's `Atoi`, `ParseFloat`,
//! `ParseBool` and `Time.UnmarshalText`, and other programs make use of that. Only hexadecimal floats are left out.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use super::cipher::{CipherError, ValueType};
use crate::document::Value;

/// Reads `bytes` as a value of the given type; text of type `str` that is not UTF-8 becomes bytes.
pub(super) fn parse(value_type: ValueType, bytes: Zeroizing<Vec<u8>>) -> Result<Value, CipherError> {
    let scalar = std::str::from_utf8(&bytes).ok();
    let value = match value_type {
        ValueType::Boolean => scalar.and_then(boolean).map(Value::Boolean),
        ValueType::Float => scalar.and_then(float).map(Value::Float),
        ValueType::Integer => scalar.and_then(integer).map(Value::Integer),
        ValueType::Timestamp => scalar.and_then(timestamp).map(Value::Timestamp),
        ValueType::Bytes => return Ok(Value::Bytes(bytes)),
        ValueType::Comment | ValueType::String => {
            return Ok(match text(bytes) {
                Ok(text) => Value::String(text),
                Err(bytes) => Value::Bytes(bytes),
            });
        }
    };
    value.ok_or(CipherError::Payload { value_type })
}

/// Whether `text`, encrypted as a number of the kind that `value` is, reads as `value` again.
pub(super) fn is_number(text: &str, value: &Value) -> bool {
    match value {
        Value::Integer(number) => integer(text) == Some(*number),
        Value::Float(number) => float(text).is_some_and(|read| read.to_bits() == number.to_bits()),
        _ => false,
    }
}

/// The bytes as text, without a copy; the bytes themselves if they are not UTF-8.
pub(super) fn text(mut bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<String>, Zeroizing<Vec<u8>>> {
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => Err(Zeroizing::new(error.into_bytes())),
    }
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn integer(text: &str) -> Option<i128> {
    text.parse::<i64>().ok().map(i128::from)
}

fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.eq_ignore_ascii_case("inf") || unsigned.eq_ignore_ascii_case("infinity") {
        return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    if text.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let number = if text.contains('_') { without_underscores(text)?.parse() } else { text.parse::<f64>() };
    number.ok().filter(|number| number.is_finite())
}

/// Go lets an underscore stand between two digits.
fn without_underscores(text: &str) -> Option<Zeroizing<String>> {
    let bytes = text.as_bytes();
    let between_digits = |place: usize| {
        place > 0 && bytes[place - 1].is_ascii_digit() && bytes.get(place + 1).is_some_and(u8::is_ascii_digit)
    };
    let well_placed = (0..bytes.len()).all(|place| bytes[place] != b'_' || between_digits(place));
    well_placed.then(|| Zeroizing::new(text.replace('_', "")))
}

pub(super) fn timestamp(text: &str) -> Option<OffsetDateTime> {
    // The `time` crate also takes a small `t`, a space, and a leap second, all of which Go refuses.
    let bytes = text.as_bytes();
    if bytes.get(10) != Some(&b'T') || bytes.last() == Some(&b'z') || bytes.get(17) == Some(&b'6') {
        return None;
    }
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use zeroize::Zeroizing;

    use super::{ValueType, parse};
    use crate::document::Value;

    fn read(value_type: ValueType, text: &str) -> Option<Value> {
        parse(value_type, Zeroizing::new(text.as_bytes().to_vec())).ok()
    }

    #[test]
    fn booleans_are_those_of_go() {
        for text in ["True", "true", "TRUE", "t", "T", "1"] {
            assert_eq!(read(ValueType::Boolean, text), Some(Value::Boolean(true)), "{text}");
        }
        for text in ["False", "false", "FALSE", "f", "F", "0"] {
            assert_eq!(read(ValueType::Boolean, text), Some(Value::Boolean(false)), "{text}");
        }
        for text in ["yes", "tRUE", "", " true", "10"] {
            assert_eq!(read(ValueType::Boolean, text), None, "{text}");
        }
    }

    #[test]
    fn integers_are_those_of_go() {
        assert_eq!(read(ValueType::Integer, "-12"), Some(Value::Integer(-12)));
        assert_eq!(read(ValueType::Integer, "+12"), Some(Value::Integer(12)));
        assert_eq!(read(ValueType::Integer, "007"), Some(Value::Integer(7)));
        assert_eq!(read(ValueType::Integer, "9223372036854775807"), Some(Value::Integer(i64::MAX.into())));
        for text in ["9223372036854775808", "1_000", "0x1f", "1.0", "", "1e3", " 1"] {
            assert_eq!(read(ValueType::Integer, text), None, "{text}");
        }
    }

    #[test]
    fn floats_are_those_of_go() {
        for (text, number) in [
            ("1", 1.0),
            ("1.50", 1.5),
            ("1e3", 1000.0),
            ("1.", 1.0),
            ("+.5e-3", 0.0005),
            ("1_000.2_5", 1000.25),
            ("+Inf", f64::INFINITY),
            ("-infinity", f64::NEG_INFINITY),
            ("inf", f64::INFINITY),
            ("1e-400", 0.0),
        ] {
            assert_eq!(read(ValueType::Float, text), Some(Value::Float(number)), "{text}");
        }
        assert!(matches!(read(ValueType::Float, "NaN"), Some(Value::Float(float)) if float.is_nan()));
        for text in ["", "-nan", "1e999", "1__0", "_1", "1_", "1_.5", "0x10", "one", "+", "."] {
            assert_eq!(read(ValueType::Float, text), None, "{text}");
        }
    }

    #[test]
    fn time_stamps_are_those_of_go() {
        assert_eq!(
            read(ValueType::Timestamp, "2001-12-14T21:59:43.1-05:00"),
            Some(Value::Timestamp(datetime!(2001-12-14 21:59:43.1 -5)))
        );
        for text in [
            "2001-12-14",
            "2001-12-14 21:59:43Z",
            "2001-12-14t21:59:43z",
            "2001-12-14T24:00:00Z",
            "2001-12-14T23:59:60Z",
        ] {
            assert_eq!(read(ValueType::Timestamp, text), None, "{text}");
        }
    }

    #[test]
    fn text_that_is_not_utf_8_becomes_bytes() {
        let bytes = Zeroizing::new(vec![0xff, 0xfe]);
        assert_eq!(parse(ValueType::String, bytes.clone()).unwrap(), Value::Bytes(bytes));
        assert_eq!(read(ValueType::String, "é"), Some(Value::string("é")));
    }
}
