//! Sealing, opening, resealing and merging whole resources.

use super::{SealedSecret, SealedSecretError, seal_value};
use crate::sealed_secrets::test_keys::{RSA2048, RSA2048_OTHER, RSA4096, certificate, keyring};
use crate::sealed_secrets::{Hints, Keyring, Resource, Scope, Secret, ValueError};

fn secret() -> Secret {
    Secret::parse(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\n  namespace: web\n  labels: {team: a}\n  uid: 1-2\n  \
         creationTimestamp: null\n  resourceVersion: '3'\n  ownerReferences: [{name: x}]\n  annotations:\n    note: b\n    \
         kubectl.kubernetes.io/last-applied-configuration: '{\"data\":{}}'\ntype: Opaque\nimmutable: true\n\
         stringData: {user: admin, password: hunter2}\ndata: {empty: '', binary: //4A}\n",
    )
    .unwrap()
}

#[test]
fn a_round_trip_gives_the_secret_that_the_controller_would_create() {
    for scope in Scope::ALL {
        let sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), scope).unwrap();
        assert_eq!(sealed.scope(), scope);
        let read = SealedSecret::parse(sealed.to_yaml()).unwrap();
        assert_eq!(read.to_mapping(), sealed.to_mapping());
        assert_eq!(SealedSecret::parse(sealed.to_json()).unwrap().to_yaml(), sealed.to_yaml());

        let opened = read.unseal(&keyring(RSA2048)).unwrap();
        let annotation = match scope {
            Scope::Strict => "",
            Scope::NamespaceWide => "    sealedsecrets.bitnami.com/namespace-wide: \"true\"\n",
            Scope::ClusterWide => "    sealedsecrets.bitnami.com/cluster-wide: \"true\"\n",
        };
        assert_eq!(
            opened.to_yaml().as_str(),
            format!(
                "apiVersion: v1\ndata:\n  binary: //4A\n  empty: \"\"\n  password: aHVudGVyMg==\n  user: YWRtaW4=\n\
                 immutable: true\nkind: Secret\nmetadata:\n  annotations:\n    note: b\n{annotation}  labels:\n    team: a\n  \
                 name: app\n  namespace: web\ntype: Opaque\n"
            )
        );
    }
}

#[test]
fn the_resource_is_laid_out_as_kubeseal_does() {
    let mut sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), Scope::NamespaceWide).unwrap();
    for key in ["binary", "empty", "password"] {
        assert!(sealed.remove(key));
    }
    let value = sealed.get("user").unwrap().to_owned();
    assert_eq!(
        sealed.to_yaml().replace(&value, "SEALED"),
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  annotations:\n    \
         sealedsecrets.bitnami.com/namespace-wide: \"true\"\n  name: app\n  namespace: web\nspec:\n  encryptedData:\n    \
         user: SEALED\n  template:\n    immutable: true\n    metadata:\n      annotations:\n        note: b\n        \
         sealedsecrets.bitnami.com/namespace-wide: \"true\"\n      labels:\n        team: a\n      name: app\n      \
         namespace: web\n    type: Opaque\n"
    );
}

#[test]
fn only_its_own_annotations_say_its_scope() {
    let sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), Scope::ClusterWide).unwrap();
    let own = "  annotations:\n    sealedsecrets.bitnami.com/cluster-wide: \"true\"\n  name";
    let moved = sealed.to_yaml().replacen(own, "  name", 1);
    let moved = SealedSecret::parse(moved).unwrap();
    assert_eq!(moved.scope(), Scope::Strict);
    let error = moved.unseal(&keyring(RSA2048)).unwrap_err().to_string();
    assert!(
        error.contains("spec.encryptedData.binary, line 8, column 13: sealed for cluster-wide scope"),
        "{error}"
    );
}

