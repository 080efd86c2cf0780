//! The `SealedSecret` resource, and what is done with it.

use std::collections::BTreeMap;
use std::fmt;

use rayon::prelude::*;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::diagnosis::{self, Hints};
use super::hybrid::{self, Damage, SealError};
use super::keyring::KeyHint;
use super::resource::{self, Conversion, Origin, Place, ResourceError, ResourceErrorKind, Source};
use super::{
    Certificate, CertificateError, Fingerprint, Keyring, Label, PublicKey, Scope, Secret, ValueError, base64,
    layout,
};
use crate::document::{Mapping, Value, to_json, to_yaml};

/// The annotation in the template that keeps the controller from setting an owner reference.
const SKIP_OWNER_REFERENCES: &str = "sealedsecrets.bitnami.com/skip-set-owner-references";

/// What the API server writes into metadata, and nobody wants to have in a template.
const SERVER_FIELDS: [&str; 8] = [
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "ownerReferences",
];

/// Annotations in which client tools keep a copy of the whole Secret, in the clear.
const COPIES_OF_THE_SECRET: [&str; 2] =
    ["kubectl.kubernetes.io/last-applied-configuration", "kubecfg.ksonnet.io/last-applied-configuration"];

/// From how many values on it pays to start threads for sealing: one takes some fifteen microseconds at 2,048 bits.
const MANY: usize = 8;

/// A `SealedSecret` (bitnami.com/v1alpha1): a Secret's values, each sealed, and a template for all else about it.
///
/// Fields that this type has no function for are kept as they were read.
#[derive(Clone)]
pub struct SealedSecret {
    /// All of the resource but `spec.encryptedData`; `metadata`, `spec` and `spec.template` are always there, mappings.
    resource: Mapping,
    /// `spec.encryptedData`.
    items: BTreeMap<String, String>,
    conversions: Vec<Conversion>,
    origin: Option<Origin>,
}

impl SealedSecret {
    /// Seals every value of `secret` to `certificate`, for exactly this scope, whatever the Secret's annotations ask
    /// for.
    ///
    /// The template takes the Secret's type, its immutability and its metadata, less what an API server or `kubectl
    /// apply` added. A Secret without values gives a SealedSecret without values.
    ///
    /// # Errors
    /// If the Secret has no name, or no namespace though the scope needs one; if the certificate has expired; if the
    /// operating system has no randomness to give.
    pub fn seal(secret: &Secret, certificate: &Certificate, scope: Scope) -> Result<Self, SealedSecretError> {
        let mut metadata = Mapping::new();
        for field in ["name", "namespace"] {
            if let Some(text) = resource::text(secret.metadata(), field) {
                metadata.insert(field, text);
            }
        }
        let mut annotations = Mapping::new();
        scope.annotate(&mut annotations);
        if !annotations.is_empty() {
            metadata.insert("annotations", annotations);
        }

        let mut template = Mapping::new();
        template.insert("metadata", template_metadata(secret, scope));
        for field in ["type", "immutable"] {
            match secret.resource().get(field) {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) if text.is_empty() => {}
                Some(value) => {
                    template.insert(field, value.clone());
                }
            }
        }

