//! `sealkit seal` and `sealkit unseal`.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use support::{Ran, Sandbox, certificate, private_key, test_key};

const SECRET: &str = "\
# The application's Secret.
apiVersion: v1
kind: Secret
metadata:
  name: app
  namespace: web
  labels: {team: blue}
type: Opaque
stringData:
  password: \"0777\"
data:
  user: YWRtaW4=
";

/// `sealkit seal` with the test certificate.
fn seal(sandbox: &Sandbox, input: &str, arguments: &[&str]) -> Ran {
    let certificate = certificate();
    let mut all = vec!["seal", "--cert", &certificate];
    all.extend(arguments);
    sandbox.run_with(input, &all)
}

fn unseal(sandbox: &Sandbox, sealed: &str, arguments: &[&str]) -> Ran {
    let key = private_key();
    let mut all = vec!["unseal", "--key", &key];
    all.extend(arguments);
    sandbox.run_with(sealed, &all)
}

/// `sealed` with every ciphertext replaced by a word.
fn without_ciphertexts(sealed: &str) -> String {
    let line = |line: &str| match line.split_once(": AQ") {
        Some((before, _)) => format!("{before}: CIPHERTEXT\n"),
        None => format!("{line}\n"),
    };
    sealed.lines().map(line).collect()
}

#[test]
fn a_secret_is_sealed_and_opened_again() {
    let sandbox = Sandbox::new();
    let sealed = seal(&sandbox, SECRET, &[]).quiet();
    let expected = "\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: app
  namespace: web
spec:
  encryptedData:
    password: CIPHERTEXT
    user: CIPHERTEXT
  template:
    metadata:
      name: app
      namespace: web
      labels:
        team: blue
    type: Opaque
";
    assert_eq!(without_ciphertexts(&sealed), expected);
    let opened = "\
apiVersion: v1
kind: Secret
metadata:
  name: app
  namespace: web
  labels:
    team: blue
type: Opaque
data:
  password: MDc3Nw==
  user: YWRtaW4=
";
    assert_eq!(unseal(&sandbox, &sealed, &[]).quiet(), opened);
    // From files, and with the keys in a backup.
    sandbox.write("sealed.yaml", &sealed);
    let backup = test_key("test-backup-list.yaml");
    assert_eq!(sandbox.run(&["unseal", "--key", &backup, "sealed.yaml"]).quiet(), opened);
    assert_eq!(
        sandbox
            .run_with(std::fs::read(private_key()).unwrap(), &["unseal", "--key", "-", "sealed.yaml"])
            .quiet(),
        opened
    );
}

#[test]
fn documents_and_lists_come_out_as_documents_or_as_a_list() {
    let sandbox = Sandbox::new();
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: b, namespace: web}\n  data: {x: eA==}\n";
    let input = format!("---\n{SECRET}---\n# nothing\n---\n{list}");
    let yaml = seal(&sandbox, &input, &[]).quiet();
    assert_eq!(yaml.matches("kind: SealedSecret\n").count(), 2);
    assert_eq!(yaml.matches("---\n").count(), 1);
    let json: serde_json::Value =
        serde_json::from_str(&seal(&sandbox, &input, &["-o", "json"]).quiet()).unwrap();
    assert_eq!((&json["kind"], &json["items"][1]["metadata"]["name"]), (&"List".into(), &"b".into()));
    assert_eq!(unseal(&sandbox, &json.to_string(), &[]).quiet(), unseal(&sandbox, &yaml, &[]).quiet());
    // Files, one after the other.
    sandbox.write("one.yaml", SECRET);
    sandbox.write("two.yml", list);
    let both = seal(&sandbox, "", &["one.yaml", "two.yml"]).quiet();
    assert_eq!(without_ciphertexts(&both), without_ciphertexts(&yaml));
}

