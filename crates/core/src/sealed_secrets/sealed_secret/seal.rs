//! Sealing: a whole Secret, one value, the values of a Secret among others.

use std::collections::BTreeMap;

use rayon::prelude::*;
use time::OffsetDateTime;

use super::{SealedSecret, SealedSecretError, is_nothing};
use crate::document::{Mapping, Value};
use crate::sealed_secrets::{
    CLUSTER_WIDE_ANNOTATION, Certificate, Label, NAMESPACE_WIDE_ANNOTATION, PublicKey, Scope, Secret, base64,
    fields, hybrid,
};

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

/// The annotations that say a scope.
const SCOPE_ANNOTATIONS: [&str; 2] = [CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION];

/// From how many values on it pays to start threads for sealing: one takes some fifteen microseconds at 2,048 bits.
const MANY: usize = 8;

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
            if let Some(text) = fields::text(secret.metadata(), field) {
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

    /// Seals the values of `secret` for this SealedSecret, with its name, namespace and scope, and puts them among
    /// its own; labels and annotations go into the template, except for those that say a scope. What `secret` does
    /// not have stays.
    ///
    /// # Errors
    /// As [`seal`](Self::seal). Nothing is changed then.
    pub fn merge(&mut self, secret: &Secret, certificate: &Certificate) -> Result<(), SealedSecretError> {
        let items = self.seal_items(secret, certificate)?;
        self.items.extend(items);
        let from = template_metadata(secret, secret.scope());
        let template = self.resource.mapping_mut("spec").and_then(|spec| spec.mapping_mut("template"));
        let Some(metadata) = template.and_then(|template| template.mapping_mut("metadata")) else {
            return Ok(());
        };
        for field in ["labels", "annotations"] {
            let new = fields::mapping(&from, field);
            if !new.is_empty()
                && let Some(old) = metadata.mapping_mut(field)
            {
                for (key, value) in new.iter().filter(|(key, _)| !SCOPE_ANNOTATIONS.contains(key)) {
                    old.insert(key, value.clone());
                }
            }
        }
        Ok(())
    }

    /// What seals values for this resource, if it says enough of itself.
    pub(super) fn sealer<'a>(&self, certificate: &'a Certificate) -> Result<Sealer<'a>, SealedSecretError> {
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

pub(super) struct Sealer<'a> {
    key: &'a PublicKey,
    label: Label,
}

impl Sealer<'_> {
    fn seal(&self, key: &str, value: &[u8]) -> Result<String, SealedSecretError> {
        let sealed = hybrid::seal(value, self.key, &self.label);
        let sealed = sealed.map_err(|source| SealedSecretError::Seal { key: key.to_owned(), source })?;
        Ok(base64::encode(&sealed))
    }

    pub(super) fn seal_all(
        &self,
        values: Vec<(&str, &[u8])>,
    ) -> Result<BTreeMap<String, String>, SealedSecretError> {
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
    let mut annotations = fields::mapping(&metadata, "annotations").clone();
    for annotation in COPIES_OF_THE_SECRET {
        annotations.remove(annotation);
    }
    if Scope::from_annotations(&annotations) != scope {
        scope.annotate(&mut annotations);
    }
    metadata.insert("annotations", annotations);
    metadata.retain(|_, value| !is_nothing(value));
    metadata
}
