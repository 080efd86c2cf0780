//! The `sops` block: what a file says of its own encryption.
//!
//! It is read in every form that sops 3.0 to 3.13 wrote: `lastmodified` as text or as a YAML time stamp, empty and absent
//! key lists, one key group flat and several under `key_groups`, numbers and booleans as text (in dotenv and INI, see
//! [`flat`](super::flat)). It is written as 3.13 does: sorted by name, without empty lists. Fields that sealkit does not
//! know, and master keys of kinds that it can't use, are carried along as they are.

use std::fmt;

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::mac::MacScope;
use super::master_key::{KeyGroup, MasterKey};
use super::payload;
use super::selection::{SelectionError, SelectionRule};
use crate::document::{Mapping, Value};

/// The key of the block at the top level of a file.
pub const METADATA_KEY: &str = "sops";

/// The version of sops whose format sealkit writes.
pub const FORMAT_VERSION: &str = "3.13.3";

/// The fields that are modelled here; all others are carried along.
const KNOWN_FIELDS: [&str; 6] =
    ["key_groups", "lastmodified", "mac", "mac_only_encrypted", "shamir_threshold", "version"];

/// The `sops` block of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// The master keys. One group: any of its keys opens the file. Several: see `shamir_threshold`.
    pub key_groups: Vec<KeyGroup>,
    /// How many groups are needed, of several. `None` means all of them, or that there is one group only.
    pub shamir_threshold: Option<u8>,
    /// When the file was last written; bound to the MAC.
    pub last_modified: LastModified,
    /// The encrypted MAC; empty if there is none.
    pub mac: String,
    /// Which values the MAC covers.
    pub mac_scope: MacScope,
    /// Which values are encrypted.
    pub selection: SelectionRule,
    /// The version of sops that wrote the file, such as `3.13.3`; empty if it does not say.
    pub version: String,
    /// Fields that sealkit does not know.
    pub other: Mapping,
}

impl Metadata {
    /// Metadata for a new file, for these key groups and this rule, as sops of [`FORMAT_VERSION`] would begin it. The MAC is
    /// empty until there is one.
    #[must_use]
    pub fn new(key_groups: Vec<KeyGroup>, selection: SelectionRule) -> Self {
        Self {
            key_groups,
            shamir_threshold: None,
            last_modified: LastModified::now(),
            mac: String::new(),
            mac_scope: MacScope::default(),
            selection,
            version: FORMAT_VERSION.to_owned(),
            other: Mapping::new(),
        }
    }

    /// Reads the block.
    ///
    /// # Errors
    /// [`MetadataError`] if a field is not what it should be, naming it; if there is more than one selection rule; if there is
    /// no master key at all.
    pub fn from_mapping(block: &Mapping) -> Result<Self, MetadataError> {
        let field = |name: &str| block.get(name).unwrap_or(&Value::Null);
        let text = |name: &str| {
            scalar_text(field(name)).ok_or_else(|| MetadataError::unexpected(name, "text", field(name)))
        };

        let rules = SelectionRule::FIELDS
            .iter()
            .map(|name| Ok((*name, text(name)?)))
            .collect::<Result<Vec<_>, MetadataError>>()?;
        let rules = rules.iter().map(|(name, text)| (*name, text.as_str()));
        let selection = SelectionRule::from_fields(rules)?.unwrap_or_default();

        let mac_scope = match truth(field("mac_only_encrypted")) {
            Some(true) => MacScope::EncryptedValues,
            Some(false) => MacScope::AllValues,
            None => {
                return Err(MetadataError::unexpected(
                    "mac_only_encrypted",
                    "true or false",
                    field("mac_only_encrypted"),
                ));
            }
        };

        Ok(Self {
            key_groups: key_groups(block)?,
            shamir_threshold: threshold(field("shamir_threshold"))?,
            last_modified: last_modified(field("lastmodified"))?,
            mac: text("mac")?,
            mac_scope,
            selection,
            version: text("version")?,
            other: block
                .iter()
                .filter(|(name, _)| {
                    !KNOWN_FIELDS.contains(name)
                        && !SelectionRule::FIELDS.contains(name)
                        && !MasterKey::KINDS.contains(name)
                })
                .map(|(name, value)| (name, value.clone()))
                .collect(),
        })
    }

