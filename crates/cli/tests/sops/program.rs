//! Runs a program on a case, in a folder of its own and with nothing of ours in its environment.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sealkit::age::Identities;

use crate::case::Case;
use crate::outcome::{Found, LeftFile, Outcome};
use crate::recorded::{ExitStatus, arguments, changes, lay_out_file, lay_out_rest, snapshot, wait};
use crate::vectors;

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
            files: changes(&before, snapshot(&folder), |mode, content| LeftFile {
                mode,
                content: content.as_deref().map(found).unwrap_or_default(),
            }),
        }
    }

    fn lay_out(&self, case: &Case, folder: &Path) {
        fs::create_dir(folder).unwrap();
        let mentioned = case.mentioned();
        let mentioned = mentioned.iter().filter(|word| self.inputs.contains(**word));
        let mut copies: BTreeMap<&str, &str> = mentioned.map(|name| (*name, *name)).collect();
        copies.extend(case.files.iter().map(|(target, source)| (target.as_str(), source.as_str())));
        for (target, source) in copies {
            lay_out_file(
                &self.vectors.join("sops-cli/inputs").join(source),
                &folder.join(target),
                case.modes.get(target),
            );
        }
        lay_out_rest(folder, &case.dirs, &case.links);
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
            .args(arguments(case).iter().map(|argument| self.fill(argument, folder)))
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
        wait(child)
    }
}
