//! `sealkit keys` and `sealkit keygen age`.

use super::support::Sandbox;
use super::{A, B, SECRET, Shop};

#[test]
fn recipients_and_identities_are_shown() {
    let shop = Shop::new();
    shop.run(&["encrypt", "--age", A, "--age", B, "-o", "db.yaml", "secret.yaml"]).quiet();
    let modified = shop.read("db.yaml");
    let modified = modified.split("lastmodified: \"").nth(1).unwrap().split('"').next().unwrap();
    let key_file = shop.path("a.txt");
    let key_file = key_file.display();
    let ran = shop.run(&["keys", "db.yaml"]);
    let expected = format!(
        "\
Rule           unencrypted_suffix _unencrypted
Last modified  {modified}
Format version 3.13.3

Recipients
  age {A}
    opened by SOPS_AGE_KEY_FILE ({key_file})
  age {B}
    not opened: no identity opens it: 1 other identity was tried

Identities
  SOPS_AGE_KEY: not set
  SOPS_AGE_KEY_FILE ({key_file}): 1 identity
    {A}
  sops/age/keys.txt in the folder of user settings: not there
  SOPS_AGE_SSH_PRIVATE_KEY_FILE: not set
  ~/.ssh/id_ed25519: not there
  ~/.ssh/id_rsa: not there
  SOPS_AGE_KEY_CMD: not set
  SOPS_AGE_SSH_PRIVATE_KEY_CMD: not set
"
    );
    assert_eq!((ran.code, ran.stderr.as_str(), ran.stdout), (0, "", expected));
}

#[cfg(unix)]
#[test]
fn what_can_not_be_used_is_shown() {
    let shop = Shop::with_encrypted();
    let mut command = shop.command(&["keys", "db.sops.yaml"]);
    command
        .env("SOPS_AGE_KEY", "AGE-SECRET-KEY-1HUNTER2")
        .env("SOPS_AGE_KEY_FILE", shop.path("nothing.txt"))
        .env("SOPS_AGE_KEY_CMD", "/bin/false")
        .env("HOME", shop.directory());
    let ran = super::feed(command, b"");
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (1, "error: no identity that was found opens db.sops.yaml\n")
    );
    for line in [
        "  SOPS_AGE_KEY: can't be used\n",
        "/nothing.txt): can't be used\n",
        "No such file or directory (os error 2)\n",
        "  SOPS_AGE_KEY_CMD: can't be used\n",
        "/bin/false failed: exit status: 1\n",
        "/.config/sops/age/keys.txt: not there\n",
    ] {
        assert!(ran.stdout.contains(line), "{line}:\n{}", ran.stdout);
    }
    assert!(!ran.stdout.contains("HUNTER2"));
}

#[test]
fn an_identity_is_made_and_used() {
    let sandbox = Sandbox::new();
    for arguments in
        [["keygen", "age", "--output", "x25519.txt"].as_slice(), &["keygen", "age", "--pq", "-o", "pq.txt"]]
    {
        let recipient = sandbox.run(arguments).quiet();
        let name = arguments.last().unwrap();
        let file = sandbox.read(name);
        assert!(file.contains(&format!("\n# public key: {recipient}AGE-SECRET-KEY-")), "{recipient}");
        sandbox.assert_mode(name, 0o600);
        sandbox.write("secret.yaml", SECRET);
        sandbox.run(&["encrypt", "-i", "--age", recipient.trim_end(), "secret.yaml"]).quiet();
        assert_eq!(sandbox.run(&["decrypt", "--identity", name, "secret.yaml"]).quiet(), SECRET);
    }
    let before = sandbox.read("x25519.txt");
    sandbox
        .run(&["keygen", "age", "-o", "x25519.txt"])
        .fails(1, "error: x25519.txt is there already: add to it: sealkit keygen age >> FILE\n");
    assert_eq!(sandbox.read("x25519.txt"), before);
    let ran = sandbox.run(&["keygen", "age"]);
    let recipient = ran.stderr.strip_prefix("the recipient: ").unwrap().to_owned();
    assert!(ran.code == 0 && ran.stdout.contains(&format!("# public key: {recipient}")), "{recipient}");
}
