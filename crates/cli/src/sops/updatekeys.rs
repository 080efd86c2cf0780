//! `sops updatekeys`.

use std::ffi::OsStr;

use sealkit::sops::{Config, EncryptedFile, KeyChanges, KeyGroup};

use super::codes::FAILED;
use super::input::{Input, no_file};
use super::output::Destination;
use super::{Job, config, opened};
use crate::atomic_file::NewFile;
use crate::sops_requests::keys::prompts;
use crate::{Console, Failure};

/// `sops updatekeys FILE…`
pub(super) fn run(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let config = config::load(job, console)?;
    let config = config.ok_or_else(|| {
        Failure::message("there is no .sops.yaml here, and it says which keys files get").with_code(FAILED)
    })?;
    match job.words {
        [] => Err(no_file("name the files to update")),
        [file] => update(file, &config, job, console),
        files => {
            let mut failed = 0;
            for file in files {
                if let Err(failure) = update(file, &config, job, console) {
                    failed += 1;
                    _ = failure.report(console);
                }
            }
            if failed == 0 { Ok(()) } else { Err(Failure::told(FAILED)) }
        }
    }
}

fn update(file: &OsStr, config: &Config, job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let input = Input::named(Some(file), job.values)?;
    let source = &input.source;
    let bytes = input.read(console).map_err(|failure| failure.with_code(FAILED))?;
    let encrypted = opened::parse(&input, &bytes)?;
    let rule = config.rule_for(file.as_ref()).map_err(|error| Failure::from(error).with_code(FAILED))?;
    let rule = rule.ok_or_else(|| {
        Failure::message(format!("{} has no creation rules", config.path().display())).with_code(FAILED)
    })?;
    let changes = KeyChanges::by_rule(encrypted.metadata(), rule);
    let threshold = changes.new_threshold;
    if let Some(wanted) = rule.shamir_threshold.filter(|wanted| Some(*wanted) != threshold) {
        console.warn(format_args!(
            "{source}: the rule's shamir_threshold {wanted} is for new files; `sops groups` changes that of a file"
        ));
    }
    if changes.is_empty() {
        console.note(format_args!("{source}: up to date"));
        return Ok(());
    }
    console.note(format_args!("{source}: the file's keys are going to change:"));
    show(&changes, console);
    if !job.values.switch("yes") && !consents(console)? {
        console.note(format_args!("{source}: left as it was"));
        return Ok(());
    }
    let text = with_groups(&encrypted, &rule.key_groups, threshold, &input, job, console)?;
    Destination::File(file.into())
        .write(text.as_bytes(), NewFile::Shared, &input, console)
        .map_err(|failure| failure.with_code(FAILED))?;
    console.note(format_args!("{source}: updated"));
    Ok(())
}

/// The file for other key groups. Its values stay as they are.
///
/// # Errors
/// Exit code 128 if no key opens the file, 1 if the data key can't be wrapped for the groups.
pub(super) fn with_groups(
    encrypted: &EncryptedFile,
    groups: &[KeyGroup],
    threshold: Option<u8>,
    input: &Input,
    job: &Job<'_>,
    console: &mut Console<'_>,
) -> Result<String, Failure> {
    let failed = |error| {
        Failure::because(format!("could not change the keys of {}", input.source), error).with_code(FAILED)
    };
    let key = opened::open(encrypted, input, job.values, console)?;
    let metadata =
        encrypted.metadata().with_key_groups(groups, threshold, &key, &prompts(console)).map_err(failed)?;
    let text = encrypted.with_metadata(&metadata);
    text.map_err(|error| {
        Failure::because(format!("could not change the keys of {}", input.source), error).with_code(FAILED)
    })
}

fn show(changes: &KeyChanges, console: &mut Console<'_>) {
    match (changes.old_threshold, changes.new_threshold) {
        (Some(old), Some(new)) if old == new => console.note(format_args!("  shamir_threshold: {new}")),
        (old, new) => {
            if let Some(new) = new {
                console.note(format_args!("+ shamir_threshold: {new}"));
            }
            if let Some(old) = old {
                console.note(format_args!("- shamir_threshold: {old}"));
            }
        }
    }
    for (index, group) in changes.groups.iter().enumerate() {
        console.note(format_args!("Group {}", index + 1));
        for (sign, keys) in [(' ', &group.kept), ('+', &group.added), ('-', &group.removed)] {
            for key in keys {
                console.note(format_args!("{sign}   {} {}", key.kind(), key.name()));
            }
        }
    }
}

/// Asks until somebody answers y or n.
fn consents(console: &mut Console<'_>) -> Result<bool, Failure> {
    loop {
        console.ask("Change them? (y/n) ");
        match line(console)?.as_deref().map(str::trim) {
            Some("y") => return Ok(true),
            Some("n") => return Ok(false),
            Some(_) => {}
            None => {
                return Err(Failure::message(
                    "nobody has answered: nothing was written (-y needs no answer)",
                )
                .with_code(FAILED));
            }
        }
    }
}

/// A line of standard input; `None` at its end. No more than the line is read: the next question has its own.
fn line(console: &mut Console<'_>) -> Result<Option<String>, Failure> {
    const MOST: usize = 1024;
    let mut line = Vec::new();
    let mut byte = [0];
    while console.input().read(&mut byte)? > 0 {
        if byte == *b"\n" || line.len() == MOST {
            return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
        }
        line.push(byte[0]);
    }
    Ok(if line.is_empty() { None } else { Some(String::from_utf8_lossy(&line).into_owned()) })
}
