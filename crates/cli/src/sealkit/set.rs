//! `sealkit set`: one value of a SOPS file or a SealedSecret, changed in place.

use std::path::PathBuf;

use clap::Args;
use sealkit::document::{self, Children, Document, Edits, Format, Node, Schema, Step, Value};
use sealkit::sops::{DOTENV_PREFIX, METADATA_KEY, MacCheck, is_encrypted};
use zeroize::Zeroizing;

use super::identities::IdentityArguments;
use super::opened::{DocumentArgument, OpenedFile, value_path};
use super::prompt;
use super::sealed_file::SealedFile;
use super::sops_files::{FormatOption, SopsFile};
use crate::failure::USAGE;
use crate::input::{LIMIT, Source, read_file};
use crate::{Console, Failure};

mod sealed;

use sealed::SealingArguments;

const EXAMPLES: &str = "\
Examples:
  Type a password, unseen:
    sealkit set secret.sops.yaml stringData.password
  Take it from another program:
    pass show web/app | tr -d '\\n' | sealkit set secret.sops.yaml stringData.password --stdin
  A file's contents:
    sealkit set secret.sops.yaml 'stringData[\"tls.key\"]' --file tls.key
  A number, a list, a mapping:
    sealkit set values.sops.yaml replicas --json 3
  A value of a SealedSecret, by its key:
    sealkit set sealed-secret.yaml password --cert pub-sealed-secrets.pem

What was text stays text: only --json makes numbers and the like. Mappings on the way are made where they are missing, and
an index past a list's end appends to it. The rest of the file keeps its text, and what did not change its ciphertext.

In a SealedSecret the value takes its name, namespace and scope; no private key is needed, but with one (--key) a value that is
there already keeps its ciphertext.

Exit code: 0 done, 1 failed, 2 wrong command line.";

/// Change or add one value of a SOPS file or of a SealedSecret, in place
#[derive(Args, PartialEq)]
#[command(after_help = EXAMPLES)]
pub(super) struct SetArguments {
    /// The SOPS file, or the file with the SealedSecret
    file: PathBuf,

    /// Where the value goes: stringData.password, users[0].name, data["tls.crt"]; in a SealedSecret its key alone: password
    path: String,

    #[command(flatten)]
    value: ValueArguments,

    #[command(flatten)]
    format: FormatOption,

    #[command(flatten)]
    document: DocumentArgument,

    #[command(flatten)]
    identities: IdentityArguments,

    #[command(flatten)]
    sealing: SealingArguments,
}

/// Where a new value comes from.
#[derive(Args, PartialEq)]
#[command(next_help_heading = "The value [default: asked for at the terminal, unseen]")]
#[group(multiple = false)]
pub(super) struct ValueArguments {
    /// All of standard input, as text
    #[arg(long)]
    stdin: bool,

    /// A file's contents, as text
    #[arg(long = "file", value_name = "FILE", id = "value_file")]
    file: Option<PathBuf>,

    /// A JSON value, which others on this machine can see in the list of processes; - takes JSON from standard input
    #[arg(long, value_name = "VALUE")]
    json: Option<String>,
}

impl ValueArguments {
    /// Reads the value, or asks for it; `name` is what the question calls it.
    ///
    /// # Errors
    /// When it can't be read, is no text or no JSON, or nobody answers.
    fn read(&self, name: &str, console: &mut Console<'_>) -> Result<Value, Failure> {
        if let Some(json) = &self.json {
            let (bytes, origin) = match json.as_str() {
                "-" => (Source::Stdin.read(console)?, "standard input"),
                text => (Zeroizing::new(text.as_bytes().to_vec()), "--json"),
            };
            return json_value(&bytes)
                .map_err(|failure| failure.under(format!("{origin} is no JSON value")).with_code(USAGE));
        }
        let (bytes, origin) = self.read_bytes(name, console)?;
        let text = str::from_utf8(&bytes).map_err(|_| {
            Failure::message(format!("{origin} is not UTF-8 text: encode it first, in base64 for example"))
        })?;
        Ok(Value::string(text))
    }

    /// Reads the value, or asks for it; also says where it came from.
    fn read_bytes(
        &self,
        name: &str,
        console: &mut Console<'_>,
    ) -> Result<(Zeroizing<Vec<u8>>, String), Failure> {
        if let Some(path) = &self.file {
            Ok((read_file(path, LIMIT)?, path.display().to_string()))
        } else if self.stdin {
            let bytes = Source::Stdin.read(console)?;
            warn_of_newline(name, &bytes, console);
            Ok((bytes, Source::Stdin.to_string()))
        } else if console.input_is_terminal() {
            Ok((prompt::value(&format!("Value of {name}: "), console)?, "the answer".to_owned()))
        } else {
            Err(Failure::usage(
                "there is no value: give it on standard input with --stdin, in a --file, or as --json",
            ))
        }
    }
}

