//! `sealkit unseal`: SealedSecrets become Secrets again, without a cluster.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use sealkit::document::Value;
use sealkit::sealed_secrets::{Hints, Scope, SealedSecret};

use super::keyring::KeyArguments;
use super::output::OutputArguments;
use super::resources::{ResourceFile, described};
use crate::atomic_file::NewFile;
use crate::{Console, Failure};

const EXAMPLES: &str = "\
Examples:
  Back up a cluster's keys, then open a file without the cluster:
    kubectl get secret -n kube-system -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml > keys.yaml
    sealkit unseal --key keys.yaml sealed-secret.yaml

Exit code: 0 done, 1 failed, 2 wrong command line.";

/// Open SealedSecrets with the cluster's private keys
///
/// Reads SealedSecrets, YAML or JSON, one or many documents, Lists of them too, and writes the Secrets that the
/// controller would make of them. Either all of them are written, or nothing is. When a value does not open, the
/// message says what it was really sealed for, if that can be found out.
#[derive(Args, PartialEq)]
#[command(after_help = EXAMPLES)]
pub(super) struct UnsealArguments {
    /// Files with SealedSecrets; - is standard input [default: standard input]
    files: Vec<PathBuf>,

    /// The namespace of SealedSecrets that name none, such as those to which Flux or Kustomize gives one
    #[arg(short, long)]
    namespace: Option<String>,

    /// A name that values may have been sealed for: if they do not open, the message says whether they were
    #[arg(long)]
    name: Option<String>,

    #[command(flatten)]
    keys: KeyArguments,

    #[command(flatten)]
    output: OutputArguments,
}

pub(super) fn run(arguments: &UnsealArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    if arguments.keys.take_stdin()
        && (arguments.files.is_empty() || arguments.files.iter().any(|file| file.as_os_str() == "-"))
    {
        return Err(Failure::usage("standard input can hold the keys or the SealedSecrets, not both"));
    }
    let mut sealed = Vec::new();
    for ResourceFile { source, text } in ResourceFile::read_all(&arguments.files, console)? {
        let found = SealedSecret::parse_all(text.text.as_bytes()).map_err(|error| {
            Failure::because(format!("could not read the SealedSecrets in {source}"), error)
        })?;
        for mut one in found {
            if let (None, Some(namespace)) = (one.namespace(), &arguments.namespace) {
                one.set_namespace(namespace);
            }
            let origin = described(one.namespace(), one.name(), &source, &one.place());
            sealed.push((origin, one));
        }
    }
    if sealed.is_empty() {
        return Err(Failure::message("there is no SealedSecret in the input"));
    }
    let keyring = arguments.keys.read(console)?;
    let mut hints = hints(sealed.iter().map(|(_, one)| one));
    hints.names.extend(arguments.name.clone());
    hints.namespaces.extend(arguments.namespace.clone());
    let mut secrets = Vec::with_capacity(sealed.len());
    for (origin, one) in &sealed {
        let secret = one.unseal_with_hints(&keyring, &hints).map_err(|error| {
            Failure::because(format!("could not unseal {origin}{}", lack_of_namespace(one)), error)
        })?;
        if let (Some(own), Some(given)) = (one.namespace(), &arguments.namespace)
            && own != given
        {
            return Err(Failure::message(format!(
                "{origin}: its namespace is {own}, and --namespace says {given}"
            )));
        }
        secrets.push(secret.to_mapping());
    }
    arguments.output.write(secrets, NewFile::Private, console)
}

/// What to say beside an error if the SealedSecret may lack a namespace only.
pub(super) fn lack_of_namespace(sealed: &SealedSecret) -> &'static str {
    if sealed.namespace().is_none() && sealed.scope() != Scope::ClusterWide {
        ", which names no namespace: --namespace gives it one"
    } else {
        ""
    }
}

/// The names and namespaces in use, those in templates too: values are often sealed for the one next to theirs, and who
/// renames a SealedSecret often forgets its template.
pub(super) fn hints<'a>(sealed: impl Iterator<Item = &'a SealedSecret>) -> Hints {
    let (mut names, mut namespaces) = (BTreeSet::new(), BTreeSet::new());
    for one in sealed {
        let template = one.template().get("metadata").and_then(Value::as_mapping);
        let of_template = |field| template?.get(field)?.as_str();
        names.extend([one.name(), of_template("name")].into_iter().flatten().map(str::to_owned));
        namespaces
            .extend([one.namespace(), of_template("namespace")].into_iter().flatten().map(str::to_owned));
    }
    Hints { names: names.into_iter().collect(), namespaces: namespaces.into_iter().collect() }
}
