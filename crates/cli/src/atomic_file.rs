//! The one way in which files are written: the new contents appear under the name at once, or not at all.
//!
//! The contents go to a temporary file in the same directory, are flushed to the disk, and take the name. Owner and
//! group of a file that is replaced are kept, as is its mode unless the contents are private; a symbolic link stays, and the file that it points to is replaced. On Linux
//! the temporary file has no name until it is complete, and one for the microseconds before it takes the place of an old file:
//! a kill just then leaves a file `.sealkit-….tmp` behind, complete and with the same rights. On other systems, and on file
//! systems that can't do this, a kill at any time may.
//!
//! Whoever changes what a file holds, and does not just write it, gives [`update`] the [`Version`] that was read: a file that somebody
//! else has changed meanwhile is left to them. Between the look at it and the renaming the directory is locked, so that two
//! processes of ours don't clash; other programs, in those microseconds, may.
//!
//! Not kept: other hard links to the old file (they keep the old contents), extended attributes, and access control lists.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

mod temporary;
mod version;

use temporary::Temporary;
pub use version::Version;

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

/// Writes `contents` to the file at `path`, as [`replace`] does, if it is still the one that `read` is the version of. Without
/// one, it is `replace`.
///
/// # Errors
/// When somebody has changed, replaced or removed the file since, or it could not be written; it is then as it was.
pub fn update(path: &Path, contents: &[u8], new: NewFile, read: Option<&Version>) -> Result<(), WriteError> {
    let mut staged = Staged::new(path, contents, new, Existing::Replace)?;
    staged.read = read.cloned();
    staged.commit()
}

/// Writes `contents` to the file at `path` if it is still the version that was `found` there last, or if there was none and still is
/// none.
///
/// # Errors
/// As [`update`].
pub fn write_over(
    path: &Path,
    contents: &[u8],
    new: NewFile,
    found: Option<&Version>,
) -> Result<(), WriteError> {
    match found {
        Some(_) => update(path, contents, new, found),
        None => Staged::new(path, contents, new, Existing::Keep)?.commit(),
    }
}

/// New contents that wait, safe on the disk, for the moment when they take their name.
///
/// To write several files together: stage all of them, then commit all of them. Dropped without a commit, it leaves
/// nothing behind.
pub struct Staged {
    path: PathBuf,
    existing: Existing,
    /// What the file at `path` must still be, if that matters.
    read: Option<Version>,
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
        Ok(Self { path: path.to_owned(), existing, read: None, state })
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
        let open = open_file(path)?;
        if open.is_some() || old.as_ref().is_some_and(|old| !old.is_file()) {
            let stream = open.map_or_else(|| OpenOptions::new().write(true).open(path), Ok)?;
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
        let Self { path, existing, read, state } = self;
        let result = match state {
            State::Stream { mut stream, contents } => stream.write_all(&contents),
            State::Temporary { temporary, target } => {
                // From the look at the old file to its renaming.
                let _lock = read.is_some().then(|| lock_directory_of(&target));
                read.map_or(Ok(()), |read| read.check(&target))
                    .and_then(|()| temporary.take_name(&target, existing))
                    .map(|()| sync_directory_of(&target))
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

/// Whether both paths stand for one file, which need not exist.
#[must_use]
pub fn are_same(one: &Path, other: &Path) -> bool {
    let resolved = |path: &Path| {
        fs::canonicalize(path).or_else(|_| {
            let target = follow_links(path)?;
            Ok(fs::canonicalize(parent(&target))?.join(target.file_name().unwrap_or_default()))
        })
    };
    let both: io::Result<_> = resolved(one).and_then(|one| Ok((one, resolved(other)?)));
    both.is_ok_and(|(one, other)| one == other)
}

/// The open file that `path` means, as `/dev/stdout` and `/dev/fd/3` do, even where that is a regular file: written to where
/// it stands, and not replaced.
#[cfg(unix)]
fn open_file(path: &Path) -> io::Result<Option<File>> {
    use std::os::fd::AsFd;

    let mut next = path.to_owned();
    // A link may lead there: `/dev/stdout` is one itself.
    for _ in 0..40 {
        match descriptor(&next) {
            // A copy shares the place in the file with the stream, and whether it is open for appending.
            Some(1) => return io::stdout().as_fd().try_clone_to_owned().map(|file| Some(file.into())),
            Some(2) => return io::stderr().as_fd().try_clone_to_owned().map(|file| Some(file.into())),
            Some(_) => return OpenOptions::new().append(true).open(&next).map(Some),
            None => match fs::read_link(&next) {
                Ok(target) => next = parent(&next).join(target),
                Err(_) => return Ok(None),
            },
        }
    }
    Ok(None)
}

#[cfg(not(unix))]
fn open_file(_: &Path) -> io::Result<Option<File>> {
    Ok(None)
}

/// The number of the open file that a path in `/dev` or `/proc` names. That of another process counts as a high one.
#[cfg(unix)]
fn descriptor(path: &Path) -> Option<u32> {
    let path = path.to_str()?;
    match path.strip_prefix("/dev/").map(|name| name.strip_prefix("fd/").ok_or(name)) {
        Some(Ok(number)) => return number.parse().ok(),
        Some(Err("stdout")) => return Some(1),
        Some(Err("stderr")) => return Some(2),
        Some(Err(_)) => return None,
        None => {}
    }
    let (process, number) = path.strip_prefix("/proc/")?.split_once("/fd/")?;
    let number = number.parse().ok()?;
    let is_own = process == "self" || process == "thread-self" || process == std::process::id().to_string();
    let is_other = || !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit());
    if is_own { Some(number) } else { is_other().then_some(u32::MAX) }
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

/// Keeps other processes of ours from replacing a file in the same directory, as long as the result lives.
///
/// `None` where a directory can't be locked, or where somebody holds it for long: then the chance of a clash is what it is
/// without a lock.
fn lock_directory_of(path: &Path) -> Option<File> {
    let directory = File::open(parent(path)).ok()?;
    for _ in 0..1000 {
        match directory.try_lock() {
            Ok(()) => return Some(directory),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            Err(TryLockError::Error(_)) => return None,
        }
    }
    None
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
