//! Files and standard input, read within a bound into buffers that are wiped, and their text decoded.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sealkit::read_secret;
use zeroize::Zeroizing;

use crate::atomic_file::Version;
use crate::console::Console;

/// The largest file that is read as a whole, in bytes: 64 MiB.
///
/// Kubernetes takes 1 MiB in a Secret and 1.5 MiB in a request; the rest is room for files of many documents.
pub const LIMIT: usize = 64 << 20;

/// A place to read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file, by its path.
    File(PathBuf),
    /// The standard input.
    Stdin,
}

impl Source {
    /// The source that a command line means by `argument`: `-` is standard input.
    pub fn from_argument(argument: impl Into<PathBuf>) -> Self {
        let path = argument.into();
        if path == Path::new("-") { Self::Stdin } else { Self::File(path) }
    }

    /// Reads it to the end, at most [`LIMIT`] bytes.
    ///
    /// # Errors
    /// When it can't be opened or read, is a directory, or is larger than the limit; when standard input was read before,
    /// so that the certificate does not become the password.
    pub fn read(&self, console: &mut Console<'_>) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        self.read_version(console).map(|(bytes, _)| bytes)
    }

    /// As [`Self::read`]; of a file, also says which version of it that was.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_version(
        &self,
        console: &mut Console<'_>,
    ) -> Result<(Zeroizing<Vec<u8>>, Option<Version>), ReadError> {
        match self {
            Self::File(path) => read_file_version(path, LIMIT).map(|(bytes, version)| (bytes, Some(version))),
            Self::Stdin => {
                let input = console.take_input().ok_or(ReadError::Taken)?;
                let bytes = read_bounded(input, 0, LIMIT).map_err(|problem| problem.of(self))?;
                Ok((bytes, None))
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Stdin => formatter.write_str("standard input"),
        }
    }
}

/// Reads a whole file, at most `limit` bytes.
///
/// # Errors
/// When it can't be opened or read, is a directory, or is larger than `limit`.
pub fn read_file(path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    read_file_version(path, limit).map(|(bytes, _)| bytes)
}

/// As [`read_file`]; also says which version of the file that was, for [`update`](crate::atomic_file::update).
///
/// # Errors
/// As [`read_file`].
pub fn read_file_version(path: &Path, limit: usize) -> Result<(Zeroizing<Vec<u8>>, Version), ReadError> {
    let read = || -> Result<(Zeroizing<Vec<u8>>, Version), Problem> {
        // Windows does not open a directory at all.
        let mut file = File::open(path)
            .map_err(|error| if path.is_dir() { Problem::Directory } else { Problem::from(error) })?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(Problem::Directory);
        }
        let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
        Ok((read_bounded(&mut file, length, limit)?, Version::of(&metadata)))
    };
    read().map_err(|problem| problem.of(&Source::File(path.to_owned())))
}

/// Reads to the end. `expected` is how many bytes there probably are, so that one buffer does.
fn read_bounded(reader: &mut dyn Read, expected: usize, limit: usize) -> Result<Zeroizing<Vec<u8>>, Problem> {
    if expected > limit {
        return Err(Problem::TooLarge(limit));
    }
    let contents = read_secret(reader, expected, limit as u64 + 1)?;
    if contents.len() > limit {
        return Err(Problem::TooLarge(limit));
    }
    Ok(contents)
}

/// A source could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The source is a directory.
    #[error("{source_name} is a directory, a file is needed")]
    Directory {
        /// The source, as a message names it.
        source_name: String,
    },
    /// The system did not let us read it.
    #[error("could not read {source_name}")]
    Io {
        /// The source, as a message names it.
        source_name: String,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// Standard input was read to its end already.
    #[error("standard input can be read once only, and two things are to come from it")]
    Taken,
    /// The source is larger than the limit.
    #[error("{source_name} is larger than {limit} bytes, the most that is read")]
    TooLarge {
        /// The source, as a message names it.
        source_name: String,
        /// The limit in bytes.
        limit: usize,
    },
}

enum Problem {
    Directory,
    Io(io::Error),
    TooLarge(usize),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Problem {
    fn of(self, source: &Source) -> ReadError {
        let source_name = source.to_string();
        match self {
            Self::Directory => ReadError::Directory { source_name },
            Self::Io(error) => ReadError::Io { source_name, error },
            Self::TooLarge(limit) => ReadError::TooLarge { source_name, limit },
        }
    }
}

/// How the text of a file is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, without a byte order mark.
    Utf8,
    /// UTF-8 after a byte order mark.
    Utf8Marked,
    /// UTF-16, big end first, after a byte order mark.
    Utf16Be,
    /// UTF-16, little end first, after a byte order mark: what `>` writes in Windows PowerShell.
    Utf16Le,
}

/// A file's text, and how it was encoded.
pub struct Text {
    /// The text, without a byte order mark.
    pub text: Zeroizing<String>,
    /// How the file encodes it.
    pub encoding: Encoding,
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Text").field("text", &"[REDACTED]").field("encoding", &self.encoding).finish()
    }
}

