//! The files under the paths that a command line names.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

/// A file to look at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    /// Whether the command line names the file itself, and not only a directory that it is in.
    pub(super) named: bool,
}

/// The files that `paths` stand for: a file for itself, a directory for the `.yaml`, `.yml` and `.json` files under it,
/// sorted. Each file once.
///
/// What Git ignores is left out, as is Git's own directory; hidden files are not. Links in a directory are not followed.
pub(super) fn files(paths: &[PathBuf]) -> (Vec<Candidate>, Vec<ignore::Error>) {
    let mut seen = HashSet::new();
    let mut files = Vec::new();
    let mut errors = Vec::new();
    let mut add = |path: PathBuf, named| {
        // A file that can't be found is kept: reading it gives the error.
        if seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())) {
            files.push(Candidate { path, named });
        }
    };
    // Named files first, so that one that is found in a directory as well counts as named.
    let (directories, named): (Vec<_>, Vec<_>) = paths.iter().partition(|path| path.is_dir());
    named.into_iter().for_each(|path| add(path.clone(), true));
    for directory in directories {
        let walk = WalkBuilder::new(directory)
            .hidden(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .sort_by_file_path(Path::cmp)
            .build();
        for entry in walk {
            match entry {
                Ok(entry)
                    if entry.file_type().is_some_and(|kind| kind.is_file()) && is_manifest(entry.path()) =>
                {
                    add(entry.into_path(), false);
                }
                Ok(_) => {}
                Err(error) => errors.push(error),
            }
        }
    }
    (files, errors)
}

fn is_manifest(path: &Path) -> bool {
    let is = |extension: &str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(extension));
    is("yaml") || is("yml") || is("json")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::{Candidate, files};
    use crate::atomic_file::{NewFile, replace};

    #[test]
    fn directories_stand_for_the_manifests_in_them() {
        let directory = TempDir::new().unwrap();
        let path = |name: &str| directory.path().join(name);
        for inner in [".git", ".hidden", "apps/web", "ignored"] {
            fs::create_dir_all(path(inner)).unwrap();
        }
        for file in
            [".git/a.yaml", ".hidden/b.yml", "apps/web/c.json", "apps/d.YAML", "apps/e.txt", "ignored/f.yaml"]
        {
            replace(&path(file), b"x", NewFile::Shared).unwrap();
        }
        replace(&path(".gitignore"), b"/ignored/\n", NewFile::Shared).unwrap();
        let (found, errors) =
            files(&[directory.path().to_owned(), path("apps/e.txt"), path("apps/d.YAML"), path("no")]);
        assert!(errors.is_empty());
        let expected: Vec<(PathBuf, bool)> = vec![
            (path("apps/e.txt"), true),
            (path("apps/d.YAML"), true),
            (path("no"), true),
            (path(".hidden/b.yml"), false),
            (path("apps/web/c.json"), false),
        ];
        let expected: Vec<_> = expected.into_iter().map(|(path, named)| Candidate { path, named }).collect();
        assert_eq!(found, expected);
    }
}
