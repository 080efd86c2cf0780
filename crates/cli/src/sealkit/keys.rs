//! `sealkit keys`: whom a SOPS file is for, and which identity opens it.

use std::error::Error;
use std::path::PathBuf;

use clap::Args;
use sealkit::age::{Identities, Outcome, Place, SourceReport};
use sealkit::sops::{EncryptedFile, MasterKey, MasterKeyError};

use super::identities::IdentityArguments;
use super::sops_files::{FormatOption, SopsFile};
use crate::failure::chain;
use crate::{Console, Failure};

const EXAMPLES: &str = "\
Example:
  sealkit keys secret.sops.yaml

Exit code: 0 the file can be opened with what was found, 1 it can't, 2 wrong command line.";

/// Show whom a SOPS file is for, where identities were looked for, and which one opens it
///
/// Nothing secret is shown.
#[derive(Args, PartialEq)]
#[command(after_help = EXAMPLES)]
pub(super) struct KeysArguments {
    /// The SOPS file
    file: PathBuf,

    #[command(flatten)]
    format: FormatOption,

    #[command(flatten)]
    identities: IdentityArguments,
}

pub(super) fn run(arguments: &KeysArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let mut file = SopsFile::read(&arguments.file, &arguments.format, console)?;
    let encrypted = file.parse()?;
    let identities = arguments.identities.find(console)?;
    let mut text = facts(&encrypted);
    let opened = master_keys(&encrypted, &identities, &mut text);
    places(&encrypted, &identities, &mut text);
    console.print(text.as_bytes())?;
    if !opened {
        return Err(Failure::message(format!("no identity that was found opens {}", file.source)));
    }
    Ok(())
}

fn facts(file: &EncryptedFile) -> String {
    let metadata = file.metadata();
    format!(
        "Rule           {} {}\nLast modified  {}\nFormat version {}\n",
        metadata.selection.field(),
        metadata.selection.text(),
        metadata.last_modified,
        metadata.version
    )
}

/// Describes the master keys; whether enough of them open.
fn master_keys(file: &EncryptedFile, identities: &Identities, text: &mut String) -> bool {
    let groups = &file.metadata().key_groups;
    let needed = match groups.len() {
        1 => 1,
        count => file.metadata().shamir_threshold.map_or(count, usize::from),
    };
    let mut opened = 0;
    for (index, group) in groups.iter().enumerate() {
        if groups.len() == 1 {
            text.push_str("\nRecipients\n");
        } else {
            text.push_str(&format!(
                "\nRecipients, key group {} of {} ({needed} of them needed)\n",
                index + 1,
                groups.len()
            ));
        }
        let mut is_open = false;
        for key in &group.keys {
            text.push_str(&format!("  {} {}\n", key.kind(), shortened(&key.name())));
            match key.open(identities) {
                Ok(found) => {
                    is_open = true;
                    text.push_str(&format!(
                        "    opened by {}\n",
                        described(&found.place, &identities.report(&key.name()))
                    ));
                }
                Err(error) => text.push_str(&format!("    {}\n", reason(key, &error))),
            }
        }
        opened += usize::from(is_open);
    }
    opened >= needed
}

/// Why a key does not open, in one line.
fn reason(key: &MasterKey, error: &MasterKeyError) -> String {
    match (key, error) {
        (MasterKey::Foreign(_), _) => "not opened: sealkit can't use keys of this kind yet".to_owned(),
        (_, error) => {
            let causes: Vec<String> =
                chain(error as &(dyn Error + 'static)).map(ToString::to_string).collect();
            format!("not opened: {}", causes.join(": "))
        }
    }
}

/// Describes each place where identities may be.
fn places(file: &EncryptedFile, identities: &Identities, text: &mut String) {
    let recipient = file.metadata().master_keys().find(|key| matches!(key, MasterKey::Age(_)));
    let recipient = recipient.map(MasterKey::name).unwrap_or_default();
    text.push_str("\nIdentities\n");
    for report in identities.load_all(&recipient) {
        text.push_str(&format!("  {report}: {}\n", found(&report)));
        for failure in report.failures() {
            let causes: Vec<String> =
                chain(failure as &(dyn Error + 'static)).map(ToString::to_string).collect();
            text.push_str(&format!("    {}\n", causes.join(": ")));
        }
        for identity in &report.identities {
            text.push_str(&format!("    {}\n", shortened(identity)));
        }
    }
}

fn found(report: &SourceReport) -> String {
    match (report.outcome, report.identities.len()) {
        (Outcome::Found, 1) => "1 identity".to_owned(),
        (Outcome::Found, count) => format!("{count} identities"),
        (Outcome::Failed, _) => "can't be used".to_owned(),
        (Outcome::NoIdentity, _) => "holds no identity".to_owned(),
        (Outcome::NotThere, _) if report.place.variable().is_some() => "not set".to_owned(),
        (Outcome::NotThere, _) => "not there".to_owned(),
        (_, _) => "not looked at".to_owned(),
    }
}

fn described(place: &Place, reports: &[SourceReport]) -> String {
    let report = reports.iter().find(|report| report.place == *place);
    report.map_or_else(|| place.to_string(), ToString::to_string)
}

/// Recipients of post-quantum keys fill a screen.
fn shortened(recipient: &str) -> String {
    match recipient.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &recipient[..end]),
        None => recipient.to_owned(),
    }
}
