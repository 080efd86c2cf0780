//! The SOPS files that commands work on: what they are, and where the result goes.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use sealkit::document::Format;
use sealkit::sops::EncryptedFile;
use zeroize::Zeroizing;

use crate::atomic_file::{self, NewFile, Version};
use crate::failure::{FAILED, PARTLY_FAILED};
use crate::input::Source;
use crate::{Console, Failure};

/// A file format, as a command line names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatArgument {
    Binary,
    Dotenv,
    Ini,
    Json,
    Yaml,
}

impl From<FormatArgument> for Format {
    fn from(format: FormatArgument) -> Self {
        match format {
            FormatArgument::Binary => Self::Binary,
            FormatArgument::Dotenv => Self::Dotenv,
            FormatArgument::Ini => Self::Ini,
            FormatArgument::Json => Self::Json,
            FormatArgument::Yaml => Self::Yaml,
        }
    }
}

/// The arguments that name files, and say where what is made of them goes.
#[derive(Args, PartialEq)]
pub(super) struct FileArguments {
    /// The files; - is standard input [default: standard input]
    files: Vec<PathBuf>,

    /// Write each file back where it is, all of it or nothing
    #[arg(short, long, conflicts_with = "output", help_heading = "Input and output")]
    in_place: bool,

    /// Write to this file, all of it or nothing, instead of to standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Input and output")]
    output: Option<PathBuf>,

    #[command(flatten)]
    kind: KindArguments,
}

/// The argument that says of what format a file is, where its own name does not.
#[derive(Args, PartialEq)]
pub(super) struct FormatOption {
    /// The input's format: yaml, json, dotenv, ini or binary [default: by the file's name]
    #[arg(
        long = "format",
        alias = "input-type",
        id = "input_format",
        value_name = "FORMAT",
        hide_possible_values = true,
        help_heading = "Input and output"
    )]
    format: Option<FormatArgument>,
}

impl FormatOption {
    /// The format of a file of the given name.
    pub(super) fn of(&self, name: &Path) -> Format {
        self.format.map_or_else(|| Format::of_file_name(name), Format::from)
    }
}

/// The argument that asks for another format.
#[derive(Args, PartialEq)]
pub(super) struct OutputFormatOption {
    /// Write the values in another format: yaml, json, dotenv, ini or binary [default: the file's own, with its layout]
    #[arg(
        long,
        alias = "output-type",
        value_name = "FORMAT",
        hide_possible_values = true,
        conflicts_with = "in_place",
        help_heading = "Input and output"
    )]
    output_format: Option<FormatArgument>,
}

impl OutputFormatOption {
    /// The format for what is made of a file of the format `own`.
    pub(super) fn or(&self, own: Format) -> Format {
        self.output_format.map_or(own, Format::from)
    }
}

/// The arguments that say of what kind a file is, where its own name does not.
#[derive(Args, PartialEq)]
#[command(next_help_heading = "Input and output")]
pub(super) struct KindArguments {
    #[command(flatten)]
    format: FormatOption,

    /// Take the input for a file of this name: its ending tells the format, and rules for paths are matched against it
    #[arg(long, value_name = "NAME")]
    filename: Option<PathBuf>,
}

impl KindArguments {
    /// The name that rules and formats go by; standard input may have none.
    fn name<'a>(&'a self, source: &'a Source) -> Option<&'a Path> {
        match (&self.filename, source) {
            (Some(name), _) => Some(name),
            (None, Source::File(path)) => Some(path),
            (None, Source::Stdin) => None,
        }
    }
}

/// A file that was read, whole.
pub(super) struct SopsFile {
    pub(super) source: Source,
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// The version that was read, of a file that is not standard input.
    pub(super) version: Option<Version>,
    pub(super) format: Format,
    /// The name that rules for paths are matched against.
    pub(super) name: Option<PathBuf>,
    /// Whether only a look at it told the format.
    pub(super) is_of_unknown_kind: bool,
    /// Whether it was somebody who said what format it is.
    is_of_given_format: bool,
}

impl SopsFile {
    /// Reads the file at `path`; its name tells its format, unless `format` does.
    ///
    /// # Errors
    /// When it can't be read.
    pub(super) fn read(
        path: &Path,
        format: &FormatOption,
        console: &mut Console<'_>,
    ) -> Result<Self, Failure> {
        let source = Source::File(path.to_owned());
        let (bytes, version) = source.read_version(console)?;
        Ok(Self {
            source,
            bytes,
            version,
            format: format.of(path),
            name: Some(path.to_owned()),
            is_of_unknown_kind: false,
            is_of_given_format: format.format.is_some(),
        })
    }

