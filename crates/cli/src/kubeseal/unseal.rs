//! `--recovery-unseal`: SealedSecrets opened with the private keys themselves.

use ::sealkit::document::Value;
use ::sealkit::sealed_secrets::{Hints, Keyring, SealedSecret};

use super::flags::Flags;
use super::input;
use super::notices::Notices;
use super::output::{self, OutputFormat};
use crate::atomic_file::NewFile;
use crate::{Console, Failure};

/// Opens every SealedSecret in the input, or none if one of them can't be opened.
pub(super) fn run(flags: &Flags, notices: &mut Notices, console: &mut Console<'_>) -> Result<(), Failure> {
    let format = OutputFormat::asked_for(flags)?.unwrap_or(OutputFormat::Json);
    let keyring = keyring(flags, notices)?;
    let (name, text) = input::text(flags, console)?;
    let sealed = SealedSecret::parse_all(text.as_bytes())
        .map_err(|error| Failure::because(format!("could not read SealedSecrets from {name}"), error))?;
    if sealed.is_empty() {
        return Err(Failure::message(format!("no SealedSecret in {name}")));
    }
    let mut secrets = Vec::new();
    for resource in &sealed {
        let secret = resource.unseal_with_hints(&keyring, &hints(flags, resource)).map_err(|error| {
            let shown = resource.name().unwrap_or("without a name");
            Failure::because(format!("could not open the SealedSecret {shown:?}"), error)
        })?;
        secrets.push(format.of_secret(&secret));
    }
    let text = output::joined(&secrets);
    output::write(flags.sealed_secret_file.as_deref(), text.as_bytes(), NewFile::Private, console)
}

/// What a value that does not open may have been sealed for: the names that the command line and the template give.
fn hints(flags: &Flags, sealed: &SealedSecret) -> Hints {
    let metadata = sealed.template().get("metadata").and_then(Value::as_mapping);
    let in_template = |field| metadata.and_then(|metadata| metadata.get(field)).and_then(Value::as_str);
    let mut hints = Hints::default();
    hints.names.extend(in_template("name").into_iter().chain(flags.name.as_deref()).map(str::to_owned));
    hints
        .namespaces
        .extend(in_template("namespace").into_iter().chain(flags.namespace.as_deref()).map(str::to_owned));
    hints
}

/// The keys in all files of `--recovery-private-key`.
fn keyring(flags: &Flags, notices: &mut Notices) -> Result<Keyring, Failure> {
    if flags.recovery_private_key.is_empty() {
        return Err(Failure::message(
            "--recovery-unseal needs a private key: name its file with --recovery-private-key",
        ));
    }
    let mut keyring = Keyring::new();
    let mut without_keys = Vec::new();
    for file in &flags.recovery_private_key {
        match Keyring::parse(input::decoded(input::file(file)?)) {
            Ok(found) => {
                for skipped in found.skipped() {
                    notices.warn(format!("{file}: {skipped}"));
                }
                keyring.append(found);
            }
            // The keys in the other files may do.
            Err(error) => without_keys.push((file, error)),
        }
    }
    let mut without_keys = without_keys.into_iter();
    if keyring.keys().is_empty()
        && let Some((file, error)) = without_keys.next()
    {
        return Err(Failure::because(format!("no private key in {file}"), error));
    }
    for (file, error) in without_keys {
        notices.warn(format!("no private key in {file}: {error}"));
    }
    Ok(keyring)
}
