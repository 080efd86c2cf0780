//! A place of its own for each test: an empty environment, a temporary directory, and the test keys.
#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;
use tempfile::TempDir;

/// How the system says that a file is not there.
pub(crate) fn not_there() -> std::io::Error {
    std::io::Error::from_raw_os_error(2)
}

/// A test key or certificate, by its file's name.
pub(crate) fn test_key(name: &str) -> String {
    let keys =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors/sealed-secrets/keys").join(name);
    // As messages name it.
    with_slashes(keys.canonicalize().unwrap().to_string_lossy().into_owned())
}

/// The certificate that tests seal to.
pub(crate) fn certificate() -> String {
    test_key("test-rsa2048.crt")
}

/// The private key that belongs to it.
pub(crate) fn private_key() -> String {
    test_key("test-rsa2048.key")
}

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The paths in messages as all systems but Windows write them.
fn with_slashes(text: String) -> String {
    if cfg!(windows) { text.replace('\\', "/").replace("//?/", "") } else { text }
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: with_slashes(String::from_utf8(output.stderr).unwrap()),
        }
    }

    /// Standard output of a program that has done its job without a word.
    #[track_caller]
    pub(crate) fn quiet(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self.stdout
    }

    /// Asserts the exit code and the whole of standard error, with nothing on standard output.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, stderr: &str) {
        assert_eq!((self.code, self.stdout.as_str(), self.stderr.as_str()), (code, "", stderr));
    }
}

/// A temporary directory to run programs in.
pub(crate) struct Sandbox {
    directory: TempDir,
}

impl Sandbox {
    /// Gives a file its rights, where the system has such.
    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        #[cfg(unix)]
        fs::set_permissions(self.path(name), std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        #[cfg(not(unix))]
        let _ = (name, mode);
    }

    /// Asserts the rights of a file, where the system has such.
    #[track_caller]
    pub(crate) fn assert_mode(&self, name: &str, mode: u32) {
        #[cfg(unix)]
        {
            let permissions = fs::metadata(self.path(name)).unwrap().permissions();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o777, mode, "{name}");
        }
        #[cfg(not(unix))]
        let _ = (name, mode);
    }

    pub(crate) fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A path as messages name it: absolute.
    pub(crate) fn shown(&self, name: &str) -> String {
        with_slashes(self.directory().canonicalize().unwrap().join(name).to_string_lossy().into_owned())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file, and the directories that it is in.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::File::create(path).unwrap().write_all(contents.as_ref()).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names in the directory, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program, to be run in the directory without any environment variable.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(cargo_bin!("sealkit"));
        command.args(arguments).env_clear().current_dir(self.directory.path());
        command
    }

    /// Runs the program without input.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs the program with `input` on standard input.
    pub(crate) fn run_with(&self, input: impl AsRef<[u8]>, arguments: &[&str]) -> Ran {
        feed(self.command(arguments), input.as_ref())
    }

    /// Runs the program with a standard output that nobody reads any more.
    pub(crate) fn run_unread(&self, arguments: &[&str]) -> Ran {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        Ran::of(command.spawn().unwrap().wait_with_output().unwrap())
    }

    /// Runs another program in the directory, if there is such a one; its home is the directory.
    pub(crate) fn run_other(&self, program: &str, arguments: &[&str]) -> Option<Ran> {
        let mut command = Command::new(program);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.args(arguments).env_clear().env("PATH", path).env("HOME", self.directory.path());
        match command.current_dir(self.directory.path()).stdin(Stdio::null()).output() {
            Ok(output) => Some(Ran::of(output)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => panic!("{program}: {error}"),
        }
    }
}

/// Runs a command with `input` on its standard input.
pub(crate) fn feed(mut command: Command, input: &[u8]) -> Ran {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A program that fails early does not read all of it.
        scope.spawn(move || stdin.write_all(input));
        Ran::of(child.wait_with_output().unwrap())
    })
}