#[test]
fn the_scope_is_that_of_the_flag_or_of_the_annotations() {
    let sandbox = Sandbox::new();
    let annotated = SECRET.replace(
        "  labels: {team: blue}\n",
        "  annotations: {sealedsecrets.bitnami.com/namespace-wide: \"true\", note: kept}\n",
    );
    let cluster_wide = "sealedsecrets.bitnami.com/cluster-wide: \"true\"";
    let namespace_wide = "sealedsecrets.bitnami.com/namespace-wide: \"true\"";
    for (input, flags, expected) in [
        (SECRET, [].as_slice(), (false, false)),
        (SECRET, &["--scope", "namespace-wide"], (true, false)),
        (SECRET, &["--scope", "cluster-wide"], (false, true)),
        (&annotated, &[], (true, false)),
        (&annotated, &["--scope", "cluster-wide"], (false, true)),
        (&annotated, &["--scope", "strict"], (false, false)),
    ] {
        let sealed = seal(&sandbox, input, flags).quiet();
        assert_eq!((sealed.contains(namespace_wide), sealed.contains(cluster_wide)), expected, "{flags:?}");
        assert_eq!(sealed.contains("note: kept"), input != SECRET);
        unseal(&sandbox, &sealed, &[]).quiet();
    }
}

#[test]
fn names_and_namespaces_are_filled_in_but_not_changed() {
    let sandbox = Sandbox::new();
    let bare = "apiVersion: v1\nkind: Secret\nmetadata: {}\ndata: {x: eA==}\n";
    let filled = seal(&sandbox, bare, &["--name", "app", "-n", "web"]).quiet();
    assert!(filled.contains("  name: app\n  namespace: web\n"), "{filled}");
    seal(&sandbox, bare, &["--name", "app"]).fails(
        1,
        "error: standard input: it has no namespace: add one, give --namespace, or seal it with --scope cluster-wide\n",
    );
    seal(&sandbox, bare, &["-n", "web"])
        .fails(1, "error: standard input: it has no name: add one, or give --name\n");
    seal(&sandbox, bare, &["--name", "app", "--scope", "cluster-wide"]).quiet();
    seal(&sandbox, SECRET, &["-n", "dev"])
        .fails(1, "error: web/app in standard input: its namespace is web, and --namespace says dev\n");
    seal(&sandbox, SECRET, &["-n", "Dev"]).fails(
        2,
        "error: \"Dev\" can't be a namespace: use lower-case letters, digits and '-', with a letter or a digit at both ends\n",
    );
    let two = format!("{bare}---\n{bare}");
    seal(&sandbox, &two, &["--name", "app", "-n", "web"])
        .fails(2, "error: --name can name one Secret only, and there are several in the input\n");
}

