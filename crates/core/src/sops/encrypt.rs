//! Encrypting the values and comments of a file, and splicing them into its text.

use std::collections::{BTreeSet, HashMap, VecDeque};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::cipher::{Cipher, CipherError, is_encrypted};
use super::data_key::DataKey;
use super::decrypt::{Decryption, Found};
use super::error::FileError;
use super::file::{Encrypted, Warning, WhenNothingSelected, block_index, new_block};
use super::leaves::{Leaf, LeafKind, Leaves};
use super::mac::Mac;
use super::metadata::{METADATA_KEY, Metadata};
use super::selection::Selection;
use crate::document::{
    Children, Document, Edits, Format, Location, Mapping, Node, NodeId, Path, Schema, Step, Style, Value,
};

/// The fewest values that are worth a worker of their own.
const CHUNK: usize = 512;

/// The ciphertexts of an old version of a file, found by what they hold and where.
///
/// A ciphertext is bound to its key path and type, so it may be used again wherever the same value stands under the
/// same path. Equal values of one list have ciphertexts of their own: they are used in their order. The plaintext itself
/// is not kept: only a hash of it is.
#[derive(Default)]
pub(super) struct Stash {
    entries: HashMap<[u8; 32], VecDeque<Ciphertext>>,
}

/// A ciphertext, and the style that it is written in.
#[derive(Clone)]
struct Ciphertext {
    text: String,
    style: Style,
}

impl Stash {
    pub(super) fn new(document: &Document, decryption: &Decryption) -> Self {
        let comments: Vec<_> = document.comments().collect();
        let mut stash = Self::default();
        for (leaf, found) in decryption.leaves.iter().zip(&decryption.found) {
            let path = decryption.leaves.associated_data(leaf);
            let (key, text, style) = match (leaf.kind, found) {
                (LeafKind::Value(node), Found::Value(value)) => {
                    let node = document.node(node);
                    (value_key(path, value), node.text().unwrap_or_default(), node.style())
                }
                (LeafKind::Comment(number), Found::Comment(text)) => {
                    (comment_key(path, text), &comments[number].source()[1..], Style::Plain)
                }
                (LeafKind::Value(node), Found::Comment(text)) => {
                    (comment_key(path, text), document.node(node).text().unwrap_or_default(), Style::Plain)
                }
                _ => continue,
            };
            let ciphertext = Ciphertext { text: text.trim_end().to_owned(), style };
            stash.entries.entry(key).or_default().push_back(ciphertext);
        }
        stash
    }

    fn take(&mut self, key: impl FnOnce() -> [u8; 32]) -> Option<Ciphertext> {
        if self.entries.is_empty() { None } else { self.entries.get_mut(&key())?.pop_front() }
    }
}

fn value_key(path: &str, value: &Value) -> [u8; 32] {
    let bytes = value.canonical_bytes().unwrap_or_default();
    let hash =
        Sha256::new().chain_update(path).chain_update([0]).chain_update(value.kind()).chain_update([0]);
    hash.chain_update(&*bytes).finalize().into()
}

fn comment_key(path: &str, text: &str) -> [u8; 32] {
    Sha256::new().chain_update(path).chain_update("\0comment\0").chain_update(text).finalize().into()
}

/// Encrypts a file that was never encrypted.
pub(super) fn encrypt_new(
    plaintext: &[u8],
    format: Format,
    metadata: Metadata,
    data_key: &DataKey,
    when_nothing: WhenNothingSelected,
) -> Result<Encrypted, FileError> {
    let document = Document::parse(plaintext, format)?;
    run(&document, None, metadata, data_key, Stash::default(), when_nothing)
}

/// Encrypts the edited plaintext of the file `old`.
pub(super) fn encrypt(
    plaintext: &[u8],
    old: &Document,
    metadata: Metadata,
    data_key: &DataKey,
    stash: Stash,
) -> Result<Encrypted, FileError> {
    let document = Document::parse(plaintext, old.format())?;
    run(&document, Some(old), metadata, data_key, stash, WhenNothingSelected::Allow)
}

