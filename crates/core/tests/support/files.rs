//! What tests of SOPS files need: a key, metadata, and what is in a file.
#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use sealkit::document::{Children, Document, Node};
use sealkit::sops::{AgeKey, DataKey, KeyGroup, MasterKey, Metadata, SelectionRule};

pub(crate) fn key() -> DataKey {
    DataKey::from_bytes(&[7; 32]).unwrap()
}

pub(crate) fn metadata(rule: SelectionRule) -> Metadata {
    let mut age = AgeKey::new("age1test");
    age.enc = "-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n-----END AGE ENCRYPTED FILE-----\n".to_owned();
    Metadata::new(vec![KeyGroup::new(vec![MasterKey::Age(age)])], rule)
}

/// The keys and texts of all values, in the order of the file.
pub(crate) fn pairs(document: &Document) -> Vec<(String, String)> {
    fn add(node: Node<'_>, path: &str, list: &mut Vec<(String, String)>) {
        match node.children() {
            Children::Mapping(entries) => {
                for (key, value) in entries.iter() {
                    add(value, &format!("{path}/{}", key.text().unwrap()), list);
                }
            }
            Children::Sequence(items) => items.iter().for_each(|item| add(item, &format!("{path}/-"), list)),
            _ => list.push((path.to_owned(), node.text().unwrap_or_default().to_owned())),
        }
    }
    let mut list = Vec::new();
    document.roots().for_each(|root| add(root, "", &mut list));
    list
}
