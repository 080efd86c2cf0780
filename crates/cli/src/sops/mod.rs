//! The command line of `sops`: its commands and old flag forms, its environment variables and its exit codes.
//!
//! docs/sops-front-end.md says what there is, and docs/compatibility.md where we differ on purpose.

mod codes;
mod completion;
mod config;
mod decrypt;
mod edit;
mod encrypt;
mod exec;
mod exec_env;
mod exec_file;
mod extract;
mod filestatus;
mod flags;
mod foreign_keys;
mod groups;
mod help;
mod input;
mod later;
mod old_forms;
mod opened;
mod output;
mod rotate;
mod set;
mod tree_path;
mod unset;
mod updatekeys;

use std::ffi::OsString;

use self::flags::{CommandLine, Values};
pub(crate) use self::help::command;
use crate::{Console, Environment, Failure};

/// The sops that this front end stands in for. Scripts ask for it.
const SOPS_VERSION: &str = "3.13.3";

/// A command line that was read.
#[derive(PartialEq)]
pub(crate) enum Request {
    /// A command, or one of the old forms.
    Line(CommandLine),
    /// The words that may follow, for a shell.
    Suggestions(String),
}

impl Request {
    /// Reads the command line: the program's name first.
    pub(crate) fn read(arguments: &[OsString], environment: &Environment) -> Result<Self, Failure> {
        match completion::suggestions(arguments) {
            Some(words) => Ok(Self::Suggestions(words)),
            None => CommandLine::read(arguments, environment).map(Self::Line),
        }
    }
}

/// Does what the command line asks for.
pub(crate) fn run(request: &Request, console: &mut Console<'_>) -> Result<(), Failure> {
    let line = match request {
        Request::Suggestions(words) => return Ok(console.print(words.as_bytes())?),
        Request::Line(line) => line,
    };
    let names: Vec<&str> = line.command.iter().map(|command| command.name()).collect();
    if line.global.switch("help") || line.own.switch("help") {
        return help::print(&names, console);
    }
    if line.global.switch("version") {
        return version(&line.global, console);
    }
    let job = Job::new(line);
    if !names.is_empty() {
        job.remark(names.last().copied().unwrap_or_default(), console);
    }
    later::refuse_key_service(&job, console)?;
    match names.as_slice() {
        [] => old_forms::run(&job, console),
        ["encrypt"] => encrypt::run(&job, console),
        ["decrypt"] => decrypt::run(&job, console),
        ["edit"] => edit::run(&job, console),
        ["set"] => set::run(&job, console),
        ["unset"] => unset::run(&job, console),
        ["rotate"] => rotate::run(&job, console),
        ["updatekeys"] => updatekeys::run(&job, console),
        ["groups", "add"] => groups::add(&job, console),
        ["groups", "delete"] => groups::delete(&job, console),
        ["exec-env"] => exec_env::run(&job, console),
        ["exec-file"] => exec_file::run(&job, console),
        ["filestatus"] => filestatus::run(&job, console),
        ["completion", shell] => completion::run(shell, console),
        ["publish" | "keyservice"] => Err(later::command(&names)),
        ["help"] => {
            let words: Vec<_> = job.words.iter().map(|word| word.to_string_lossy()).collect();
            help::print(&words.iter().map(AsRef::as_ref).collect::<Vec<_>>(), console)
        }
        names => help::print(names, console),
    }
}

fn version(global: &Values, console: &mut Console<'_>) -> Result<(), Failure> {
    console.note(format_args!("sealkit {}, in the place of sops", env!("CARGO_PKG_VERSION")));
    if global.switch("check-for-updates") {
        console.warn("sealkit never looks for new versions: --check-for-updates has no effect");
    }
    Ok(console.print(format!("sops {SOPS_VERSION}\n").as_bytes())?)
}

/// A command, its flags and its words.
struct Job<'a> {
    /// The flags that the command looks at: its own, or the global ones in the old forms.
    values: &'a Values,
    /// The flags before the command.
    global: &'a Values,
    words: &'a [OsString],
}

impl<'a> Job<'a> {
    fn new(line: &'a CommandLine) -> Self {
        let values = if line.command.is_empty() { &line.global } else { &line.own };
        Self { values, global: &line.global, words: &line.own.words }
    }

    /// Says which flags before the command have no effect: sops looks for most of them behind it only.
    fn remark(&self, command: &str, console: &mut Console<'_>) {
        const READ_BEFORE: [&str; 7] = [
            "config",
            "indent",
            "verbose",
            "mac-only-encrypted",
            "disable-version-check",
            "check-for-updates",
            "enable-local-keyservice",
        ];
        for name in self.global.typed().iter().filter(|name| !READ_BEFORE.contains(name)) {
            console.warn(format_args!(
                "--{name} has no effect before `{command}`: sops reads it behind the command"
            ));
        }
    }

    /// The one file that the command works on; further words have no effect.
    fn file(&self, console: &mut Console<'_>) -> Option<&'a OsString> {
        if let [_, other, ..] = self.words {
            console.warn(format_args!(
                "only the first file is worked on: {} has no effect",
                other.to_string_lossy()
            ));
        }
        self.words.first()
    }
}
