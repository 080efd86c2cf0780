//! `sealkit reseal`: the same values, sealed to a new certificate, in the files where they are.

use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;
use sealkit::sealed_secrets::{Certificate, Keyring};

use super::certificate::CertificateArguments;
use super::keyring::KeyArguments;
use crate::atomic_file::{self, NewFile};
use crate::failure::{FAILED, PARTLY_FAILED};
use crate::input::{LIMIT, Text, read_file_version};
use crate::{Console, Failure};

mod edit;
mod walk;

use edit::Resealed;
use walk::Candidate;

const EXAMPLES: &str = "\
Examples:
  See what would change in a repository:
    sealkit reseal --key old-keys.yaml --cert new-pub.pem --dry-run .
  Do it:
    sealkit reseal --key old-keys.yaml --cert new-pub.pem .

Exit code: 0 done, 1 failed, 2 wrong command line, 3 done for some files but not for all.";

/// Seal the values in SealedSecrets again, to a new certificate
///
/// Opens each value with the old private keys and seals it to the new certificate, in place and without a cluster.
/// Nothing else in a file changes: not its layout, not its comments, and not a value that is sealed to the new
/// certificate already, if that one's private key is among the --key files too. A file in which anything can't be opened is named and left as it is.
#[derive(Args, PartialEq)]
#[command(after_help = EXAMPLES)]
pub(super) struct ResealArguments {
    /// Files, and directories with .yaml, .yml and .json files in them; what Git ignores is left out
    #[arg(required = true, value_name = "FILES|DIRS")]
    paths: Vec<PathBuf>,

    /// The namespace of SealedSecrets that name none, such as those to which Flux or Kustomize gives one
    #[arg(short, long)]
    namespace: Option<String>,

    /// Say what would change, and write nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    keys: KeyArguments,

    #[command(flatten)]
    certificate: CertificateArguments,
}

pub(super) fn run(arguments: &ResealArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let certificate = arguments.certificate.read(console)?;
    let keyring = arguments.keys.read(console)?;
    let (candidates, errors) = walk::files(&arguments.paths);
    let mut summary = Summary { failed: errors.len(), ..Summary::default() };
    for error in &errors {
        console.error(error);
    }
    let outcomes: Vec<_> =
        candidates.par_iter().map(|candidate| reseal(candidate, arguments, &keyring, &certificate)).collect();
    for (candidate, outcome) in candidates.iter().zip(outcomes) {
        summary.count(candidate, outcome, arguments.dry_run, console);
    }
    summary.tell(arguments.dry_run, console);
    match (summary.failed, summary.changed + summary.unchanged) {
        (0, 0) => Err(Failure::message("there is no SealedSecret in these files")),
        (0, _) => Ok(()),
        (_, 0) => Err(Failure::told(FAILED)),
        (_, _) => Err(Failure::told(PARTLY_FAILED)),
    }
}

/// What became of a file.
enum Outcome {
    /// There is no SealedSecret in it.
    Nothing,
    Resealed(Resealed),
}

fn reseal(
    candidate: &Candidate,
    arguments: &ResealArguments,
    keyring: &Keyring,
    certificate: &Certificate,
) -> Result<Outcome, Failure> {
    let path = &candidate.path;
    let (bytes, version) = read_file_version(path, LIMIT)?;
    let text = match Text::decode(&bytes) {
        Ok(text) if text.text.contains("SealedSecret") => text,
        // What is no text is no manifest; a file that somebody names should be one.
        Err(error) if candidate.named => return Err(error.into()),
        _ => return Ok(Outcome::Nothing),
    };
    let Some(resealed) = edit::reseal(&text.text, arguments.namespace.as_deref(), keyring, certificate)?
    else {
        return Ok(Outcome::Nothing);
    };
    if let Some(new) = &resealed.text
        && !arguments.dry_run
    {
        atomic_file::update(path, &text.encode(new), NewFile::Shared, Some(&version))?;
    }
    Ok(Outcome::Resealed(resealed))
}

#[derive(Default)]
struct Summary {
    changed: usize,
    changed_values: usize,
    failed: usize,
    unchanged: usize,
}

impl Summary {
    fn count(
        &mut self,
        candidate: &Candidate,
        outcome: Result<Outcome, Failure>,
        dry_run: bool,
        console: &mut Console<'_>,
    ) {
        let path = candidate.path.display();
        match outcome {
            Ok(Outcome::Nothing) if candidate.named => {
                console.warn(format_args!("{path}: there is no SealedSecret in it"));
            }
            Ok(Outcome::Nothing) => {}
            Ok(Outcome::Resealed(Resealed { changed: 0, .. })) => self.unchanged += 1,
            Ok(Outcome::Resealed(Resealed { changed, .. })) => {
                self.changed += 1;
                self.changed_values += changed;
                let verb = if dry_run { "would be resealed" } else { "resealed" };
                console.note(format_args!("{path}: {} {verb}", counted(changed, "value")));
            }
            Err(failure) => {
                self.failed += 1;
                let _ = failure.under(format!("could not reseal {path}")).report(console);
            }
        }
    }

    fn tell(&self, dry_run: bool, console: &mut Console<'_>) {
        let verb = if dry_run { "would be resealed" } else { "resealed" };
        console.note(format_args!(
            "{} in {} {verb}, {} unchanged, {} failed",
            counted(self.changed_values, "value"),
            counted(self.changed, "file"),
            self.unchanged,
            self.failed
        ));
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
