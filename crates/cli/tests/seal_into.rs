//! `sealkit seal --into`, `sealkit set` and `unset` on a SealedSecret: the named values change, and nothing else in the file.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use support::{Ran, Sandbox, certificate, private_key};

/// A ciphertext of a 2,048-bit key and a few bytes of text begins with its length, 256.
fn is_ciphertext(word: &str) -> bool {
    word.starts_with("AQ") && word.len() > 300
}

/// `text` with SEALED for each ciphertext.
fn masked(text: &str) -> String {
    let mask = |word: &str| {
        let bare = word.trim_matches(['"', '\'', ',', '}', '\r', '\n']);
        if is_ciphertext(bare) { word.replace(bare, "SEALED") } else { word.to_owned() }
    };
    text.split_inclusive([' ', '\n'])
        .map(|word| {
            let end = word.trim_end_matches([' ', '\n']);
            mask(end) + &word[end.len()..]
        })
        .collect()
}

/// A file as people keep it: their own order, comments, quotes, line endings; sealed for real.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: app, namespace: web}\nstringData: {user: me, password: old}\n";
    let yaml = sandbox.run_with(secret, &["seal", "--cert", &certificate()]).quiet();
    let value = |key: &str| {
        let line = yaml.lines().find(|line| line.trim_start().starts_with(&format!("{key}: "))).unwrap();
        line.split_once(": ").unwrap().1.to_owned()
    };
    let text = format!(
        "# ours\nkind: SealedSecret\napiVersion: bitnami.com/v1alpha1\n\nmetadata:\n    namespace: web   # here\n    name:      app\nspec:\n  encryptedData:\n      # who\n      user: >-\n        {}\n\n      password: \"{}\"   # rotated\n  template: {{metadata: {{name: app, namespace: web}}}}\n---\nkind: ConfigMap   # a neighbour\n",
        value("user"),
        value("password")
    );
    sandbox.write("app.yaml", text.replace('\n', "\r\n"));
    sandbox.write("new", "n3w");
    sandbox
}

fn into(sandbox: &Sandbox, file: &str, arguments: &[&str]) -> Ran {
    let certificate = certificate();
    let mut all = vec!["seal", "--cert", &certificate, "--into", file];
    all.extend(arguments);
    sandbox.run(&all)
}

fn set(sandbox: &Sandbox, input: &str, arguments: &[&str]) -> Ran {
    let certificate = certificate();
    let mut all = vec!["set", "--cert", &certificate];
    all.extend(arguments);
    sandbox.run_with(input, &all)
}

