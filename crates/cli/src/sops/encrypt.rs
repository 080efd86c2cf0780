//! `sops encrypt` and `sops -e`.

use sealkit::sops::{DataKey, FileError, Metadata, WhenNothingSelected, encrypt_file_as};

use super::codes::{self, CONFLICT, FAILED};
use super::input::Input;
use super::output::Destination;
use super::{Job, config};
use crate::atomic_file::NewFile;
use crate::sops_requests::keys::prompts;
use crate::{Console, Failure};

/// `sops encrypt [FILE]`
pub(super) fn run(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let input = Input::named(job.file(console).map(AsRef::as_ref), job.values)?;
    let destination = Destination::of(job, &input)?;
    if input.name.is_none() {
        return Err(Failure::message("what is on standard input needs a name: give --filename-override")
            .with_code(CONFLICT));
    }
    input.must_exist()?;
    let text = encrypted(job, &input, console)?;
    destination.write(text.as_bytes(), NewFile::Shared, &input, console)
}

/// The file's text, encrypted.
///
/// # Errors
/// With the exit codes of sops: 1, 2, 4, 8, 23, 92, 203.
pub(super) fn encrypted(job: &Job<'_>, input: &Input, console: &mut Console<'_>) -> Result<String, Failure> {
    let mut metadata = config::metadata(job, input, console)?;
    let bytes = input.read(console)?;
    let key = DataKey::generate()?;
    wrap(&mut metadata, &key, input, console)?;
    let indent = config::indent(job, input.output_format, console);
    encrypt(&bytes, input, indent, &metadata, &key, console)
}

/// Wraps a new data key.
///
/// # Errors
/// Exit code 1 if that fails for one of the keys.
pub(super) fn wrap(
    metadata: &mut Metadata,
    key: &DataKey,
    input: &Input,
    console: &Console<'_>,
) -> Result<(), Failure> {
    metadata.wrap_data_key(key, &prompts(console)).map_err(|error| {
        Failure::because(format!("could not encrypt {}", input.source), error).with_code(FAILED)
    })
}

/// Encrypts a plaintext into the output's format, and says if nothing in it was encrypted.
///
/// # Errors
/// As [`encrypted`].
pub(super) fn encrypt(
    plaintext: &[u8],
    input: &Input,
    indent: Option<u8>,
    metadata: &Metadata,
    key: &DataKey,
    console: &mut Console<'_>,
) -> Result<String, Failure> {
    let source = &input.source;
    let formats = (input.format, input.output_format);
    let run = |when| encrypt_file_as(plaintext, formats, indent, metadata.clone(), key, when);
    let encrypted = match run(WhenNothingSelected::Refuse) {
        Err(error @ FileError::NothingEncrypted { .. }) => {
            console.warn(format_args!("{source}: {error}"));
            run(WhenNothingSelected::Allow)
        }
        other => other,
    };
    let encrypted =
        encrypted.map_err(|error| codes::encrypting(format!("could not encrypt {source}"), error))?;
    for warning in &encrypted.warnings {
        console.warn(format_args!("{source}, {warning}"));
    }
    Ok(encrypted.text)
}
