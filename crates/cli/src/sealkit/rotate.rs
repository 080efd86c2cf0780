//! `sealkit rotate`: SOPS files under a new data key.

use clap::Args;
use sealkit::sops::DataKey;
use zeroize::Zeroizing;

use super::identities::IdentityArguments;
use super::sops_files::{FileArguments, Made};
use crate::atomic_file::NewFile;
use crate::failure::{PARTLY_FAILED, USAGE};
use crate::sops_requests::keys::{age_keys, change_recipients, data_key, prompts};
use crate::{Console, Failure};

const EXAMPLES: &str = "\
Examples:
  A new data key for every file of an application:
    sealkit rotate --in-place kubernetes/apps/web/*.sops.yaml
  Somebody joins, and somebody leaves:
    sealkit rotate --in-place --add-age age1new… --rm-age age1old… secret.sops.yaml

Whoever had the old key can still open what is in Git's history: when somebody leaves, change the secrets too.

Exit code: 0 done, 1 failed, 2 wrong command line, 3 done for some files but not for all.";

/// Encrypt SOPS files anew, under a new data key
///
/// The data key is wrapped for the recipients that the file has, and for those that are added. Every value gets a new
/// ciphertext; layout and comments stay.
#[derive(Args, PartialEq)]
#[command(after_help = EXAMPLES)]
pub(super) struct RotateArguments {
    #[command(flatten)]
    files: FileArguments,

    /// Add these age recipients, separated by commas, to the file's first key group. May be repeated
    #[arg(long, value_name = "RECIPIENT", help_heading = "Recipients")]
    add_age: Vec<String>,

    /// Take these age recipients out. May be repeated
    #[arg(long, value_name = "RECIPIENT", help_heading = "Recipients")]
    rm_age: Vec<String>,

    #[command(flatten)]
    identities: IdentityArguments,
}

pub(super) fn run(arguments: &RotateArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let added = age_keys(&arguments.add_age, "--add-age")?;
    let removed = age_keys(&arguments.rm_age, "--rm-age")?;
    if let Some(both) = added.iter().find(|key| removed.contains(key)) {
        return Err(
            Failure::message(format!("{} is to be added and taken out", both.name())).with_code(USAGE)
        );
    }
    let identities = arguments.identities.find(console)?;
    let prompts = prompts(console);
    let mut rotated = 0;
    let outcome = arguments.files.for_each("rotated", NewFile::Shared, console, |file, console| {
        let encrypted = file.parse()?;
        let source = &file.source;
        let failed = |what: &str| format!("could not {what} {source}");
        let old_key = data_key(&encrypted, source, &identities)?;
        let new_key = DataKey::generate()?;
        let mut metadata = encrypted.metadata().clone();
        let missing = change_recipients(&mut metadata, &added, &removed)
            .map_err(|failure| failure.under(failed("change the recipients of")))?;
        if let Some(name) = missing.first() {
            let failure = Failure::message(format!("{name} is not among them"));
            return Err(failure.under(failed("change the recipients of")));
        }
        metadata
            .wrap_data_key(&new_key, &prompts)
            .map_err(|error| Failure::because(failed("rotate"), error))?;
        let new = encrypted
            .rotate(&old_key, &new_key, metadata)
            .map_err(|error| Failure::because(failed("rotate"), error))?;
        for warning in &new.warnings {
            console.warn(format_args!("{source}, {warning}"));
        }
        rotated += 1;
        Ok(Made { bytes: Zeroizing::new(new.text.into_bytes()), note: Some(format!("{source}: rotated")) })
    });
    // What fails after this is the writing.
    let is_some_written = outcome.as_ref().map_or_else(|failure| failure.code() == PARTLY_FAILED, |()| true);
    if rotated > 0 && is_some_written {
        console.note("what Git's history holds can still be opened with the old keys");
    }
    outcome
}
