//! `sops edit` with signals and with others who change the file.

use crate::shop::{Ran, Shop, kill, wait_for};
use crate::vectors;

#[test]
fn a_signal_ends_the_edit_and_removes_the_plaintext() {
    let shop = Shop::with("e.yaml");
    let before = shop.read("e.yaml");
    let editor = shop.script("editor.sh", "echo $PPID > ready; printf '%s' \"$1\" > where; sleep 30\n");
    let mut child = shop.sops(&["e.yaml"]).env("EDITOR", editor).spawn().unwrap();
    wait_for(|| shop.path("where").exists() && !shop.read("where").is_empty());
    let copy = shop.read("where");
    assert!(std::fs::read_to_string(&copy).unwrap().contains("s3cret"));
    kill("-TERM", child.id());
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(!std::path::Path::new(&copy).exists());
    assert_eq!(shop.read("e.yaml"), before);
}

#[test]
fn a_file_that_somebody_else_has_changed_is_theirs() {
    let shop = Shop::with("e.yaml");
    let change = "sops set e.yaml '[\"user\"]' '\"theirs\"' 2> /dev/null; printf 'mine: 1\\n' >> \"$1\"\n";
    let editor = shop.script("editor.sh", change);
    let ran: Ran = shop.sops(&["edit", "e.yaml"]).env("EDITOR", editor).output().unwrap().into();
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("changed by somebody else"), "{}", ran.stderr);
    let now = shop.decrypted("e.yaml");
    assert!(now.contains("user: theirs") && !now.contains("mine"), "{now}");
}

#[test]
fn what_did_not_change_keeps_its_ciphertext() {
    let shop = Shop::with("e.yaml");
    let before = shop.read("e.yaml");
    let editor = shop.script("editor.sh", "sed 's/admin/root/' \"$1\" > x && cat x > \"$1\"\n");
    assert!(shop.sops(&["e.yaml"]).env("EDITOR", editor).status().unwrap().success());
    let after = shop.read("e.yaml");
    let changed = before.lines().zip(after.lines()).filter(|(before, after)| before != after);
    let changed: Vec<&str> = changed.map(|(line, _)| line.split(':').next().unwrap().trim()).collect();
    assert_eq!(changed, ["user", "lastmodified", "mac"]);
    assert_eq!(before.lines().count(), after.lines().count());
}

#[test]
fn foreign_keys_and_fields_go_through_unharmed() {
    let shop = Shop::with("foreign.yaml");
    let block = |text: &str| {
        let lines = text.lines().skip_while(|line| *line != "sops:");
        let lines = lines.filter(|line| !line.contains("mac:") && !line.contains("lastmodified:"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let before = block(&shop.read("foreign.yaml"));
    assert!(before.contains("pgp:"));
    let editor = shop.script("editor.sh", "printf 'added: 1\\n' >> \"$1\"\n");
    for arguments in [
        &["set", "foreign.yaml", "[\"user\"]", "\"new\""][..],
        &["unset", "foreign.yaml", "[\"port\"]"],
        &["--set", "[\"list\"][0] 1", "foreign.yaml"],
        &["edit", "foreign.yaml"],
    ] {
        let ran: Ran = shop.sops(arguments).env("EDITOR", &editor).output().unwrap().into();
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.stderr);
        assert_eq!(block(&shop.read("foreign.yaml")), before, "{arguments:?}");
    }
    // What would need the other key leaves the file alone.
    let text = shop.read("foreign.yaml");
    for arguments in [
        &["rotate", "-i", "foreign.yaml"][..],
        &["-r", "-i", "foreign.yaml"],
        &[
            "groups",
            "add",
            "-i",
            "-f",
            "foreign.yaml",
            "--age",
            "age1rwd5f8ds48q54j8z3lwn37wug8l7j09mdh65aegsxkrakgwvaeps7ejdcz",
        ],
    ] {
        let ran = shop.run(arguments);
        assert_eq!(ran.code, Some(1), "{arguments:?}");
        assert!(ran.stderr.contains("pgp 0123456789ABCDEF"), "{}", ran.stderr);
        assert_eq!(shop.read("foreign.yaml"), text, "{arguments:?}");
    }
}

#[test]
fn each_file_of_updatekeys_has_its_question() {
    let shop = Shop::with("e.yaml");
    for (name, source) in [("one.yaml", "e.yaml"), ("two.yaml", "e.yaml"), (".sops.yaml", "ab.config")] {
        std::fs::copy(vectors().join("sops-cli/inputs").join(source), shop.path(name)).unwrap();
    }
    let before = shop.read("one.yaml");
    let mut command = shop.sops(&["updatekeys", "one.yaml", "two.yaml"]);
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"n\ny\n").unwrap();
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("(y/n)").count(), 2, "{}", ran.stderr);
    assert_eq!(shop.read("one.yaml"), before);
    assert_eq!(shop.read("two.yaml").matches("recipient:").count(), 2);
}

#[test]
fn a_threshold_that_is_edited_is_that_of_the_file() {
    let shop = Shop::with("groups3.yaml");
    let keys = |letters: &str| {
        let key = |letter| {
            std::fs::read_to_string(vectors().join(format!("sops/keys/test-x25519-{letter}.txt"))).unwrap()
        };
        letters.chars().map(key).collect::<String>()
    };
    let code = |letters: &str| {
        let mut command = shop.sops(&["decrypt", "groups3.yaml"]);
        command.env_remove("SOPS_AGE_KEY_FILE").env("SOPS_AGE_KEY", keys(letters)).status().unwrap().code()
    };
    assert_eq!([code("a"), code("ab")], [Some(128), Some(0)]);
    let editor = shop.script(
        "editor.sh",
        "sed 's/shamir_threshold: 2/shamir_threshold: 3/' \"$1\" > x && cat x > \"$1\"\n",
    );
    let mut edit = shop.sops(&["edit", "-s", "groups3.yaml"]);
    let ran: Ran = edit.env("EDITOR", editor).env("SOPS_AGE_KEY", keys("b")).output().unwrap().into();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!([code("ab"), code("abc")], [Some(128), Some(0)]);
}

#[test]
fn a_recipient_that_is_added_beside_the_values_can_open_the_file() {
    let shop = Shop::with("e.yaml");
    let recipient = "age1rwd5f8ds48q54j8z3lwn37wug8l7j09mdh65aegsxkrakgwvaeps7ejdcz";
    let added = format!("s/^    age:/    age:\\n        - recipient: {recipient}/");
    let editor = shop.script("editor.sh", &format!("sed '{added}' \"$1\" > x && cat x > \"$1\"\n"));
    let ran: Ran = shop.sops(&["-s", "e.yaml"]).env("EDITOR", editor).output().unwrap().into();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let mut decrypt = shop.sops(&["decrypt", "e.yaml"]);
    decrypt.env("SOPS_AGE_KEY_FILE", vectors().join("sops/keys/test-x25519-b.txt"));
    assert_eq!(decrypt.status().unwrap().code(), Some(0));
    assert!(shop.decrypted("e.yaml").contains("user: admin"));
}
