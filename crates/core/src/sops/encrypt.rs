//! Encrypting the values and comments of a file, and splicing them into its text.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;
use zeroize::Zeroizing;

use super::block::Block;
use super::cipher::{Cipher, CipherError, is_encrypted};
use super::data_key::DataKey;
use super::error::FileError;
use super::file::{Encrypted, Warning, WhenNothingSelected};
use super::flat::DOTENV_PREFIX;
use super::leaves::{Leaf, LeafKind, Leaves};
use super::mac::Mac;
use super::metadata::{METADATA_KEY, Metadata};
use super::parallel::{self, CHUNK};
use super::payload;
use super::selection::Selection;
use super::stash::{Ciphertext, Stash};
use super::windows_lines;
use crate::document::{
    Children, Document, Edits, Format, Location, Mapping, Node, NodeId, Path, Schema, Step, Style, Value,
};

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
    stash: Stash,
    when_nothing: WhenNothingSelected,
) -> Result<Encrypted, FileError> {
    check(document)?;
    let selection = Selection::new(&metadata.selection)?;
    let prepared = prepare(document)?;
    let document = prepared.as_ref().unwrap_or(document);

    let leaves = Leaves::of(document, &selection)?;
    let contents = contents(document, &leaves)?;
    let hash = || {
        let mut mac = Mac::new(metadata.mac_scope);
        for (leaf, content) in leaves.iter().zip(&contents) {
            if let Content::Value { value, .. } = content {
                mac.update(value, leaf.selected);
            }
        }
        mac.finish()
    };
    let encrypt = || encrypt_leaves(document, &leaves, &contents, &selection, data_key, stash);
    let (encrypted, mac) = parallel::join(contents.len(), encrypt, hash);
    let (mut edits, outcomes) = encrypted?;
    let is_encrypted =
        |(leaf, outcome): (&Leaf, &Outcome)| is_value(leaf) && !matches!(outcome, Outcome::Left);
    if when_nothing == WhenNothingSelected::Refuse && !leaves.iter().zip(&outcomes).any(is_encrypted) {
        let rule = format!("{} {:?}", metadata.selection.field(), metadata.selection.text());
        return Err(FileError::NothingEncrypted { rule });
    }
    metadata.mac = mac.encrypt(&mut Cipher::new(data_key), &metadata.last_modified).map_err(|source| {
        FileError::Cipher {
            path: [Step::Key(METADATA_KEY.to_owned())].into_iter().collect(),
            location: Location { line: 1, column: 1 },
            verb: "encrypted",
            source,
        }
    })?;

    let warnings = expand_aliases(&mut edits, document, &leaves, &outcomes)?;
    if document.format() == Format::Dotenv {
        windows_lines::take_out(&mut edits, &contents)?;
    }
    let block = Block::of(document.format());
    for root in document.roots() {
        block.write(&mut edits, root, &metadata, old)?;
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
        Block::fits(root)?;
        let block = Block::of(document.format());
        if let Some(index) = block.entries(root).first()
            && let Some((key, value)) = root.entries().and_then(|entries| entries.iter().nth(*index))
        {
            let location = value.location();
            let has = |field: &str| match document.format() {
                Format::Dotenv => root.get(&format!("{DOTENV_PREFIX}{field}")).is_some(),
                _ => value.get(field).is_some(),
            };
            return Err(if has("mac") || has("lastmodified") {
                FileError::AlreadyEncrypted { location }
            } else {
                FileError::reserved(key.text().unwrap_or_default(), value)
            });
        }
    }
    Ok(())
}

/// The document as it will look to whoever decrypts it, where that matters: with a `sops` key in place if there are
/// comments, since the key decides what a comment above it belongs to, and with no line break that is only added by the
/// block below.
fn prepare(document: &Document) -> Result<Option<Document>, FileError> {
    if document.format() != Format::Yaml {
        return Ok(None);
    }
    let mut edits = Edits::new(document);
    if !document.source().ends_with('\n') {
        edits.close_last_block();
    }
    if document.comments().len() > 0 {
        for root in document.roots() {
            let entry = edits.written_entry(root, METADATA_KEY, &Value::Null);
            edits.append_to_document(root, &entry);
        }
    }
    if edits.is_empty() {
        return Ok(None);
    }
    let text = edits.apply()?;
    Ok(Some(Document::parse(text.as_bytes(), document.format())?))
}

