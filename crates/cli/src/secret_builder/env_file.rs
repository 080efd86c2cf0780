//! `--from-env-file path`: lines `NAME=value`, as kubectl and Docker read them.

use std::path::Path;

use zeroize::Zeroizing;

use super::{BuildError, Values, names};
use crate::console::Environment;
use crate::input::{LIMIT, Text, read_file};

/// Adds the values of a file of lines `NAME=value`.
///
/// White space before the name is skipped, as are empty lines and those that begin with `#`. The value is everything after
/// the first `=`, unchanged: no quotes, escapes or comments in it. A line with a name alone takes the value of that
/// environment variable.
///
/// # Errors
/// When the file can't be read or is no text, a name is wrong or taken, or an environment variable is missing.
pub(crate) fn add(values: &mut Values, path: &Path, environment: &Environment) -> Result<(), BuildError> {
    let bytes = read_file(path, LIMIT)?;
    let text = Text::decode(&bytes).map_err(|error| BuildError::NotText { path: path.to_owned(), error })?;
    for (index, line) in text.text.lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once('=').map_or((line, None), |(name, value)| (name, Some(value)));
        names::check_variable(name).map_err(|error| BuildError::EnvFileLine {
            path: path.to_owned(),
            line: index + 1,
            error,
        })?;
        let value = match value {
            Some(value) => Zeroizing::new(value.as_bytes().to_vec()),
            None => environment
                .get_even_empty(name)
                .map(|value| Zeroizing::new(value.into_encoded_bytes()))
                .ok_or_else(|| BuildError::EnvironmentVariable { path: path.to_owned(), line: index + 1 })?,
        };
        values.add(name, value).map_err(|error| match error {
            BuildError::KeyTwice { .. } => {
                BuildError::EnvFileTwice { path: path.to_owned(), line: index + 1 }
            }
            other => other,
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::{BuildError, Values};
    use crate::atomic_file::{NewFile, replace};
    use crate::console::Environment;

    fn read(contents: &[u8]) -> Result<Vec<(String, String)>, BuildError> {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("env");
        replace(&path, contents, NewFile::Private).unwrap();
        let mut values = Values::default();
        super::add(&mut values, &path, &Environment::given([("HOME", "/home/me"), ("EMPTY", "")]))?;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Ok(values.iter().map(|(key, value)| (key.to_owned(), text(value))).collect())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn values_are_taken_as_they_are() {
        let file = b"A=1\n# c\n  B=two  \n\n\tC=\"q\" # no comment\nD=a=b\nE=\n";
        assert_eq!(
            read(file).unwrap(),
            pairs(&[("A", "1"), ("B", "two  "), ("C", "\"q\" # no comment"), ("D", "a=b"), ("E", "")])
        );
        assert_eq!(read(b"\xEF\xBB\xBFA=1\r\nB=2").unwrap(), pairs(&[("A", "1"), ("B", "2")]));
        assert_eq!(read(b"\xFF\xFEA\0=\x001\0\r\0\n\0").unwrap(), pairs(&[("A", "1")]));
        let long = format!("A={}", "x".repeat(100_000));
        assert_eq!(read(long.as_bytes()).unwrap()[0].1.len(), 100_000);
    }

    #[test]
    fn a_name_alone_stands_for_an_environment_variable() {
        assert_eq!(read(b"HOME\nEMPTY\n").unwrap(), pairs(&[("EMPTY", ""), ("HOME", "/home/me")]));
        assert!(matches!(read(b"A=1\nMISSING"), Err(BuildError::EnvironmentVariable { line: 2, .. })));
    }

    #[test]
    fn wrong_lines_are_named_but_not_shown() {
        for file in [b"A=1\nexport B=x".as_slice(), b"\n1a=x", b"\n=x", b"\n..a=x", "\né=x".as_bytes()] {
            assert!(matches!(read(file), Err(BuildError::EnvFileLine { line: 2, .. })));
        }
        assert!(matches!(read(b"A=1\nA=2"), Err(BuildError::EnvFileTwice { line: 2, .. })));
        assert!(matches!(read(b"A=\xFF"), Err(BuildError::NotText { .. })));
        // The lines of a private key: some of them look like names.
        for file in
            ["KEY=-----BEGIN\nMIIEvhunter2", "A=1\nMIIEvhunter2==\nMIIEvhunter2==", "A=1\nMIIE/hunter2="]
        {
            let error = read(file.as_bytes()).unwrap_err();
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            assert!(!format!("{error} {source} {error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