        let mut resource: Mapping =
            [("apiVersion", "bitnami.com/v1alpha1"), ("kind", "SealedSecret")].into_iter().collect();
        resource.insert("metadata", metadata);
        resource.insert("spec", [("template", template)].into_iter().collect::<Mapping>());
        let mut sealed = Self { resource, items: BTreeMap::new(), conversions: Vec::new(), origin: None };
        sealed.items = sealed.seal_items(secret, certificate)?;
        Ok(sealed)
    }

    /// Reads a file that holds one SealedSecret, in YAML or JSON.
    ///
    /// # Errors
    /// If there is none or more than one in it, or it can't be read as [`parse_all`](Self::parse_all) says.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, ResourceError> {
        resource::only("SealedSecret", Self::parse_all(bytes)?)
    }

    /// Reads every SealedSecret in a file, in YAML or JSON: one or several documents, `List`s and `SealedSecretList`s.
    ///
    /// # Errors
    /// If the text is neither YAML nor JSON, holds anything but SealedSecrets, or a value has the wrong type. A file
    /// without SealedSecrets gives an empty list.
    pub fn parse_all(bytes: impl AsRef<[u8]>) -> Result<Vec<Self>, ResourceError> {
        resource::sources(bytes.as_ref())?
            .into_iter()
            .map(|source| Self::read(source.expect("bitnami.com", "SealedSecret")?))
            .collect()
    }

    pub(super) fn read(source: Source) -> Result<Self, ResourceError> {
        let Source { mut resource, origin } = source;
        let from = Some(&origin);
        let mut conversions = Vec::new();
        resource::read_metadata(&mut resource, &[], from, &mut conversions)?;
        let mut spec = resource::take_mapping(&mut resource, &["spec"], from)?;
        if spec.get("data").is_some_and(|data| *data != Value::Null) {
            return Err(origin.error(&["spec", "data"], ResourceErrorKind::DeprecatedData));
        }
        let path = ["spec", "template"];
        let mut template = resource::take_mapping(&mut spec, &path, from)?;
        resource::read_metadata(&mut template, &path, from, &mut conversions)?;
        resource::make_string(&mut template, &["spec", "template", "type"], from, &mut conversions)?;
        resource::check_boolean(&template, &["spec", "template", "immutable"], from)?;
        let path = ["spec", "template", "data"];
        let mut data = resource::take_mapping(&mut template, &path, from)?;
        resource::make_strings(&mut data, &path, from, &mut conversions)?;
        if !data.is_empty() {
            template.insert("data", data);
        }
        let path = ["spec", "encryptedData"];
        let mut sealed = resource::take_mapping(&mut spec, &path, from)?;
        resource::make_strings(&mut sealed, &path, from, &mut Vec::new())?;
        let items =
            sealed.into_iter().map(|(key, value)| (key, value.as_str().unwrap_or_default().to_owned()));
        let items = items.collect();
        spec.insert("template", template);
        resource.insert("spec", spec);
        Ok(Self { resource, items, conversions, origin: Some(origin) })
    }

    /// The name, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        resource::text(self.metadata(), "name")
    }

    /// The namespace, if it has one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        resource::text(self.metadata(), "namespace")
    }

    /// Puts it into another namespace. Its values stay sealed for the one that they were sealed for.
    pub fn set_namespace(&mut self, namespace: impl Into<String>) {
        if let Some(metadata) = self.resource.mapping_mut("metadata") {
            metadata.insert("namespace", namespace.into());
        }
    }

    /// The metadata, as a plain mapping.
    #[must_use]
    pub fn metadata(&self) -> &Mapping {
        resource::mapping(&self.resource, "metadata")
    }

    /// The template for the Secret (`spec.template`), as a plain mapping.
    #[must_use]
    pub fn template(&self) -> &Mapping {
        resource::mapping(resource::mapping(&self.resource, "spec"), "template")
    }

    /// The scope that its own annotations say. Those of the template don't count (CVE-2026-22728).
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::from_annotations(resource::mapping(self.metadata(), "annotations"))
    }

    /// The label under which its values open, going by its scope, namespace and name.
    #[must_use]
    pub fn label(&self) -> Label {
        self.scope().label(self.namespace().unwrap_or_default(), self.name().unwrap_or_default())
    }

    /// The keys and sealed values (base64), sorted by key.
    pub fn items(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.items.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The sealed value (base64) under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.items.get(key).map(String::as_str)
    }

    /// Whether it has no sealed values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The plain scalars that stood where Kubernetes wants strings, as [`Secret::conversions`] says.
    #[must_use]
    pub fn conversions(&self) -> &[Conversion] {
        &self.conversions
    }

    /// Where in its file the SealedSecret was read; empty for one that was not.
    #[must_use]
    pub fn place(&self) -> Place {
        self.origin.as_ref().map(|origin| origin.place(&[])).unwrap_or_default()
    }

    /// Seals `value` for this SealedSecret and puts it under `key`. Says whether there was none before.
    ///
    /// # Errors
    /// As [`seal`](Self::seal).
    pub fn set(
        &mut self,
        key: impl Into<String>,
        value: &[u8],
        certificate: &Certificate,
    ) -> Result<bool, SealedSecretError> {
        let sealer = self.sealer(certificate)?;
        let key = key.into();
        let sealed = sealer.seal(&key, value)?;
        Ok(self.items.insert(key, sealed).is_none())
    }

    /// Takes the value under `key` out. Says whether there was one.
    pub fn remove(&mut self, key: &str) -> bool {
        self.items.remove(key).is_some()
    }

    /// Seals the values of `secret` for this SealedSecret, with its name, namespace and scope, and puts them among
    /// its own; labels and annotations go into the template, except for those that say a scope. What `secret` does
    /// not have stays.
    ///
    /// # Errors
    /// As [`seal`](Self::seal). Nothing is changed then.
    pub fn merge(&mut self, secret: &Secret, certificate: &Certificate) -> Result<(), SealedSecretError> {
        let items = self.seal_items(secret, certificate)?;
        self.items.extend(items);
        let from = template_metadata(secret, Scope::Strict);
        let template = self.resource.mapping_mut("spec").and_then(|spec| spec.mapping_mut("template"));
        let Some(metadata) = template.and_then(|template| template.mapping_mut("metadata")) else {
            return Ok(());
        };
        for field in ["labels", "annotations"] {
            let new = resource::mapping(&from, field);
            if !new.is_empty()
                && let Some(old) = metadata.mapping_mut(field)
            {
                for (key, value) in new.iter() {
                    old.insert(key, value.clone());
                }
            }
        }
        Ok(())
    }

    /// Opens every value, and makes the Secret that the controller would create.
    ///
    /// The owner reference is left out unless the SealedSecret has a `uid`: an API server takes none without. Entries
    /// of `spec.template.data` are copied if there are no template actions (`{{`) in them.
    ///
    /// # Errors
    /// If a value can't be opened: the error says for each one why, as far as can be found out. If
    /// `spec.template.data` holds a template that has to be rendered.
    pub fn unseal(&self, keyring: &Keyring) -> Result<Secret, SealedSecretError> {
        self.unseal_with_hints(keyring, &Hints::default())
    }

    /// [`unseal`](Self::unseal), with other names and namespaces that a value may have been sealed for, to find out
    /// why it does not open. They never make a value open.
    ///
    /// # Errors
    /// As [`unseal`](Self::unseal).
    pub fn unseal_with_hints(&self, keyring: &Keyring, hints: &Hints) -> Result<Secret, SealedSecretError> {
        let opened = self.open_items(keyring, hints)?;
        let mut data: BTreeMap<_, _> =
            opened.into_iter().map(|item| (item.key.to_owned(), item.value)).collect();
        for (key, value) in resource::mapping(self.template(), "data").iter() {
            let text = value.as_str().unwrap_or_default();
            if text.contains("{{") {
                let place = self.place_of(&["spec", "template", "data", key]);
                return Err(SealedSecretError::Template { place });
            }
            data.insert(key.to_owned(), Zeroizing::new(text.as_bytes().to_vec()));
        }

        let mut secret: Mapping = [("apiVersion", "v1"), ("kind", "Secret")].into_iter().collect();
        secret.insert("metadata", self.secret_metadata());
        for field in ["type", "immutable"] {
            if let Some(value) = self.template().get(field).filter(|value| !is_nothing(value)) {
                secret.insert(field, value.clone());
            }
        }
        Ok(Secret::from_parts(secret, data))
    }

    /// Seals every value again to `certificate`, opening it with `keyring`. A value that is sealed to this
    /// certificate's key already stays as it is, byte for byte. Gives the keys of the values that changed, sorted.
    ///
    /// # Errors
    /// As [`unseal`](Self::unseal) and [`seal`](Self::seal). Nothing is changed then.
    pub fn reseal(
        &mut self,
        keyring: &Keyring,
        certificate: &Certificate,
    ) -> Result<Vec<String>, SealedSecretError> {
        self.reseal_with_hints(keyring, certificate, &Hints::default())
    }

    /// [`reseal`](Self::reseal) with hints, as [`unseal_with_hints`](Self::unseal_with_hints) takes them.
    ///
    /// # Errors
    /// As [`reseal`](Self::reseal).
    pub fn reseal_with_hints(
        &mut self,
        keyring: &Keyring,
        certificate: &Certificate,
        hints: &Hints,
    ) -> Result<Vec<String>, SealedSecretError> {
        let sealer = self.sealer(certificate)?;
        let opened = self.open_items(keyring, hints)?;
        let old: Vec<_> =
            opened.iter().filter(|item| item.fingerprint != certificate.key_fingerprint()).collect();
        let sealed = sealer.seal_all(old.iter().map(|item| (item.key, item.value.as_slice())).collect())?;
        let changed = sealed.keys().cloned().collect();
        self.items.extend(sealed);
        Ok(changed)
    }

    /// The resource as Kubernetes' JSON writer orders it.
    #[must_use]
    pub fn to_mapping(&self) -> Mapping {
        let mut template = self.template().clone();
        let template_metadata = resource::mapping(&template, "metadata").clone();
        template.insert("metadata", layout::metadata(template_metadata));
        let template = layout::with_first(template, &["metadata", "type", "immutable", "data"]);

        let mut spec = resource::mapping(&self.resource, "spec").clone();
        spec.insert("template", template);
        spec.insert("encryptedData", self.items().collect::<Mapping>());
        let spec = layout::with_first(spec, &["template", "data", "encryptedData"]);

        let mut resource = self.resource.clone();
        resource.insert("metadata", layout::metadata(self.metadata().clone()));
        resource.insert("spec", spec);
        layout::with_first(resource, &["kind", "apiVersion", "metadata", "spec", "status"])
    }

    /// The resource as JSON, laid out as `kubeseal` does.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_json(&self.to_mapping().into()).as_str().to_owned()
    }

    /// The resource as YAML, laid out as `kubeseal` does: keys sorted.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        to_yaml(&layout::sorted(self.to_mapping().into())).as_str().to_owned()
    }

    fn place_of(&self, path: &[&str]) -> Place {
        match &self.origin {
            Some(origin) => origin.place(path),
            None => Place::of_path(path),
        }
    }

    /// What seals values for this resource, if it says enough of itself.
    fn sealer<'a>(&self, certificate: &'a Certificate) -> Result<Sealer<'a>, SealedSecretError> {
        let missing =
            |field| SealedSecretError::Missing { field, place: self.place_of(&["metadata", field]) };
        if self.name().is_none() {
            return Err(missing("name"));
        }
        if self.namespace().is_none() && self.scope() != Scope::ClusterWide {
            return Err(missing("namespace"));
        }
        certificate.check_validity(OffsetDateTime::now_utc())?;
        Ok(Sealer { key: certificate.public_key(), label: self.label() })
    }

    fn seal_items(
        &self,
        secret: &Secret,
        certificate: &Certificate,
    ) -> Result<BTreeMap<String, String>, SealedSecretError> {
        self.sealer(certificate)?.seal_all(secret.data().collect())
    }

    /// Opens every value, or says of each one that does not open why.
    fn open_items<'a>(
        &'a self,
        keyring: &'a Keyring,
        hints: &Hints,
    ) -> Result<Vec<OpenedItem<'a>>, SealedSecretError> {
        let label = self.label();
        let hint = KeyHint::default();
        let open = |(key, text): (&'a String, &'a String)| {
            let sealed = base64::decode(text.as_bytes()).ok_or((key, ValueError::Damaged(Damage::Base64)))?;
            let opened = keyring.open_with_hint(&sealed, &label, &hint).map_err(|error| (key, error))?;
            let fingerprint = opened.key.fingerprint();
            Ok(OpenedItem { key: key.as_str(), value: opened.value, fingerprint })
        };
        // The first one alone: it finds the key that the others will likely want, and threads may not be worth
        // starting.
        let mut items = self.items.iter();
        let first = items.next().map(open);
        let others: Vec<_> = items.collect();
        let others: Vec<_> = others.into_par_iter().with_min_len(1).map(open).collect();
        let mut opened = Vec::with_capacity(self.items.len());
        let mut failed = Vec::new();
        for result in first.into_iter().chain(others) {
            match result {
                Ok(item) => opened.push(item),
                Err(failure) => failed.push(failure),
            }
        }
        if failed.is_empty() { Ok(opened) } else { Err(self.explain(failed, keyring, &label, hints)) }
    }

    /// Looks for the label that opens the values which don't. They were mostly sealed together: what one of them was
    /// sealed for is tried on the others, and where it fails for one the search is not done again.
    fn explain(
        &self,
        failed: Vec<(&String, ValueError)>,
        keyring: &Keyring,
        label: &Label,
        hints: &Hints,
    ) -> SealedSecretError {
        let (namespace, name) = (self.namespace().unwrap_or_default(), self.name().unwrap_or_default());
        let mut candidates = diagnosis::candidates(label, namespace, name, hints);
        let mut failures = Vec::with_capacity(failed.len());
        for (key, mut error) in failed {
            if matches!(error, ValueError::NoKey { .. })
                && let Some(sealed) = base64::decode(self.items[key].as_bytes())
            {
                match diagnosis::find(keyring, &sealed, &candidates) {
                    Some((index, sealed_for)) => {
                        candidates.swap(0, index);
                        candidates.truncate(1);
                        error = ValueError::SealedFor(sealed_for);
                    }
                    None => candidates.truncate(1),
                }
            }
            let path = ["spec", "encryptedData", key.as_str()];
            // A place takes time to find, and nobody reads a hundred of them.
            let place =
                if failures.len() < MAX_PLACES { self.place_of(&path) } else { Place::of_path(&path) };
            failures.push(ItemError { key: key.clone(), place, error });
        }
        SealedSecretError::Unopened { failures, total: self.items.len() }
    }

    /// The metadata of the Secret that the controller would create.
    fn secret_metadata(&self) -> Mapping {
        let mut metadata = resource::mapping(self.template(), "metadata").clone();
        for field in ["namespace", "name"] {
            metadata.remove(field);
            if let Some(text) = resource::text(self.metadata(), field) {
                metadata.insert(field, text);
            }
        }
        let annotations = resource::mapping(&metadata, "annotations");
        if annotations.get(SKIP_OWNER_REFERENCES).and_then(Value::as_str) != Some("true") {
            metadata.remove("ownerReferences");
            if let Some(uid) = resource::text(self.metadata(), "uid") {
                let mut owner = Mapping::new();
                for field in ["apiVersion", "kind"] {
                    owner.insert(field, resource::text(&self.resource, field).unwrap_or_default());
                }
                owner.insert("name", self.name().unwrap_or_default());
                owner.insert("uid", uid);
                owner.insert("controller", true);
                metadata.insert("ownerReferences", vec![Value::Mapping(owner)]);
            }
        }
        metadata.retain(|_, value| !is_nothing(value));
        metadata
    }
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SealedSecret")
            .field("namespace", &self.namespace())
            .field("name", &self.name())
            .field("scope", &self.scope())
            .field("keys", &self.items.keys())
            .finish_non_exhaustive()
    }
}

