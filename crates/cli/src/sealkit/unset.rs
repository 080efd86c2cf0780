//! `sealkit unset`: one value of a SOPS file or a SealedSecret, taken out in place.

use std::path::PathBuf;

use clap::Args;
use sealkit::document::Edits;
use sealkit::sops::MacCheck;

use super::identities::IdentityArguments;
use super::opened::{DocumentArgument, OpenedFile, value_path};
use super::sealed_file::{SealedFile, TargetArguments, refuse_for_sealed};
use super::sops_files::{FormatOption, SopsFile};
use crate::{Console, Failure};

const EXAMPLES: &str = "\
Examples:
  sealkit unset secret.sops.yaml stringData.old-password
  sealkit unset values.sops.yaml 'users[0]'
  A value of a SealedSecret, by its key; that takes no key and no certificate:
    sealkit unset sealed-secret.yaml old-password

Exit code: 0 done, 1 failed (also: there is no such value), 2 wrong command line.";

/// Take one value out of a SOPS file or of a SealedSecret, in place
///
/// Its key goes too, and the comments that belong to it: those on its lines and those right above.
#[derive(Args, PartialEq)]
#[command(after_help = EXAMPLES)]
pub(super) struct UnsetArguments {
    /// The SOPS file, or the file with the SealedSecret
    file: PathBuf,

    /// Where the value is: stringData.password, users[0].name, data["tls.crt"]; in a SealedSecret its key alone: password
    path: String,

    #[command(flatten)]
    format: FormatOption,

    #[command(flatten)]
    document: DocumentArgument,

    #[command(flatten)]
    identities: IdentityArguments,

    #[command(flatten)]
    target: TargetArguments,
}

pub(super) fn run(arguments: &UnsetArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let file = SopsFile::read(&arguments.file, &arguments.format, console)?;
    match SealedFile::recognise(&arguments.file, &file.bytes, file.version.as_ref())? {
        Some(sealed) => unset_sealed(arguments, sealed),
        None => unset(arguments, file, console),
    }
}

/// Takes a value out of a SealedSecret.
fn unset_sealed(arguments: &UnsetArguments, file: SealedFile) -> Result<(), Failure> {
    let for_sops =
        [("--identity", !arguments.identities.is_empty()), ("--document", !arguments.document.is_first())];
    refuse_for_sealed(&arguments.file, &for_sops)?;
    let target = file.meant_by(&arguments.target)?;
    target.refuse_path(&arguments.path)?;
    target.remove(&arguments.path)
}

/// Takes a value out of a SOPS file.
fn unset(arguments: &UnsetArguments, file: SopsFile, console: &mut Console<'_>) -> Result<(), Failure> {
    arguments.target.refuse_for_sops(&arguments.file)?;
    let path = value_path(&arguments.path)?;
    if path.steps().is_empty() {
        return Err(Failure::usage("the path is empty: name the value to take out"));
    }
    let identities = arguments.identities.find(console)?;
    let file = OpenedFile::of(file, &arguments.file, &identities, MacCheck::Require, console)?;
    let document = file.document()?;
    let root = arguments.document.root(&document, &arguments.file)?;
    let mut edits = Edits::new(&document);
    edits.remove_at(root, &path).map_err(|error| {
        Failure::because(format!("could not take {path} out of {}", arguments.file.display()), error)
    })?;
    file.save(&edits.apply()?, console)?;
    Ok(())
}
