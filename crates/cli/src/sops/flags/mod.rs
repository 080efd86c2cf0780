//! The command line of sops, read by the rules of the libraries that sops reads it with: Go's `flag`, and what `urfave/cli`
//! puts on top.
//!
//! - One dash or two; a value after `=` or as the next word; `-i=false`. Short flags can't be joined (`-di` is no flag).
//! - Flags before a command are global; those after it are the command's own, and many exist in both places.
//! - A command's flags may stand anywhere among its words. Without a command, the first word that is no flag ends the flags.

mod reader;
mod table;

use std::ffi::{OsStr, OsString};

pub(super) use self::reader::{CommandLine, Values};
pub(super) use self::table::{Command, Flag, GLOBAL, Kind, NEW_FOREIGN_KEYS, OTHER_KEYS, TOP_LEVEL};

use crate::Failure;

/// A command line that can't be read.
pub(super) fn wrong(message: impl Into<String>) -> Failure {
    Failure::message(message).with_code(super::codes::FAILED)
}

/// `text` in a message.
fn shown(text: &OsStr) -> String {
    text.to_string_lossy().into_owned()
}

/// Go's `strconv.ParseBool`.
pub(super) fn boolean(text: &OsStr) -> Option<bool> {
    match text.to_str()? {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Go's `strconv.ParseInt` with base 0: a sign, `0x`, `0o`, `0b` or `0` in front, underscores between digits.
pub(super) fn integer(text: &OsStr) -> Option<i64> {
    let text = text.to_str()?;
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(rest) = lower.strip_prefix("0x") {
        (16, rest)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (8, rest)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (2, rest)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    if !digits.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = i64::from_str_radix(&digits.replace('_', ""), radix).ok()?;
    Some(if negative { -magnitude } else { magnitude })
}

/// A word split at its first `=`: a flag's name, and the value if there is one.
fn split_value(word: &OsStr) -> (OsString, Option<OsString>) {
    let bytes = word.as_encoded_bytes();
    // A flag's name has at least one character, so `=` is not looked for at the beginning.
    match bytes.iter().skip(1).position(|byte| *byte == b'=') {
        None => (word.to_owned(), None),
        Some(at) => {
            let (name, value) = split_at(word, at + 1);
            (name, Some(split_at(&value, 1).1))
        }
    }
}

/// Splits before the byte at `at`, which follows or is an ASCII character.
fn split_at(text: &OsStr, at: usize) -> (OsString, OsString) {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let (first, second) = text.as_bytes().split_at(at);
        (OsStr::from_bytes(first).to_owned(), OsStr::from_bytes(second).to_owned())
    }
    #[cfg(not(unix))]
    {
        let text = text.to_string_lossy();
        let (first, second) = text.split_at(at);
        (first.into(), second.into())
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::{integer, split_value};

    #[test]
    fn integers_are_go_s() {
        let read = |text: &str| integer(OsStr::new(text));
        assert_eq!(
            ["2", "-3", "+4", "0x10", "0o17", "017", "0b11", "1_000", "0"].map(read),
            [Some(2), Some(-3), Some(4), Some(16), Some(15), Some(15), Some(3), Some(1000), Some(0)]
        );
        assert_eq!(["", "-", "two", "0x", "--1", "08", "1.5"].map(read), [None; 7]);
    }

    #[test]
    fn values_follow_the_first_equals_sign() {
        let split = |text: &str| {
            let (name, value) = split_value(OsStr::new(text));
            (name.into_string().unwrap(), value.map(|value| value.into_string().unwrap()))
        };
        assert_eq!(split("set=[\"a\"] \"b=c\""), ("set".into(), Some("[\"a\"] \"b=c\"".into())));
        assert_eq!(split("i"), ("i".into(), None));
        assert_eq!(split("i="), ("i".into(), Some(String::new())));
    }
}
