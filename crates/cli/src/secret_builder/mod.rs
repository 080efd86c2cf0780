//! Builds a Kubernetes Secret from literals, files and the rest, by the rules of `kubectl create secret`.
//!
//! - [`names`][]: what names, namespaces and keys may look like.
//! - [`files`][]: `--from-file`, with its directories.
//! - [`env_file`][]: `--from-env-file`.
//! - [`kinds`][]: the types of Secret that Kubernetes knows, and what each must hold.
//! - [`docker_config`], [`tls_pair`]: the contents of two of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::input::{DecodeError, ReadError};

pub(crate) mod docker_config;
pub(crate) mod env_file;
pub(crate) mod files;
pub(crate) mod kinds;
pub(crate) mod names;
pub(crate) mod tls_pair;

use names::NameError;

/// The values of a Secret that is being built, by key.
#[derive(Default)]
pub(crate) struct Values(BTreeMap<String, Zeroizing<Vec<u8>>>);

impl Values {
    /// Adds a value.
    ///
    /// # Errors
    /// When the key is no key of a Secret, or has a value already.
    pub(crate) fn add(&mut self, key: &str, value: Zeroizing<Vec<u8>>) -> Result<(), BuildError> {
        self.check_new(key)?;
        self.0.insert(key.to_owned(), value);
        Ok(())
    }

    /// Checks that a value can be added under `key`.
    ///
    /// # Errors
    /// As [`Values::add`].
    pub(crate) fn check_new(&self, key: &str) -> Result<(), BuildError> {
        names::check_key(key)?;
        if self.0.contains_key(key) { Err(BuildError::KeyTwice { key: key.to_owned() }) } else { Ok(()) }
    }

    /// Adds the value of a literal, `key=value`.
    ///
    /// # Errors
    /// When there is no `=` or nothing before it, and as [`Values::add`].
    pub(crate) fn add_literal(&mut self, literal: &[u8]) -> Result<(), BuildError> {
        let (key, value) = split_at_equals(literal).ok_or(BuildError::Literal)?;
        let key = std::str::from_utf8(key).map_err(|_| BuildError::Literal)?;
        if key.is_empty() {
            return Err(BuildError::Literal);
        }
        names::check_key(key).map_err(|_| BuildError::LiteralKey)?;
        self.add(key, Zeroizing::new(value.to_vec()))
    }

    /// The value under `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&[u8]> {
        self.0.get(key).map(|value| value.as_slice())
    }

    /// The keys and values, sorted by key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_slice()))
    }
}

impl IntoIterator for Values {
    type Item = (String, Zeroizing<Vec<u8>>);
    type IntoIter = std::collections::btree_map::IntoIter<String, Zeroizing<Vec<u8>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// What stands before and after the first `=`.
fn split_at_equals(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == b'=')?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// A Secret could not be built from what the command line names.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum BuildError {
    #[error("{} is a directory: leave the key out, and each file in it becomes a value under its own name", path.display())]
    DirectoryUnderKey { path: PathBuf },
    // None of the errors about a line says the name: it may be the rest of a secret value of several lines.
    #[error("line {line} of {} has a name without a value, and the environment has no such variable", path.display())]
    EnvironmentVariable { path: PathBuf, line: usize },
    #[error("line {line} of {} can't be used", path.display())]
    EnvFileLine {
        path: PathBuf,
        line: usize,
        #[source]
        error: NameError,
    },
    #[error("line {line} of {} has a name that has a value already", path.display())]
    EnvFileTwice { path: PathBuf, line: usize },
    // Without the argument: it may be a value that was meant for --from-literal.
    #[error("a file to take a value from is not of the form path or key=path: {problem}")]
    FileArgument { problem: &'static str },
    #[error("the file name of {} can't be a key: write key= before the path", path.display())]
    FileName { path: PathBuf },
    #[error("the key {key} is given twice")]
    KeyTwice { key: String },
    #[error("a literal is not of the form key=value")]
    Literal,
    // Without the key: where it was forgotten, this is the beginning of the value.
    #[error(
        "what stands before '=' in a literal can't be a key of a Secret: use letters, digits, '-', '_' and '.'"
    )]
    LiteralKey,
    #[error("could not list the directory {}", path.display())]
    Listing {
        path: PathBuf,
        #[source]
        error: std::io::Error,
    },
    #[error("a Secret of type {secret_type} needs {needed}")]
    MissingForType { secret_type: String, needed: &'static str },
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("the value under {key} is not valid JSON, which the type {secret_type} asks for")]
    NotJson { key: &'static str, secret_type: String },
    #[error("{} can't be read as text", path.display())]
    NotText {
        path: PathBuf,
        #[source]
        error: DecodeError,
    },
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the certificate {} and the key {} don't belong together: {problem}", certificate.display(), key.display())]
    TlsPair { certificate: PathBuf, key: PathBuf, problem: &'static str },
}

#[cfg(test)]
mod tests {
    use super::{BuildError, Values};

    #[test]
    fn literals_are_split_at_the_first_equals_sign() {
        let mut values = Values::default();
        values.add_literal(b"a=b=c").unwrap();
        values.add_literal(b"empty=").unwrap();
        values.add_literal(b"bytes=\xFF\n").unwrap();
        let all: Vec<_> = values.iter().collect();
        assert_eq!(all, [("a", b"b=c".as_slice()), ("bytes", b"\xFF\n"), ("empty", b"")]);
    }

    #[test]
    fn bad_literals_are_refused_and_never_shown() {
        let mut values = Values::default();
        for literal in [b"hunter2".as_slice(), b"=hunter2", b"", b"\xFF=hunter2"] {
            let error = values.add_literal(literal).unwrap_err();
            assert_eq!(error.to_string(), "a literal is not of the form key=value");
        }
        values.add_literal(b"a=1").unwrap();
        assert!(matches!(values.add_literal(b"a=2"), Err(BuildError::KeyTwice { .. })));
        assert!(matches!(values.add_literal(b"a b=2"), Err(BuildError::LiteralKey)));
    }
}
