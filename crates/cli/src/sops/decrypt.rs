//! `sops decrypt` and `sops -d`.

use sealkit::document::{Document, Format, Schema, Value, to_json, to_yaml};
use zeroize::Zeroizing;

use super::Job;
use super::codes::{BAD_PATH, FAILED, NOT_IN_FORMAT};
use super::extract::extract;
use super::input::Input;
use super::opened::Opened;
use super::output::Destination;
use super::tree_path;
use crate::atomic_file::NewFile;
use crate::{Console, Failure};

/// `sops decrypt [FILE]`
pub(super) fn run(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let input = Input::named(job.file(console).map(AsRef::as_ref), job.values)?;
    let destination = Destination::of(job, &input)?;
    input.must_exist()?;
    let plaintext = decrypted(job, &input, console)?;
    destination.write(&plaintext, NewFile::Private, console)
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
        Some(path) => extract(&opened, &path, input),
        None if input.format == input.output_format => Ok(opened.plaintext.into_bytes()),
        None => converted(&opened.document()?, input.output_format)
            .map(into_bytes)
            .map_err(|failure| failure.under(format!("could not print {}", input.source))),
    }
}

/// The bytes of `text`, without a copy.
pub(super) fn into_bytes(mut text: Zeroizing<String>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(std::mem::take(&mut *text).into_bytes())
}

/// The document's values in another format.
///
/// # Errors
/// Exit code 4 if the format can't hold them.
pub(super) fn converted(document: &Document, format: Format) -> Result<Zeroizing<String>, Failure> {
    let values = document.roots().map(|root| root.value(Schema::GoYaml3));
    let values =
        values.collect::<Result<Vec<_>, _>>().map_err(|error| Failure::from(error).with_code(FAILED))?;
    match (format, values.as_slice()) {
        (Format::Json, [value]) => Ok(to_json(value)),
        (Format::Json, []) => Ok(to_json(&Value::Mapping(sealkit::document::Mapping::new()))),
        (Format::Json, values) => Err(Failure::message(format!(
            "JSON holds one document, and there are {} in this file",
            values.len()
        ))
        .with_code(NOT_IN_FORMAT)),
        (Format::Yaml, values) => {
            let parts: Vec<_> = values.iter().map(to_yaml).collect();
            let mut text =
                Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len() + 4).sum()));
            for part in &parts {
                if !text.is_empty() {
                    text.push_str("---\n");
                }
                text.push_str(part);
            }
            Ok(text)
        }
        _ => Err(Failure::message("this format can't be written yet").with_code(NOT_IN_FORMAT)),
    }
}
