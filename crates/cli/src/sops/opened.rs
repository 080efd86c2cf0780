//! Encrypted files that a command decrypts.

use std::collections::BTreeSet;

use sealkit::age::{self, Identities};
use sealkit::document::{Document, Format, Node};
use sealkit::sops::{
    DataKey, EncryptedFile, MacCheck, Metadata, Plaintext, WhenNothingSelected, encrypt_file,
};
use zeroize::Zeroizing;

use super::codes::{self, FAILED, NO_DATA_KEY, SAME_KIND_TWICE};
use super::flags::Values;
use super::input::Input;
use crate::sops_requests::keys::{data_key, prompts};
use crate::{Console, Failure};

/// A decrypted file, and what is needed to encrypt it again.
pub(super) struct Opened {
    pub(super) encrypted: EncryptedFile,
    pub(super) key: DataKey,
    pub(super) plaintext: Plaintext,
    /// The file as it was read.
    pub(super) bytes: Zeroizing<Vec<u8>>,
    name: String,
}

/// Reads a file, and what it says of its encryption.
///
/// # Errors
/// Exit code 2 if it can't be read, 1 if it is not encrypted.
pub(super) fn parse(input: &Input, bytes: &[u8]) -> Result<EncryptedFile, Failure> {
    EncryptedFile::parse(bytes, input.format)
        .map_err(|error| codes::decrypting(format!("could not read {}", input.source), error))
}

/// The data key of a file.
///
/// # Errors
/// Exit code 128 if no key opens it, 112 if the order of kinds names one twice.
pub(super) fn open(
    file: &EncryptedFile,
    input: &Input,
    values: &Values,
    console: &Console<'_>,
) -> Result<DataKey, Failure> {
    check_order(values)?;
    data_key(file, &input.source, &identities(console)).map_err(|failure| failure.with_code(NO_DATA_KEY))
}

/// Whatever identities sops would find.
pub(super) fn identities(console: &Console<'_>) -> Identities {
    let environment = age::Environment::new(console.environment.variables());
    Identities::new().discover(environment).with_prompts(prompts(console))
}

/// Only age keys can be used, so the order of kinds makes no difference; it has to make sense all the same.
fn check_order(values: &Values) -> Result<(), Failure> {
    let Some(order) = values.text("decryption-order")? else { return Ok(()) };
    let mut kinds = BTreeSet::new();
    match order.split(',').find(|kind| !kinds.insert(*kind)) {
        Some(kind) => {
            Err(Failure::message(format!("the decryption order names {kind:?} twice"))
                .with_code(SAME_KIND_TWICE))
        }
        None => Ok(()),
    }
}

impl Opened {
    /// Reads and decrypts a file. `--ignore-mac` counts where the command has it.
    ///
    /// # Errors
    /// With the exit codes of sops: 1, 2, 25, 51, 112, 128.
    pub(super) fn read(input: &Input, values: &Values, console: &mut Console<'_>) -> Result<Self, Failure> {
        let bytes = input.read(console)?;
        let encrypted = parse(input, &bytes)?;
        let key = open(&encrypted, input, values, console)?;
        let check = if values.switch("ignore-mac") { MacCheck::Ignore } else { MacCheck::Require };
        let name = input.source.to_string();
        let plaintext = encrypted
            .decrypt_with(&key, check)
            .map_err(|error| codes::decrypting(format!("could not decrypt {name}"), error))?;
        for warning in plaintext.warnings() {
            console.warn(format_args!("{name}, {warning}"));
        }
        Ok(Self { encrypted, key, plaintext, bytes, name })
    }

    /// The plaintext as a document.
    ///
    /// # Errors
    /// When the values make no valid text of the file's format.
    pub(super) fn document(&self) -> Result<Document, Failure> {
        self.plaintext.document().map_err(|error| {
            Failure::because(format!("could not read {} once decrypted", self.name), error).with_code(FAILED)
        })
    }

    /// Encrypts `plaintext` in the file's place: what did not change keeps its ciphertext.
    ///
    /// # Errors
    /// When it is no plaintext that can be encrypted, with the exit codes of sops.
    pub(super) fn update(&self, plaintext: &[u8], console: &mut Console<'_>) -> Result<String, Failure> {
        let updated = self
            .encrypted
            .update(plaintext, &self.key)
            .map_err(|error| codes::encrypting(format!("could not encrypt {}", self.name), error))?;
        for warning in &updated.warnings {
            console.warn(format_args!("{}, {warning}", self.name));
        }
        Ok(updated.text)
    }

    /// Encrypts the file's plaintext anew, in a format, under `key`, with metadata that has wrapped it.
    ///
    /// # Errors
    /// As [`Self::update`].
    pub(super) fn encrypt_anew(
        &self,
        plaintext: &[u8],
        format: Format,
        metadata: Metadata,
        key: &DataKey,
        console: &mut Console<'_>,
    ) -> Result<String, Failure> {
        let new = encrypt_file(plaintext, format, metadata, key, WhenNothingSelected::Allow)
            .map_err(|error| codes::encrypting(format!("could not encrypt {}", self.name), error))?;
        for warning in &new.warnings {
            console.warn(format_args!("{}, {warning}", self.name));
        }
        Ok(new.text)
    }
}

/// The root that commands without a choice of documents work on: the first.
///
/// # Errors
/// When the file has no document.
pub(super) fn first_root<'a>(document: &'a Document, input: &Input) -> Result<Node<'a>, Failure> {
    document
        .roots()
        .next()
        .ok_or_else(|| Failure::message(format!("there is nothing in {}", input.source)).with_code(FAILED))
}