/// What a leaf holds before encryption.
pub(super) enum Content<'a> {
    Comment(Zeroizing<String>),
    Value {
        value: Value,
        /// The text of a number that is encrypted as it stands, so that it survives: what reads it reads this number.
        number: Option<&'a str>,
    },
}

impl Content<'_> {
    /// Whether it has a ciphertext if it is selected: what is empty has none.
    pub(super) fn has_ciphertext(&self) -> bool {
        match self {
            Self::Comment(_) => true,
            Self::Value { value, .. } => match value {
                Value::Null => false,
                Value::String(text) => !text.is_empty(),
                Value::Bytes(bytes) => !bytes.is_empty(),
                _ => true,
            },
        }
    }
}

fn contents<'a>(document: &'a Document, leaves: &Leaves) -> Result<Vec<Content<'a>>, FileError> {
    let each = leaves.iter().map(|leaf| {
        Ok(match leaf.kind {
            LeafKind::Comment(lines) => Content::Comment(document.sealed_comment_text(lines.range())),
            LeafKind::Value(node) => {
                let node = document.node(node);
                let value = node.value(Schema::GoYaml3)?;
                let number = number(node, &value)?;
                Content::Value { value, number }
            }
        })
    });
    each.collect()
}

/// The text of a number that may be encrypted in the place of its canonical one. Refuses what SOPS has no canonical text for.
fn number<'a>(node: Node<'a>, value: &Value) -> Result<Option<&'a str>, FileError> {
    match (node.document().format(), value) {
        (Format::Json, Value::Float(number)) if !number.is_finite() => {
            Err(FileError::NumberTooLarge { path: node.path(), location: node.location() })
        }
        (_, Value::Timestamp(time)) if time.offset().whole_hours().unsigned_abs() >= 24 => {
            Err(FileError::OffsetTooLarge { path: node.path(), location: node.location() })
        }
        (_, Value::Float(_) | Value::Integer(_)) if node.style() == Style::Plain && node.tag().is_none() => {
            Ok(Some(node.source()).filter(|text| payload::is_number(text, value)))
        }
        _ => Ok(None),
    }
}

/// What became of a leaf.
enum Outcome {
    /// It stands behind an alias, which becomes a copy with this ciphertext in it.
    Copied(String),
    /// It stays as it is.
    Left,
    /// Its ciphertext takes its place.
    Replaced,
}