#[test]
fn plain_scalars_that_are_not_text_everywhere_are_refused() {
    let sandbox = Sandbox::new();
    for (scalar, kind) in
        [("0777", "an integer"), ("no", "a boolean"), ("1.50", "a floating-point number"), ("~", "null")]
    {
        sandbox.write("secret.yaml", SECRET.replace("\"0777\"", scalar));
        seal(&sandbox, "", &["secret.yaml"]).fails(
            1,
            &format!(
                "error: secret.yaml, stringData.password, line 10, column 13: this stands without quotes, and YAML \
                 readers take it for {kind}: put quotes around it to mean the text itself\n"
            ),
        );
    }
    seal(&sandbox, &SECRET.replace("\"0777\"", "2001-12-14"), &[]).quiet();
    seal(&sandbox, &SECRET.replace("\"0777\"", "!!binary aGk="), &[]).quiet();
    let refusal = |from: &str, to: &str| {
        let ran = seal(&sandbox, &SECRET.replace(from, to), &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        ran.stderr
    };
    assert!(refusal("  user:", "  on:").starts_with("error: standard input, data.on, line 12, column 3: "));
    assert!(
        refusal("namespace: web", "namespace: no")
            .starts_with("error: standard input, metadata.namespace, line 6,")
    );
    let warned = seal(&sandbox, &SECRET.replace("team: blue", "team: 1.10"), &[]);
    assert_eq!(warned.code, 0);
    assert_eq!(
        warned.stderr,
        "warning: standard input, metadata.labels.team, line 7, column 18: this stands without quotes, and YAML readers \
         take it for a floating-point number\n"
    );
}

#[test]
fn what_the_api_server_would_refuse_is_not_sealed() {
    let sandbox = Sandbox::new();
    for (from, to, problem) in [
        ("name: app", "name: my_app", "\"my_app\" can't be the name of a Secret"),
        ("namespace: web", "namespace: web.two", "\"web.two\" can't be a namespace"),
        ("  user:", "  us er:", "\"us er\" can't be a key of a Secret"),
    ] {
        let ran = seal(&sandbox, &SECRET.replace(from, to), &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert!(
            ran.stderr.starts_with("error: the API server would refuse ") && ran.stderr.contains(problem),
            "{ran:?}"
        );
    }
}

#[test]
fn input_that_is_no_secret_is_refused_and_nothing_is_written() {
    let sandbox = Sandbox::new();
    let config_map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";
    sandbox.write("mixed.yaml", format!("{SECRET}---\n{config_map}"));
    seal(&sandbox, "", &["mixed.yaml", "-w", "sealed.yaml"]).fails(
        1,
        "error: could not read the Secrets in mixed.yaml\n  \
         caused by: document 2, kind, line 15, column 7: expected a Secret, found ConfigMap\n",
    );
    seal(&sandbox, "", &["mixed.yaml"]).fails(
        1,
        "error: could not read the Secrets in mixed.yaml\n  \
         caused by: document 2, kind, line 15, column 7: expected a Secret, found ConfigMap\n",
    );
    seal(&sandbox, "# nothing\n", &[]).fails(1, "error: there is no Secret in the input\n");
    seal(&sandbox, &SECRET.replace("YWRtaW4=", "hunter2!"), &[]).fails(
        1,
        "error: could not read the Secrets in standard input\n  caused by: data.user, line 12, column 9: not valid \
         base64; plain text goes under `stringData`\n",
    );
    let empty = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: web}\n";
    seal(&sandbox, empty, &[]).fails(
        1,
        "error: web/a in standard input: there is no value in it: --allow-empty-data seals it all the same\n",
    );
    seal(&sandbox, empty, &["--allow-empty-data"]).quiet();
    seal(&sandbox, "", &["password=hunter2"]).fails(
        2,
        "error: an argument with '=' in it is no file; to seal a value, write --from-literal before it\n",
    );
    assert_eq!(sandbox.names(), ["mixed.yaml"]);
}

#[test]
fn certificates_that_can_not_be_sealed_to() {
    let sandbox = Sandbox::new();
    let expired = test_key("test-rsa2048-expired.crt");
    let arguments = ["seal", "--cert", &expired];
    sandbox.run_with(SECRET, &arguments).fails(
        1,
        &format!(
            "error: can't use the certificate {expired}\n  caused by: the certificate expired at \
             2020-01-01T00:00:00Z: get the cluster's current one\n"
        ),
    );
    sandbox.run_with(SECRET, &["seal", "--cert", &expired, "--allow-expired"]).quiet();
    let early = test_key("test-rsa2048-not-yet-valid.crt");
    let ran = sandbox.run_with(SECRET, &["seal", "--cert", &early]);
    assert_eq!((ran.code, ran.stdout.is_empty()), (0, false));
    assert_eq!(ran.stderr, format!("warning: the certificate {early} is not valid before 2090-01-01\n"));
    // From the environment; a flag wins.
    let mut command = sandbox.command(&["seal"]);
    command.env("SEALED_SECRETS_CERT", certificate());
    support::feed(command, SECRET.as_bytes()).quiet();
    let mut command = sandbox.command(&["seal", "--cert", "missing.pem"]);
    command.env("SEALED_SECRETS_CERT", certificate());
    assert_eq!(support::feed(command, SECRET.as_bytes()).code, 1);
    sandbox.run_with(SECRET, &["seal"]).fails(
        2,
        "error: there is no certificate: name a file or URL, on the command line or in SEALED_SECRETS_CERT\n",
    );
}

#[test]
fn files_are_written_whole_and_with_the_right_rights() {
    let sandbox = Sandbox::new();
    seal(&sandbox, SECRET, &["-w", "sealed.json"]).quiet();
    assert!(sandbox.read("sealed.json").starts_with("{\n"));
    seal(&sandbox, SECRET, &["-w", "sealed.yaml"]).quiet();
    unseal(&sandbox, "", &["sealed.yaml", "-w", "secret.yaml"]).quiet();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name| std::fs::metadata(sandbox.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("secret.yaml"), 0o600);
        assert_ne!(mode("sealed.yaml") & 0o044, 0);
    }
    let before = sandbox.read("sealed.yaml");
    assert_eq!(seal(&sandbox, "kind: Secret\n", &["-w", "sealed.yaml"]).code, 1);
    assert_eq!(sandbox.read("sealed.yaml"), before);
    let nowhere = "no/such/directory/sealed.yaml";
    let reason = std::fs::File::create(sandbox.path(nowhere)).unwrap_err();
    seal(&sandbox, SECRET, &["-w", nowhere])
        .fails(1, &format!("error: could not write {nowhere}\n  caused by: {reason}\n"));
    assert_eq!(sandbox.names(), ["sealed.json", "sealed.yaml", "secret.yaml"]);
}

