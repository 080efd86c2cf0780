//! A file with SealedSecrets in it, one of which gets new values. Nothing else in the file changes.

use std::path::{Path, PathBuf};

use clap::Args;
use sealkit::document::{Document, Format};
use sealkit::sealed_secrets::{Certificate, Keyring, Resource, Scope, SealedSecret};
use sealkit::sops::METADATA_KEY;

use crate::atomic_file::{self, NewFile, Version};
use crate::input::Text;
use crate::{Console, Failure};

/// The arguments that say which SealedSecret of a file is meant.
#[derive(Args, PartialEq)]
#[command(next_help_heading = "SealedSecrets")]
pub(super) struct TargetArguments {
    /// Which SealedSecret is meant, if there are several in the file
    #[arg(long)]
    name: Option<String>,

    /// Its namespace, if the file does not say it or there are several in the file
    #[arg(short, long)]
    namespace: Option<String>,
}

impl TargetArguments {
    /// Refuses these arguments for a file that is no SealedSecret's.
    ///
    /// # Errors
    /// When one is given: a wrong command line.
    pub(super) fn refuse_for_sops(&self, file: &Path) -> Result<(), Failure> {
        refuse_for_sops(file, &[("--name", self.name.is_some()), ("--namespace", self.namespace.is_some())])
    }
}

/// Refuses the first of these arguments that is given, for a file in which there is no SealedSecret.
///
/// # Errors
/// When one is given: a wrong command line.
pub(super) fn refuse_for_sops(file: &Path, given: &[(&str, bool)]) -> Result<(), Failure> {
    refuse(given, |flag| format!("{flag} is for SealedSecrets, and there is none in {}", file.display()))
}

/// Refuses the first of these arguments that is given, for a file with a SealedSecret in it.
///
/// # Errors
/// When one is given: a wrong command line.
pub(super) fn refuse_for_sealed(file: &Path, given: &[(&str, bool)]) -> Result<(), Failure> {
    refuse(given, |flag| format!("{flag} is for SOPS files, and {} holds a SealedSecret", file.display()))
}

fn refuse(given: &[(&str, bool)], reason: impl FnOnce(&str) -> String) -> Result<(), Failure> {
    let first = given.iter().find(|(_, is_given)| *is_given);
    first.map_or(Ok(()), |(flag, _)| Err(Failure::usage(reason(flag))))
}

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

    /// The one that `arguments` mean.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub(super) fn meant_by(self, arguments: &TargetArguments) -> Result<Target, Failure> {
        self.target(arguments.name.as_deref(), arguments.namespace.as_deref())
    }

    /// The one that has this name and this namespace, as far as they are known; one that says no namespace is of this one.
    ///
    /// # Errors
    /// When there is none, or more than one.
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
        if let (None, Some(namespace)) = (sealed.namespace(), namespace) {
            sealed.set_namespace(namespace);
        }
        Ok(Target { path: self.path, version: self.version, text: self.text, sealed })
    }
}

impl Target {
    pub(super) fn sealed(&self) -> &SealedSecret {
        &self.sealed
    }

    /// Refuses the path to a value, as somebody may write it who is used to SOPS files.
    ///
    /// # Errors
    /// When it is one, and no key of a value: a wrong command line.
    pub(super) fn refuse_path(&self, key: &str) -> Result<(), Failure> {
        let parents = ["spec.encryptedData.", "encryptedData.", "stringData."];
        match parents.iter().find_map(|path| key.strip_prefix(path)) {
            Some(meant) if self.sealed.get(key).is_none() => Err(Failure::usage(format!(
                "{key} is a path, and a value of a SealedSecret goes by its key alone: {meant}"
            ))),
            _ => Ok(()),
        }
    }

    /// Refuses one of which is not known what its values are bound to.
    ///
    /// # Errors
    /// When it has no namespace, and needs one.
    pub(super) fn with_label(self) -> Result<Self, Failure> {
        if self.sealed.namespace().is_none() && self.sealed.scope() != Scope::ClusterWide {
            return Err(Failure::message(format!(
                "the SealedSecret {} in {} has no namespace: give --namespace",
                named(&self.sealed),
                self.path.display()
            )));
        }
        Ok(self)
    }

    /// Takes a value out of the file.
    ///
    /// # Errors
    /// When there is no such value, or the file can't be edited or written; it is as it was then.
    pub(super) fn remove(mut self, key: &str) -> Result<(), Failure> {
        if !self.sealed.remove(key) {
            return Err(Failure::message(format!(
                "could not take {key} out of {}: {} has no such value",
                self.path.display(),
                named(&self.sealed)
            )));
        }
        self.save()
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
            self.save()?;
        }
        Ok(())
    }

    fn save(&self) -> Result<(), Failure> {
        let text = self
            .sealed
            .edited_file()
            .map_err(|error| Failure::because(format!("could not change {}", self.path.display()), error))?;
        let bytes = self.text.encode(&text);
        Ok(atomic_file::update(&self.path, &bytes, NewFile::Shared, self.version.as_ref())?)
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
