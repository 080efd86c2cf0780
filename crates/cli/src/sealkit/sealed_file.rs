//! A file with SealedSecrets in it, one of which gets new values. Nothing else in the file changes.

use std::path::{Path, PathBuf};

use sealkit::document::{Document, Format};
use sealkit::sealed_secrets::{Certificate, Keyring, Resource, Scope, SealedSecret};
use sealkit::sops::METADATA_KEY;

use crate::atomic_file::{self, NewFile, Version};
use crate::input::Text;
use crate::{Console, Failure};

/// A file's text, and the SealedSecrets in it, of which there is at least one.
pub(super) struct SealedFile {
    path: PathBuf,
    version: Option<Version>,
    text: Text,
    sealed: Vec<SealedSecret>,
}

/// The SealedSecret in a file that is going to change.
pub(super) struct Target {
    path: PathBuf,
    version: Option<Version>,
    text: Text,
    sealed: SealedSecret,
}

impl SealedFile {
    /// Reads `bytes`, which are this version of the file at `path`.
    ///
    /// # Errors
    /// When it is no text, can't be read as Kubernetes would, or has no SealedSecret in it.
    pub(super) fn parse(path: &Path, bytes: &[u8], version: Option<Version>) -> Result<Self, Failure> {
        let could_not_read = || format!("could not read {}", path.display());
        let text = Text::decode(bytes).map_err(|error| Failure::because(could_not_read(), error))?;
        let resources = Resource::parse_all(text.text.as_bytes())
            .map_err(|error| Failure::because(could_not_read(), error))?;
        let sealed: Vec<_> = resources
            .into_iter()
            .filter_map(|resource| match resource {
                Resource::SealedSecret(sealed) => Some(sealed),
                _ => None,
            })
            .collect();
        if sealed.is_empty() {
            return Err(Failure::message(format!("there is no SealedSecret in {}", path.display())));
        }
        Ok(Self { path: path.to_owned(), version, text, sealed })
    }

    /// Reads `bytes`, which are this version of the file at `path`, if it is one of SealedSecrets and none that SOPS encrypted.
    ///
    /// # Errors
    /// When it is one, and can't be read.
    pub(super) fn recognise(
        path: &Path,
        bytes: &[u8],
        version: Option<&Version>,
    ) -> Result<Option<Self>, Failure> {
        let Ok(text) = Text::decode(bytes) else { return Ok(None) };
        if !text.text.contains("SealedSecret") || is_encrypted_by_sops(&text.text) {
            return Ok(None);
        }
        match Self::parse(path, bytes, version.cloned()) {
            Ok(file) => Ok(Some(file)),
            // It says so itself: what is wrong with it is what there is to tell.
            Err(failure) if text.text.lines().any(says_its_kind) => Err(failure),
            Err(_) => Ok(None),
        }
    }

    /// The one that has this name and this namespace, as far as they are known; one that says no namespace is of this one.
    ///
    /// # Errors
    /// When there is none, or more than one, or what its values are bound to is not known.
    pub(super) fn target(mut self, name: Option<&str>, namespace: Option<&str>) -> Result<Target, Failure> {
        let path = self.path.display().to_string();
        let all: Vec<String> = self.sealed.iter().map(named).collect();
        self.sealed.retain(|sealed| {
            name.is_none_or(|name| sealed.name() == Some(name))
                && (namespace.is_none() || sealed.namespace().is_none() || sealed.namespace() == namespace)
        });
        let (sealed, others) = (self.sealed.pop(), self.sealed.len());
        let Some(mut sealed) = sealed else {
            let wanted = match (namespace, name) {
                (Some(namespace), Some(name)) => format!("{namespace}/{name}"),
                (Some(namespace), None) => format!("in the namespace {namespace}"),
                (None, name) => name.unwrap_or_default().to_owned(),
            };
            return Err(Failure::message(match all.as_slice() {
                [only] => format!("the SealedSecret in {path} is {only}, not {wanted}"),
                several => {
                    format!(
                        "none of the SealedSecrets in {path} is {wanted}: they are {}",
                        several.join(", ")
                    )
                }
            }));
        };
        if others > 0 {
            return Err(Failure::message(format!(
                "there are several SealedSecrets in {path}, {}: say by --name and --namespace which is meant",
                all.join(", ")
            )));
        }
        match (sealed.namespace(), namespace) {
            (None, Some(namespace)) => sealed.set_namespace(namespace),
            (None, None) if sealed.scope() != Scope::ClusterWide => {
                return Err(Failure::message(format!(
                    "the SealedSecret {} in {path} has no namespace: give --namespace",
                    named(&sealed)
                )));
            }
            _ => {}
        }
        Ok(Target { path: self.path, version: self.version, text: self.text, sealed })
    }
}

impl Target {
    pub(super) fn sealed(&self) -> &SealedSecret {
        &self.sealed
    }

    /// Seals `values` into the file, and writes it. A value that opens with `keyring` and has not changed keeps its
    /// ciphertext.
    ///
    /// # Errors
    /// When a value can't be sealed, or the file can't be edited or written; it is as it was then.
    pub(super) fn seal<'a>(
        mut self,
        values: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        certificate: &Certificate,
        keyring: &Keyring,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let path = self.path.display();
        let mut has_changed = false;
        for (key, value) in values {
            if self.sealed.holds(key, value, keyring) {
                console.note(format_args!("{path}: {key} has this value already"));
                continue;
            }
            self.sealed
                .set(key, value, certificate)
                .map_err(|error| Failure::because(format!("could not seal {key} into {path}"), error))?;
            has_changed = true;
        }
        if has_changed {
            let text = self
                .sealed
                .edited_file()
                .map_err(|error| Failure::because(format!("could not change {path}"), error))?;
            let bytes = self.text.encode(&text);
            atomic_file::update(&self.path, &bytes, NewFile::Shared, self.version.as_ref())?;
        }
        Ok(())
    }
}

fn named(sealed: &SealedSecret) -> String {
    let name = sealed.name().unwrap_or("without a name");
    sealed.namespace().map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"))
}

fn is_encrypted_by_sops(text: &str) -> bool {
    let is_encrypted = |document: Document| document.roots().any(|root| root.get(METADATA_KEY).is_some());
    text.contains(METADATA_KEY) && Document::parse(text.as_bytes(), Format::Yaml).is_ok_and(is_encrypted)
}

/// Whether a line of YAML or JSON names the kind of a SealedSecret.
fn says_its_kind(line: &str) -> bool {
    let line = line.trim_start_matches(['"', '\'', ' ', '{', '-']);
    line.strip_prefix("kind").is_some_and(|rest| rest.contains("SealedSecret"))
}
