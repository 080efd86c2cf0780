//! The `SealedSecret` resource, and what is done with it.

mod error;
mod in_place;
mod seal;
mod unseal;

use std::collections::BTreeMap;
use std::fmt;

pub use error::{ItemError, SealedSecretError};
pub use in_place::InPlaceError;
pub use seal::seal_value;

use super::fields::{self, Conversion};
use super::origin::Origin;
use super::place::{Place, ResourceError, ResourceErrorKind};
use super::resource::{self, Source};
use super::{Label, Scope, layout};
use crate::document::{Mapping, Node, Value, to_json, to_yaml};

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
        fields::read_metadata(&mut resource, &[], from, &mut conversions)?;
        let mut spec = fields::take_mapping(&mut resource, &["spec"], from)?;
        if spec.get("data").is_some_and(|data| *data != Value::Null) {
            return Err(origin.error(&["spec", "data"], ResourceErrorKind::DeprecatedData));
        }
        let path = ["spec", "template"];
        let mut template = fields::take_mapping(&mut spec, &path, from)?;
        fields::read_metadata(&mut template, &path, from, &mut conversions)?;
        fields::make_string(&mut template, &["spec", "template", "type"], from, &mut conversions)?;
        fields::check_boolean(&template, &["spec", "template", "immutable"], from)?;
        let path = ["spec", "template", "data"];
        let mut data = fields::take_mapping(&mut template, &path, from)?;
        fields::make_strings(&mut data, &path, from, &mut conversions)?;
        if !data.is_empty() {
            template.insert("data", data);
        }
        let path = ["spec", "encryptedData"];
        let mut sealed = fields::take_mapping(&mut spec, &path, from)?;
        fields::make_strings(&mut sealed, &path, from, &mut Vec::new())?;
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
        fields::text(self.metadata(), "name")
    }

    /// The namespace, if it has one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        fields::text(self.metadata(), "namespace")
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
        fields::mapping(&self.resource, "metadata")
    }

    /// The template for the Secret (`spec.template`), as a plain mapping.
    #[must_use]
    pub fn template(&self) -> &Mapping {
        fields::mapping(fields::mapping(&self.resource, "spec"), "template")
    }

    /// The scope that its own annotations say. Those of the template don't count (CVE-2026-22728).
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::from_annotations(fields::mapping(self.metadata(), "annotations"))
    }

    /// Where in which document it was read, for edits in place. Nothing if it was not read from a file. The items of a
    /// list that come in by a merge key stand nowhere themselves: for them this is the list.
    #[must_use]
    pub fn node(&self) -> Option<Node<'_>> {
        self.origin.as_ref().map(|origin| origin.node().resolved())
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

    /// The plain scalars that stood where Kubernetes wants strings, as
    /// [`Secret::conversions`](super::Secret::conversions) says.
    #[must_use]
    pub fn conversions(&self) -> &[Conversion] {
        &self.conversions
    }

    /// Where in its file the SealedSecret was read; empty for one that was not.
    #[must_use]
    pub fn place(&self) -> Place {
        self.origin.as_ref().map(|origin| origin.place(&[])).unwrap_or_default()
    }

    /// Takes the value under `key` out. Says whether there was one.
    pub fn remove(&mut self, key: &str) -> bool {
        self.items.remove(key).is_some()
    }

    /// The resource as Kubernetes' JSON writer orders it.
    #[must_use]
    pub fn to_mapping(&self) -> Mapping {
        let mut template = self.template().clone();
        let template_metadata = fields::mapping(&template, "metadata").clone();
        template.insert("metadata", layout::metadata(template_metadata));
        let template = layout::with_first(template, &["metadata", "type", "immutable", "data"]);

        let mut spec = fields::mapping(&self.resource, "spec").clone();
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

#[cfg(test)]
mod tests;