/// Seals one value for `scope` of `namespace` and `name`, as `kubeseal --raw` does: the base64 text for
/// `encryptedData`.
///
/// # Errors
/// If the certificate has expired, or the operating system has no randomness to give.
pub fn seal_value(
    value: &[u8],
    certificate: &Certificate,
    label: &Label,
) -> Result<String, SealedSecretError> {
    certificate.check_validity(OffsetDateTime::now_utc())?;
    let sealer = Sealer { key: certificate.public_key(), label: label.clone() };
    sealer.seal("", value)
}

/// How many failures get a line and a column.
const MAX_PLACES: usize = 20;

struct OpenedItem<'a> {
    key: &'a str,
    value: Zeroizing<Vec<u8>>,
    fingerprint: &'a Fingerprint,
}

struct Sealer<'a> {
    key: &'a PublicKey,
    label: Label,
}

impl Sealer<'_> {
    fn seal(&self, key: &str, value: &[u8]) -> Result<String, SealedSecretError> {
        let sealed = hybrid::seal(value, self.key, &self.label);
        let sealed = sealed.map_err(|source| SealedSecretError::Seal { key: key.to_owned(), source })?;
        Ok(base64::encode(&sealed))
    }

    fn seal_all(&self, values: Vec<(&str, &[u8])>) -> Result<BTreeMap<String, String>, SealedSecretError> {
        let seal = |(key, value): (&str, &[u8])| Ok((key.to_owned(), self.seal(key, value)?));
        if values.len() < MANY {
            return values.into_iter().map(seal).collect();
        }
        values.into_par_iter().map(seal).collect()
    }
}

