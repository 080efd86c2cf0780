//! What a YAML scalar means: go-yaml version 3's reading, which SOPS uses, and that of Kubernetes' YAML 1.1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};
use zeroize::Zeroizing;

use super::super::{ParseErrorKind, Style, Value};

/// Which plain scalars are what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Schema {
    /// As go-yaml version 3 decodes YAML into an untyped value, and as SOPS therefore reads it: YAML 1.2's booleans,
    /// integers in bases 2, 8 (`0o7` and `07`), 10 and 16 with `_` in between, time stamps. `<<` is a key like any
    /// other, and keys must be strings.
    GoYaml3,
    /// As Kubernetes reads manifests: YAML 1.1's booleans (`yes`, `off`, `N`), no time stamps, merge keys followed,
    /// keys that are no strings turned into strings.
    Kubernetes,
}

/// A tag of YAML's own that decides how a scalar is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CoreTag {
    Binary,
    Boolean,
    Float,
    Integer,
    Null,
    String,
    Timestamp,
}

impl CoreTag {
    fn new(resolved: &str) -> Option<Self> {
        Some(match resolved.strip_prefix("tag:yaml.org,2002:")? {
            "binary" => Self::Binary,
            "bool" => Self::Boolean,
            "float" => Self::Float,
            "int" => Self::Integer,
            "null" => Self::Null,
            "str" => Self::String,
            "timestamp" => Self::Timestamp,
            _ => return None,
        })
    }
}

/// What the scalar `text`, written in `style` under the resolved tag `tag`, means under `schema`.
///
/// Tags that go-yaml does not know (`!local`, `!!set`) make a string of a scalar.
pub(in super::super) fn resolve(
    schema: Schema,
    text: &str,
    style: Style,
    tag: Option<&str>,
) -> Result<Value, ParseErrorKind> {
    let quoted = style != Style::Plain;
    let core = match tag {
        None if quoted => return Ok(Value::string(text)),
        None => None,
        // The non-specific tag `!` on a plain scalar resolves like none at all.
        Some("!") if quoted => return Ok(Value::string(text)),
        Some("!") => None,
        Some(tag) => match CoreTag::new(tag) {
            Some(CoreTag::String) | None => return Ok(Value::string(text)),
            Some(CoreTag::Binary) => {
                let compact = Zeroizing::new(text.split_ascii_whitespace().collect::<String>());
                let bytes = STANDARD.decode(compact.as_bytes()).map_err(|_| ParseErrorKind::Base64)?;
                return Ok(Value::Bytes(Zeroizing::new(bytes)));
            }
            known => known,
        },
    };
    let value = untagged(schema, text, core);
    let Some(core) = core else { return Ok(value) };
    match (core, value) {
        (CoreTag::Float, Value::Integer(integer)) => Ok(Value::Float(integer as f64)),
        (CoreTag::Float, value @ Value::Float(_))
        | (CoreTag::Integer, value @ Value::Integer(_))
        | (CoreTag::Boolean, value @ Value::Boolean(_))
        | (CoreTag::Null, value @ Value::Null)
        | (CoreTag::Timestamp, value @ Value::Timestamp(_)) => Ok(value),
        // Kubernetes' reader turns time stamps back into the text they were written as.
        (CoreTag::Timestamp, _) if schema == Schema::Kubernetes && timestamp(text).is_some() => {
            Ok(Value::string(text))
        }
        _ => Err(ParseErrorKind::Tag { tag: tag.unwrap_or_default().replace("tag:yaml.org,2002:", "!!") }),
    }
}

/// Whether a plain scalar without a tag is a string.
pub(in super::super) fn is_string(schema: Schema, text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'.' | b'+' | b'-' | b'0'..=b'9') => matches!(untagged(schema, text, None), Value::String(_)),
        _ => text.len() > LONGEST_WORD || named(schema, text).is_none(),
    }
}

/// The length of the longest word that is no string: `false`.
const LONGEST_WORD: usize = 5;

