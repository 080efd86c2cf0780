//! [`Identities`]: everything that may open a file, looked for only as far as needed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::iter;
use std::sync::{Arc, Mutex, PoisonError};

use ::age::Decryptor;
use ::age::armor::ArmoredReader;
use ::age_core::format::{FileKey, Stanza};
use zeroize::Zeroizing;

use super::identity::{Identity, IdentityError, UnwrapError};
use super::key_command;
use super::places::{Environment, LoadError, Outcome, Place, read_file};
use super::prompts::Prompts;
use crate::read_secret;

/// Nothing that is wrapped for a master key is longer than this many bytes. The test vectors of the format are larger than a key.
const MAX_PLAINTEXT_LEN: u64 = 64 * 1024;

/// A key command runs once for each recipient, of whom a file names as many as whoever wrote it wants.
pub(super) const MAX_COMMAND_RUNS: usize = 256;

/// Identities that were given, and those that are found in the environment.
///
/// Files are read and commands run when a file needs them, and once: identities that are at hand are tried first, SSH keys
/// only for what is encrypted for an SSH key, commands after all files, plugins after that, and identity files under a
/// passphrase last. What can't be loaded does no harm if something else fits; if nothing does, the error names it.
///
/// ```
/// use sealkit::age::{Identities, Identity, KeygenKind, Prompts, Recipient, keygen};
///
/// let key = keygen(KeygenKind::X25519)?;
/// let recipient: Recipient = key.recipient.parse()?;
/// let encrypted = recipient.encrypt(b"a data key", &Prompts::default())?;
///
/// let identities = Identities::from_text(&key.contents, "my key");
/// assert_eq!(&**identities.open(&encrypted, &key.recipient)?.plaintext, b"a data key");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Identities {
    sources: Vec<Source>,
    environment: Environment,
    prompts: Prompts,
}

/// A place, and what was found in it once it was looked at.
struct Source {
    place: Place,
    /// By recipient for commands, which may answer differently; under an empty one for all others.
    loaded: Mutex<HashMap<String, Arc<Loaded>>>,
}

/// What a place holds.
#[derive(Debug)]
struct Loaded {
    identities: Vec<Identity>,
    failures: Vec<LoadError>,
    is_there: bool,
}

impl Identities {
    /// No identities; see [`add`](Self::add) and [`discover`](Self::discover).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The identities in `text`, an identity file or SSH key; `name` is what messages call it.
    #[must_use]
    pub fn from_text(text: &str, name: &str) -> Self {
        let mut identities = Self::new();
        identities.add(text.as_bytes(), name);
        identities
    }

    /// Adds the identities in `contents`, an identity file (perhaps under a passphrase) or SSH key; `name` is what messages
    /// call it. What can't be used in it is reported like any other place that can't.
    pub fn add(&mut self, contents: &[u8], name: &str) {
        let (identities, errors) = Identity::parse_all(contents, name);
        self.push(name, identities, failures(name, errors));
    }

    /// Adds one identity.
    pub fn add_identity(&mut self, identity: impl Into<Identity>, name: &str) {
        self.push(name, vec![identity.into()], Vec::new());
    }

    fn push(&mut self, name: &str, identities: Vec<Identity>, failures: Vec<LoadError>) {
        let loaded = Loaded { identities, failures, is_there: true };
        let loaded = HashMap::from([(String::new(), Arc::new(loaded))]);
        self.sources
            .push(Source { place: Place::Given { name: name.to_owned() }, loaded: Mutex::new(loaded) });
    }

    /// The identities that were given. Those of the environment are not looked for.
    pub fn identities(&self) -> impl Iterator<Item = Identity> {
        let given = self.sources.iter().filter(|source| matches!(source.place, Place::Given { .. }));
        given.flat_map(|source| source.load("", &self.environment).identities.clone())
    }

