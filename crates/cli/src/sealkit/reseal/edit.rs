//! The SealedSecrets in one file's text, resealed by splicing in new ciphertexts.

use std::collections::{BTreeMap, HashMap};

use sealkit::document::{Document, Edits, Node, NodeId};
use sealkit::sealed_secrets::{Certificate, Keyring, Resource, SealedSecret, SealedSecretError, ValueError};
use zeroize::Zeroizing;

use super::super::unseal::{hints, lack_of_namespace};
use crate::Failure;

/// What resealing a file comes to.
pub(super) struct Resealed {
    /// How many values were sealed again.
    pub(super) changed: usize,
    /// The file's new text, if there is any such value.
    pub(super) text: Option<Zeroizing<String>>,
}

/// Reseals every SealedSecret in `text`, YAML or JSON. Nothing if there is none. `namespace` is that of the SealedSecrets
/// that name none.
///
/// # Errors
/// When the text can't be read, or a value can't be opened or sealed.
pub(super) fn reseal(
    text: &str,
    namespace: Option<&str>,
    keyring: &Keyring,
    certificate: &Certificate,
) -> Result<Option<Resealed>, Failure> {
    let resources = Resource::parse_all(text.as_bytes())?;
    let sealed = sealed(&resources);
    if sealed.is_empty() {
        return Ok(None);
    }
    let hints = hints(sealed.iter().copied());
    let (document, rest) = only_document(text, &sealed).ok_or_else(|| {
        Failure::message(
            "its layout is not one that can be edited in place, such as several JSON objects in a row",
        )
    })?;
    let mut edits = Edits::new(document);
    // An alias is one more mention of a value that is there once.
    let mut edited: HashMap<NodeId, String> = HashMap::new();
    let mut intended = Vec::with_capacity(sealed.len());
    let mut changed = 0;
    for old in &sealed {
        let mut new = (*old).clone();
        if let (None, Some(namespace)) = (old.namespace(), namespace) {
            new.set_namespace(namespace);
        }
        let keys = new.reseal_with_hints(keyring, certificate, &hints).map_err(|error| {
            let lacks = [lack_of_namespace(&new), lack_of_key(&error, keyring, certificate)].concat();
            Failure::because(format!("SealedSecret {}{lacks}", named(old)), error)
        })?;
        let mut items: BTreeMap<String, String> =
            new.items().map(|(key, ciphertext)| (key.to_owned(), ciphertext.to_owned())).collect();
        for key in keys {
            let value = old
                .node()
                .and_then(|node| node.get("spec")?.get("encryptedData")?.get(&key))
                .map(Node::resolved);
            let (Some(value), Some(ciphertext)) = (value, new.get(&key)) else {
                return Err(Failure::message(format!(
                    "{}: the value of {key} comes in by a merge key, which can't be edited in place",
                    named(old)
                )));
            };
            changed += 1;
            let written = edited.entry(value.id()).or_insert_with(|| {
                edits.set_text(value, ciphertext, value.style());
                ciphertext.to_owned()
            });
            items.insert(key, written.clone());
        }
        intended.push(items);
    }
    if edits.is_empty() {
        return Ok(Some(Resealed { changed, text: None }));
    }
    let mut text = edits.apply()?;
    text.push_str(rest);
    if !holds(&text, &resources, &intended) {
        return Err(Failure::message("its layout can't be edited in place: nothing was changed"));
    }
    Ok(Some(Resealed { changed, text: Some(text) }))
}

/// What to say beside an error if values may be sealed to the new certificate already.
fn lack_of_key(error: &SealedSecretError, keyring: &Keyring, certificate: &Certificate) -> &'static str {
    let is_there = || keyring.keys().iter().any(|key| key.fingerprint() == certificate.key_fingerprint());
    let SealedSecretError::Unopened { failures, .. } = error else { return "" };
    let lacks_a_key =
        |error: &ValueError| matches!(error, ValueError::NoKey { .. } | ValueError::NoKeyOfSize { .. });
    if failures.iter().any(|failure| lacks_a_key(&failure.error)) && !is_there() {
        "; if it is sealed to the new certificate already, give that one's private key as a --key too"
    } else {
        ""
    }
}

fn sealed(resources: &[Resource]) -> Vec<&SealedSecret> {
    let sealed = resources.iter().filter_map(|resource| match resource {
        Resource::SealedSecret(sealed) => Some(sealed),
        _ => None,
    });
    sealed.collect()
}

/// The one document that all of `sealed` were read from, if it is the whole of `text`, and the white space after it.
fn only_document<'a, 'b>(text: &'b str, sealed: &[&'a SealedSecret]) -> Option<(&'a Document, &'b str)> {
    let mut documents = sealed.iter().map(|sealed| sealed.node().map(Node::document));
    let document = documents.next()??;
    let is_only = documents.all(|other| other.is_some_and(|other| std::ptr::eq(other, document)));
    let rest = text.strip_prefix(document.source())?;
    (is_only && rest.trim().is_empty()).then_some((document, rest))
}

/// Whether `text`, read again, holds the same resources as before, with the `intended` items in the SealedSecrets.
fn holds(text: &str, before: &[Resource], intended: &[BTreeMap<String, String>]) -> bool {
    let Ok(after) = Resource::parse_all(text.as_bytes()) else { return false };
    let (old, new) = (sealed(before), sealed(&after));
    before.len() == after.len()
        && old.len() == new.len()
        && old.iter().zip(&new).zip(intended).all(|((old, new), intended)| {
            (old.name(), old.namespace()) == (new.name(), new.namespace())
                && new.items().eq(intended.iter().map(|(key, value)| (key.as_str(), value.as_str())))
        })
}

fn named(sealed: &SealedSecret) -> String {
    let name = sealed.name().unwrap_or("a SealedSecret without a name");
    sealed.namespace().map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"))
}