    fn read_as(source: Source, kind: &KindArguments, console: &mut Console<'_>) -> Result<Self, Failure> {
        let (bytes, version) = source.read_version(console)?;
        let name = kind.name(&source).map(Path::to_owned);
        let given = kind.format.format;
        let format = match (given, &name) {
            (Some(format), _) => format.into(),
            (None, Some(name)) => Format::of_file_name(name),
            (None, None) => encrypted_format(&bytes),
        };
        let is_of_unknown_kind = given.is_none() && name.is_none();
        Ok(Self {
            source,
            bytes,
            version,
            format,
            name,
            is_of_unknown_kind,
            is_of_given_format: given.is_some(),
        })
    }

    /// Reads what is in it as an encrypted file. Its bytes go there: they are no more in here.
    ///
    /// # Errors
    /// When it is not of its format, or not encrypted.
    pub(super) fn parse(&mut self) -> Result<EncryptedFile, Failure> {
        EncryptedFile::from_bytes(std::mem::take(&mut self.bytes), self.format).map_err(|error| {
            // Its name has none of the endings that tell a format.
            let advice = match (self.format, self.is_of_given_format) {
                (Format::Binary, false) => {
                    " as a binary file; if it is of another format, say so by --format"
                }
                _ => "",
            };
            Failure::because(format!("could not read {}{advice}", self.source), error)
        })
    }
}

/// The format of an encrypted file without a name: its `sops` block tells it.
fn encrypted_format(bytes: &[u8]) -> Format {
    let has_line = |begins: &[u8]| bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(begins));
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        Format::Json
    } else if has_line(b"sops_mac=") || has_line(b"sops_version=") {
        Format::Dotenv
    } else if has_line(b"[sops]") {
        Format::Ini
    } else {
        Format::Yaml
    }
}

/// What became of a file.
pub(super) struct Made {
    /// What it is now.
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// What to tell once it is written.
    pub(super) note: Option<String>,
}

impl From<Zeroizing<Vec<u8>>> for Made {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self { bytes, note: None }
    }
}

impl FileArguments {
    /// Makes something of each file with `make`, and writes it where the arguments say: to other files than they came from with
    /// the rights `new`. `verb` is what messages call that.
    ///
    /// # Errors
    /// When the arguments don't go together, or a file fails. If there are several, the others are done all the same.
    pub(super) fn for_each(
        &self,
        verb: &str,
        new: NewFile,
        console: &mut Console<'_>,
        mut make: impl FnMut(&mut SopsFile, &mut Console<'_>) -> Result<Made, Failure>,
    ) -> Result<(), Failure> {
        let mut sources: Vec<Source> = self.files.iter().map(Source::from_argument).collect();
        if sources.is_empty() {
            if console.input_is_terminal() {
                return Err(Failure::usage("there is nothing to read: name files, or - for standard input"));
            }
            sources.push(Source::Stdin);
        }
        let has_stdin = sources.contains(&Source::Stdin);
        if self.in_place && has_stdin {
            return Err(Failure::usage("standard input can't be written in place: name a file"));
        }
        if sources.len() > 1 && !self.in_place {
            return Err(Failure::usage(format!(
                "several files can only be {verb} in place: add --in-place, or name one file"
            )));
        }
        if sources.len() > 1 && self.kind.filename.is_some() {
            return Err(Failure::usage("--filename can stand for one file only, and there are several"));
        }
        if let [source] = sources.as_slice() {
            return self.one(source, new, console, &mut make);
        }
        let mut failed = 0;
        for source in &sources {
            if let Err(failure) = self.one(source, new, console, &mut make) {
                failed += 1;
                let _ = failure.report(console);
            }
        }
        match failed {
            0 => Ok(()),
            _ if failed == sources.len() => Err(Failure::told(FAILED)),
            _ => Err(Failure::told(PARTLY_FAILED)),
        }
    }

    fn one(
        &self,
        source: &Source,
        new: NewFile,
        console: &mut Console<'_>,
        make: &mut impl FnMut(&mut SopsFile, &mut Console<'_>) -> Result<Made, Failure>,
    ) -> Result<(), Failure> {
        let mut file = SopsFile::read_as(source.clone(), &self.kind, console)?;
        let Made { bytes, note } = make(&mut file, console)?;
        match (source, &self.output) {
            (Source::File(path), _) if self.in_place => {
                // Whoever may read the file is its owner's choice: encrypted again, it is what it was.
                atomic_file::update(path, &bytes, NewFile::PrivateIfNew, file.version.as_ref())?;
            }
            (_, Some(path)) if path != Path::new("-") => atomic_file::replace(path, &bytes, new)?,
            _ => console.print(&bytes)?,
        }
        if let Some(note) = note {
            console.note(note);
        }
        Ok(())
    }
}