    /// The block as sops 3.13 writes it: one group flat, several under `key_groups`, fields sorted by name.
    #[must_use]
    pub fn to_mapping(&self) -> Mapping {
        let mut fields: Vec<(String, Value)> =
            self.other.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        let mut add = |name: &str, value: Value| fields.push((name.to_owned(), value));
        if let [group] = self.key_groups.as_slice() {
            for (kind, keys) in group.to_mapping() {
                add(&kind, keys);
            }
        } else if !self.key_groups.is_empty() {
            let groups = self.key_groups.iter().map(|group| group.to_full_mapping().into()).collect();
            add("key_groups", Value::Sequence(groups));
        }
        add("lastmodified", Value::string(self.last_modified.to_string()));
        add("mac", Value::string(self.mac.as_str()));
        if self.mac_scope == MacScope::EncryptedValues {
            add("mac_only_encrypted", Value::Boolean(true));
        }
        if let Some(threshold) = self.shamir_threshold {
            add("shamir_threshold", Value::Integer(threshold.into()));
        }
        add(self.selection.field(), Value::string(self.selection.text()));
        add("version", Value::string(self.version.as_str()));
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        fields.into_iter().collect()
    }

    /// All master keys of all groups.
    pub fn master_keys(&self) -> impl Iterator<Item = &MasterKey> {
        self.key_groups.iter().flat_map(|group| &group.keys)
    }
}

/// When a file was last written, to the second.
///
/// Displayed as in the metadata: RFC 3339 with seconds, and `Z` for UTC. That text is the associated data of the MAC, so an
/// offset is kept, and a fraction is dropped, as sops does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastModified(OffsetDateTime);

impl LastModified {
    /// Now, in UTC.
    #[must_use]
    pub fn now() -> Self {
        Self::at(OffsetDateTime::now_utc())
    }

    /// The given moment.
    #[must_use]
    pub fn at(moment: OffsetDateTime) -> Self {
        Self(moment.replace_nanosecond(0).unwrap_or(moment))
    }

    /// Reads RFC 3339; `None` if it is something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        payload::timestamp(text).map(Self::at)
    }

    /// The moment.
    #[must_use]
    pub fn moment(self) -> OffsetDateTime {
        self.0
    }
}

impl fmt::Display for LastModified {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An offset with seconds has no RFC 3339 form; no reader gives one.
        let moment = match self.0.format(&Rfc3339) {
            Ok(text) => return formatter.write_str(&text),
            Err(_) => self.0.to_offset(UtcOffset::UTC),
        };
        formatter.write_str(&moment.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

/// Why a `sops` block can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// `lastmodified` is missing or no time stamp.
    #[error("lastmodified in the sops metadata is no RFC 3339 time stamp")]
    LastModified,
    /// There is no key, so nobody could decrypt the file.
    #[error("the sops metadata names no master key")]
    NoKeys,
    /// More than one selection rule.
    #[error("the sops metadata has more than one rule for what is encrypted")]
    Selection {
        /// Which.
        #[from]
        source: SelectionError,
    },
    /// The threshold is no number from 0 to 255.
    #[error("shamir_threshold in the sops metadata is no number from 0 to 255")]
    Threshold,
    /// A field of another kind than expected.
    #[error("`{path}` in the sops metadata should be {expected}, and is {found}")]
    Unexpected {
        /// The field's path inside the block, such as `age[0].enc`.
        path: String,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
}

impl MetadataError {
    pub(super) fn unexpected(path: impl Into<String>, expected: &'static str, found: &Value) -> Self {
        Self::Unexpected { path: path.into(), expected, found: found.kind() }
    }
}

/// A scalar as text, as sops takes it: a version may look like a number. Null is empty.
pub(super) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.to_string()),
        other => String::from_utf8(other.canonical_bytes()?.to_vec()).ok(),
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Null => Some(false),
        Value::Boolean(truth) => Some(*truth),
        Value::String(text) if text.is_empty() => Some(false),
        Value::String(text) => payload::boolean(text),
        Value::Integer(integer) => Some(*integer != 0),
        _ => None,
    }
}

