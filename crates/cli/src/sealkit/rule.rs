//! What a file that is newly encrypted gets: whom it is for, and what of it is encrypted.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use sealkit::sops::{
    Config, ConfigError, CreationRule, KeyGroup, MacScope, MasterKey, Metadata, Selection, SelectionError,
    SelectionRule, find_config,
};

use crate::failure::USAGE;
use crate::sops_requests::keys::age_keys;
use crate::{Console, Failure};

/// The variable that stands in for `--age`.
const RECIPIENTS_VARIABLE: &str = "SOPS_AGE_RECIPIENTS";

/// The variable that stands in for `--config`.
const CONFIG_VARIABLE: &str = "SOPS_CONFIG";

/// The arguments that say whom a new file is for, and what of it is encrypted.
#[derive(Args, PartialEq)]
#[command(next_help_heading = "Recipients and rules")]
pub(super) struct RuleArguments {
    /// Encrypt for these age recipients, separated by commas. May be repeated [default: $SOPS_AGE_RECIPIENTS, else as
    /// .sops.yaml says]
    #[arg(long, value_name = "RECIPIENT")]
    age: Vec<String>,

    /// The file with creation rules [default: $SOPS_CONFIG, else .sops.yaml in the file's folder or one that this is in]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Encrypt only values under keys that this regular expression matches
    #[arg(long, value_name = "REGEX", group = "selection")]
    encrypted_regex: Option<String>,

    /// Encrypt all values but those under keys that this regular expression matches
    #[arg(long, value_name = "REGEX", group = "selection")]
    unencrypted_regex: Option<String>,

    /// Encrypt only values under keys that end so
    #[arg(long, value_name = "TEXT", group = "selection")]
    encrypted_suffix: Option<String>,

    /// Encrypt all values but those under keys that end so [default rule, with _unencrypted]
    #[arg(long, value_name = "TEXT", group = "selection")]
    unencrypted_suffix: Option<String>,

    /// Encrypt only values with a comment above that this regular expression matches
    #[arg(long, value_name = "REGEX", group = "selection")]
    encrypted_comment_regex: Option<String>,

    /// Encrypt all values but those with a comment above that this regular expression matches
    #[arg(long, value_name = "REGEX", group = "selection")]
    unencrypted_comment_regex: Option<String>,

    /// Let the message authentication code cover encrypted values only, so that the others may be changed by hand
    #[arg(long)]
    mac_only_encrypted: bool,
}

impl RuleArguments {
    /// What these arguments say, ready for any number of files.
    ///
    /// # Errors
    /// When a recipient or a rule in them can't be used: a wrong command line.
    pub(super) fn rules(&self, console: &Console<'_>) -> Result<Rules, Failure> {
        let (lists, origin) = if self.age.is_empty() {
            let variable =
                console.environment.get(RECIPIENTS_VARIABLE).map(OsString::into_string).transpose();
            let text =
                variable.map_err(|_| Failure::usage(format!("{RECIPIENTS_VARIABLE} is not valid UTF-8")))?;
            (text.into_iter().collect(), RECIPIENTS_VARIABLE)
        } else {
            (self.age.clone(), "--age")
        };
        let config = self.config.clone();
        Ok(Rules {
            recipients: age_keys(&lists, origin)?,
            recipients_are_typed: !self.age.is_empty(),
            selection: self.selection()?,
            mac_only_encrypted: self.mac_only_encrypted,
            config_path: config.or_else(|| console.environment.get(CONFIG_VARIABLE).map(PathBuf::from)),
            configs: BTreeMap::new(),
        })
    }

    fn selection(&self) -> Result<Option<SelectionRule>, Failure> {
        let fields = [
            ("encrypted_comment_regex", &self.encrypted_comment_regex),
            ("encrypted_regex", &self.encrypted_regex),
            ("encrypted_suffix", &self.encrypted_suffix),
            ("unencrypted_comment_regex", &self.unencrypted_comment_regex),
            ("unencrypted_regex", &self.unencrypted_regex),
            ("unencrypted_suffix", &self.unencrypted_suffix),
        ];
        let wrong = |error: SelectionError| Failure::from(error).with_code(USAGE);
        let given = fields.iter().filter_map(|(field, text)| Some((*field, text.as_deref()?)));
        let rule = SelectionRule::from_fields(given).map_err(wrong)?;
        // Before anything is read: a pattern that can't be used is the command line's fault.
        rule.as_ref().map(Selection::new).transpose().map_err(wrong)?;
        Ok(rule)
    }
}

/// What new files get, as the command line, the environment and configuration files say.
pub(super) struct Rules {
    recipients: Vec<MasterKey>,
    /// Whether the recipients are flags. What is typed is meant; a variable is easily forgotten.
    recipients_are_typed: bool,
    selection: Option<SelectionRule>,
    mac_only_encrypted: bool,
    /// The configuration file for all files, if one is named.
    config_path: Option<PathBuf>,
    /// The configuration files that were read.
    configs: BTreeMap<PathBuf, Config>,
}

