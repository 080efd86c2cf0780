//! The one way in which files are written: the new contents appear under the name at once, or not at all.
//!
//! The contents go to a temporary file in the same directory, are flushed to the disk, and take the name. Owner and
//! group of a file that is replaced are kept, as is its mode unless the contents are private; a symbolic link stays, and the file that it points to is replaced. On Linux
//! the temporary file has no name until it is complete, so that not even a kill leaves anything behind; on other systems, and
//! on file systems that can't do this, a kill may leave a file `.sealkit-….tmp`.
//!
//! Not kept: other hard links to the old file (they keep the old contents), extended attributes, and access control lists.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

mod temporary;

use temporary::Temporary;

/// Who may read what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewFile {
    /// Its owner only: mode 0600, and of the mode of a file that is replaced nothing for anybody else is kept.
    Private,
    /// Its owner only if the file is new; one that is replaced keeps its mode.
    PrivateIfNew,
    /// Whoever the umask lets if the file is new, mode 0666 less the umask; one that is replaced keeps its mode.
    Shared,
}

/// What happens to a file that is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and writing is an error.
    Keep,
    /// It is replaced. Its owner and group are taken over, and its mode as far as [`NewFile`] lets.
    Replace,
}

/// Writes `contents` to the file at `path`, replacing what is there.
///
/// # Errors
/// When the file could not be written; an old file is then still there, whole.
pub fn replace(path: &Path, contents: &[u8], new: NewFile) -> Result<(), WriteError> {
    Staged::new(path, contents, new, Existing::Replace)?.commit()
}

/// New contents that wait, safe on the disk, for the moment when they take their name.
///
/// To write several files together: stage all of them, then commit all of them. Dropped without a commit, it leaves
/// nothing behind.
pub struct Staged {
    path: PathBuf,
    existing: Existing,
    state: State,
}

enum State {
    /// The path names a device, a pipe or a socket: nothing that could be replaced. Written on commit.
    Stream { stream: File, contents: zeroize::Zeroizing<Vec<u8>> },
    /// A complete temporary file beside `target`.
    Temporary { temporary: Temporary, target: PathBuf },
}

impl Staged {
    /// Writes `contents` to a temporary file beside `path`.
    ///
    /// # Errors
    /// When the temporary file can't be written, `path` is a directory or a file that may not be written, or a file is
    /// there that has to stay.
    pub fn new(path: &Path, contents: &[u8], new: NewFile, existing: Existing) -> Result<Self, WriteError> {
        let state = Self::stage(path, contents, new, existing)
            .map_err(|error| WriteError { path: path.to_owned(), error })?;
        Ok(Self { path: path.to_owned(), existing, state })
    }

    fn stage(path: &Path, contents: &[u8], new: NewFile, existing: Existing) -> io::Result<State> {
        let old = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if existing == Existing::Keep && (old.is_some() || path.is_symlink()) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        if old.as_ref().is_some_and(|old| !old.is_file()) || names_an_open_file(path) {
            let stream = OpenOptions::new().write(true).open(path)?;
            return Ok(State::Stream { stream, contents: zeroize::Zeroizing::new(contents.to_vec()) });
        }
        if old.is_some() {
            // Renaming over a file needs no permission to write it. We ask for it all the same: read-only means it.
            OpenOptions::new().write(true).open(path)?;
        }
        let target = follow_links(path)?;
        // A missing directory is told plainly, without the temporary file's name.
        fs::metadata(parent(&target))?;
        let mut temporary = Temporary::beside(&target, if old.is_some() { NewFile::Private } else { new })?;
        temporary.file().write_all(contents)?;
        if let Some(old) = &old {
            take_over_owner_and_mode(temporary.file(), old, new)?;
        }
        temporary.file().sync_all()?;
        Ok(State::Temporary { temporary, target })
    }

    /// Gives the contents their name.
    ///
    /// # Errors
    /// When that fails; an old file is then still there, whole.
    pub fn commit(self) -> Result<(), WriteError> {
        let Self { path, existing, state } = self;
        let result = match state {
            State::Stream { mut stream, contents } => stream.write_all(&contents),
            State::Temporary { temporary, target } => {
                temporary.take_name(&target, existing).map(|()| sync_directory_of(&target))
            }
        };
        result.map_err(|error| WriteError { path, error })
    }
}

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("could not write {}", path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub error: io::Error,
}

/// `/dev/stdout`, `/dev/fd/3` and the like mean a file that is open already, even where that is a regular file.
fn names_an_open_file(path: &Path) -> bool {
    cfg!(unix) && (path.starts_with("/dev") || path.starts_with("/proc")) && path.exists()
}

/// The file that `path` stands for, whether it exists or not.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..40 {
        match fs::read_link(&target) {
            // A relative link starts from the directory that it is in.
            Ok(next) => target = parent(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

/// The directory that `path` is in.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the new name last. A file system that can't do that has done what it can.
fn sync_directory_of(path: &Path) {
    if cfg!(unix) {
        let _ = File::open(parent(path)).and_then(|directory| directory.sync_all());
    }
}

#[cfg(unix)]
fn take_over_owner_and_mode(file: &File, old: &fs::Metadata, new: NewFile) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    let own = file.metadata()?;
    let owner = (old.uid() != own.uid()).then(|| old.uid());
    let group = (old.gid() != own.gid()).then(|| old.gid());
    if owner.is_some() || group.is_some() {
        fchown(file, owner, group).map_err(|error| {
            io::Error::new(
                error.kind(),
                "its owner and group can't be kept: write it as its owner, or to a new file",
            )
        })?;
    }
    let mode = match new {
        NewFile::Private => old.mode() & 0o7700,
        NewFile::PrivateIfNew | NewFile::Shared => old.mode() & 0o7777,
    };
    // After the owner: changing that clears some mode bits.
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn take_over_owner_and_mode(file: &File, old: &fs::Metadata, _: NewFile) -> io::Result<()> {
    file.set_permissions(old.permissions())
}

#[cfg(test)]
mod tests;
