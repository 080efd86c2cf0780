//! `sealkit encrypt`.

use std::fs;

use super::masked::masked;
use super::support::not_there;
use super::{A, B, RULE, SECRET, Shop};

const ENCRYPTED: &str = "\
# The shop's database
apiVersion: v1
kind: Secret
metadata:
  name: db   # kept

stringData:
  #ENC[comment]
  user: 'ENC[str]'
  password: \"ENC[str]\" #ENC[comment]
  port: ENC[int]
  certificate: |
    ENC[str]
sops:
  age:
    - enc: |
        ARMOR
      recipient: age19k5m339h7q807jyt8yn82rxelaa47vypxw5ylak2zkn0anqxjd8st7trxf
  encrypted_regex: ^(data|stringData)$
  lastmodified: TIME
  mac: ENC[str]
  version: 3.13.3
";

#[test]
fn only_what_is_selected_changes() {
    let shop = Shop::new();
    let mut arguments = vec!["encrypt", "--age", A, "secret.yaml"];
    arguments.extend(RULE);
    assert_eq!(masked(&shop.run(&arguments).quiet()), ENCRYPTED);
    assert_eq!(shop.read("secret.yaml"), SECRET);
    assert_eq!(masked(&shop.encrypt(SECRET, RULE)), ENCRYPTED);
}

