//! `sops edit FILE` and `sops FILE`.

use std::path::Path;

use sealkit::document::{Document, Format};
use sealkit::sops::{DataKey, FileError, MasterKey, Metadata, split_block, with_block};
use zeroize::Zeroizing;

use super::codes::{self, EDITOR_FAILED, FAILED, UNCHANGED, UNWRITABLE};
use super::encrypt::{encrypt, wrap};
use super::input::{Input, is_there, no_file};
use super::opened::Opened;
use super::{Job, config};
use crate::atomic_file::{self, NewFile};
use crate::input::{LIMIT, read_file, read_file_version};
use crate::sops_requests::editor::Editor;
use crate::sops_requests::keys::prompts;
use crate::sops_requests::private_directory::PrivateDirectory;
use crate::sops_requests::signals::{Signals, ask_for_enter};
use crate::{Console, Failure};

/// The variables that name an editor.
const EDITOR_VARIABLES: [&str; 2] = ["SOPS_EDITOR", "EDITOR"];

/// `sops edit FILE`
pub(super) fn run(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let file = job.file(console).ok_or_else(|| no_file("name the file to edit"))?;
    let input = Input::named(Some(file), job.values)?;
    edit(job, input, console)
}

/// Edits the file, or an example if there is none yet.
///
/// # Errors
/// With the exit codes of sops: 200 if nothing was changed, 201 if the editor failed, those of decrypting and encrypting.
pub(super) fn edit(job: &Job<'_>, input: Input, console: &mut Console<'_>) -> Result<(), Failure> {
    if input.output_format != input.format {
        console.warn("a file that is edited keeps its format: --output-type has no effect");
    }
    let input = &input.keeping_format();
    let path = input.path().ok_or_else(|| no_file("name the file to edit"))?;
    let subject = Subject::open(job, input, path, console)?;
    let editor = Editor::find(&EDITOR_VARIABLES, &console.environment)
        .map_err(|failure| failure.with_code(EDITOR_FAILED))?;
    let mut signals = Signals::watch()?;
    let directory = PrivateDirectory::create(console)?;
    let copy = directory.write(path.file_name().unwrap_or_default(), &subject.shown)?;
    let mut was_unanswered = false;
    let encrypted = loop {
        editor.open(&copy, &mut signals).map_err(|failure| match failure.code() {
            FAILED => failure.with_code(EDITOR_FAILED),
            _ => failure,
        })?;
        let edited = read_file(&copy, LIMIT)?;
        if *edited == *subject.shown {
            return Err(
                Failure::message(format!("{}: nothing was changed", path.display())).with_code(UNCHANGED)
            );
        }
        match subject.encrypt(&edited, input, console) {
            Ok(encrypted) => break encrypted,
            Err(failure) => {
                _ = failure.report(console);
                let question = "Enter opens the editor again, Ctrl-C gives up: ";
                let is_answered = wait_for_enter(question, &mut signals, console)?;
                // A script that has not mended it when it was called again would be called for ever.
                if !is_answered && was_unanswered {
                    return Err(Failure::told(failure.code()));
                }
                was_unanswered = !is_answered;
            }
        }
    };
    let found = is_there(path).then(|| read_file_version(path, LIMIT)).transpose()?;
    let (now, version) = found.unzip();
    if subject.is_outdated(now.as_deref()) {
        let message = format!("{} was changed by somebody else meanwhile", path.display());
        if !console.input_is_terminal() {
            return Err(Failure::message(format!("{message}: nothing was written")).with_code(UNWRITABLE));
        }
        console.warn(message);
        wait_for_enter("Enter writes your version over it, Ctrl-C gives up: ", &mut signals, console)?;
    }
    atomic_file::write_over(path, encrypted.as_bytes(), NewFile::Shared, version.as_ref())
        .map_err(|error| Failure::from(error).with_code(UNWRITABLE))
}

/// What is edited.
struct Subject {
    /// What the editor gets to see.
    shown: Zeroizing<Vec<u8>>,
    shows_keys: bool,
    kind: Kind,
}

enum Kind {
    Existing(Box<Opened>),
    New(Box<Metadata>, DataKey),
}

