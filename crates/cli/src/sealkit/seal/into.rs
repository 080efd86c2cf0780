//! `--into`: values sealed into a SealedSecret that is there already.

use std::path::Path;

use sealkit::sealed_secrets::{Certificate, Scope, SealedSecret, Secret};

use super::super::keyring;
use super::super::sealed_file::SealedFile;
use super::{Built, SealArguments, check_keys, read_unfilled};
use crate::input::{LIMIT, read_file_version};
use crate::{Console, Failure};

/// The type of a Secret that says none.
const OPAQUE: &str = "Opaque";

/// Seals the values that the arguments name into the file at `path`.
pub(super) fn run(
    arguments: &SealArguments,
    path: &Path,
    certificate: &Certificate,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let (bytes, version) = read_file_version(path, LIMIT)?;
    let file = SealedFile::parse(path, &bytes, Some(version))?;
    let keyring = keyring::read(&arguments.keys, console)?;
    let (name, namespace) = (arguments.name.as_deref(), arguments.namespace.as_deref());
    if arguments.build.is_empty() {
        let mut secrets = read_unfilled(arguments, console)?;
        let (Some((origin, secret)), 0) = (secrets.pop(), secrets.len()) else {
            return Err(Failure::usage("--into takes one Secret, and there are several in the input"));
        };
        let own = (secret.name(), secret.namespace());
        check_same(&origin, "name", own.0, name)?;
        check_same(&origin, "namespace", own.1, namespace)?;
        let target = file.target(own.0.or(name), own.1.or(namespace))?.with_label()?;
        let said = arguments.scope.map_or_else(|| secret.scope(), Scope::from);
        check_scope(path, target.sealed(), said, arguments.scope.is_some())?;
        // kubectl writes Opaque where nobody has asked for a type.
        check_type(path, target.sealed(), secret.secret_type().filter(|own| *own != OPAQUE))?;
        check_keys(&origin, &secret)?;
        if secret.is_empty() {
            return Err(Failure::message(format!("{origin}: there is no value in it")));
        }
        return target.seal(secret.data(), certificate, &keyring, console);
    }
    let target = file.target(name, namespace)?.with_label()?;
    if let Some(scope) = arguments.scope {
        check_scope(path, target.sealed(), scope.into(), true)?;
    }
    let Built { values, secret_type } = arguments.build.build(console)?;
    check_type(path, target.sealed(), secret_type.as_deref())?;
    let mut secret = Secret::new("");
    for (key, value) in values {
        secret.set(key, value);
    }
    target.seal(secret.data(), certificate, &keyring, console)
}

fn check_same(origin: &str, what: &str, own: Option<&str>, given: Option<&str>) -> Result<(), Failure> {
    match (own, given) {
        (Some(own), Some(given)) if own != given => {
            Err(Failure::message(format!("{origin}: its {what} is {own}, and --{what} says {given}")))
        }
        _ => Ok(()),
    }
}

/// `is_explicit`: strict means strict, and not that nobody has said anything.
fn check_scope(path: &Path, target: &SealedSecret, said: Scope, is_explicit: bool) -> Result<(), Failure> {
    let own = target.scope();
    if said == own || (said == Scope::Strict && !is_explicit) {
        return Ok(());
    }
    Err(Failure::message(format!(
        "the SealedSecret in {} is sealed {own}, and these values should be {said}: all values of one have its scope",
        path.display()
    )))
}

fn check_type(path: &Path, target: &SealedSecret, said: Option<&str>) -> Result<(), Failure> {
    let own = target.template().get("type").and_then(|own| own.as_str()).unwrap_or(OPAQUE);
    match said {
        Some(said) if said != own => Err(Failure::message(format!(
            "the SealedSecret in {} makes a Secret of type {own}, and these values are for one of type {said}",
            path.display()
        ))),
        _ => Ok(()),
    }
}
