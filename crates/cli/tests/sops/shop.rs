//! A folder with an encrypted file in it, and sops to be called there.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use tempfile::TempDir;

use crate::vectors;

/// A folder of its own, with `bin/sops` in it, which is sealkit.
pub(crate) struct Shop {
    folder: TempDir,
}

/// What a program did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Shop {
    pub(crate) fn new() -> Self {
        let shop = Self { folder: TempDir::with_prefix("sops-shop-").unwrap() };
        fs::create_dir(shop.path("bin")).unwrap();
        fs::create_dir(shop.path("tmp")).unwrap();
        symlink(cargo_bin!("sealkit"), shop.path("bin/sops")).unwrap();
        shop
    }

    /// A folder with the input `name` in it.
    pub(crate) fn with(name: &str) -> Self {
        let shop = Self::new();
        fs::copy(vectors().join("sops-cli/inputs").join(name), shop.path(name)).unwrap();
        shop
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::File::create(self.path(name)).unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Writes a shell script that can be run, and gives its path.
    pub(crate) fn script(&self, name: &str, text: &str) -> String {
        self.write(name, &format!("#!/bin/sh\n{text}"));
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A program to be run in the folder, with sops on its path and the test key at hand.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.path("bin")).chain(std::env::split_paths(&path));
        command
            .env_clear()
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("HOME", self.folder())
            .env("TMPDIR", self.path("tmp"))
            .env("SOPS_AGE_KEY_FILE", vectors().join("sops/keys/test-x25519-a.txt"))
            .current_dir(self.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn sops(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(self.path("bin/sops"));
        command.args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.sops(arguments).output().unwrap().into()
    }

    /// What the file holds, decrypted.
    #[track_caller]
    pub(crate) fn decrypted(&self, name: &str) -> String {
        let ran = self.run(&["decrypt", name]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.stdout
    }
}

/// Waits until `condition` holds, for ten seconds at most.
#[track_caller]
pub(crate) fn wait_for(condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(10), "nothing has happened");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Sends a signal.
pub(crate) fn kill(signal: &str, id: u32) {
    assert!(Command::new("kill").args([signal, &id.to_string()]).status().unwrap().success());
}