/// The Secret that the cluster would make of a file, its values in the clear.
fn opened(sandbox: &Sandbox, file: &str) -> Vec<(String, String)> {
    let text = sandbox.read(file);
    let secret =
        sandbox.run_with(text.split("---").next().unwrap(), &["unseal", "--key", &private_key()]).quiet();
    let secret = sealkit::sealed_secrets::Secret::parse(secret).unwrap();
    secret.data().map(|(key, value)| (key.to_owned(), String::from_utf8_lossy(value).into_owned())).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The lines that differ.
fn changed_lines(before: &str, after: &str) -> Vec<usize> {
    assert_eq!(before.lines().count(), after.lines().count(), "{after}");
    let pairs = before.split('\n').zip(after.split('\n')).enumerate();
    pairs.filter(|(_, (before, after))| before != after).map(|(index, _)| index + 1).collect()
}

#[test]
fn one_value_changes_and_no_other_byte() {
    let sandbox = sandbox();
    let before = sandbox.read("app.yaml");
    into(&sandbox, "app.yaml", &["--from-file", "password=new"]).quiet();
    let after = sandbox.read("app.yaml");
    assert_eq!(changed_lines(&before, &after), [14]);
    assert_eq!(masked(&before), masked(&after));
    assert_eq!(opened(&sandbox, "app.yaml"), pairs(&[("password", "n3w"), ("user", "me")]));

    set(&sandbox, "other", &["app.yaml", "user", "--stdin"]).quiet();
    let last = sandbox.read("app.yaml");
    assert_eq!(changed_lines(&after, &last), [12]);
    assert_eq!(masked(&before), masked(&last));
    assert_eq!(opened(&sandbox, "app.yaml"), pairs(&[("password", "n3w"), ("user", "other")]));
    assert_eq!(sandbox.names(), ["app.yaml", "new"], "nothing is left behind");
}

#[test]
fn a_new_value_goes_below_the_others() {
    let sandbox = sandbox();
    let before = sandbox.read("app.yaml");
    set(&sandbox, "t0ken", &["app.yaml", "api.token", "--stdin"]).quiet();
    let line = "   # rotated\r\n";
    let expected = masked(&before).replace(line, &format!("{line}      api.token: SEALED\r\n"));
    assert_eq!(masked(&sandbox.read("app.yaml")), expected);
    let values = pairs(&[("api.token", "t0ken"), ("password", "old"), ("user", "me")]);
    assert_eq!(opened(&sandbox, "app.yaml"), values);
}

#[test]
fn a_value_that_has_not_changed_keeps_its_ciphertext_if_there_is_a_key_to_tell() {
    let sandbox = sandbox();
    let before = sandbox.read("app.yaml");
    let key = private_key();
    let said = |ran: Ran| (ran.code, ran.stdout, ran.stderr);
    let has = |key: &str| format!("app.yaml: {key} has this value already\n");
    let both = ["--key", &key, "--from-literal", "user=me", "--from-literal", "password=old"];
    let note = has("password") + &has("user");
    assert_eq!(said(into(&sandbox, "app.yaml", &both)), (0, String::new(), note));
    let same = set(&sandbox, "me", &["--key", &key, "app.yaml", "user", "--stdin"]);
    assert_eq!(said(same), (0, String::new(), has("user")));
    assert_eq!(sandbox.read("app.yaml"), before);

    let one = ["--key", &key, "--from-literal", "user=you", "--from-literal", "password=old"];
    assert_eq!(said(into(&sandbox, "app.yaml", &one)), (0, String::new(), has("password")));
    assert_eq!(changed_lines(&before, &sandbox.read("app.yaml")), [12]);

    // Without the key nobody can tell.
    set(&sandbox, "old", &["app.yaml", "password", "--stdin"]).quiet();
    assert_eq!(changed_lines(&before, &sandbox.read("app.yaml")), [12, 14]);
}

#[test]
fn a_secret_from_a_file_gives_its_values_and_nothing_else() {
    let sandbox = sandbox();
    let secret = "kind: Secret\napiVersion: v1\nmetadata: {name: app, labels: {a: b}}\ntype: Opaque\nstringData: {user: you, pin: '1'}\n";
    sandbox.write("secret.yaml", secret);
    let before = sandbox.read("app.yaml");
    into(&sandbox, "app.yaml", &["secret.yaml"]).quiet();
    let line = "   # rotated\r\n";
    let expected = masked(&before).replace(line, &format!("{line}      pin: SEALED\r\n"));
    assert_eq!(masked(&sandbox.read("app.yaml")), expected);
    assert_eq!(opened(&sandbox, "app.yaml"), pairs(&[("password", "old"), ("pin", "1"), ("user", "you")]));
}

#[test]
fn what_is_for_another_name_namespace_scope_or_type_is_refused() {
    let sandbox = sandbox();
    let before = sandbox.read("app.yaml");
    let secret = |rest: &str| format!("kind: Secret\napiVersion: v1\nstringData: {{user: you}}\n{rest}\n");
    let wide = "sealedsecrets.bitnami.com/namespace-wide: 'true'";
    sandbox.write("name.yaml", secret("metadata: {name: shop}"));
    sandbox.write("namespace.yaml", secret("metadata: {name: app, namespace: prod}"));
    sandbox.write("scope.yaml", secret(&format!("metadata: {{name: app, annotations: {{{wide}}}}}")));
    sandbox.write("type.yaml", secret("metadata: {name: app}\ntype: example.com/login"));
    sandbox.write("empty.yaml", "kind: Secret\napiVersion: v1\nmetadata: {name: app}\n");
    sandbox.write("two.yaml", format!("{0}---\n{0}", secret("metadata: {name: app}")));
    let scope = |said| {
        format!(
            "the SealedSecret in app.yaml is sealed strict, and these values should be {said}: all values of one have its scope"
        )
    };
    let literal = "--from-literal=user=you";
    for (arguments, code, error) in [
        (&["name.yaml"][..], 1, "the SealedSecret in app.yaml is web/app, not shop".to_owned()),
        (&["namespace.yaml"], 1, "the SealedSecret in app.yaml is web/app, not prod/app".to_owned()),
        (&["scope.yaml"], 1, scope("namespace-wide")),
        (&["--scope", "cluster-wide", "name.yaml", "--name=app"], 1, "shop in name.yaml: its name is shop, and --name says app".to_owned()),
        (&["--scope", "cluster-wide", literal], 1, scope("cluster-wide")),
        (&["--name", "shop", literal], 1, "the SealedSecret in app.yaml is web/app, not shop".to_owned()),
        (&["-n", "prod", literal], 1, "the SealedSecret in app.yaml is web/app, not in the namespace prod".to_owned()),
        (&["type.yaml"], 1, "the SealedSecret in app.yaml makes a Secret of type Opaque, and these values are for one of type example.com/login".to_owned()),
        (&["empty.yaml"], 1, "app in empty.yaml: there is no value in it".to_owned()),
        (&["two.yaml"], 2, "--into takes one Secret, and there are several in the input".to_owned()),
        (&[literal, "empty.yaml"], 2, "seal Secrets from files, or make one from values: not both at once".to_owned()),
    ] {
        into(&sandbox, "app.yaml", arguments).fails(code, &format!("error: {error}\n"));
    }
    let conflict = into(&sandbox, "app.yaml", &[literal, "-w", "out.yaml"]);
    assert!(conflict.code == 2 && conflict.stderr.contains("cannot be used with"), "{conflict:?}");
    assert_eq!(sandbox.read("app.yaml"), before);
}

#[test]
fn one_of_several_is_meant_by_its_name_and_one_without_a_namespace_gets_it() {
    let sandbox = Sandbox::new();
    let resource = |metadata: &str| {
        format!(
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {metadata}\nspec:\n  encryptedData: {{}}\n"
        )
    };
    let text = resource("{name: one}") + "---\n" + &resource("{name: two, namespace: web}");
    sandbox.write("all.yaml", &text);
    set(&sandbox, "x", &["all.yaml", "key", "--stdin"]).fails(
        1,
        "error: there are several SealedSecrets in all.yaml, one, web/two: say by --name and --namespace which is meant\n",
    );
    set(&sandbox, "x", &["all.yaml", "key", "--stdin", "--name", "three"])
        .fails(1, "error: none of the SealedSecrets in all.yaml is three: they are one, web/two\n");
    set(&sandbox, "x", &["all.yaml", "key", "--stdin", "--name", "one"])
        .fails(1, "error: the SealedSecret one in all.yaml has no namespace: give --namespace\n");
    set(&sandbox, "x", &["all.yaml", "key", "--stdin", "--name", "one", "-n", "shop"]).quiet();
    let expected = text.replacen("encryptedData: {}", "encryptedData: {key: SEALED}", 1);
    assert_eq!(masked(&sandbox.read("all.yaml")), expected, "the namespace stays out of the file");
    let one = sandbox.read("all.yaml");
    sandbox.write("one.yaml", one.split("---\n").next().unwrap());
    let ran = sandbox.run(&["unseal", "--key", &private_key(), "-n", "shop", "one.yaml"]);
    assert!(ran.quiet().contains("key: eA=="));
}

#[test]
fn json_keeps_its_layout() {
    let sandbox = Sandbox::new();
    let json = "{\n    \"kind\": \"SealedSecret\", \"apiVersion\": \"bitnami.com/v1alpha1\",\n    \"metadata\": {\"name\": \"app\",   \"namespace\": \"web\"},\n    \"spec\": {\n        \"encryptedData\": {\n            \"user\": \"AgOld\"\n        }\n    }\n}\n";
    sandbox.write("app.json", json);
    set(&sandbox, "me", &["app.json", "user", "--stdin"]).quiet();
    assert_eq!(masked(&sandbox.read("app.json")), json.replace("AgOld", "SEALED"));
    into(&sandbox, "app.json", &["--from-literal=b=1"]).quiet();
    let expected = json.replace("\"AgOld\"\n", "\"SEALED\",\n            \"b\": \"SEALED\"\n");
    assert_eq!(masked(&sandbox.read("app.json")), expected);
    assert_eq!(opened(&sandbox, "app.json"), pairs(&[("b", "1"), ("user", "me")]));
}

#[test]
fn values_of_any_bytes_and_from_a_file() {
    let sandbox = sandbox();
    sandbox.write("key.bin", [0, 159, 146, 150]);
    set(&sandbox, "", &["app.yaml", "key.bin", "--file", "key.bin"]).quiet();
    let sealed = sandbox.read("app.yaml");
    let unseal = ["unseal", "--key", &private_key()];
    let secret = sandbox.run_with(sealed.split("---").next().unwrap(), &unseal).quiet();
    assert!(secret.contains("key.bin: AJ+Slg=="), "{secret}");
    let ran = set(&sandbox, "new\n", &["app.yaml", "user", "--stdin"]);
    let warning = "warning: the value of user ends in a newline, which becomes part of the secret; printf %s writes text without one\n";
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", warning));
}

#[test]
fn set_tells_sealed_secrets_from_sops_files() {
    let sandbox = sandbox();
    let before = sandbox.read("app.yaml");
    sandbox.write("plain.yaml", "a: b\n");
    sandbox.write("old.yaml", "kind: SealedSecret\napiVersion: bitnami.com/v1alpha1\nmetadata: {name: a, namespace: b}\nspec: {data: AgA}\n");
    let only = |flag: &str| format!("error: {flag} is for SOPS files, and app.yaml holds a SealedSecret\n");
    let set = |arguments: &[&str]| set(&sandbox, "x", arguments);
    set(&["app.yaml", "user", "--json", "1"]).fails(2, &only("--json"));
    set(&["app.yaml", "user", "--stdin", "--document", "2"]).fails(2, &only("--document"));
    set(&["app.yaml", "user", "--stdin", "--identity", "new"]).fails(2, &only("--identity"));
    set(&["app.yaml", "user"]).fails(
        2,
        "error: there is no value: give it on standard input with --stdin, in a --file, or as --json\n",
    );
    set(&["app.yaml", "stringData.user", "--stdin"]).fails(
        2,
        "error: stringData.user is a path, and a value of a SealedSecret goes by its key alone: user\n",
    );
    set(&["app.yaml", "a b", "--stdin"]).fails(
        2,
        "error: \"a b\" can't be a key of a Secret: use letters, digits, '-', '_' and '.', and neither '.' alone nor '..' at the start\n",
    );
    let both = ["set", "--cert", "-", "app.yaml", "user", "--stdin"];
    let certificate = std::fs::read(certificate()).unwrap();
    sandbox
        .run_with(&certificate, &both)
        .fails(1, "error: standard input can be read once only, and two things are to come from it\n");
    assert_eq!(sandbox.read("app.yaml"), before);
    set(&["plain.yaml", "a", "--stdin"])
        .fails(2, "error: --cert is for SealedSecrets, and there is none in plain.yaml\n");
    let old = set(&["old.yaml", "a", "--stdin"]);
    assert!(old.code == 1 && old.stderr.contains("spec.data"), "{old:?}");
    let none = sandbox.run(&["set", "app.yaml", "user", "--stdin"]);
    assert!(none.code == 2 && none.stderr.contains("there is no certificate"), "{none:?}");
    into(&sandbox, "plain.yaml", &["--from-literal=a=b"])
        .fails(1, "error: there is no SealedSecret in plain.yaml\n");
}

#[test]
fn a_value_is_taken_out_and_no_other_byte_changes() {
    let sandbox = sandbox();
    let before = sandbox.read("app.yaml");
    let unset = |arguments: &[&str]| sandbox.run(&[&["unset"], arguments].concat());
    unset(&["app.yaml", "user"]).quiet();
    let without: String = before
        .split_inclusive('\n')
        .filter(|line| !line.contains("# who") && !line.contains("user: >-") && !is_ciphertext(line.trim()))
        .collect();
    assert_eq!(sandbox.read("app.yaml"), without);
    // Nothing is left of the last one either, and the file is still one that `set` takes.
    unset(&["app.yaml", "password", "--name", "app", "-n", "web"]).quiet();
    assert_eq!(opened(&sandbox, "app.yaml"), []);
    set(&sandbox, "new", &["app.yaml", "password", "--stdin"]).quiet();
    assert_eq!(opened(&sandbox, "app.yaml"), pairs(&[("password", "new")]));
}

#[test]
fn what_can_not_be_taken_out_is_said() {
    let sandbox = sandbox();
    let before = sandbox.read("app.yaml");
    sandbox.write("plain.yaml", "a: b\n");
    let unset = |arguments: &[&str]| sandbox.run(&[&["unset"], arguments].concat());
    unset(&["app.yaml", "none"])
        .fails(1, "error: could not take none out of app.yaml: web/app has no such value\n");
    unset(&["app.yaml", "spec.encryptedData.user"]).fails(
        2,
        "error: spec.encryptedData.user is a path, and a value of a SealedSecret goes by its key alone: user\n",
    );
    unset(&["app.yaml", "user", "--name", "other"])
        .fails(1, "error: the SealedSecret in app.yaml is web/app, not other\n");
    unset(&["app.yaml", "user", "--document", "2"])
        .fails(2, "error: --document is for SOPS files, and app.yaml holds a SealedSecret\n");
    unset(&["plain.yaml", "a", "--name", "app"])
        .fails(2, "error: --name is for SealedSecrets, and there is none in plain.yaml\n");
    assert_eq!(sandbox.read("app.yaml"), before);
}

#[test]
fn what_an_alias_or_a_merge_key_brings_in_is_not_changed() {
    let sandbox = Sandbox::new();
    let head =
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: app, namespace: web}\n";
    sandbox.write("alias.yaml", format!("x: &x {{a: AgA}}\n{head}spec:\n  encryptedData: *x\n"));
    let before = sandbox.read("alias.yaml");
    let refused = set(&sandbox, "1", &["alias.yaml", "a", "--stdin"]);
    refused.fails(1, "error: could not change alias.yaml\n  caused by: spec.encryptedData, line 6, column 18: this is an alias, and what it stands for is not this SealedSecret's alone\n");
    assert_eq!(sandbox.read("alias.yaml"), before);
    // A stream of JSON objects is one file for Kubernetes, and none for an editor.
    let json = "{\"apiVersion\": \"bitnami.com/v1alpha1\", \"kind\": \"SealedSecret\", \"metadata\": {\"name\": \"a\", \"namespace\": \"b\"}, \"spec\": {}}\n{}\n";
    sandbox.write("stream.json", json);
    set(&sandbox, "1", &["stream.json", "a", "--stdin"]).fails(
        1,
        "error: could not change stream.json\n  caused by: this file's layout can't be edited in place\n",
    );
    assert_eq!(sandbox.read("stream.json"), json);
}

