//! One value of a SealedSecret, changed in place.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::certificate::CertificateArguments;
use super::super::keyring;
use super::super::sealed_file::{SealedFile, TargetArguments, refuse_for_sealed, refuse_for_sops};
use super::SetArguments;
use crate::failure::USAGE;
use crate::secret_builder::names;
use crate::{Console, Failure};

/// The arguments that are for SealedSecrets only.
#[derive(Args, PartialEq)]
#[command(next_help_heading = "SealedSecrets")]
pub(super) struct SealingArguments {
    #[command(flatten)]
    target: TargetArguments,

    /// A file with private keys, as unseal takes it: a value that is there already keeps its ciphertext. May be repeated
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,

    #[command(flatten)]
    certificate: CertificateArguments,
}

impl SealingArguments {
    /// Refuses these arguments for a file that is no SealedSecret's.
    pub(super) fn refuse_for_sops(&self, file: &Path) -> Result<(), Failure> {
        self.target.refuse_for_sops(file)?;
        let given = [("--key", !self.keys.is_empty()), ("--cert", !self.certificate.is_empty())];
        refuse_for_sops(file, &given)
    }
}

/// Sets a value of a SealedSecret in `file`.
pub(super) fn set(
    arguments: &SetArguments,
    file: SealedFile,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let sealing = &arguments.sealing;
    let for_sops = [
        ("--json", arguments.value.json.is_some()),
        ("--identity", !arguments.identities.is_empty()),
        ("--document", !arguments.document.is_first()),
    ];
    refuse_for_sealed(&arguments.file, &for_sops)?;
    let key = arguments.path.as_str();
    names::check_key(key).map_err(|error| Failure::from(error).with_code(USAGE))?;
    let certificate = sealing.certificate.read(console)?;
    let keyring = keyring::read(&sealing.keys, console)?;
    let target = file.meant_by(&sealing.target)?.with_label()?;
    target.refuse_path(key)?;
    let (value, _) = arguments.value.read_bytes(key, console)?;
    target.seal([(key, value.as_slice())], &certificate, &keyring, console)
}
