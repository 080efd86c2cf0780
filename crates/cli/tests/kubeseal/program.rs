//! Runs a program on a case, in a folder of its own and with nothing of ours in its environment.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sealkit::sealed_secrets::Keyring;

use crate::case::{Case, Vectors};
use crate::outcome::{ExitStatus, Keys, LeftFile, Normalizer, Outcome};
use crate::server::Server;
use crate::workspace;

/// A program that hangs is ended after this time.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Runner {
    program: PathBuf,
    inputs: PathBuf,
    names: Vec<String>,
    keys: Keys,
    server: Server,
}

/// Name → how it is, and its bytes or the target of a link.
type Snapshot = BTreeMap<String, (String, Vec<u8>)>;

impl Runner {
    pub(crate) fn new(program: PathBuf, vectors: &Vectors) -> Self {
        let inputs = workspace().join("test-vectors/kubeseal/inputs").canonicalize().unwrap();
        let names =
            fs::read_dir(&inputs).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let key = |shown, name| {
            let pem = fs::read(inputs.join(name)).unwrap();
            (shown, Keyring::from_pem(&pem).unwrap())
        };
        let keys = Keys::new(vec![key("", "key.pem"), key("other key ", "key-other.pem")], &vectors.labels);
        Self { program, names: names.collect(), keys, server: Server::start(inputs.clone()), inputs }
    }

    pub(crate) fn run(&self, case: &Case) -> Outcome {
        let parent = tempfile::TempDir::with_prefix("kubeseal-case-").unwrap();
        let folder = parent.path().canonicalize().unwrap().join("case");
        self.lay_out(case, &folder);
        let before = snapshot(&folder);
        let given = before.values().flat_map(|(_, content)| content.iter().copied()).collect();
        let normalizer =
            Normalizer { keys: &self.keys, folder: &folder, address: &self.server.address, given };

        let stdout = parent.path().join("stdout");
        let stderr = parent.path().join("stderr");
        let exit = self.execute(case, &folder, &stdout, &stderr);
        Outcome {
            exit,
            stdout: normalizer.text(&fs::read(stdout).unwrap()),
            stderr: normalizer.text(&fs::read(stderr).unwrap()),
            files: changes(&before, snapshot(&folder), &normalizer),
        }
    }

    fn lay_out(&self, case: &Case, folder: &Path) {
        fs::create_dir(folder).unwrap();
        let mentioned = self.names.iter().filter(|name| case.mentions(name));
        let mut copies: BTreeMap<&str, &str> = mentioned.map(|name| (name.as_str(), name.as_str())).collect();
        copies.extend(case.files.iter().map(|(target, source)| (target.as_str(), source.as_str())));
        for (target, source) in copies {
            let path = folder.join(target);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::copy(self.inputs.join(source), &path).unwrap();
            let mode = case.modes.get(target).map_or("0644", String::as_str);
            fs::set_permissions(&path, fs::Permissions::from_mode(u32::from_str_radix(mode, 8).unwrap()))
                .unwrap();
        }
        for name in &case.dirs {
            fs::create_dir(folder.join(name)).unwrap();
        }
        for (name, target) in &case.links {
            symlink(target, folder.join(name)).unwrap();
        }
    }

    fn execute(&self, case: &Case, folder: &Path, stdout: &Path, stderr: &Path) -> ExitStatus {
        let fill = |text: &String| {
            text.replace("{dir}", &folder.to_string_lossy())
                .replace("{http}", &format!("http://{}", self.server.address))
                .replace("{address}", &self.server.address)
        };
        let stdin = case.stdin.as_ref().map(|name| File::open(self.inputs.join(name)).unwrap());
        let link = stdout.with_file_name("kubeseal");
        symlink(&self.program, &link).unwrap();
        // The mode of a new file is part of the outcome, so the umask is set before the program starts.
        let mut child = Command::new("/bin/sh")
            .args(["-c", r#"umask 022; exec "$0" "$@""#])
            .arg(link)
            .args(case.arguments().iter().map(fill))
            .current_dir(folder)
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("TZ", "UTC")])
            .env("HOME", folder)
            .envs(case.env.iter().map(|(name, value)| (name, fill(value))))
            .stdin(stdin.map_or_else(Stdio::null, Stdio::from))
            .stdout(File::create(stdout).unwrap())
            .stderr(File::create(stderr).unwrap())
            .spawn()
            .unwrap();
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code().map_or_else(|| ExitStatus::Other(status.to_string()), ExitStatus::Code);
            }
            if started.elapsed() > PATIENCE {
                child.kill().unwrap();
                child.wait().unwrap();
                return ExitStatus::Other("hangs".to_owned());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn snapshot(folder: &Path) -> Snapshot {
    fn walk(folder: &Path, prefix: &str, out: &mut Snapshot) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            let name = format!("{prefix}{}", entry.file_name().into_string().unwrap());
            let metadata = fs::symlink_metadata(&path).unwrap();
            if metadata.is_symlink() {
                let target = fs::read_link(&path).unwrap();
                out.insert(name, ("link".to_owned(), target.into_os_string().into_encoded_bytes()));
            } else if metadata.is_dir() {
                walk(&path, &format!("{name}/"), out);
                out.insert(name, ("folder".to_owned(), Vec::new()));
            } else {
                let mode = format!("{:04o}", metadata.permissions().mode() & 0o7777);
                out.insert(name, (mode, fs::read(&path).unwrap()));
            }
        }
    }
    let mut out = Snapshot::new();
    walk(folder, "", &mut out);
    out
}

fn changes(before: &Snapshot, after: Snapshot, normalizer: &Normalizer<'_>) -> BTreeMap<String, LeftFile> {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let gone: Vec<_> =
        gone.map(|name| (name.clone(), LeftFile { mode: "gone".to_owned(), content: None })).collect();
    after
        .into_iter()
        .filter(|(name, file)| before.get(name) != Some(file))
        .map(|(name, (mode, content))| (name, LeftFile { mode, content: Some(normalizer.text(&content)) }))
        .chain(gone)
        .collect()
}
