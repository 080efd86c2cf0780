//! Master keys: whatever a file's data key is wrapped for.

mod age;

pub use self::age::AgeKey;

use super::metadata::{MetadataError, scalar_text};
use crate::age::{EncryptError, Identities, OpenError, Opened, Recipient, RecipientError};
use crate::document::{Mapping, Value};

/// Master keys of which any one opens the group's share of the data key, or the whole data key if it is the only group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyGroup {
    /// The keys.
    pub keys: Vec<MasterKey>,
    /// Fields of the group that sealkit does not know.
    pub other: Mapping,
}

impl KeyGroup {
    /// A group of these keys.
    #[must_use]
    pub fn new(keys: Vec<MasterKey>) -> Self {
        Self { keys, other: Mapping::new() }
    }

    /// Reads the key lists in `mapping`. Other fields are kept, unless `kinds` is empty (in the block itself, where the
    /// metadata keeps them). `path` is what an error puts before a field's name.
    pub(super) fn from_mapping(mapping: &Mapping, path: &str, kinds: &[&str]) -> Result<Self, MetadataError> {
        let mut keys = Vec::new();
        for kind in MasterKey::KINDS {
            let entries = match mapping.get(kind) {
                None | Some(Value::Null) => continue,
                Some(Value::Sequence(entries)) => entries.as_slice(),
                Some(other) => {
                    return Err(MetadataError::unexpected(format!("{path}{kind}"), "a list", other));
                }
            };
            for (index, entry) in entries.iter().enumerate() {
                let path = format!("{path}{kind}[{index}]");
                let Some(fields) = entry.as_mapping() else {
                    return Err(MetadataError::unexpected(path, "a mapping", entry));
                };
                keys.push(if kind == AgeKey::KIND {
                    MasterKey::Age(AgeKey::from_mapping(fields, &path)?)
                } else {
                    MasterKey::Foreign(ForeignKey { kind, fields: fields.clone() })
                });
            }
        }
        let mut other = Mapping::new();
        if !kinds.is_empty() {
            for (name, value) in mapping.iter().filter(|(name, _)| !kinds.contains(name)) {
                other.insert(name, value.clone());
            }
        }
        Ok(Self { keys, other })
    }

    /// The lists of the kinds that have keys, sorted by name, and the group's other fields.
    pub(super) fn to_mapping(&self) -> Mapping {
        self.lists(&[])
    }

    /// As sops writes a group under `key_groups`: the lists `age` and `hc_vault` are always there.
    pub(super) fn to_full_mapping(&self) -> Mapping {
        self.lists(&["age", "hc_vault"])
    }

    fn lists(&self, always: &[&str]) -> Mapping {
        let mut kinds = MasterKey::KINDS;
        kinds.sort_unstable();
        let mut fields: Vec<(String, Value)> =
            self.other.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        for kind in kinds {
            let keys: Vec<Value> = self
                .keys
                .iter()
                .filter(|key| key.kind() == kind)
                .map(|key| Value::Mapping(key.to_mapping()))
                .collect();
            if !keys.is_empty() || always.contains(&kind) {
                fields.push((kind.to_owned(), Value::Sequence(keys)));
            }
        }
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        fields.into_iter().collect()
    }
}

/// One master key.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum MasterKey {
    /// An age recipient.
    Age(AgeKey),
    /// A key that sealkit can't use, carried along as it is.
    Foreign(ForeignKey),
}

impl MasterKey {
    /// The kinds of keys that sops 3.13 knows, in the order in which it reads them.
    pub const KINDS: [&'static str; 7] =
        ["kms", "gcp_kms", "hckms", "azure_kv", "hc_vault", "pgp", AgeKey::KIND];

    /// The key's kind, as its list in the metadata is called: `age`, `pgp`, `kms` and so on.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Age(_) => AgeKey::KIND,
            Self::Foreign(key) => key.kind,
        }
    }

    /// What tells this key from others of its kind: an age recipient, a PGP fingerprint, an ARN.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Age(key) => key.recipient.clone(),
            Self::Foreign(key) => key.name(),
        }
    }

    /// Whether something is wrapped for this key.
    #[must_use]
    pub fn is_wrapped(&self) -> bool {
        match self {
            Self::Age(key) => !key.enc.is_empty(),
            Self::Foreign(key) => {
                key.fields.get("enc").and_then(scalar_text).is_some_and(|enc| !enc.is_empty())
            }
        }
    }

    /// The age recipients in comma lists, each once.
    ///
    /// # Errors
    /// [`RecipientError`] for the first that is none.
    pub fn parse_age_lists<S: AsRef<str>>(lists: &[S]) -> Result<Vec<Self>, RecipientError> {
        let mut keys = Vec::new();
        for list in lists {
            for recipient in Recipient::parse_list(list.as_ref())? {
                let key = Self::Age(AgeKey::new(recipient.to_string()));
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
        Ok(keys)
    }

    /// Whether both are the same key, by kind and name; what is wrapped for them does not matter.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.name() == other.name()
    }

    /// Unwraps what was wrapped for this key: the data key, or with several groups a share of it.
    ///
    /// # Errors
    /// [`MasterKeyError`] if no identity opens it, or if its kind can't be used.
    pub fn open(&self, identities: &Identities) -> Result<Opened, MasterKeyError> {
        match self {
            Self::Age(key) => key.open(identities),
            Self::Foreign(key) => Err(MasterKeyError::Kind { kind: key.kind }),
        }
    }

    /// As [`open`](Self::open), but runs no program and asks nobody.
    pub(super) fn open_at_once(&self, identities: &Identities) -> Result<Opened, MasterKeyError> {
        match self {
            Self::Age(key) => key.open_at_once(identities),
            Self::Foreign(key) => Err(MasterKeyError::Kind { kind: key.kind }),
        }
    }

    /// The fields in sops' order.
    pub(super) fn to_mapping(&self) -> Mapping {
        match self {
            Self::Age(key) => key.to_mapping(),
            Self::Foreign(key) => key.fields.clone(),
        }
    }
}

/// A master key of a kind that sealkit can't use.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignKey {
    kind: &'static str,
    fields: Mapping,
}

impl ForeignKey {
    /// A key of `kind`, one of [`MasterKey::KINDS`].
    pub(super) fn new(kind: &'static str, fields: Mapping) -> Self {
        Self { kind, fields }
    }

    /// Its kind, one of [`MasterKey::KINDS`].
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Its fields as they stand in the file.
    #[must_use]
    pub fn fields(&self) -> &Mapping {
        &self.fields
    }

    fn name(&self) -> String {
        let parts: &[&str] = match self.kind {
            "kms" => &["arn"],
            "gcp_kms" => &["resource_id"],
            "hckms" => &["key_id"],
            "azure_kv" => &["vault_url", "name", "version"],
            "hc_vault" => &["vault_address", "engine_path", "key_name"],
            _ => &["fp"],
        };
        let parts = parts.iter().filter_map(|part| self.fields.get(part).and_then(scalar_text));
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    }
}

/// Why something could not be wrapped for a master key, or unwrapped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MasterKeyError {
    /// Nothing is wrapped for it.
    #[error("the file holds no encrypted data key for it")]
    Empty,
    /// age could not encrypt.
    #[error(transparent)]
    Encrypt(#[from] EncryptError),
    /// A kind that sealkit does not handle yet.
    #[error("keys of the kind {kind} can't be used yet; use sops, or an age key of the file")]
    Kind {
        /// The kind.
        kind: &'static str,
    },
    /// No identity opens it.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The recipient can't be read.
    #[error(transparent)]
    Recipient(#[from] RecipientError),
}
