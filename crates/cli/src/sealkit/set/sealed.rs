//! One value of a SealedSecret, changed in place.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::certificate::CertificateArguments;
use super::super::keyring;
use super::super::sealed_file::SealedFile;
use super::SetArguments;
use crate::failure::USAGE;
use crate::secret_builder::names;
use crate::{Console, Failure};

/// The arguments that are for SealedSecrets only.
#[derive(Args)]
#[command(next_help_heading = "SealedSecrets")]
pub(super) struct SealingArguments {
    /// Which SealedSecret is meant, if there are several in the file
    #[arg(long)]
    name: Option<String>,

    /// Its namespace, if the file does not say it or there are several in the file
    #[arg(short, long)]
    namespace: Option<String>,

    /// A file with private keys, as unseal takes it: a value that is there already keeps its ciphertext. May be repeated
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,

    #[command(flatten)]
    certificate: CertificateArguments,
}

impl SealingArguments {
    /// Refuses these arguments for a file that is no SealedSecret's.
    pub(super) fn refuse_for_sops(&self, file: &Path) -> Result<(), Failure> {
        let given = [
            ("--name", self.name.is_some()),
            ("--namespace", self.namespace.is_some()),
            ("--key", !self.keys.is_empty()),
            ("--cert", !self.certificate.is_empty()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((flag, _)) => Err(Failure::usage(format!(
                "{flag} is for SealedSecrets, and there is none in {}",
                file.display()
            ))),
            None => Ok(()),
        }
    }
}

/// Sets a value of a SealedSecret in `file`.
pub(super) fn set(
    arguments: &SetArguments,
    file: SealedFile,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let sealing = &arguments.sealing;
    let shown = arguments.file.display();
    let for_sops = [
        ("--json", arguments.value.json.is_some()),
        ("--identity", !arguments.identities.is_empty()),
        ("--document", !arguments.document.is_first()),
    ];
    if let Some((flag, _)) = for_sops.iter().find(|(_, is_given)| *is_given) {
        return Err(Failure::usage(format!("{flag} is for SOPS files, and {shown} holds a SealedSecret")));
    }
    let key = arguments.path.as_str();
    names::check_key(key).map_err(|error| Failure::from(error).with_code(USAGE))?;
    let certificate = sealing.certificate.read(console)?;
    let keyring = keyring::read(&sealing.keys, console)?;
    let target = file.target(sealing.name.as_deref(), sealing.namespace.as_deref())?;
    if target.sealed().get(key).is_none()
        && let Some(meant) = without_path(key)
    {
        return Err(Failure::usage(format!(
            "{key} is a path, and a value of a SealedSecret goes by its key alone: {meant}"
        )));
    }
    let (value, _) = arguments.value.read_bytes(key, console)?;
    target.seal([(key, value.as_slice())], &certificate, &keyring, console)
}

/// What follows the path to a Secret's or a SealedSecret's values, as somebody may write it who is used to SOPS files.
fn without_path(key: &str) -> Option<&str> {
    ["spec.encryptedData.", "encryptedData.", "stringData."].iter().find_map(|path| key.strip_prefix(path))
}