#[test]
fn each_rule_is_a_flag() {
    let shop = Shop::new();
    let plain = "a: x\nb_enc: x\nc_unencrypted: x\n# secret\nd: x\n";
    for (arguments, encrypted) in [
        (["--encrypted-regex", "^[ab]"].as_slice(), "ab"),
        (&["--unencrypted-regex", "^[ab]"], "cd"),
        (&["--encrypted-suffix", "_enc"], "b"),
        (&["--unencrypted-suffix", "_enc"], "acd"),
        (&["--encrypted-comment-regex", "secret"], "d"),
        (&["--unencrypted-comment-regex", "secret"], "abc"),
        (&[], "abd"),
    ] {
        let text = shop.encrypt(plain, arguments);
        let found: String = text
            .lines()
            .filter(|line| line.contains(": ENC[") && !line.contains("mac"))
            .map(|line| &line[..1])
            .collect();
        assert_eq!(found, encrypted, "{arguments:?}");
        assert_eq!(shop.run_with(&text, &["decrypt"]).quiet(), plain);
    }
    assert!(shop.encrypt(plain, &["--mac-only-encrypted"]).contains(" mac_only_encrypted: true\n"));
    let ran = shop.run(&["encrypt", "secret.yaml", "--encrypted-regex", "a", "--encrypted-suffix", "b"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

#[test]
fn files_are_replaced_where_they_are() {
    let shop = Shop::new();
    for (name, mode) in [("one.yaml", 0o640), ("two.yaml", 0o600)] {
        shop.write(name, SECRET);
        shop.set_mode(name, mode);
    }
    shop.write("three.json", "{\n  \"a\": 1\n}\n");
    shop.run(&["encrypt", "--in-place", "--age", A, "one.yaml", "two.yaml", "three.json"]).quiet();
    for (name, mode) in [("one.yaml", 0o640), ("two.yaml", 0o600)] {
        shop.assert_mode(name, mode);
        assert_eq!(shop.decrypted(name), SECRET);
    }
    assert_eq!(shop.decrypted("three.json"), "{\n  \"a\": 1\n}\n");
    assert_eq!(shop.names(), ["a.txt", "b.txt", "one.yaml", "secret.yaml", "three.json", "two.yaml"]);
}

#[test]
fn a_file_that_fails_does_not_keep_the_others_from_being_done() {
    let shop = Shop::with_encrypted();
    let before = shop.read("db.sops.yaml");
    shop.run(&["encrypt", "-i", "--age", A, "db.sops.yaml", "secret.yaml"]).fails(
        3,
        "error: could not encrypt db.sops.yaml\n  \
         caused by: this file is encrypted already (line 15, column 3: `sops`); edit it, or decrypt it first\n",
    );
    assert_eq!(shop.read("db.sops.yaml"), before);
    assert_eq!(shop.decrypted("secret.yaml"), SECRET);
    let ran = shop.run(&["encrypt", "-i", "--age", A, "db.sops.yaml", "secret.yaml"]);
    assert_eq!((ran.code, ran.stderr.matches("error: ").count()), (1, 2));
}

#[test]
fn the_result_goes_to_a_file() {
    let shop = Shop::new();
    shop.run(&["encrypt", "--age", A, "-o", "out.yaml", "secret.yaml"]).quiet();
    assert_eq!(shop.decrypted("out.yaml"), SECRET);
    #[cfg(unix)]
    {
        let mode = |name: &str| fs::metadata(shop.path(name)).unwrap().permissions();
        assert_eq!(mode("out.yaml"), mode("secret.yaml"));
    }
    shop.run(&["decrypt", "-o", "plain.yaml", "out.yaml"]).quiet();
    assert_eq!(shop.read("plain.yaml"), SECRET);
    shop.assert_mode("plain.yaml", 0o600);
}

#[test]
fn recipients_come_from_flags_then_the_environment_then_the_configuration() {
    let shop = Shop::new();
    shop.write(
        ".sops.yaml",
        format!(
            "creation_rules:\n- path_regex: apps/\n  age: {A}\n  encrypted_regex: ^stringData$\n- age: {B}\n"
        ),
    );
    shop.write("apps/web/secret.yaml", SECRET);
    let recipients = |text: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("recipient: "));
        lines.map(str::to_owned).collect()
    };
    let text = shop.run(&["encrypt", "apps/web/secret.yaml"]).quiet();
    assert_eq!(recipients(&text), [A]);
    assert!(text.contains("  encrypted_regex: ^stringData$\n"));
    assert_eq!(recipients(&shop.run(&["encrypt", "secret.yaml"]).quiet()), [B]);
    // The rule of a standard input that has a name.
    let text = shop.run_with(SECRET, &["encrypt", "--filename", "apps/x.yaml"]).quiet();
    assert_eq!(recipients(&text), [A]);
    // Flags win, and the selection is still that of the rule.
    let text =
        shop.run(&["encrypt", "--age", &format!("{B}, {A}"), "--age", A, "apps/web/secret.yaml"]).quiet();
    assert_eq!(recipients(&text), [B, A]);
    assert!(text.contains("  encrypted_regex: ^stringData$\n"));
    let mut command = shop.sealkit(&["encrypt", "apps/web/secret.yaml"]);
    command.env("SOPS_AGE_RECIPIENTS", B);
    let ran = super::feed(command, b"");
    assert_eq!(recipients(&ran.stdout), [B]);
    let configuration = shop.shown(".sops.yaml");
    let told = format!(
        "warning: SOPS_AGE_RECIPIENTS is set and wins over the recipients that {configuration} names for this file\n"
    );
    assert_eq!(ran.stderr, told);
}

#[test]
fn the_configuration_of_the_files_own_folder_counts() {
    let shop = Shop::new();
    shop.write(".sops.yaml", format!("creation_rules:\n- age: {A}\n"));
    shop.write("team/.sops.yaml", format!("creation_rules:\n- path_regex: ^secret\n  age: {B}\n"));
    shop.write("team/secret.yaml", SECRET);
    assert!(shop.run(&["encrypt", "team/secret.yaml"]).quiet().contains(B));
    assert!(shop.run(&["encrypt", "--config", ".sops.yaml", "team/secret.yaml"]).quiet().contains(A));
    let mut command = shop.sealkit(&["encrypt", "team/secret.yaml"]);
    command.env("SOPS_CONFIG", ".sops.yaml");
    assert!(super::feed(command, b"").quiet().contains(A));
    // Of a file elsewhere, that of the current folder.
    let elsewhere = Shop::new();
    let path = elsewhere.path("secret.yaml");
    assert!(shop.run(&["encrypt", path.to_str().unwrap()]).quiet().contains(A));
}

#[test]
fn what_can_not_be_encrypted_is_said() {
    let shop = Shop::new();
    shop.run(&["encrypt", "secret.yaml"]).fails(
        2,
        "error: there is nobody to encrypt for: give --age, set SOPS_AGE_RECIPIENTS, or write a creation rule \
         (there is no .sops.yaml)\n",
    );
    shop.run(&["encrypt", "--age", "AGE-SECRET-KEY-1HUNTER2", "secret.yaml"]).fails(
        2,
        "error: --age holds something that is no age recipient\n  \
         caused by: this is a secret key, not a recipient; its recipient is the `public key` in the same file\n",
    );
    shop.run(&["encrypt", "--age", A, "--encrypted-regex", "(", "secret.yaml"]).fails(
        2,
        "error: encrypted_regex is no usable regular expression\n  \
         caused by: the regular expression can't be parsed: unclosed group\n",
    );
    shop.run(&["encrypt", "--age", A, "--encrypted-regex", "^passwrod$", "secret.yaml"]).fails(
        1,
        "error: could not encrypt secret.yaml; --allow-nothing-encrypted writes it all the same\n  \
         caused by: nothing in this file would be encrypted: encrypted_regex \"^passwrod$\" selects no value that is not \
         empty\n",
    );
    let ran = shop.run(&[
        "encrypt",
        "--age",
        A,
        "--encrypted-regex",
        "x",
        "--allow-nothing-encrypted",
        "secret.yaml",
    ]);
    assert!(ran.quiet().starts_with(SECRET));
    shop.run_with(SECRET, &["encrypt", "--age", A]).fails(
        2,
        "error: standard input may be of any format: say which by --format, or give a --filename\n",
    );
    shop.run(&["encrypt", "--age", A, "secret.yaml", "a.txt"])
        .fails(2, "error: several files can only be encrypted in place: add --in-place, or name one file\n");
    shop.run_with(SECRET, &["encrypt", "--in-place", "--age", A])
        .fails(2, "error: standard input can't be written in place: name a file\n");
    shop.write("list.yaml", "- hunter2\n");
    shop.run(&["encrypt", "--age", A, "list.yaml"]).fails(
        1,
        "error: could not encrypt list.yaml\n  caused by: line 1, column 1: the document is a list at its top level, and \
         SOPS files are mappings; put it under a key\n",
    );
    shop.write("broken.yaml", "a: hunter2: x\n");
    shop.run(&["encrypt", "--age", A, "broken.yaml"]).fails(
        1,
        "error: could not encrypt broken.yaml\n  caused by: line 1, column 11: this is not valid YAML: mapping values are not \
         allowed in this context\n",
    );
    shop.run(&["encrypt", "--age", A, "nothing.yaml"])
        .fails(1, &format!("error: could not read nothing.yaml\n  caused by: {}\n", not_there()));
}

#[test]
fn a_configuration_that_does_not_help_is_said() {
    let shop = Shop::new();
    let configuration = shop.shown(".sops.yaml");
    shop.write(".sops.yaml", format!("creation_rules:\n- path_regex: ^apps/\n  age: {A}\n"));
    shop.run(&["encrypt", "secret.yaml"]).fails(
        1,
        &format!(
            "error: no creation rule in {configuration} matches secret.yaml: add a rule, or give recipients by --age\n"
        ),
    );
    shop.run_with(SECRET, &["encrypt", "--format", "yaml"]).fails(
        2,
        "error: standard input has no name that a creation rule could match: give --filename, or recipients by --age\n",
    );
    shop.write(".sops.yaml", "creation_rules:\n- pgp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4\n");
    shop.run(&["encrypt", "secret.yaml"]).fails(
        1,
        "error: could not encrypt secret.yaml\n  caused by: sealkit can't wrap a data key for keys of these kinds yet: \
         pgp FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4\n",
    );
    shop.write(".sops.yaml", "creation_rules: [");
    let ran = shop.run(&["encrypt", "secret.yaml"]);
    assert!(ran.stderr.starts_with(&format!("error: {configuration} can't be parsed\n")), "{}", ran.stderr);
    // What is given in full needs no configuration; and decrypting needs none ever.
    let text = shop.encrypt(SECRET, RULE);
    assert_eq!(shop.run_with(text, &["decrypt"]).quiet(), SECRET);
    fs::rename(shop.path(".sops.yaml"), shop.path(".sops.yml")).unwrap();
    let ran = shop.run(&["encrypt", "secret.yaml"]);
    let misnamed = format!("warning: {configuration} is not read: it has to be called .sops.yaml\n");
    assert!(ran.stderr.starts_with(&misnamed.replace(".sops.yaml is", ".sops.yml is")), "{}", ran.stderr);
}

#[test]
fn an_alias_of_an_encrypted_value_is_told() {
    let shop = Shop::new();
    let ran = shop.run_with("a: &a x\nb: *a\n", &["encrypt", "--age", A, "--format", "yaml"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            0,
            "warning: standard input, line 2, column 4: the alias *a stands for encrypted values, which are bound to their \
             place; it was replaced by a copy\n"
        )
    );
}
