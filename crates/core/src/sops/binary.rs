//! Binary files: JSON with the whole file as one string under the key `data`.

use zeroize::Zeroizing;

use super::block::Block;
use super::cipher::{Cipher, CipherError};
use super::data_key::DataKey;
use super::decrypt::{Decryption, Found};
use super::error::FileError;
use super::file::{Encrypted, PlainContent, Plaintext, WhenNothingSelected};
use super::leaves::LeafKind;
use super::mac::Mac;
use super::metadata::{METADATA_KEY, Metadata};
use super::payload;
use super::selection::SelectionRule;
use crate::document::{
    Document, Edits, Format, Location, Mapping, NodeId, Path, Schema, Step, Style, Value, json_indented,
};

/// The key that the file's bytes stand under.
const DATA_KEY: &str = "data";

/// The associated data of its value.
const DATA_PATH: &str = "data:";

/// Encrypts a file that was never encrypted. `indent` is that of the JSON around it.
pub(super) fn encrypt(
    plaintext: &[u8],
    metadata: Metadata,
    data_key: &DataKey,
    when_nothing: WhenNothingSelected,
    indent: Option<u8>,
) -> Result<Encrypted, FileError> {
    if plaintext.is_empty() && when_nothing == WhenNothingSelected::Refuse {
        return Err(FileError::Empty);
    }
    // There is one value, and it is to be encrypted whatever the rule says of keys.
    let metadata = Metadata { selection: SelectionRule::default(), ..metadata };
    let mut cipher = Cipher::new(data_key);
    let metadata = authenticated(metadata, plaintext, &mut cipher)?;
    let ciphertext = ciphertext(plaintext, &mut cipher)?;
    let block = Block::of(Format::Binary).mapping(&metadata);
    let file: Mapping =
        [(DATA_KEY, Value::string(ciphertext)), (METADATA_KEY, Value::Mapping(block))].into_iter().collect();
    Ok(Encrypted { text: json_indented(&file.into(), indent).to_string(), warnings: Vec::new() })
}

/// Encrypts the edited bytes of the file `old`.
pub(super) fn update(
    plaintext: &[u8],
    old: &Document,
    decryption: &Decryption,
    metadata: Metadata,
    data_key: &DataKey,
) -> Result<Encrypted, FileError> {
    let (node, known) = data(old, decryption)?;
    if decryption.leaves.as_slice().len() > 1 {
        return Err(FileError::NotBinary);
    }
    let mut cipher = Cipher::new(data_key);
    let metadata = authenticated(metadata, plaintext, &mut cipher)?;
    let mut edits = Edits::new(old);
    if known.canonical_bytes().is_none_or(|known| *known != plaintext) {
        edits.set_text(old.node(node), &ciphertext(plaintext, &mut cipher)?, Style::DoubleQuoted);
    }
    for root in old.roots() {
        Block::of(Format::Binary).write(&mut edits, root, &metadata, Some(old))?;
    }
    Ok(Encrypted { text: std::mem::take(&mut *edits.apply()?), warnings: Vec::new() })
}

/// The bytes of a decrypted file.
pub(super) fn plaintext(document: &Document, decryption: &Decryption) -> Result<Plaintext, FileError> {
    let content = match data(document, decryption)?.1 {
        Value::String(text) => PlainContent::Text(text),
        Value::Bytes(bytes) => match payload::text(bytes) {
            Ok(text) => PlainContent::Text(text),
            Err(bytes) => PlainContent::Bytes(bytes),
        },
        _ => return Err(FileError::NotBinary),
    };
    Ok(Plaintext { content, format: Format::Binary, warnings: Vec::new() })
}

/// What a binary file of these bytes is as a tree.
pub(super) fn tree(bytes: &[u8]) -> Value {
    let mapping: Mapping = [(DATA_KEY, value(bytes))].into_iter().collect();
    mapping.into()
}

fn value(bytes: &[u8]) -> Value {
    match payload::text(Zeroizing::new(bytes.to_vec())) {
        Ok(text) => Value::String(text),
        Err(bytes) => Value::Bytes(bytes),
    }
}

/// The place of the file's value, and the value.
fn data(document: &Document, decryption: &Decryption) -> Result<(NodeId, Value), FileError> {
    let root = document.roots().next().ok_or(FileError::NotBinary)?;
    let node = root.get(DATA_KEY).ok_or(FileError::NotBinary)?;
    let leaves = decryption.leaves.iter().zip(&decryption.found);
    let found = leaves.filter(|(leaf, _)| matches!(leaf.kind, LeafKind::Value(id) if id == node.id()));
    match found.map(|(_, found)| found).next() {
        Some(Found::Value { value, .. }) => Ok((node.id(), value.clone())),
        Some(Found::Clear) => Ok((node.id(), node.value(Schema::GoYaml3)?)),
        _ => Err(FileError::NotBinary),
    }
}

/// `metadata` with the MAC of the file.
fn authenticated(
    mut metadata: Metadata,
    plaintext: &[u8],
    cipher: &mut Cipher,
) -> Result<Metadata, FileError> {
    let mut mac = Mac::new(metadata.mac_scope);
    mac.update(&value(plaintext), true);
    metadata.mac = mac
        .finish()
        .encrypt(cipher, &metadata.last_modified)
        .map_err(|source| cipher_error(METADATA_KEY, source))?;
    Ok(metadata)
}

fn ciphertext(plaintext: &[u8], cipher: &mut Cipher) -> Result<String, FileError> {
    let mut text = String::new();
    cipher
        .encrypt(&value(plaintext), DATA_PATH, &mut text)
        .map_err(|source| cipher_error(DATA_KEY, source))?;
    Ok(text)
}

fn cipher_error(key: &str, source: CipherError) -> FileError {
    let path: Path = [Step::Key(key.to_owned())].into_iter().collect();
    FileError::Cipher { path, location: Location { line: 1, column: 1 }, verb: "encrypted", source }
}
