//! `sealkit decrypt`.

use super::support::not_there;
use super::{A, B, RULE, SECRET, Shop};

#[test]
fn every_byte_comes_back() {
    let shop = Shop::with_encrypted();
    assert_eq!(shop.decrypted("db.sops.yaml"), SECRET);
    assert_eq!(shop.run_with(shop.read("db.sops.yaml"), &["decrypt"]).quiet(), SECRET);
    assert_eq!(shop.run_with(shop.read("db.sops.yaml"), &["decrypt", "-"]).quiet(), SECRET);
    shop.run(&["decrypt", "--in-place", "db.sops.yaml"]).quiet();
    assert_eq!(shop.read("db.sops.yaml"), SECRET);
    let windows = format!("\u{feff}{}", SECRET.replace('\n', "\r\n"));
    assert_eq!(shop.run_with(shop.encrypt(&windows, &[]), &["decrypt"]).quiet(), windows);
}

#[test]
fn values_are_printed_in_another_format() {
    let shop = Shop::with_encrypted();
    let json: serde_json::Value =
        serde_json::from_str(&shop.run(&["decrypt", "--output-format", "json", "db.sops.yaml"]).quiet())
            .unwrap();
    assert_eq!(json["stringData"]["port"], 5432);
    assert_eq!(json["stringData"]["certificate"], "line one\nline two\n");
    assert!(json.get("sops").is_none());
    assert_eq!(shop.run(&["decrypt", "--output-format", "yaml", "db.sops.yaml"]).quiet(), SECRET);
    let encrypted = shop
        .run_with("{\"b\": [1, \"0x1\"], \"a\": null}\n", &["encrypt", "--age", A, "--format", "json"])
        .quiet();
    assert_eq!(
        shop.run_with(encrypted, &["decrypt", "--output-format", "yaml"]).quiet(),
        "b:\n    - 1\n    - \"0x1\"\na: null\n"
    );
    shop.write("two.yaml", shop.encrypt("a: 1\n---\na: 2\n", &[]));
    shop.run(&["decrypt", "--output-format", "json", "two.yaml"]).fails(
        1,
        "error: could not print two.yaml\n  caused by: there are 2 documents in this file, which can't be written in JSON: it holds one\n",
    );
}

#[test]
fn a_file_that_is_not_authentic_is_refused() {
    let shop = Shop::with_encrypted();
    let tampered = shop.read("db.sops.yaml").replace("name: db ", "name: other ");
    shop.write("db.sops.yaml", &tampered);
    shop.run(&["decrypt", "db.sops.yaml"]).fails(
        1,
        "error: could not decrypt db.sops.yaml\n  caused by: the file as a whole does not authenticate\n  caused by: the MAC \
         does not match: values were changed, added, removed or reordered without the data key; look at the file's \
         history, or ignore the MAC if you know why\n",
    );
    let rescued = shop.run(&["decrypt", "--ignore-mac", "db.sops.yaml"]).quiet();
    assert_eq!(rescued, SECRET.replace("name: db ", "name: other "));
    // A value that was moved does not decrypt even so.
    let moved = tampered.replace("  user: ", "  user2: ");
    shop.write("db.sops.yaml", moved);
    let ran = shop.run(&["decrypt", "--ignore-mac", "db.sops.yaml"]);
    let told = "error: could not decrypt db.sops.yaml\n  caused by: stringData.user2 (line 9, column 10) can't be decrypted\n";
    assert!(ran.code == 1 && ran.stdout.is_empty() && ran.stderr.starts_with(told), "{}", ran.stderr);
}

#[test]
fn identities_come_from_flags_and_from_the_environment() {
    let shop = Shop::with_encrypted();
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = shop.command(arguments);
        command.envs(variables.iter().copied());
        super::feed(command, b"")
    };
    let identity = shop.read("a.txt");
    let identity = identity.lines().last().unwrap();
    assert_eq!(run(&["decrypt", "--identity", "a.txt", "db.sops.yaml"], &[]).quiet(), SECRET);
    assert_eq!(
        run(&["decrypt", "--identity", "b.txt", "db.sops.yaml"], &[("SOPS_AGE_KEY", identity)]).quiet(),
        SECRET
    );
    shop.write("home/.config/sops/age/keys.txt", identity);
    let home = shop.path("home");
    assert_eq!(
        run(
            &["decrypt", "db.sops.yaml"],
            &[("HOME", home.to_str().unwrap()), ("APPDATA", home.join(".config").to_str().unwrap())]
        )
        .quiet(),
        SECRET
    );
    let told = format!(
        "error: could not open db.sops.yaml: the file's one master key could not be opened\n  age {A}: no identity opens \
         it: none was found\n  to see where identities were looked for: sealkit keys db.sops.yaml\n"
    );
    run(&["decrypt", "db.sops.yaml"], &[]).fails(1, &told);
    let told = told.replace("none was found", "1 other identity was tried");
    run(&["decrypt", "--identity", "b.txt", "db.sops.yaml"], &[]).fails(1, &told);
    run(&["decrypt", "--identity", "c.txt", "db.sops.yaml"], &[])
        .fails(1, &format!("error: could not read c.txt\n  caused by: {}\n", not_there()));
    let ran = run(&["decrypt", "db.sops.yaml"], &[("SOPS_AGE_KEY", "AGE-SECRET-KEY-1HUNTER2")]);
    assert!(
        ran.code == 1 && ran.stderr.contains("SOPS_AGE_KEY") && !ran.stderr.contains("HUNTER2"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_file_that_is_not_encrypted_is_no_sops_file() {
    let shop = Shop::new();
    shop.run(&["decrypt", "secret.yaml"]).fails(
        1,
        "error: could not read secret.yaml\n  caused by: this file has no `sops` block: it is not encrypted (encrypt it \
         first), or the block was removed\n",
    );
}

#[test]
fn several_files_are_decrypted_in_place() {
    let shop = Shop::with_encrypted();
    shop.write("other.yaml", shop.encrypt("a: 1\n", &[]));
    let ran = shop.run(&["decrypt", "-i", "db.sops.yaml", "a.txt", "other.yaml"]);
    assert_eq!((ran.code, ran.stderr.matches("error: ").count()), (3, 1), "{}", ran.stderr);
    assert_eq!((shop.read("db.sops.yaml").as_str(), shop.read("other.yaml").as_str()), (SECRET, "a: 1\n"));
}

#[test]
fn nobody_reads_any_more() {
    let shop = Shop::new();
    let values: String = (0..20_000).map(|number| format!("key{number}: value\n")).collect();
    shop.write("long.yaml", shop.encrypt(&values, &[]));
    let ran = shop.run_unread(&["decrypt", "--identity", "a.txt", "long.yaml"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (141, ""));
}

#[test]
fn the_same_file_opens_for_each_of_its_recipients() {
    let shop = Shop::new();
    let mut arguments = vec!["encrypt", "--age", A, "--age", B, "-o", "both.yaml", "secret.yaml"];
    arguments.extend(RULE);
    shop.run(&arguments).quiet();
    for identity in ["a.txt", "b.txt"] {
        assert_eq!(shop.0.run(&["decrypt", "--identity", identity, "both.yaml"]).quiet(), SECRET);
    }
}
