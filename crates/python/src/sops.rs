//! SOPS files.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use sealkit::age::{self, Environment, Identities, KeygenKind, Prompts};
use sealkit::document::{Format, Value, convert, merged};
use sealkit::sops::{
    self, Config, CreationRule, DataKey, EncryptedFile, FileError, GroupChanges, KeyChanges, KeyGroup,
    MacCheck, MacScope, MasterKey, Metadata, Plaintext, Selection, SelectionRule, WhenNothingSelected,
    find_config,
};

use crate::error::{Class, Failure, Result};
use crate::input::Data;
use crate::values::to_python;

/// Where identities come from: the contents of key files with their names, and the environment to look around in.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct Sources {
    files: Vec<(Data, String)>,
    environment: Option<HashMap<OsString, OsString>>,
}

impl Sources {
    pub(super) fn identities(self) -> Identities {
        let mut identities = Identities::new();
        for (contents, name) in &self.files {
            identities.add(contents.as_ref(), name);
        }
        match self.environment {
            Some(variables) => identities.discover(Environment::new(variables)),
            None => identities,
        }
    }
}

/// For whom a file is encrypted, and what of it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct Rule {
    recipients: Vec<String>,
    config: Option<PathBuf>,
    /// The file that a creation rule is looked for by.
    file_name: Option<PathBuf>,
    selection: Vec<(String, String)>,
    mac_only_encrypted: Option<bool>,
    allow_unencrypted: bool,
}

impl Rule {
    /// The metadata of a new file: as the arguments say, else as the first creation rule that matches.
    fn metadata(&self) -> Result<Metadata> {
        let fields = self.selection.iter().map(|(field, text)| (field.as_str(), text.as_str()));
        let selection = SelectionRule::from_fields(fields)?;
        selection.as_ref().map(Selection::new).transpose()?;
        let mut metadata = self.by_config(selection.is_some())?;
        if let Some(selection) = selection {
            metadata.selection = selection;
        }
        match self.mac_only_encrypted {
            Some(true) => metadata.mac_scope = MacScope::EncryptedValues,
            Some(false) => metadata.mac_scope = MacScope::default(),
            None => {}
        }
        Ok(metadata)
    }

    fn by_config(&self, is_selection_given: bool) -> Result<Metadata> {
        let keys = MasterKey::parse_age_lists(&self.recipients)?;
        // What is given in full needs no configuration.
        let is_complete = !keys.is_empty() && is_selection_given;
        let path = match &self.config {
            Some(path) => Some(path.clone()),
            None if is_complete => None,
            None => self.found(),
        };
        let config = path.map(|path| Config::load(&path)).transpose()?;
        let rule = match (&config, &self.file_name) {
            (Some(config), Some(name)) => match config.rule_for(name) {
                Ok(rule) => rule,
                Err(_) if !keys.is_empty() => None,
                Err(error) => return Err(error.into()),
            },
            _ => None,
        };
        if keys.is_empty() {
            return rule.map(CreationRule::metadata).ok_or_else(|| {
                Failure::new(
                    Class::Config,
                    "there is nobody to encrypt for: give recipients, or a .sops.yaml and a file name",
                )
            });
        }
        let selection = rule.and_then(|rule| rule.selection.clone()).unwrap_or_default();
        let mut metadata = Metadata::new(vec![KeyGroup::new(keys)], selection);
        metadata.mac_scope = rule.map(|rule| rule.mac_scope).unwrap_or_default();
        Ok(metadata)
    }

    /// The `.sops.yaml` in the file's folder or one that this is in.
    fn found(&self) -> Option<PathBuf> {
        let folder = self.file_name.as_ref()?.parent()?;
        find_config(folder).path
    }
}

pub(super) fn format(name: &str) -> PyResult<Format> {
    Format::from_name(name).ok_or_else(|| {
        pyo3::exceptions::PyValueError::new_err(format!(
            "{name:?} is no format: yaml, json, dotenv, ini and binary are"
        ))
    })
}

/// The format that a file's name says.
#[pyfunction]
pub(super) fn format_of(path: PathBuf) -> &'static str {
    Format::of_file_name(path).name()
}

fn open(data: &[u8], format: Format, sources: Sources, is_mac_ignored: bool) -> Result<Plaintext> {
    let file = EncryptedFile::parse(data, format)?;
    let key = file.metadata().data_key(&sources.identities())?;
    Ok(file.decrypt_with(&key, if is_mac_ignored { MacCheck::Ignore } else { MacCheck::Require })?)
}

/// The values of an encrypted file.
#[pyfunction]
pub(super) fn decrypt(
    py: Python<'_>,
    data: Data,
    format: &str,
    sources: Sources,
    is_mac_ignored: bool,
) -> PyResult<Py<PyAny>> {
    let format = self::format(format)?;
    let value = py.detach(|| {
        let plaintext = open(data.as_ref(), format, sources, is_mac_ignored)?;
        value_of(&plaintext)
    })?;
    Ok(to_python(py, &value)?.unbind())
}

/// The values of the first document; merge keys are followed. A binary file is one value.
fn value_of(plaintext: &Plaintext) -> Result<Value> {
    Ok(match plaintext.format() {
        Format::Binary => Value::Bytes(zeroize::Zeroizing::new(plaintext.as_bytes().to_vec())),
        Format::Yaml => merged(plaintext.value()?),
        _ => plaintext.value()?,
    })
}

/// The decrypted file.
#[pyfunction]
pub(super) fn decrypt_bytes<'py>(
    py: Python<'py>,
    data: Data,
    format: &str,
    sources: Sources,
    is_mac_ignored: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let format = self::format(format)?;
    let plaintext = py.detach(|| open(data.as_ref(), format, sources, is_mac_ignored))?;
    Ok(PyBytes::new(py, plaintext.as_bytes()))
}