#[test]
fn the_owner_is_named_if_its_uid_is_known() {
    let sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), Scope::Strict).unwrap();
    let in_cluster = sealed.to_yaml().replacen("  name: app\n", "  name: app\n  uid: 12-34\n", 1);
    let opened = SealedSecret::parse(&in_cluster).unwrap().unseal(&keyring(RSA2048)).unwrap();
    assert!(
        opened.to_yaml().contains(
            "  ownerReferences:\n  - apiVersion: bitnami.com/v1alpha1\n    controller: true\n    kind: SealedSecret\n    \
             name: app\n    uid: 12-34\n"
        ),
        "{}",
        opened.to_yaml().as_str()
    );
    let skip = "        sealedsecrets.bitnami.com/skip-set-owner-references: \"true\"\n";
    let skipped = in_cluster.replacen("        note: b\n", &format!("        note: b\n{skip}"), 1);
    let opened = SealedSecret::parse(skipped).unwrap().unseal(&keyring(RSA2048)).unwrap();
    assert!(opened.metadata().get("ownerReferences").is_none());
}

#[test]
fn why_a_value_does_not_open_is_found_out() {
    let reason = |sealed: &SealedSecret, keyring: &Keyring, hints: &Hints| match sealed
        .unseal_with_hints(keyring, hints)
        .unwrap_err()
    {
        SealedSecretError::Unopened { mut failures, .. } => failures.remove(0).error.to_string(),
        other => panic!("{other}"),
    };
    let keys = keyring(RSA2048);
    let none = Hints::default();
    let at = |scope, namespace: &str, name: &str| {
        let mut of = secret();
        of.set_namespace(namespace);
        of.set_name(name);
        let sealed = SealedSecret::seal(&of, &certificate(RSA2048), scope).unwrap();
        let value = sealed.get("user").unwrap().to_owned();
        SealedSecret::parse(format!(
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: app, namespace: web}}\n\
             spec: {{encryptedData: {{user: {value}}}}}\n"
        ))
        .unwrap()
    };
    assert!(at(Scope::Strict, "web", "app").unseal(&keys).is_ok());
    assert_eq!(
        reason(&at(Scope::NamespaceWide, "web", "x"), &keys, &none),
        "sealed for namespace-wide scope in `web`"
    );
    assert_eq!(reason(&at(Scope::ClusterWide, "x", "x"), &keys, &none), "sealed for cluster-wide scope");
    let elsewhere = at(Scope::Strict, "dev", "old");
    let fingerprint = keys.keys()[0].fingerprint();
    assert_eq!(
        reason(&elsewhere, &keys, &none),
        format!(
            "no key in the keyring opens it (1 tried: {fingerprint}), or it was sealed for another name or namespace"
        )
    );
    let hints = Hints { names: vec!["old".to_owned()], namespaces: vec!["dev".to_owned()] };
    assert_eq!(reason(&elsewhere, &keys, &hints), "sealed for strict scope in `dev` as `old`");
    assert_eq!(
        reason(&elsewhere, &keyring(RSA4096), &hints),
        "it was sealed to a key of 2048 bits, and those in the keyring have 4096"
    );
}

#[test]
fn every_value_that_does_not_open_is_named() {
    let mut sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), Scope::Strict).unwrap();
    let other = SealedSecret::seal(&secret(), &certificate(RSA2048_OTHER), Scope::Strict).unwrap();
    sealed.items.insert("user".to_owned(), other.get("user").unwrap().to_owned());
    sealed.items.insert("empty".to_owned(), "?".to_owned());
    sealed.items.insert("short".to_owned(), "AQA=".to_owned());
    let SealedSecretError::Unopened { failures, total } = sealed.unseal(&keyring(RSA2048)).unwrap_err()
    else {
        panic!("it should not have opened");
    };
    assert_eq!(total, 5);
    let failures: Vec<_> =
        failures.iter().map(|failure| (failure.key.as_str(), failure.error.to_string())).collect();
    let fingerprint = keyring(RSA2048).keys()[0].fingerprint().clone();
    assert_eq!(
        failures,
        [
            ("empty", "damaged: it is not base64".to_owned()),
            ("short", "damaged: it has 2 bytes, and its parts need at least 274".to_owned()),
            (
                "user",
                format!(
                    "no key in the keyring opens it (1 tried: {fingerprint}), or it was sealed for another name or namespace"
                )
            ),
        ]
    );
}