    /// Looks in all places of `environment`, too, when it comes to it: SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, the user's
    /// `sops/age/keys.txt`, SOPS_AGE_SSH_PRIVATE_KEY_FILE, `~/.ssh/id_ed25519`, `~/.ssh/id_rsa`, SOPS_AGE_KEY_CMD and
    /// SOPS_AGE_SSH_PRIVATE_KEY_CMD.
    #[must_use]
    pub fn discover(mut self, environment: Environment) -> Self {
        self.environment = environment;
        let new = |place| Source { place, loaded: Mutex::default() };
        self.sources.extend(Place::OF_ENVIRONMENT.into_iter().map(new));
        self
    }

    /// Asks through `prompts` for passphrases and for what plugins want.
    #[must_use]
    pub fn with_prompts(mut self, prompts: Prompts) -> Self {
        self.prompts = prompts;
        self
    }

    /// Whom this asks.
    #[must_use]
    pub fn prompts(&self) -> &Prompts {
        &self.prompts
    }

    /// Decrypts `encrypted`, an age file, armored or not, that is meant for `recipient`. Key commands are told of the
    /// recipient; whether it is true does not matter.
    ///
    /// # Errors
    /// [`OpenError::NoIdentity`] if nothing fits, with what was found where; [`OpenError::Damaged`] if it is no age file, or
    /// not a whole one.
    pub fn open(&self, encrypted: impl AsRef<[u8]>, recipient: &str) -> Result<Opened, OpenError> {
        self.open_with(encrypted.as_ref(), recipient, Effort::All)
    }

    /// As [`open`](Self::open), but runs no program and asks nobody: key commands, plugins and what is under a passphrase are
    /// left out.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_at_once(&self, encrypted: impl AsRef<[u8]>, recipient: &str) -> Result<Opened, OpenError> {
        self.open_with(encrypted.as_ref(), recipient, Effort::Little)
    }

    fn open_with(&self, encrypted: &[u8], recipient: &str, effort: Effort) -> Result<Opened, OpenError> {
        let damaged = |source| OpenError::Damaged { source };
        let decryptor =
            Decryptor::new_buffered(ArmoredReader::new(encrypted.trim_ascii_start())).map_err(damaged)?;
        let attempt = Attempt {
            identities: self,
            recipient,
            effort,
            winner: RefCell::default(),
            failures: RefCell::default(),
        };
        match decryptor.decrypt(iter::once(&attempt as _)) {
            Ok(reader) => {
                let plaintext = read_secret(reader, 0, MAX_PLAINTEXT_LEN + 1)
                    .map_err(|source| damaged(::age::DecryptError::Io(source)))?;
                if plaintext.len() as u64 > MAX_PLAINTEXT_LEN {
                    return Err(OpenError::TooLong);
                }
                let (place, identity) =
                    attempt.winner.take().expect("a file that was opened was opened by an identity");
                Ok(Opened { plaintext, place, identity })
            }
            Err(::age::DecryptError::NoMatchingKeys) => Err(OpenError::NoIdentity {
                tried: self.report(recipient),
                failures: attempt.failures.take(),
            }),
            Err(source) => Err(damaged(source)),
        }
    }

    /// What is known of each place so far, for `recipient`, without looking any further.
    #[must_use]
    pub fn report(&self, recipient: &str) -> Vec<SourceReport> {
        self.sources.iter().map(|source| source.report(recipient, &self.environment)).collect()
    }

    /// Looks at every place, commands included, for `recipient`, and says what is there.
    #[must_use]
    pub fn load_all(&self, recipient: &str) -> Vec<SourceReport> {
        for source in &self.sources {
            source.load(recipient, &self.environment);
        }
        self.report(recipient)
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.sources.iter().map(|source| source.place.to_string());
        formatter.debug_list().entries(places).finish()
    }
}

/// The data in an age file, and what opened it.
pub struct Opened {
    /// The data.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// Where the identity is that opened it.
    pub place: Place,
    /// The recipient of that identity, if it tells.
    pub identity: Option<String>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Opened")
            .field("plaintext", &"[REDACTED]")
            .field("place", &self.place)
            .field("identity", &self.identity)
            .finish()
    }
}

