//! Changing whom a file is for, around the same data key: other keys, other groups, another threshold.

use super::config::CreationRule;
use super::data_key::{DataKey, DataKeyError};
use super::master_key::{KeyGroup, MasterKey};
use super::metadata::Metadata;
use crate::age::Prompts;

/// What changes when a file gets other key groups. Groups are compared by their number, keys by kind and name.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyChanges {
    /// One for each group, old or new.
    pub groups: Vec<GroupChanges>,
    /// The old threshold.
    pub old_threshold: Option<u8>,
    /// The new threshold.
    pub new_threshold: Option<u8>,
}

/// What changes in a key group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupChanges {
    /// Keys that stay.
    pub kept: Vec<MasterKey>,
    /// Keys that the group gets.
    pub added: Vec<MasterKey>,
    /// Keys that it loses.
    pub removed: Vec<MasterKey>,
}

impl KeyChanges {
    /// What changes when the file of `old` gets the keys of `rule`.
    ///
    /// As in sops, the file's own threshold stays, as far as there are groups enough: that of a rule is for new files.
    #[must_use]
    pub fn by_rule(old: &Metadata, rule: &CreationRule) -> Self {
        let most = u8::try_from(rule.key_groups.len()).unwrap_or(u8::MAX);
        Self::between(old, &rule.key_groups, old.shamir_threshold.map(|threshold| threshold.min(most)))
    }

    /// What changes when the file of `old` gets these groups and this threshold.
    #[must_use]
    pub fn between(old: &Metadata, groups: &[KeyGroup], threshold: Option<u8>) -> Self {
        let count = old.key_groups.len().max(groups.len());
        let keys = |groups: &[KeyGroup], index: usize| -> Vec<MasterKey> {
            groups.get(index).map(|group| group.keys.clone()).unwrap_or_default()
        };
        let changes = (0..count).map(|index| {
            let (old, new) = (keys(&old.key_groups, index), keys(groups, index));
            let (kept, added): (Vec<_>, Vec<_>) = new.into_iter().partition(|key| contains(&old, key));
            let removed = old.into_iter().filter(|key| !contains(&kept, key)).collect();
            GroupChanges { kept, added, removed }
        });
        Self { groups: changes.collect(), old_threshold: old.shamir_threshold, new_threshold: threshold }
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.old_threshold == self.new_threshold
            && self.groups.iter().all(|group| group.added.is_empty() && group.removed.is_empty())
    }
}

impl Metadata {
    /// Adds keys to the first key group, and takes others out of all groups. Returns the names of those to be taken out that were
    /// not there. Nothing is wrapped for the new ones yet.
    ///
    /// # Errors
    /// [`NobodyLeft`] if a group would be empty.
    pub fn change_keys(
        &mut self,
        added: &[MasterKey],
        removed: &[MasterKey],
    ) -> Result<Vec<String>, NobodyLeft> {
        if let Some(group) = self.key_groups.first_mut() {
            for key in added {
                if !contains(&group.keys, key) {
                    group.keys.push(key.clone());
                }
            }
        }
        let mut missing = Vec::new();
        for key in removed {
            if !self.master_keys().any(|other| other.is_same_as(key)) {
                missing.push(key.name());
            }
            for group in &mut self.key_groups {
                group.keys.retain(|other| !other.is_same_as(key));
            }
        }
        if self.key_groups.iter().any(|group| group.keys.is_empty()) { Err(NobodyLeft) } else { Ok(missing) }
    }

    /// The same metadata for these key groups, with `data_key` wrapped for all of them.
    ///
    /// Where there is one group, before and after, keys that stay keep what is wrapped for them, keys of kinds that sealkit can't use,
    /// too. With several groups the shares are made anew, so all keys are wrapped for anew.
    ///
    /// # Errors
    /// As [`wrap_data_key`](Self::wrap_data_key).
    pub fn with_key_groups(
        &self,
        groups: &[KeyGroup],
        threshold: Option<u8>,
        data_key: &DataKey,
        prompts: &Prompts,
    ) -> Result<Self, DataKeyError> {
        let mut metadata = Self { key_groups: groups.to_vec(), shamir_threshold: threshold, ..self.clone() };
        match (self.key_groups.as_slice(), metadata.key_groups.as_mut_slice()) {
            ([old], [new]) => {
                for key in &mut new.keys {
                    if let Some(known) = old.keys.iter().find(|known| known.is_same_as(key)) {
                        key.clone_from(known);
                    }
                }
                metadata.wrap_data_key_for_new(data_key, prompts)?;
            }
            _ => metadata.wrap_data_key(data_key, prompts)?,
        }
        Ok(metadata)
    }
}