fn run(
    document: &Document,
    old: Option<&Document>,
    mut metadata: Metadata,
    data_key: &DataKey,
    mut stash: Stash,
    when_nothing: WhenNothingSelected,
) -> Result<Encrypted, FileError> {
    check(document)?;
    let selection = Selection::new(&metadata.selection)?;
    let prepared = prepare(document)?;
    let document = prepared.as_ref().unwrap_or(document);

    let leaves = Leaves::of(document, &selection)?;
    let contents = contents(document, &leaves)?;
    let mut mac = Mac::new(metadata.mac_scope);
    for (leaf, content) in leaves.iter().zip(&contents) {
        if let Content::Value(value) = content {
            mac.update(value, leaf.selected);
        }
    }
    let ciphertexts = encrypt_leaves(document, &leaves, &contents, &selection, data_key, &mut stash)?;
    if when_nothing == WhenNothingSelected::Refuse
        && !leaves.iter().zip(&ciphertexts).any(|(leaf, text)| text.is_some() && is_value(leaf))
    {
        let rule = format!("{} {:?}", metadata.selection.field(), metadata.selection.text());
        return Err(FileError::NothingEncrypted { rule });
    }
    metadata.mac =
        mac.finish().encrypt(&mut Cipher::new(data_key), &metadata.last_modified).map_err(|source| {
            FileError::Cipher {
                path: [Step::Key(METADATA_KEY.to_owned())].into_iter().collect(),
                location: Location { line: 1, column: 1 },
                verb: "encrypted",
                source,
            }
        })?;

    let mut edits = Edits::new(document);
    let warnings = splice(&mut edits, document, &leaves, &ciphertexts)?;
    for root in document.roots() {
        let block = old
            .and_then(|old| changed_block(old, root, &metadata))
            .unwrap_or_else(|| new_block(root, &metadata));
        match block_index(root) {
            Some(index) => edits.replace_in_document(root, index, &block),
            None => edits.append_to_document(root, &block),
        }
    }
    Ok(Encrypted { text: std::mem::take(&mut *edits.apply()?), warnings })
}

fn is_value(leaf: &Leaf) -> bool {
    matches!(leaf.kind, LeafKind::Value(_))
}

/// Refuses what SOPS can't hold, and what is encrypted already.
fn check(document: &Document) -> Result<(), FileError> {
    if document.roots().len() == 0 {
        return Err(FileError::Empty);
    }
    for root in document.roots() {
        let location = root.location();
        match root.children() {
            Children::Mapping(_) => {}
            Children::Sequence(_) => return Err(FileError::TopLevel { location, found: "a list" }),
            _ if root.span().is_empty() && root.tag().is_none() && root.anchor_span().is_none() => {}
            _ => return Err(FileError::TopLevel { location, found: "a single value" }),
        }
        if let Some(block) = root.get(METADATA_KEY) {
            let location = block.location();
            let looks_real = block.get("mac").is_some() || block.get("lastmodified").is_some();
            return Err(if looks_real {
                FileError::AlreadyEncrypted { location }
            } else {
                FileError::ReservedKey { location }
            });
        }
    }
    Ok(())
}

/// The document as it will look to whoever decrypts it, where that matters: with a `sops` key in place if there are
/// comments, since the key decides what a comment above it belongs to, and with no line break that is only added by the
/// block below.
fn prepare(document: &Document) -> Result<Option<Document>, FileError> {
    let mut edits = Edits::new(document);
    if document.format() == Format::Yaml && !document.source().ends_with('\n') {
        edits.close_last_block();
    }
    if document.comments().len() > 0 {
        for root in document.roots() {
            edits.append_to_document(root, &Edits::written_entry(root, METADATA_KEY, &Value::Null));
        }
    }
    if edits.is_empty() {
        return Ok(None);
    }
    let text = edits.apply()?;
    Ok(Some(Document::parse(text.as_bytes(), document.format())?))
}

/// What a leaf holds before encryption.
enum Content<'a> {
    Comment(&'a str),
    Value(Value),
}

fn contents<'a>(document: &'a Document, leaves: &Leaves) -> Result<Vec<Content<'a>>, FileError> {
    let comments: Vec<&str> = document.comments().map(|comment| &comment.source()[1..]).collect();
    let each = leaves.iter().map(|leaf| {
        Ok(match leaf.kind {
            LeafKind::Comment(number) => Content::Comment(comments[number]),
            LeafKind::Value(node) => Content::Value(document.node(node).value(Schema::GoYaml3)?),
        })
    });
    each.collect()
}

