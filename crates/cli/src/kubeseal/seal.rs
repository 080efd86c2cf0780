//! Sealing: Secrets in, SealedSecrets out.

use ::sealkit::sealed_secrets::{Certificate, Scope, SealedSecret, Secret};

use super::flags::Flags;
use super::notices::Notices;
use super::output::{self, OutputFormat};
use super::{input, kubeconfig};
use crate::atomic_file::NewFile;
use crate::{Console, Failure};

/// Seals every Secret in the input, or none if one of them can't be sealed.
pub(super) fn run(
    flags: &Flags,
    certificate: &Certificate,
    notices: &mut Notices,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let format = OutputFormat::asked_for(flags)?.unwrap_or(OutputFormat::Json);
    let mut sealed = Vec::new();
    for mut secret in secrets(flags, notices, console)? {
        if let Some(name) = &flags.name {
            secret.set_name(name);
        }
        let scope = if flags.scope == Scope::Strict { secret.scope() } else { flags.scope };
        give_namespace(&mut secret, scope, flags, console)?;
        let resource = SealedSecret::seal(&secret, certificate, scope)
            .map_err(|error| Failure::because(format!("could not seal {}", shown(&secret)), error))?;
        sealed.push(format.of_sealed(&resource));
    }
    output::write(
        flags.sealed_secret_file.as_deref(),
        output::joined(&sealed).as_bytes(),
        NewFile::PrivateIfNew,
        console,
    )
}

/// The Secrets in the input. There is at least one, and none is empty unless that is allowed.
pub(super) fn secrets(
    flags: &Flags,
    notices: &mut Notices,
    console: &mut Console<'_>,
) -> Result<Vec<Secret>, Failure> {
    let (name, text) = input::text(flags, console)?;
    let secrets = Secret::parse_all(text.as_bytes())
        .map_err(|error| Failure::because(format!("could not read Secrets from {name}"), error))?;
    if secrets.is_empty() {
        return Err(Failure::message(format!("no Secret in {name}")));
    }
    for secret in &secrets {
        if secret.is_empty() && !flags.allow_empty_data {
            return Err(Failure::message(format!(
                "{} holds no data: if that is meant, use --allow-empty-data",
                shown(secret)
            )));
        }
        for conversion in secret.conversions() {
            notices.warn(format!("{name}: {conversion}"));
        }
    }
    Ok(secrets)
}

/// Puts a Secret without a namespace into that of `--namespace` or the kubeconfig; one for the whole cluster needs none.
///
/// # Errors
/// When nothing gives a namespace, or the Secret has another one than `--namespace` says.
pub(super) fn give_namespace(
    secret: &mut Secret,
    scope: Scope,
    flags: &Flags,
    console: &Console<'_>,
) -> Result<(), Failure> {
    if scope == Scope::ClusterWide {
        return Ok(());
    }
    match (secret.namespace(), &flags.namespace) {
        (Some(own), Some(asked_for)) if own != asked_for => Err(Failure::message(format!(
            "{} is in the namespace {own:?}, and --namespace says {asked_for:?}",
            shown(secret)
        ))),
        (Some(_), _) => Ok(()),
        (None, Some(asked_for)) => {
            secret.set_namespace(asked_for);
            Ok(())
        }
        (None, None) => match kubeconfig::namespace(&flags.cluster, &console.environment) {
            Ok(namespace) => {
                secret.set_namespace(namespace);
                Ok(())
            }
            Err(error) => Err(Failure::because(
                format!("{} has no namespace: give it one with --namespace", shown(secret)),
                error,
            )),
        },
    }
}

/// A Secret as a message names it.
pub(super) fn shown(secret: &Secret) -> String {
    let place = secret.place();
    match (secret.name(), place.document.or(place.item)) {
        (Some(name), _) => format!("the Secret {name:?}"),
        (None, Some(_)) => format!("the Secret without a name ({place})"),
        (None, None) => "the Secret".to_owned(),
    }
}
