//! What is written, and where.

use std::path::Path;

use ::sealkit::document::Format;
use ::sealkit::sealed_secrets::{SealedSecret, Secret};
use zeroize::Zeroizing;

use super::flags::Flags;
use crate::atomic_file::{self, NewFile};
use crate::{Console, Failure};

/// How resources are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputFormat {
    Json,
    Yaml,
}

impl OutputFormat {
    /// The format that the flags ask for, if they ask for one. The output file's name counts more than `--format`.
    ///
    /// # Errors
    /// When it is no format that we write.
    pub(super) fn asked_for(flags: &Flags) -> Result<Option<Self>, Failure> {
        let extension = flags.sealed_secret_file.as_deref().and_then(Path::extension);
        if extension.is_some_and(|extension| extension == "yaml" || extension == "yml") {
            return Ok(Some(Self::Yaml));
        }
        match flags.format.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("json") => Ok(Some(Self::Json)),
            Some("yaml") => Ok(Some(Self::Yaml)),
            Some(other) => {
                Err(Failure::message(format!("can't write the format {other:?}: use json or yaml")))
            }
        }
    }

    /// What a file in this format is read as.
    pub(super) fn as_read(self) -> Format {
        match self {
            Self::Json => Format::Json,
            Self::Yaml => Format::Yaml,
        }
    }

    /// One resource as kubeseal writes it: JSON, or a YAML document that begins with `---`.
    pub(super) fn of_sealed(self, resource: &SealedSecret) -> Zeroizing<String> {
        Zeroizing::new(match self {
            Self::Json => resource.to_json(),
            Self::Yaml => format!("---\n{}", resource.to_yaml()),
        })
    }

    /// Likewise for a resource in the clear.
    pub(super) fn of_secret(self, resource: &Secret) -> Zeroizing<String> {
        match self {
            Self::Json => resource.to_json(),
            Self::Yaml => joined(&[Zeroizing::new("---\n".to_owned()), resource.to_yaml()]),
        }
    }
}

/// The texts one after the other, without a copy left behind.
pub(super) fn joined(texts: &[Zeroizing<String>]) -> Zeroizing<String> {
    let mut all = Zeroizing::new(String::with_capacity(texts.iter().map(|text| text.len()).sum()));
    texts.iter().for_each(|text| all.push_str(text));
    all
}

/// Writes `data` to the file, with the rights `new`, or to standard output.
///
/// # Errors
/// When it can't be written.
pub(super) fn write(
    file: Option<&Path>,
    data: &[u8],
    new: NewFile,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    match file {
        Some(path) => Ok(atomic_file::replace(path, data, new)?),
        None => Ok(console.print(data)?),
    }
}