/// The ciphertext of each leaf that is to have one: an old one where there is one, else a new one.
fn encrypt_leaves(
    document: &Document,
    leaves: &Leaves,
    contents: &[Content<'_>],
    selection: &Selection,
    data_key: &DataKey,
    stash: &mut Stash,
) -> Result<Vec<Option<Ciphertext>>, FileError> {
    let list = leaves.as_slice();
    let mut kept = Vec::with_capacity(list.len());
    for (leaf, content) in list.iter().zip(contents) {
        let path = leaves.associated_data(leaf);
        kept.push(match content {
            _ if !leaf.selected => None,
            Content::Comment(text) => stash.take(|| comment_key(path, text)),
            Content::Value(value) => stash.take(|| value_key(path, value)),
        });
    }
    let encrypt = |number: usize, cipher: &mut Cipher| -> Result<Option<Ciphertext>, FileError> {
        let (leaf, path) = (&list[number], leaves.associated_data(&list[number]));
        if !leaf.selected {
            return Ok(None);
        }
        let kept = kept[number].clone();
        match (leaf.kind, &contents[number]) {
            (LeafKind::Value(node), Content::Value(value)) => {
                encrypt_value(document.node(node), value, path, cipher, kept)
            }
            (_, Content::Comment(text)) => encrypt_comment(text, path, selection, cipher, kept),
            (LeafKind::Comment(_), Content::Value(_)) => Ok(None),
        }
    };
    if list.len() <= CHUNK {
        let mut cipher = Cipher::new(data_key);
        return (0..list.len()).map(|number| encrypt(number, &mut cipher)).collect();
    }
    (0..list.len())
        .into_par_iter()
        .with_min_len(CHUNK)
        .map_init(|| Cipher::new(data_key), |cipher, number| encrypt(number, cipher))
        .collect()
}

fn encrypt_value(
    node: Node<'_>,
    value: &Value,
    path: &str,
    cipher: &mut Cipher,
    kept: Option<Ciphertext>,
) -> Result<Option<Ciphertext>, FileError> {
    match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::Bytes(bytes) if bytes.is_empty() => return Ok(None),
        Value::String(text) if is_encrypted(text) => {
            return Err(FileError::EncryptedValue { path: node.path(), location: node.location() });
        }
        _ if kept.is_some() => return Ok(kept),
        _ => {}
    }
    let mut text = String::new();
    cipher.encrypt(value, path, &mut text).map_err(|source| cipher_error(node, source))?;
    let style = if node.document().format() == Format::Json { Style::DoubleQuoted } else { node.style() };
    Ok(Some(Ciphertext { text, style }))
}

fn encrypt_comment(
    text: &str,
    path: &str,
    selection: &Selection,
    cipher: &mut Cipher,
    kept: Option<Ciphertext>,
) -> Result<Option<Ciphertext>, FileError> {
    // One that could not be decrypted before stays as it is.
    if text.is_empty() || is_encrypted(text) {
        return Ok(None);
    }
    let ciphertext = match kept {
        Some(kept) => kept,
        None => {
            let mut ciphertext = String::new();
            cipher.encrypt_comment(text, path, &mut ciphertext).map_err(|source| FileError::Cipher {
                path: Path::default(),
                location: Location { line: 1, column: 1 },
                verb: "encrypted",
                source,
            })?;
            Ciphertext { text: ciphertext, style: Style::Plain }
        }
    };
    selection.check_encrypted_comment(&ciphertext.text)?;
    Ok(Some(ciphertext))
}

fn cipher_error(node: Node<'_>, source: CipherError) -> FileError {
    FileError::Cipher { path: node.path(), location: node.location(), verb: "encrypted", source }
}

