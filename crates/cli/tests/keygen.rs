//! `sealkit keygen sealed-secrets`.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use support::{Ran, Sandbox};

fn keygen(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let mut all = vec!["keygen", "sealed-secrets", "--bits", "2048"];
    all.extend(arguments);
    sandbox.run(&all)
}

#[test]
fn a_key_pair_seals_and_opens() {
    let sandbox = Sandbox::new();
    let ran = keygen(
        &sandbox,
        &["--key-file", "key.pem", "--cert-file", "cert.pem", "--days", "40", "--common-name", "test"],
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    let fingerprint = ran.stderr.strip_prefix("made the key ").unwrap().trim_end().to_owned();
    let shown = sandbox.run(&["cert", "show", "cert.pem"]).quiet();
    assert!(shown.contains(&fingerprint) && shown.contains("CN=test\n"), "{shown}");
    assert_eq!(sandbox.run(&["cert", "check", "--warn-days", "41", "cert.pem"]).code, 4);
    assert_eq!(sandbox.run(&["cert", "check", "--warn-days", "39", "cert.pem"]).code, 0);
    let sealed = sandbox
        .run(&["seal", "--cert", "cert.pem", "--name", "a", "-n", "b", "--from-literal", "k=v"])
        .quiet();
    assert!(sandbox.run_with(&sealed, &["unseal", "--key", "key.pem"]).quiet().contains("  k: dg==\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(sandbox.path("key.pem")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_manifest_is_a_key_backup() {
    let sandbox = Sandbox::new();
    let ran =
        keygen(&sandbox, &["--manifest", "-", "--cert-file", "cert.pem", "--name", "own", "-n", "sealing"]);
    assert_eq!(ran.code, 0);
    let head = "\
apiVersion: v1
kind: Secret
metadata:
  name: own
  namespace: sealing
  labels:
    sealedsecrets.bitnami.com/sealed-secrets-key: active
type: kubernetes.io/tls
data:
  tls.crt: ";
    assert!(ran.stdout.starts_with(head), "{}", ran.stdout);
    sandbox.write("backup.yaml", &ran.stdout);
    let sealed = sandbox
        .run(&["seal", "--cert", "cert.pem", "--name", "a", "-n", "b", "--from-literal", "k=v"])
        .quiet();
    sandbox.run_with(&sealed, &["unseal", "--key", "backup.yaml"]).quiet();
}

#[test]
fn what_is_there_is_not_replaced() {
    let sandbox = Sandbox::new();
    sandbox.write("key.pem", "precious");
    let files = ["--key-file", "key.pem", "--cert-file", "cert.pem"];
    keygen(&sandbox, &files).fails(1, "error: key.pem is there already: --force replaces it\n");
    assert_eq!((sandbox.read("key.pem").as_str(), sandbox.names()), ("precious", vec!["key.pem".to_owned()]));
    assert_eq!(keygen(&sandbox, &[files.as_slice(), &["--force"]].concat()).code, 0);
    assert_ne!(sandbox.read("key.pem"), "precious");
}

#[test]
fn a_key_is_not_lost_to_its_certificate() {
    let sandbox = Sandbox::new();
    for other in ["pair.pem", "./pair.pem"] {
        keygen(&sandbox, &["--key-file", "pair.pem", "--cert-file", other, "--force"])
            .fails(2, &format!("error: pair.pem and {other} are one file: the key would be lost\n"));
    }
    sandbox.write("pair.pem", "precious");
    assert_eq!(keygen(&sandbox, &["--manifest", "pair.pem", "--cert-file", "./pair.pem", "--force"]).code, 2);
    assert_eq!(sandbox.read("pair.pem"), "precious");
}

#[test]
fn wrong_arguments() {
    let sandbox = Sandbox::new();
    assert_eq!(keygen(&sandbox, &[]).code, 2);
    assert_eq!(keygen(&sandbox, &["--key-file", "key.pem"]).code, 2);
    assert_eq!(keygen(&sandbox, &["--key-file", "k", "--cert-file", "c", "--name", "x"]).code, 2);
    assert_eq!(keygen(&sandbox, &["--manifest", "-", "--bits", "1000"]).code, 1);
    assert_eq!(keygen(&sandbox, &["--manifest", "-", "--days", "0"]).code, 1);
    assert_eq!(keygen(&sandbox, &["--manifest", "-", "--name", "Not_A_Name"]).code, 2);
    assert!(sandbox.names().is_empty());
}

#[cfg(unix)]
#[test]
fn standard_output_is_appended_to_by_its_name_too() {
    let sandbox = Sandbox::new();
    sandbox.write("log", "before\n");
    let log = std::fs::OpenOptions::new().append(true).open(sandbox.path("log")).unwrap();
    let arguments = ["keygen", "sealed-secrets", "--bits", "2048", "--manifest", "/dev/stdout", "--force"];
    assert!(sandbox.command(&arguments).stdout(log).status().unwrap().success());
    assert!(sandbox.read("log").starts_with("before\napiVersion: v1\n"));
}
