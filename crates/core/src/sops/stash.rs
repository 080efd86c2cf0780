//! The ciphertexts of an old version of a file, for what has not changed in the new one.

use std::collections::{HashMap, VecDeque};

use sha2::{Digest, Sha256};

use super::decrypt::{Decryption, Found};
use super::encrypt::Content;
use super::leaves::{LeafKind, Leaves};
use crate::document::{Document, Format, Style, Value};

/// A hash of what a ciphertext holds and where.
type Key = [u8; 32];

/// The ciphertexts of an old version of a file, in its order.
///
/// A ciphertext is bound to its key path and type, so it may be used again wherever the same value stands under the
/// same path. Equal values of one list have ciphertexts of their own. The plaintext itself is not kept: only a hash of it is.
#[derive(Default)]
pub(super) struct Stash {
    /// One for each leaf; those that stand in the clear have no ciphertext, and show where the others belong.
    entries: Vec<(Key, Option<Ciphertext>)>,
}

/// A ciphertext, and the style that it is written in.
#[derive(Clone)]
pub(super) struct Ciphertext {
    pub(super) text: String,
    pub(super) style: Style,
    /// A hash of the text of a number that stands in the plaintext just as it was encrypted.
    pub(super) number: Option<[u8; 32]>,
}

impl Ciphertext {
    /// Whether it stands for a value that has the text `number` if it is a number.
    fn fits(&self, number: Option<&str>) -> bool {
        self.number.is_none() || self.number == number.map(number_hash)
    }
}

fn number_hash(text: &str) -> Key {
    Sha256::digest(text).into()
}

impl Stash {
    pub(super) fn new(document: &Document, decryption: &Decryption) -> Self {
        let mut entries = Vec::new();
        for (leaf, found) in decryption.leaves.iter().zip(&decryption.found) {
            let path = decryption.leaves.associated_data(leaf);
            let of_node = |node| document.node(node).text().unwrap_or_default().to_owned();
            let mut number = None;
            let (key, text, style) = match (leaf.kind, found) {
                (LeafKind::Value(node), Found::Value { value, .. }) => {
                    let bytes = value.canonical_bytes().unwrap_or_default();
                    let written = match document.format() {
                        Format::Json if is_number(value) => str::from_utf8(&bytes).ok(),
                        _ => None,
                    };
                    number = found.number(document.node(node)).or(written).map(number_hash);
                    (value_key(path, value, document.format()), of_node(node), document.node(node).style())
                }
                (LeafKind::Comment(lines), Found::Comment(text)) => {
                    let ciphertext = document.comment_text(lines.range());
                    let ciphertext = ciphertext.lines().next().unwrap_or_default().to_owned();
                    (comment_key(path, text), ciphertext, Style::Plain)
                }
                (LeafKind::Value(node), Found::Comment(text)) => {
                    (comment_key(path, text), of_node(node), Style::Plain)
                }
                _ => {
                    entries.push((clear_key(path), None));
                    continue;
                }
            };
            let ciphertext = Ciphertext { text: text.trim_end().to_owned(), style, number };
            entries.push((key, Some(ciphertext)));
        }
        Self { entries }
    }

    /// The old ciphertext for each leaf that is to have one and has not changed. Nothing at all if there was no old version.
    ///
    /// Equal values under one path (the items of a list, say) must not swap theirs, or lines would change that nobody has
    /// edited. What stands before and after all changes keeps its own, and so does what stands between them if nothing was
    /// added or taken out; the others are used in their order.
    pub(super) fn take(
        self,
        document: &Document,
        leaves: &Leaves,
        contents: &[Content<'_>],
    ) -> Vec<Option<Ciphertext>> {
        if self.entries.is_empty() {
            return Vec::new();
        }
        let mut taken = vec![None; contents.len()];
        let wanted: Vec<Wanted<'_>> = leaves
            .iter()
            .zip(contents)
            .enumerate()
            .map(|(leaf_number, (leaf, content))| {
                let path = leaves.associated_data(leaf);
                let (key, number) = match content {
                    _ if !leaf.selected || !content.has_ciphertext() => (clear_key(path), None),
                    Content::Comment(text) => (comment_key(path, text), None),
                    Content::Value { value, number } => (value_key(path, value, document.format()), *number),
                };
                Wanted { leaf: leaf_number, key, number }
            })
            .collect();
        let old = &self.entries;
        let fits = |(old, new): &(&(Key, Option<Ciphertext>), &Wanted<'_>)| {
            old.0 == new.key && old.1.as_ref().is_none_or(|ciphertext| ciphertext.fits(new.number))
        };
        let before = old.iter().zip(&wanted).take_while(fits).count();
        let after = old[before..].iter().rev().zip(wanted[before..].iter().rev()).take_while(fits).count();
        for (old, new) in old[..before].iter().zip(&wanted[..before]) {
            taken[new.leaf].clone_from(&old.1);
        }
        for (old, new) in old[old.len() - after..].iter().zip(&wanted[wanted.len() - after..]) {
            taken[new.leaf].clone_from(&old.1);
        }

        let (old, wanted) = (&old[before..old.len() - after], &wanted[before..wanted.len() - after]);
        let mut is_used = vec![false; old.len()];
        if old.len() == wanted.len() {
            for (place, pair) in old.iter().zip(wanted).enumerate().filter(|(_, pair)| fits(pair)) {
                taken[pair.1.leaf].clone_from(&pair.0.1);
                is_used[place] = true;
            }
        }
        let mut equal: HashMap<Key, VecDeque<&Ciphertext>> = HashMap::new();
        for ((key, ciphertext), _) in old.iter().zip(is_used).filter(|(_, is_used)| !is_used) {
            equal.entry(*key).or_default().extend(ciphertext);
        }
        for new in wanted {
            if taken[new.leaf].is_none()
                && let Some(equal) = equal.get_mut(&new.key)
                && let Some(place) = equal.iter().position(|ciphertext| ciphertext.fits(new.number))
            {
                taken[new.leaf] = equal.remove(place).cloned();
            }
        }
        taken
    }
}

/// A leaf of the new version.
struct Wanted<'a> {
    /// Its number among all leaves.
    leaf: usize,
    key: Key,
    /// Its text, if it is a number.
    number: Option<&'a str>,
}

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Float(_) | Value::Integer(_))
}

fn value_key(path: &str, value: &Value, format: Format) -> Key {
    let bytes = value.canonical_bytes().unwrap_or_default();
    // Before 3.13.2 sops took every number in JSON for a float. The bytes are the same.
    let kind = if format == Format::Json && is_number(value) { "a number" } else { value.kind() };
    let hash = Sha256::new().chain_update(path).chain_update([0]).chain_update(kind).chain_update([0]);
    hash.chain_update(&*bytes).finalize().into()
}

/// The key of what stands in the clear: what it is does not matter.
fn clear_key(path: &str) -> Key {
    Sha256::new().chain_update(path).chain_update("\0clear").finalize().into()
}

fn comment_key(path: &str, text: &str) -> Key {
    Sha256::new().chain_update(path).chain_update("\0comment\0").chain_update(text).finalize().into()
}