#[test]
fn a_new_secret_can_be_built_from_values() {
    let sandbox = Sandbox::new();
    let build = |arguments: &[&str]| {
        let mut all = vec!["--name", "app", "-n", "web"];
        all.extend(arguments);
        seal(&sandbox, "from stdin", &all)
    };
    let data = |sealed: Ran| {
        let secret = unseal(&sandbox, &sealed.quiet(), &["-o", "json"]).quiet();
        let secret: serde_json::Value = serde_json::from_str(&secret).unwrap();
        (secret["type"].clone(), secret["data"].clone())
    };
    let base64 = |entries: &[(&str, &str)]| -> serde_json::Value {
        entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).into()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    assert_eq!(
        data(build(&["--prompt", "token"])),
        (serde_json::Value::Null, base64(&[("token", "ZnJvbSBzdGRpbg==")]))
    );
    assert_eq!(
        data(build(&["--basic-auth-username", "u", "--basic-auth-password", "p"])),
        ("kubernetes.io/basic-auth".into(), base64(&[("password", "cA=="), ("username", "dQ==")]))
    );
    // A password that is left out is read, too.
    assert_eq!(data(build(&["--basic-auth-username", "u"])).1["password"], "ZnJvbSBzdGRpbg==");
    sandbox.write("id", "key\nkey\n");
    sandbox.write("known_hosts", "h\nh\n");
    assert_eq!(
        data(build(&["--ssh-key", "id", "--from-file", "known_hosts"])),
        (
            "kubernetes.io/ssh-auth".into(),
            base64(&[("known_hosts", "aApoCg=="), ("ssh-privatekey", "a2V5CmtleQo=")])
        )
    );
}

#[test]
fn building_a_secret_needs_its_name_and_one_way_at_a_time() {
    let sandbox = Sandbox::new();
    seal(&sandbox, "", &["--from-literal", "a=b"]).fails(2, "error: a new Secret needs a --name\n");
    seal(&sandbox, "", &["secret.yaml", "--from-literal", "a=b"])
        .fails(2, "error: seal Secrets from files, or make one from values: not both at once\n");
    let named = ["--name", "app", "-n", "web"];
    let with = |arguments: &[&str]| seal(&sandbox, "", &[named.as_slice(), arguments].concat());
    with(&["--ssh-key", "x", "--docker-config", "y"])
        .fails(2, "error: --docker-config and --ssh-key make different kinds of Secret: use one of them\n");
    with(&["--prompt", "a", "--prompt", "b"])
        .fails(2, "error: standard input can stand for one value only: give the others in other ways\n");
    with(&["--docker-username", "u"])
        .fails(1, "error: there is no password: give it on standard input, or start sealkit at a terminal\n");
    with(&["--type", "kubernetes.io/tls", "--from-literal", "tls.crt=x"])
        .fails(1, "error: a Secret of type kubernetes.io/tls needs the keys tls.crt and tls.key\n");
    assert_eq!(with(&["--type", "x", "--ssh-key", "id"]).code, 2);
}

#[test]
fn an_empty_answer_is_warned_of() {
    let sandbox = Sandbox::new();
    let ran = seal(&sandbox, "", &["--name", "a", "-n", "b", "--prompt", "token"]);
    let warning = "warning: the value of token is empty, and is sealed so\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (0, warning));
}

#[test]
fn a_value_that_ends_in_a_newline_is_warned_of() {
    let sandbox = Sandbox::new();
    sandbox.write("token", "abc\n");
    sandbox.write("lines", "a\nb\n");
    let ran = seal(&sandbox, "", &["--name", "a", "-n", "b", "--from-file", "token", "--from-file", "lines"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            0,
            "warning: the value of token ends in a newline, which becomes part of the secret; printf %s writes text \
             without one\n"
        )
    );
}