/// What goes into a template of a Secret's metadata.
fn template_metadata(secret: &Secret, scope: Scope) -> Mapping {
    let mut metadata = secret.metadata().clone();
    for field in SERVER_FIELDS {
        metadata.remove(field);
    }
    let mut annotations = resource::mapping(&metadata, "annotations").clone();
    for annotation in COPIES_OF_THE_SECRET {
        annotations.remove(annotation);
    }
    scope.annotate(&mut annotations);
    metadata.insert("annotations", annotations);
    metadata.retain(|_, value| !is_nothing(value));
    metadata
}

/// Whether Kubernetes' writers leave a field with this value out.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Mapping(mapping) => mapping.is_empty(),
        Value::Sequence(items) => items.is_empty(),
        _ => false,
    }
}

/// A SealedSecret that can't be made or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealedSecretError {
    /// The certificate can't be sealed to.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// What a value would be bound to is not there.
    #[error("the resource has no {field}, which its values would be bound to")]
    Missing {
        /// `name` or `namespace`.
        field: &'static str,
        /// Where it should be.
        place: Place,
    },
    /// A value could not be sealed.
    #[error("can't seal `{key}`")]
    Seal {
        /// The key of the value.
        key: String,
        /// Why.
        source: SealError,
    },
    /// An entry of `spec.template.data` has to be rendered.
    #[error("{place}: templates are not rendered yet, and this one has `{{{{` in it")]
    Template {
        /// The entry.
        place: Place,
    },
    /// Values that don't open.
    #[error("can't open {}", summary(.failures, .total))]
    Unopened {
        /// Each value that does not open, and why.
        failures: Vec<ItemError>,
        /// How many values there are.
        total: usize,
    },
}

