//! A SealedSecret put back into the file that it was read from: what has changed about it, and nothing else.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::SealedSecret;
use crate::document::{Document, EditError, Edits, Entries, Mapping, Node, Schema, Value};
use crate::sealed_secrets::fields;
use crate::sealed_secrets::origin::{Origin, Spot};
use crate::sealed_secrets::place::Place;
use crate::sealed_secrets::resource::Source;
use crate::sealed_secrets::{Keyring, base64};

/// The maps of the template's metadata that [`SealedSecret::merge`] adds to.
const MERGED_FIELDS: [&str; 2] = ["annotations", "labels"];

/// A SealedSecret that can't be put back into its file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InPlaceError {
    /// What would have to change stands somewhere else, for others too.
    #[error("{place}: this is an alias, and what it stands for is not this SealedSecret's alone")]
    Alias {
        /// The alias.
        place: Place,
    },
    /// An edit would not give what it should, or would change more than it should.
    #[error("this file's layout can't be edited in place")]
    Layout,
    /// It was not read from a file.
    #[error("it was not read from a file")]
    NoFile,
}

impl From<EditError> for InPlaceError {
    fn from(_: EditError) -> Self {
        Self::Layout
    }
}

impl SealedSecret {
    /// The text of the whole file that it was read from, with what has changed about it since: sealed values that were
    /// set or removed, and what [`merge`](Self::merge) put into its template. Comments, order, layout and every other
    /// resource in the file stay, byte for byte.
    ///
    /// A namespace that it was given ([`set_namespace`](Self::set_namespace)) counts for what its values are bound to,
    /// and does not go into the file.
    ///
    /// ```
    /// # use sealkit::sealed_secrets::{KeyPair, SealedSecret};
    /// # let certificate = KeyPair::builder().bits(2048).generate()?.certificate;
    /// let file = "\
    /// kind: SealedSecret  # for the shop
    /// apiVersion: bitnami.com/v1alpha1
    /// metadata: {name: app, namespace: web}
    /// spec:
    ///   encryptedData:
    ///     user: AgA1  # from the vault
    /// ";
    /// let mut sealed = SealedSecret::parse(file)?;
    /// sealed.set("password", b"hunter2", &certificate)?;
    /// let edited = sealed.edited_file()?;
    /// assert!(edited.starts_with(file) && edited[file.len()..].starts_with("    password: "));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If it was not read from a file; if the change would have to go where an alias points; if the file's layout does not
    /// allow the change, as with several JSON objects in a row or values that come in by a merge key.
    pub fn edited_file(&self) -> Result<Zeroizing<String>, InPlaceError> {
        let origin = self.origin.as_ref().ok_or(InPlaceError::NoFile)?;
        let spot = origin.spot().ok_or(InPlaceError::Layout)?;
        let file = File { spot, origin };
        let old = file.resource_in(origin.document()).ok_or(InPlaceError::Layout)?;
        let mut document = None;
        for change in self.changes_since(&old) {
            let text = file.put(document.as_ref().unwrap_or(origin.document()), &change)?;
            document = Some(file.read(&text)?);
        }
        let Some(edited) = document else { return Ok(Zeroizing::new(origin.document().source().to_owned())) };
        let is_as_meant = file.resource_in(&edited).is_some_and(|edited| self.says_the_same(&edited));
        if is_as_meant && file.others_in(&edited) == file.others_in(origin.document()) {
            Ok(Zeroizing::new(edited.source().to_owned()))
        } else {
            Err(InPlaceError::Layout)
        }
    }

    /// Whether the value under `key` opens with `keyring`, and is `value`: then there is no need to seal it again.
    #[must_use]
    pub fn holds(&self, key: &str, value: &[u8], keyring: &Keyring) -> bool {
        let sealed = self.get(key).and_then(|text| base64::decode(text.as_bytes()));
        let opened = sealed.and_then(|sealed| keyring.open(&sealed, &self.label()).ok());
        opened.is_some_and(|opened| opened.value.as_slice() == value)
    }

    fn changes_since(&self, old: &Self) -> Vec<Change> {
        let set = self.items.iter().filter(|(key, text)| old.items.get(*key) != Some(*text));
        let removed = old.items.keys().filter(|key| !self.items.contains_key(*key));
        let items = || vec!["spec", "encryptedData"];
        // One after the other: what is put in at the end goes where something may be taken out.
        let mut changes = vec![
            Change { path: items(), set: Mapping::new(), removed: removed.cloned().collect() },
            Change {
                path: items(),
                set: set.map(|(key, text)| (key.as_str(), text.as_str())).collect(),
                removed: Vec::new(),
            },
        ];
        for field in MERGED_FIELDS {
            let before = old.template_metadata(field);
            let set =
                self.template_metadata(field).iter().filter(|(key, value)| before.get(key) != Some(*value));
            changes.push(Change {
                path: vec!["spec", "template", "metadata", field],
                set: set.map(|(key, value)| (key, value.clone())).collect(),
                removed: Vec::new(),
            });
        }
        changes.retain(|change| !change.set.is_empty() || !change.removed.is_empty());
        changes
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.items == other.items
            && MERGED_FIELDS
                .iter()
                .all(|field| self.template_metadata(field) == other.template_metadata(field))
    }

