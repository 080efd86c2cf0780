//! `sealkit reseal`.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use support::{Ran, Sandbox, certificate, private_key, test_key};

/// A repository with two sealed files, each with its own layout, and things that are none.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    let secret = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: web}}\nstringData: {{user: me, password: {name}-x}}\n"
        )
    };
    let seal = |input: &str, format: &str| {
        sandbox.run_with(input, &["seal", "--cert", &certificate(), "-o", format]).quiet()
    };
    let yaml = seal(&secret("one"), "yaml");
    let line = |key: &str| {
        yaml.lines().find(|line| line.starts_with(&format!("    {key}: "))).unwrap().trim().to_owned()
    };
    let value = |key: &str| line(key).split_once(": ").unwrap().1.to_owned();
    let hand_made = format!(
        "# ours\nkind: SealedSecret\napiVersion: bitnami.com/v1alpha1\n\nmetadata:\n    name:      one\n    namespace: web   # here\nspec:\n  encryptedData:\n      password: \"{}\"   # rotated\n\n      user: >-\n        {}\n      # the end\n  template: {{metadata: {{name: one, namespace: web}}}}\n---\nkind: ConfigMap   # a SealedSecret's neighbour\n",
        value("password"),
        value("user")
    );
    sandbox.write("apps/one.yaml", hand_made.replace('\n', "\r\n"));
    sandbox.write("apps/two.json", seal(&secret("two"), "json"));
    sandbox.write("apps/other.yaml", "kind: ConfigMap\n");
    sandbox.write("apps/notes.txt", "SealedSecret");
    sandbox
}

fn reseal(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let (key, certificate) = (private_key(), test_key("test-rsa4096.crt"));
    let mut all = vec!["reseal", "--key", &key, "--cert", &certificate];
    all.extend(arguments);
    sandbox.run(&all)
}

fn opened(sandbox: &Sandbox, file: &str, key: &str) -> Ran {
    sandbox.run(&["unseal", "--key", &test_key(key), file])
}

#[track_caller]
fn assert_says(ran: Ran, code: i32, stderr: &str) {
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (code, "", stderr));
}

