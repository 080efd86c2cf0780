//! `--merge-into`: items sealed into a SealedSecret that is there already. Nothing else in its file changes.

use std::path::Path;

use ::sealkit::document::{
    Document, Edits, Entries, Format, Mapping, Node, ParseError, Schema, Value, to_json, to_yaml,
};
use ::sealkit::sealed_secrets::{Certificate, ResourceError, Scope, SealedSecret, Secret};
use zeroize::Zeroizing;

use super::flags::Flags;
use super::notices::Notices;
use super::output::{self, OutputFormat};
use super::{input, seal};
use crate::atomic_file::{self, NewFile};
use crate::input::Text;
use crate::{Console, Failure};

/// Seals the Secret in the input into the file at `path`.
pub(super) fn run(
    flags: &Flags,
    path: &Path,
    certificate: &Certificate,
    notices: &mut Notices,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    refuse_what_does_not_fit(flags)?;
    let format = OutputFormat::asked_for(flags)?;
    let bytes = input::file(path)?;
    let could_not_merge = || format!("could not merge into {}", path.display());
    let file = Text::decode(&bytes).map_err(|error| Failure::because(could_not_merge(), error))?;

    let mut secrets = seal::secrets(flags, notices, console)?;
    let (Some(mut secret), []) = (secrets.pop(), secrets.as_slice()) else {
        return Err(Failure::message(format!(
            "--merge-into takes one Secret, and there are {}",
            secrets.len() + 1
        )));
    };
    let mut target =
        Target::find(&file.text, &secret).map_err(|error| Failure::because(could_not_merge(), error))?;
    fit(&mut target.resource, &mut secret, flags, notices, console)?;

    let mut merged = target.resource.clone();
    merged.merge(&secret, certificate).map_err(|error| Failure::because(could_not_merge(), error))?;
    let mut text = target.splice(&file.text, &merged, &secret)?;
    if let Some(format) = format.filter(|format| format.as_read() != target.format) {
        text = convert(&text, format)?;
    }
    Ok(atomic_file::replace(path, &file.encode(&text), NewFile::PrivateIfNew)?)
}

/// Refuses flags that kubeseal takes with `--merge-into` and then forgets, or worse.
fn refuse_what_does_not_fit(flags: &Flags) -> Result<(), Failure> {
    if flags.raw {
        return Err(Failure::message("--merge-into seals whole Secrets: it does not go with --raw"));
    }
    if flags.sealed_secret_file.is_some() {
        return Err(Failure::message(
            "--merge-into changes its file in place: it does not go with --sealed-secret-file",
        ));
    }
    Ok(())
}

/// Gives the Secret the target's namespace, or the target that of the Secret if it has none, and checks that nothing asks for
/// a place other than the target's: what is sealed for another one never opens.
fn fit(
    target: &mut SealedSecret,
    secret: &mut Secret,
    flags: &Flags,
    notices: &mut Notices,
    console: &Console<'_>,
) -> Result<(), Failure> {
    let scope = target.scope();
    if flags.scope != Scope::Strict && flags.scope != scope {
        return Err(Failure::message(format!(
            "--scope says {}, and the file to merge into is sealed {scope}: all its items have one scope",
            flags.scope
        )));
    }
    if secret.scope() != Scope::Strict && secret.scope() != scope {
        notices.warn(format!(
            "the Secret asks for {}, sealed {scope} like the file it goes into",
            secret.scope()
        ));
    }
    if flags.name.as_deref().is_some_and(|name| target.name() != Some(name)) {
        notices.warn("--name has no effect with --merge-into: the file's own name counts");
    }
    if let Some(namespace) = target.namespace() {
        secret.set_namespace(namespace);
    }
    seal::give_namespace(secret, scope, flags, console)?;
    if let (None, Some(namespace)) = (target.namespace(), secret.namespace()) {
        // For the label only. The file goes without, as `kubectl --namespace` and kustomize want it.
        target.set_namespace(namespace);
    }
    Ok(())
}

/// The SealedSecret that is merged into.
struct Target {
    resource: SealedSecret,
    format: Format,
    /// Which of the file's documents it is.
    index: usize,
}

impl Target {
    /// The SealedSecret in the file; where there are several, the one with the Secret's name and namespace.
    fn find(text: &str, secret: &Secret) -> Result<Self, NoTarget> {
        let (document, format) = parse(text)?;
        let sealed: Vec<(usize, Node<'_>)> = document
            .roots()
            .enumerate()
            .filter(|(_, root)| entry(*root, &["kind"]) == Some("SealedSecret"))
            .collect();
        let is_meant = |root: Node<'_>| {
            let agrees = |field, own: Option<&str>| {
                own.is_none_or(|own| entry(root, &["metadata", field]).is_none_or(|found| found == own))
            };
            agrees("name", secret.name()) && agrees("namespace", secret.namespace())
        };
        let meant: Vec<_> = match sealed.as_slice() {
            [only] => vec![*only],
            several => several.iter().copied().filter(|(_, root)| is_meant(*root)).collect(),
        };
        match meant.as_slice() {
            [(index, root)] => {
                let resource = SealedSecret::parse(root.source())?;
                Ok(Self { resource, format, index: *index })
            }
            [] if sealed.is_empty() => Err(NoTarget::NotSealed),
            [] => Err(NoTarget::NoneMatches { sealed: sealed.len() }),
            several => Err(NoTarget::Several { matching: several.len() }),
        }
    }