impl Rules {
    /// The metadata of a new file called `name`, with nothing wrapped yet: as the flags say, else the environment, else the
    /// first creation rule that matches.
    ///
    /// # Errors
    /// When there is nobody to encrypt for, or the configuration can't be used.
    pub(super) fn metadata(
        &mut self,
        name: Option<&Path>,
        console: &mut Console<'_>,
    ) -> Result<Metadata, Failure> {
        let path = self.config_path(name, console);
        if let Some(path) = &path {
            self.read_config(path, console)?;
        }
        let config = path.and_then(|path| self.configs.get(&path));
        let rule = match config {
            Some(config) => rule_for(config, name, !self.recipients.is_empty())?,
            None => None,
        };
        let mut metadata = match (rule, self.recipients.as_slice()) {
            (Some(rule), []) => rule.metadata(),
            (_, []) => Metadata::new(Vec::new(), SelectionRule::default()),
            (rule, recipients) => {
                if let (Some(rule), Some(config), false) = (rule, config, self.recipients_are_typed) {
                    warn_of_other_recipients(recipients, rule, config, console);
                }
                let selection = rule.and_then(|rule| rule.selection.clone()).unwrap_or_default();
                let mut metadata = Metadata::new(vec![KeyGroup::new(recipients.to_vec())], selection);
                metadata.mac_scope = rule.map(|rule| rule.mac_scope).unwrap_or_default();
                metadata
            }
        };
        if metadata.master_keys().next().is_none() {
            return Err(nobody(config));
        }
        if let Some(selection) = &self.selection {
            metadata.selection = selection.clone();
        }
        if self.mac_only_encrypted {
            metadata.mac_scope = MacScope::EncryptedValues;
        }
        Ok(metadata)
    }

    /// The configuration file that counts for `name`: the one that is named, else the `.sops.yaml` that is found from the
    /// file's own folder upwards, else from the current one, where sops looks.
    fn config_path(&self, name: Option<&Path>, console: &mut Console<'_>) -> Option<PathBuf> {
        if self.config_path.is_some() {
            return self.config_path.clone();
        }
        // What is given in full needs no configuration.
        if !self.recipients.is_empty() && self.selection.is_some() {
            return None;
        }
        let of_file = name.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
        let mut misnamed = None;
        for folder in of_file.into_iter().chain([Path::new(".")]) {
            let found = find_config(folder);
            misnamed = misnamed.or(found.misnamed);
            if found.path.is_some() {
                return found.path;
            }
        }
        if let Some(path) = misnamed {
            console.warn(format_args!("{} is not read: it has to be called .sops.yaml", path.display()));
        }
        None
    }

    fn read_config(&mut self, path: &Path, console: &mut Console<'_>) -> Result<(), Failure> {
        if self.configs.contains_key(path) {
            return Ok(());
        }
        let config = Config::load(path)?;
        for warning in config.warnings() {
            console.warn(format_args!("{}, {warning}", path.display()));
        }
        self.configs.insert(path.to_owned(), config);
        Ok(())
    }
}

fn warn_of_other_recipients(
    recipients: &[MasterKey],
    rule: &CreationRule,
    config: &Config,
    console: &mut Console<'_>,
) {
    let differ = match rule.key_groups.as_slice() {
        [group] => {
            group.keys.len() != recipients.len() || group.keys.iter().any(|key| !recipients.contains(key))
        }
        _ => true,
    };
    if differ {
        console.warn(format_args!(
            "{RECIPIENTS_VARIABLE} is set and wins over the recipients that {} names for this file",
            config.path().display()
        ));
    }
}

fn rule_for<'a>(
    config: &'a Config,
    name: Option<&Path>,
    is_optional: bool,
) -> Result<Option<&'a CreationRule>, Failure> {
    let Some(name) = name else {
        return if is_optional {
            Ok(None)
        } else {
            Err(Failure::usage(
                "standard input has no name that a creation rule could match: give --filename, or recipients by --age",
            ))
        };
    };
    match config.rule_for(name) {
        Ok(rule) => Ok(rule),
        Err(ConfigError::NoRule { .. }) if is_optional => Ok(None),
        Err(error @ ConfigError::NoRule { .. }) => {
            Err(Failure::message(format!("{error}: add a rule, or give recipients by --age")))
        }
        Err(error) => Err(error.into()),
    }
}

fn nobody(config: Option<&Config>) -> Failure {
    let found = match config {
        Some(config) => format!("{} names no key for this file", config.path().display()),
        None => "there is no .sops.yaml".to_owned(),
    };
    Failure::usage(format!(
        "there is nobody to encrypt for: give --age, set {RECIPIENTS_VARIABLE}, or write a creation rule ({found})"
    ))
}
