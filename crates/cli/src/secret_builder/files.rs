//! `--from-file [key=]path`: a file, or every file of a directory, as values.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use super::{BuildError, Values};
use crate::input::{LIMIT, read_file};

/// Adds what `argument` names: `path`, `key=path`, or a directory.
///
/// Without a key a file's own name is the key. Of a directory, regular files are taken, other things in it (directories,
/// links, pipes) are not. As in kubectl, neither a key nor a path can hold an `=`.
///
/// # Errors
/// When the argument is malformed, a file can't be read, or a key is wrong or taken.
pub(crate) fn add(values: &mut Values, argument: &OsStr) -> Result<(), BuildError> {
    let (key, path) = parse(argument)?;
    if !path.is_dir() {
        let key = match key {
            Some(key) => key,
            None => file_name(path)?,
        };
        return values.add(key, read_file(path, LIMIT)?);
    }
    if key.is_some() {
        return Err(BuildError::DirectoryUnderKey { path: path.to_owned() });
    }
    let listing = |error| BuildError::Listing { path: path.to_owned(), error };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(listing)? {
        let entry = entry.map_err(listing)?;
        if entry.file_type().map_err(listing)?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    files.iter().try_for_each(|file| values.add(file_name(file)?, read_file(file, LIMIT)?))
}

fn parse(argument: &OsStr) -> Result<(Option<&str>, &Path), BuildError> {
    let wrong = |problem| BuildError::FileArgument { problem };
    let Some(text) = argument.to_str() else {
        // A name that is no text can stand alone: it has its key by its directory.
        let bytes = argument.as_encoded_bytes();
        return if bytes.contains(&b'=') {
            Err(wrong("it is not valid UTF-8"))
        } else {
            Ok((None, argument.as_ref()))
        };
    };
    match text.split_once('=') {
        None if text.is_empty() => Err(wrong("it is empty")),
        None => Ok((None, text.as_ref())),
        Some(("", _)) => Err(wrong("the key is missing")),
        Some((_, "")) => Err(wrong("the path is missing")),
        Some((_, path)) if path.contains('=') => Err(wrong("neither a key nor a path can hold '='")),
        Some((key, path)) => Ok((Some(key), path.as_ref())),
    }
}

/// The last component of a path, as a key. What is no text is no key either.
fn file_name(path: &Path) -> Result<&str, BuildError> {
    path.file_name().and_then(OsStr::to_str).ok_or_else(|| BuildError::FileName { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::super::{BuildError, Values};
    use crate::atomic_file::{NewFile, replace};

    fn keys(argument: &str) -> Result<Vec<String>, BuildError> {
        let mut values = Values::default();
        super::add(&mut values, argument.as_ref())?;
        Ok(values.iter().map(|(key, _)| key.to_owned()).collect())
    }

    #[test]
    fn a_directory_gives_its_regular_files() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().to_str().unwrap();
        for name in ["b.txt", "a"] {
            replace(&directory.path().join(name), name.as_bytes(), NewFile::Private).unwrap();
        }
        fs::create_dir(directory.path().join("inner")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("a", directory.path().join("link")).unwrap();
        assert_eq!(keys(path).unwrap(), ["a", "b.txt"]);
        assert_eq!(keys(&format!("key={path}/a")).unwrap(), ["key"]);
        assert_eq!(keys(&format!("{path}/b.txt")).unwrap(), ["b.txt"]);
        assert!(matches!(keys(&format!("key={path}")), Err(BuildError::DirectoryUnderKey { .. })));
        replace(&directory.path().join("not a key"), b"", NewFile::Private).unwrap();
        assert!(matches!(keys(path), Err(BuildError::Name(_))));
    }

    #[test]
    fn malformed_arguments() {
        for argument in ["", "=a", "a=", "a=b=c"] {
            assert!(matches!(keys(argument), Err(BuildError::FileArgument { .. })), "{argument}");
        }
        assert!(matches!(keys("/no/such/file"), Err(BuildError::Read(_))));
    }
}
