//! The files of resources that commands read.

use std::path::PathBuf;

use sealkit::sealed_secrets::Place;

use crate::input::{Source, Text};
use crate::{Console, Failure};

/// A file of resources, or standard input.
pub(super) struct ResourceFile {
    pub(super) source: Source,
    pub(super) text: Text,
}

impl ResourceFile {
    /// Reads a file and decodes its text.
    ///
    /// # Errors
    /// When it can't be read, or is no text.
    pub(super) fn read(source: Source, console: &mut Console<'_>) -> Result<Self, Failure> {
        let bytes = source.read(console)?;
        let text = Text::decode(&bytes)
            .map_err(|error| Failure::because(format!("could not read {source} as text"), error))?;
        Ok(Self { source, text })
    }

    /// Reads the files that a command line names; standard input if it names none.
    ///
    /// # Errors
    /// When one can't be read or is no text, or a person would have to type it.
    pub(super) fn read_all(files: &[PathBuf], console: &mut Console<'_>) -> Result<Vec<Self>, Failure> {
        if files.iter().any(|file| looks_like_a_literal(file.as_os_str())) {
            // Not shown: it may be a secret, on either side of the equals sign.
            return Err(Failure::usage(
                "an argument with '=' in it is no file; to seal a value, write --from-literal before it",
            ));
        }
        if files.is_empty() {
            if console.input_is_terminal() {
                return Err(Failure::usage("there is nothing to read: name files, or - for standard input"));
            }
            return Ok(vec![Self::read(Source::Stdin, console)?]);
        }
        files.iter().map(|file| Self::read(Source::from_argument(file), console)).collect()
    }
}

/// A resource as a message names it: its name, its file, and where it is in that.
pub(super) fn described(
    namespace: Option<&str>,
    name: Option<&str>,
    source: &Source,
    place: &Place,
) -> String {
    let name = match (namespace, name) {
        (Some(namespace), Some(name)) => format!("{namespace}/{name} in {source}"),
        (None, Some(name)) => format!("{name} in {source}"),
        (_, None) => source.to_string(),
    };
    // By its name a resource is found faster than by the line that it begins in.
    let mut place = place.clone();
    place.location = None;
    let place = place.to_string();
    if place.is_empty() { name } else { format!("{name}, {place}") }
}

/// Whether a file name is a literal that has lost its flag.
fn looks_like_a_literal(argument: &std::ffi::OsStr) -> bool {
    argument.as_encoded_bytes().contains(&b'=') && !std::path::Path::new(argument).exists()
}
