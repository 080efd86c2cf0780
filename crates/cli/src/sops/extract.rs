//! `--extract`: one value or branch of a file.

use sealkit::document::{Format, Path, Schema, Step, Value, convert, to_json, to_yaml};
use zeroize::Zeroizing;

use super::codes::{FAILED, NOT_IN_FORMAT};
use super::decrypt::{into_bytes, not_in_format};
use super::input::Input;
use super::opened::{Opened, first_root};
use crate::Failure;

/// What stands at `path` in the file's first document: a string as it is, without a newline; anything else as the output's format
/// writes it.
///
/// # Errors
/// Exit code 1 if there is nothing, 4 if the format can't hold it.
pub(super) fn extract(
    opened: &Opened,
    path: &Path,
    input: &Input,
    indent: Option<u8>,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if opened.plaintext.format() == Format::Binary {
        return of_binary(opened, path, input);
    }
    let document = opened.document()?;
    let value = first_root(&document, input)?
        .at(path)
        .map_err(|error| {
            Failure::because(format!("no such value in {}", input.source), error).with_code(FAILED)
        })?
        .value(Schema::GoYaml3)?;
    match (&value, input.output_format) {
        (Value::Mapping(_), format) => convert(to_yaml(&value).as_bytes(), Format::Yaml, format, indent)
            .map_err(|error| not_in_format(input, error)),
        (Value::String(text), _) => Ok(Zeroizing::new(text.as_bytes().to_vec())),
        (Value::Bytes(bytes), _) => Ok(bytes.clone()),
        (value, Format::Json) => Ok(Zeroizing::new(to_json(value).trim_end().as_bytes().to_vec())),
        (value, Format::Yaml) => Ok(into_bytes(to_yaml(value))),
        (Value::Sequence(_), _) => {
            let reason =
                format!("{path} in {} is no single value, and this format holds no others", input.source);
            Err(Failure::message(reason).with_code(NOT_IN_FORMAT))
        }
        (value, _) => Ok(Zeroizing::new(to_json(value).trim_end().as_bytes().to_vec())),
    }
}

/// A binary file is one value, under the key `data`.
fn of_binary(opened: &Opened, path: &Path, input: &Input) -> Result<Zeroizing<Vec<u8>>, Failure> {
    match path.steps() {
        [Step::Key(key)] if key == "data" => Ok(Zeroizing::new(opened.plaintext.as_bytes().to_vec())),
        _ => Err(Failure::message(format!(
            "a binary file like {} has one value, [\"data\"], and no {path}",
            input.source
        ))
        .with_code(FAILED)),
    }
}