fn json_value(bytes: &[u8]) -> Result<Value, Failure> {
    let document = Document::parse(bytes, Format::Json)?;
    let root = document.roots().next();
    Ok(root.ok_or_else(|| Failure::message("it is empty"))?.value(Schema::GoYaml3)?)
}

/// A value of one line that ends in a newline: `echo` puts it there, and programs then fail to log in.
fn warn_of_newline(name: &str, value: &[u8], console: &mut Console<'_>) {
    let newlines = value.iter().filter(|byte| **byte == b'\n').count();
    if newlines == 1 && value.ends_with(b"\n") {
        console.warn(format_args!(
            "the value of {name} ends in a newline, which becomes part of the secret; \
             printf %s writes text without one"
        ));
    }
}

pub(super) fn run(arguments: &SetArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let file = SopsFile::read(&arguments.file, &arguments.format, console)?;
    match SealedFile::recognise(&arguments.file, &file.bytes, file.version.as_ref())? {
        Some(sealed) => sealed::set(arguments, sealed, console),
        None => set(arguments, file, console),
    }
}

/// Sets a value of a SOPS file.
fn set(arguments: &SetArguments, file: SopsFile, console: &mut Console<'_>) -> Result<(), Failure> {
    arguments.sealing.refuse_for_sops(&arguments.file)?;
    let path = value_path(&arguments.path)?;
    if path.steps().is_empty() {
        return Err(Failure::usage("the path is empty: name the value to set"));
    }
    let is_metadata = |key: &str| match file.format {
        Format::Dotenv => key.starts_with(DOTENV_PREFIX),
        _ => key == METADATA_KEY,
    };
    if let Some(Step::Key(key)) = path.steps().first()
        && is_metadata(key)
    {
        return Err(Failure::usage(format!("{key} holds what the format itself needs: it can't be set")));
    }
    let shown = arguments.file.display();
    let identities = arguments.identities.find(console)?;
    let file = OpenedFile::of(file, &arguments.file, &identities, MacCheck::Require, console)?;
    let document = file.document()?;
    let root = arguments.document.root(&document, &arguments.file)?;
    // Only now: nobody should type a value in vain.
    let value = arguments.value.read(&path.to_string(), console)?;
    warn_of_new_type(root, &path, &value, console);
    let mut edits = Edits::new(&document);
    edits
        .set_at(root, &path, &value)
        .map_err(|error| Failure::because(format!("could not set {path} in {shown}"), error))?;
    match file.save(&edits.apply()?, console)? {
        None => console.note(format_args!("{shown}: {path} has this value already")),
        Some(text) => warn_if_clear(&text, &file, arguments, &path, console)?,
    }
    Ok(())
}

/// Whoever sets a number as text usually does not mean to.
fn warn_of_new_type(root: Node<'_>, path: &document::Path, value: &Value, console: &mut Console<'_>) {
    let Ok(old) = root.at(path) else { return };
    let old = match old.children() {
        Children::Scalar(_) => old.value(Schema::GoYaml3),
        _ => return,
    };
    if let (Ok(old), Value::String(_)) = (old, value)
        && !matches!(old, Value::String(_) | Value::Null)
    {
        console.warn(format_args!("{path} was {} and is text now; --json keeps it what it was", old.kind()));
    }
}

/// A value that the file's rule does not select goes into the file as it is. Whoever sets a secret has to know.
fn warn_if_clear(
    text: &str,
    file: &OpenedFile,
    arguments: &SetArguments,
    path: &document::Path,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let document = Document::parse(text.as_bytes(), file.plaintext().format())?;
    let root = arguments.document.root(&document, &arguments.file)?;
    // An index past a list's end has appended: the path leads nowhere, and the rule is that of the list's other items.
    if root.at(path).is_ok_and(stands_in_the_clear) {
        let rule = &file.encrypted().metadata().selection;
        console.warn(format_args!(
            "{}: {path} stands in the clear, since the file's rule does not select it ({} {:?})",
            arguments.file.display(),
            rule.field(),
            rule.text()
        ));
    }
    Ok(())
}

fn stands_in_the_clear(node: Node<'_>) -> bool {
    match node.children() {
        Children::Alias(target) => stands_in_the_clear(target),
        Children::Mapping(entries) => entries.iter().any(|(_, value)| stands_in_the_clear(value)),
        Children::Sequence(items) => items.iter().any(stands_in_the_clear),
        Children::Scalar(text) => {
            !is_encrypted(text) && !text.is_empty() && !matches!(node.value(Schema::GoYaml3), Ok(Value::Null))
        }
    }
}
