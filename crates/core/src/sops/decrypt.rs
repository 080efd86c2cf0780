//! Decrypting the values and comments of a file, and splicing them into its text.

use rayon::prelude::*;
use zeroize::Zeroizing;

use super::block::Block;
use super::cipher::{Cipher, CipherError, Decrypted, is_encrypted};
use super::error::FileError;
use super::file::Warning;
use super::leaves::{Leaf, LeafKind, Leaves};
use super::mac::{Mac, MacDigest, MacScope};
use super::parallel::CHUNK;
use super::selection::Selection;
use super::windows_lines;
use crate::document::{Children, Document, Edits, Format, Node, Schema, Style, Value};

/// In how many containers a comment is tried: its own, and those around it.
const COMMENT_CONTAINERS: usize = 8;

/// What became of each leaf of a file.
pub(super) struct Decryption {
    pub(super) leaves: Leaves,
    /// One for each leaf.
    pub(super) found: Vec<Found>,
}

/// What a leaf holds.
pub(super) enum Found {
    /// A value that stands in the clear, or a null or empty one, or a comment that is not to be encrypted.
    Clear,
    /// A comment that can't be decrypted.
    CommentLeft,
    /// A comment or, in a list, an item that is one.
    Comment(Zeroizing<String>),
    Value {
        value: Value,
        /// The text of a number as it was encrypted.
        number: Option<Zeroizing<String>>,
    },
}

impl Found {
    /// The text of a number that is to stand in the file of `node` as it was encrypted: whoever reads it there must read
    /// this same number.
    pub(super) fn number(&self, node: Node<'_>) -> Option<&str> {
        let Self::Value { value, number: Some(number) } = self else { return None };
        let is_bare = node.document().format() != Format::Yaml || plain_style(node) == Style::Plain;
        let same = match (node.document().number(number), value) {
            (Some(Value::Integer(read)), Value::Integer(value)) => read == *value,
            (Some(Value::Float(read)), Value::Float(value)) => read.to_bits() == value.to_bits(),
            _ => false,
        };
        (is_bare && same).then_some(number)
    }
}

/// Decrypts all values and comments of `document`.
pub(super) fn values(
    document: &Document,
    selection: &Selection,
    cipher: &Cipher,
) -> Result<Decryption, FileError> {
    let leaves = Leaves::of(document, selection)?;
    let list = leaves.as_slice();
    let mut found = Vec::with_capacity(list.len());
    found.resize_with(list.len(), || Found::Clear);
    let open = |(found, leaf): (&mut Found, &Leaf)| -> Result<(), FileError> {
        *found = decrypt_leaf(document, &leaves, leaf, cipher)?;
        Ok(())
    };
    if list.len() <= CHUNK {
        found.iter_mut().zip(list).try_for_each(open)?;
    } else {
        found.par_iter_mut().zip(list).try_for_each(open)?;
    }
    Ok(Decryption { leaves, found })
}

impl Decryption {
    /// The hash of all values that `scope` covers.
    pub(super) fn mac(&self, document: &Document, scope: MacScope) -> Result<MacDigest, FileError> {
        let mut mac = Mac::new(scope);
        for (leaf, found) in self.leaves.iter().zip(&self.found) {
            match (leaf.kind, found) {
                (LeafKind::Value(_), Found::Value { value, .. }) => mac.update(value, leaf.selected),
                (LeafKind::Value(node), Found::Clear) => {
                    mac.update(&document.node(node).value(Schema::GoYaml3)?, leaf.selected);
                }
                _ => {}
            }
        }
        Ok(mac.finish())
    }
}

fn decrypt_leaf(
    document: &Document,
    leaves: &Leaves,
    leaf: &Leaf,
    cipher: &Cipher,
) -> Result<Found, FileError> {
    if !leaf.selected {
        return Ok(Found::Clear);
    }
    let associated_data = leaves.associated_data(leaf);
    let node = match leaf.kind {
        LeafKind::Comment(lines) => {
            let text = document.comment_text(lines.range());
            // Further lines of an encrypted comment are bare signs.
            let text = if is_encrypted(&text) { text.lines().next().unwrap_or_default() } else { &text };
            return Ok(if text.is_empty() {
                Found::Clear
            } else {
                decrypt_comment(text, associated_data, cipher)
            });
        }
        LeafKind::Value(node) => document.node(node),
    };
    let owned;
    let text = match node.string(Schema::GoYaml3) {
        Some(text) => text,
        None => match node.value(Schema::GoYaml3)? {
            Value::Null => return Ok(Found::Clear),
            Value::Bytes(bytes) if bytes.is_empty() => return Ok(Found::Clear),
            Value::String(text) => {
                owned = text;
                &owned
            }
            other => return Err(not_encrypted(node, other.kind())),
        },
    };
    if text.is_empty() {
        return Ok(Found::Clear);
    }
    match cipher.decrypt_with_number(text, associated_data) {
        Ok((Decrypted::Value(value), number)) => Ok(Found::Value { value, number }),
        Ok((Decrypted::Comment(text), _)) => Ok(Found::Comment(text)),
        Err(CipherError::Malformed { .. }) if !is_encrypted(text) => Err(not_encrypted(node, "plain text")),
        Err(source) => {
            Err(FileError::Cipher { path: node.path(), location: node.location(), verb: "decrypted", source })
        }
    }
}

