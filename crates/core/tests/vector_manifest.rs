//! test-vectors/README.md accounts for every vector.

#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path, root: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            files(&path, root, found);
        } else if !matches!(name, "README.md" | ".gitattributes" | ".gitignore") {
            let parts = path.strip_prefix(root).unwrap().iter().map(|part| part.to_str().unwrap());
            found.push(parts.collect::<Vec<_>>().join("/"));
        }
    }
}

/// Whether a file is meant by a row; there is one `*` or `**` in it at most.
fn is_meant(file: &str, pattern: &str) -> bool {
    let Some((start, end)) = pattern.split_once('*') else { return file == pattern };
    let (end, is_deep) = end.strip_prefix('*').map_or((end, false), |end| (end, true));
    let middle = file.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    middle.is_some_and(|middle| is_deep || !middle.contains('/'))
}

#[test]
fn every_vector_is_in_the_manifest() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let manifest = readme.split_once("## Manifest").unwrap().1;
    let rows: Vec<&str> =
        manifest.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0)).collect();
    let mut found = Vec::new();
    files(&root, &root, &mut found);
    assert!(found.len() > 600, "{}", found.len());
    for file in &found {
        let rows: Vec<_> = rows.iter().filter(|row| is_meant(file, row)).collect();
        assert_eq!(rows.len(), 1, "{file}: {rows:?}");
    }
    for row in rows {
        assert!(found.iter().any(|file| is_meant(file, row)), "there is no {row}");
    }
}
