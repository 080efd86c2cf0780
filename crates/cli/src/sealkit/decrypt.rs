//! `sealkit decrypt`: SOPS files become plain files again.

use clap::Args;
use sealkit::sops::MacCheck;

use super::identities::IdentityArguments;
use super::sops_files::{FileArguments, OutputFormatOption};
use crate::atomic_file::NewFile;
use crate::sops_requests::keys::data_key;
use crate::{Console, Failure};

const EXAMPLES: &str = "\
Examples:
  Read a file:
    sealkit decrypt secret.sops.yaml
  Hand it to a cluster, and to nothing else:
    sealkit decrypt secret.sops.yaml | kubectl apply -f -
  Take it as another format:
    sealkit decrypt --output-format dotenv settings.sops.yaml > .env
  Decrypt files where they are:
    sealkit decrypt --in-place kubernetes/apps/*/*.sops.yaml

Exit code: 0 done, 1 failed, 2 wrong command line, 3 done for some files but not for all.";

/// Decrypt SOPS files
///
/// What sealkit encrypted comes back byte for byte. A file is only written if all of it is authentic.
#[derive(Args, PartialEq)]
#[command(after_help = EXAMPLES)]
pub(super) struct DecryptArguments {
    #[command(flatten)]
    files: FileArguments,

    #[command(flatten)]
    output: OutputFormatOption,

    /// Decrypt a file whose message authentication code does not match: somebody may have moved, changed or removed values
    #[arg(long)]
    ignore_mac: bool,

    #[command(flatten)]
    identities: IdentityArguments,
}

pub(super) fn run(arguments: &DecryptArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let identities = arguments.identities.find(console)?;
    let check = if arguments.ignore_mac { MacCheck::Ignore } else { MacCheck::Require };
    arguments.files.for_each("decrypted", NewFile::Private, console, |file, console| {
        let encrypted = file.parse()?;
        let source = &file.source;
        let key = data_key(&encrypted, source, &identities)?;
        let plaintext = encrypted
            .decrypt_with(&key, check)
            .map_err(|error| Failure::because(format!("could not decrypt {source}"), error))?;
        for warning in plaintext.warnings() {
            console.warn(format_args!("{source}, {warning}"));
        }
        let format = arguments.output.or(plaintext.format());
        if format == plaintext.format() {
            return Ok(plaintext.into_bytes().into());
        }
        let bytes = plaintext
            .in_format(format, None)
            .map_err(|error| Failure::because(format!("could not print {source}"), error))?;
        Ok(bytes.into())
    })
}
