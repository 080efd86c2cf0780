//! `sops filestatus`.

use sealkit::sops::{EncryptedFile, FileError};

use super::Job;
use super::codes::{self, FAILED};
use super::input::{Input, no_file};
use crate::{Console, Failure};

/// `sops filestatus FILE`
pub(super) fn run(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let file = job.file(console).ok_or_else(|| no_file("name the file to look at"))?;
    let input = Input::named(Some(file), job.values)?;
    let bytes = input.read(console).map_err(|failure| failure.with_code(FAILED))?;
    let encrypted = match EncryptedFile::parse(&bytes, input.format) {
        // A block without these is somebody's own.
        Ok(file) => !file.metadata().version.is_empty() && !file.metadata().mac.is_empty(),
        Err(FileError::MetadataMissing) => false,
        Err(error) => return Err(codes::decrypting(format!("could not read {}", input.source), error)),
    };
    Ok(console.print(format!("{{\"encrypted\":{encrypted}}}\n").as_bytes())?)
}