/// The encrypted file, and what a person should know of. Data of another format is converted first.
#[pyfunction]
pub(super) fn encrypt(
    py: Python<'_>,
    data: Data,
    input_format: &str,
    format: &str,
    rule: Rule,
) -> PyResult<(String, Vec<String>)> {
    let (from, format) = (self::format(input_format)?, self::format(format)?);
    let encrypted = py.detach(|| -> Result<_> {
        let data = convert(data.as_ref(), from, format, None)?;
        let key = DataKey::generate()?;
        let mut metadata = rule.metadata()?;
        metadata.wrap_data_key(&key, &Prompts::default())?;
        let when_nothing =
            if rule.allow_unencrypted { WhenNothingSelected::Allow } else { WhenNothingSelected::Refuse };
        Ok(sops::encrypt_file(&data, format, metadata, &key, when_nothing)?)
    })?;
    Ok((encrypted.text, encrypted.warnings.iter().map(ToString::to_string).collect()))
}

/// The file under a new data key, for other recipients if so wished.
#[pyfunction]
pub(super) fn rotate(
    py: Python<'_>,
    data: Data,
    format: &str,
    sources: Sources,
    added: Vec<String>,
    removed: Vec<String>,
) -> PyResult<(String, Vec<String>)> {
    let format = self::format(format)?;
    let encrypted = py.detach(|| -> Result<_> {
        let file = EncryptedFile::parse(data.as_ref(), format)?;
        let old_key = file.metadata().data_key(&sources.identities())?;
        let mut metadata = file.metadata().clone();
        let keys = (MasterKey::parse_age_lists(&added)?, MasterKey::parse_age_lists(&removed)?);
        if let Some(name) = metadata.change_keys(&keys.0, &keys.1)?.first() {
            return Err(Failure::new(Class::Sealkit, format!("{name} is not among the file's recipients")));
        }
        let new_key = DataKey::generate()?;
        metadata.wrap_data_key(&new_key, &Prompts::default())?;
        Ok(file.rotate(&old_key, &new_key, metadata)?)
    })?;
    Ok((encrypted.text, encrypted.warnings.iter().map(ToString::to_string).collect()))
}

/// The text of a file, and the names of the keys that it got and lost.
type Updated = (String, Vec<String>, Vec<String>);

/// The file for the keys that the configuration says, and the names of those that came and went; `None` if they are the same.
#[pyfunction]
pub(super) fn update_keys(
    py: Python<'_>,
    data: Data,
    format: &str,
    sources: Sources,
    config: Option<PathBuf>,
    file_name: PathBuf,
) -> PyResult<Option<Updated>> {
    let format = self::format(format)?;
    Ok(py.detach(|| -> Result<_> {
        let file = EncryptedFile::parse(data.as_ref(), format)?;
        let found = || file_name.parent().and_then(|folder| find_config(folder).path);
        let path = config.or_else(found).ok_or_else(|| {
            Failure::new(Class::Config, "there is no .sops.yaml, and it says which keys the file gets")
        })?;
        let config = Config::load(&path)?;
        let rule = config.rule_for(&file_name)?.ok_or_else(|| {
            Failure::new(Class::Config, format!("{} has no creation rules", path.display()))
        })?;
        let metadata = file.metadata();
        let changes = KeyChanges::by_rule(metadata, rule);
        if changes.is_empty() {
            return Ok(None);
        }
        let key = metadata.data_key(&sources.identities())?;
        let metadata =
            metadata.with_key_groups(&rule.key_groups, changes.new_threshold, &key, &Prompts::default())?;
        let names = |pick: fn(&GroupChanges) -> &Vec<MasterKey>| {
            changes.groups.iter().flat_map(pick).map(MasterKey::name).collect()
        };
        let (added, removed) = (names(|group| &group.added), names(|group| &group.removed));
        Ok(Some((file.with_metadata(&metadata)?, added, removed)))
    })?)
}

/// Whether a file has a `sops` block that can be read.
#[pyfunction]
pub(super) fn is_encrypted(py: Python<'_>, data: Data, format: &str) -> PyResult<bool> {
    let format = self::format(format)?;
    let outcome = py.detach(|| match EncryptedFile::parse(data.as_ref(), format) {
        Ok(_) => Ok(true),
        // What is no JSON is no encrypted binary file.
        Err(FileError::MetadataMissing) => Ok(false),
        Err(FileError::Parse(_)) if format == Format::Binary => Ok(false),
        Err(error) => Err(Failure::from(error)),
    });
    Ok(outcome?)
}

/// The kinds and names of the master keys that a file is encrypted for, group by group.
#[pyfunction]
pub(super) fn recipients(
    py: Python<'_>,
    data: Data,
    format: &str,
) -> PyResult<Vec<Vec<(&'static str, String)>>> {
    let format = self::format(format)?;
    let file = py.detach(|| EncryptedFile::parse(data.as_ref(), format).map_err(Failure::from))?;
    let named = |group: &KeyGroup| group.keys.iter().map(|key| (key.kind(), key.name())).collect();
    Ok(file.metadata().key_groups.iter().map(named).collect())
}

/// A new age identity: its recipient, and the text of its key file.
#[pyfunction]
pub(super) fn keygen(py: Python<'_>, is_post_quantum: bool) -> PyResult<(String, String)> {
    let kind = if is_post_quantum { KeygenKind::Hybrid } else { KeygenKind::X25519 };
    let key =
        py.detach(|| age::keygen(kind).map_err(|error| Failure::new(Class::Sealkit, error.to_string())))?;
    Ok((key.recipient, key.contents.as_str().to_owned()))
}