impl Text {
    /// Decodes text: by its byte order mark, else as UTF-8.
    ///
    /// # Errors
    /// When the bytes are not text in that encoding, with the line and the byte where they stop being so.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        match bytes {
            [0xEF, 0xBB, 0xBF, rest @ ..] => Self::decode_utf8(rest, 3, Encoding::Utf8Marked),
            [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes, Encoding::Utf16Be),
            [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes, Encoding::Utf16Le),
            // ASCII text with a zero in every second byte.
            [0, 1..=127, 0, 1..=127, ..] | [1..=127, 0, 1..=127, 0, ..] => Err(DecodeError::UnmarkedUtf16),
            _ => Self::decode_utf8(bytes, 0, Encoding::Utf8),
        }
    }

    /// `text` in the encoding of this file, with its byte order mark if it had one.
    #[must_use]
    pub fn encode(&self, text: &str) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(2 * text.len() + 3));
        match self.encoding {
            Encoding::Utf8 => bytes.extend_from_slice(text.as_bytes()),
            Encoding::Utf8Marked => {
                bytes.extend_from_slice(&[0xEF, 0xBB, 0xBF]);
                bytes.extend_from_slice(text.as_bytes());
            }
            Encoding::Utf16Be => {
                bytes.extend_from_slice(&[0xFE, 0xFF]);
                text.encode_utf16().for_each(|unit| bytes.extend_from_slice(&unit.to_be_bytes()));
            }
            Encoding::Utf16Le => {
                bytes.extend_from_slice(&[0xFF, 0xFE]);
                text.encode_utf16().for_each(|unit| bytes.extend_from_slice(&unit.to_le_bytes()));
            }
        }
        bytes
    }

    fn decode_utf8(bytes: &[u8], offset: usize, encoding: Encoding) -> Result<Self, DecodeError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self { text: Zeroizing::new(text.to_owned()), encoding }),
            Err(error) => Err(DecodeError::Invalid {
                encoding: "UTF-8",
                line: 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count(),
                offset: offset + error.valid_up_to(),
            }),
        }
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, encoding: Encoding) -> Result<Text, DecodeError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    // A UTF-16 unit takes at most three bytes in UTF-8: the string never grows, so no copy of it is left behind.
    let mut text = Zeroizing::new(String::with_capacity(3 * pairs.len()));
    let mut line = 1;
    let mut units = 0;
    for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let Ok(character) = character else {
            return Err(DecodeError::Invalid { encoding: "UTF-16", line, offset: 2 + 2 * units });
        };
        line += usize::from(character == '\n');
        units += character.len_utf16();
        text.push(character);
    }
    if rest.is_empty() {
        Ok(Text { text, encoding })
    } else {
        Err(DecodeError::Invalid { encoding: "UTF-16", line, offset: 2 + 2 * units })
    }
}

/// Bytes that should be text are not.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are not valid in their encoding.
    #[error("not valid {encoding}: line {line}, byte {offset}")]
    Invalid {
        /// The encoding's name.
        encoding: &'static str,
        /// The line with the first wrong byte, counted from 1.
        line: usize,
        /// The place of the first wrong byte in the file, counted from 0.
        offset: usize,
    },
    /// UTF-16 without a byte order mark.
    #[error("this looks like UTF-16 without a byte order mark: save it as UTF-8")]
    UnmarkedUtf16,
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::{DecodeError, Encoding, Problem, Text, read_bounded};

    #[test]
    fn every_encoding_is_read_and_written_back() {
        let text = "kind: Sécret\n# 🔑\n";
        let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let files = [
            (Encoding::Utf8, text.as_bytes().to_vec()),
            (Encoding::Utf8Marked, [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
            (Encoding::Utf16Be, [b"\xFE\xFF".to_vec(), utf16(u16::to_be_bytes)].concat()),
            (Encoding::Utf16Le, [b"\xFF\xFE".to_vec(), utf16(u16::to_le_bytes)].concat()),
        ];
        for (encoding, bytes) in files {
            let decoded = Text::decode(&bytes).unwrap();
            assert_eq!((decoded.text.as_str(), decoded.encoding), (text, encoding));
            assert_eq!(*decoded.encode(text), bytes);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_located() {
        let invalid = |encoding, line, offset| Err(DecodeError::Invalid { encoding, line, offset });
        let decode = |bytes: &[u8]| Text::decode(bytes).map(|_| ());
        assert_eq!(decode(b"a\nb\xFF"), invalid("UTF-8", 2, 3));
        assert_eq!(decode(b"\xEF\xBB\xBFa\xFF"), invalid("UTF-8", 1, 4));
        assert_eq!(decode(b"\xFF\xFEa\0\n\0\0\xD8b\0"), invalid("UTF-16", 2, 6));
        assert_eq!(decode(b"\xFF\xFEa\0b"), invalid("UTF-16", 1, 4));
        assert_eq!(decode(b"k\0i\0n\0d\0"), Err(DecodeError::UnmarkedUtf16));
        assert_eq!(decode(b"\0k\0i\0n\0d"), Err(DecodeError::UnmarkedUtf16));
    }

    #[test]
    fn reading_stops_at_the_limit() {
        let read =
            |length: usize, expected, limit| read_bounded(&mut Cursor::new(vec![7; length]), expected, limit);
        assert_eq!(read(100_000, 0, 100_000).ok().unwrap().as_slice(), vec![7; 100_000]);
        assert_eq!(read(100_000, 100_000, 100_000).ok().unwrap().len(), 100_000);
        assert!(matches!(read(100_001, 0, 100_000), Err(Problem::TooLarge(100_000))));
        assert!(matches!(read(1, 100_001, 100_000), Err(Problem::TooLarge(100_000))));
        assert!(read(0, 0, 0).ok().unwrap().is_empty());
    }
}
