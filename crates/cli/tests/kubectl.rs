//! Secrets that `sealkit seal` builds, beside those that the real `kubectl create secret` builds.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "these are tests")]

mod support;

use std::process::Command;

use serde_json::Value;
use support::{Ran, Sandbox, certificate, private_key};

/// A directory with the files that the command lines below name, if there is a kubectl.
fn sandbox() -> Option<Sandbox> {
    let sandbox = Sandbox::new();
    if sandbox.run_other("kubectl", &["version", "--client"]).is_none() {
        eprintln!("notice: skipped, there is no kubectl on the PATH");
        return None;
    }
    sandbox.write("d/one", "1");
    sandbox.write("d/two.txt", "2\n\n");
    sandbox.write("d/inner/three", "3");
    sandbox.write("binary", b"\x00\xFF\n\n");
    sandbox.write("bad/no key", "x");
    sandbox.write("config.json", r#"{"auths": {"r.example.com": {"auth": "dTpw"}}}"#);
    sandbox.write("env", "A=1\n# comment\n  B=two words \n\n\tC=\"quoted\"\nD=a=b # c\nE=\nmy-env.NAME=x\n");
    sandbox.write("env-crlf", "\u{feff}A=1\r\nB=2\r\n");
    sandbox.write("env-home", "HOME\n");
    sandbox.write("env-empty", "# nothing\n");
    for (name, contents) in [
        ("env-export", "export A=1\n"),
        ("env-digit", "1a=x\n"),
        ("env-space", "A =x\n"),
        ("env-no-name", "=x\n"),
        ("env-twice", "A=1\nA=2\n"),
        ("env-dots", "..a=x\n"),
        ("env-letters", "é=x\n"),
    ] {
        sandbox.write(name, contents);
    }
    sandbox.write("env-bytes", b"A=\xFF\n");
    Some(sandbox)
}

/// Makes a certificate and its key with OpenSSL; false if there is none.
fn make_tls_pair(sandbox: &Sandbox, name: &str, kind: &[&str]) -> bool {
    let (key, certificate) = (format!("{name}.key"), format!("{name}.crt"));
    let mut arguments = vec!["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=test"];
    arguments.extend(kind);
    arguments.extend(["-keyout", &key, "-out", &certificate]);
    sandbox.run_other("openssl", &arguments).is_some_and(|ran| ran.code == 0)
}

fn kubectl(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let mut all = vec!["create", "secret"];
    all.extend(arguments);
    all.extend(["--namespace", "web", "--dry-run=client", "-o", "json"]);
    sandbox.run_other("kubectl", &all).unwrap()
}

fn sealkit(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let certificate = certificate();
    let mut all =
        vec!["seal", "--cert", &certificate, "--namespace", "web", "--name", "app", "--allow-empty-data"];
    all.extend(arguments);
    let mut command: Command = sandbox.command(&all);
    command.env("HOME", sandbox.directory());
    support::feed(command, b"")
}

/// Type and data of the Secret that a SealedSecret was made of.
fn opened(sandbox: &Sandbox, sealed: &str) -> (Value, Value) {
    let text = sandbox.run_with(sealed, &["unseal", "--key", &private_key(), "-o", "json"]).quiet();
    type_and_data(&text)
}

fn type_and_data(secret: &str) -> (Value, Value) {
    let mut secret: Value = serde_json::from_str(secret).unwrap();
    let data = match secret["data"].take() {
        Value::Null => serde_json::json!({}),
        data => data,
    };
    (secret["type"].take(), data)
}

#[track_caller]
fn assert_same(sandbox: &Sandbox, kubectl_says: &[&str], we_say: &[&str]) {
    let theirs = kubectl(sandbox, kubectl_says);
    assert_eq!(theirs.code, 0, "{kubectl_says:?}: {}", theirs.stderr);
    let ours = sealkit(sandbox, we_say);
    assert_eq!(ours.code, 0, "{we_say:?}: {}", ours.stderr);
    assert_eq!(opened(sandbox, &ours.stdout), type_and_data(&theirs.stdout), "{we_say:?}");
}

#[track_caller]
fn assert_both_refuse(sandbox: &Sandbox, kubectl_says: &[&str], we_say: &[&str]) {
    let theirs = kubectl(sandbox, kubectl_says);
    assert_ne!(theirs.code, 0, "{kubectl_says:?}: {}", theirs.stdout);
    let ours = sealkit(sandbox, we_say);
    assert!(matches!(ours.code, 1 | 2), "{we_say:?}: {}", ours.stdout);
    assert!(ours.stdout.is_empty() && ours.stderr.starts_with("error: "), "{ours:?}");
}

#[test]
fn generic_secrets_are_the_same() {
    let Some(sandbox) = sandbox() else { return };
    for arguments in [
        ["--from-literal", "a=b"].as_slice(),
        &["--from-literal", "a=b=c", "--from-literal", "empty=", "--from-literal", ".dot-_=x,y"],
        &["--from-literal=multi=one\ntwo\n"],
        &["--from-literal", "a=b", "--type", "example.com/own"],
        &["--from-literal", "a=b", "--type", ""],
        &["--type", "kubernetes.io/tls", "--from-literal", "tls.crt=x", "--from-literal", "tls.key=y"],
        &["--from-file", "d"],
        &["--from-file", "./d/../d/"],
        &["--from-file", "d/one", "--from-file", "key=d/one", "--from-literal", "b=c"],
        &["--from-file", "binary"],
        &["--from-env-file", "env"],
        &["--from-env-file", "env-crlf"],
        &["--from-env-file", "env-home"],
        &["--from-env-file", "env-empty"],
        &["--from-env-file", "env", "--from-env-file", "env-home"],
    ] {
        let mut theirs = vec!["generic", "app"];
        theirs.extend(arguments);
        assert_same(&sandbox, &theirs, arguments);
    }
}

#[test]
fn what_kubectl_refuses_we_refuse() {
    let Some(sandbox) = sandbox() else { return };
    let long_key = format!("{}=x", "a".repeat(254));
    for arguments in [
        ["--from-literal", "a"].as_slice(),
        &["--from-literal", "=a"],
        &["--from-literal", ""],
        &["--from-literal", "a b=c"],
        &["--from-literal", ".=c"],
        &["--from-literal", "..=c"],
        &["--from-literal", "..a=c"],
        &["--from-literal", &long_key],
        &["--from-literal", "a=1", "--from-literal", "a=2"],
        &["--from-file", "missing"],
        &["--from-file", "key=d"],
        &["--from-file", "=d/one"],
        &["--from-file", "key="],
        &["--from-file", "a=b=c"],
        &["--from-file", "bad"],
        &["--from-file", "bad/no key"],
        &["--from-file", "d/one", "--from-file", "d/one"],
        &["--from-file", "d", "--from-literal", "one=x"],
        &["--from-env-file", "missing"],
        &["--from-env-file", "d"],
        &["--from-env-file", "env-export"],
        &["--from-env-file", "env-digit"],
        &["--from-env-file", "env-space"],
        &["--from-env-file", "env-no-name"],
        &["--from-env-file", "env-twice"],
        &["--from-env-file", "env-dots"],
        &["--from-env-file", "env-letters"],
        &["--from-env-file", "env-bytes"],
        &["--from-env-file", "env", "--from-env-file", "env"],
        &["--from-env-file", "env", "--from-literal", "x=y"],
        &["--from-env-file", "env", "--from-file", "d"],
    ] {
        let mut theirs = vec!["generic", "app"];
        theirs.extend(arguments);
        assert_both_refuse(&sandbox, &theirs, arguments);
    }
}

#[test]
fn registry_credentials_are_the_same() {
    let Some(sandbox) = sandbox() else { return };
    for arguments in [
        ["--docker-server=r.example.com", "--docker-username=u", "--docker-password=p", "--docker-email=e@x"]
            .as_slice(),
        &["--docker-username=u", "--docker-password=p:\"\\é"],
    ] {
        let mut theirs = vec!["docker-registry", "app"];
        theirs.extend(arguments);
        assert_same(&sandbox, &theirs, arguments);
    }
    assert_same(
        &sandbox,
        &["docker-registry", "app", "--from-file", ".dockerconfigjson=config.json"],
        &["--docker-config", "config.json"],
    );
    for arguments in [
        ["--docker-username=u", "--docker-password="].as_slice(),
        &["--docker-username=", "--docker-password=p"],
        &["--docker-username=u", "--docker-password=p", "--docker-server="],
        // We ask for the password, but nobody answers.
        &["--docker-username=u"],
        &["--docker-password=p"],
    ] {
        let mut theirs = vec!["docker-registry", "app"];
        theirs.extend(arguments);
        assert_both_refuse(&sandbox, &theirs, arguments);
    }
}

#[test]
fn tls_pairs_are_the_same() {
    let Some(sandbox) = sandbox() else { return };
    let made = make_tls_pair(&sandbox, "rsa", &["-newkey", "rsa:2048"])
        && make_tls_pair(&sandbox, "other", &["-newkey", "rsa:2048"])
        && make_tls_pair(&sandbox, "ec", &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        && make_tls_pair(&sandbox, "ed25519", &["-newkey", "ed25519"]);
    if !made {
        eprintln!("notice: skipped, there is no openssl on the PATH");
        return;
    }
    let pair = |certificate: &str, key: &str| {
        let theirs = ["tls", "app", "--cert", certificate, "--key", key].map(str::to_owned);
        let ours = ["--tls-cert", certificate, "--tls-key", key].map(str::to_owned);
        (theirs, ours)
    };
    fn words(words: &[String]) -> Vec<&str> {
        words.iter().map(String::as_str).collect()
    }
    for name in ["rsa", "ec", "ed25519"] {
        let (theirs, ours) = pair(&format!("{name}.crt"), &format!("{name}.key"));
        assert_same(&sandbox, &words(&theirs), &words(&ours));
    }
    for (certificate, key) in [
        ("rsa.crt", "ec.key"),
        ("rsa.crt", "other.key"),
        ("rsa.key", "rsa.key"),
        ("rsa.crt", "rsa.crt"),
        ("missing", "rsa.key"),
        ("rsa.crt", "missing"),
        ("d/one", "rsa.key"),
    ] {
        let (theirs, ours) = pair(certificate, key);
        assert_both_refuse(&sandbox, &words(&theirs), &words(&ours));
    }
    assert_both_refuse(&sandbox, &["tls", "app", "--cert", "rsa.crt"], &["--tls-cert", "rsa.crt"]);
}

#[test]
fn where_kubectl_says_nothing_we_do() {
    let Some(sandbox) = sandbox() else { return };
    // A name and a type that the API server refuses later.
    assert_eq!(kubectl(&sandbox, &["generic", "Bad_Name", "--from-literal", "a=b"]).code, 0);
    assert_eq!(sealkit(&sandbox, &["--name", "Bad_Name", "--from-literal", "a=b"]).code, 2);
    let incomplete = ["--type", "kubernetes.io/tls", "--from-literal", "a=b"];
    assert_eq!(kubectl(&sandbox, &[["generic", "app"].as_slice(), &incomplete].concat()).code, 0);
    assert_eq!(sealkit(&sandbox, &incomplete).code, 1);
    // A line that is longer than a buffer of kubectl's: it stops there without a word.
    sandbox.write("env-long", format!("A={}\n", "x".repeat(70_000)));
    let theirs = kubectl(&sandbox, &["generic", "app", "--from-env-file", "env-long"]);
    assert_eq!(type_and_data(&theirs.stdout).1, serde_json::json!({}));
    let ours = sealkit(&sandbox, &["--from-env-file", "env-long"]);
    assert_eq!(opened(&sandbox, &ours.stdout).1["A"].as_str().unwrap().len(), 93_336);
    // A variable that does not exist becomes an empty value there.
    sandbox.write("env-missing", "NO_SUCH_VARIABLE\n");
    assert_eq!(kubectl(&sandbox, &["generic", "app", "--from-env-file", "env-missing"]).code, 0);
    assert_eq!(sealkit(&sandbox, &["--from-env-file", "env-missing"]).code, 1);
}