/// `text` without the words that are ciphertexts.
fn without_ciphertexts(text: &str) -> String {
    let is_ciphertext = |word: &str| word.trim_matches(['"', ',', '\r']).len() > 300;
    let line = |line: &str| line.split(' ').filter(|word| !is_ciphertext(word)).collect::<Vec<_>>().join(" ");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn ciphertexts_change_and_nothing_else() {
    let sandbox = repository();
    let before = [sandbox.read("apps/one.yaml"), sandbox.read("apps/two.json")];
    let secret = opened(&sandbox, "apps/two.json", "test-rsa2048.key").quiet();
    let summary = |verb| {
        format!(
            "apps/one.yaml: 2 values {verb}\napps/two.json: 2 values {verb}\n4 values in 2 files {verb}, 0 unchanged, 0 failed\n"
        )
    };
    assert_says(reseal(&sandbox, &["--dry-run", "apps"]), 0, &summary("would be resealed"));
    assert_eq!([sandbox.read("apps/one.yaml"), sandbox.read("apps/two.json")], before);

    assert_says(reseal(&sandbox, &["apps"]), 0, &summary("resealed"));
    let after = [sandbox.read("apps/one.yaml"), sandbox.read("apps/two.json")];
    for (before, after) in before.iter().zip(&after) {
        assert_ne!(before, after);
        assert_eq!(without_ciphertexts(before), without_ciphertexts(after));
    }
    assert_eq!(opened(&sandbox, "apps/two.json", "test-rsa4096.key").quiet(), secret);
    assert_eq!(opened(&sandbox, "apps/two.json", "test-rsa2048.key").code, 1);

    // Done once, it is done: with the new key at hand nothing changes any more.
    let new_key = test_key("test-rsa4096.key");
    let again = reseal(&sandbox, &["--key", &new_key, "apps"]);
    assert_says(again, 0, "0 values in 0 files resealed, 2 unchanged, 0 failed\n");
    assert_eq!([sandbox.read("apps/one.yaml"), sandbox.read("apps/two.json")], after);
}

#[test]
fn a_file_that_fails_is_named_and_left_alone() {
    let sandbox = repository();
    let damaged = sandbox.read("apps/one.yaml").replace("name:      one", "name:      renamed");
    sandbox.write("apps/damaged.yaml", &damaged);
    sandbox.write("apps/broken.yaml", "kind: SealedSecret: x\n");
    let ran = reseal(&sandbox, &["apps"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    let expected = "\
error: could not reseal apps/broken.yaml
  caused by: line 1, column 19: this is not valid YAML: mapping values are not allowed in this context
error: could not reseal apps/damaged.yaml
  caused by: SealedSecret web/renamed
  caused by: can't open 2 of 2 values: document 1, spec.encryptedData.password, line 10, column 17: sealed for strict \
scope in `web` as `one`; document 1, spec.encryptedData.user, line 12, column 13: sealed for strict scope in `web` as \
`one`
apps/one.yaml: 2 values resealed
apps/two.json: 2 values resealed
4 values in 2 files resealed, 0 unchanged, 2 failed
";
    assert_eq!(ran.stderr, expected);
    assert_eq!(sandbox.read("apps/damaged.yaml"), damaged);
    // Nothing done at all is plain failure.
    assert_eq!(reseal(&sandbox, &["apps/broken.yaml", "missing.yaml"]).code, 1);
}

#[test]
fn files_without_anything_to_do() {
    let sandbox = repository();
    assert_says(
        reseal(&sandbox, &["apps/other.yaml", "apps/one.yaml", "apps/one.yaml"]),
        0,
        "warning: apps/other.yaml: there is no SealedSecret in it\napps/one.yaml: 2 values resealed\n2 values in 1 file \
         resealed, 0 unchanged, 0 failed\n",
    );
    sandbox.write("empty/x.yaml", "");
    assert_says(
        reseal(&sandbox, &["empty"]),
        1,
        "0 values in 0 files resealed, 0 unchanged, 0 failed\nerror: there is no SealedSecret in these files\n",
    );
    assert_eq!(reseal(&sandbox, &[]).code, 2);
}

#[test]
fn a_namespace_that_the_file_does_not_say_can_be_given() {
    let sandbox = repository();
    let bare = sandbox.read("apps/one.yaml").replace("    namespace: web   # here\r\n", "");
    let bare = bare.replace("name: one, namespace: web", "name: one");
    sandbox.write("bare.yaml", &bare);
    assert_eq!(reseal(&sandbox, &["bare.yaml"]).code, 1);
    assert_eq!(reseal(&sandbox, &["-n", "web", "bare.yaml"]).code, 0);
    assert_eq!(without_ciphertexts(&sandbox.read("bare.yaml")), without_ciphertexts(&bare));
}

#[test]
fn what_is_missing_is_named() {
    let sandbox = repository();
    let one = sandbox.read("apps/one.yaml");
    sandbox.write("versionless.yaml", one.replace("apiVersion: bitnami.com/v1alpha1", ""));
    sandbox.write(
        "bare.yaml",
        one.replace("    namespace: web   # here\r\n", "").replace(", namespace: web", ""),
    );
    let ran = reseal(&sandbox, &["."]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("could not reseal ./versionless.yaml\n  caused by: document 1, apiVersion, line 2"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("SealedSecret one, which names no namespace: --namespace gives it one"),
        "{}",
        ran.stderr
    );
    // The second time the values are sealed to the new certificate, and its key is not there.
    let ran = reseal(&sandbox, &["apps/one.yaml"]);
    assert_eq!(ran.code, 1);
    let hint = "SealedSecret web/one; if it is sealed to the new certificate already, give that one's private key as a --key too";
    assert!(ran.stderr.contains(hint), "{}", ran.stderr);
    assert_eq!(reseal(&sandbox, &["--key", &test_key("test-rsa4096.key"), "apps/one.yaml"]).code, 0);
}

#[cfg(unix)]
#[test]
fn rights_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let sandbox = repository();
    let path = sandbox.path("apps/one.yaml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("apps/one.yaml", sandbox.path("link.yaml")).unwrap();
    assert_eq!(reseal(&sandbox, &["link.yaml"]).code, 0);
    assert!(sandbox.path("link.yaml").is_symlink());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(
        reseal(&sandbox, &["--key", &test_key("test-rsa4096.key"), "apps/one.yaml"]).stderr.lines().count(),
        1
    );
}

#[test]
fn text_from_windows_stays_as_it_is_encoded() {
    let sandbox = repository();
    let text = format!("\u{feff}{}", sandbox.read("apps/one.yaml"));
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    sandbox.write("utf8.yaml", &text);
    sandbox.write("utf16.yaml", utf16);
    assert_eq!(reseal(&sandbox, &["utf8.yaml", "utf16.yaml"]).code, 0);
    assert_eq!(without_ciphertexts(&sandbox.read("utf8.yaml")), without_ciphertexts(&text));
    let units: Vec<u16> = std::fs::read(sandbox.path("utf16.yaml"))
        .unwrap()
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    assert_eq!(without_ciphertexts(&String::from_utf16(&units).unwrap()), without_ciphertexts(&text));
}

/// `a` and `b` of a SealedSecret for the whole cluster, sealed to the old certificate.
fn two_ciphertexts(sandbox: &Sandbox) -> [String; 2] {
    let arguments =
        ["seal", "--cert", &certificate(), "--name", "x", "--scope", "cluster-wide", "--from-literal", "a=1"];
    [0, 1].map(|_| {
        let sealed = sandbox.run(&arguments).quiet();
        let line = sealed.lines().find(|line| line.starts_with("    a: ")).unwrap();
        line.strip_prefix("    a: ").unwrap().to_owned()
    })
}

#[test]
fn lists_flow_mappings_and_aliases_stay_what_they_are() {
    let sandbox = Sandbox::new();
    let [one, two] = two_ciphertexts(&sandbox);
    let metadata = "metadata: {name: x, annotations: {sealedsecrets.bitnami.com/cluster-wide: \"true\"}}";
    let kind = "kind: SealedSecret, apiVersion: bitnami.com/v1alpha1";
    let file = format!(
        "kind: List\napiVersion: v1\nitems:\n- {{kind: Secret}}\n- {{{kind}, {metadata}, spec: {{encryptedData: {{a: &a '{one}', b: *a}}}}}}\n\
         ---\nkind: List\napiVersion: v1\nitems: []\n---\n# nothing\n---\n{{{kind}, {metadata}, spec: {{encryptedData: {{b: {two} }}}}}}\n"
    );
    sandbox.write("all.yaml", &file);
    assert_says(
        reseal(&sandbox, &["all.yaml"]),
        0,
        "all.yaml: 3 values resealed\n3 values in 1 file resealed, 0 unchanged, 0 failed\n",
    );
    let text = sandbox.read("all.yaml");
    assert_eq!(without_ciphertexts(&text), without_ciphertexts(&file));
    assert!(text.contains("b: *a}") && !text.contains(&one) && !text.contains(&two));
    // A file that begins with a brace need not be JSON.
    let flow = format!("{{{kind}, {metadata}, spec: {{encryptedData: {{b: {two} }}}}}}\n");
    sandbox.write("flow.yaml", &flow);
    assert_eq!(reseal(&sandbox, &["flow.yaml"]).code, 0);
    assert_eq!(without_ciphertexts(&sandbox.read("flow.yaml")), without_ciphertexts(&flow));
    let again = reseal(&sandbox, &["--key", &test_key("test-rsa4096.key"), "all.yaml"]);
    assert_says(again, 0, "0 values in 0 files resealed, 1 unchanged, 0 failed\n");
}

#[test]
fn what_can_not_be_edited_in_place_is_left_alone() {
    let sandbox = Sandbox::new();
    let [one, _] = two_ciphertexts(&sandbox);
    let head = "kind: SealedSecret\napiVersion: bitnami.com/v1alpha1\n\
                metadata: {name: x, annotations: {sealedsecrets.bitnami.com/cluster-wide: \"true\"}}\n";
    let merged = format!("{head}x: &x {{a: {one}}}\nspec: {{encryptedData: {{<<: *x}}}}\n");
    sandbox.write("merged.yaml", &merged);
    reseal(&sandbox, &["merged.yaml"]).fails(
        1,
        "error: could not reseal merged.yaml\n  caused by: x: the value of a comes in by a merge key, which can't be \
         edited in place\n0 values in 0 files resealed, 0 unchanged, 1 failed\n",
    );
    assert_eq!(sandbox.read("merged.yaml"), merged);
    sandbox.write(
        "row.json",
        "{\"kind\": \"SealedSecret\", \"apiVersion\": \"bitnami.com/v1alpha1\"}\n{\"kind\": \"Pod\"}\n",
    );
    assert_eq!(reseal(&sandbox, &["row.json"]).code, 1);
    sandbox.write("old.yaml", format!("{head}spec: {{data: {one}}}\n"));
    let old = reseal(&sandbox, &["old.yaml"]);
    assert!(old.code == 1 && old.stderr.contains("deprecated"), "{old:?}");
}

/// A list of another group is no list to Kubernetes, and what stands in it no SealedSecret.
#[test]
fn ciphertexts_go_where_they_belong_whatever_stands_around() {
    let sandbox = Sandbox::new();
    let [one, two] = two_ciphertexts(&sandbox);
    let sealed = |value: &str| {
        format!(
            "{{kind: SealedSecret, apiVersion: bitnami.com/v1alpha1, metadata: {{name: x, annotations: \
             {{sealedsecrets.bitnami.com/cluster-wide: \"true\"}}}}, spec: {{encryptedData: {{a: {value}}}}}}}"
        )
    };
    let decoys = format!("kind: List\napiVersion: x.io/v1\nitems: [{}, {}]\n", sealed("AgA="), sealed(&two));
    let file = format!("{decoys}---\n{}\n---\nkind: List\napiVersion: x.io/v1\nitems: []\n", sealed(&one));
    sandbox.write("trick.yaml", &file);
    assert_eq!(reseal(&sandbox, &["trick.yaml"]).code, 0);
    let text = sandbox.read("trick.yaml");
    assert!(text.starts_with(&decoys) && !text.contains(&one));
    assert_eq!(without_ciphertexts(&text), without_ciphertexts(&file));
}
