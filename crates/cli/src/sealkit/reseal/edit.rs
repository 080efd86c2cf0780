//! The SealedSecrets in one file's text, resealed by splicing in new ciphertexts.

use std::collections::HashSet;

use sealkit::document::{Document, Edits, Format, Node, ParseError};
use sealkit::sealed_secrets::{Certificate, Keyring, Resource, SealedSecret};
use zeroize::Zeroizing;

use super::super::unseal::hints;
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
    let sealed = || {
        resources.iter().filter_map(|resource| match resource {
            Resource::SealedSecret(sealed) => Some(sealed),
            _ => None,
        })
    };
    if sealed().next().is_none() {
        return Ok(None);
    }
    let hints = hints(sealed());
    let document = parse(text)?;
    let nodes = nodes(&document);
    if nodes.len() != resources.len() {
        return Err(Failure::message(
            "its layout is not one that can be edited in place, such as several JSON objects in a row",
        ));
    }
    let mut edits = Edits::new(&document);
    let mut edited = HashSet::new();
    let mut changed = 0;
    for (resource, node) in resources.iter().zip(nodes) {
        let Resource::SealedSecret(old) = resource else { continue };
        let mut new = old.clone();
        if let (None, Some(namespace)) = (old.namespace(), namespace) {
            new.set_namespace(namespace);
        }
        let keys = new
            .reseal_with_hints(keyring, certificate, &hints)
            .map_err(|error| Failure::because(format!("SealedSecret {}", named(old)), error))?;
        for key in keys {
            let value =
                node.get("spec").and_then(|spec| spec.get("encryptedData")).and_then(|data| data.get(&key));
            let (Some(value), Some(ciphertext)) = (value.map(Node::resolved), new.get(&key)) else {
                return Err(Failure::message(format!(
                    "{}: the value of {key} comes in by a merge key, which can't be edited in place",
                    named(old)
                )));
            };
            changed += 1;
            // An alias is one more mention of a value that is there once.
            if edited.insert(value.id()) {
                edits.set_text(value, ciphertext, value.style());
            }
        }
    }
    let text = if edits.is_empty() { None } else { Some(edits.apply()?) };
    Ok(Some(Resealed { changed, text }))
}

/// Reads JSON as such, and all else as YAML: what begins with a brace may still be that.
fn parse(text: &str) -> Result<Document, ParseError> {
    let as_json = || Document::parse(text.as_bytes(), Format::Json).ok();
    match text.trim_start().starts_with('{').then(as_json).flatten() {
        Some(document) => Ok(document),
        None => Document::parse(text.as_bytes(), Format::Yaml),
    }
}

/// The nodes of the resources in a file, lists taken apart: in the order in which the library reads them.
fn nodes(document: &Document) -> Vec<Node<'_>> {
    let mut nodes = Vec::new();
    for root in document.roots() {
        let kind = root.get("kind").and_then(Node::text);
        let is_list = matches!(kind, Some("List" | "SecretList" | "SealedSecretList"));
        let items = root.get("items").and_then(Node::items).filter(|_| is_list);
        match items {
            Some(items) => nodes.extend(items.iter().map(Node::resolved)),
            None if is_list || root.entries().is_none() => {}
            None => nodes.push(root),
        }
    }
    nodes
}

fn named(sealed: &SealedSecret) -> String {
    let name = sealed.name().unwrap_or("a SealedSecret without a name");
    sealed.namespace().map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"))
}