    fn template_metadata(&self, field: &str) -> &Mapping {
        fields::mapping(fields::mapping(self.template(), "metadata"), field)
    }
}

/// Entries of one mapping in the resource.
struct Change {
    path: Vec<&'static str>,
    set: Mapping,
    removed: Vec<String>,
}

/// The file, and where the SealedSecret is in it.
struct File<'a> {
    spot: Spot,
    origin: &'a Origin,
}

impl File<'_> {
    fn read(&self, text: &str) -> Result<Document, InPlaceError> {
        Document::parse(text.as_bytes(), self.origin.document().format()).map_err(|_| InPlaceError::Layout)
    }

    /// The SealedSecret, as it stands in `document`.
    fn resource_in(&self, document: &Document) -> Option<SealedSecret> {
        let Ok(Value::Mapping(resource)) = self.spot.node_in(document)?.value(Schema::Kubernetes) else {
            return None;
        };
        SealedSecret::read(Source { resource, origin: self.origin.clone() }).ok()
    }

    /// Everything in `document` but what an edit is meant to change.
    fn others_in(&self, document: &Document) -> Option<Vec<Value>> {
        let mut roots: Vec<Value> =
            document.roots().map(|root| root.value(Schema::Kubernetes)).collect::<Result<_, _>>().ok()?;
        let root = roots.get_mut(self.spot.root).and_then(Value::as_mapping_mut)?;
        let own = match self.spot.item {
            None => root,
            Some(item) => match root.get_mut("items") {
                Some(Value::Sequence(items)) => items.get_mut(item).and_then(Value::as_mapping_mut)?,
                _ => return None,
            },
        };
        take_out(own, &["spec", "encryptedData"]);
        for field in MERGED_FIELDS {
            take_out(own, &["spec", "template", "metadata", field]);
        }
        Some(roots)
    }

    /// The text of `document` with one change made, in a mapping that is made if it is not there.
    fn put(&self, document: &Document, change: &Change) -> Result<Zeroizing<String>, InPlaceError> {
        let mut edits = Edits::new(document);
        let mut node = self.spot.node_in(document).ok_or(InPlaceError::Layout)?;
        for (depth, key) in change.path.iter().enumerate() {
            let below = || {
                let rest = change.path[depth + 1..].iter().rev();
                rest.fold(Value::Mapping(change.set.clone()), |inner, key| {
                    Value::Mapping([(*key, inner)].into_iter().collect())
                })
            };
            let Some(next) = node.get(key) else {
                edits.insert_entry(node, key, &below());
                return Ok(edits.apply()?);
            };
            if next.resolved().id() != next.id() {
                return Err(InPlaceError::Alias { place: self.origin.place(&change.path[..=depth]) });
            }
            if next.entries().is_none_or(Entries::is_empty) {
                // Empty, null, or left out: the resource has been read, and nothing else goes here.
                edits.set(next, &below());
                return Ok(edits.apply()?);
            }
            node = next;
        }
        let found: BTreeMap<&str, (usize, Node<'_>)> = node
            .entries()
            .into_iter()
            .flat_map(Entries::iter)
            .enumerate()
            .filter_map(|(index, (key, value))| Some((key.text()?, (index, value))))
            .collect();
        for key in &change.removed {
            let (index, _) = found.get(key.as_str()).ok_or(InPlaceError::Layout)?;
            edits.remove(node, *index);
        }
        for (key, value) in change.set.iter() {
            match found.get(key) {
                Some((_, old)) => edits.set(*old, value),
                None => edits.insert_entry(node, key, value),
            }
        }
        Ok(edits.apply()?)
    }
}

/// Takes what is at `path` out of `mapping`, and the mappings on the way that are empty then: whether they were made or
/// there before makes no difference to anybody.
fn take_out(mapping: &mut Mapping, path: &[&str]) {
    let [first, rest @ ..] = path else { return };
    let is_nothing =
        |value: &Value| *value == Value::Null || value.as_mapping().is_some_and(Mapping::is_empty);
    if let Some(inner) = mapping.get_mut(first).and_then(Value::as_mapping_mut) {
        take_out(inner, rest);
    }
    if rest.is_empty() || mapping.get(first).is_some_and(is_nothing) {
        mapping.remove(first);
    }
}

