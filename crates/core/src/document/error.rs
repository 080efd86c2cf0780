//! What can be wrong with a file's text, and where.

use std::fmt;

use thiserror::Error;

/// A place in a file. Lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Location {
    /// The place of the byte at `offset` in `source`. Takes time in proportion to `offset`.
    pub(crate) fn of(source: &str, offset: usize) -> Self {
        let mut offset = offset.min(source.len());
        while !source.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &source[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// A file that can't be read, and the place where reading stopped.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{location}: {kind}")]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// Where.
    pub location: Location,
}

impl ParseError {
    pub(crate) fn at(source: &str, offset: usize, kind: ParseErrorKind) -> Self {
        Self { kind, location: Location::of(source, offset) }
    }
}

/// What is wrong with a file's text. No variant holds text of the file that may be secret: keys and anchors are not.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// Aliases that would expand to more than the limit.
    #[error("the aliases in this file stand for more than {limit} values; write fewer of them")]
    AliasExpansion {
        /// How many values they may stand for.
        limit: usize,
    },
    /// An alias inside the node that it stands for.
    #[error("this alias stands inside its own anchor")]
    AliasInsideAnchor,
    /// A `!!binary` scalar that is not base64.
    #[error("this !!binary value is not valid base64")]
    Base64,
    /// The same key twice in one mapping.
    #[error("the key {key:?} stands twice in one mapping, first in line {first}; remove one of them")]
    DuplicateKey {
        /// The key.
        key: String,
        /// The line where it first stands, from 1.
        first: usize,
    },
    /// Keys on the ways to all values that are too long in total.
    #[error("the keys on the ways to all values are longer than {limit} bytes in total")]
    KeysTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// A binary file: it is one value, and has no parts.
    #[error("a binary file is read as one value; it has no keys to look into")]
    NoStructure,
    /// Bytes that are not UTF-8.
    #[error("this file is not UTF-8 text")]
    NotUtf8,
    /// A key that is a list, a mapping, or (in SOPS files) a number or the like.
    #[error("this key is {kind}, and keys must be strings; quote it")]
    NonStringKey {
        /// What it is: `an integer`, `a mapping`.
        kind: &'static str,
    },
    /// An explicit tag that does not fit its value.
    #[error("this value can't be read as {tag}")]
    Tag {
        /// The tag, as `!!int`.
        tag: String,
    },
    /// A file past the size that is worked on.
    #[error("this file is larger than {limit} bytes, the most that is read at once")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Collections nested past the limit.
    #[error("this is nested more than {limit} levels deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// An alias without an anchor before it.
    #[error(
        "this alias has no anchor before it in its document; quote the value if it merely begins with `*`"
    )]
    UndefinedAlias,
    /// Text that the format's grammar does not allow.
    #[error("this is not valid {format}: {reason}")]
    Syntax {
        /// The format's name.
        format: &'static str,
        /// What the reader expected or did not.
        reason: String,
    },
}
