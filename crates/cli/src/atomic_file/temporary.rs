//! A temporary file in the directory of the file that it is going to be.

use std::fs::File;
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

use super::{Existing, NewFile, parent};

/// A file without its name yet. Dropped, it is gone.
pub(super) enum Temporary {
    /// A file with a temporary name.
    Named(NamedTempFile),
    /// A file without any name, which the system forgets when it is closed, however this program ends.
    #[cfg(target_os = "linux")]
    Unnamed(File),
}

impl Temporary {
    /// An empty file in the directory of `target`.
    #[cfg_attr(not(unix), expect(unused_variables, reason = "only Unix has modes"))]
    pub(super) fn beside(target: &Path, new: NewFile) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(file) = unnamed::create(parent(target), new) {
            return Ok(Self::Unnamed(file));
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(".sealkit-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(new.mode()));
        }
        builder.tempfile_in(parent(target)).map(Self::Named)
    }

    pub(super) fn file(&mut self) -> &mut File {
        match self {
            Self::Named(file) => file.as_file_mut(),
            #[cfg(target_os = "linux")]
            Self::Unnamed(file) => file,
        }
    }

    /// Puts the file in the place of `target`.
    pub(super) fn take_name(self, target: &Path, existing: Existing) -> io::Result<()> {
        match (self, existing) {
            (Self::Named(file), Existing::Keep) => {
                file.persist_noclobber(target).map(drop).map_err(|error| error.error)
            }
            (Self::Named(file), Existing::Replace) => {
                file.persist(target).map(drop).map_err(|error| error.error)
            }
            #[cfg(target_os = "linux")]
            (Self::Unnamed(file), Existing::Keep) => unnamed::link(&file, target),
            #[cfg(target_os = "linux")]
            (Self::Unnamed(file), Existing::Replace) => unnamed::replace(&file, target),
        }
    }
}

impl NewFile {
    /// The mode that the system is asked for; it takes the umask from it.
    #[cfg(unix)]
    fn mode(self) -> u32 {
        match self {
            Self::Private | Self::PrivateIfNew => 0o600,
            Self::Shared => 0o666,
        }
    }
}

#[cfg(target_os = "linux")]
mod unnamed {
    use std::fs::{self, File};
    use std::io;
    use std::os::fd::AsRawFd;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags};

    use super::{NewFile, parent};

    /// A file without a name, if this file system can do that and the file could be given a name later.
    pub(super) fn create(directory: &Path, new: NewFile) -> Option<File> {
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(directory, flags, Mode::from(new.mode())).ok()?);
        Path::new(&by_descriptor(&file)).exists().then_some(file)
    }

    /// Gives `file` a name that nothing has yet.
    pub(super) fn link(file: &File, name: &Path) -> io::Result<()> {
        rustix::fs::linkat(CWD, by_descriptor(file), CWD, name, AtFlags::SYMLINK_FOLLOW).map_err(Into::into)
    }

    /// Gives `file` the name `target`, whether or not a file has it.
    pub(super) fn replace(file: &File, target: &Path) -> io::Result<()> {
        match link(file, target) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result,
        }
        // A link can't replace a file, a rename needs a name: it has one for these few microseconds.
        let process = std::process::id();
        for attempt in 0..1000 {
            let name = parent(target).join(format!(".sealkit-{process}-{attempt}.tmp"));
            match link(file, &name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                result => result?,
            }
            return fs::rename(&name, target).inspect_err(|_| {
                // The rename's error is the one to tell.
                let _ = fs::remove_file(&name);
            });
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn by_descriptor(file: &File) -> String {
        format!("/proc/self/fd/{}", file.as_raw_fd())
    }
}