/// What a plain scalar means by its text alone. Follows `resolve.go` of go-yaml, versions 2.4 and 3.0, in its order.
fn untagged(schema: Schema, text: &str, tag: Option<CoreTag>) -> Value {
    if let Some(value) = named(schema, text) {
        return value;
    }
    match text.as_bytes().first() {
        Some(b'.') => go_float(text).map_or_else(|| Value::string(text), Value::Float),
        Some(b'+' | b'-' | b'0'..=b'9') => {
            if schema == Schema::GoYaml3
                && matches!(tag, None | Some(CoreTag::Timestamp))
                && let Some(timestamp) = timestamp(text)
            {
                return Value::Timestamp(timestamp);
            }
            number(text).unwrap_or_else(|| Value::string(text))
        }
        _ => Value::string(text),
    }
}

fn named(schema: Schema, text: &str) -> Option<Value> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Boolean(true),
        "false" | "False" | "FALSE" => Value::Boolean(false),
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" if schema == Schema::Kubernetes => {
            Value::Boolean(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" if schema == Schema::Kubernetes => {
            Value::Boolean(false)
        }
        _ => return None,
    })
}

/// An integer or a float, underscores anywhere in it left out. Integers past 64 bits become floats.
fn number(text: &str) -> Option<Value> {
    let plain: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|character| *character != '_').collect());
    if let Some(integer) = integer(&plain) {
        return Some(Value::Integer(integer));
    }
    if is_decimal_float(&plain) {
        return plain.parse().ok().filter(|float: &f64| float.is_finite()).map(Value::Float);
    }
    None
}

/// As Go's `strconv.ParseInt(text, 0, 64)` or, failing that, `ParseUint` reads it: an optional sign and a prefix for
/// the base (`0x`, `0b`, `0o`, or a bare `0` for octal), any case.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (Some(-1), &text[1..]),
        b'+' => (Some(1), &text[1..]),
        _ => (None, text),
    };
    let bytes = digits.as_bytes();
    let (base, digits) = match bytes {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    // `from_str_radix` takes a sign of its own, which Go does not.
    if !digits.bytes().next()?.is_ascii_alphanumeric() {
        return None;
    }
    let magnitude = i128::from_str_radix(digits, base).ok()?;
    let value = magnitude * sign.unwrap_or(1);
    let fits = value >= i128::from(i64::MIN)
        && value <= if sign.is_some() { i128::from(i64::MAX) } else { i128::from(u64::MAX) };
    fits.then_some(value)
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_decimal_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    mantissa_fits && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

/// As Go's `strconv.ParseFloat` reads text that begins with a point: underscores may stand between digits only.
fn go_float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let underscores_fit = bytes
        .iter()
        .enumerate()
        .all(|(at, byte)| *byte != b'_' || (digit(at.checked_sub(1)) && digit(Some(at + 1))));
    let plain: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|character| *character != '_').collect());
    let fits = underscores_fit && is_decimal_float(&plain);
    if fits { plain.parse().ok().filter(|float: &f64| float.is_finite()) } else { None }
}

/// A time stamp in one of go-yaml's four layouts: `2006-1-2T15:4:5.9Z07:00`, the same with `t`,
/// `2006-1-2 15:4:5.9`, `2006-1-2`.
pub(in super::super) fn timestamp(text: &str) -> Option<OffsetDateTime> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return None;
    }
    let year = text[..4].parse().ok()?;
    let (month, rest) = short_number(text.get(5..)?)?;
    let (day, rest) = short_number(rest.strip_prefix('-')?)?;
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    if rest.is_empty() {
        return Some(date.midnight().assume_utc());
    }
    let zoned = rest.starts_with(['T', 't']);
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (hour, rest) = short_number(rest)?;
    let (minute, rest) = short_number(rest.strip_prefix(':')?)?;
    let (second, rest) = short_number(rest.strip_prefix(':')?)?;
    let (nanosecond, rest) = fraction(rest)?;
    let time = Time::from_hms_nano(hour, minute, second, nanosecond).ok()?;
    let offset = match (zoned, rest) {
        (true, "Z") | (false, "") => UtcOffset::UTC,
        (true, rest) => offset(rest)?,
        (false, _) => return None,
    };
    Some(date.with_time(time).assume_offset(offset))
}

