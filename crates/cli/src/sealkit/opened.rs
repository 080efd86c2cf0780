//! A SOPS file that was opened to be looked into or changed.

use std::path::{Path, PathBuf};

use clap::Args;
use sealkit::age::Identities;
use sealkit::document::{self, Document, Node};
use sealkit::sops::{DataKey, EncryptedFile, MacCheck, Plaintext};

use super::sops_files::{FormatOption, SopsFile};
use crate::atomic_file::{self, NewFile, Version};
use crate::sops_requests::keys::data_key;
use crate::{Console, Failure};

/// The argument that picks one of several documents.
#[derive(Args, PartialEq)]
pub(super) struct DocumentArgument {
    /// Which of the file's documents is meant, from 1
    #[arg(long = "document", value_name = "N", default_value_t = 1, hide_default_value = true)]
    number: usize,
}

impl DocumentArgument {
    /// Whether it is the first, which is also meant if nobody says anything.
    pub(super) fn is_first(&self) -> bool {
        self.number == 1
    }

    /// The root of that document.
    ///
    /// # Errors
    /// When there is no such document.
    pub(super) fn root<'a>(&self, document: &'a Document, path: &Path) -> Result<Node<'a>, Failure> {
        let count = document.roots().len();
        let root = self.number.checked_sub(1).and_then(|index| document.roots().nth(index));
        root.ok_or_else(|| {
            Failure::message(format!(
                "there is no document {} in {}: it has {count}",
                self.number,
                path.display()
            ))
        })
    }
}

/// Reads the path of a value, as the command line has it.
///
/// # Errors
/// When it is no path: a wrong command line.
pub(super) fn value_path(text: &str) -> Result<document::Path, Failure> {
    document::Path::parse(text).map_err(|error| Failure::usage(format!("{text:?}: {error}")))
}

/// A decrypted file, and what is needed to encrypt it again.
pub(super) struct OpenedFile {
    path: PathBuf,
    version: Option<Version>,
    encrypted: EncryptedFile,
    key: DataKey,
    plaintext: Plaintext,
}

impl OpenedFile {
    /// Reads and decrypts the file at `path`.
    ///
    /// # Errors
    /// When it can't be read, no identity opens it, or it is not authentic.
    pub(super) fn open(
        path: &Path,
        format: &FormatOption,
        identities: &Identities,
        check: MacCheck,
        console: &mut Console<'_>,
    ) -> Result<Self, Failure> {
        Self::of(SopsFile::read(path, format, console)?, path, identities, check, console)
    }

    /// Decrypts `file`, which was read from `path`.
    ///
    /// # Errors
    /// When no identity opens it, or it is not authentic.
    pub(super) fn of(
        mut file: SopsFile,
        path: &Path,
        identities: &Identities,
        check: MacCheck,
        console: &mut Console<'_>,
    ) -> Result<Self, Failure> {
        let encrypted = file.parse()?;
        let key = data_key(&encrypted, &file.source, identities)?;
        let plaintext = encrypted
            .decrypt_with(&key, check)
            .map_err(|error| Failure::because(format!("could not decrypt {}", file.source), error))?;
        for warning in plaintext.warnings() {
            console.warn(format_args!("{}, {warning}", file.source));
        }
        Ok(Self { path: path.to_owned(), version: file.version, encrypted, key, plaintext })
    }

    /// The file as it is encrypted.
    pub(super) fn encrypted(&self) -> &EncryptedFile {
        &self.encrypted
    }

    /// The file's plaintext.
    pub(super) fn plaintext(&self) -> &Plaintext {
        &self.plaintext
    }

    /// The plaintext as a document.
    ///
    /// # Errors
    /// When the values don't make valid text of the file's format.
    pub(super) fn document(&self) -> Result<Document, Failure> {
        self.plaintext.document().map_err(|error| {
            Failure::because(format!("could not read {} once decrypted", self.path.display()), error)
        })
    }

    /// Encrypts `plaintext` in the file's place. What did not change keeps its ciphertext.
    ///
    /// # Errors
    /// When it is no plaintext that could be encrypted.
    pub(super) fn encrypt(&self, plaintext: &[u8], console: &mut Console<'_>) -> Result<String, Failure> {
        let updated = self
            .encrypted
            .update(plaintext, &self.key)
            .map_err(|error| Failure::because(format!("could not encrypt {}", self.path.display()), error))?;
        for warning in &updated.warnings {
            console.warn(format_args!("{}, {warning}", self.path.display()));
        }
        Ok(updated.text)
    }

    /// Encrypts `plaintext` in the file's place and writes it, unless nothing has changed. Returns the file's new text.
    ///
    /// # Errors
    /// As [`Self::encrypt`], and when the file can't be written.
    pub(super) fn save(&self, plaintext: &str, console: &mut Console<'_>) -> Result<Option<String>, Failure> {
        if plaintext.as_bytes() == self.plaintext.as_bytes() {
            return Ok(None);
        }
        let text = self.encrypt(plaintext.as_bytes(), console)?;
        atomic_file::update(&self.path, text.as_bytes(), NewFile::Shared, self.version.as_ref())?;
        Ok(Some(text))
    }
}