/// What is known of a place.
#[derive(Clone, Debug)]
pub struct SourceReport {
    /// The place.
    pub place: Place,
    /// Its file, if it is one.
    pub path: Option<std::path::PathBuf>,
    /// What came of it.
    pub outcome: Outcome,
    /// The identities that are there: their recipients, or what they are.
    pub identities: Vec<String>,
    loaded: Option<Arc<Loaded>>,
}

impl SourceReport {
    /// What can't be used there, and why.
    #[must_use]
    pub fn failures(&self) -> &[LoadError] {
        self.loaded.as_ref().map_or(&[], |loaded| &loaded.failures)
    }
}

impl fmt::Display for SourceReport {
    /// The place, with the path of its file.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.place, &self.path) {
            (Place::UserKeyFile | Place::UserSshKey { .. }, Some(path)) => path.display().fmt(formatter),
            (place, Some(path)) => write!(formatter, "{place} ({})", path.display()),
            (place, None) => place.fmt(formatter),
        }
    }
}

/// Why nothing opened an age file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is no age file, or was damaged.
    #[error("the encrypted key is no intact age file")]
    Damaged {
        /// What age says.
        source: ::age::DecryptError,
    },
    /// No identity fits.
    #[error("no identity opens it{}", summary(tried, failures))]
    NoIdentity {
        /// Each place, and what was found there.
        tried: Vec<SourceReport>,
        /// Identities that it is for, but which failed.
        failures: Vec<(Place, UnwrapError)>,
    },
    /// It holds more than a key.
    #[error("the age file holds more than {MAX_PLAINTEXT_LEN} bytes, which no wrapped key does")]
    TooLong,
}

/// In a few words, what went wrong where: failures first, since they are what can be mended.
fn summary(tried: &[SourceReport], failures: &[(Place, UnwrapError)]) -> String {
    let mut parts = Vec::new();
    for (place, failure) in failures {
        parts.push(format!("{place}: {}", reasons(&**failure)));
    }
    for failure in tried.iter().flat_map(SourceReport::failures) {
        parts.push(reasons(failure));
    }
    let found: usize = tried.iter().map(|report| report.identities.len()).sum();
    match found {
        0 if parts.is_empty() => parts.push("none was found".to_owned()),
        0 => {}
        1 => parts.push("1 other identity was tried".to_owned()),
        _ => parts.push(format!("{found} identities were tried")),
    }
    format!(": {}", parts.join("; "))
}

/// An error and its causes, in one line.
pub(crate) fn reasons(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// How far an attempt goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effort {
    All,
    Little,
}

/// One attempt to open one file. It stands for all identities at once, because only so it sees the file's stanzas, and what
/// they are decides what has to be loaded.
struct Attempt<'a> {
    identities: &'a Identities,
    recipient: &'a str,
    effort: Effort,
    winner: RefCell<Option<(Place, Option<String>)>>,
    failures: RefCell<Vec<(Place, UnwrapError)>>,
}

impl Attempt<'_> {
    fn try_one(&self, place: &Place, identity: &Identity, stanzas: &[Stanza]) -> Option<FileKey> {
        match identity.unwrap_stanzas(stanzas, &self.identities.prompts)? {
            Ok(file_key) => {
                self.winner.replace(Some((place.clone(), identity.recipient())));
                Some(file_key)
            }
            Err(error) => {
                self.failures.borrow_mut().push((place.clone(), error));
                None
            }
        }
    }
}

impl ::age::Identity for Attempt<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, ::age::DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, ::age::DecryptError>> {
        let for_ssh = stanzas.iter().any(|stanza| stanza.tag.starts_with("ssh-"));
        let mut laborious = Vec::new();
        for source in &self.identities.sources {
            let is_needed = for_ssh || !source.place.is_ssh();
            if !is_needed || (self.effort == Effort::Little && source.place.is_command()) {
                continue;
            }
            let loaded = source.load(self.recipient, &self.identities.environment);
            for (index, identity) in loaded.identities.iter().enumerate() {
                if identity.is_laborious() {
                    laborious.push((&source.place, Arc::clone(&loaded), index));
                } else if let Some(file_key) = self.try_one(&source.place, identity, stanzas) {
                    return Some(Ok(file_key));
                }
            }
        }
        if self.effort == Effort::Little {
            return None;
        }
        // A passphrase for an SSH key is asked for only if the file is for that very key; a plugin may need no more than a
        // touch; for identities under a passphrase nobody knows whether it is of any use to ask.
        laborious.sort_by_key(|(_, loaded, index)| loaded.identities[*index].laboriousness());
        let found = laborious
            .into_iter()
            .find_map(|(place, loaded, index)| self.try_one(place, &loaded.identities[index], stanzas));
        found.map(Ok)
    }
}

