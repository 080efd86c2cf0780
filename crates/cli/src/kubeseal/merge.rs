//! `--merge-into`: items sealed into a SealedSecret that is there already. Nothing else in its file changes.

use std::path::Path;

use ::sealkit::document::{Document, Format, ParseError, Schema, to_json, to_yaml};
use ::sealkit::sealed_secrets::{Certificate, Resource, ResourceError, Scope, SealedSecret, Secret};
use zeroize::Zeroizing;

use super::flags::Flags;
use super::notices::Notices;
use super::output::{self, OutputFormat};
use super::seal;
use crate::atomic_file::{self, NewFile};
use crate::input::{LIMIT, Text, read_file_version};
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
    let (bytes, version) = read_file_version(path, LIMIT)?;
    let could_not_merge = || format!("could not merge into {}", path.display());
    let file = Text::decode(&bytes).map_err(|error| Failure::because(could_not_merge(), error))?;

    let mut secrets = seal::secrets(flags, notices, console)?;
    let (Some(mut secret), []) = (secrets.pop(), secrets.as_slice()) else {
        return Err(Failure::message(format!(
            "--merge-into takes one Secret, and there are {}",
            secrets.len() + 1
        )));
    };
    let mut target = find(&file.text, &secret).map_err(|error| Failure::because(could_not_merge(), error))?;
    let written_in = target.node().map(|node| node.document().format());
    fit(&mut target, &mut secret, flags, notices, console)?;
    target.merge(&secret, certificate).map_err(|error| Failure::because(could_not_merge(), error))?;
    let mut text = target.edited_file().map_err(|error| Failure::because(could_not_merge(), error))?;
    if let Some(format) = format.filter(|format| Some(format.as_read()) != written_in) {
        text = convert(&text, format)?;
    }
    Ok(atomic_file::update(path, &file.encode(&text), NewFile::PrivateIfNew, Some(&version))?)
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

/// The SealedSecret in the file; where there are several, the one with the Secret's name and namespace.
fn find(text: &str, secret: &Secret) -> Result<SealedSecret, NoTarget> {
    let mut sealed: Vec<SealedSecret> = Resource::parse_all(text.as_bytes())?
        .into_iter()
        .filter_map(|resource| match resource {
            // As kubeseal does, which knows no lists here.
            Resource::SealedSecret(sealed) if sealed.node().is_some_and(|node| node.parent().is_none()) => {
                Some(sealed)
            }
            _ => None,
        })
        .collect();
    let found = sealed.len();
    if found > 1 {
        let agrees =
            |own: Option<&str>, found: Option<&str>| own.is_none() || found.is_none() || own == found;
        sealed.retain(|sealed| {
            agrees(secret.name(), sealed.name()) && agrees(secret.namespace(), sealed.namespace())
        });
    }
    match (sealed.pop(), sealed.len()) {
        (Some(only), 0) => Ok(only),
        (Some(_), others) => Err(NoTarget::Several { matching: others + 1 }),
        (None, _) if found == 0 => Err(NoTarget::NotSealed),
        (None, _) => Err(NoTarget::NoneMatches { sealed: found }),
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
    Resource(#[from] ResourceError),
    #[error("{matching} of its SealedSecrets have the Secret's name and namespace")]
    Several { matching: usize },
}
