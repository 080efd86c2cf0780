//! `sealkit set` and `sealkit unset`.

use std::fs;

use super::terminal::at_terminal;
use super::{RULE, SECRET, Shop, changed_lines};

#[test]
fn one_value_is_one_line() {
    let shop = Shop::new();
    let plain: String =
        (0..200).map(|number| format!("key{number}: value {number} # note {number}\n")).collect();
    let encrypted = shop.encrypt(&plain, &[]);
    shop.write("long.yaml", &encrypted);
    // Another second, another time stamp.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    shop.run_with("another", &["set", "long.yaml", "key77", "--stdin"]).quiet();
    let updated = shop.read("long.yaml");
    let changed: Vec<_> =
        changed_lines(&encrypted, &updated).iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(changed, ["key77", "lastmodified", "mac"]);
    assert_eq!(shop.decrypted("long.yaml"), plain.replace("value 77 ", "another "));
}

#[test]
fn a_value_comes_from_where_one_says() {
    let shop = Shop::with_encrypted();
    shop.run_with("new password", &["set", "db.sops.yaml", "stringData.password", "--stdin"]).quiet();
    shop.write("key.pem", "-----BEGIN\n-----END\n");
    shop.run(&["set", "db.sops.yaml", "stringData[\"tls.key\"]", "--file", "key.pem"]).quiet();
    shop.run(&["set", "db.sops.yaml", "stringData.port", "--json", "5433"]).quiet();
    shop.run_with("{\"b\": [1, null]}", &["set", "db.sops.yaml", "stringData.a", "--json", "-"]).quiet();
    shop.run(&["set", "db.sops.yaml", "stringData.a.b[9]", "--json", "\"x\""]).quiet();
    let expected = SECRET.replace("hunter2", "new password").replace("5432", "5433")
        + "  tls.key: |\n    -----BEGIN\n    -----END\n  a:\n    b:\n    - 1\n    - null\n    - x\n";
    assert_eq!(shop.decrypted("db.sops.yaml"), expected);
}

#[test]
fn a_value_is_asked_for_unseen() {
    let shop = Shop::with_encrypted();
    let question = "Value of stringData.password: ";
    let Some(shown) =
        at_terminal(&shop, "sealkit set db.sops.yaml stringData.password", &[(question, "typed by hand\n")])
    else {
        return;
    };
    assert_eq!((shown.code, shown.text.trim_end()), (0, question.trim_end()));
    assert_eq!(shop.run(&["get", "db.sops.yaml", "stringData.password"]).quiet(), "typed by hand");
    let before = shop.read("db.sops.yaml");
    let shown =
        at_terminal(&shop, "sealkit set db.sops.yaml stringData.password", &[(question, "\u{3}")]).unwrap();
    assert_eq!(shown.code, 130, "{}", shown.text);
    assert_eq!(shop.read("db.sops.yaml"), before);
    shop.run(&["set", "db.sops.yaml", "stringData.password"]).fails(
        2,
        "error: there is no value: give it on standard input with --stdin, in a --file, or as --json\n",
    );
}

#[test]
fn what_does_not_change_is_not_written() {
    let shop = Shop::with_encrypted();
    let before = shop.read("db.sops.yaml");
    let modified = || fs::metadata(shop.path("db.sops.yaml")).unwrap().modified().unwrap();
    let then = modified();
    let ran = shop.run_with("hunter2", &["set", "db.sops.yaml", "stringData.password", "--stdin"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (0, "db.sops.yaml: stringData.password has this value already\n")
    );
    assert_eq!((shop.read("db.sops.yaml"), modified()), (before, then));
}

#[test]
fn whoever_sets_what_is_not_encrypted_is_told() {
    let shop = Shop::with_encrypted();
    let ran = shop.run_with("hunter3", &["set", "db.sops.yaml", "metadata.password", "--stdin"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            0,
            "warning: db.sops.yaml: metadata.password stands in the clear, since the file's rule does not select it \
             (encrypted_regex \"^(data|stringData)$\")\n"
        )
    );
    let ran = shop.run_with("x\n", &["set", "db.sops.yaml", "stringData.port", "--stdin"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            0,
            "warning: the value of stringData.port ends in a newline, which becomes part of the secret; printf %s writes \
             text without one\n\
             warning: stringData.port was an integer and is text now; --json keeps it what it was\n"
        )
    );
}

#[test]
fn what_can_not_be_set_is_said() {
    let shop = Shop::with_encrypted();
    let before = shop.read("db.sops.yaml");
    for (path, json, code, told) in [
        (
            "stringData.user",
            "hunter3",
            2,
            "error: --json is no JSON value\n  caused by: line 1, column 1: this is not valid JSON: expected a value\n",
        ),
        (
            "stringData[0]",
            "1",
            1,
            "error: could not set stringData[0] in db.sops.yaml\n  caused by: stringData[0] can't be reached: there is a \
             mapping where a list is needed\n",
        ),
        ("", "1", 2, "error: the path is empty: name the value to set\n"),
        ("sops.mac", "1", 2, "error: sops holds what the format itself needs: it can't be set\n"),
    ] {
        shop.run(&["set", "db.sops.yaml", path, "--json", json]).fails(code, told);
    }
    shop.run_with([0xFF], &["set", "db.sops.yaml", "stringData.user", "--stdin"])
        .fails(1, "error: standard input is not UTF-8 text: encode it first, in base64 for example\n");
    assert_eq!(shop.run(&["set", "db.sops.yaml", "a", "--stdin", "--json", "1"]).code, 2);
    assert_eq!(shop.read("db.sops.yaml"), before);
}

#[test]
fn values_are_taken_out_with_their_comments() {
    let shop = Shop::with_encrypted();
    shop.run(&["unset", "db.sops.yaml", "stringData.user"]).quiet();
    shop.run(&["unset", "db.sops.yaml", "stringData.certificate"]).quiet();
    assert_eq!(
        shop.decrypted("db.sops.yaml"),
        SECRET
            .replace("  # who\n  user: 'shop'\n", "")
            .replace("  certificate: |\n    line one\n    line two\n", "")
    );
    shop.run(&["unset", "db.sops.yaml", "stringData.user"]).fails(
        1,
        "error: could not take stringData.user out of db.sops.yaml\n  caused by: there is no stringData.user\n",
    );
    shop.run(&["unset", "db.sops.yaml", ""])
        .fails(2, "error: the path is empty: name the value to take out\n");
}

#[test]
fn the_document_that_is_meant_is_changed() {
    let shop = Shop::new();
    let plain = "stringData:\n  a: one\n---\nstringData:\n  a: two\n";
    shop.write("two.yaml", shop.encrypt(plain, RULE));
    shop.run_with("three", &["set", "two.yaml", "stringData.a", "--stdin", "--document", "2"]).quiet();
    assert_eq!(shop.decrypted("two.yaml"), plain.replace("two", "three"));
    shop.run(&["unset", "two.yaml", "stringData.a", "--document", "1"]).quiet();
    assert_eq!(shop.run(&["get", "two.yaml", "stringData.a", "--document", "2"]).quiet(), "three");
}
