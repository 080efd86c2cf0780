//! `sealkit unset`: one value of a SOPS file, taken out in place.

use std::path::PathBuf;

use clap::Args;
use sealkit::document::Edits;
use sealkit::sops::MacCheck;

use super::identities::IdentityArguments;
use super::opened::{DocumentArgument, OpenedFile, value_path};
use super::sops_files::FormatOption;
use crate::{Console, Failure};

const EXAMPLES: &str = "\
Examples:
  sealkit unset secret.sops.yaml stringData.old-password
  sealkit unset values.sops.yaml 'users[0]'

Exit code: 0 done, 1 failed (also: there is no such value), 2 wrong command line.";

/// Take one value out of a SOPS file, in place
///
/// Its key goes too, and the comments that belong to it: those on its lines and those right above.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct UnsetArguments {
    /// The SOPS file
    file: PathBuf,

    /// Where the value is: stringData.password, users[0].name, data["tls.crt"]
    path: String,

    #[command(flatten)]
    format: FormatOption,

    #[command(flatten)]
    document: DocumentArgument,

    #[command(flatten)]
    identities: IdentityArguments,
}

pub(super) fn run(arguments: &UnsetArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let path = value_path(&arguments.path)?;
    if path.steps().is_empty() {
        return Err(Failure::usage("the path is empty: name the value to take out"));
    }
    let identities = arguments.identities.find(console)?;
    let file = OpenedFile::open(&arguments.file, &arguments.format, &identities, MacCheck::Require, console)?;
    let document = file.document()?;
    let root = arguments.document.root(&document, &arguments.file)?;
    let mut edits = Edits::new(&document);
    edits.remove_at(root, &path).map_err(|error| {
        Failure::because(format!("could not take {path} out of {}", arguments.file.display()), error)
    })?;
    file.save(&edits.apply()?, console)?;
    Ok(())
}
