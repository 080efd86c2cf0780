//! The data key: one random AES-256 key for each file, wrapped for every master key.

use std::error::Error;
use std::fmt;

use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::Zeroizing;

use super::master_key::{KeyGroup, MasterKey, MasterKeyError};
use super::metadata::Metadata;
use super::shamir::{self, ShamirError};
use crate::age::{Identities, Prompts, abbreviated, reasons};
use crate::stack;

/// The data key's size in bytes.
pub const DATA_KEY_LEN: usize = 32;

/// The key that a file's values are encrypted under. Wiped when dropped; prints `[REDACTED]`. It stays where it is in memory when
/// it is moved.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey(Box<Zeroizing<[u8; DATA_KEY_LEN]>>);

impl DataKey {
    /// A new random key.
    ///
    /// # Errors
    /// [`DataKeyError::Randomness`] if the operating system gives no random bytes.
    pub fn generate() -> Result<Self, DataKeyError> {
        let mut key = Self(Box::new(Zeroizing::new([0; DATA_KEY_LEN])));
        SysRng.try_fill_bytes(key.0.as_mut_slice()).map_err(|_| DataKeyError::Randomness)?;
        Ok(key)
    }

    /// The key in `bytes`, which are 32.
    ///
    /// # Errors
    /// [`DataKeyError::Length`] if they are not.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DataKeyError> {
        let mut key = Self(Box::new(Zeroizing::new([0; DATA_KEY_LEN])));
        if bytes.len() != DATA_KEY_LEN {
            return Err(DataKeyError::Length { length: bytes.len() });
        }
        key.0.copy_from_slice(bytes);
        Ok(key)
    }

    pub(super) fn as_array(&self) -> &[u8; DATA_KEY_LEN] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DataKey([REDACTED])")
    }
}

impl Metadata {
    /// Wraps `data_key` for every master key, anew: whole for the keys of one group, or one Shamir share for each of several.
    /// For several groups without a threshold, the threshold is their number, as in sops.
    ///
    /// # Errors
    /// [`DataKeyError::Unwrappable`] if there are keys that sealkit can't wrap for, naming them;
    /// [`DataKeyError::NoKeys`] and [`DataKeyError::EmptyGroup`]; [`DataKeyError::Shamir`] for an impossible threshold;
    /// [`DataKeyError::Wrap`] if a key fails. The metadata is then as it was before.
    pub fn wrap_data_key(&mut self, data_key: &DataKey, prompts: &Prompts) -> Result<(), DataKeyError> {
        let mut groups = self.key_groups.clone();
        let foreign: Vec<String> = groups
            .iter()
            .flat_map(|group| &group.keys)
            .filter(|key| !matches!(key, MasterKey::Age(_)))
            .map(|key| format!("{} {}", key.kind(), key.name()))
            .collect();
        if !foreign.is_empty() {
            return Err(DataKeyError::Unwrappable { keys: foreign });
        }
        if let Some(index) = groups.iter().position(|group| group.keys.is_empty()) {
            return Err(DataKeyError::EmptyGroup { group: index });
        }
        let mut threshold = self.shamir_threshold;
        let shares = match groups.len() {
            0 => return Err(DataKeyError::NoKeys),
            1 => vec![Zeroizing::new(data_key.as_array().to_vec())],
            count => {
                // A count past 255 is refused by the splitting, whatever the threshold.
                let threshold = threshold.get_or_insert(u8::try_from(count).unwrap_or(u8::MAX));
                shamir::split(data_key.as_array(), count, usize::from(*threshold))?
            }
        };
        for (group, share) in groups.iter_mut().zip(&shares) {
            for key in &mut group.keys {
                if let MasterKey::Age(key) = key {
                    key.wrap(share, prompts)?;
                }
            }
        }
        self.key_groups = groups;
        self.shamir_threshold = threshold;
        Ok(())
    }

    /// Wraps `data_key` for those age keys that hold nothing yet, and leaves all others as they are, keys of other kinds, too.
    /// With several groups, whose shares are not known apart, it wraps for all anew.
    ///
    /// # Errors
    /// As [`wrap_data_key`](Self::wrap_data_key); with one group, [`DataKeyError::Unwrappable`] only for keys of other kinds
    /// that hold nothing.
    pub fn wrap_data_key_for_new(
        &mut self,
        data_key: &DataKey,
        prompts: &Prompts,
    ) -> Result<(), DataKeyError> {
        let [group] = self.key_groups.as_mut_slice() else {
            return self.wrap_data_key(data_key, prompts);
        };
        if group.keys.is_empty() {
            return Err(DataKeyError::EmptyGroup { group: 0 });
        }
        let unwrapped = group.keys.iter().filter(|key| !key.is_wrapped());
        let foreign: Vec<String> = unwrapped
            .filter(|key| !matches!(key, MasterKey::Age(_)))
            .map(|key| format!("{} {}", key.kind(), key.name()))
            .collect();
        if !foreign.is_empty() {
            return Err(DataKeyError::Unwrappable { keys: foreign });
        }
        let mut keys = group.keys.clone();
        for key in &mut keys {
            if let MasterKey::Age(key) = key
                && key.enc.is_empty()
            {
                key.wrap(data_key.as_array(), prompts)?;
            }
        }
        group.keys = keys;
        Ok(())
    }

