//! The exit codes of sops, and which of our errors gets which.

use sealkit::document::{ConversionError, ParseErrorKind};
use sealkit::sops::FileError;

use crate::Failure;

/// Anything without a code of its own; also a wrong flag.
pub(super) const FAILED: u8 = 1;
/// The input can't be read, or, while encrypting, is not of its format.
pub(super) const UNREADABLE: u8 = 2;
/// The output can't be written.
pub(super) const UNWRITABLE: u8 = 3;
/// The values can't be written in the output's format.
pub(super) const NOT_IN_FORMAT: u8 = 4;
/// A path or value to set that is none.
pub(super) const BAD_SET: u8 = 7;
/// Flags that exclude each other.
pub(super) const CONFLICT: u8 = 8;
/// A value can't be encrypted.
pub(super) const NOT_ENCRYPTABLE: u8 = 23;
/// A value can't be decrypted.
pub(super) const NOT_DECRYPTABLE: u8 = 25;
/// Keys were to be changed in a file that is not there.
pub(super) const NO_FILE_TO_CHANGE: u8 = 49;
/// The message authentication code does not match, or is missing.
pub(super) const WRONG_MAC: u8 = 51;
/// A path to extract that is none.
pub(super) const BAD_PATH: u8 = 91;
/// The input is empty.
pub(super) const EMPTY: u8 = 92;
/// No file was named, or there is no such file.
pub(super) const NO_FILE: u8 = 100;
/// A kind of key stands twice in the decryption order.
pub(super) const SAME_KIND_TWICE: u8 = 112;
/// No key opens the file.
pub(super) const NO_DATA_KEY: u8 = 128;
/// Nothing was changed in the editor.
pub(super) const UNCHANGED: u8 = 200;
/// The editor failed, or there is none.
pub(super) const EDITOR_FAILED: u8 = 201;
/// The file is encrypted already.
pub(super) const ENCRYPTED_ALREADY: u8 = 203;

/// What `error` is to sops while it encrypts; `what` says what could not be done.
pub(super) fn encrypting(what: impl Into<String>, error: FileError) -> Failure {
    let code = match &error {
        FileError::AlreadyEncrypted { .. } | FileError::ReservedKey { .. } => ENCRYPTED_ALREADY,
        FileError::Cipher { .. } | FileError::EncryptedValue { .. } | FileError::OffsetTooLarge { .. } => {
            NOT_ENCRYPTABLE
        }
        FileError::Conversion(ConversionError::Parse(_)) => UNREADABLE,
        FileError::Conversion(_) => NOT_IN_FORMAT,
        FileError::Empty => EMPTY,
        FileError::Parse(error) if matches!(error.kind, ParseErrorKind::NonStringKey { .. }) => {
            NOT_ENCRYPTABLE
        }
        FileError::Parse(_) | FileError::TopLevel { .. } => UNREADABLE,
        _ => FAILED,
    };
    Failure::because(what, error).with_code(code)
}

/// What `error` is to sops while it decrypts.
pub(super) fn decrypting(what: impl Into<String>, error: FileError) -> Failure {
    let code = match &error {
        FileError::Cipher { .. } | FileError::NotEncrypted { .. } => NOT_DECRYPTABLE,
        FileError::DataKey(_) => NO_DATA_KEY,
        FileError::Mac(_) => WRONG_MAC,
        FileError::NotBinary => NOT_IN_FORMAT,
        _ => FAILED,
    };
    Failure::because(what, error).with_code(code)
}