/// A value of a SealedSecret that does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {error}")]
#[non_exhaustive]
pub struct ItemError {
    /// The key of the value.
    pub key: String,
    /// Where the value is.
    pub place: Place,
    /// Why it does not open.
    pub error: ValueError,
}

fn summary(failures: &[ItemError], total: &usize) -> String {
    const SHOWN: usize = 5;
    let values = if *total == 1 { "value" } else { "values" };
    let mut summary = format!("{} of {total} {values}", failures.len());
    for (index, failure) in failures.iter().take(SHOWN).enumerate() {
        summary.push_str(if index == 0 { ": " } else { "; " });
        summary.push_str(&failure.to_string());
    }
    if failures.len() > SHOWN {
        summary.push_str(&format!("; and {} more", failures.len() - SHOWN));
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::super::test_keys::{RSA2048, RSA2048_OTHER, RSA4096, certificate, keyring};
    use super::super::{Hints, Keyring, Scope, Secret, ValueError};
    use super::{SealedSecret, SealedSecretError, seal_value};

    fn secret() -> Secret {
        Secret::parse(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\n  namespace: web\n  labels: {team: a}\n  uid: 1-2\n  \
             creationTimestamp: null\n  resourceVersion: '3'\n  ownerReferences: [{name: x}]\n  annotations:\n    note: b\n    \
             kubectl.kubernetes.io/last-applied-configuration: '{\"data\":{}}'\ntype: Opaque\nimmutable: true\n\
             stringData: {user: admin, password: hunter2}\ndata: {empty: '', binary: //4A}\n",
        )
        .unwrap()
    }

    #[test]
    fn a_round_trip_gives_the_secret_that_the_controller_would_create() {
        for scope in Scope::ALL {
            let sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), scope).unwrap();
            assert_eq!(sealed.scope(), scope);
            let read = SealedSecret::parse(sealed.to_yaml()).unwrap();
            assert_eq!(read.to_mapping(), sealed.to_mapping());
            assert_eq!(SealedSecret::parse(sealed.to_json()).unwrap().to_yaml(), sealed.to_yaml());

            let opened = read.unseal(&keyring(RSA2048)).unwrap();
            let annotation = match scope {
                Scope::Strict => "",
                Scope::NamespaceWide => "    sealedsecrets.bitnami.com/namespace-wide: \"true\"\n",
                Scope::ClusterWide => "    sealedsecrets.bitnami.com/cluster-wide: \"true\"\n",
            };
            assert_eq!(
                opened.to_yaml().as_str(),
                format!(
                    "apiVersion: v1\ndata:\n  binary: //4A\n  empty: \"\"\n  password: aHVudGVyMg==\n  user: YWRtaW4=\n\
                     immutable: true\nkind: Secret\nmetadata:\n  annotations:\n    note: b\n{annotation}  labels:\n    team: a\n  \
                     name: app\n  namespace: web\ntype: Opaque\n"
                )
            );
        }
    }

    #[test]
    fn the_resource_is_laid_out_as_kubeseal_does() {
        let mut sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), Scope::NamespaceWide).unwrap();
        for key in ["binary", "empty", "password"] {
            assert!(sealed.remove(key));
        }
        let value = sealed.get("user").unwrap().to_owned();
        assert_eq!(
            sealed.to_yaml().replace(&value, "SEALED"),
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  annotations:\n    \
             sealedsecrets.bitnami.com/namespace-wide: \"true\"\n  name: app\n  namespace: web\nspec:\n  encryptedData:\n    \
             user: SEALED\n  template:\n    immutable: true\n    metadata:\n      annotations:\n        note: b\n        \
             sealedsecrets.bitnami.com/namespace-wide: \"true\"\n      labels:\n        team: a\n      name: app\n      \
             namespace: web\n    type: Opaque\n"
        );
    }

    #[test]
    fn only_its_own_annotations_say_its_scope() {
        let sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), Scope::ClusterWide).unwrap();
        let own = "  annotations:\n    sealedsecrets.bitnami.com/cluster-wide: \"true\"\n  name";
        let moved = sealed.to_yaml().replacen(own, "  name", 1);
        let moved = SealedSecret::parse(moved).unwrap();
        assert_eq!(moved.scope(), Scope::Strict);
        let error = moved.unseal(&keyring(RSA2048)).unwrap_err().to_string();
        assert!(
            error.contains("spec.encryptedData.binary, line 8, column 13: sealed for cluster-wide scope"),
            "{error}"
        );
    }

    #[test]
    fn the_owner_is_named_if_its_uid_is_known() {
        let sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), Scope::Strict).unwrap();
        let in_cluster = sealed.to_yaml().replacen("  name: app\n", "  name: app\n  uid: 12-34\n", 1);
        let opened = SealedSecret::parse(&in_cluster).unwrap().unseal(&keyring(RSA2048)).unwrap();
        assert!(
            opened.to_yaml().contains(
                "  ownerReferences:\n  - apiVersion: bitnami.com/v1alpha1\n    controller: true\n    kind: SealedSecret\n    \
                 name: app\n    uid: 12-34\n"
            ),
            "{}",
            opened.to_yaml().as_str()
        );
        let skip = "        sealedsecrets.bitnami.com/skip-set-owner-references: \"true\"\n";
        let skipped = in_cluster.replacen("        note: b\n", &format!("        note: b\n{skip}"), 1);
        let opened = SealedSecret::parse(skipped).unwrap().unseal(&keyring(RSA2048)).unwrap();
        assert!(opened.metadata().get("ownerReferences").is_none());
    }

    #[test]
    fn why_a_value_does_not_open_is_found_out() {
        let reason = |sealed: &SealedSecret, keyring: &Keyring, hints: &Hints| match sealed
            .unseal_with_hints(keyring, hints)
            .unwrap_err()
        {
            SealedSecretError::Unopened { mut failures, .. } => failures.remove(0).error.to_string(),
            other => panic!("{other}"),
        };
        let keys = keyring(RSA2048);
        let none = Hints::default();
        let at = |scope, namespace: &str, name: &str| {
            let mut of = secret();
            of.set_namespace(namespace);
            of.set_name(name);
            let sealed = SealedSecret::seal(&of, &certificate(RSA2048), scope).unwrap();
            let value = sealed.get("user").unwrap().to_owned();
            SealedSecret::parse(format!(
                "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: app, namespace: web}}\n\
                 spec: {{encryptedData: {{user: {value}}}}}\n"
            ))
            .unwrap()
        };
        assert!(at(Scope::Strict, "web", "app").unseal(&keys).is_ok());
        assert_eq!(
            reason(&at(Scope::NamespaceWide, "web", "x"), &keys, &none),
            "sealed for namespace-wide scope in `web`"
        );
        assert_eq!(reason(&at(Scope::ClusterWide, "x", "x"), &keys, &none), "sealed for cluster-wide scope");
        let elsewhere = at(Scope::Strict, "dev", "old");
        let fingerprint = keys.keys()[0].fingerprint();
        assert_eq!(
            reason(&elsewhere, &keys, &none),
            format!("no key in the keyring opens it (1 tried: {fingerprint})")
        );
        let hints = Hints { names: vec!["old".to_owned()], namespaces: vec!["dev".to_owned()] };
        assert_eq!(reason(&elsewhere, &keys, &hints), "sealed for strict scope in `dev` as `old`");
        assert_eq!(
            reason(&elsewhere, &keyring(RSA4096), &hints),
            "it was sealed to a key of 2048 bits, and those in the keyring have 4096"
        );
    }

    #[test]
    fn every_value_that_does_not_open_is_named() {
        let mut sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), Scope::Strict).unwrap();
        let other = SealedSecret::seal(&secret(), &certificate(RSA2048_OTHER), Scope::Strict).unwrap();
        sealed.items.insert("user".to_owned(), other.get("user").unwrap().to_owned());
        sealed.items.insert("empty".to_owned(), "?".to_owned());
        sealed.items.insert("short".to_owned(), "AQA=".to_owned());
        let SealedSecretError::Unopened { failures, total } = sealed.unseal(&keyring(RSA2048)).unwrap_err()
        else {
            panic!("it should not have opened");
        };
        assert_eq!(total, 5);
        let failures: Vec<_> =
            failures.iter().map(|failure| (failure.key.as_str(), failure.error.to_string())).collect();
        let fingerprint = keyring(RSA2048).keys()[0].fingerprint().clone();
        assert_eq!(
            failures,
            [
                ("empty", "damaged: it is not base64".to_owned()),
                ("short", "damaged: it has 2 bytes, and its parts need at least 274".to_owned()),
                ("user", format!("no key in the keyring opens it (1 tried: {fingerprint})")),
            ]
        );
    }

    #[test]
    fn resealing_changes_what_another_key_opens_and_nothing_else() {
        let mut sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), Scope::Strict).unwrap();
        let before = sealed.clone();
        let mut keys = keyring(RSA2048);
        assert!(sealed.reseal(&keys, &certificate(RSA2048)).unwrap().is_empty());
        assert_eq!(sealed.to_yaml(), before.to_yaml());

        sealed.set("user", b"root", &certificate(RSA4096)).unwrap();
        keys.append(keyring(RSA4096));
        let user = sealed.get("user").unwrap().to_owned();
        assert_eq!(sealed.reseal(&keys, &certificate(RSA4096)).unwrap(), ["binary", "empty", "password"]);
        assert_eq!(sealed.get("user"), Some(user.as_str()));
        let opened = sealed.unseal(&keyring(RSA4096)).unwrap();
        assert_eq!((opened.get("user"), opened.get("password")), (Some(&b"root"[..]), Some(&b"hunter2"[..])));

        let resealed = sealed.clone();
        assert!(sealed.reseal(&keyring(RSA2048), &certificate(RSA2048_OTHER)).is_err());
        assert_eq!(sealed.to_yaml(), resealed.to_yaml(), "a failure changes nothing");
    }

    #[test]
    fn merging_keeps_the_targets_scope_and_its_other_values() {
        let mut sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), Scope::NamespaceWide).unwrap();
        let user = sealed.get("user").unwrap().to_owned();
        let update = Secret::parse(
            "kind: Secret\nmetadata:\n  labels: {tier: c}\n  annotations: {sealedsecrets.bitnami.com/cluster-wide: 'true', new: d}\n\
             stringData: {password: changed, token: new}\n",
        )
        .unwrap();
        sealed.merge(&update, &certificate(RSA2048)).unwrap();
        assert_eq!((sealed.scope(), sealed.get("user")), (Scope::NamespaceWide, Some(user.as_str())));
        let opened = sealed.unseal(&keyring(RSA2048)).unwrap();
        assert_eq!(opened.get("password"), Some(&b"changed"[..]));
        assert_eq!(opened.get("token"), Some(&b"new"[..]));
        assert!(opened.to_yaml().contains("  annotations:\n    new: d\n    note: b\n    sealedsecrets.bitnami.com/namespace-wide: \"true\"\n  labels:\n    team: a\n    tier: c\n"));
    }

    #[test]
    fn what_a_value_is_bound_to_has_to_be_there() {
        let seal = |text: &str, scope| {
            SealedSecret::seal(&Secret::parse(text).unwrap(), &certificate(RSA2048), scope).map(|_| ())
        };
        let error = seal("kind: Secret\nmetadata: {namespace: web}", Scope::Strict).unwrap_err();
        assert_eq!(error.to_string(), "the resource has no name, which its values would be bound to");
        for scope in [Scope::Strict, Scope::NamespaceWide] {
            let error = seal("kind: Secret\nmetadata: {name: app, namespace: ''}", scope).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the resource has no namespace, which its values would be bound to"
            );
        }
        assert!(seal("kind: Secret\nmetadata: {name: app}", Scope::ClusterWide).is_ok());
    }

    #[test]
    fn an_expired_certificate_is_sealed_to_on_purpose_only() {
        let expired = certificate("test-rsa2048-expired");
        let error = SealedSecret::seal(&secret(), &expired, Scope::Strict).unwrap_err();
        assert!(matches!(error, SealedSecretError::Certificate(_)));
        assert!(seal_value(b"x", &expired, &Scope::ClusterWide.label("", "")).is_err());
        let sealed = SealedSecret::seal(&secret(), &expired.accept_expired(), Scope::Strict).unwrap();
        assert!(sealed.unseal(&keyring(RSA2048)).is_ok());
    }

    #[test]
    fn templates_are_copied_unless_they_have_to_be_rendered() {
        let with = |data: &str| {
            SealedSecret::parse(format!(
                "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: app}}\nspec:\n  template:\n    \
                 data: {{config: '{data}'}}\n"
            ))
            .unwrap()
            .unseal(&keyring(RSA2048))
        };
        assert_eq!(with("plain").unwrap().get("config"), Some(&b"plain"[..]));
        let error = with("a: {{ .user }}").unwrap_err().to_string();
        assert!(
            error.starts_with("spec.template.data.config, line 6, column 20: templates are not rendered yet"),
            "{error}"
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let refusal = |rest: &str| {
            SealedSecret::parse(format!("apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n{rest}"))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refusal("spec:\n  data: AAAA\n"),
            "spec.data, line 4, column 9: `spec.data` is the deprecated format that seals a whole Secret as one value: seal the Secret again"
        );
        assert_eq!(
            refusal("spec: {encryptedData: {a: [b]}}"),
            "spec.encryptedData.a, line 3, column 27: expected a string, found a list"
        );
        assert_eq!(refusal("spec: []"), "spec, line 3, column 7: expected a mapping, found a list");
        let error = SealedSecret::parse("kind: SealedSecret").unwrap_err().to_string();
        assert_eq!(error, "kind, line 1, column 7: expected a SealedSecret, found SealedSecret");
    }

    #[test]
    fn many_values_open_with_many_keys() {
        let mut many = Secret::new("app");
        many.set_namespace("web");
        for number in 0..40 {
            many.set(format!("key{number}"), format!("value {number}").into_bytes());
        }
        let mut sealed = SealedSecret::seal(&many, &certificate(RSA2048), Scope::Strict).unwrap();
        sealed.set("key7", b"value 7", &certificate(RSA4096)).unwrap();
        let mut keys = keyring(RSA2048_OTHER);
        keys.append(keyring(RSA4096));
        keys.append(keyring(RSA2048));
        let opened = sealed.unseal(&keys).unwrap();
        assert_eq!(opened.data().collect::<Vec<_>>(), many.data().collect::<Vec<_>>());
        let error = sealed.unseal(&keyring(RSA4096)).unwrap_err().to_string();
        assert!(
            error.starts_with("can't open 40 of 41 values: ")
                || error.starts_with("can't open 39 of 40 values: ")
        );
        assert!(error.ends_with("; and 34 more"), "{error}");
        let SealedSecretError::Unopened { failures, .. } =
            sealed.unseal(&keyring(RSA2048_OTHER)).unwrap_err()
        else {
            panic!("it should not have opened");
        };
        assert!(failures.iter().any(|failure| matches!(failure.error, ValueError::NoKeyOfSize { .. })));
    }
}
