//! `sops unset`.

use sealkit::document::{Edits, Format, Step};

use super::codes::{BAD_SET, FAILED, NOT_IN_FORMAT};
use super::input::{Input, no_file};
use super::opened::{Opened, first_root};
use super::{Job, set, tree_path};
use crate::{Console, Failure};

/// `sops unset FILE PATH`
pub(super) fn run(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let [file, path] = job.words else {
        return Err(no_file("unset needs a file and a path: sops unset FILE '[\"key\"]'"));
    };
    let input = Input::named(Some(file), job.values)?;
    let bad = |reason: String| Failure::message(reason).with_code(BAD_SET);
    let path = tree_path::parse(&path.to_string_lossy()).map_err(bad)?;
    if path.steps().is_empty() {
        return Err(bad("the path is empty: name the value to take out".to_owned()));
    }
    input.must_keep_format()?;
    let opened = Opened::read(&input, job.values, console)?;
    let is_idempotent = job.values.switch("idempotent");
    if opened.plaintext.format() == Format::Binary {
        let is_value = matches!(path.steps(), [Step::Key(key)] if key == "data");
        return match (is_value, is_idempotent) {
            (false, true) => Ok(()),
            _ => {
                let message =
                    format!("a binary file like {} has one value, which can't be taken out", input.source);
                Err(Failure::message(message).with_code(if is_value { NOT_IN_FORMAT } else { FAILED }))
            }
        };
    }
    let document = opened.document()?;
    let root = first_root(&document, &input)?;
    let mut edits = Edits::new(&document);
    match edits.remove_at(root, &path) {
        Ok(()) => {
            let text = opened.update(edits.apply()?.as_bytes(), console)?;
            set::write(Some(text), &input, console)
        }
        Err(sealkit::document::StepError::Missing { .. }) if is_idempotent => Ok(()),
        Err(error) => {
            let message = format!("could not take {path} out of {}", input.source);
            Err(Failure::because(message, error).with_code(FAILED))
        }
    }
}