    /// Recovers the data key with whatever identity opens a master key, and no more of them than needed.
    ///
    /// # Errors
    /// [`DataKeyError::NotRecovered`], with what became of each key of each group; [`DataKeyError::Shamir`] and
    /// [`DataKeyError::Length`] if what was wrapped is no data key or share.
    pub fn data_key(&self, identities: &Identities) -> Result<DataKey, DataKeyError> {
        let needed = match self.key_groups.len() {
            0 => return Err(DataKeyError::NoKeys),
            1 => 1,
            count => self.shamir_threshold.map_or(count, usize::from),
        };
        let mut shares = Vec::new();
        let mut groups = Vec::new();
        for group in &self.key_groups {
            if shares.len() == needed {
                break;
            }
            let (share, outcome) = open_group(group, identities);
            stack::burn();
            shares.extend(share);
            groups.push(outcome);
        }
        if shares.len() < needed {
            return Err(DataKeyError::NotRecovered(NotRecovered { needed, groups }));
        }
        match shares.as_slice() {
            [whole] if self.key_groups.len() == 1 => DataKey::from_bytes(whole),
            shares => DataKey::from_bytes(&shamir::combine(shares)?),
        }
    }
}

fn open_group(group: &KeyGroup, identities: &Identities) -> (Option<Zeroizing<Vec<u8>>>, GroupOutcome) {
    // Nobody should be asked for a passphrase for one key while another opens without.
    for key in &group.keys {
        if let Ok(opened) = key.open_at_once(identities) {
            let outcome = KeyOutcome { kind: key.kind(), name: key.name(), failure: None };
            return (Some(opened.plaintext), GroupOutcome { keys: vec![outcome] });
        }
    }
    let mut keys = Vec::new();
    for key in &group.keys {
        let (share, failure) = match key.open(identities) {
            Ok(opened) => (Some(opened.plaintext), None),
            Err(failure) => (None, Some(failure)),
        };
        keys.push(KeyOutcome { kind: key.kind(), name: key.name(), failure });
        if share.is_some() {
            return (share, GroupOutcome { keys });
        }
    }
    (None, GroupOutcome { keys })
}

/// That a data key could not be recovered, and what became of each group and key.
///
/// Displayed in one line; [`explain`](Self::explain) tells all.
#[derive(Debug)]
pub struct NotRecovered {
    /// How many groups are needed.
    pub needed: usize,
    /// The groups, in order.
    pub groups: Vec<GroupOutcome>,
}

/// What became of a key group: of its keys, up to the first that opened.
#[derive(Debug)]
pub struct GroupOutcome {
    /// The keys that were tried.
    pub keys: Vec<KeyOutcome>,
}

/// What became of a master key.
#[derive(Debug)]
pub struct KeyOutcome {
    /// Its kind: `age`, `pgp` and so on.
    pub kind: &'static str,
    /// Its name, such as the recipient.
    pub name: String,
    /// Why it did not open; `None` if it did.
    pub failure: Option<MasterKeyError>,
}

impl GroupOutcome {
    /// Whether one of its keys opened.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.keys.iter().any(|key| key.failure.is_none())
    }
}

impl NotRecovered {
    /// How many groups opened.
    #[must_use]
    pub fn opened(&self) -> usize {
        self.groups.iter().filter(|group| group.is_open()).count()
    }

    /// One line for each group and for each key that did not open, with the reasons.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut text = String::new();
        let several = self.groups.len() > 1;
        for (index, group) in self.groups.iter().enumerate() {
            if several {
                let state = if group.is_open() { "open" } else { "no key opens it" };
                text.push_str(&format!("key group {} of {}: {state}\n", index + 1, self.groups.len()));
            }
            for key in &group.keys {
                let Some(failure) = &key.failure else { continue };
                let indent = if several { "  " } else { "" };
                let name = abbreviated(&key.name);
                text.push_str(&format!("{indent}{} {name}: {}\n", key.kind, reasons(failure)));
            }
        }
        text.truncate(text.trim_end().len());
        text
    }
}

impl fmt::Display for NotRecovered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.groups.as_slice() {
            [group] if self.needed == 1 => match group.keys.len() {
                1 => formatter.write_str("the file's one master key could not be opened"),
                count => write!(formatter, "none of the file's {count} master keys could be opened"),
            },
            groups => write!(
                formatter,
                "{} of {} key groups could be opened, and {} are needed",
                self.opened(),
                groups.len(),
                self.needed
            ),
        }
    }
}

impl Error for NotRecovered {}

/// Why there is no data key, or why it can't be wrapped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataKeyError {
    /// A group without keys.
    #[error("key group {} is empty: whoever has the others' keys could never open it", group + 1)]
    EmptyGroup {
        /// The group, from 0.
        group: usize,
    },
    /// Not 32 bytes.
    #[error("a data key is {DATA_KEY_LEN} bytes long, and this one is {length}")]
    Length {
        /// The size in bytes.
        length: usize,
    },
    /// There is nobody to encrypt for.
    #[error("there is no master key to wrap the data key for; name an age recipient")]
    NoKeys,
    /// No identity opens enough master keys.
    #[error(transparent)]
    NotRecovered(NotRecovered),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Randomness,
    /// The groups' shares can't be made or put together.
    #[error("the data key can't be shared between the key groups, or put together again")]
    Shamir {
        /// Why not.
        #[from]
        source: ShamirError,
    },
    /// Keys that sealkit can't wrap for.
    #[error("sealkit can't wrap a data key for keys of these kinds yet: {}", keys.join(", "))]
    Unwrappable {
        /// Kind and name of each.
        keys: Vec<String>,
    },
    /// A master key failed.
    #[error("the data key could not be wrapped")]
    Wrap {
        /// Which, and why.
        #[from]
        source: MasterKeyError,
    },
}