fn contains(keys: &[MasterKey], key: &MasterKey) -> bool {
    keys.iter().any(|own| own.is_same_as(key))
}

/// A key group would lose its last key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody would be left who can open the file")]
pub struct NobodyLeft;

#[cfg(test)]
mod tests {
    use super::super::{AgeKey, DataKey, KeyGroup, MasterKey, Metadata, SelectionRule};
    use super::{KeyChanges, NobodyLeft};
    use crate::age::{Identities, KeygenKind, Prompts, keygen};

    fn key() -> (MasterKey, Identities) {
        let file = keygen(KeygenKind::X25519).unwrap();
        (
            MasterKey::Age(AgeKey::new(file.recipient.clone())),
            Identities::from_text(&file.contents, "test key"),
        )
    }

    fn group(keys: &[&MasterKey]) -> KeyGroup {
        KeyGroup::new(keys.iter().map(|key| (*key).clone()).collect())
    }

    #[test]
    fn a_key_that_stays_keeps_what_is_wrapped_for_it() {
        let ((one, _), (two, identities)) = (key(), key());
        let data_key = DataKey::generate().unwrap();
        let mut old = Metadata::new(vec![group(&[&one])], SelectionRule::default());
        old.wrap_data_key(&data_key, &Prompts::default()).unwrap();
        let groups = [group(&[&one, &two])];
        let changes = KeyChanges::between(&old, &groups, None);
        assert_eq!((changes.groups[0].kept.len(), changes.groups[0].added.len()), (1, 1));
        assert!(!changes.is_empty() && KeyChanges::between(&old, &old.key_groups, None).is_empty());
        let new = old.with_key_groups(&groups, None, &data_key, &Prompts::default()).unwrap();
        assert_eq!(new.key_groups[0].keys[0], old.key_groups[0].keys[0]);
        assert_eq!(new.data_key(&identities).unwrap(), data_key);
    }

    #[test]
    fn keys_are_added_once_and_taken_out_everywhere() {
        let ((one, _), (two, _), (three, _)) = (key(), key(), key());
        let mut metadata =
            Metadata::new(vec![group(&[&one]), group(&[&one, &two])], SelectionRule::default());
        let added = [one.clone(), three.clone()];
        assert_eq!(metadata.change_keys(&added, &[]), Ok(Vec::new()));
        assert_eq!(metadata.key_groups, [group(&[&one, &three]), group(&[&one, &two])]);
        assert_eq!(metadata.change_keys(&[], std::slice::from_ref(&one)), Ok(Vec::new()));
        assert_eq!(metadata.key_groups, [group(&[&three]), group(&[&two])]);
        assert_eq!(metadata.change_keys(&[], std::slice::from_ref(&one)), Ok(vec![one.name()]));
        assert_eq!(metadata.change_keys(&[], &[two]), Err(NobodyLeft));
    }

    #[test]
    fn several_groups_share_the_key() {
        let ((one, mut identities), (two, others)) = (key(), key());
        let data_key = DataKey::generate().unwrap();
        let mut old = Metadata::new(vec![group(&[&one])], SelectionRule::default());
        old.wrap_data_key(&data_key, &Prompts::default()).unwrap();
        let groups = [group(&[&one]), group(&[&two])];
        let new = old.with_key_groups(&groups, None, &data_key, &Prompts::default()).unwrap();
        assert_eq!(new.shamir_threshold, Some(2));
        assert!(new.data_key(&identities).is_err());
        for identity in others.identities() {
            identities.add_identity(identity, "the other");
        }
        assert_eq!(new.data_key(&identities).unwrap(), data_key);
        let error = old.with_key_groups(&groups, Some(3), &data_key, &Prompts::default()).unwrap_err();
        assert!(error.to_string().contains("shared between the key groups"), "{error}");
    }
}
