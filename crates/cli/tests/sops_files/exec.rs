//! `sealkit exec`.

use std::os::unix::process::ExitStatusExt;

use super::{SECRET, Shop};

const SETTINGS: &str = "\
# comment
TEXT: two words
EMPTY: ''
NOTHING:
NUMBER: 0x10
FLOAT: 2.50
TRUTH: true
DATE: 2001-12-14
LINES: |
  one
  two
inner:
  USER: shop
  PORT: 5432
list: [1]
\"no=name\": x
";

fn shop() -> Shop {
    let shop = Shop::new();
    shop.write("settings.yaml", shop.encrypt(SETTINGS, &[]));
    shop
}

#[test]
fn single_values_become_variables() {
    let shop = shop();
    let ran = shop.run(&["exec", "--pristine", "settings.yaml", "--", "/usr/bin/env"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            0,
            "warning: settings.yaml: inner is left out: it is a mapping; --at takes the values below it\n\
             warning: settings.yaml: list is left out: it is a list\n\
             warning: settings.yaml: no=name is left out: a variable can't have this name\n"
        )
    );
    assert_eq!(
        ran.stdout,
        "DATE=2001-12-14T00:00:00Z\nEMPTY=\nFLOAT=2.5\nLINES=one\ntwo\n\nNOTHING=\nNUMBER=16\nTEXT=two words\nTRUTH=true\n"
    );
    let inner =
        shop.run(&["exec", "--pristine", "--at", "inner", "settings.yaml", "--", "/usr/bin/env"]).quiet();
    assert_eq!(inner, "PORT=5432\nUSER=shop\n");
    let with_ours = shop.run(&["exec", "--at", "inner", "settings.yaml", "--", "/usr/bin/env"]).quiet();
    assert!(with_ours.contains("SOPS_AGE_KEY_FILE=") && with_ours.contains("PORT=5432\n"), "{with_ours}");
}

#[test]
fn arguments_and_input_go_through_untouched() {
    let shop = shop();
    let arguments = [
        "exec",
        "--at",
        "inner",
        "settings.yaml",
        "--",
        "/usr/bin/printf",
        "%s|",
        "$USER",
        "a  b",
        "--in-place",
    ];
    assert_eq!(shop.run(&arguments).quiet(), "$USER|a  b|--in-place|");
    let arguments = ["exec", "--at", "inner", "settings.yaml", "--", "/bin/sh", "-c", "echo $USER; cat"];
    assert_eq!(shop.run_with("input", &arguments).quiet(), "shop\ninput");
}

#[test]
fn the_exit_code_is_the_programs() {
    let shop = shop();
    let run = |program: &[&str]| {
        let mut arguments = vec!["exec", "--at", "inner", "settings.yaml", "--"];
        arguments.extend(program);
        shop.sealkit(&arguments).output().unwrap().status
    };
    assert_eq!(run(&["/bin/sh", "-c", "exit 7"]).code(), Some(7));
    assert_eq!(run(&["/bin/sh", "-c", "kill -TERM $$"]).signal(), Some(15));
    assert_eq!(run(&["/no/such/program"]).code(), Some(127));
    assert_eq!(run(&["/tmp"]).code(), Some(126));
}

#[test]
fn nothing_is_run_if_the_file_does_not_open() {
    let shop = shop();
    let run = |arguments: &[&str]| {
        let mut all = vec!["exec"];
        all.extend(arguments);
        all.extend(["--", "/usr/bin/touch", "was-run"]);
        shop.run(&all)
    };
    assert_eq!(run(&["secret.yaml"]).code, 1);
    run(&["--at", "TEXT", "settings.yaml"]).fails(
        1,
        "error: TEXT in settings.yaml is a string, and a mapping is needed: each of its values becomes a variable\n",
    );
    run(&["--at", "nothing", "settings.yaml"])
        .fails(1, "error: no such value in settings.yaml\n  caused by: there is no nothing\n");
    assert_eq!(shop.run(&["exec", "settings.yaml"]).code, 2);
    assert!(!shop.names().contains(&"was-run".to_owned()));
    assert_eq!(shop.read("secret.yaml"), SECRET);
}
