//! A SOPS file and what is done with it: encrypt, decrypt, change, rotate.
//!
//! Every operation is an edit of the text: values and comments are replaced where they stand, the `sops` block is put at
//! the end of each document or taken out there, and no other byte changes.

use zeroize::Zeroizing;

use super::binary;
use super::block::Block;
use super::cipher::Cipher;
use super::data_key::DataKey;
use super::decrypt::{self, Decryption};
use super::encrypt;
use super::error::FileError;
use super::metadata::{LastModified, Metadata};
use super::parallel;
use super::selection::{Selection, SelectionRule};
use super::stash::Stash;
use crate::document::{
    ConversionError, Document, Edits, Format, Location, MAX_FILE_BYTES, ParseError, Schema, Value, convert,
};
use crate::stack;

/// Whether decrypting insists on the message authentication code over the whole file. Each value authenticates by itself
/// in either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MacCheck {
    /// Don't look at it: for files whose MAC is broken, say by a merge, and whose values are to be rescued.
    Ignore,
    /// A missing or wrong MAC is an error.
    #[default]
    Require,
}

/// What encrypting does when the rule selects no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenNothingSelected {
    /// Write the file with a `sops` block all the same, as sops does.
    Allow,
    /// Refuse: a wrong rule would leave every secret in the clear.
    #[default]
    Refuse,
}

/// Something that a person should know of, though the work was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// An alias was replaced by a copy of what it stands for.
    #[error(
        "{location}: the alias {name} stands for encrypted values, which are bound to their place; it was replaced by a copy"
    )]
    AliasExpanded {
        /// The alias with its `*`.
        name: String,
        /// Where it stood.
        location: Location,
    },
    /// A comment that should be encrypted is plain, or can't be decrypted.
    #[error("{location}: this comment is not encrypted, or can't be decrypted; it is left as it is")]
    CommentLeft {
        /// Where it stands.
        location: Location,
    },
}

/// A file after encryption.
#[derive(Clone, Debug)]
pub struct Encrypted {
    /// The file's text. It may hold values that the rule leaves in the clear.
    pub text: String,
    /// What a person should know of.
    pub warnings: Vec<Warning>,
}

impl Encrypted {
    /// Refuses a file that could not be read again: ciphertexts are longer than what they stand for.
    ///
    /// # Errors
    /// [`FileError::TooLarge`] if the text is longer than `limit` bytes.
    pub fn within(self, limit: usize) -> Result<Self, FileError> {
        if self.text.len() > limit { Err(FileError::TooLarge { limit }) } else { Ok(self) }
    }
}

/// A decrypted file: its text, laid out as the encrypted one is, or its bytes. Wiped when dropped; `Debug` prints none of
/// it.
#[derive(Clone)]
pub struct Plaintext {
    pub(super) content: PlainContent,
    pub(super) format: Format,
    pub(super) warnings: Vec<Warning>,
}

/// Text, or the bytes of a binary file that are none.
#[derive(Clone)]
pub(super) enum PlainContent {
    Bytes(Zeroizing<Vec<u8>>),
    Text(Zeroizing<String>),
}

impl Plaintext {
    /// The bytes of the file.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.content {
            PlainContent::Bytes(bytes) => bytes,
            PlainContent::Text(text) => text.as_bytes(),
        }
    }

    /// The text. `None` only for a binary file that is not UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.content {
            PlainContent::Bytes(_) => None,
            PlainContent::Text(text) => Some(text),
        }
    }

    /// The bytes of the file, to be wiped by whoever takes them.
    #[must_use]
    pub fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        match self.content {
            PlainContent::Bytes(bytes) => bytes,
            PlainContent::Text(mut text) => Zeroizing::new(std::mem::take(&mut *text).into_bytes()),
        }
    }

    /// The file's format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// What a person should know of.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The text as a document, to look into.
    ///
    /// # Errors
    /// [`ParseError`]: for a binary file, which has no parts; else only if the encrypted file was written by something
    /// that makes no valid text of its values.
    pub fn document(&self) -> Result<Document, ParseError> {
        Document::parse(self.as_bytes(), self.format)
    }

    /// The file in another format, see [`convert`]. In its own format it stays as it is.
    ///
    /// # Errors
    /// [`ConversionError`] for what the format has no form for.
    pub fn in_format(
        &self,
        format: Format,
        indent: Option<u8>,
    ) -> Result<Zeroizing<Vec<u8>>, ConversionError> {
        convert(self.as_bytes(), self.format, format, indent)
    }

    /// The values as a plain tree, that of the first document if there are several. A binary file is a mapping with one
    /// key, `data`.
    ///
    /// # Errors
    /// [`ParseError`], as for [`Self::document`].
    pub fn value(&self) -> Result<Value, ParseError> {
        if self.format == Format::Binary {
            return Ok(binary::tree(self.as_bytes()));
        }
        let document = self.document()?;
        document.roots().next().map_or(Ok(Value::Null), |root| root.value(Schema::GoYaml3))
    }
}