#[cfg(test)]
mod tests {
    use super::InPlaceError;
    use crate::sealed_secrets::test_keys::{RSA2048, RSA2048_OTHER, certificate, keyring};
    use crate::sealed_secrets::{Resource, Scope, SealedSecret, Secret};

    const HEAD: &str =
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: app, namespace: web}\n";

    fn read(text: &str) -> Vec<SealedSecret> {
        let resources = Resource::parse_all(text).unwrap().into_iter();
        resources
            .filter_map(|resource| match resource {
                Resource::SealedSecret(sealed) => Some(sealed),
                _ => None,
            })
            .collect()
    }

    fn set(sealed: &mut SealedSecret, key: &str) -> String {
        sealed.set(key, b"new", &certificate(RSA2048)).unwrap();
        sealed.get(key).unwrap().to_owned()
    }

    #[test]
    fn what_has_not_changed_is_the_file_as_it_was() {
        let text = format!("\u{feff}# ours\n{HEAD}spec: {{encryptedData: {{a: 'AgA'}}}}\n...\n");
        assert_eq!(read(&text)[0].edited_file().unwrap().as_str(), text);
    }

    #[test]
    fn values_are_set_and_taken_out_at_once() {
        let text = format!(
            "{HEAD}spec:\n  encryptedData:\n    a: AgA # one\n    b: \"AgB\" # two\n    # for c\n    c: AgC\n"
        );
        let mut sealed = read(&text).remove(0);
        let (b, d) = (set(&mut sealed, "b"), set(&mut sealed, "d"));
        assert!(sealed.remove("a") && sealed.remove("c"));
        let expected = format!("{HEAD}spec:\n  encryptedData:\n    b: \"{b}\" # two\n    d: {d}\n");
        assert_eq!(sealed.edited_file().unwrap().as_str(), expected);
    }

    #[test]
    fn an_item_of_a_list_is_found_again() {
        let item = |name: &str| {
            format!(
                "- kind: SealedSecret\n  apiVersion: bitnami.com/v1alpha1\n  metadata: {{name: {name}, namespace: web}}\n  spec: {{}}\n"
            )
        };
        let text = format!("a: 1\n---\napiVersion: v1\nkind: List\nitems:\n{}{}", item("one"), item("two"));
        let mut sealed = read(&text);
        let value = set(&mut sealed[1], "key");
        let expected =
            text.strip_suffix("{}\n").unwrap().to_owned() + &format!("{{encryptedData: {{key: {value}}}}}\n");
        assert_eq!(sealed[1].edited_file().unwrap().as_str(), expected);
    }

    #[test]
    fn nothing_but_what_is_meant_may_change() {
        // What stands under the anchor is another resource's, too.
        let shared = format!("{HEAD}spec:\n  encryptedData: &x\n    a: AgA\n---\nb: 1\n");
        let mut sealed = read(&shared.replace("---\nb: 1\n", "other: *x\n")).remove(0);
        set(&mut sealed, "a");
        assert_eq!(sealed.edited_file().unwrap_err(), InPlaceError::Layout);
        let mut sealed = read(&shared).remove(0);
        set(&mut sealed, "a");
        assert!(sealed.edited_file().unwrap().ends_with("---\nb: 1\n"));

        let aliased = format!("x: &x {{a: AgA}}\n{HEAD}spec: {{encryptedData: *x}}\n");
        let mut sealed = read(&aliased).remove(0);
        set(&mut sealed, "a");
        let error = sealed.edited_file().unwrap_err();
        assert!(matches!(error, InPlaceError::Alias { .. }), "{error}");

        let mut secret = Secret::new("app");
        secret.set_namespace("web");
        let sealed = SealedSecret::seal(&secret, &certificate(RSA2048), Scope::Strict).unwrap();
        assert_eq!(sealed.edited_file().unwrap_err(), InPlaceError::NoFile);
    }

    #[test]
    fn a_value_is_held_under_its_key_and_label_only() {
        let mut sealed = read(&format!("{HEAD}spec: {{}}\n")).remove(0);
        set(&mut sealed, "key");
        let keys = keyring(RSA2048);
        assert!(sealed.holds("key", b"new", &keys));
        assert!(!sealed.holds("key", b"old", &keys) && !sealed.holds("other", b"new", &keys));
        assert!(!sealed.holds("key", b"new", &keyring(RSA2048_OTHER)));
        sealed.set_namespace("prod");
        assert!(!sealed.holds("key", b"new", &keys));
    }
}
