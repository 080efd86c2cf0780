//! What can go wrong with a SOPS file.

use thiserror::Error;

use super::cipher::CipherError;
use super::data_key::DataKeyError;
use super::flat::FlatError;
use super::mac::MacError;
use super::metadata::MetadataError;
use super::selection::SelectionError;
use crate::document::{ConversionError, EditError, Location, Node, ParseError, Path, StepError, TypeError};

/// Why a file could not be encrypted, decrypted or changed. No variant holds a value.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// The plaintext has a `sops` block already.
    #[error("this file is encrypted already ({location}: `sops`); edit it, or decrypt it first")]
    AlreadyEncrypted {
        /// Where the block stands.
        location: Location,
    },
    /// A plaintext value that is a ciphertext.
    #[error(
        "{path} ({location}) is encrypted already, though the file has no `sops` block; restore the block or the value"
    )]
    EncryptedValue {
        /// Which value.
        path: Path,
        /// Where it stands.
        location: Location,
    },
    /// A value can't be encrypted or decrypted.
    #[error("{path} ({location}) can't be {verb}")]
    Cipher {
        /// Which value.
        path: Path,
        /// Where it stands.
        location: Location,
        /// `encrypted` or `decrypted`.
        verb: &'static str,
        /// Why.
        source: CipherError,
    },
    /// The file has no form in another format.
    #[error(transparent)]
    Conversion(#[from] ConversionError),
    /// The data key can't be wrapped or recovered.
    #[error(transparent)]
    DataKey(#[from] DataKeyError),
    /// Changes that exclude each other.
    #[error("the file's text can't be put together")]
    Edit(#[from] EditError),
    /// There is nothing in the file.
    #[error("this file is empty; a file to encrypt needs at least one key or comment")]
    Empty,
    /// The message authentication code does not hold.
    #[error("the file as a whole does not authenticate")]
    Mac(#[from] MacError),
    /// The `sops` block can't be read.
    #[error("the file's `sops` block can't be read")]
    Metadata(#[from] MetadataError),
    /// The flat form that the `sops` block has in dotenv and INI can't be read or written.
    #[error("the file's `sops` block can't be read or written")]
    MetadataLayout(#[from] FlatError),
    /// There is no `sops` block.
    #[error(
        "this file has no `sops` block: it is not encrypted (encrypt it first), or the block was removed"
    )]
    MetadataMissing,
    /// An encrypted binary file whose value is not where it should be.
    #[error(
        "this is no encrypted binary file: it has no string under the key `data`; name the file's own format"
    )]
    NotBinary,
    /// A value that the file's rule has encrypted is not.
    #[error(
        "{path} ({location}) should be encrypted, but is {found}; undo the change, or give the value its ciphertext back"
    )]
    NotEncrypted {
        /// Which value.
        path: Path,
        /// Where it stands.
        location: Location,
        /// What stands there instead: `an integer`, `plain text`.
        found: &'static str,
    },
    /// The rule selects nothing.
    #[error("nothing in this file would be encrypted: {rule} selects no value that is not empty")]
    NothingEncrypted {
        /// The rule, as `encrypted_regex "^data$"`.
        rule: String,
    },
    /// A number that is no finite float of 64 bits.
    #[error("{path} ({location}) is a number that is too large; write it as a string")]
    NumberTooLarge {
        /// Which value.
        path: Path,
        /// Where it stands.
        location: Location,
    },
    /// A time stamp with an offset of 24 hours or more: YAML has it, and no program could read it once it was encrypted.
    #[error("{path} ({location}) is a time whose offset is a day or more; write it as a string")]
    OffsetTooLarge {
        /// Which value.
        path: Path,
        /// Where it stands.
        location: Location,
    },
    /// The file is not of its format.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The plaintext has a key that is reserved for metadata: `sops`, in dotenv any that begins with `sops_`.
    #[error("the key `{key}` ({location}) is reserved for the file's own metadata; rename it")]
    ReservedKey {
        /// The key.
        key: String,
        /// Where it stands.
        location: Location,
    },
    /// The rule for what is encrypted can't be used.
    #[error("the rule for what is encrypted can't be used")]
    Selection(#[from] SelectionError),
    /// A path leads nowhere.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The encrypted file would be too large to be read again.
    #[error("the encrypted file would be larger than {limit} bytes, the most that is read at once")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A document that is a list or a single value.
    #[error(
        "{location}: the document is {found} at its top level, and SOPS files are mappings; put it under a key"
    )]
    TopLevel {
        /// Where it begins.
        location: Location,
        /// `a list`, `a single value`.
        found: &'static str,
    },
    /// A value does not fit the type that it is read into.
    #[error(transparent)]
    Type(#[from] TypeError),
}

impl FileError {
    /// The key of `value` is reserved.
    pub(super) fn reserved(key: &str, value: Node<'_>) -> Self {
        Self::ReservedKey { key: key.to_owned(), location: value.location() }
    }
}
