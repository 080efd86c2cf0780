//! `sealkit decrypt`: SOPS files become plain files again.

use clap::{Args, ValueEnum};
use sealkit::document::{Format, Schema, Value, to_json, to_yaml};
use sealkit::sops::{MacCheck, Plaintext};
use zeroize::Zeroizing;

use super::identities::{IdentityArguments, data_key};
use super::sops_files::FileArguments;
use crate::atomic_file::NewFile;
use crate::{Console, Failure};

const EXAMPLES: &str = "\
Examples:
  Read a file:
    sealkit decrypt secret.sops.yaml
  Hand it to a cluster, and to nothing else:
    sealkit decrypt secret.sops.yaml | kubectl apply -f -
  Decrypt files where they are:
    sealkit decrypt --in-place kubernetes/apps/*/*.sops.yaml

Exit code: 0 done, 1 failed, 2 wrong command line, 3 done for some files but not for all.";

/// Decrypt SOPS files
///
/// What sealkit encrypted comes back byte for byte. A file is only written if all of it is authentic.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DecryptArguments {
    #[command(flatten)]
    files: FileArguments,

    /// Print the values as json or yaml, without comments and layout [default: the file as it is]
    #[arg(
        long,
        value_name = "FORMAT",
        hide_possible_values = true,
        conflicts_with = "in_place",
        help_heading = "Input and output"
    )]
    output_format: Option<TreeFormat>,

    /// Decrypt a file whose message authentication code does not match: somebody may have moved, changed or removed values
    #[arg(long)]
    ignore_mac: bool,

    #[command(flatten)]
    identities: IdentityArguments,
}

/// A format for plain trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TreeFormat {
    Json,
    Yaml,
}

pub(super) fn run(arguments: &DecryptArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let identities = arguments.identities.find(console)?;
    let check = if arguments.ignore_mac { MacCheck::Ignore } else { MacCheck::Require };
    arguments.files.for_each("decrypted", NewFile::Private, console, |file, console| {
        let source = &file.source;
        let encrypted = file.parse()?;
        let key = data_key(&encrypted, source, &identities)?;
        let plaintext = encrypted
            .decrypt_with(&key, check)
            .map_err(|error| Failure::because(format!("could not decrypt {source}"), error))?;
        for warning in plaintext.warnings() {
            console.warn(format_args!("{source}, {warning}"));
        }
        match arguments.output_format {
            Some(format) if !is_already(&plaintext, format) => {
                let mut text = reprinted(&plaintext, format)
                    .map_err(|failure| failure.under(format!("could not print {source}")))?;
                Ok(Zeroizing::new(std::mem::take(&mut *text).into_bytes()).into())
            }
            _ => Ok(plaintext.into_bytes().into()),
        }
    })
}

fn is_already(plaintext: &Plaintext, format: TreeFormat) -> bool {
    matches!(
        (plaintext.format(), format),
        (Format::Json, TreeFormat::Json) | (Format::Yaml, TreeFormat::Yaml)
    )
}

fn reprinted(plaintext: &Plaintext, format: TreeFormat) -> Result<Zeroizing<String>, Failure> {
    let document = plaintext.document()?;
    let values: Vec<Value> =
        document.roots().map(|root| root.value(Schema::GoYaml3)).collect::<Result<_, _>>()?;
    match (format, values.as_slice()) {
        (TreeFormat::Json, [value]) => Ok(to_json(value)),
        (TreeFormat::Json, values) => Err(Failure::message(format!(
            "JSON holds one document, and there are {} in this file",
            values.len()
        ))),
        (TreeFormat::Yaml, values) => {
            let parts: Vec<_> = values.iter().map(to_yaml).collect();
            let mut text =
                Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len() + 4).sum()));
            for part in &parts {
                if !text.is_empty() {
                    text.push_str("---\n");
                }
                text.push_str(part);
            }
            Ok(text)
        }
    }
}