impl Source {
    /// Looks at the place, unless that was done before.
    fn load(&self, recipient: &str, environment: &Environment) -> Arc<Loaded> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let key = self.key(recipient);
        let runs = loaded.len();
        let loaded = loaded.entry(key.to_owned()).or_insert_with(|| {
            Arc::new(if runs < MAX_COMMAND_RUNS {
                self.look(recipient, environment)
            } else {
                let failure = LoadError::TooManyRuns { place: self.place.to_string() };
                Loaded { identities: Vec::new(), failures: vec![failure], is_there: true }
            })
        });
        Arc::clone(loaded)
    }

    fn key<'r>(&self, recipient: &'r str) -> &'r str {
        if self.place.is_command() { recipient } else { "" }
    }

    fn report(&self, recipient: &str, environment: &Environment) -> SourceReport {
        let loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = loaded.get(self.key(recipient)).cloned();
        let outcome = match &loaded {
            None => Outcome::NotTried,
            Some(loaded) if !loaded.identities.is_empty() => Outcome::Found,
            Some(loaded) if !loaded.failures.is_empty() => Outcome::Failed,
            Some(loaded) if loaded.is_there => Outcome::NoIdentity,
            Some(_) => Outcome::NotThere,
        };
        let identities = loaded
            .iter()
            .flat_map(|loaded| &loaded.identities)
            .map(|identity| identity.recipient().unwrap_or_else(|| identity.kind().to_string()))
            .collect();
        SourceReport {
            place: self.place.clone(),
            path: self.place.path(environment),
            outcome,
            identities,
            loaded,
        }
    }

    fn look(&self, recipient: &str, environment: &Environment) -> Loaded {
        let nothing = Loaded { identities: Vec::new(), failures: Vec::new(), is_there: false };
        let value = match self.place.variable() {
            Some(name) => match environment.variable(name) {
                Some(value) => Some((name, value)),
                None => return nothing,
            },
            None => None,
        };
        let text = |(variable, value): (&'static str, &std::ffi::OsStr)| {
            value.to_str().map(str::to_owned).map(Zeroizing::new).ok_or(LoadError::NotText { variable })
        };
        let path = self.place.path(environment);
        let name = match &path {
            Some(path) => path.display().to_string(),
            None => self.place.to_string(),
        };
        let contents = match (&path, value) {
            (Some(path), named) => {
                // A file that somebody named should be there; the others may be.
                if named.is_none() && !path.exists() {
                    return nothing;
                }
                let place =
                    named.map_or_else(|| name.clone(), |(variable, _)| format!("{variable}, {name},"));
                read_file(path, &place)
            }
            (None, Some(value)) if self.place.is_command() => text(value).and_then(|command| {
                key_command::run(&command, recipient, environment)
                    .map_err(|source| LoadError::Command { place: name.clone(), source })
            }),
            (None, Some(value)) => text(value).map(|text| Zeroizing::new(text.as_bytes().to_vec())),
            // The user has no folder, so there is no such file.
            (None, None) => return nothing,
        };
        match contents {
            Ok(contents) => {
                let (identities, errors) = Identity::parse_all(&contents, &name);
                Loaded { identities, failures: failures(&name, errors), is_there: true }
            }
            Err(failure) => Loaded { failures: vec![failure], is_there: true, ..nothing },
        }
    }
}

fn failures(name: &str, errors: Vec<IdentityError>) -> Vec<LoadError> {
    let to_failure = |source| LoadError::Identity { place: name.to_owned(), source };
    errors.into_iter().map(to_failure).collect()
}
