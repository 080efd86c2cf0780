//! Runs a program on a case, in a folder of its own and with nothing of ours in its environment.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sealkit::age::Identities;

use crate::case::Case;
use crate::outcome::{ExitStatus, Found, LeftFile, Outcome};
use crate::vectors;

/// A program that hangs is ended after this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// The keys that cases name by a letter.
const KEYS: [(&str, &str); 4] = [
    ("{a}", "test-x25519-a.txt"),
    ("{b}", "test-x25519-b.txt"),
    ("{c}", "test-x25519-c.txt"),
    ("{h}", "test-hybrid.txt"),
];

pub(crate) struct Runner {
    program: PathBuf,
    vectors: PathBuf,
    inputs: BTreeSet<String>,
    recipients: Vec<(&'static str, String)>,
    identities: Identities,
}

/// Name → how it is, and its bytes or the target of a link.
type Snapshot = BTreeMap<String, (String, Vec<u8>)>;

impl Runner {
    pub(crate) fn new(program: PathBuf) -> Self {
        let vectors = vectors();
        let inputs = fs::read_dir(vectors.join("sops-cli/inputs")).unwrap();
        let inputs = inputs.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let mut identities = Identities::new();
        let mut recipients = Vec::new();
        for (letter, name) in KEYS {
            let text = fs::read_to_string(vectors.join("sops/keys").join(name)).unwrap();
            identities.add(text.as_bytes(), name);
            let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
            recipients.push((letter, recipient.trim().to_owned()));
            if letter == "{a}" {
                let identity = text.lines().find(|line| line.starts_with("AGE-")).unwrap();
                recipients.push(("{key a}", identity.to_owned()));
            }
        }
        let name = "test-ssh-ed25519";
        let public = fs::read_to_string(vectors.join("sops/keys").join(format!("{name}.pub"))).unwrap();
        let words: Vec<&str> = public.split_whitespace().take(2).collect();
        recipients.push(("{ssh}", words.join(" ")));
        identities.add(&fs::read(vectors.join("sops/keys").join(name)).unwrap(), name);
        Self { program, vectors, inputs, recipients, identities }
    }

    pub(crate) fn run(&self, case: &Case) -> Outcome {
        let parent = tempfile::TempDir::with_prefix("sops-case-").unwrap();
        let folder = parent.path().canonicalize().unwrap().join("case");
        self.lay_out(case, &folder);
        let before = snapshot(&folder);
        let stdout = parent.path().join("stdout");
        let stderr = parent.path().join("stderr");
        let exit = self.execute(case, &folder, parent.path());
        let found = |bytes: &[u8]| Found::of(bytes, &folder, &self.identities);
        Outcome {
            exit,
            stdout: found(&fs::read(stdout).unwrap()),
            stderr: String::from_utf8_lossy(&fs::read(stderr).unwrap()).into_owned(),
            files: changes(&before, snapshot(&folder), found),
        }
    }

    fn lay_out(&self, case: &Case, folder: &Path) {
        fs::create_dir(folder).unwrap();
        let mentioned = case.mentioned();
        let mentioned = mentioned.iter().filter(|word| self.inputs.contains(**word));
        let mut copies: BTreeMap<&str, &str> = mentioned.map(|name| (*name, *name)).collect();
        copies.extend(case.files.iter().map(|(target, source)| (target.as_str(), source.as_str())));
        for (target, source) in copies {
            let path = folder.join(target);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::copy(self.vectors.join("sops-cli/inputs").join(source), &path).unwrap();
            let mode = case.modes.get(target).map_or("0644", String::as_str);
            fs::set_permissions(&path, fs::Permissions::from_mode(u32::from_str_radix(mode, 8).unwrap()))
                .unwrap();
        }
        for name in &case.dirs {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        for (name, target) in &case.links {
            symlink(target, folder.join(name)).unwrap();
        }
    }

    fn fill(&self, text: &str, folder: &Path) -> String {
        let mut text = text
            .replace("{dir}", &folder.to_string_lossy())
            .replace("{keys}", &self.vectors.join("sops/keys").to_string_lossy())
            .replace("{editors}", &self.vectors.join("sops-cli/editors").to_string_lossy());
        for (letter, recipient) in &self.recipients {
            text = text.replace(letter, recipient);
        }
        text
    }

    fn execute(&self, case: &Case, folder: &Path, parent: &Path) -> ExitStatus {
        let link = parent.join("sops");
        symlink(&self.program, &link).unwrap();
        let temporary = parent.join("tmp");
        fs::create_dir(&temporary).unwrap();
        // The mode of a new file is part of the outcome, so the umask is set before the program starts.
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", r#"umask 022; exec "$0" "$@""#])
            .arg(link)
            .args(case.arguments().iter().map(|argument| self.fill(argument, folder)))
            .current_dir(folder.join(case.cwd.as_deref().unwrap_or(".")))
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("TZ", "UTC"), ("SOPS_DISABLE_VERSION_CHECK", "1")])
            .env("HOME", folder)
            .env("TMPDIR", &temporary)
            .env("SOPS_AGE_KEY_FILE", self.vectors.join("sops/keys/test-x25519-a.txt"))
            .stdin(Stdio::piped())
            .stdout(File::create(parent.join("stdout")).unwrap())
            .stderr(File::create(parent.join("stderr")).unwrap());
        for (name, value) in &case.env {
            match value {
                Some(value) => command.env(name, self.fill(value, folder)),
                None => command.env_remove(name),
            };
        }
        let mut child = command.spawn().unwrap();
        let input = match &case.stdin {
            Some(name) => fs::read(self.vectors.join("sops-cli/inputs").join(name)).unwrap(),
            None => case.typed.clone().into_bytes(),
        };
        // A program that does not read it closes it.
        _ = child.stdin.take().unwrap().write_all(&input);
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
            // gpg's own.
            if name == ".gnupg" {
                continue;
            }
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

fn changes(before: &Snapshot, after: Snapshot, found: impl Fn(&[u8]) -> Found) -> BTreeMap<String, LeftFile> {
    let gone = before.keys().filter(|name| !after.contains_key(*name)).cloned();
    let gone: Vec<_> =
        gone.map(|name| (name, LeftFile { mode: "gone".to_owned(), content: Found::default() })).collect();
    after
        .into_iter()
        .filter(|(name, file)| before.get(name) != Some(file))
        .map(|(name, (mode, content))| (name, LeftFile { mode, content: found(&content) }))
        .chain(gone)
        .collect()
}