/// Gives each leaf that is to have one its ciphertext: an old one where there is one, else a new one.
fn encrypt_leaves<'a>(
    document: &'a Document,
    leaves: &Leaves,
    contents: &[Content<'_>],
    selection: &Selection,
    data_key: &DataKey,
    stash: Stash,
) -> Result<(Edits<'a>, Vec<Outcome>), FileError> {
    let list = leaves.as_slice();
    let kept = stash.take(document, leaves, contents);
    let encrypt = |number: usize, cipher: &mut Cipher| -> Result<Option<Ciphertext>, FileError> {
        let (leaf, path) = (&list[number], leaves.associated_data(&list[number]));
        if !leaf.selected {
            return Ok(None);
        }
        if !contents[number].has_ciphertext() {
            return Ok(None);
        }
        let kept = kept.get(number).cloned().flatten();
        match (leaf.kind, &contents[number]) {
            (LeafKind::Value(node), Content::Value { value, number }) => {
                encrypt_value(document.node(node), value, *number, path, cipher, kept)
            }
            (_, Content::Comment(text)) => encrypt_comment(text, path, selection, cipher, kept),
            (LeafKind::Comment(_), Content::Value { .. }) => Ok(None),
        }
    };
    // What a worker has made it also writes, while it is at hand.
    let encrypt_chunk = |first: usize| {
        let mut cipher = Cipher::new(data_key);
        let mut edits = Edits::new(document);
        let chunk = first..list.len().min(first + CHUNK);
        let outcomes = chunk.map(|number| {
            let Some(ciphertext) = encrypt(number, &mut cipher)? else { return Ok(Outcome::Left) };
            match (list[number].kind, list[number].alias) {
                (_, Some(_)) => return Ok(Outcome::Copied(ciphertext.text)),
                (LeafKind::Comment(lines), None) => edits.seal_comments(lines.range(), &ciphertext.text),
                (LeafKind::Value(node), None) => {
                    edits.set_text(document.node(node), &ciphertext.text, ciphertext.style);
                }
            }
            Ok(Outcome::Replaced)
        });
        let outcomes = outcomes.collect::<Result<Vec<_>, FileError>>()?;
        Ok((edits, outcomes))
    };
    let parts: Vec<_> = if list.len() <= CHUNK {
        vec![encrypt_chunk(0)?]
    } else {
        let chunks = (0..list.len()).into_par_iter().step_by(CHUNK);
        chunks.map(encrypt_chunk).collect::<Result<_, FileError>>()?
    };
    let mut edits = Edits::new(document);
    let mut outcomes = Vec::with_capacity(list.len());
    for (part, mut of_part) in parts {
        edits.append(part);
        outcomes.append(&mut of_part);
    }
    Ok((edits, outcomes))
}

fn encrypt_value(
    node: Node<'_>,
    value: &Value,
    number: Option<&str>,
    path: &str,
    cipher: &mut Cipher,
    kept: Option<Ciphertext>,
) -> Result<Option<Ciphertext>, FileError> {
    match value {
        Value::String(text) if is_encrypted(text) => {
            return Err(FileError::EncryptedValue { path: node.path(), location: node.location() });
        }
        _ if kept.is_some() => return Ok(kept),
        _ => {}
    }
    let mut text = String::new();
    cipher.encrypt_as(value, number, path, &mut text).map_err(|source| cipher_error(node, source))?;
    let style = if node.document().format() == Format::Json { Style::DoubleQuoted } else { node.style() };
    Ok(Some(Ciphertext { text, style, number: None }))
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
            Ciphertext { text: ciphertext, style: Style::Plain, number: None }
        }
    };
    selection.check_encrypted_comment(&ciphertext.text)?;
    Ok(Some(ciphertext))
}

fn cipher_error(node: Node<'_>, source: CipherError) -> FileError {
    FileError::Cipher { path: node.path(), location: node.location(), verb: "encrypted", source }
}

/// Makes copies of the aliases that stand for something encrypted.
fn expand_aliases<'a>(
    edits: &mut Edits<'a>,
    document: &'a Document,
    leaves: &Leaves,
    outcomes: &[Outcome],
) -> Result<Vec<Warning>, FileError> {
    if leaves.iter().all(|leaf| leaf.alias.is_none()) && document.alias_keys().next().is_none() {
        return Ok(Vec::new());
    }
    let mut encrypted_anchors = BTreeSet::new();
    let mut expanded = BTreeSet::new();
    for (leaf, outcome) in leaves.iter().zip(outcomes) {
        match (leaf.kind, leaf.alias, outcome) {
            (_, Some(alias), Outcome::Copied(_)) => _ = expanded.insert(alias),
            (LeafKind::Value(node), None, Outcome::Replaced) => _ = encrypted_anchors.insert(node),
            _ => {}
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
        for (leaf, outcome) in leaves.iter().zip(outcomes) {
            if let (LeafKind::Value(_), Some(alias)) = (leaf.kind, leaf.alias) {
                let ciphertext = match outcome {
                    Outcome::Copied(text) => Some(text.as_str()),
                    Outcome::Left | Outcome::Replaced => None,
                };
                copies.entry(alias).or_default().push(ciphertext);
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