#[test]
fn each_value_is_explained_by_itself() {
    let mut sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), Scope::Strict).unwrap();
    let wide = SealedSecret::seal(&secret(), &certificate(RSA2048), Scope::ClusterWide).unwrap();
    let other = SealedSecret::seal(&secret(), &certificate(RSA2048_OTHER), Scope::Strict).unwrap();
    sealed.items.insert("binary".to_owned(), other.get("binary").unwrap().to_owned());
    for key in ["password", "user"] {
        sealed.items.insert(key.to_owned(), wide.get(key).unwrap().to_owned());
    }
    let SealedSecretError::Unopened { failures, .. } = sealed.unseal(&keyring(RSA2048)).unwrap_err() else {
        panic!("it should not have opened");
    };
    let reasons: Vec<_> = failures.iter().map(|failure| failure.error.to_string()).collect();
    assert!(reasons[0].starts_with("no key in the keyring opens it"), "{}", reasons[0]);
    assert_eq!(reasons[1..], ["sealed for cluster-wide scope"; 2]);
}

#[test]
fn resealing_changes_what_another_key_opens_and_nothing_else() {
    let mut sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), Scope::Strict).unwrap();
    let before = sealed.clone();
    let mut keys = keyring(RSA2048);
    assert!(sealed.reseal(&keys, &certificate(RSA2048)).unwrap().is_empty());
    assert_eq!(sealed.to_yaml(), before.to_yaml());

    sealed.set("user", b"root", &certificate(RSA4096)).unwrap();
    keys.append(keyring(RSA4096));
    let user = sealed.get("user").unwrap().to_owned();
    assert_eq!(sealed.reseal(&keys, &certificate(RSA4096)).unwrap(), ["binary", "empty", "password"]);
    assert_eq!(sealed.get("user"), Some(user.as_str()));
    let opened = sealed.unseal(&keyring(RSA4096)).unwrap();
    assert_eq!((opened.get("user"), opened.get("password")), (Some(&b"root"[..]), Some(&b"hunter2"[..])));

    let resealed = sealed.clone();
    assert!(sealed.reseal(&keyring(RSA2048), &certificate(RSA2048_OTHER)).is_err());
    assert_eq!(sealed.to_yaml(), resealed.to_yaml(), "a failure changes nothing");
}

#[test]
fn merging_keeps_the_targets_scope_and_its_other_values() {
    let mut sealed = SealedSecret::seal(&secret(), &certificate(RSA2048), Scope::NamespaceWide).unwrap();
    let user = sealed.get("user").unwrap().to_owned();
    let update = Secret::parse(
        "kind: Secret\nmetadata:\n  labels: {tier: c}\n  annotations: {sealedsecrets.bitnami.com/cluster-wide: 'true', new: d}\n\
         stringData: {password: changed, token: new}\n",
    )
    .unwrap();
    sealed.merge(&update, &certificate(RSA2048)).unwrap();
    assert_eq!((sealed.scope(), sealed.get("user")), (Scope::NamespaceWide, Some(user.as_str())));
    let opened = sealed.unseal(&keyring(RSA2048)).unwrap();
    assert_eq!(opened.get("password"), Some(&b"changed"[..]));
    assert_eq!(opened.get("token"), Some(&b"new"[..]));
    assert!(opened.to_yaml().contains("  annotations:\n    new: d\n    note: b\n    sealedsecrets.bitnami.com/namespace-wide: \"true\"\n  labels:\n    team: a\n    tier: c\n"));
}

#[test]
fn what_a_value_is_bound_to_has_to_be_there() {
    let seal = |text: &str, scope| {
        SealedSecret::seal(&Secret::parse(text).unwrap(), &certificate(RSA2048), scope).map(|_| ())
    };
    let error = seal("kind: Secret\nmetadata: {namespace: web}", Scope::Strict).unwrap_err();
    assert_eq!(error.to_string(), "the resource has no name, which its values would be bound to");
    for scope in [Scope::Strict, Scope::NamespaceWide] {
        let error = seal("kind: Secret\nmetadata: {name: app, namespace: ''}", scope).unwrap_err();
        assert_eq!(error.to_string(), "the resource has no namespace, which its values would be bound to");
    }
    assert!(seal("kind: Secret\nmetadata: {name: app}", Scope::ClusterWide).is_ok());
}