/// Puts the ciphertexts in their places; an alias that stands for one of them becomes a copy.
fn splice<'a>(
    edits: &mut Edits<'a>,
    document: &'a Document,
    leaves: &Leaves,
    ciphertexts: &[Option<Ciphertext>],
) -> Result<Vec<Warning>, FileError> {
    let comments: Vec<_> = document.comments().collect();
    let mut encrypted_anchors = BTreeSet::new();
    let mut expanded = BTreeSet::new();
    for (leaf, ciphertext) in leaves.iter().zip(ciphertexts) {
        let Some(Ciphertext { text, style }) = ciphertext else { continue };
        match (leaf.kind, leaf.alias) {
            (_, Some(alias)) => _ = expanded.insert(alias),
            (LeafKind::Comment(number), None) => edits.set_comment(comments[number], text),
            (LeafKind::Value(node), None) => {
                edits.set_text(document.node(node), text, *style);
                _ = encrypted_anchors.insert(node);
            }
        }
    }
    // A value in the clear behind an alias, whose anchor holds the ciphertext.
    for leaf in leaves.iter() {
        if let (LeafKind::Value(node), Some(alias)) = (leaf.kind, leaf.alias)
            && encrypted_anchors.contains(&node)
        {
            expanded.insert(alias);
        }
    }
    let mut warnings = Vec::new();
    // A key that is an alias of an encrypted value stays readable, as all keys do.
    for key in document.alias_keys() {
        if let Some(text) = key.text()
            && encrypted_anchors.contains(&key.resolved().id())
            && !expanded
                .iter()
                .any(|alias| document.node(*alias).span().range().contains(&key.span().start()))
        {
            edits.set_styled(key, &Value::string(text), Style::Plain);
            warnings.push(Warning::AliasExpanded { name: key.source().to_owned(), location: key.location() });
        }
    }
    if !expanded.is_empty() {
        let mut copies: HashMap<NodeId, Copies<'_>> = HashMap::new();
        for (leaf, ciphertext) in leaves.iter().zip(ciphertexts) {
            if let (LeafKind::Value(_), Some(alias)) = (leaf.kind, leaf.alias) {
                copies
                    .entry(alias)
                    .or_default()
                    .push(ciphertext.as_ref().map(|ciphertext| ciphertext.text.as_str()));
            }
        }
        for alias in expanded {
            let node = document.node(alias);
            let texts = copies.remove(&alias).unwrap_or_default();
            let value = copy(node.resolved(), &mut texts.into_iter())?;
            edits.set(node, &value);
            warnings
                .push(Warning::AliasExpanded { name: node.source().to_owned(), location: node.location() });
        }
    }
    Ok(warnings)
}

/// The ciphertexts of the scalars behind an alias, in order; `None` for those that stay in the clear.
type Copies<'a> = Vec<Option<&'a str>>;

/// What `node` stands for, with the next ciphertexts in the place of its scalars.
fn copy<'a>(node: Node<'_>, texts: &mut impl Iterator<Item = Option<&'a str>>) -> Result<Value, FileError> {
    Ok(match node.children() {
        Children::Alias(target) => copy(target, texts)?,
        Children::Scalar(_) => match texts.next().flatten() {
            Some(text) => Value::string(text),
            None => node.value(Schema::GoYaml3)?,
        },
        Children::Sequence(items) => {
            Value::Sequence(items.iter().map(|item| copy(item, texts)).collect::<Result<_, _>>()?)
        }
        Children::Mapping(entries) => {
            let mut mapping = Mapping::new();
            for (key, value) in entries.iter() {
                mapping.insert(key.key(Schema::GoYaml3)?, copy(value, texts)?);
            }
            Value::Mapping(mapping)
        }
    })
}

/// The old file's `sops` entry with the new MAC and time stamp, if the new file's root is laid out like the old one.
fn changed_block(old: &Document, root: Node<'_>, metadata: &Metadata) -> Option<String> {
    let old_root = old.roots().find(|root| block_index(*root).is_some())?;
    let is_flow = |root: Node<'_>| root.style() == Style::Flow;
    if is_flow(old_root) != is_flow(root) || old.newline() != root.document().newline() {
        return None;
    }
    let block = old_root.get(METADATA_KEY)?;
    let mut edits = Edits::new(old);
    let fields = [("lastmodified", metadata.last_modified.to_string()), ("mac", metadata.mac.clone())];
    for (field, text) in fields {
        let node = block.get(field)?;
        edits.set_styled(node, &Value::string(text), node.style());
    }
    let entry = Edits::entry_span(old_root, block_index(old_root)?);
    edits.apply_within(entry).ok().map(|mut text| std::mem::take(&mut *text))
}
