//! The user's editor: which it is, and opening a file in it.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use sealkit::age::split_command;

use super::signals::Signals;
use crate::Failure;
use crate::console::Environment;

/// What is looked for when none is.
const USUAL: &[&str] = if cfg!(windows) { &["vim", "nano", "vi", "notepad"] } else { &["vim", "nano", "vi"] };

/// An editor that can be started.
#[derive(Debug)]
pub(crate) struct Editor {
    /// What messages call it: no arguments, which are the user's business.
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
}

impl Editor {
    /// The editor that one of the `variables` names, the first that is set, else a usual one.
    ///
    /// # Errors
    /// When there is none, or only in a folder that PATH names relatively: that may have come with the files.
    pub(crate) fn find(variables: &[&str], environment: &Environment) -> Result<Self, Failure> {
        let path = environment.get("PATH").unwrap_or_default();
        let named = variables.iter().find_map(|variable| Some((*variable, environment.get(variable)?)));
        if let Some((variable, command)) = named {
            let command = command
                .into_string()
                .map_err(|_| Failure::message(format!("{variable} is not valid UTF-8")))?;
            let words = split_command(&command)
                .ok_or_else(|| Failure::message(format!("a quote in {variable} is not closed")))?;
            let Some((name, arguments)) = words.split_first() else {
                return Err(Failure::message(format!("{variable} is blank: it should name an editor")));
            };
            let program = locate(name, &path).ok_or_else(|| {
                Failure::message(format!("there is no program {name}, which {variable} names, in PATH"))
            })?;
            return Ok(Self { name: name.clone(), program, arguments: arguments.to_vec() });
        }
        let found = USUAL.iter().find_map(|name| Some((*name, locate(name, &path)?)));
        let (name, program) = found.ok_or_else(|| {
            Failure::message(format!("there is no editor: name one in {}", alternatives(variables)))
        })?;
        Ok(Self { name: name.to_owned(), program, arguments: Vec::new() })
    }

    /// Opens `file` and waits until the editor closes.
    ///
    /// # Errors
    /// When the editor can't be started or fails, or a signal ends the work.
    pub(crate) fn open(&self, file: &Path, signals: &mut Signals) -> Result<(), Failure> {
        let mut child =
            Command::new(&self.program).args(&self.arguments).arg(file).spawn().map_err(|error| {
                Failure::because(format!("could not start the editor {}", self.name), error)
            })?;
        let status = signals.wait_for(&mut child)?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::message(format!("the editor {} failed ({status}): nothing was written", self.name)))
    }
}

/// `SOPS_EDITOR, VISUAL or EDITOR`
fn alternatives(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        names => names.concat(),
    }
}

/// The program of this name: where it says, or in one of the folders of `path` that are absolute.
fn locate(name: &str, path: &OsStr) -> Option<PathBuf> {
    if name.contains(std::path::is_separator) {
        return Some(PathBuf::from(name));
    }
    let folders = env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.flat_map(|folder| candidates(&folder, name)).find(|candidate| is_program(candidate))
}

#[cfg(not(windows))]
fn candidates(folder: &Path, name: &str) -> Vec<PathBuf> {
    vec![folder.join(name)]
}

#[cfg(windows)]
fn candidates(folder: &Path, name: &str) -> Vec<PathBuf> {
    ["", ".exe", ".cmd", ".bat"].iter().map(|ending| folder.join(format!("{name}{ending}"))).collect()
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;

    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use super::Editor;
    use crate::console::Environment;

    fn found(variables: &[(&str, &str)]) -> Result<(String, Vec<String>), u8> {
        let editor = Editor::find(
            &["SOPS_EDITOR", "VISUAL", "EDITOR"],
            &Environment::given(variables.iter().copied()),
        );
        editor
            .map(|editor| (editor.program.display().to_string(), editor.arguments))
            .map_err(|failure| failure.code())
    }

    #[test]
    fn the_first_variable_counts_and_no_shell_reads_it() {
        let path = ("PATH", "/bin:/usr/bin");
        let (program, arguments) =
            found(&[path, ("EDITOR", "false"), ("VISUAL", "sh -c 'a b' $x"), ("SOPS_EDITOR", "")]).unwrap();
        assert!(program.ends_with("bin/sh"), "{program}");
        assert_eq!(arguments, ["-c", "a b", "$x"]);
        assert_eq!(found(&[("EDITOR", "/opt/my editor")]).unwrap().0, "/opt/my");
    }

    #[test]
    fn nothing_is_started_that_merely_lies_in_the_current_directory() {
        let folder = tempfile::tempdir_in(".").unwrap();
        let program = folder.path().join("vim");
        let mut options = std::fs::OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o755);
        options.write(true).create_new(true).open(&program).unwrap();
        let relative = folder.path().strip_prefix(std::env::current_dir().unwrap()).unwrap_or(folder.path());
        let relative = relative.to_str().unwrap();
        assert!(!relative.starts_with('/'), "{relative}");
        assert!(found(&[("PATH", relative)]).is_err());
        assert!(found(&[("PATH", relative), ("EDITOR", "vim")]).is_err());
        assert!(found(&[("PATH", "")]).is_err());
    }
}
