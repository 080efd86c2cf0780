//! `sealkit edit`: a SOPS file in an editor.

use std::path::{Path, PathBuf};

use clap::Args;
use sealkit::document::Format;
use sealkit::sops::{DataKey, MacCheck, Metadata, WhenNothingSelected, encrypt_file};
use zeroize::Zeroizing;

use super::identities::IdentityArguments;
use super::opened::OpenedFile;
use super::rule::RuleArguments;
use super::sops_files::{FormatOption, SopsFile};
use crate::atomic_file::{self, NewFile};
use crate::input::{LIMIT, read_file, read_file_version};
use crate::sops_requests::editor::Editor;
use crate::sops_requests::keys::prompts;
use crate::sops_requests::private_directory::PrivateDirectory;
use crate::sops_requests::signals::{Signals, ask_for_enter};
use crate::{Console, Failure};

/// The variables that name an editor.
const EDITOR_VARIABLES: [&str; 3] = ["SOPS_EDITOR", "VISUAL", "EDITOR"];

const EXAMPLES: &str = "\
Examples:
  sealkit edit secret.sops.yaml
  SOPS_EDITOR='code --wait' sealkit edit secret.sops.yaml     (editors with windows have to be told to wait)
  sealkit edit --age age1… new.sops.yaml

The editor is that of $SOPS_EDITOR, $VISUAL or $EDITOR, else vim, nano or vi. The plaintext lies in a directory that only you
can read, in memory where the system has such a place, and is removed when the editor closes.

Exit code: 0 done, or nothing was changed; 1 failed, 2 wrong command line, 130 given up with Ctrl-C.";

/// Edit a SOPS file in your editor; make a new one
///
/// Whatever you did not change keeps its ciphertext, and a file in which nothing was changed is not written. What can't be
/// encrypted is given back to you to mend. A file that does not exist begins with an example, and is encrypted as the flags
/// say, or .sops.yaml.
#[derive(Args, PartialEq)]
#[command(after_help = EXAMPLES)]
pub(super) struct EditArguments {
    /// The SOPS file, or the name of a new one
    file: PathBuf,

    /// Edit a file whose message authentication code does not match, and give it one that does
    #[arg(long)]
    ignore_mac: bool,

    #[command(flatten)]
    format: FormatOption,

    #[command(flatten)]
    identities: IdentityArguments,

    #[command(flatten)]
    rule: RuleArguments,
}

pub(super) fn run(arguments: &EditArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let path = &arguments.file;
    let editor = Editor::find(&EDITOR_VARIABLES, &console.environment)?;
    let subject = Subject::open(arguments, console)?;
    let mut signals = Signals::watch()?;
    let directory = PrivateDirectory::create(console)?;
    let copy = directory.write(path.file_name().unwrap_or_default(), subject.plaintext())?;
    let encrypted = loop {
        editor.open(&copy, &mut signals)?;
        let edited = read_file(&copy, LIMIT)?;
        if *edited == subject.plaintext() && !arguments.ignore_mac {
            console.note(format_args!("{}: nothing was changed", path.display()));
            return Ok(());
        }
        match subject.encrypt(&edited, path, console) {
            Ok(encrypted) => break encrypted,
            Err(failure) => {
                _ = failure.report(console);
                wait_for_enter("Enter opens the editor again, Ctrl-C gives up: ", &mut signals, console)?;
            }
        }
    };
    let found = path.symlink_metadata().is_ok().then(|| read_file_version(path, LIMIT)).transpose()?;
    let (now, version) = found.unzip();
    if subject.is_outdated(now.as_deref()) {
        console.warn(format_args!("{} was changed by somebody else meanwhile", path.display()));
        wait_for_enter("Enter writes your version over it, Ctrl-C gives up: ", &mut signals, console)?;
    }
    Ok(atomic_file::write_over(path, encrypted.as_bytes(), NewFile::Shared, version.as_ref())?)
}

/// What is edited.
enum Subject {
    /// A file, and the bytes that it had when it was opened.
    Existing {
        file: Box<OpenedFile>,
        bytes: Zeroizing<Vec<u8>>,
    },
    New {
        metadata: Box<Metadata>,
        key: DataKey,
        format: Format,
    },
}

impl Subject {
    fn open(arguments: &EditArguments, console: &mut Console<'_>) -> Result<Self, Failure> {
        let path = &arguments.file;
        if path.symlink_metadata().is_ok() {
            let check = if arguments.ignore_mac { MacCheck::Ignore } else { MacCheck::Require };
            let identities = arguments.identities.find(console)?;
            let file = SopsFile::read(path, &arguments.format, console)?;
            let bytes = file.bytes.clone();
            let file = Box::new(OpenedFile::of(file, path, &identities, check, console)?);
            return Ok(Self::Existing { file, bytes });
        }
        let key = DataKey::generate()?;
        let mut metadata = arguments.rule.rules(console)?.metadata(Some(path), console)?;
        metadata
            .wrap_data_key(&key, &prompts(console))
            .map_err(|error| Failure::because(format!("could not make {}", path.display()), error))?;
        Ok(Self::New { metadata: Box::new(metadata), key, format: arguments.format.of(path) })
    }

    fn plaintext(&self) -> &[u8] {
        match self {
            Self::Existing { file, .. } => file.plaintext().as_bytes(),
            Self::New { format: Format::Yaml, .. } => {
                b"# What stands here is encrypted when the editor closes.\nexample: value\n"
            }
            Self::New { format: Format::Json, .. } => b"{\n  \"example\": \"value\"\n}\n",
            Self::New { format: Format::Dotenv, .. } => b"EXAMPLE=value\n",
            Self::New { format: Format::Ini, .. } => b"[example]\nkey = value\n",
            Self::New { .. } => b"What stands here is encrypted when the editor closes.\n",
        }
    }

    fn encrypt(&self, edited: &[u8], path: &Path, console: &mut Console<'_>) -> Result<String, Failure> {
        match self {
            Self::Existing { file, .. } => file.encrypt(edited, console),
            Self::New { metadata, key, format } => {
                let encrypted = encrypt_file(
                    edited,
                    *format,
                    Metadata::clone(metadata),
                    key,
                    WhenNothingSelected::Refuse,
                )
                .map_err(|error| Failure::because(format!("could not encrypt {}", path.display()), error))?;
                for warning in &encrypted.warnings {
                    console.warn(format_args!("{}, {warning}", path.display()));
                }
                Ok(encrypted.text)
            }
        }
    }

    /// Whether the file, which is `now` this or not there, is no longer what it was when it was opened.
    fn is_outdated(&self, now: Option<&Vec<u8>>) -> bool {
        match self {
            Self::Existing { bytes, .. } => now != Some(&**bytes),
            Self::New { .. } => now.is_some(),
        }
    }
}

/// Asks for the Enter key.
fn wait_for_enter(question: &str, signals: &mut Signals, console: &mut Console<'_>) -> Result<(), Failure> {
    if !console.input_is_terminal() {
        return Err(Failure::message("nobody is at a terminal to be asked what to do: the edit is lost"));
    }
    if !ask_for_enter(question, signals, console)? {
        // The end of input is no consent.
        return Err(Failure::message("nobody has answered: nothing was written"));
    }
    Ok(())
}