#[test]
fn text_from_windows_is_read() {
    let sandbox = Sandbox::new();
    let expected = unseal(&sandbox, &seal(&sandbox, SECRET, &[]).quiet(), &[]).quiet();
    let crlf = SECRET.replace('\n', "\r\n");
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(crlf.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let inputs = [format!("\u{feff}{crlf}").into_bytes(), utf16];
    for input in inputs {
        let sealed = sandbox.run_with(input, &["seal", "--cert", &certificate()]).quiet();
        assert_eq!(unseal(&sandbox, &sealed, &[]).quiet(), expected);
    }
    sandbox.run_with(b"kind: Secret\nx: \xFF\n", &["seal", "--cert", &certificate()]).fails(
        1,
        "error: could not read standard input as text\n  caused by: not valid UTF-8: line 2, byte 16\n",
    );
}

#[test]
fn unsealing_says_why_not() {
    let sandbox = Sandbox::new();
    let sealed = seal(&sandbox, &SECRET.replace("  user: YWRtaW4=\n", "  {}\n"), &[]).quiet();
    sandbox.write("sealed.yaml", sealed.replacen("namespace: web", "namespace: dev", 1));
    unseal(&sandbox, "", &["sealed.yaml"]).fails(
        1,
        "error: could not unseal dev/app in sealed.yaml\n  caused by: can't open 1 of 1 value: \
         spec.encryptedData.password, line 8, column 15: sealed for strict scope in `web` as `app`\n",
    );
    sandbox.write("sealed.yaml", &sealed);
    sandbox.run(&["unseal", "--key", &test_key("test-rsa2048-other.key"), "sealed.yaml"]).fails(
        1,
        "error: could not unseal web/app in sealed.yaml\n  caused by: can't open 1 of 1 value: \
         spec.encryptedData.password, line 8, column 15: no key in the keyring opens it (1 tried: \
         SHA256:ACzlKaajLeqhMV/A7U3s0vpUYLK2s+Fp/q/GNB/dZjc), or it was sealed for another name or namespace\n",
    );
    unseal(&sandbox, SECRET, &[]).fails(
        1,
        "error: could not read the SealedSecrets in standard input\n  caused by: kind, line 3, column 7: expected a \
         SealedSecret, found Secret\n",
    );
    unseal(&sandbox, "", &["-"]).fails(1, "error: there is no SealedSecret in the input\n");
    assert_eq!(sandbox.run(&["unseal", "sealed.yaml"]).code, 2);
    let twice = "error: standard input can hold the keys or the SealedSecrets, not both\n";
    sandbox.run(&["unseal", "--key", "-"]).fails(2, twice);
}

#[test]
fn a_namespace_that_is_given_elsewhere_can_be_named() {
    let sandbox = Sandbox::new();
    let sealed = seal(&sandbox, SECRET, &[]).quiet();
    let bare: String =
        sealed.lines().filter(|line| *line != "  namespace: web").map(|line| format!("{line}\n")).collect();
    assert_eq!(unseal(&sandbox, &bare, &["-n", "web"]).quiet(), unseal(&sandbox, &sealed, &[]).quiet());
    let ran = unseal(&sandbox, &bare, &[]);
    assert_eq!(ran.code, 1);
    let first =
        "error: could not unseal app in standard input, which names no namespace: --namespace gives it one\n";
    assert!(ran.stderr.starts_with(first), "{}", ran.stderr);
    unseal(&sandbox, &sealed, &["-n", "dev"])
        .fails(1, "error: web/app in standard input: its namespace is web, and --namespace says dev\n");
}

#[test]
fn what_it_was_sealed_for_can_be_guessed_on_the_command_line() {
    let sandbox = Sandbox::new();
    let sealed = seal(&sandbox, SECRET, &[]).quiet();
    let moved = sealed.replace("name: app", "name: new").replace("namespace: web", "namespace: dev");
    let ran = unseal(&sandbox, &moved, &[]);
    assert!(ran.stderr.contains("or it was sealed for another name or namespace"), "{}", ran.stderr);
    let ran = unseal(&sandbox, &moved, &["-n", "web", "--name", "app"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("sealed for strict scope in `web` as `app`"), "{}", ran.stderr);
}

#[test]
fn large_values_pass_and_a_closed_pipe_is_no_error() {
    let sandbox = Sandbox::new();
    sandbox.write("blob", vec![7; 1_500_000]);
    let sealed = seal(&sandbox, "", &["--name", "a", "-n", "b", "--from-file", "blob"]).quiet();
    let opened = unseal(&sandbox, &sealed, &["-o", "json"]).quiet();
    assert!(opened.len() > 2_000_000);
    sandbox.write("sealed.yaml", &sealed);
    #[cfg(unix)]
    sandbox.run_unread(&["unseal", "--key", &private_key(), "sealed.yaml"]).fails(141, "");
}