impl Subject {
    fn open(job: &Job<'_>, input: &Input, path: &Path, console: &mut Console<'_>) -> Result<Self, Failure> {
        let mut shows_keys = job.values.switch("show-master-keys");
        if shows_keys && input.format == Format::Binary {
            console.warn("a binary file has no place for its keys: --show-master-keys has no effect");
            shows_keys = false;
        }
        let shown = |plaintext: &[u8], metadata: &Metadata| -> Result<Zeroizing<Vec<u8>>, Failure> {
            if !shows_keys {
                return Ok(Zeroizing::new(plaintext.to_vec()));
            }
            let text = with_block(plaintext, input.format, metadata).map_err(|error| {
                codes::decrypting(format!("could not show the keys of {}", input.source), error)
            })?;
            Ok(Zeroizing::new(text.as_bytes().to_vec()))
        };
        if is_there(path) {
            let opened = Opened::read(input, job.values, console)?;
            let shown = shown(opened.plaintext.as_bytes(), opened.encrypted.metadata())?;
            return Ok(Self { shown, shows_keys, kind: Kind::Existing(Box::new(opened)) });
        }
        let key = DataKey::generate()?;
        let mut metadata = config::creation(job, input, console)?.metadata;
        wrap(&mut metadata, &key, input, console)?;
        let shown = shown(example(input.format).as_bytes(), &metadata)?;
        Ok(Self { shown, shows_keys, kind: Kind::New(Box::new(metadata), key) })
    }

    fn encrypt(&self, edited: &[u8], input: &Input, console: &mut Console<'_>) -> Result<String, Failure> {
        let failed =
            |error: FileError| codes::encrypting(format!("could not encrypt {}", input.source), error);
        if self.shows_keys {
            let (plaintext, metadata) = split_block(edited, input.format).map_err(failed)?;
            let plaintext = plaintext.as_bytes();
            let (original, key) = match &self.kind {
                Kind::Existing(opened) => (opened.encrypted.metadata(), &opened.key),
                Kind::New(metadata, key) => (&**metadata, key),
            };
            let is_unchanged = metadata == *original;
            let metadata = rewrapped(metadata, original, key, input, console)?;
            return match &self.kind {
                Kind::Existing(opened) if is_unchanged => opened.update(plaintext, console),
                Kind::Existing(opened) => {
                    opened.encrypt_anew(plaintext, input.format, metadata, key, console)
                }
                Kind::New(..) => encrypt(plaintext, input, None, &metadata, key, console),
            };
        }
        // Nothing is as good as an empty document to the library; sops wants one.
        if input.format != Format::Binary {
            let document = Document::parse(edited, input.format).map_err(|error| failed(error.into()))?;
            if document.roots().len() == 0 {
                return Err(failed(FileError::Empty));
            }
        }
        match &self.kind {
            Kind::Existing(opened) => opened.update(edited, console),
            Kind::New(metadata, key) => encrypt(edited, input, None, metadata, key, console),
        }
    }

    /// Whether the file, which is `now` this or not there, is no longer what it was when it was opened.
    fn is_outdated(&self, now: Option<&Vec<u8>>) -> bool {
        match &self.kind {
            Kind::Existing(opened) => now != Some(&*opened.bytes),
            Kind::New(..) => now.is_some(),
        }
    }
}

/// Metadata that somebody has edited, with the data key wrapped for the keys and groups that it names now.
///
/// # Errors
/// When it can't be wrapped for one of them.
fn rewrapped(
    edited: Metadata,
    original: &Metadata,
    key: &DataKey,
    input: &Input,
    console: &Console<'_>,
) -> Result<Metadata, Failure> {
    let (threshold, mut groups) = (edited.shamir_threshold, edited.key_groups.clone());
    if groups == original.key_groups && threshold == original.shamir_threshold {
        return Ok(edited);
    }
    // What is wrapped for a key is not for people to write.
    for own in groups.iter_mut().flat_map(|group| &mut group.keys) {
        if let MasterKey::Age(own) = own {
            own.enc.clear();
        }
    }
    let key_groups = original.key_groups.clone();
    let before = Metadata { key_groups, shamir_threshold: original.shamir_threshold, ..edited };
    before.with_key_groups(&groups, threshold, key, &prompts(console)).map_err(|error| {
        Failure::because(format!("could not change the keys of {}", input.source), error).with_code(FAILED)
    })
}

/// What a file begins with that does not exist.
fn example(format: Format) -> &'static str {
    match format {
        Format::Yaml => "# What stands here is encrypted when the editor closes.\nexample: value\n",
        Format::Json => "{\n  \"example\": \"value\"\n}\n",
        Format::Dotenv => "# What stands here is encrypted when the editor closes.\nexample=value\n",
        Format::Ini => "[example]\n; What stands here is encrypted when the editor closes.\nkey = value\n",
        _ => "What stands here is encrypted when the editor closes.\n",
    }
}

/// Asks for the Enter key. Where nobody can be asked, what is piped in answers; returns whether there was anything.
fn wait_for_enter(question: &str, signals: &mut Signals, console: &mut Console<'_>) -> Result<bool, Failure> {
    if !console.input_is_terminal() {
        return Ok(console.input().read(&mut [0])? > 0);
    }
    ask_for_enter(question, signals, console)
}
