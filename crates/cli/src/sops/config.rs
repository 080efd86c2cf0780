//! `.sops.yaml` as sops finds and reads it, and what a new file gets by it and by the flags.

use std::path::{Path, PathBuf};

use sealkit::document::Format;
use sealkit::sops::{
    Config, CreationRule, KeyGroup, MacScope, MasterKey, Metadata, Selection, SelectionRule, find_config,
};

use super::codes::{CONFLICT, FAILED};
use super::input::Input;
use super::{Job, later};
use crate::sops_requests::keys;
use crate::{Console, Failure};

/// The configuration file: the one that `--config` or `SOPS_CONFIG` names, else `.sops.yaml` in the current folder or the nearest
/// one above.
pub(super) fn path(job: &Job<'_>, console: &mut Console<'_>) -> Option<PathBuf> {
    if let Some(path) = job.global.path("config") {
        return Some(path);
    }
    let found = find_config(Path::new("."));
    if let Some(misnamed) = found.misnamed.filter(|_| found.path.is_none()) {
        console.warn(format_args!("{} is not read: it has to be called .sops.yaml", misnamed.display()));
    }
    found.path
}

/// Reads the configuration file, if there is one.
///
/// # Errors
/// Exit code 1 if it can't be read.
pub(super) fn load(job: &Job<'_>, console: &mut Console<'_>) -> Result<Option<Config>, Failure> {
    let Some(path) = path(job, console) else { return Ok(None) };
    let config = Config::load(&path).map_err(|error| Failure::from(error).with_code(FAILED))?;
    for warning in config.warnings() {
        console.warn(format_args!("{}, {warning}", path.display()));
    }
    Ok(Some(config))
}

/// The indentation of what is laid out anew in `format`: as `--indent` says, else `stores` in the configuration file. `None` stands
/// for what is usual. A configuration file that can't be read is of no interest here.
pub(super) fn indent(job: &Job<'_>, format: Format, console: &mut Console<'_>) -> Option<u8> {
    flagged_indent(job).unwrap_or_else(|| {
        let config = path(job, console).and_then(|path| Config::load(&path).ok());
        configured_indent(config.as_ref(), format)
    })
}

/// What `--indent` says, if it is given.
fn flagged_indent(job: &Job<'_>) -> Option<Option<u8>> {
    job.global.number("indent").map(|indent| u8::try_from(indent).ok())
}

fn configured_indent(config: Option<&Config>, format: Format) -> Option<u8> {
    let stores = config?.stores();
    match format {
        Format::Yaml => stores.yaml_indent,
        Format::Json => stores.json_indent,
        _ => None,
    }
}

/// What a new file gets.
pub(super) struct Creation {
    pub(super) metadata: Metadata,
    /// As [`indent`] says it.
    pub(super) indent: Option<u8>,
}

/// What a new file gets: as the flags say, else by the first creation rule that matches its name. Nothing is wrapped yet.
///
/// # Errors
/// Exit code 1 if there is nobody to encrypt for, no rule matches, or the rule can't be used; 8 for rules that exclude each other.
pub(super) fn creation(job: &Job<'_>, input: &Input, console: &mut Console<'_>) -> Result<Creation, Failure> {
    later::refuse_other_keys(job)?;
    let recipients =
        job.values.text("age")?.map(|list| age_keys(&[list], "--age or SOPS_AGE_RECIPIENTS")).transpose()?;
    let config = load(job, console)?;
    let name = input.name.as_deref().unwrap_or(Path::new(""));
    let rule = match &config {
        Some(config) => config.rule_for(name).map_err(|error| Failure::from(error).with_code(FAILED))?,
        None => None,
    };
    let selection = selection(job, input, rule, console)?;
    let groups = match (recipients, rule) {
        (Some(recipients), _) => vec![KeyGroup::new(recipients)],
        (None, Some(rule)) => rule.key_groups.clone(),
        (None, None) => Vec::new(),
    };
    if groups.iter().all(|group| group.keys.is_empty()) {
        return Err(nobody(config.as_ref(), rule));
    }
    let mut metadata = Metadata::new(groups, selection);
    metadata.shamir_threshold = threshold(job)?.or(rule.and_then(|rule| rule.shamir_threshold));
    if job.global.switch("mac-only-encrypted") {
        metadata.mac_scope = MacScope::EncryptedValues;
    } else if let Some(rule) = rule {
        metadata.mac_scope = rule.mac_scope;
    }
    if input.format == Format::Binary {
        metadata.mac_scope = MacScope::AllValues;
    }
    let format = input.output_format;
    let indent = flagged_indent(job).unwrap_or_else(|| configured_indent(config.as_ref(), format));
    Ok(Creation { metadata, indent })
}

/// `--shamir-secret-sharing-threshold`; zero counts as not given.
///
/// # Errors
/// Exit code 1 if it is no number of groups.
pub(super) fn threshold(job: &Job<'_>) -> Result<Option<u8>, Failure> {
    match job.values.number("shamir-secret-sharing-threshold") {
        None | Some(0) => Ok(None),
        Some(number) => u8::try_from(number).map(Some).map_err(|_| {
            Failure::message(format!("{number} key groups are no possible threshold: it is from 2 to 255"))
                .with_code(FAILED)
        }),
    }
}

/// Recipients in comma lists, as master keys; each once. `origin` says where they come from.
///
/// # Errors
/// Exit code 1 if one is no recipient.
pub(super) fn age_keys(lists: &[&str], origin: &str) -> Result<Vec<MasterKey>, Failure> {
    keys::age_keys(lists, origin).map_err(|failure| failure.with_code(FAILED))
}

fn selection(
    job: &Job<'_>,
    input: &Input,
    rule: Option<&CreationRule>,
    console: &mut Console<'_>,
) -> Result<SelectionRule, Failure> {
    let mut fields = Vec::new();
    for field in SelectionRule::FIELDS {
        let flag = job.values.text(&field.replace('_', "-"))?;
        let configured = rule.and_then(|rule| rule.selection.as_ref()).filter(|rule| rule.field() == field);
        if let Some(text) = flag.or(configured.map(SelectionRule::text)) {
            fields.push((field, text));
        }
    }
    if input.format == Format::Binary {
        for (field, _) in fields.drain(..) {
            console.warn(format_args!(
                "{field} has no effect: a binary file is one value, and always encrypted"
            ));
        }
    }
    let rule =
        SelectionRule::from_fields(fields).map_err(|error| Failure::from(error).with_code(CONFLICT))?;
    let rule = rule.unwrap_or_default();
    Selection::new(&rule).map_err(|error| Failure::from(error).with_code(FAILED))?;
    Ok(rule)
}

fn nobody(config: Option<&Config>, rule: Option<&CreationRule>) -> Failure {
    let found = match (config, rule) {
        (Some(config), Some(_)) => {
            format!("the creation rule for this file in {} names no key", config.path().display())
        }
        (Some(config), None) => format!("{} has no creation rules", config.path().display()),
        (None, _) => "there is no .sops.yaml here".to_owned(),
    };
    Failure::message(format!(
        "there is nobody to encrypt for: give --age, or write a creation rule ({found})"
    ))
    .with_code(FAILED)
}
