//! `.sops.yaml`: which keys and which selection rule a new file gets.
//!
//! The first creation rule whose `path_regex` matches the file's path counts, or the first without one. Paths are relative to
//! the folder of the configuration file, if they are below it.

mod keys;
mod reader;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use regex::Regex;

use super::go_regex::PatternError;
use super::mac::MacScope;
use super::master_key::KeyGroup;
use super::selection::{SelectionError, SelectionRule};
use crate::age::RecipientError;
use crate::document::{Location, ParseError};

/// The name of the configuration file.
pub const CONFIG_FILE_NAME: &str = ".sops.yaml";

/// A name that is often used by mistake, and not read.
const WRONG_NAME: &str = ".sops.yml";

/// How many folders are looked at, going up.
const MAX_FOLDERS: usize = 100;

/// A configuration file larger than this many bytes is refused.
const MAX_FILE_LEN: u64 = 16 << 20;

/// What is found looking for a configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The configuration file.
    pub path: Option<PathBuf>,
    /// A file on the way called `.sops.yml`, which is not read: worth a warning.
    pub misnamed: Option<PathBuf>,
}

/// Looks for `.sops.yaml` in `folder` and, going up, in those that it is in. sops begins in the current folder, wherever the
/// file to be encrypted is.
#[must_use]
pub fn find_config(folder: &Path) -> Found {
    let mut found = Found::default();
    let folder = normalized(folder);
    for folder in folder.ancestors().take(MAX_FOLDERS) {
        let path = folder.join(CONFIG_FILE_NAME);
        if path.exists() {
            found.path = Some(path);
            break;
        }
        if found.misnamed.is_none() {
            found.misnamed = Some(folder.join(WRONG_NAME)).filter(|path| path.exists());
        }
    }
    found
}

/// A configuration file.
#[derive(Clone, Debug)]
pub struct Config {
    path: PathBuf,
    /// `None` if the file has no `creation_rules` at all.
    rules: Option<Vec<Rule>>,
    stores: Stores,
    warnings: Vec<ConfigWarning>,
}

/// A rule as far as it could be read. What is wrong with a rule matters only to files that it is for.
#[derive(Clone, Debug)]
struct Rule {
    pattern: Result<Option<Regex>, ConfigError>,
    content: Result<CreationRule, ConfigError>,
}

/// What a new file gets.
#[derive(Clone, Debug, PartialEq)]
pub struct CreationRule {
    /// Where the rule stands in the configuration file, if it comes from one.
    pub location: Option<Location>,
    /// Its `path_regex`.
    pub path_regex: Option<String>,
    /// The master keys; nothing is wrapped for them yet. A rule without keys has one empty group.
    pub key_groups: Vec<KeyGroup>,
    /// How many of several key groups are needed.
    pub shamir_threshold: Option<u8>,
    /// Which values are encrypted, if the rule says so.
    pub selection: Option<SelectionRule>,
    /// Which values the MAC covers.
    pub mac_scope: MacScope,
}

/// How files are laid out that have no layout yet, in columns: `stores`. Files that have one keep it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stores {
    /// The indentation of JSON; `None` stands for one tab.
    pub json_indent: Option<u8>,
    /// The indentation of the JSON that holds an encrypted binary file; `None` stands for one tab.
    pub json_binary_indent: Option<u8>,
    /// The indentation of YAML; `None` stands for four spaces.
    pub yaml_indent: Option<u8>,
}

