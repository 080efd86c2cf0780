//! Runs a program on a case, in a folder of its own and with nothing of ours in its environment.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sealkit::sealed_secrets::Keyring;

use crate::case::{Case, Vectors};
use crate::outcome::{Keys, LeftFile, Normalizer, Outcome};
use crate::recorded::{
    ExitStatus, arguments, changes, lay_out_file, lay_out_rest, snapshot, wait, workspace,
};
use crate::server::Server;

pub(crate) struct Runner {
    program: PathBuf,
    inputs: PathBuf,
    names: Vec<String>,
    keys: Keys,
    server: Server,
}

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
            files: changes(&before, snapshot(&folder), |mode, content| LeftFile {
                mode,
                content: content.map(|content| normalizer.text(&content)),
            }),
        }
    }

    fn lay_out(&self, case: &Case, folder: &Path) {
        fs::create_dir(folder).unwrap();
        let mentioned = self.names.iter().filter(|name| case.mentions(name));
        let mut copies: BTreeMap<&str, &str> = mentioned.map(|name| (name.as_str(), name.as_str())).collect();
        copies.extend(case.files.iter().map(|(target, source)| (target.as_str(), source.as_str())));
        for (target, source) in copies {
            lay_out_file(&self.inputs.join(source), &folder.join(target), case.modes.get(target));
        }
        lay_out_rest(folder, &case.dirs, &case.links);
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
        let child = Command::new("/bin/sh")
            .args(["-c", r#"umask 022; exec "$0" "$@""#])
            .arg(link)
            .args(arguments(case).iter().map(fill))
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
        wait(child)
    }
}