#[test]
fn an_expired_certificate_is_sealed_to_on_purpose_only() {
    let expired = certificate("test-rsa2048-expired");
    let error = SealedSecret::seal(&secret(), &expired, Scope::Strict).unwrap_err();
    assert!(matches!(error, SealedSecretError::Certificate(_)));
    assert!(seal_value(b"x", &expired, &Scope::ClusterWide.label("", "")).is_err());
    let sealed = SealedSecret::seal(&secret(), &expired.accept_expired(), Scope::Strict).unwrap();
    assert!(sealed.unseal(&keyring(RSA2048)).is_ok());
}

#[test]
fn templates_are_copied_unless_they_have_to_be_rendered() {
    let with = |data: &str| {
        SealedSecret::parse(format!(
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: app}}\nspec:\n  template:\n    \
             data: {{config: '{data}'}}\n"
        ))
        .unwrap()
        .unseal(&keyring(RSA2048))
    };
    assert_eq!(with("plain").unwrap().get("config"), Some(&b"plain"[..]));
    let error = with("a: {{ .user }}").unwrap_err().to_string();
    assert!(
        error.starts_with("spec.template.data.config, line 6, column 20: templates are not rendered yet"),
        "{error}"
    );
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let refusal = |rest: &str| {
        SealedSecret::parse(format!("apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n{rest}"))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refusal("spec:\n  data: AAAA\n"),
        "spec.data, line 4, column 9: `spec.data` is the deprecated format that seals a whole Secret as one value: seal the Secret again"
    );
    assert_eq!(
        refusal("spec: {encryptedData: {a: [b]}}"),
        "spec.encryptedData.a, line 3, column 27: expected a string, found a list"
    );
    assert_eq!(refusal("spec: []"), "spec, line 3, column 7: expected a mapping, found a list");
    let error = SealedSecret::parse("kind: SealedSecret").unwrap_err().to_string();
    let missing = "`apiVersion` is missing or names no group: it should be bitnami.com/v1alpha1";
    assert_eq!(error, format!("apiVersion, line 1, column 1: {missing}"));
    let error = Resource::parse_all("kind: ConfigMap\n---\nkind: SealedSecret").unwrap_err().to_string();
    assert_eq!(error, format!("document 2, apiVersion, line 3, column 1: {missing}"));
}

#[test]
fn many_values_open_with_many_keys() {
    let mut many = Secret::new("app");
    many.set_namespace("web");
    for number in 0..40 {
        many.set(format!("key{number}"), format!("value {number}").into_bytes());
    }
    let mut sealed = SealedSecret::seal(&many, &certificate(RSA2048), Scope::Strict).unwrap();
    sealed.set("key7", b"value 7", &certificate(RSA4096)).unwrap();
    let mut keys = keyring(RSA2048_OTHER);
    keys.append(keyring(RSA4096));
    keys.append(keyring(RSA2048));
    let opened = sealed.unseal(&keys).unwrap();
    assert_eq!(opened.data().collect::<Vec<_>>(), many.data().collect::<Vec<_>>());
    let error = sealed.unseal(&keyring(RSA4096)).unwrap_err().to_string();
    assert!(
        error.starts_with("can't open 40 of 41 values: ")
            || error.starts_with("can't open 39 of 40 values: ")
    );
    assert!(error.ends_with("; and 34 more"), "{error}");
    let SealedSecretError::Unopened { failures, .. } = sealed.unseal(&keyring(RSA2048_OTHER)).unwrap_err()
    else {
        panic!("it should not have opened");
    };
    assert!(failures.iter().any(|failure| matches!(failure.error, ValueError::NoKeyOfSize { .. })));
}