impl std::fmt::Debug for Plaintext {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Plaintext").field("format", &self.format).finish_non_exhaustive()
    }
}

/// A file with a `sops` block.
#[derive(Debug)]
pub struct EncryptedFile {
    /// The file's text; that of a binary file is JSON.
    document: Document,
    format: Format,
    metadata: Metadata,
}

impl EncryptedFile {
    /// Reads an encrypted file.
    ///
    /// # Errors
    /// [`FileError::Parse`] for text that is not of the format, [`FileError::MetadataMissing`] for a file without a
    /// `sops` block, [`FileError::Metadata`] for a block that can't be read.
    pub fn parse(bytes: &[u8], format: Format) -> Result<Self, FileError> {
        Self::of(Document::parse(bytes, format_of_text(format))?, format)
    }

    /// [`Self::parse`] for who needs `bytes` no more: they are not copied.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>, format: Format) -> Result<Self, FileError> {
        Self::of(Document::from_bytes(bytes, format_of_text(format))?, format)
    }

    fn of(document: Document, format: Format) -> Result<Self, FileError> {
        let metadata = Block::of(format).read(&document)?.ok_or(FileError::MetadataMissing)?;
        Ok(Self { document, format, metadata })
    }

    /// The `sops` block.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The file's format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// The file's text as a document; a binary file's is JSON.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Decrypts the file with its data key.
    ///
    /// # Errors
    /// [`FileError::Cipher`] and [`FileError::NotEncrypted`] for a value that can't be decrypted, with its path and
    /// place; [`FileError::Mac`] if the file as a whole does not authenticate; [`FileError::Selection`] for a bad rule.
    pub fn decrypt_with(&self, data_key: &DataKey, check: MacCheck) -> Result<Plaintext, FileError> {
        let cipher = Cipher::new(data_key);
        let decryption = self.values(&cipher);
        stack::burn();
        let decryption = decryption?;
        let authenticate = || match check {
            MacCheck::Ignore => Ok(()),
            MacCheck::Require => self.authenticate(&decryption, &cipher),
        };
        let plaintext = || match self.format {
            Format::Binary => binary::plaintext(&self.document, &decryption),
            format => decrypt::plaintext(&self.document, &decryption).map(|(text, warnings)| Plaintext {
                content: PlainContent::Text(text),
                format,
                warnings,
            }),
        };
        let (authentic, plaintext) = parallel::join(decryption.found.len(), authenticate, plaintext);
        stack::burn();
        authentic?;
        plaintext
    }

    fn values(&self, cipher: &Cipher) -> Result<Decryption, FileError> {
        decrypt::values(&self.document, &Selection::new(&self.metadata.selection)?, cipher)
    }

    /// Compares the MAC of the values found with the file's.
    fn authenticate(&self, decryption: &Decryption, cipher: &Cipher) -> Result<(), FileError> {
        let mac = decryption.mac(&self.document, self.metadata.mac_scope)?;
        Ok(mac.verify(cipher, &self.metadata.mac, &self.metadata.last_modified)?)
    }

    /// Encrypts `plaintext`, an edited copy of what [`Self::decrypt`] gives, in this file's place. Values and comments
    /// that did not change keep their ciphertext, and the `sops` block changes in its MAC and time stamp only.
    ///
    /// # Errors
    /// As for [`Self::decrypt`] and [`encrypt_file`]; this file's MAC is not looked at again.
    pub fn update(&self, plaintext: &[u8], data_key: &DataKey) -> Result<Encrypted, FileError> {
        let decryption = self.values(&Cipher::new(data_key))?;
        let metadata = Metadata { last_modified: LastModified::now(), ..self.metadata.clone() };
        if self.format == Format::Binary {
            return binary::update(plaintext, &self.document, &decryption, metadata, data_key)?
                .within(MAX_FILE_BYTES);
        }
        let stash = Stash::new(&self.document, &decryption);
        let encrypted = encrypt::encrypt(plaintext, &self.document, metadata, data_key, stash);
        stack::burn();
        encrypted?.within(MAX_FILE_BYTES)
    }

    /// Encrypts the same values anew, under another data key that `metadata` has wrapped already.
    ///
    /// # Errors
    /// As for [`Self::decrypt`].
    pub fn rotate(&self, old: &DataKey, new: &DataKey, metadata: Metadata) -> Result<Encrypted, FileError> {
        let plaintext = self.decrypt_with(old, MacCheck::Require)?;
        let mut encrypted =
            encrypt_file(plaintext.as_bytes(), plaintext.format, metadata, new, WhenNothingSelected::Allow)?;
        encrypted.warnings.extend(plaintext.warnings);
        Ok(encrypted)
    }

    /// The file with another `sops` block and nothing else changed: for other master keys around the same data key.
    ///
    /// # Errors
    /// [`FileError::TopLevel`] if another of the file's documents can't have one; [`FileError::Edit`] and
    /// [`FileError::MetadataLayout`], which do not happen to metadata that was read.
    pub fn with_metadata(&self, metadata: &Metadata) -> Result<String, FileError> {
        let mut edits = Edits::new(&self.document);
        let block = Block::of(self.format);
        for root in self.document.roots() {
            Block::fits(root)?;
            block.write(&mut edits, root, metadata, None)?;
        }
        Ok(std::mem::take(&mut *edits.apply()?))
    }
}

