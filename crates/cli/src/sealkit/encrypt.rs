//! `sealkit encrypt`: files become SOPS files.

use clap::Args;
use sealkit::sops::{DataKey, FileError, WhenNothingSelected, encrypt_file_as};

use zeroize::Zeroizing;

use super::rule::{RuleArguments, Rules};
use super::sops_files::{FileArguments, Made, OutputFormatOption, SopsFile};
use crate::atomic_file::NewFile;
use crate::input::LIMIT;
use crate::sops_requests::keys::prompts;
use crate::{Console, Failure};

const EXAMPLES: &str = "\
Examples:
  Encrypt a file where it is, as the repository's .sops.yaml says:
    sealkit encrypt --in-place kubernetes/apps/web/secret.sops.yaml
  Encrypt the values of a Kubernetes Secret, and leave the rest readable:
    sealkit encrypt --age age1… --encrypted-regex '^(data|stringData)$' secret.yaml > secret.sops.yaml
  Encrypt what another program prints:
    kubectl create secret generic app --from-literal user=app --dry-run=client -o yaml |
      sealkit encrypt --filename kubernetes/apps/web/app.sops.yaml > kubernetes/apps/web/app.sops.yaml

Exit code: 0 done, 1 failed, 2 wrong command line, 3 done for some files but not for all.";

/// Encrypt the values in files, as sops does
///
/// Comments, order and layout stay as they are: only values and comments are replaced, and a block with the keys is added
/// at the end. sops reads the result.
#[derive(Args, PartialEq)]
#[command(after_help = EXAMPLES)]
pub(super) struct EncryptArguments {
    #[command(flatten)]
    files: FileArguments,

    #[command(flatten)]
    output: OutputFormatOption,

    #[command(flatten)]
    rule: RuleArguments,

    /// Write a file even if nothing in it would be encrypted
    #[arg(long, help_heading = "Recipients and rules")]
    allow_nothing_encrypted: bool,
}

pub(super) fn run(arguments: &EncryptArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let mut rules = arguments.rule.rules(console)?;
    arguments.files.for_each("encrypted", NewFile::Shared, console, |file, console| {
        if file.is_of_unknown_kind {
            return Err(Failure::usage(
                "standard input may be of any format: say which by --format, or give a --filename",
            ));
        }
        encrypt(file, arguments, &mut rules, console)
    })
}

fn encrypt(
    file: &SopsFile,
    arguments: &EncryptArguments,
    rules: &mut Rules,
    console: &mut Console<'_>,
) -> Result<Made, Failure> {
    let when_nothing = if arguments.allow_nothing_encrypted {
        WhenNothingSelected::Allow
    } else {
        WhenNothingSelected::Refuse
    };
    let source = &file.source;
    let data_key = DataKey::generate()?;
    let mut metadata = rules.metadata(file.name.as_deref(), console)?;
    metadata
        .wrap_data_key(&data_key, &prompts(console))
        .map_err(|error| Failure::because(format!("could not encrypt {source}"), error))?;
    let formats = (file.format, arguments.output.or(file.format));
    let encrypted = encrypt_file_as(&file.bytes, formats, None, metadata, &data_key, when_nothing);
    // What is written can be read again.
    let encrypted = encrypted.and_then(|encrypted| encrypted.within(LIMIT)).map_err(|error| {
        let advice = match error {
            FileError::NothingEncrypted { .. } => "; --allow-nothing-encrypted writes it all the same",
            _ => "",
        };
        Failure::because(format!("could not encrypt {source}{advice}"), error)
    })?;
    for warning in &encrypted.warnings {
        console.warn(format_args!("{source}, {warning}"));
    }
    Ok(Zeroizing::new(encrypted.text.into_bytes()).into())
}
