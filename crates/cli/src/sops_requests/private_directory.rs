//! A directory for a plaintext while it is edited.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{Console, Failure};

/// A directory that only this user can enter. Dropped, it is gone with all that is in it.
pub(crate) struct PrivateDirectory(TempDir);

impl PrivateDirectory {
    /// Makes one: on a file system that is in memory, if there is one; else where temporary files go, with a warning where
    /// one would expect better.
    ///
    /// # Errors
    /// When none can be made.
    pub(crate) fn create(console: &mut Console<'_>) -> Result<Self, Failure> {
        let temporary = console.environment.get("TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let runtime = console.environment.get("XDG_RUNTIME_DIR").map(PathBuf::from);
        let candidates = [runtime, Some(PathBuf::from("/dev/shm")), Some(temporary.clone())];
        for folder in candidates.into_iter().flatten().filter(|folder| is_in_memory(folder)) {
            if let Ok(directory) = make(&folder) {
                return Ok(Self(directory));
            }
        }
        let directory = make(&temporary).map_err(|error| {
            Failure::because(format!("could not make a directory in {}", temporary.display()), error)
        })?;
        if cfg!(target_os = "linux") {
            console.warn(format_args!(
                "no file system in memory can be written: the plaintext lies on the disk while you edit, in {}",
                directory.path().display()
            ));
        }
        Ok(Self(directory))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Leaves it to somebody else to remove it.
    pub(crate) fn keep(self) {
        _ = self.0.keep();
    }

    /// Writes a file that only this user can read, and gives back its path.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn write(&self, name: &OsStr, contents: &[u8]) -> Result<PathBuf, Failure> {
        let path = self.0.path().join(name);
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.write(true).create_new(true).open(&path);
        written
            .and_then(|mut file| file.write_all(contents))
            .map_err(|error| Failure::because(format!("could not write {}", path.display()), error))?;
        Ok(path)
    }
}

fn make(folder: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("sealkit-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o700));
    }
    builder.tempdir_in(folder)
}

/// Whether a folder is on a file system that keeps its files in memory (or, short of that, in swap space).
#[cfg(target_os = "linux")]
fn is_in_memory(folder: &Path) -> bool {
    const RAMFS: u32 = 0x8584_58F6;
    const TMPFS: u32 = 0x0102_1994;

    // The type's width depends on the machine; the numbers have 32 bits.
    folder.is_absolute()
        && rustix::fs::statfs(folder).is_ok_and(|found| matches!(found.f_type as u32, RAMFS | TMPFS))
}

#[cfg(not(target_os = "linux"))]
fn is_in_memory(_: &Path) -> bool {
    false
}