/// The format of the text of an encrypted file.
fn format_of_text(format: Format) -> Format {
    if format == Format::Binary { Format::Json } else { format }
}

/// Encrypts a plain file: `metadata` says for whom and what, and has `data_key` wrapped already; its MAC and time stamp
/// are filled in here.
///
/// # Errors
/// [`FileError`]: text that is not of the format, a file that is empty, a list, or encrypted already, a `sops` key, a
/// value that can't be encrypted, a rule that selects nothing (unless that is allowed).
pub fn encrypt_file(
    plaintext: &[u8],
    format: Format,
    metadata: Metadata,
    data_key: &DataKey,
    when_nothing: WhenNothingSelected,
) -> Result<Encrypted, FileError> {
    encrypt_indented(plaintext, format, None, metadata, data_key, when_nothing)
}

/// [`encrypt_file`], with the indentation of the JSON around a binary file.
fn encrypt_indented(
    plaintext: &[u8],
    format: Format,
    indent: Option<u8>,
    metadata: Metadata,
    data_key: &DataKey,
    when_nothing: WhenNothingSelected,
) -> Result<Encrypted, FileError> {
    let metadata = Metadata { last_modified: LastModified::now(), mac: String::new(), ..metadata };
    let encrypted = match format {
        Format::Binary => binary::encrypt(plaintext, metadata, data_key, when_nothing, indent),
        _ => encrypt::encrypt_new(plaintext, format, metadata, data_key, when_nothing),
    };
    stack::burn();
    encrypted?.within(MAX_FILE_BYTES)
}

/// Encrypts a plain file of the format `from` into one of the format `to`, as `sops --input-type` and `--output-type` do.
///
/// The file is converted first (see [`convert`], also for `indent`), and then encrypted by [`encrypt_file`]. Two things
/// are as in sops: a rule for keys means nothing to a binary file, whatever it becomes; and what is encrypted into a
/// binary file is JSON. Where nothing is converted, `indent` is that of the JSON around a binary file.
///
/// # Errors
/// [`FileError::Conversion`] for what the new format has no form for, else as [`encrypt_file`].
pub fn encrypt_file_as(
    plaintext: &[u8],
    (from, to): (Format, Format),
    indent: Option<u8>,
    metadata: Metadata,
    data_key: &DataKey,
    when_nothing: WhenNothingSelected,
) -> Result<Encrypted, FileError> {
    if from == to {
        return encrypt_indented(plaintext, from, indent, metadata, data_key, when_nothing);
    }
    let to = if to == Format::Binary { Format::Json } else { to };
    let metadata = match from {
        Format::Binary => Metadata { selection: SelectionRule::default(), ..metadata },
        _ => metadata,
    };
    let converted = convert(plaintext, from, to, indent)?;
    encrypt_file(&converted, to, metadata, data_key, when_nothing)
}
