//! Whether a file is still the one that was read.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// What tells a file that was read from one that was changed or put in its place since: its length, its time of change, and on
/// Unix which file it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    inode: u64,
    length: u64,
    modified: Option<SystemTime>,
}

impl Version {
    /// The version of the file that this is the metadata of: to be taken before the file is read.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;

        Self {
            #[cfg(unix)]
            device: metadata.dev(),
            #[cfg(unix)]
            inode: metadata.ino(),
            length: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }

    /// Checks that this is the version of the file at `path`.
    pub(super) fn check(&self, path: &Path) -> io::Result<()> {
        let now = match fs::metadata(path) {
            Ok(metadata) => Some(Self::of(&metadata)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        match now {
            Some(now) if now == *self => Ok(()),
            Some(_) => Err(io::Error::other(
                "somebody else has changed it since it was read: nothing was written; run the command again",
            )),
            None => {
                Err(io::Error::other("somebody else has removed it since it was read: nothing was written"))
            }
        }
    }
}
