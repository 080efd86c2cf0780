//! The places where identities are looked for.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::discovery::MAX_COMMAND_RUNS;
use super::identity::{IdentityError, MAX_FILE_LEN};
use super::key_command::KeyCommandError;
use crate::read_secret;

/// The variables that identities are looked for through. A snapshot, so that what is found does not depend on anything else.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// This process' environment, as it is now.
    #[must_use]
    pub fn of_process() -> Self {
        Self { variables: std::env::vars_os().collect() }
    }

    /// An environment of these variables.
    pub fn new<K: Into<OsString>, V: Into<OsString>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        Self { variables: variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }

    /// The value of a variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// All variables.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// The user's folder: HOME, or USERPROFILE on Windows.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        self.variable(name).filter(|home| !home.is_empty()).map(PathBuf::from)
    }

    /// The folder of the user's settings, where sops looks: XDG_CONFIG_HOME, on macOS too; else `.config` in the user's
    /// folder, `Library/Application Support` on macOS, `%AppData%` on Windows.
    #[must_use]
    pub fn settings(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            return self.variable("APPDATA").filter(|folder| !folder.is_empty()).map(PathBuf::from);
        }
        if let Some(folder) = self.variable("XDG_CONFIG_HOME").filter(|folder| !folder.is_empty()) {
            let folder = PathBuf::from(folder);
            // By its specification, a relative path there is invalid; a file of the current folder is none of the user's.
            return folder.is_absolute().then_some(folder);
        }
        let settings = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
        self.home().map(|home| home.join(settings))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.variables.keys()).finish()
    }
}

/// A place where an identity may be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// Given by the program itself; the name says how.
    Given {
        /// What to call it.
        name: String,
    },
    /// What the variable SOPS_AGE_KEY_CMD says prints them.
    KeyCommand,
    /// The file that SOPS_AGE_KEY_FILE names.
    KeyFile,
    /// The variable SOPS_AGE_KEY itself.
    KeyVariable,
    /// What the variable SOPS_AGE_SSH_PRIVATE_KEY_CMD says prints an SSH private key.
    SshKeyCommand,
    /// The file that SOPS_AGE_SSH_PRIVATE_KEY_FILE names.
    SshKeyFile,
    /// `sops/age/keys.txt` in the folder of the user's settings.
    UserKeyFile,
    /// An SSH private key in the user's `.ssh`.
    UserSshKey {
        /// The file's name: `id_ed25519` or `id_rsa`.
        file: &'static str,
    },
}

impl Place {
    /// The places of the environment, in the order in which they are tried: first what is at hand, then what runs a program.
    pub(super) const OF_ENVIRONMENT: [Self; 8] = [
        Self::KeyVariable,
        Self::KeyFile,
        Self::UserKeyFile,
        Self::SshKeyFile,
        Self::UserSshKey { file: "id_ed25519" },
        Self::UserSshKey { file: "id_rsa" },
        Self::KeyCommand,
        Self::SshKeyCommand,
    ];

    /// The variable that has to be set for this place to be one; `None` for those that are always looked at.
    #[must_use]
    pub fn variable(&self) -> Option<&'static str> {
        match self {
            Self::KeyCommand => Some("SOPS_AGE_KEY_CMD"),
            Self::KeyFile => Some("SOPS_AGE_KEY_FILE"),
            Self::KeyVariable => Some("SOPS_AGE_KEY"),
            Self::SshKeyCommand => Some("SOPS_AGE_SSH_PRIVATE_KEY_CMD"),
            Self::SshKeyFile => Some("SOPS_AGE_SSH_PRIVATE_KEY_FILE"),
            Self::Given { .. } | Self::UserKeyFile | Self::UserSshKey { .. } => None,
        }
    }

    /// Whether only an SSH key can be there.
    pub(super) fn is_ssh(&self) -> bool {
        matches!(self, Self::SshKeyCommand | Self::SshKeyFile | Self::UserSshKey { .. })
    }

    /// Whether what is there may depend on the recipient.
    pub(super) fn is_command(&self) -> bool {
        matches!(self, Self::KeyCommand | Self::SshKeyCommand)
    }

    /// The file of this place, if it is one.
    pub(super) fn path(&self, environment: &Environment) -> Option<PathBuf> {
        match self {
            Self::KeyFile | Self::SshKeyFile => {
                self.variable().and_then(|name| environment.variable(name)).map(PathBuf::from)
            }
            Self::UserKeyFile => Some(environment.settings()?.join("sops").join("age").join("keys.txt")),
            Self::UserSshKey { file } => Some(environment.home()?.join(".ssh").join(file)),
            Self::Given { .. } | Self::KeyCommand | Self::KeyVariable | Self::SshKeyCommand => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given { name } => formatter.write_str(name),
            Self::UserKeyFile => formatter.write_str("sops/age/keys.txt in the folder of user settings"),
            Self::UserSshKey { file } => write!(formatter, "~/.ssh/{file}"),
            variable => formatter.write_str(variable.variable().unwrap_or_default()),
        }
    }
}

/// What was found in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// There is something, and it can't be used. The failures say why.
    Failed,
    /// Identities. There may have been failures beside them.
    Found,
    /// It is there, and holds no identity.
    NoIdentity,
    /// The variable is not set, or the file does not exist.
    NotThere,
    /// It was not looked at, since it can't hold what is wanted, or since something was found before.
    NotTried,
}

/// Why a place, or one identity in it, can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The command failed.
    #[error("no key from {place}")]
    Command {
        /// The place.
        place: String,
        /// Why.
        source: KeyCommandError,
    },
    /// What is there is no identity.
    #[error("{place} can't be used")]
    Identity {
        /// The place.
        place: String,
        /// Why.
        source: IdentityError,
    },
    /// The variable's value is not UTF-8.
    #[error("{variable} is not UTF-8")]
    NotText {
        /// The variable.
        variable: &'static str,
    },
    /// The file can't be read.
    #[error("{place} can't be read")]
    Read {
        /// The place, with its path.
        place: String,
        /// Why not.
        source: io::Error,
    },
    /// The command was run for 256 recipients already.
    #[error("{place} was run for {MAX_COMMAND_RUNS} recipients, and is not run for more")]
    TooManyRuns {
        /// The place.
        place: String,
    },
    /// The file is larger than 16 MiB.
    #[error("{place} is larger than {MAX_FILE_LEN} bytes")]
    TooLarge {
        /// The place, with its path.
        place: String,
    },
}

/// Reads a file of secrets, within the limit.
pub(super) fn read_file(path: &Path, place: &str) -> Result<Zeroizing<Vec<u8>>, LoadError> {
    let failed = |source| LoadError::Read { place: place.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let contents = read_secret(file, 0, MAX_FILE_LEN + 1).map_err(failed)?;
    if contents.len() as u64 > MAX_FILE_LEN {
        return Err(LoadError::TooLarge { place: place.to_owned() });
    }
    Ok(contents)
}
