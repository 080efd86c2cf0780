//! `sealkit seal`: Secrets become SealedSecrets.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sealkit::sealed_secrets::{Scope, SealedSecret, Secret};

use super::certificate::CertificateArguments;
use super::output::OutputArguments;
use super::resources::{ResourceFile, described};
use crate::atomic_file::NewFile;
use crate::failure::USAGE;
use crate::input::Source;
use crate::secret_builder::names::{self, NameError};
use crate::{Console, Failure};

mod building;
mod into;

use building::{BuildArguments, Built};

const EXAMPLES: &str = "\
Examples:
  Seal the Secrets in a file:
    sealkit seal --cert pub-sealed-secrets.pem secret.yaml > sealed-secret.yaml
  Make a Secret and seal it, without it ever being in a file:
    sealkit seal --cert pub-sealed-secrets.pem --name app --namespace web --prompt password
  The same, with values from elsewhere:
    pass show web/app | tr -d '\\n' |
      sealkit seal --cert pub-sealed-secrets.pem --name app --namespace web --prompt password \\
        --from-literal user=app
  Credentials for a registry, for every namespace of the cluster:
    sealkit seal --cert pub-sealed-secrets.pem --name registry --scope cluster-wide \\
      --docker-server registry.example.com --docker-username robot
  Change one value of a SealedSecret, and nothing else in its file:
    sealkit seal --cert pub-sealed-secrets.pem --into sealed-secret.yaml --prompt password

Exit code: 0 done, 1 failed, 2 wrong command line.";

/// Seal Secrets for the cluster that a certificate belongs to
///
/// Reads Secrets, YAML or JSON, one or many documents, Lists of them too, from files or standard input; or makes one
/// Secret itself. Writes SealedSecrets, which may lie in Git: only the cluster's controller can open them. Either all
/// of them are written, or nothing is.
#[derive(Args, PartialEq)]
#[command(after_help = EXAMPLES)]
pub(super) struct SealArguments {
    /// Files with Secrets; - is standard input [default: standard input]
    files: Vec<PathBuf>,

    /// The Secret's name; for Secrets from files, if they have none
    #[arg(long)]
    name: Option<String>,

    /// The Secret's namespace; for Secrets from files, if they have none
    #[arg(short, long)]
    namespace: Option<String>,

    /// Where it may be opened: strict (under its name in its namespace), namespace-wide or cluster-wide [default: as the
    /// Secret's annotations say, else strict]
    #[arg(long, hide_possible_values = true)]
    scope: Option<ScopeArgument>,

    /// Seal a Secret even if there is no value in it
    #[arg(long)]
    allow_empty_data: bool,

    /// Seal into this file: the values become those of the SealedSecret in it, bound to its name, namespace and scope. All
    /// else in the file stays, byte for byte
    #[arg(long, value_name = "FILE", conflicts_with_all = ["allow_empty_data", "format", "output_file"])]
    into: Option<PathBuf>,

    /// With --into, a file with private keys, as unseal takes it: a value that has not changed keeps its ciphertext. May be
    /// repeated
    #[arg(long = "key", value_name = "FILE", requires = "into")]
    keys: Vec<PathBuf>,

    #[command(flatten)]
    certificate: CertificateArguments,

    #[command(flatten)]
    output: OutputArguments,

