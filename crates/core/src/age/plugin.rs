//! Plugins: programs called `age-plugin-NAME` that wrap and unwrap for their own kinds of keys.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;

/// Makes sure that the plugin `name` is on the path, and in none of its entries that are relative, where a file of that
/// name may have come with the data.
///
/// The `age` crate looks plugins up itself, in this process' own `PATH`, so that is what is checked.
///
/// # Errors
/// [`PluginNotFound`].
pub(super) fn require(name: &str) -> Result<(), PluginNotFound> {
    let program = format!("age-plugin-{name}");
    match find_program(&program, &env::var_os("PATH").unwrap_or_default()) {
        FoundProgram::At(_) => Ok(()),
        FoundProgram::InRelativeFolder => Err(PluginNotFound::InRelativeFolder { program }),
        FoundProgram::Nowhere => Err(PluginNotFound::Nowhere { program }),
    }
}

/// Where the first program of a name on a path stands.
pub(super) enum FoundProgram {
    /// Here.
    At(PathBuf),
    /// In an entry of the path that is relative to the current folder, or empty.
    InRelativeFolder,
    /// It is not there.
    Nowhere,
}

/// Looks `program`, a bare name, up in the folders of `path`, the text of a PATH variable.
pub(super) fn find_program(program: &str, path: &OsStr) -> FoundProgram {
    for folder in env::split_paths(path) {
        let candidate = folder.join(format!("{program}{}", env::consts::EXE_SUFFIX));
        if is_program(&candidate) {
            return if folder.is_absolute() {
                FoundProgram::At(candidate)
            } else {
                FoundProgram::InRelativeFolder
            };
        }
    }
    FoundProgram::Nowhere
}

#[cfg(unix)]
fn is_program(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &std::path::Path) -> bool {
    path.is_file()
}

/// Why a plugin can't be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PluginNotFound {
    /// It would be found in the current folder, or another relative one.
    #[error(
        "{program} stands in a relative folder of PATH; it is not run, since anybody may have put it there"
    )]
    InRelativeFolder {
        /// The program's name.
        program: String,
    },
    /// It is not installed.
    #[error("{program} is not on the PATH; install the plugin to use this key")]
    Nowhere {
        /// The program's name.
        program: String,
    },
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;

    use super::{FoundProgram, find_program, require};

    #[test]
    fn programs_are_found_in_absolute_folders_only() {
        assert!(
            matches!(find_program("sh", OsStr::new("/nowhere:/bin")), FoundProgram::At(path) if path.ends_with("bin/sh"))
        );
        assert!(matches!(find_program("sh", OsStr::new("/nowhere")), FoundProgram::Nowhere));
        assert!(
            matches!(find_program("passwd", OsStr::new("/etc")), FoundProgram::Nowhere),
            "not executable"
        );
        let up = "../".repeat(40);
        let relative = format!("{up}bin:/bin");
        assert!(matches!(find_program("sh", OsStr::new(&relative)), FoundProgram::InRelativeFolder));
        assert!(require("sealkit-test-no-such-plugin").is_err());
    }
}
