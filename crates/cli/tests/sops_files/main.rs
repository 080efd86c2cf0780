//! Our own commands on SOPS files.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "these are tests")]

#[path = "../support/mod.rs"]
mod support;

mod broken;
mod decrypt;
#[cfg(unix)]
mod edit;
mod encrypt;
#[cfg(unix)]
mod exec;
mod formats;
mod get;
mod keys;
#[cfg(unix)]
mod killed;
mod limits;
mod masked;
#[cfg(unix)]
mod meanwhile;
mod peer;
#[cfg(unix)]
mod refused;
mod rotate;
mod set;
mod sizes;
mod terminal;

use std::fs;
use std::ops::Deref;
use std::path::Path;
use std::process::{Command, Stdio};

use support::{Ran, Sandbox, feed};

/// The recipients of the test identities `a` and `b`.
const A: &str = "age19k5m339h7q807jyt8yn82rxelaa47vypxw5ylak2zkn0anqxjd8st7trxf";
const B: &str = "age1rwd5f8ds48q54j8z3lwn37wug8l7j09mdh65aegsxkrakgwvaeps7ejdcz";

/// A Secret with what a person writes into one: comments, blank lines, quotes.
const SECRET: &str = "\
# The shop's database
apiVersion: v1
kind: Secret
metadata:
  name: db   # kept

stringData:
  # who
  user: 'shop'
  password: \"hunter2\" # change me
  port: 5432
  certificate: |
    line one
    line two
";

/// The rule for Secrets.
const RULE: &[&str] = &["--encrypted-regex", "^(data|stringData)$"];

/// A sandbox with the identities `a.txt` and `b.txt`, and SECRET as `secret.yaml`. SOPS_AGE_KEY_FILE names `a.txt`.
struct Shop(Sandbox);

impl Deref for Shop {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.0
    }
}

impl Shop {
    fn new() -> Self {
        let shop = Self(Sandbox::new());
        for name in ["a", "b"] {
            shop.write(
                &format!("{name}.txt"),
                fs::read(sops_key(&format!("test-x25519-{name}.txt"))).unwrap(),
            );
        }
        shop.write("secret.yaml", SECRET);
        shop
    }

    /// A sandbox in which `db.sops.yaml` is SECRET, encrypted for `a`.
    fn with_encrypted() -> Self {
        let shop = Self::new();
        let encrypted = shop.encrypt(SECRET, RULE);
        shop.write("db.sops.yaml", encrypted);
        shop
    }

    /// The program with the identity `a` at hand.
    fn sealkit(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env("SOPS_AGE_KEY_FILE", self.path("a.txt")).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        feed(self.sealkit(arguments), b"")
    }

    fn run_with(&self, input: impl AsRef<[u8]>, arguments: &[&str]) -> Ran {
        feed(self.sealkit(arguments), input.as_ref())
    }

    /// `plain`, YAML, encrypted for `a`.
    fn encrypt(&self, plain: &str, arguments: &[&str]) -> String {
        let mut all = vec!["encrypt", "--format", "yaml", "--age", A];
        all.extend(arguments);
        self.run_with(plain, &all).quiet()
    }

    /// What is in an encrypted file.
    fn decrypted(&self, name: &str) -> String {
        self.run(&["decrypt", name]).quiet()
    }
}

fn sops_key(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors/sops/keys").join(name);
    path.canonicalize().unwrap().into_os_string().into_string().unwrap()
}

/// The lines of `new` that are not in `old` at the same place.
fn changed_lines<'a>(old: &str, new: &'a str) -> Vec<&'a str> {
    assert_eq!(old.lines().count(), new.lines().count());
    old.lines().zip(new.lines()).filter(|(old, new)| old != new).map(|(_, new)| new.trim()).collect()
}

#[test]
fn help_and_examples_of_every_command() {
    let sandbox = Sandbox::new();
    for command in ["encrypt", "decrypt", "edit", "get", "set", "unset", "rotate", "exec", "keys"] {
        let help = sandbox.run(&[command, "--help"]).quiet();
        assert!(help.contains("Example") && help.contains("Exit code: "), "{help}");
        assert!(help.contains(&format!("sealkit {command} ")), "{help}");
    }
}