impl Config {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`ConfigError::Read`] if it can't be read, else as [`parse`](Self::parse).
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let failed = |source| ConfigError::Read { path: path.to_owned(), source: Arc::new(source) };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(failed)?;
        file.take(MAX_FILE_LEN + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > MAX_FILE_LEN {
            return Err(failed(io::Error::other(format!("larger than {MAX_FILE_LEN} bytes"))));
        }
        Self::parse(&bytes, path)
    }

    /// Reads `bytes`, the contents of the file at `path`.
    ///
    /// # Errors
    /// [`ConfigError`] if this is no YAML, or not of this shape. What is wrong inside a creation rule is an error only for files
    /// that come to it, see [`rule_for`](Self::rule_for).
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, ConfigError> {
        reader::read(bytes, path)
    }

    /// The file's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How new files are laid out.
    #[must_use]
    pub fn stores(&self) -> Stores {
        self.stores
    }

    /// What is odd in the file, and does no harm: fields that nobody knows, most of all.
    #[must_use]
    pub fn warnings(&self) -> &[ConfigWarning] {
        &self.warnings
    }

    /// What is wrong with any rule, whichever file it is for.
    pub fn problems(&self) -> impl Iterator<Item = &ConfigError> {
        let rules = self.rules.iter().flatten();
        rules.flat_map(|rule| [rule.pattern.as_ref().err(), rule.content.as_ref().err()]).flatten()
    }

    /// The rule for `file`; `None` if the configuration has no creation rules, as if there were no such file.
    ///
    /// # Errors
    /// [`ConfigError::NoRule`] if there are rules, and none matches; or what is wrong with the rule that does, or with the
    /// `path_regex` of one before it.
    pub fn rule_for(&self, file: &Path) -> Result<Option<&CreationRule>, ConfigError> {
        let Some(rules) = &self.rules else { return Ok(None) };
        let path = self.relative(file);
        for rule in rules {
            let matches = match &rule.pattern {
                Ok(None) => true,
                Ok(Some(pattern)) => matches_path(pattern, &path, std::path::MAIN_SEPARATOR),
                Err(error) => return Err(error.clone()),
            };
            if matches {
                return rule.content.as_ref().map(Some).map_err(Clone::clone);
            }
        }
        Err(ConfigError::NoRule { path: self.path.clone(), file: path })
    }

    /// The path that a `path_regex` is matched against.
    fn relative(&self, file: &Path) -> String {
        let file = normalized(file);
        let config = normalized(&self.path);
        let below = config.parent().and_then(|folder| file.strip_prefix(folder).ok());
        below.unwrap_or(&file).to_string_lossy().into_owned()
    }
}

/// Where paths have backslashes, a pattern may be written for either kind of slash.
fn matches_path(pattern: &Regex, path: &str, separator: char) -> bool {
    let slashed: Cow<'_, str> =
        if separator == '/' { Cow::Borrowed("") } else { path.replace(separator, "/").into() };
    pattern.is_match(path) || (separator != '/' && pattern.is_match(&slashed))
}

/// The absolute path without `.` and `..`, by its text alone: links stay what they are.
fn normalized(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut result = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}

/// Something odd in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigWarning {
    /// Keys beside `key_groups`, which sops does not look at.
    #[error("{location}: `{field}` has no effect beside key_groups; put it into a group")]
    Ineffective {
        /// The field.
        field: String,
        /// Where it stands.
        location: Location,
    },
    /// A field that nobody knows.
    #[error("{location}: `{field}` is not a field that sops knows here; it has no effect")]
    UnknownField {
        /// The field.
        field: String,
        /// Where it stands.
        location: Location,
    },
}

/// Why a configuration file, or a rule in it, can't be used.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No creation rule is for the file.
    #[error("no creation rule in {} matches {file}", path.display())]
    NoRule {
        /// The configuration file.
        path: PathBuf,
        /// The file's path, as it was matched.
        file: String,
    },
    /// It is no YAML.
    #[error("{} can't be parsed", path.display())]
    Parse {
        /// The configuration file.
        path: PathBuf,
        /// Why not.
        source: ParseError,
    },
    /// A bad regular expression.
    #[error("{}, {location}: `path_regex` is no usable regular expression", path.display())]
    Pattern {
        /// The configuration file.
        path: PathBuf,
        /// Where it stands.
        location: Location,
        /// What is wrong with it.
        source: PatternError,
    },
    /// It can't be read.
    #[error("{} can't be read", path.display())]
    Read {
        /// The configuration file.
        path: PathBuf,
        /// Why not.
        source: Arc<io::Error>,
    },
    /// A recipient that is none.
    #[error("{}, {location}: bad age recipient", path.display())]
    Recipient {
        /// The configuration file.
        path: PathBuf,
        /// Where it stands.
        location: Location,
        /// What is wrong with it.
        source: RecipientError,
    },
    /// A bad selection rule, or several.
    #[error("{}, {location}: the rule for what is encrypted can't be used", path.display())]
    Selection {
        /// The configuration file.
        path: PathBuf,
        /// Where it stands.
        location: Location,
        /// What is wrong.
        source: SelectionError,
    },
    /// A value of another kind than expected.
    #[error("{}, {location}: `{field}` should be {expected}", path.display())]
    Unexpected {
        /// The configuration file.
        path: PathBuf,
        /// Where it stands.
        location: Location,
        /// The field.
        field: String,
        /// What it should be.
        expected: &'static str,
    },
}