/// A comment may stand where sops reads it into another container than the one whose path it was encrypted with: after
/// the last entry of a mapping, say, once somebody has changed its indentation. The nearest containers around it are
/// tried.
fn decrypt_comment(text: &str, associated_data: &str, cipher: &Cipher) -> Found {
    if !is_encrypted(text) {
        return Found::CommentLeft;
    }
    let mut path = associated_data;
    for _ in 0..COMMENT_CONTAINERS {
        if let Ok(Decrypted::Comment(text)) = cipher.decrypt(text, path) {
            return Found::Comment(text);
        }
        if path == ":" {
            return Found::CommentLeft;
        }
        path = path[..path.len() - 1].rfind(':').map_or(":", |colon| &path[..=colon]);
    }
    Found::CommentLeft
}

fn not_encrypted(node: Node<'_>, found: &'static str) -> FileError {
    FileError::NotEncrypted { path: node.path(), location: node.location(), found }
}

/// The document's text with all that was decrypted in its place, and without its `sops` blocks.
pub(super) fn plaintext(
    document: &Document,
    decryption: &Decryption,
) -> Result<(Zeroizing<String>, Vec<Warning>), FileError> {
    let (leaves, found) = (decryption.leaves.as_slice(), &decryption.found);
    let parts: Vec<_> = if leaves.len() <= CHUNK {
        vec![opened(document, leaves, found)]
    } else {
        let chunks = leaves.par_chunks(CHUNK).zip(found.par_chunks(CHUNK));
        chunks.map(|(leaves, found)| opened(document, leaves, found)).collect()
    };
    let mut edits = Edits::new(document);
    let mut warnings = Vec::new();
    for (part, mut told) in parts {
        edits.append(part);
        warnings.append(&mut told);
    }
    let block = Block::of(document.format());
    document.roots().for_each(|root| block.remove(&mut edits, root));
    if document.format() == Format::Dotenv {
        windows_lines::restore(&mut edits, decryption);
    }
    Ok((edits.apply()?, warnings))
}

/// The changes that put what was found in the places of these leaves.
fn opened<'a>(document: &'a Document, leaves: &[Leaf], found: &[Found]) -> (Edits<'a>, Vec<Warning>) {
    let mut edits = Edits::new(document);
    let mut warnings = Vec::new();
    for (leaf, found) in leaves.iter().zip(found) {
        if leaf.alias.is_some() {
            continue;
        }
        match (leaf.kind, found) {
            (_, Found::Clear) | (LeafKind::Comment(_), Found::Value { .. }) => {}
            (LeafKind::Comment(lines), Found::Comment(text)) => edits.open_comments(lines.range(), text),
            (LeafKind::Comment(lines), _) => {
                let location = document.comment(lines.range().start).location();
                warnings.push(Warning::CommentLeft { location });
            }
            (LeafKind::Value(node), Found::Comment(text)) => {
                let node = document.node(node);
                match list_item(node) {
                    Some((list, index)) => edits.item_to_comment(list, index, text),
                    None => edits.set_styled(node, &Value::String(text.clone()), node.style()),
                }
            }
            (LeafKind::Value(node), Found::Value { value, .. }) => {
                let node = document.node(node);
                match found.number(node) {
                    Some(number) => edits.set_text(node, number, Style::Plain),
                    None => edits.set_styled(node, value, plain_style(node)),
                }
            }
            (LeafKind::Value(_), Found::CommentLeft) => {}
        }
    }
    (edits, warnings)
}

/// The style that the plaintext had. In brackets and braces a plain scalar can't hold a ciphertext: it becomes a
/// single-quoted one.
fn plain_style(node: Node<'_>) -> Style {
    match node.style() {
        Style::SingleQuoted if node.in_flow() && node.document().format() == Format::Yaml => Style::Plain,
        style => style,
    }
}

fn list_item(node: Node<'_>) -> Option<(Node<'_>, usize)> {
    let list = node.parent()?;
    match list.children() {
        Children::Sequence(items) if list.style() == Style::Block => {
            Some((list, items.iter().position(|item| item.id() == node.id())?))
        }
        _ => None,
    }
}
