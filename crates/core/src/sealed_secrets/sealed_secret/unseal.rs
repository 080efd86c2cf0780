//! Opening: the whole Secret back, or sealed again to another certificate; and why values don't open.

use std::collections::BTreeMap;

use rayon::prelude::*;
use zeroize::Zeroizing;

use super::{ItemError, SealedSecret, SealedSecretError, is_nothing};
use crate::document::{Mapping, Value};
use crate::sealed_secrets::diagnosis::{Hints, Search};
use crate::sealed_secrets::hybrid::Damage;
use crate::sealed_secrets::keyring::KeyHint;
use crate::sealed_secrets::{
    Certificate, Fingerprint, Keyring, Label, Place, Secret, ValueError, base64, fields,
};

/// The annotation in the template that keeps the controller from setting an owner reference.
const SKIP_OWNER_REFERENCES: &str = "sealedsecrets.bitnami.com/skip-set-owner-references";

/// How many failures get a line and a column.
const MAX_PLACES: usize = 20;

impl SealedSecret {
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
        for (key, value) in fields::mapping(self.template(), "data").iter() {
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

    /// Finds out why values don't open.
    fn explain(
        &self,
        failed: Vec<(&String, ValueError)>,
        keyring: &Keyring,
        label: &Label,
        hints: &Hints,
    ) -> SealedSecretError {
        let (namespace, name) = (self.namespace().unwrap_or_default(), self.name().unwrap_or_default());
        let mut search = Search::new(keyring, label, namespace, name, hints);
        let mut failures = Vec::with_capacity(failed.len());
        for (key, mut error) in failed {
            if matches!(error, ValueError::NoKey { .. })
                && let Some(sealed) = base64::decode(self.items[key].as_bytes())
                && let Some(sealed_for) = search.find(&sealed)
            {
                error = ValueError::SealedFor(sealed_for);
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
        let mut metadata = fields::mapping(self.template(), "metadata").clone();
        for field in ["namespace", "name"] {
            metadata.remove(field);
            if let Some(text) = fields::text(self.metadata(), field) {
                metadata.insert(field, text);
            }
        }
        let annotations = fields::mapping(&metadata, "annotations");
        if annotations.get(SKIP_OWNER_REFERENCES).and_then(Value::as_str) != Some("true") {
            metadata.remove("ownerReferences");
            if let Some(uid) = fields::text(self.metadata(), "uid") {
                let mut owner = Mapping::new();
                for field in ["apiVersion", "kind"] {
                    owner.insert(field, fields::text(&self.resource, field).unwrap_or_default());
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

struct OpenedItem<'a> {
    key: &'a str,
    value: Zeroizing<Vec<u8>>,
    fingerprint: &'a Fingerprint,
}
