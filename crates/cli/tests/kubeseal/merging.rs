//! `--merge-into`, byte for byte: only the lines of the merged items change.

use std::path::PathBuf;
use std::process::{Command, Output};

use assert_cmd::cargo::cargo_bin;

use crate::workspace;

const SECRET: &str = "\
apiVersion: v1
kind: Secret
metadata:
  name: app
  namespace: web
  labels: {tier: front}
stringData:
  user: root
  token: t0ken
";

/// Merges SECRET into a file. Gives what the program said, and what has become of the file.
fn run(name: &str, target: &[u8], arguments: &[&str]) -> (Output, String) {
    let folder = tempfile::TempDir::new().unwrap();
    let (secret, file): (PathBuf, PathBuf) = (folder.path().join("secret.yaml"), folder.path().join(name));
    for (path, text) in [(&secret, SECRET.as_bytes()), (&file, target)] {
        sealkit_cli::atomic_file::replace(path, text, sealkit_cli::atomic_file::NewFile::Shared).unwrap();
    }
    let output = Command::new(cargo_bin!("sealkit"))
        .env_clear()
        .args(["kubeseal", "--cert"])
        .arg(workspace().join("test-vectors/kubeseal/inputs/cert.pem"))
        .arg("--secret-file")
        .arg(secret)
        .arg("--merge-into")
        .arg(&file)
        .args(arguments)
        .output()
        .unwrap();
    (output, String::from_utf8(std::fs::read(file).unwrap()).unwrap())
}

/// What becomes of a file into which SECRET is merged, with SEALED for each new ciphertext.
fn merge(name: &str, target: &[u8], arguments: &[&str]) -> String {
    let (output, text) = run(name, target, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // A ciphertext of a 2,048-bit key and a few bytes of text begins with its length, 256.
    let sealed = |word: &str| word.trim_matches(['"', '\'', ',']).starts_with("AQ") && word.len() > 300;
    text.split_inclusive([' ', '\n'])
        .map(|word| {
            if sealed(word.trim_end()) {
                word.replace(word.trim_end().trim_matches(['"', '\'', ',']), "SEALED")
            } else {
                word.to_owned()
            }
        })
        .collect()
}

#[test]
fn comments_quotes_and_blank_lines_stay() {
    let target = "\
# made by hand
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret   # sealed
metadata: {name: app, namespace: web}

spec:
    encryptedData:

        # the account
        user: 'AgOld'  # who
        other: \"AgOther\"

    template:
        type: \"Opaque\"
        metadata:
            labels:
                app: web    # ours
";
    let expected = "\
# made by hand
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret   # sealed
metadata: {name: app, namespace: web}

spec:
    encryptedData:

        # the account
        user: 'SEALED'  # who
        other: \"AgOther\"
        token: SEALED

    template:
        type: \"Opaque\"
        metadata:
            labels:
                app: web    # ours
                tier: front
";
    assert_eq!(merge("sealed.yaml", target.as_bytes(), &[]), expected);
    let windows = merge("sealed.yaml", target.replace('\n', "\r\n").as_bytes(), &["-o", "yaml"]);
    assert_eq!(windows, expected.replace('\n', "\r\n"));
}

#[test]
fn json_keeps_its_layout() {
    let target = "\
{
    \"apiVersion\": \"bitnami.com/v1alpha1\", \"kind\": \"SealedSecret\",
    \"metadata\": {\"name\": \"app\", \"namespace\": \"web\"},
    \"spec\": {
        \"encryptedData\": {
            \"user\": \"AgOld\"
        },
        \"template\": {\"metadata\": {\"labels\": {\"tier\": \"front\"}}}
    }
}";
    let expected =
        target.replace("\"user\": \"AgOld\"", "\"user\": \"SEALED\",\n            \"token\": \"SEALED\"");
    assert_eq!(merge("sealed.json", target.as_bytes(), &[]), expected);
}

#[test]
fn the_document_with_the_secrets_name_is_meant() {
    let document = |name: &str| {
        format!(
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: {name}\n  namespace: web\nspec:\n  encryptedData:\n    user: AgOld\n"
        )
    };
    let config_map = "# settings\napiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n";
    let target = format!("{config_map}---\n{}---\n{}", document("other"), document("app"));
    let merged = document("app").replace("AgOld", "SEALED\n    token: SEALED")
        + "  template:\n    metadata:\n      labels:\n        tier: front\n";
    let expected = format!("{config_map}---\n{}---\n{merged}", document("other"));
    assert_eq!(merge("sealed.yaml", target.as_bytes(), &[]), expected);
}

#[test]
fn what_is_missing_or_null_is_made() {
    let head =
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: app, namespace: web}\n";
    let spec = "\
spec:
  encryptedData:
    token: SEALED
    user: SEALED
  template:
    metadata:
      labels:
        tier: front
";
    for given in ["", "spec:\n", "spec:\n  encryptedData:\n  template: null\n"] {
        assert_eq!(
            merge("sealed.yaml", format!("{head}{given}").as_bytes(), &[]),
            format!("{head}{spec}"),
            "{given}"
        );
    }
}

#[test]
fn an_alias_is_not_written_through() {
    let target = "\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: &all {name: app, namespace: web}
spec: {encryptedData: {}, template: {metadata: *all}}
";
    let (output, after) = run("sealed.yaml", target.as_bytes(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("this is an alias"));
    assert_eq!(after, target);
}
