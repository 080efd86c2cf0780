//! `sops set` and `sops --set`.

use std::path::Path as FilePath;

use sealkit::document::{Document, Edits, Format, Path, Schema, Step, Value};
use sealkit::sops::METADATA_KEY;
use zeroize::Zeroizing;

use super::codes::{BAD_SET, ENCRYPTED_ALREADY, FAILED, NOT_IN_FORMAT};
use super::input::{Input, no_file};
use super::opened::{Opened, first_root};
use super::output::Destination;
use super::{Job, tree_path};
use crate::atomic_file::NewFile;
use crate::input::{LIMIT, Source, read_file};
use crate::{Console, Failure};

/// `sops set FILE PATH [VALUE]`
pub(super) fn run(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let (from_file, from_stdin) = (job.values.switch("value-file"), job.values.switch("value-stdin"));
    if from_file && from_stdin {
        return Err(Failure::message("--value-file and --value-stdin exclude each other").with_code(FAILED));
    }
    let (file, path, value) = match job.words {
        [file, path] if from_stdin => (file, path, None),
        [file, path, value] if !from_stdin => (file, path, Some(value)),
        _ if from_stdin => {
            return Err(no_file("set --value-stdin needs a file and a path, and nothing else"));
        }
        _ => {
            return Err(no_file(
                "set needs a file, a path and a value: sops set FILE '[\"key\"]' '\"value\"'",
            ));
        }
    };
    let input = Input::named(Some(file), job.values)?;
    let path = path_to_set(&path.to_string_lossy())?;
    let json = match value {
        None => Source::Stdin.read(console)?,
        Some(name) if from_file => read_file(FilePath::new(name), LIMIT)?,
        Some(text) => Zeroizing::new(text.as_encoded_bytes().to_vec()),
    };
    let value = json_value(&json)?;
    let text = with_value(job, &input, &path, &value, console)?;
    write(text, &input, console)
}

/// `sops --set 'PATH VALUE' FILE`: the file's new text.
///
/// # Errors
/// Exit code 7 if that is no path and value, else as [`with_value`].
pub(super) fn old_form(
    assignment: &str,
    job: &Job<'_>,
    input: &Input,
    console: &mut Console<'_>,
) -> Result<Option<String>, Failure> {
    let Some((path, json)) = assignment.split_once("] ") else {
        return Err(Failure::message("--set takes a path and a JSON value: --set '[\"key\"] \"value\"'")
            .with_code(BAD_SET));
    };
    let value = json_value(json.as_bytes())?;
    let path = path_to_set(&format!("{path}]"))?;
    with_value(job, input, &path, &value, console)
}

/// The file's text with `value` at `path`; `None` if it has it already.
///
/// # Errors
/// With the exit codes of sops: those of [`Opened::read`] and [`Opened::update`].
fn with_value(
    job: &Job<'_>,
    input: &Input,
    path: &Path,
    value: &Value,
    console: &mut Console<'_>,
) -> Result<Option<String>, Failure> {
    let failed = |error| Failure::because(format!("could not set {path} in {}", input.source), error);
    input.must_keep_format()?;
    let opened = Opened::read(input, job.values, console)?;
    if matches!(path.steps().first(), Some(Step::Key(key)) if key == METADATA_KEY) {
        let message = format!("{METADATA_KEY} holds what the format itself needs: it can't be set");
        return Err(Failure::message(message).with_code(ENCRYPTED_ALREADY));
    }
    if opened.plaintext.format() == Format::Binary {
        return set_binary(&opened, path, value, input, console);
    }
    let document = opened.document()?;
    let root = first_root(&document, input)?;
    if root.at(path).is_ok_and(|node| node.value(Schema::GoYaml3).is_ok_and(|old| old == *value)) {
        return Ok(None);
    }
    let mut edits = Edits::new(&document);
    edits.set_at(root, path, value).map_err(|error| failed(error).with_code(FAILED))?;
    let text = edits.apply().map_err(|error| {
        Failure::because(format!("could not set {path} in {}", input.source), error).with_code(NOT_IN_FORMAT)
    })?;
    opened.update(text.as_bytes(), console).map(Some)
}

/// A binary file is one value, under the key `data`.
fn set_binary(
    opened: &Opened,
    path: &Path,
    value: &Value,
    input: &Input,
    console: &mut Console<'_>,
) -> Result<Option<String>, Failure> {
    match (path.steps(), value) {
        ([Step::Key(key)], Value::String(text)) if key == "data" => {
            opened.update(text.as_bytes(), console).map(Some)
        }
        _ => Err(Failure::message(format!(
            "a binary file like {} has one value, a text under [\"data\"]",
            input.source
        ))
        .with_code(NOT_IN_FORMAT)),
    }
}

/// Writes a file's new text, if there is one.
///
/// # Errors
/// Exit code 3 if it can't be written.
pub(super) fn write(text: Option<String>, input: &Input, console: &mut Console<'_>) -> Result<(), Failure> {
    match (text, input.path()) {
        (Some(text), Some(path)) => {
            Destination::File(path.to_owned()).write(text.as_bytes(), NewFile::Shared, input, console)
        }
        _ => {
            console.note(format_args!("{}: nothing has changed", input.source));
            Ok(())
        }
    }
}

fn path_to_set(text: &str) -> Result<Path, Failure> {
    let bad = |reason: String| Failure::message(reason).with_code(BAD_SET);
    let path = tree_path::parse(text).map_err(bad)?;
    if path.steps().is_empty() {
        return Err(bad("the path is empty: name the value to set".to_owned()));
    }
    Ok(path)
}

fn json_value(bytes: &[u8]) -> Result<Value, Failure> {
    let bad = |failure: Failure| {
        let advice = "the value is not JSON (a text needs quotes of its own: '\"value\"')";
        failure.under(advice).with_code(BAD_SET)
    };
    let document = Document::parse(bytes, Format::Json).map_err(|error| bad(error.into()))?;
    let root = document.roots().next().ok_or_else(|| bad(Failure::message("it is empty")))?;
    root.value(Schema::GoYaml3).map_err(|error| bad(error.into()))
}