#[cfg(unix)]
#[test]
fn somebody_elses_change_is_not_overwritten_and_the_mode_is_kept() {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    let sandbox = sandbox();
    fs::set_permissions(sandbox.path("app.yaml"), fs::Permissions::from_mode(0o604)).unwrap();
    std::os::unix::fs::symlink("app.yaml", sandbox.path("link.yaml")).unwrap();
    set(&sandbox, "new", &["link.yaml", "user", "--stdin"]).quiet();
    assert!(sandbox.path("link.yaml").is_symlink());
    assert_eq!(fs::metadata(sandbox.path("app.yaml")).unwrap().permissions().mode() & 0o7777, 0o604);

    // The key comes by a pipe: once somebody reads that, the file has been read.
    let made = std::process::Command::new("mkfifo").arg(sandbox.path("key")).status();
    assert!(made.unwrap().success());
    let theirs = sandbox.read("app.yaml") + "# theirs\n";
    let runs: [&dyn Fn() -> Ran; 2] = [
        &|| into(&sandbox, "app.yaml", &["--key", "key", "--from-literal", "user=you"]),
        &|| {
            let certificate = certificate();
            sandbox.write("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: app, namespace: web}\nstringData: {user: you}\n");
            sandbox.run(&[
                "kubeseal",
                "--cert",
                &certificate,
                "--merge-into",
                "app.yaml",
                "--secret-file",
                "key",
            ])
        },
    ];
    for (run, through_pipe) in runs.into_iter().zip(["key", "secret.yaml"]) {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut pipe = fs::OpenOptions::new().write(true).open(sandbox.path("key")).unwrap();
                sandbox.write("app.yaml", &theirs);
                let contents = if through_pipe == "key" {
                    fs::read(private_key()).unwrap()
                } else {
                    fs::read(sandbox.path(through_pipe)).unwrap()
                };
                std::io::Write::write_all(&mut pipe, &contents).unwrap();
            });
            run().fails(
                1,
                "error: could not write app.yaml\n  caused by: somebody else has changed it since it was read: nothing was written; run the command again\n",
            );
        });
        assert_eq!(sandbox.read("app.yaml"), theirs);
    }
}