    /// `text` with the Secret's part of `merged` in it.
    fn splice(
        &self,
        text: &str,
        merged: &SealedSecret,
        secret: &Secret,
    ) -> Result<Zeroizing<String>, Failure> {
        let items =
            secret.data().filter_map(|(key, _)| Some((key.to_owned(), Value::string(merged.get(key)?))));
        let mut changes: Vec<(Vec<&str>, Mapping)> = vec![(vec!["spec", "encryptedData"], items.collect())];
        for field in ["annotations", "labels"] {
            let changed = metadata_of(merged, field)
                .into_iter()
                .filter(|(key, value)| metadata_of(&self.resource, field).get(key) != Some(value));
            changes.push((vec!["spec", "template", "metadata", field], changed.collect()));
        }
        let mut text = Zeroizing::new(text.to_owned());
        for (path, entries) in changes {
            if !entries.is_empty() {
                text = self.put(&text, &path, entries)?;
            }
        }
        let (document, _) = parse(&text)?;
        let written =
            document.roots().nth(self.index).map(|root| SealedSecret::parse(root.source())).transpose()?;
        let is_merged = |written: SealedSecret| {
            let same = |field| metadata_of(&written, field) == metadata_of(merged, field);
            written.items().eq(merged.items()) && same("annotations") && same("labels")
        };
        if written.is_some_and(is_merged) {
            Ok(text)
        } else {
            Err(Failure::message("this file's layout can't be edited in place: nothing was changed"))
        }
    }

    /// `text` with `entries` in the mapping under `path`, which is made if it is not there.
    fn put(&self, text: &str, path: &[&str], entries: Mapping) -> Result<Zeroizing<String>, Failure> {
        let (document, _) = parse(text)?;
        let mut edits = Edits::new(&document);
        let Some(mut node) = document.roots().nth(self.index) else {
            return Ok(Zeroizing::new(text.to_owned()));
        };
        for (depth, key) in path.iter().enumerate() {
            let below = |entries: Mapping| {
                path[depth + 1..].iter().rev().fold(Value::Mapping(entries), |inner, key| {
                    Value::Mapping([(*key, inner)].into_iter().collect())
                })
            };
            let Some(next) = node.get(key) else {
                edits.insert_entry(node, key, &below(entries));
                return Ok(edits.apply()?);
            };
            if next.resolved().id() != next.id() {
                let path = path[..=depth].join(".");
                return Err(Failure::message(format!(
                    "{path} is an alias, and what it stands for is not ours to change"
                )));
            }
            if next.entries().is_none() {
                // Null, or left out: the resource has been read, and nothing else goes here.
                edits.set(next, &below(entries));
                return Ok(edits.apply()?);
            }
            node = next;
        }
        if node.entries().is_some_and(Entries::is_empty) {
            edits.set(node, &Value::Mapping(entries));
        } else {
            for (key, value) in entries {
                match node.get(&key) {
                    Some(old) => edits.set(old, &value),
                    None => edits.insert_entry(node, &key, &value),
                }
            }
        }
        Ok(edits.apply()?)
    }
}

/// The file, as JSON if it begins like JSON and is, else as YAML.
fn parse(text: &str) -> Result<(Document, Format), ParseError> {
    if text.trim_start().starts_with('{')
        && let Ok(document) = Document::parse(text.as_bytes(), Format::Json)
    {
        return Ok((document, Format::Json));
    }
    Ok((Document::parse(text.as_bytes(), Format::Yaml)?, Format::Yaml))
}

/// The text under `path`.
fn entry<'a>(root: Node<'a>, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(root, |node, key| node.get(key))?.text()
}

/// The labels or annotations in the template.
fn metadata_of(sealed: &SealedSecret, field: &str) -> Mapping {
    let metadata = sealed.template().get("metadata").and_then(Value::as_mapping);
    metadata.and_then(|metadata| metadata.get(field)).and_then(Value::as_mapping).cloned().unwrap_or_default()
}

/// The whole file in another format, as `--format` asks for. Comments and layout can't come along.
fn convert(text: &str, to: OutputFormat) -> Result<Zeroizing<String>, Failure> {
    let (document, _) = parse(text)?;
    let mut texts = Vec::new();
    for root in document.roots() {
        let value = root.value(Schema::Kubernetes)?;
        texts.push(match to {
            OutputFormat::Json => to_json(&value),
            OutputFormat::Yaml => output::joined(&[Zeroizing::new("---\n".to_owned()), to_yaml(&value)]),
        });
    }
    Ok(output::joined(&texts))
}

/// A file that can't be merged into.
#[derive(Debug, thiserror::Error)]
enum NoTarget {
    #[error("none of its {sealed} SealedSecrets has the Secret's name and namespace")]
    NoneMatches { sealed: usize },
    #[error("there is no SealedSecret in it")]
    NotSealed,
    #[error(transparent)]
    Parse(#[from] ParseError),
    #[error(transparent)]
    Resource(#[from] ResourceError),
    #[error("{matching} of its SealedSecrets have the Secret's name and namespace")]
    Several { matching: usize },
}