    #[command(flatten)]
    build: BuildArguments,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum ScopeArgument {
    Strict,
    NamespaceWide,
    ClusterWide,
}

impl From<ScopeArgument> for Scope {
    fn from(scope: ScopeArgument) -> Self {
        match scope {
            ScopeArgument::Strict => Self::Strict,
            ScopeArgument::NamespaceWide => Self::NamespaceWide,
            ScopeArgument::ClusterWide => Self::ClusterWide,
        }
    }
}

pub(super) fn run(arguments: &SealArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    arguments.name.as_deref().map_or(Ok(()), names::check_name).map_err(wrong_argument)?;
    arguments.namespace.as_deref().map_or(Ok(()), names::check_namespace).map_err(wrong_argument)?;
    // First of all: nobody should type a value in vain.
    let certificate = arguments.certificate.read(console)?;
    if !arguments.build.is_empty() && !arguments.files.is_empty() {
        return Err(Failure::usage("seal Secrets from files, or make one from values: not both at once"));
    }
    if let Some(path) = &arguments.into {
        return into::run(arguments, path, &certificate, console);
    }
    let secrets =
        if arguments.build.is_empty() { read(arguments, console)? } else { build(arguments, console)? };
    for (origin, secret) in &secrets {
        check_values(origin, secret, arguments)?;
    }
    let mut sealed = Vec::with_capacity(secrets.len());
    for (origin, secret) in &secrets {
        let one = SealedSecret::seal(secret, &certificate, scope(secret, arguments))
            .map_err(|error| Failure::because(format!("could not seal {origin}"), error))?;
        sealed.push(one.to_mapping());
    }
    arguments.output.write(sealed, NewFile::Shared, console)
}

/// The Secrets in the files, each with its place.
fn read(arguments: &SealArguments, console: &mut Console<'_>) -> Result<Vec<(String, Secret)>, Failure> {
    let mut secrets = read_unfilled(arguments, console)?;
    for (origin, secret) in &mut secrets {
        fill_in(origin, secret, arguments)?;
    }
    Ok(secrets)
}

/// The Secrets in the files with the names and namespaces that they have, each with its place.
fn read_unfilled(
    arguments: &SealArguments,
    console: &mut Console<'_>,
) -> Result<Vec<(String, Secret)>, Failure> {
    let mut secrets = Vec::new();
    for ResourceFile { source, text } in ResourceFile::read_all(&arguments.files, console)? {
        let found = Secret::parse_all(text.text.as_bytes())
            .map_err(|error| Failure::because(format!("could not read the Secrets in {source}"), error))?;
        for secret in found {
            let origin = described(secret.namespace(), secret.name(), &source, &secret.place());
            refuse_conversions(&source, &secret, console)?;
            secrets.push((origin, secret));
        }
    }
    if secrets.is_empty() {
        return Err(Failure::message("there is no Secret in the input"));
    }
    if arguments.name.is_some() && secrets.len() > 1 {
        return Err(Failure::usage("--name can name one Secret only, and there are several in the input"));
    }
    Ok(secrets)
}

/// Refuses a Secret in whose data, name or namespace stand plain scalars that are not text to every reader of YAML.
///
/// Kubernetes makes `511` of `pin: 0777` and `false` of `answer: no`: nobody means that. In labels and annotations it is
/// worth a warning.
fn refuse_conversions(source: &Source, secret: &Secret, console: &mut Console<'_>) -> Result<(), Failure> {
    for conversion in secret.conversions() {
        let path: Vec<&str> = conversion.place.path.iter().map(String::as_str).collect();
        let (place, kind) = (&conversion.place, conversion.found);
        let problem =
            format!("{source}, {place}: this stands without quotes, and YAML readers take it for {kind}");
        if matches!(path.as_slice(), ["data" | "stringData", ..] | ["metadata", "name" | "namespace"]) {
            return Err(Failure::message(format!("{problem}: put quotes around it to mean the text itself")));
        }
        console.warn(problem);
    }
    Ok(())
}

/// The one Secret that the arguments describe.
fn build(arguments: &SealArguments, console: &mut Console<'_>) -> Result<Vec<(String, Secret)>, Failure> {
    let name = arguments.name.as_deref().ok_or_else(|| Failure::usage("a new Secret needs a --name"))?;
    let origin = "the new Secret".to_owned();
    let mut secret = Secret::new(name);
    fill_in(&origin, &mut secret, arguments)?;
    let Built { values, secret_type } = arguments.build.build(console)?;
    if let Some(secret_type) = secret_type {
        secret.set_secret_type(secret_type);
    }
    for (key, value) in values {
        secret.set(key, value);
    }
    Ok(vec![(origin, secret)])
}

/// Gives the Secret the name and the namespace of the command line, and checks that it has what it needs of them.
fn fill_in(origin: &str, secret: &mut Secret, arguments: &SealArguments) -> Result<(), Failure> {
    let wrong = |what: &str, own: &str, given: &str| {
        Failure::message(format!("{origin}: its {what} is {own}, and --{what} says {given}"))
    };
    if let Some(given) = &arguments.name {
        match secret.name() {
            Some(own) if own != given => return Err(wrong("name", own, given)),
            Some(_) => {}
            None => secret.set_name(given),
        }
    }
    if let Some(given) = &arguments.namespace {
        match secret.namespace() {
            Some(own) if own != given => return Err(wrong("namespace", own, given)),
            Some(_) => {}
            None => secret.set_namespace(given),
        }
    }
    match secret.name() {
        Some(name) => names::check_name(name).map_err(|error| refused(origin, error))?,
        None => return Err(Failure::message(format!("{origin}: it has no name: add one, or give --name"))),
    }
    match secret.namespace() {
        Some(namespace) => names::check_namespace(namespace).map_err(|error| refused(origin, error)),
        None if scope(secret, arguments) == Scope::ClusterWide => Ok(()),
        None => Err(Failure::message(format!(
            "{origin}: it has no namespace: add one, give --namespace, or seal it with --scope cluster-wide"
        ))),
    }
}

/// Checks the keys, and that there are any.
fn check_values(origin: &str, secret: &Secret, arguments: &SealArguments) -> Result<(), Failure> {
    check_keys(origin, secret)?;
    if secret.is_empty() && !arguments.allow_empty_data {
        return Err(Failure::message(format!(
            "{origin}: there is no value in it: --allow-empty-data seals it all the same"
        )));
    }
    Ok(())
}

fn check_keys(origin: &str, secret: &Secret) -> Result<(), Failure> {
    secret.data().try_for_each(|(key, _)| names::check_key(key)).map_err(|error| refused(origin, error))
}

fn refused(origin: &str, error: NameError) -> Failure {
    Failure::because(format!("the API server would refuse {origin}"), error)
}

fn scope(secret: &Secret, arguments: &SealArguments) -> Scope {
    arguments.scope.map_or_else(|| secret.scope(), Scope::from)
}

fn wrong_argument(error: NameError) -> Failure {
    Failure::from(error).with_code(USAGE)
}
