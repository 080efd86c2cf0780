//! `sops decrypt` and `sops -d`.

use sealkit::document::ConversionError;
use zeroize::Zeroizing;

use super::codes::{BAD_PATH, FAILED, NOT_IN_FORMAT};
use super::extract::extract;
use super::input::Input;
use super::opened::Opened;
use super::output::Destination;
use super::{Job, config, tree_path};
use crate::atomic_file::NewFile;
use crate::{Console, Failure};

/// `sops decrypt [FILE]`
pub(super) fn run(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let input = Input::named(job.file(console).map(AsRef::as_ref), job.values)?;
    let destination = Destination::of(job, &input)?;
    input.must_exist()?;
    let plaintext = decrypted(job, &input, console)?;
    destination.write(&plaintext, NewFile::Private, &input, console)
}

/// The file's plaintext, or the part of it that `--extract` names, in the output's format.
///
/// # Errors
/// With the exit codes of sops: those of [`Opened::read`], 4 and 91.
pub(super) fn decrypted(
    job: &Job<'_>,
    input: &Input,
    console: &mut Console<'_>,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let path = job.values.text("extract")?.map(tree_path::parse).transpose();
    let path = path.map_err(|reason| Failure::message(format!("--extract: {reason}")).with_code(BAD_PATH))?;
    let opened = Opened::read(input, job.values, console)?;
    match path.filter(|path| !path.steps().is_empty()) {
        Some(path) => extract(&opened, &path, input, config::indent(job, input.output_format, console)),
        None if input.format == input.output_format => Ok(opened.plaintext.into_bytes()),
        None => {
            let indent = config::indent(job, input.output_format, console);
            opened
                .plaintext
                .in_format(input.output_format, indent)
                .map_err(|error| not_in_format(input, error))
        }
    }
}

/// The bytes of `text`, without a copy.
pub(super) fn into_bytes(mut text: Zeroizing<String>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(std::mem::take(&mut *text).into_bytes())
}

/// That something could not be written in another format: exit code 4.
pub(super) fn not_in_format(input: &Input, error: ConversionError) -> Failure {
    let code = if matches!(error, ConversionError::Parse(_)) { FAILED } else { NOT_IN_FORMAT };
    Failure::because(format!("could not convert {}", input.source), error).with_code(code)
}
