//! `sops encrypt` and `sops -e`.

use sealkit::document::{Document, Format};
use sealkit::sops::{DataKey, FileError, METADATA_KEY, Metadata, WhenNothingSelected, encrypt_file_as};

use super::Job;
use super::codes::{self, CONFLICT, FAILED};
use super::config::{self, Creation};
use super::input::Input;
use super::output::Destination;
use crate::atomic_file::NewFile;
use crate::input::LIMIT;
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
    let Creation { mut metadata, indent } = config::creation(job, input, console)?;
    let bytes = input.read(console)?;
    if input.format != input.output_format {
        check_before_conversion(&bytes, input)?;
    }
    let key = DataKey::generate()?;
    wrap(&mut metadata, &key, input, console)?;
    encrypt(&bytes, input, indent, &metadata, &key, console)
}

/// What can't be encrypted is told as it is, and not as what it was converted to.
///
/// # Errors
/// Exit code 92 for an empty file, 203 for one that is encrypted already.
fn check_before_conversion(bytes: &[u8], input: &Input) -> Result<(), Failure> {
    // What is not of its format is told when it is converted.
    let Ok(document) = Document::parse(bytes, input.format) else { return Ok(()) };
    let failed = |error| Err(codes::encrypting(format!("could not encrypt {}", input.source), error));
    match document.roots().next() {
        None => failed(FileError::Empty),
        // In dotenv files other keys are reserved.
        Some(root) => match root.get(METADATA_KEY) {
            Some(block) if input.output_format != Format::Dotenv => {
                failed(FileError::AlreadyEncrypted { location: block.location() })
            }
            _ => Ok(()),
        },
    }
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
    // What is larger could not be read again.
    let encrypted = encrypted.and_then(|encrypted| encrypted.within(LIMIT));
    let encrypted =
        encrypted.map_err(|error| codes::encrypting(format!("could not encrypt {source}"), error))?;
    for warning in &encrypted.warnings {
        console.warn(format_args!("{source}, {warning}"));
    }
    Ok(encrypted.text)
}
