//! Where a result goes.

use std::path::PathBuf;

use super::Job;
use super::codes::{CONFLICT, UNWRITABLE};
use super::input::Input;
use crate::atomic_file::{self, NewFile};
use crate::{Console, Failure};

/// Where a result goes.
pub(super) enum Destination {
    File(PathBuf),
    Stdout,
}

impl Destination {
    /// As the flags `--in-place` and `--output` say.
    ///
    /// # Errors
    /// Exit code 8 for both of them, and for standard input in place.
    pub(super) fn of(job: &Job<'_>, input: &Input) -> Result<Self, Failure> {
        let (in_place, output) = (job.values.switch("in-place"), job.values.path("output"));
        match (in_place, output, input.path()) {
            (true, Some(_), _) => {
                Err(Failure::message("--in-place and --output exclude each other").with_code(CONFLICT))
            }
            (true, None, None) => {
                Err(Failure::message("standard input can't be written in place: name a file")
                    .with_code(CONFLICT))
            }
            (true, None, Some(path)) => Ok(Self::File(path.to_owned())),
            (false, Some(path), _) => Ok(Self::File(path)),
            (false, None, _) => Ok(Self::Stdout),
        }
    }

    /// Writes the result there, all of it or nothing; to the file that it was made of only if nobody has changed that meanwhile.
    ///
    /// # Errors
    /// Exit code 3 if the file can't be written, or was changed.
    pub(super) fn write(
        &self,
        result: &[u8],
        new: NewFile,
        input: &Input,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        match self {
            Self::Stdout => Ok(console.print(result)?),
            Self::File(path) => {
                let read = input.version_at(path);
                // Whoever may read a file that is written in place is its owner's choice.
                let new = if read.is_some() { NewFile::Shared } else { new };
                atomic_file::update(path, result, new, read)
                    .map_err(|error| Failure::from(error).with_code(UNWRITABLE))
            }
        }
    }
}