fn threshold(value: &Value) -> Result<Option<u8>, MetadataError> {
    let number = match value {
        Value::Null => Some(0),
        Value::Integer(number) => u8::try_from(*number).ok(),
        Value::Float(number) => (0..=u8::MAX).find(|candidate| f64::from(*candidate) == *number),
        Value::String(text) if text.is_empty() => Some(0),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    match number {
        Some(0) => Ok(None),
        Some(number) => Ok(Some(number)),
        None => Err(MetadataError::Threshold),
    }
}

fn last_modified(value: &Value) -> Result<LastModified, MetadataError> {
    match value {
        Value::Timestamp(moment) => Ok(LastModified::at(*moment)),
        Value::String(text) => LastModified::parse(text).ok_or(MetadataError::LastModified),
        _ => Err(MetadataError::LastModified),
    }
}

/// Keys that stand flat in the block are the one group; only without them does `key_groups` count, as in sops.
fn key_groups(block: &Mapping) -> Result<Vec<KeyGroup>, MetadataError> {
    let flat = KeyGroup::from_mapping(block, "", &[])?;
    if !flat.keys.is_empty() {
        return Ok(vec![flat]);
    }
    let groups = match block.get("key_groups") {
        None | Some(Value::Null) => &[],
        Some(Value::Sequence(groups)) => groups.as_slice(),
        Some(other) => return Err(MetadataError::unexpected("key_groups", "a list", other)),
    };
    let groups: Vec<KeyGroup> = groups
        .iter()
        .enumerate()
        .map(|(index, group)| {
            let path = format!("key_groups[{index}]");
            let mapping = group
                .as_mapping()
                .ok_or_else(|| MetadataError::unexpected(path.as_str(), "a mapping", group))?;
            KeyGroup::from_mapping(mapping, &format!("{path}."), &MasterKey::KINDS)
        })
        .collect::<Result<_, _>>()?;
    if groups.iter().all(|group| group.keys.is_empty()) {
        return Err(MetadataError::NoKeys);
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{LastModified, MacScope, Metadata, MetadataError};
    use crate::document::{Document, Format, Mapping, Schema, Value};
    use crate::sops::{MasterKey, SelectionRule};

    fn block(yaml: &str) -> Mapping {
        let document = Document::parse(yaml.as_bytes(), Format::Yaml).unwrap();
        let value = document.roots().next().unwrap().value(Schema::GoYaml3).unwrap();
        value.as_mapping().unwrap().clone()
    }

    fn read(yaml: &str) -> Result<Metadata, MetadataError> {
        Metadata::from_mapping(&block(yaml))
    }

    const KEY: &str = "age: [{recipient: age1x, enc: E}]\n";

    #[test]
    fn groups_without_any_key_are_none() {
        let block = "lastmodified: 2026-11-22T00:00:00Z\nmac: x\nversion: 3.13.3\n";
        for groups in ["[]", "[{}]", "[{age: []}, {hc_vault: []}]", "[{unknown: [{x: y}]}]"] {
            let read = read(&format!("{block}key_groups: {groups}\n"));
            assert!(matches!(read, Err(MetadataError::NoKeys)), "{groups}");
        }
    }

    #[test]
    fn a_block_of_sops_3_13_is_written_as_it_was_read() {
        let yaml = "\
age:
  - enc: |
      -----BEGIN AGE ENCRYPTED FILE-----
    recipient: age1x
encrypted_regex: ^data$
lastmodified: \"2024-05-06T07:08:09Z\"
mac: ENC[x]
mac_only_encrypted: true
shamir_threshold: 2
version: 3.13.3
";
        let metadata = read(yaml).unwrap();
        assert_eq!(metadata.selection, SelectionRule::EncryptedRegex("^data$".to_owned()));
        assert_eq!(metadata.mac_scope, MacScope::EncryptedValues);
        assert_eq!(metadata.shamir_threshold, Some(2));
        assert_eq!(metadata.last_modified, LastModified::at(datetime!(2024-05-06 7:08:09 UTC)));
        assert_eq!(metadata.to_mapping(), block(yaml));
        assert_eq!(metadata.to_mapping().keys().collect::<Vec<_>>(), block(yaml).keys().collect::<Vec<_>>());
    }

    #[test]
    fn older_blocks_are_written_as_newer_ones() {
        let old = "\
kms: []
gcp_kms: []
azure_kv: []
hc_vault: []
age:
    - recipient: age1x
      enc: E
lastmodified: 2024-05-06T07:08:09Z
mac: ENC[x]
pgp: null
version: 3.7
";
        let metadata = read(old).unwrap();
        let new = "{age: [{enc: E, recipient: age1x}], lastmodified: '2024-05-06T07:08:09Z', mac: 'ENC[x]', \
                   unencrypted_suffix: _unencrypted, version: '3.7'}";
        assert_eq!(metadata.to_mapping(), block(new));
    }

    #[test]
    fn flat_formats_hold_text_only() {
        let text =
            "lastmodified: '2024-05-06T07:08:09Z'\nmac_only_encrypted: 'true'\nshamir_threshold: '2'\n";
        let metadata = read(&format!("{KEY}{text}")).unwrap();
        assert_eq!(metadata.mac_scope, MacScope::EncryptedValues);
        assert_eq!(metadata.shamir_threshold, Some(2));
        let metadata = read(&format!(
            "{KEY}lastmodified: '2024-05-06T07:08:09Z'\nmac_only_encrypted: 'false'\nshamir_threshold: ''\n"
        ));
        assert_eq!(metadata.unwrap().shamir_threshold, None);
    }

    #[test]
    fn whether_the_mac_covers_all_values_is_read_as_sops_reads_it() {
        // What sops 3.13.3 takes these for, by whether the MAC of a file holds with them.
        for (text, only_encrypted) in
            [("true", true), ("1", true), ("'1'", true), ("'true'", true), ("''", false), ("0", false)]
        {
            let block = format!("{KEY}lastmodified: '2024-05-06T07:08:09Z'\nmac_only_encrypted: {text}\n");
            let scope = if only_encrypted { MacScope::EncryptedValues } else { MacScope::AllValues };
            assert_eq!(read(&block).unwrap().mac_scope, scope, "{text}");
        }
    }

    #[test]
    fn key_groups_are_written_with_the_lists_that_sops_writes() {
        let yaml = "\
key_groups:
  - age: [{enc: A, recipient: age1a}]
    hc_vault: []
  - age: []
    hc_vault: []
    pgp: [{created_at: '2020-01-01T00:00:00Z', enc: P, fp: F00D}]
lastmodified: '2024-05-06T07:08:09Z'
mac: ENC[x]
shamir_threshold: 2
unencrypted_suffix: _unencrypted
version: 3.13.3
";
        let metadata = read(yaml).unwrap();
        assert_eq!(metadata.key_groups.len(), 2);
        assert_eq!(metadata.to_mapping(), block(yaml));
        let names: Vec<_> = metadata.master_keys().map(|key| (key.kind(), key.name())).collect();
        assert_eq!(names, [("age", "age1a".to_owned()), ("pgp", "F00D".to_owned())]);
    }

    #[test]
    fn what_is_not_known_is_carried_along() {
        let yaml = "\
age: [{enc: E, note: mine, recipient: age1x}]
kms: [{arn: 'arn:aws:kms:x', aws_profile: '', context: {a: b}, created_at: '2020-01-01T00:00:00Z', enc: K}]
lastmodified: '2024-05-06T07:08:09Z'
mac: ENC[x]
new_field: {deep: [1, 2.5, true]}
unencrypted_suffix: _unencrypted
version: 3.99.0
";
        let metadata = read(yaml).unwrap();
        assert_eq!(metadata.to_mapping(), block(yaml));
        assert!(matches!(&metadata.key_groups[0].keys[0], MasterKey::Foreign(key) if key.kind() == "kms"));
        assert_eq!(metadata.key_groups[0].keys[0].name(), "arn:aws:kms:x");

        let groups = "\
key_groups:
  - age: [{enc: E, recipient: age1x}]
    hc_vault: [{created_at: x, enc: V, engine_path: transit, key_name: k, vault_address: 'https://v'}]
    quantum_vault: [{id: 1}]
lastmodified: '2024-05-06T07:08:09Z'
mac: ENC[x]
unencrypted_suffix: _unencrypted
version: 3.99.0
";
        let mut metadata = read(groups).unwrap();
        assert_eq!(metadata.key_groups[0].keys[0].name(), "https://v/transit/k");
        metadata.key_groups.push(metadata.key_groups[0].clone());
        let written = metadata.to_mapping();
        let first = &written.get("key_groups").unwrap().as_sequence().unwrap()[0];
        assert_eq!(first, &block(groups).get("key_groups").unwrap().as_sequence().unwrap()[0]);
    }

    #[test]
    fn the_time_stamp_keeps_its_offset_and_loses_its_fraction() {
        for (text, shown) in [
            ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z"),
            ("2024-05-06T07:08:09.987Z", "2024-05-06T07:08:09Z"),
            ("2024-05-06T07:08:09+02:00", "2024-05-06T07:08:09+02:00"),
            ("2024-05-06T07:08:09+00:00", "2024-05-06T07:08:09Z"),
        ] {
            assert_eq!(LastModified::parse(text).unwrap().to_string(), shown);
        }
        assert!(LastModified::parse("yesterday").is_none());
        assert_eq!(LastModified::now().to_string().len(), 20);
    }

    #[test]
    fn errors_name_the_field() {
        for (yaml, message) in [
            ("age: x", "`age` in the sops metadata should be a list, and is a string"),
            ("age: [x]", "`age[0]` in the sops metadata should be a mapping, and is a string"),
            (
                "age: [{enc: [], recipient: x}]",
                "`age[0].enc` in the sops metadata should be text, and is a list",
            ),
            ("{}", "the sops metadata names no master key"),
            ("age: []", "the sops metadata names no master key"),
            ("key_groups: []", "the sops metadata names no master key"),
            ("key_groups: {}", "`key_groups` in the sops metadata should be a list, and is a mapping"),
            (
                "key_groups: [1]",
                "`key_groups[0]` in the sops metadata should be a mapping, and is an integer",
            ),
            (
                "key_groups: [{age: [1]}]",
                "`key_groups[0].age[0]` in the sops metadata should be a mapping, and is an integer",
            ),
            ("age: [{recipient: x}]", "lastmodified in the sops metadata is no RFC 3339 time stamp"),
            (
                "{age: [{recipient: x}], lastmodified: soon}",
                "lastmodified in the sops metadata is no RFC 3339 time stamp",
            ),
            (
                "{age: [{recipient: x}], shamir_threshold: 256}",
                "shamir_threshold in the sops metadata is no number from 0 to 255",
            ),
            (
                "{age: [{recipient: x}], mac_only_encrypted: perhaps}",
                "`mac_only_encrypted` in the sops metadata should be true or false, and is a string",
            ),
            (
                "{encrypted_regex: a, unencrypted_regex: b}",
                "the sops metadata has more than one rule for what is encrypted",
            ),
        ] {
            assert_eq!(read(yaml).unwrap_err().to_string(), message, "{yaml}");
        }
    }

    #[test]
    fn whole_floats_are_thresholds() {
        let mut mapping = block(&format!("{KEY}lastmodified: '2024-05-06T07:08:09Z'"));
        mapping.insert("shamir_threshold", Value::Float(3.0));
        assert_eq!(Metadata::from_mapping(&mapping).unwrap().shamir_threshold, Some(3));
        for number in [2.5, -1.0, 256.0, f64::NAN] {
            mapping.insert("shamir_threshold", Value::Float(number));
            assert!(matches!(Metadata::from_mapping(&mapping), Err(MetadataError::Threshold)), "{number}");
        }
    }
}
