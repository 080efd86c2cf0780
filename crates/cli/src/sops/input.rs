//! The files that a command names: what they are called, their formats, and reading them.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use sealkit::document::Format;
use zeroize::Zeroizing;

use super::codes::{CONFLICT, NO_FILE, UNREADABLE};
use super::flags::Values;
use crate::atomic_file::Version;
use crate::input::Source;
use crate::{Console, Failure};

/// A file to work on, or standard input.
pub(super) struct Input {
    pub(super) source: Source,
    /// The name that rules and formats go by; standard input may have none.
    pub(super) name: Option<PathBuf>,
    /// The format that it is read as.
    pub(super) format: Format,
    /// The format that the result is written in.
    pub(super) output_format: Format,
    /// Which version of the file was read.
    version: OnceCell<Version>,
}

impl Input {
    /// The file that the command line calls `word`, standard input if that is `None`. It is not looked for yet.
    ///
    /// # Errors
    /// When a flag is no UTF-8.
    pub(super) fn named(word: Option<&OsStr>, values: &Values) -> Result<Self, Failure> {
        let source = word.map_or(Source::Stdin, |word| Source::File(word.into()));
        let name = values.path("filename-override").or_else(|| word.map(PathBuf::from));
        let format = |flag: &str| -> Result<Format, Failure> {
            let by_name = || name.as_deref().map_or(Format::Binary, Format::of_file_name);
            Ok(values.text(flag)?.and_then(Format::from_name).unwrap_or_else(by_name))
        };
        let (format, output_format) = (format("input-type")?, format("output-type")?);
        Ok(Self { source, format, output_format, name, version: OnceCell::new() })
    }

    /// The file's path; `None` for standard input.
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.source {
            Source::File(path) => Some(path),
            Source::Stdin => None,
        }
    }

    /// # Errors
    /// Exit code 100 if there is no such file.
    pub(super) fn must_exist(&self) -> Result<(), Failure> {
        match self.path() {
            Some(path) if !is_there(path) => {
                Err(Failure::message(format!("there is no file {}", path.display())).with_code(NO_FILE))
            }
            _ => Ok(()),
        }
    }

    /// # Errors
    /// Exit code 8 if the output is to have another format, for commands that change a file in place.
    pub(super) fn must_keep_format(&self) -> Result<(), Failure> {
        if self.format == self.output_format {
            return Ok(());
        }
        let message = format!("{} keeps its format: --output-type can't change it here", self.source);
        Err(Failure::message(message).with_code(CONFLICT))
    }

    /// # Errors
    /// Exit code 2 if it can't be read.
    pub(super) fn read(&self, console: &mut Console<'_>) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let read = self.source.read_version(console);
        let (bytes, version) = read.map_err(|error| Failure::from(error).with_code(UNREADABLE))?;
        if let Some(version) = version {
            // Of several readings the first counts: what was made of the file was made of that.
            _ = self.version.set(version);
        }
        Ok(bytes)
    }

    /// The version that was read, for writing to `path`, if that is this file.
    pub(super) fn version_at(&self, path: &Path) -> Option<&Version> {
        self.version.get().filter(|_| self.path() == Some(path))
    }

    /// The same input, whose result is in its own format.
    pub(super) fn keeping_format(self) -> Self {
        Self { output_format: self.format, ..self }
    }
}

/// Whether there is something at `path`, even if it can't be looked at.
pub(super) fn is_there(path: &Path) -> bool {
    !matches!(path.metadata(), Err(error) if error.kind() == std::io::ErrorKind::NotFound)
}

/// That the command line names no file.
pub(super) fn no_file(message: &str) -> Failure {
    Failure::message(message).with_code(NO_FILE)
}
