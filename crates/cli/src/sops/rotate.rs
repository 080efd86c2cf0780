//! `sops rotate` and `sops -r`.

use sealkit::document::Format;
use sealkit::sops::DataKey;

use super::codes::{FAILED, NO_FILE_TO_CHANGE};
use super::decrypt::not_in_format;
use super::input::{Input, is_there, no_file};
use super::opened::Opened;
use super::output::Destination;
use super::{Job, config, encrypt, foreign_keys, later};
use crate::atomic_file::NewFile;
use crate::sops_requests::keys::change_recipients;
use crate::{Console, Failure};

/// `sops rotate FILE`
pub(super) fn run(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let file = job.file(console).ok_or_else(|| no_file("name the file to rotate"))?;
    let input = Input::named(Some(file), job.values)?;
    let destination = Destination::of(job, &input)?;
    refuse_keys_for_nothing(job, &input)?;
    let text = rotated(job, &input, console)?;
    destination.write(text.as_bytes(), NewFile::Shared, &input, console)
}

/// The file under a new data key, with recipients added and taken out.
///
/// # Errors
/// With the exit codes of sops: those of [`Opened::read`], and 1.
pub(super) fn rotated(job: &Job<'_>, input: &Input, console: &mut Console<'_>) -> Result<String, Failure> {
    let keys = |flag: &str| -> Result<_, Failure> {
        let list = job.values.text(flag)?;
        Ok(list.map(|list| config::age_keys(&[list], &format!("--{flag}"))).transpose()?.unwrap_or_default())
    };
    later::refuse_new_other_keys(job)?;
    let (added, mut removed) = (keys("add-age")?, keys("rm-age")?);
    let opened = Opened::read(input, job.values, console)?;
    let mut metadata = opened.encrypted.metadata().clone();
    removed.extend(foreign_keys::to_remove(job, &metadata, console)?);
    let missing = change_recipients(&mut metadata, &added, &removed).map_err(|failure| {
        failure.under(format!("could not change the recipients of {}", input.source)).with_code(FAILED)
    })?;
    for name in missing {
        console.warn(format_args!("{}: {name} is not among its recipients", input.source));
    }
    let key = DataKey::generate()?;
    encrypt::wrap(&mut metadata, &key, input, console)?;
    // What is encrypted into a binary file is JSON, as in sops.
    let format = match (input.format, input.output_format) {
        (Format::Binary, Format::Binary) => Format::Binary,
        (_, Format::Binary) => Format::Json,
        (_, format) => format,
    };
    let indent = config::indent(job, format, console);
    let plaintext =
        opened.plaintext.in_format(format, indent).map_err(|error| not_in_format(input, error))?;
    opened.encrypt_anew(&plaintext, format, metadata, &key, console)
}

/// # Errors
/// Exit code 49 if keys are to be changed in a file that is not there.
pub(super) fn refuse_keys_for_nothing(job: &Job<'_>, input: &Input) -> Result<(), Failure> {
    let changes_keys = ["add-age", "rm-age"].iter().any(|flag| job.values.path(flag).is_some());
    match input.path() {
        Some(path) if changes_keys && !is_there(path) => {
            Err(Failure::message(format!("there is no file {}, so it has no keys to change", path.display()))
                .with_code(NO_FILE_TO_CHANGE))
        }
        _ => Ok(()),
    }
}
