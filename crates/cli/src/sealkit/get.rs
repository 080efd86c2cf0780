//! `sealkit get`: one value of a SOPS file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sealkit::document::{ConversionError, Format, Mapping, Schema, Value, convert, to_json, to_yaml};
use sealkit::sops::MacCheck;
use zeroize::Zeroizing;

use super::identities::IdentityArguments;
use super::opened::{DocumentArgument, OpenedFile, value_path};
use super::sops_files::FormatOption;
use crate::{Console, Failure};

const EXAMPLES: &str = "\
Examples:
  A password, for another program:
    PGPASSWORD=\"$(sealkit get secret.sops.yaml stringData.password)\" psql
  Keys with dots in them, and lists:
    sealkit get secret.sops.yaml 'data[\"tls.crt\"]'
    sealkit get values.sops.yaml 'users[0].name'
    sealkit get values.sops.yaml '[\"users\"][0][\"name\"]'     (as sops writes it)

A single value is printed as it is, without quotes, and without a newline unless it goes to a terminal.
Lists and mappings are printed in the file's format, without comments.

Exit code: 0 done, 1 failed (also: there is no such value), 2 wrong command line.";

/// Print one value of a SOPS file
#[derive(Args, PartialEq)]
#[command(after_help = EXAMPLES)]
pub(super) struct GetArguments {
    /// The SOPS file
    file: PathBuf,

    /// Where the value is: stringData.password, users[0].name, data["tls.crt"]
    path: String,

    /// Print it as json or yaml, single values too
    #[arg(short, long, value_name = "FORMAT", hide_possible_values = true)]
    output_format: Option<TreeFormat>,

    #[command(flatten)]
    format: FormatOption,

    #[command(flatten)]
    document: DocumentArgument,

    /// Decrypt a file whose message authentication code does not match
    #[arg(long)]
    ignore_mac: bool,

    #[command(flatten)]
    identities: IdentityArguments,
}

/// A format for plain trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TreeFormat {
    Json,
    Yaml,
}

pub(super) fn run(arguments: &GetArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let path = value_path(&arguments.path)?;
    let identities = arguments.identities.find(console)?;
    let check = if arguments.ignore_mac { MacCheck::Ignore } else { MacCheck::Require };
    let file = OpenedFile::open(&arguments.file, &arguments.format, &identities, check, console)?;
    let document = file.document()?;
    let node =
        arguments.document.root(&document, &arguments.file)?.at(&path).map_err(|error| {
            Failure::because(format!("no such value in {}", arguments.file.display()), error)
        })?;
    let value = node.value(Schema::GoYaml3)?;
    let tree = match (arguments.output_format, document.format()) {
        (Some(TreeFormat::Json), _) | (None, Format::Json) => to_json(&value),
        _ => to_yaml(&value),
    };
    if let (None, Format::Dotenv | Format::Ini, Value::Mapping(_)) =
        (arguments.output_format, document.format(), &value)
    {
        let lines = lines(value, document.format(), path.steps().is_empty());
        return Ok(console.print(&lines?)?);
    }
    if arguments.output_format.is_some() || matches!(value, Value::Mapping(_) | Value::Sequence(_)) {
        return Ok(console.print(tree.as_bytes())?);
    }
    let bytes = match &value {
        Value::String(text) => Zeroizing::new(text.as_bytes().to_vec()),
        Value::Bytes(bytes) => bytes.clone(),
        _ => Zeroizing::new(tree.trim_end().as_bytes().to_vec()),
    };
    console.print(&bytes)?;
    if console.output_is_terminal() && !bytes.ends_with(b"\n") {
        console.print(b"\n")?;
    }
    Ok(())
}

/// A whole file of lines, or a section of one, as such lines.
fn lines(value: Value, format: Format, is_whole: bool) -> Result<Zeroizing<Vec<u8>>, ConversionError> {
    // The section of that name needs no header.
    let file = if is_whole { value } else { [("DEFAULT", value)].into_iter().collect::<Mapping>().into() };
    convert(to_json(&file).as_bytes(), Format::Json, format, None)
}
