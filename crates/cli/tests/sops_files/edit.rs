//! `sealkit edit`, with editors that are scripts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::support::{Ran, feed};
use super::terminal::at_terminal;
use super::{A, SECRET, Shop, changed_lines};

impl Shop {
    /// Makes an editor of shell commands, in which `$1` is the file.
    fn editor(&self, name: &str, commands: &str) {
        self.write(name, format!("#!/bin/sh\n{commands}\n"));
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn edit_command(&self, editor: &str, arguments: &[&str]) -> Command {
        let mut all = vec!["edit"];
        all.extend(arguments);
        let mut command = self.sealkit(&all);
        command.env("PATH", "/usr/bin:/bin").env("EDITOR", self.path(editor));
        command
    }

    fn edit(&self, editor: &str, arguments: &[&str]) -> Ran {
        feed(self.edit_command(editor, arguments), b"")
    }
}

const CHANGE: &str = "sed -i s/hunter2/hunter3/ \"$1\"";

#[test]
fn what_was_edited_is_encrypted_and_the_rest_is_kept() {
    let shop = Shop::with_encrypted();
    fs::set_permissions(shop.path("db.sops.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
    shop.editor("editor", &format!("{{ stat -c %a:%n \"$1\" \"$(dirname \"$1\")\"; }} > seen; {CHANGE}"));
    let before = shop.read("db.sops.yaml");
    std::thread::sleep(Duration::from_millis(1_100));
    shop.edit("editor", &["db.sops.yaml"]).quiet();
    let after = shop.read("db.sops.yaml");
    let changed: Vec<_> =
        changed_lines(&before, &after).iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(changed, ["password", "lastmodified", "mac"]);
    assert_eq!(shop.decrypted("db.sops.yaml"), SECRET.replace("hunter2", "hunter3"));
    let mode = fs::metadata(shop.path("db.sops.yaml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    // Nobody else could read the plaintext, under its own name, and it is gone.
    let seen = shop.read("seen");
    let [file, folder] = seen.lines().collect::<Vec<_>>()[..] else { panic!("{seen}") };
    assert!(
        file.starts_with("600:") && file.ends_with("/db.sops.yaml") && folder.starts_with("700:"),
        "{seen}"
    );
    assert!(!fs::exists(&folder[4..]).unwrap());
}

#[test]
fn an_unchanged_file_is_not_written() {
    let shop = Shop::with_encrypted();
    shop.editor("editor", "touch \"$1\"");
    let modified = || fs::metadata(shop.path("db.sops.yaml")).unwrap().modified().unwrap();
    let then = modified();
    shop.edit("editor", &["db.sops.yaml"]).fails(0, "db.sops.yaml: nothing was changed\n");
    assert_eq!(modified(), then);
}

#[test]
fn an_editor_that_fails_changes_nothing() {
    let shop = Shop::with_encrypted();
    let before = shop.read("db.sops.yaml");
    shop.editor("editor", &format!("{CHANGE}; exit 3"));
    let ran = shop.edit("editor", &["db.sops.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.ends_with(" failed (exit status: 3): nothing was written\n"), "{}", ran.stderr);
    shop.editor("editor", "rm \"$1\"");
    assert_eq!(shop.edit("editor", &["db.sops.yaml"]).code, 1);
    assert_eq!(shop.read("db.sops.yaml"), before);
}

#[test]
fn the_editor_is_found_and_started_without_a_shell() {
    let shop = Shop::with_encrypted();
    shop.editor("my editor", &format!("test \"$1\" = '$x' && shift && {CHANGE}"));
    let mut command = shop.edit_command("unused", &["db.sops.yaml"]);
    let editor = format!("'{}' '$x'", shop.path("my editor").display());
    command.env("SOPS_EDITOR", editor).env("VISUAL", "false");
    feed(command, b"").quiet();
    assert_eq!(shop.run(&["get", "db.sops.yaml", "stringData.password"]).quiet(), "hunter3");
    // Not from the folder that one happens to be in.
    shop.editor("vim", "touch vim-was-run");
    let mut command = shop.edit_command("unused", &["db.sops.yaml"]);
    command.env_remove("EDITOR").env("PATH", ".:");
    feed(command, b"").fails(1, "error: there is no editor: name one in SOPS_EDITOR, VISUAL or EDITOR\n");
    let mut command = shop.edit_command("unused", &["db.sops.yaml"]);
    command.env("EDITOR", "vim").env("PATH", ":.");
    feed(command, b"").fails(1, "error: there is no program vim, which EDITOR names, in PATH\n");
    assert!(!shop.names().contains(&"vim-was-run".to_owned()));
}

#[test]
fn a_broken_edit_is_offered_again() {
    let shop = Shop::with_encrypted();
    // Breaks the file at first, and mends it when it is opened again.
    shop.editor(
        "editor",
        &format!("if grep -q broken \"$1\"; then sed -i /broken/d \"$1\"; {CHANGE}; else echo 'broken: [' >> \"$1\"; fi"),
    );
    let told = "error: could not encrypt db.sops.yaml\n  caused by: line 15, column 9: this is not valid YAML: unclosed \
                bracket '['\n";
    let lost = format!("{told}error: nobody is at a terminal to be asked what to do: the edit is lost\n");
    shop.edit("editor", &["db.sops.yaml"]).fails(1, &lost);
    let command = format!("EDITOR={} sealkit edit db.sops.yaml", shop.path("editor").display());
    let Some(shown) = at_terminal(&shop, &command, &[("gives up: ", "\u{3}")]) else { return };
    assert_eq!(shown.code, 130);
    assert!(shown.text.ends_with("\nnothing was written\n"), "{}", shown.text);
    assert_eq!(shop.decrypted("db.sops.yaml"), SECRET);
    let shown = at_terminal(&shop, &command, &[("gives up: ", "\n")]).unwrap();
    assert_eq!(shown.code, 0, "{}", shown.text);
    assert_eq!(shop.decrypted("db.sops.yaml"), SECRET.replace("hunter2", "hunter3"));
}

#[test]
fn somebody_elses_change_is_not_overwritten_unasked() {
    let shop = Shop::with_encrypted();
    shop.editor("editor", &format!("{CHANGE}; echo '# theirs' >> db.sops.yaml"));
    let ran = shop.edit("editor", &["db.sops.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.starts_with("warning: db.sops.yaml was changed by somebody else meanwhile\n"),
        "{}",
        ran.stderr
    );
    assert!(shop.read("db.sops.yaml").ends_with("# theirs\n"));
    let command = format!("EDITOR={} sealkit edit db.sops.yaml", shop.path("editor").display());
    let Some(shown) = at_terminal(&shop, &command, &[("gives up: ", "\n")]) else { return };
    assert_eq!(shown.code, 0, "{}", shown.text);
    assert!(!shop.read("db.sops.yaml").ends_with("# theirs\n# theirs\n"));
    assert_eq!(shop.run(&["get", "db.sops.yaml", "stringData.password"]).quiet(), "hunter3");
}

#[test]
fn a_new_file_begins_with_an_example() {
    let shop = Shop::new();
    shop.editor("editor", "cp \"$1\" seen; echo 'password: hunter2' > \"$1\"");
    shop.edit("editor", &["--age", A, "new.yaml"]).quiet();
    assert_eq!(
        shop.read("seen"),
        "# What stands here is encrypted when the editor closes.\nexample: value\n"
    );
    assert_eq!(shop.decrypted("new.yaml"), "password: hunter2\n");
    shop.editor("editor", "true");
    shop.edit("editor", &["--age", A, "other.yaml"]).fails(0, "other.yaml: nothing was changed\n");
    assert!(!shop.names().contains(&"other.yaml".to_owned()));
    // Nobody types in vain.
    shop.editor("editor", "touch was-run");
    assert_eq!(shop.edit("editor", &["other.yaml"]).code, 2);
    assert_eq!(shop.edit("editor", &["secret.yaml"]).code, 1);
    assert!(!shop.names().contains(&"was-run".to_owned()));
}

#[test]
fn a_broken_mac_is_mended() {
    let shop = Shop::with_encrypted();
    shop.write("db.sops.yaml", shop.read("db.sops.yaml").replace("name: db ", "name: other "));
    shop.editor("editor", "true");
    assert_eq!(shop.edit("editor", &["db.sops.yaml"]).code, 1);
    shop.edit("editor", &["--ignore-mac", "db.sops.yaml"]).quiet();
    assert_eq!(shop.decrypted("db.sops.yaml"), SECRET.replace("name: db ", "name: other "));
}

#[test]
fn a_signal_removes_the_plaintext() {
    let shop = Shop::with_encrypted();
    shop.editor("editor", &format!("{CHANGE}; echo \"$1\" > where.part; mv where.part where; exec sleep 60"));
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        let before = shop.read("db.sops.yaml");
        let mut command = shop.edit_command("editor", &["db.sops.yaml"]);
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let begin = Instant::now();
        while !shop.path("where").exists() {
            assert!(begin.elapsed() < Duration::from_secs(60), "the editor did not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        let plaintext = shop.read("where").trim_end().to_owned();
        fs::remove_file(shop.path("where")).unwrap();
        assert!(fs::exists(&plaintext).unwrap());
        // Ctrl-C in a terminal is the editor's business. Here it comes in the same moment as the signal that ends.
        for signal in ["STOP", "INT", signal, "CONT"] {
            let kill = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
            assert!(kill.unwrap().success());
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "error: stopped by a signal: nothing was written\n"
        );
        assert!(!fs::exists(&plaintext).unwrap());
        assert_eq!(shop.read("db.sops.yaml"), before);
    }
}