/// One digit or two at the start of `text`, and what follows.
fn short_number(text: &str) -> Option<(u8, &str)> {
    let length = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    Some((text[..length].parse().ok()?, &text[length..]))
}

/// Nanoseconds from an optional fraction at the start of `text`; digits past the ninth are dropped.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(digits) = text.strip_prefix(['.', ',']) else { return Some((0, text)) };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return None;
    }
    let kept = &digits[..length.min(9)];
    let nanoseconds = kept.parse::<u32>().ok()? * 10_u32.pow(9 - kept.len() as u32);
    Some((nanoseconds, &digits[length..]))
}

/// `+07:00`. In Go an offset may have 24 hours, and 60 minutes.
fn offset(text: &str) -> Option<UtcOffset> {
    let sign = match text.as_bytes() {
        [b'+', _, _, b':', _, _] => 1,
        [b'-', _, _, b':', _, _] => -1,
        _ => return None,
    };
    let number = |text: &str| -> Option<i32> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
    };
    let (hours, minutes) = (number(text.get(1..3)?)?, number(text.get(4..6)?)?);
    let is_in_range = hours <= 24 && minutes <= 60;
    UtcOffset::from_whole_seconds(sign * (hours * 60 + minutes) * 60).ok().filter(|_| is_in_range)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::super::super::{ParseErrorKind, Style, Value};
    use super::{Schema, is_string, resolve};

    fn plain(schema: Schema, text: &str) -> Value {
        resolve(schema, text, Style::Plain, None).unwrap()
    }

    /// Shown as `kind canonical`, since values themselves print nothing.
    fn shown(schema: Schema, text: &str) -> String {
        let value = plain(schema, text);
        assert_eq!(is_string(schema, text), matches!(value, Value::String(_)), "{text}");
        let bytes = value.canonical_bytes().unwrap_or_default();
        format!("{} {}", value.kind(), String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn go_yaml_3_reads_plain_scalars_as_sops_does() {
        for (text, expected) in [
            ("yes", "a string yes"),
            ("off", "a string off"),
            ("True", "a boolean True"),
            ("tRUE", "a string tRUE"),
            ("0777", "an integer 511"),
            ("0o777", "an integer 511"),
            ("-0o17", "an integer -15"),
            ("1_000", "an integer 1000"),
            ("0x1F", "an integer 31"),
            ("0X1f", "an integer 31"),
            ("0b101", "an integer 5"),
            ("+12", "an integer 12"),
            ("08", "a floating-point number 8"),
            ("018446744073709551615", "a floating-point number 18446744073709552000"),
            ("18446744073709551615", "an integer 18446744073709551615"),
            ("18446744073709551616", "a floating-point number 18446744073709552000"),
            ("-9223372036854775809", "a floating-point number -9223372036854776000"),
            ("+9223372036854775808", "a floating-point number 9223372036854776000"),
            ("1.50", "a floating-point number 1.5"),
            ("1e3", "a floating-point number 1000"),
            ("1e999", "a string 1e999"),
            (".5", "a floating-point number 0.5"),
            (".5_0", "a floating-point number 0.5"),
            ("._5", "a string ._5"),
            (".", "a string ."),
            ("-", "a string -"),
            ("0x", "a string 0x"),
            ("0x-1", "a string 0x-1"),
            (".inf", "a floating-point number +Inf"),
            ("-.INF", "a floating-point number -Inf"),
            (".NaN", "a floating-point number NaN"),
            ("1:30", "a string 1:30"),
            ("2001-12-14", "a time stamp 2001-12-14T00:00:00Z"),
            ("2001-1-2", "a time stamp 2001-01-02T00:00:00Z"),
            ("2001-12-14t21:59:43.10-05:00", "a time stamp 2001-12-14T21:59:43.1-05:00"),
            ("2001-12-14 21:59:43.10", "a time stamp 2001-12-14T21:59:43.1Z"),
            ("2001-12-14 21:59:43.10 -5", "a string 2001-12-14 21:59:43.10 -5"),
            ("2001-12-14T1:2:3-24:60", "a time stamp 2001-12-14T01:02:03-25:00"),
            ("2001-12-14T1:2:3+25:00", "a string 2001-12-14T1:2:3+25:00"),
            ("2001-12-14T1:2:3+-7:00", "a string 2001-12-14T1:2:3+-7:00"),
            ("2001-02-30", "a string 2001-02-30"),
            ("~", "null "),
            ("", "null "),
            ("Null", "null "),
        ] {
            assert_eq!(shown(Schema::GoYaml3, text), expected, "{text}");
        }
    }

    #[test]
    fn odd_numbers_are_what_sops_3_13_3_encrypts_them_as() {
        for (text, expected) in [
            ("1.", "a floating-point number 1"),
            ("+.5", "a floating-point number 0.5"),
            ("-.5_0", "a floating-point number -0.5"),
            ("1.e2", "a floating-point number 100"),
            ("1_.5", "a floating-point number 1.5"),
            ("+1e+2", "a floating-point number 100"),
            (".5_", "a string .5_"),
            (".5__0", "a string .5__0"),
            (".5e", "a string .5e"),
            (".e1", "a string .e1"),
            ("1e", "a string 1e"),
            ("1.x", "a string 1.x"),
            ("+infinity", "a string +infinity"),
            ("-nan", "a string -nan"),
        ] {
            assert_eq!(shown(Schema::GoYaml3, text), expected, "{text}");
        }
    }

    #[test]
    fn kubernetes_reads_yaml_1_1() {
        for (text, expected) in [
            ("yes", "a boolean True"),
            ("N", "a boolean False"),
            ("off", "a boolean False"),
            ("0777", "an integer 511"),
            ("2001-12-14", "a string 2001-12-14"),
            ("1_000", "an integer 1000"),
            ("FALSE", "a boolean False"),
            ("falsey", "a string falsey"),
            ("nothing", "a string nothing"),
        ] {
            assert_eq!(shown(Schema::Kubernetes, text), expected, "{text}");
        }
    }

    #[test]
    fn tags_decide() {
        let tagged = |text, style, tag: &str| resolve(Schema::GoYaml3, text, style, Some(tag));
        let core = |name: &str| format!("tag:yaml.org,2002:{name}");
        assert_eq!(tagged("5", Style::Plain, &core("str")).unwrap(), Value::string("5"));
        assert_eq!(tagged("5", Style::DoubleQuoted, &core("int")).unwrap(), Value::Integer(5));
        assert_eq!(tagged("5", Style::Plain, &core("float")).unwrap(), Value::Float(5.0));
        assert_eq!(tagged("5", Style::Plain, "!local").unwrap(), Value::string("5"));
        assert_eq!(tagged("5", Style::Plain, "!").unwrap(), Value::Integer(5));
        assert_eq!(tagged("5", Style::DoubleQuoted, "!").unwrap(), Value::string("5"));
        let time = |schema, text| resolve(schema, text, Style::Plain, Some(&core("timestamp")));
        assert_eq!(time(Schema::Kubernetes, "2001-12-14").unwrap(), Value::string("2001-12-14"));
        for schema in [Schema::GoYaml3, Schema::Kubernetes] {
            let error = time(schema, "today").unwrap_err();
            assert_eq!(error, ParseErrorKind::Tag { tag: "!!timestamp".into() });
        }
        assert_eq!(
            tagged("aGk=", Style::Plain, &core("binary")).unwrap(),
            Value::Bytes(b"hi".to_vec().into())
        );
        assert_eq!(tagged("a?", Style::Plain, &core("binary")).unwrap_err(), ParseErrorKind::Base64);
        assert_eq!(
            tagged("2001-12-14", Style::DoubleQuoted, &core("timestamp")).unwrap(),
            Value::Timestamp(datetime!(2001-12-14 0:00 UTC))
        );
        assert_eq!(
            tagged("x", Style::Plain, &core("int")).unwrap_err(),
            ParseErrorKind::Tag { tag: "!!int".into() }
        );
    }
}
