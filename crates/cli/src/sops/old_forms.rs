//! The command line without a command: `sops -d FILE`, `sops -e`, `sops -r`, `sops --set`, and `sops FILE`, which edits.

use super::input::{Input, no_file};
use super::output::Destination;
use super::{Job, decrypt, edit, encrypt, rotate, set};
use crate::atomic_file::NewFile;
use crate::{Console, Failure};

/// `sops [FLAGS] FILE`
pub(super) fn run(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let file =
        job.file(console).ok_or_else(|| no_file("name the file to work on, or a command; see --help"))?;
    let input = Input::named(Some(file), job.values)?;
    let destination = Destination::of(job, &input)?;
    rotate::refuse_keys_for_nothing(job, &input)?;
    let (encrypts, decrypts, rotates) =
        (job.values.switch("encrypt"), job.values.switch("decrypt"), job.values.switch("rotate"));
    let assignment = job.values.text("set")?;
    if encrypts || decrypts || rotates {
        input.must_exist()?;
    }
    let chosen = [encrypts, decrypts, rotates, assignment.is_some()];
    if chosen.iter().filter(|chosen| **chosen).count() > 1 {
        console.warn("of --encrypt, --decrypt, --rotate and --set only the last one in this order is done");
    }
    if let Some(assignment) = assignment {
        let text = set::old_form(assignment, job, &input, console)?;
        return set::write(text, &input, console);
    }
    if rotates {
        let text = rotate::rotated(job, &input, console)?;
        return destination.write(text.as_bytes(), NewFile::Shared, &input, console);
    }
    if decrypts {
        let plaintext = decrypt::decrypted(job, &input, console)?;
        return destination.write(&plaintext, NewFile::Private, &input, console);
    }
    if encrypts {
        let text = encrypt::encrypted(job, &input, console)?;
        return destination.write(text.as_bytes(), NewFile::Shared, &input, console);
    }
    edit::edit(job, input, console)
}
