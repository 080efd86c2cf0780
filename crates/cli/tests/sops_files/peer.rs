//! Together with the real sops, where `SEALKIT_TEST_SOPS` names it or it is on the search path.

use std::process::{Command, Stdio};

use super::support::Ran;
use super::{A, RULE, SECRET, Shop, changed_lines};

impl Shop {
    /// Runs the real sops in the sandbox, if there is one.
    fn sops(&self, arguments: &[&str]) -> Option<Ran> {
        let program = std::env::var_os("SEALKIT_TEST_SOPS").unwrap_or_else(|| "sops".into());
        let mut command = Command::new(program);
        command.args(arguments).env_clear().current_dir(self.directory()).stdin(Stdio::null());
        command.env("SOPS_AGE_KEY_FILE", self.path("a.txt")).env("HOME", self.directory());
        match command.output() {
            Ok(output) => Some(Ran {
                code: output.status.code().unwrap(),
                stdout: String::from_utf8(output.stdout).unwrap(),
                stderr: String::from_utf8(output.stderr).unwrap(),
            }),
            Err(error) => {
                eprintln!("notice: skipped, there is no sops: {error}");
                None
            }
        }
    }
}

/// What a file says, whatever its layout.
fn values(text: &str) -> sealkit::document::Value {
    use sealkit::document::{Document, Format, Schema};
    let document = Document::parse(text.as_bytes(), Format::Yaml).unwrap();
    document.roots().next().unwrap().value(Schema::GoYaml3).unwrap()
}

#[test]
fn sops_reads_what_is_encrypted_in_place_by_the_rule_of_a_repository() {
    let shop = Shop::new();
    let file = "kubernetes/apps/shop/secret.sops.yaml";
    shop.write(
        ".sops.yaml",
        format!("creation_rules:\n- path_regex: kubernetes/.*\n  encrypted_regex: {}\n  age: {A}\n", RULE[1]),
    );
    shop.write(file, SECRET);
    shop.run(&["encrypt", "-i", file]).quiet();
    assert!(!shop.read(file).contains("hunter2"));
    let Some(theirs) = shop.sops(&["-d", file]) else { return };
    assert_eq!(theirs.code, 0, "{}", theirs.stderr);
    assert_eq!(values(&theirs.stdout), values(SECRET));
    assert_eq!(shop.decrypted(file), SECRET, "and to us it is the original, byte for byte");
}

#[test]
fn a_file_of_sops_is_read_and_changed_and_read_by_sops() {
    let shop = Shop::new();
    let Some(encrypted) = shop.sops(&["-e", "--age", A, RULE[0], RULE[1], "secret.yaml"]) else { return };
    assert_eq!(encrypted.code, 0, "{}", encrypted.stderr);
    shop.write("x.yaml", &encrypted.stdout);
    assert_eq!(values(&shop.decrypted("x.yaml")), values(SECRET));
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    shop.run_with("hunter3", &["set", "x.yaml", "stringData.password", "--stdin"]).quiet();
    let changed = shop.read("x.yaml");
    let lines: Vec<_> = changed_lines(&encrypted.stdout, &changed)
        .iter()
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(lines, ["password", "lastmodified", "mac"], "also in the layout of sops");
    let theirs = shop.sops(&["-d", "x.yaml"]).unwrap();
    assert_eq!(theirs.code, 0, "{}", theirs.stderr);
    assert_eq!(values(&theirs.stdout), values(&SECRET.replace("hunter2", "hunter3")));
}

#[test]
fn sops_reads_what_was_edited_rotated_and_unset() {
    let shop = Shop::with_encrypted();
    shop.run(&["unset", "db.sops.yaml", "stringData.user"]).quiet();
    assert_eq!(shop.run(&["rotate", "-i", "db.sops.yaml"]).code, 0);
    shop.run(&["set", "db.sops.yaml", "stringData.list", "--json", "[1, true, null, \"\", {\"a\": 1.5}]"])
        .quiet();
    let Some(theirs) = shop.sops(&["-d", "db.sops.yaml"]) else { return };
    assert_eq!(theirs.code, 0, "{}", theirs.stderr);
    assert_eq!(values(&theirs.stdout), values(&shop.decrypted("db.sops.yaml")));
}
