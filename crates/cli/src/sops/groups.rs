//! `sops groups add` and `sops groups delete`.

use sealkit::sops::KeyGroup;

use super::codes::FAILED;
use super::input::Input;
use super::output::Destination;
use super::updatekeys::with_groups;
use super::{Job, config, later, opened};
use crate::atomic_file::NewFile;
use crate::{Console, Failure};

/// `sops groups add --file FILE --age RECIPIENT…`
pub(super) fn add(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    if !job.words.is_empty() {
        return Err(failed("groups add takes no words: the file is named by --file"));
    }
    later::refuse_other_keys(job)?;
    let lists = job
        .values
        .list("age")
        .iter()
        .map(|list| list.to_str().ok_or_else(|| failed("the value of -age is not valid UTF-8")));
    let keys = config::age_keys(&lists.collect::<Result<Vec<_>, _>>()?, "--age")?;
    if keys.is_empty() {
        return Err(failed("a key group needs a key: give --age"));
    }
    change(job, console, |groups| {
        groups.push(KeyGroup::new(keys));
        Ok(())
    })
}

/// `sops groups delete --file FILE INDEX`
pub(super) fn delete(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let [index] = job.words else {
        return Err(failed("groups delete takes the index of one group; the first one has the index 0"));
    };
    let index: usize = index
        .to_str()
        .and_then(|index| index.parse().ok())
        .ok_or_else(|| failed("the index of a group is a number; the first one has the index 0"))?;
    change(job, console, |groups| {
        if index >= groups.len() {
            return Err(failed(format!(
                "there is no group {index}: the file has {}, and the first is 0",
                groups.len()
            )));
        }
        groups.remove(index);
        Ok(())
    })
}

fn change(
    job: &Job<'_>,
    console: &mut Console<'_>,
    change: impl FnOnce(&mut Vec<KeyGroup>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let file = job.values.path("file").unwrap_or_default();
    let input = Input::named(Some(file.as_os_str()), job.values)?;
    let destination = Destination::of(job, &input)?;
    let given = config::threshold(job)?;
    let bytes = input.read(console)?;
    let encrypted = opened::parse(&input, &bytes)?;
    let mut groups = encrypted.metadata().key_groups.clone();
    change(&mut groups)?;
    let threshold = given.or(encrypted.metadata().shamir_threshold);
    if groups.is_empty() {
        return Err(failed("this is the file's only group: nobody could open the file without it"));
    }
    if threshold.is_some_and(|threshold| usize::from(threshold) > groups.len()) {
        return Err(failed(format!(
            "{} groups would be left, and {} are needed to open the file: give --shamir-secret-sharing-threshold",
            groups.len(),
            threshold.unwrap_or_default()
        )));
    }
    let text = with_groups(&encrypted, &groups, threshold, &input, job, console)
        .map_err(|failure| failure.with_code(FAILED))?;
    destination.write(text.as_bytes(), NewFile::Shared, &input, console)
}

fn failed(message: impl Into<String>) -> Failure {
    Failure::message(message).with_code(FAILED)
}
