//! Why nothing opens a value: it may have been sealed for another scope, name or namespace.

use std::collections::HashSet;
use std::fmt;

use super::{Fingerprint, Keyring, Label, Scope};

/// The most labels that are tried for a value, each with every key.
const MAX_LABELS: usize = 256;

/// The most RSA operations that are spent on finding out why the values of one resource don't open: some seconds'
/// worth.
const MAX_OPERATIONS: usize = 4096;

/// Names and namespaces that a value may have been sealed for, beside those that the SealedSecret has now: those of
/// other resources in the repository, or what a person remembers.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// Other names.
    pub names: Vec<String>,
    /// Other namespaces.
    pub namespaces: Vec<String>,
}

/// What a value was really sealed for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SealedFor {
    /// The scope.
    pub scope: Scope,
    /// The namespace, unless the scope is cluster-wide.
    pub namespace: Option<String>,
    /// The name, if the scope is strict.
    pub name: Option<String>,
    /// The key that opens it.
    pub key: Fingerprint,
}

impl fmt::Display for SealedFor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "sealed for {} scope", self.scope)?;
        if let Some(namespace) = &self.namespace {
            write!(formatter, " in `{namespace}`")?;
        }
        if let Some(name) = &self.name {
            write!(formatter, " as `{name}`")?;
        }
        Ok(())
    }
}

/// A label, and what it stands for.
struct Candidate {
    scope: Scope,
    namespace: String,
    name: String,
    label: Label,
}

impl Candidate {
    fn sealed_for(&self, key: &Fingerprint) -> SealedFor {
        SealedFor {
            scope: self.scope,
            namespace: (self.scope != Scope::ClusterWide).then(|| self.namespace.clone()),
            name: (self.scope == Scope::Strict).then(|| self.name.clone()),
            key: key.clone(),
        }
    }
}

/// The search for the label that opens what does not open under the one it should.
pub(super) struct Search<'a> {
    keyring: &'a Keyring,
    candidates: Vec<Candidate>,
    operations: usize,
}

impl<'a> Search<'a> {
    /// A search among the labels that are worth trying when `own` is not the right one.
    pub(super) fn new(keyring: &'a Keyring, own: &Label, namespace: &str, name: &str, hints: &Hints) -> Self {
        Self { keyring, candidates: candidates(own, namespace, name, hints), operations: 0 }
    }

    /// What `sealed` was sealed for. The values of a resource were mostly sealed together, so what one was sealed for is
    /// tried first on the next.
    pub(super) fn find(&mut self, sealed: &[u8]) -> Option<SealedFor> {
        for index in 0..self.candidates.len() {
            self.operations += self.keyring.keys().len();
            if self.operations > MAX_OPERATIONS {
                return None;
            }
            if let Ok(opened) = self.keyring.open(sealed, &self.candidates[index].label) {
                self.candidates[..=index].rotate_right(1);
                return Some(self.candidates[0].sealed_for(opened.key.fingerprint()));
            }
        }
        None
    }
}

/// The labels worth trying when `own` is not the right one, likely ones first.
fn candidates(own: &Label, namespace: &str, name: &str, hints: &Hints) -> Vec<Candidate> {
    let namespaces = || std::iter::once(namespace).chain(hints.namespaces.iter().map(String::as_str));
    let names = || std::iter::once(name).chain(hints.names.iter().map(String::as_str));
    // What somebody forgot to write down is more likely than that somebody moved it.
    let here = Scope::ALL.into_iter().map(|scope| (scope, namespace, name));
    let renamed = names().map(|name| (Scope::Strict, namespace, name));
    let elsewhere = namespaces().flat_map(|namespace| {
        let strict = names().map(move |name| (Scope::Strict, namespace, name));
        std::iter::once((Scope::NamespaceWide, namespace, name)).chain(strict)
    });
    let mut seen = HashSet::from([own.clone()]);
    here.chain(renamed)
        .chain(elsewhere)
        .map(|(scope, namespace, name)| Candidate {
            scope,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            label: scope.label(namespace, name),
        })
        .filter(|candidate| seen.insert(candidate.label.clone()))
        .take(MAX_LABELS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Hints, MAX_LABELS, candidates};
    use crate::sealed_secrets::Scope;

    #[test]
    fn every_other_label_is_tried_once_and_likely_ones_first() {
        let hints = Hints { names: vec!["old".into(), "app".into()], namespaces: vec!["dev".into()] };
        let own = Scope::Strict.label("web", "app");
        let labels: Vec<_> = candidates(&own, "web", "app", &hints)
            .into_iter()
            .map(|candidate| candidate.label.as_str().to_owned())
            .collect();
        assert_eq!(labels, ["web", "", "web/old", "dev", "dev/app", "dev/old"]);
    }

    #[test]
    fn the_search_is_bounded() {
        let many: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
        let hints = Hints { names: many.clone(), namespaces: many };
        let own = Scope::ClusterWide.label("", "");
        assert_eq!(candidates(&own, "web", "app", &hints).len(), MAX_LABELS);
    }
}
