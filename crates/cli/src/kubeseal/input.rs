//! The resources that are read.

use std::path::Path;

use zeroize::Zeroizing;

use super::flags::Flags;
use crate::input::{LIMIT, ReadError, Source, Text, read_file};
use crate::{Console, Failure};

/// The text of `--secret-file` or standard input, and what a message calls it.
///
/// # Errors
/// When it can't be read, or is no text.
pub(super) fn text(flags: &Flags, console: &mut Console<'_>) -> Result<(String, Zeroizing<String>), Failure> {
    let source = match &flags.secret_file {
        // Kubeseal knows no `-`: that is a file of this name.
        Some(path) => Source::File(path.clone()),
        None => Source::Stdin,
    };
    if source == Source::Stdin && console.input_is_terminal() {
        console.note(
            "(reading from the terminal: type a Kubernetes resource in YAML or JSON, and end it with Ctrl-D)",
        );
    }
    let bytes = source.read(console)?;
    let text =
        Text::decode(&bytes).map_err(|error| Failure::because(format!("could not read {source}"), error))?;
    Ok((source.to_string(), text.text))
}

/// The bytes of a file that a flag names.
///
/// # Errors
/// When it can't be read.
pub(super) fn file(path: impl AsRef<Path>) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    read_file(path.as_ref(), LIMIT)
}

/// The UTF-8 text of a file that begins with a byte order mark; any other file as it is.
pub(super) fn decoded(bytes: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    match Text::decode(&bytes) {
        Ok(text) => Zeroizing::new(text.text.as_bytes().to_vec()),
        Err(_) => bytes,
    }
}
