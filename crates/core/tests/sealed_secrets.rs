//! The vectors in `test-vectors/sealed-secrets`, made by independent programs: its README says by which.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealkit::document::{Document, Format, Mapping, Schema, Value};
use sealkit::sealed_secrets::{Backend, Certificate, Keyring, Resource, Scope, SealedSecret, Secret, hybrid};
use sha2::{Digest, Sha256};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors/sealed-secrets")
}

fn file(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn keyring(key: &str, backend: Backend) -> Keyring {
    Keyring::from_pem_with(file(format!("keys/{key}.key")), backend).unwrap()
}

/// Every file is in the manifest, as it was made. To change one, run `generate/manifest.py` after it.
#[test]
fn the_vectors_are_those_of_the_manifest() {
    let manifest: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(&file("manifest.json")).unwrap();
    let mut folders = vec![root()];
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            if path.is_dir() {
                folders.extend((name != "generate").then_some(path));
            } else if name != "manifest.json" {
                let hash: String = Sha256::digest(fs::read(&path).unwrap())
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                assert_eq!(manifest.get(&name).map(|entry| &entry["sha256"]), Some(&hash), "{name}");
                found.insert(name);
            }
        }
    }
    assert_eq!(found, manifest.into_keys().collect::<BTreeSet<_>>());
}

#[derive(serde::Deserialize)]
struct Vector {
    program: String,
    key: String,
    scope: String,
    namespace: String,
    name: String,
    comment: String,
    value: String,
    sealed: String,
}

#[test]
fn values_sealed_by_other_programs_open() {
    let vectors: Vec<Vector> = serde_json::from_str(&file("values.json")).unwrap();
    assert!(vectors.len() > 150);
    for backend in Backend::ALL {
        let keys = ["test-rsa2048", "test-rsa4096"].map(|key| (key, keyring(key, *backend)));
        for vector in &vectors {
            let what = format!(
                "{backend:?}: {}, {}, {}, {}",
                vector.program, vector.key, vector.scope, vector.comment
            );
            let (_, keyring) = keys.iter().find(|(key, _)| *key == vector.key).unwrap();
            let sealed = STANDARD.decode(&vector.sealed).unwrap();
            let scope: Scope = vector.scope.parse().unwrap();
            let opened = keyring.open(&sealed, &scope.label(&vector.namespace, &vector.name));
            let opened = opened.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(opened.value.as_slice(), STANDARD.decode(&vector.value).unwrap(), "{what}");
        }
        // The wrong label, once for every program and scope.
        for vector in
            vectors.iter().filter(|vector| vector.comment == "one byte" && vector.key == "test-rsa2048")
        {
            let sealed = STANDARD.decode(&vector.sealed).unwrap();
            let own: Scope = vector.scope.parse().unwrap();
            for scope in Scope::ALL.into_iter().filter(|scope| *scope != own) {
                let opened = hybrid::open(&sealed, &keys[0].1.keys()[0], &scope.label("web", "app"));
                assert_eq!(opened, Err(hybrid::OpenError::NotOpened), "{} {scope}", vector.program);
            }
        }
    }
}

#[test]
fn a_large_value_opens() {
    let sealed = STANDARD.decode(file("one-mebibyte.sealed")).unwrap();
    let value: Vec<u8> = (0..1_u64 << 20).map(|index| (index * 31 % 253) as u8).collect();
    for backend in Backend::ALL {
        let keyring = keyring("test-rsa4096", *backend);
        let opened = keyring.open(&sealed, &Scope::Strict.label("web", "app")).unwrap();
        assert!(*opened.value == value);
    }
}

/// Each folder with whole resources.
fn resources() -> Vec<PathBuf> {
    let mut folders: Vec<_> =
        fs::read_dir(root().join("resources")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() > 20);
    folders
}

/// What kubeseal prints, less what sealkit leaves out on purpose: an owner reference with an empty uid, which no API server
/// takes, and null for an empty value.
fn without_harm(unsealed: &str) -> String {
    let owner = "  ownerReferences:\n  - apiVersion: bitnami.com/v1alpha1\n    controller: true\n    kind: SealedSecret\n    \
                 name: app\n    uid: \"\"\n";
    let text = unsealed.strip_prefix("---\n").unwrap();
    text.replace(owner, "").replace(": null\n", ": \"\"\n")
}

#[test]
fn sealed_resources_open_as_the_controllers_code_opens_them() {
    let keyring = keyring("test-rsa2048", Backend::default());
    for folder in resources() {
        let name = folder.display();
        let expected = without_harm(&file(folder.join("unsealed.yaml")));
        let sealed = SealedSecret::parse(file(folder.join("sealed.yaml"))).unwrap();
        let secret = sealed.unseal(&keyring).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(secret.to_yaml().as_str(), expected, "{name}");
        if folder.join("sealed.json").exists() {
            let sealed = SealedSecret::parse(file(folder.join("sealed.json"))).unwrap();
            assert_eq!(sealed.unseal(&keyring).unwrap().to_yaml().as_str(), expected, "{name}");
        }
        // kubeseal's own Secret reads as ours does.
        let theirs = Secret::parse(file(folder.join("unsealed.json"))).unwrap();
        assert_eq!(theirs.data().collect::<Vec<_>>(), secret.data().collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn sealed_resources_are_written_as_kubeseal_writes_them() {
    for folder in resources().into_iter().filter(|folder| folder.join("sealed.json").exists()) {
        let name = folder.display();
        let yaml = file(folder.join("sealed.yaml"));
        let sealed = SealedSecret::parse(&yaml).unwrap();
        assert_eq!(format!("---\n{}", sealed.to_yaml()), yaml, "{name}");
        let json = file(folder.join("sealed.json"));
        let sealed = SealedSecret::parse(&json).unwrap();
        // Go escapes what HTML would read.
        let json = json.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&");
        assert_eq!(sealed.to_json().replace("\\u003c", "<"), json.replace("\n\n", "\n"), "{name}");
    }
}

#[test]
fn secrets_are_sealed_into_the_same_resource_as_kubeseal_seals_them_into() {
    let certificate = Certificate::from_pem(file("keys/test-rsa2048.crt")).unwrap();
    let keyring = keyring("test-rsa2048", Backend::default());
    for folder in resources().into_iter().filter(|folder| folder.join("secret.yaml").exists()) {
        let name = folder.display();
        let mut secret = Secret::parse(file(folder.join("secret.yaml"))).unwrap();
        if secret.namespace().is_none() && secret.scope() != Scope::ClusterWide {
            secret.set_namespace("web");
        }
        let ours = SealedSecret::seal(&secret, &certificate, secret.scope()).unwrap();
        let theirs = SealedSecret::parse(file(folder.join("sealed.yaml"))).unwrap();
        assert_eq!(frame(&ours), frame(&theirs), "{name}");
        let opened = |sealed: &SealedSecret| sealed.unseal(&keyring).unwrap().to_yaml();
        assert_eq!(opened(&ours), opened(&theirs), "{name}");
    }
}

/// A SealedSecret with its ciphertexts left out, as text.
fn frame(sealed: &SealedSecret) -> String {
    let mut yaml = sealed.to_yaml();
    for (_, value) in sealed.items() {
        yaml = yaml.replace(value, "SEALED");
    }
    yaml
}

#[test]
fn resealed_resources_open_to_the_same_secrets() {
    let old = keyring("test-rsa2048", Backend::default());
    let new = keyring("test-rsa4096", Backend::default());
    let certificate = Certificate::from_pem(file("keys/test-rsa4096.crt")).unwrap();
    for folder in resources() {
        let mut sealed = SealedSecret::parse(file(folder.join("sealed.yaml"))).unwrap();
        let before = sealed.clone();
        assert_eq!(sealed.reseal(&old, &certificate).unwrap().len(), before.items().len());
        assert_eq!(frame(&sealed), frame(&before));
        let opened = SealedSecret::parse(sealed.to_yaml()).unwrap().unseal(&new).unwrap();
        assert_eq!(opened.to_yaml(), before.unseal(&old).unwrap().to_yaml(), "{}", folder.display());
    }
}

#[test]
fn every_resource_of_a_file_is_found() {
    let list = |kind: &str, items: Vec<Value>| {
        let mut list: Mapping = [("apiVersion", "v1"), ("kind", kind)].into_iter().collect();
        list.insert("items", items);
        Value::Mapping(list)
    };
    let value = |path: &str| -> Value {
        let document = Document::parse(file(path).as_bytes(), Format::Yaml).unwrap();
        document.roots().next().unwrap().value(Schema::Kubernetes).unwrap()
    };
    let mixed =
        list("List", vec![value("resources/plain/secret.yaml"), value("resources/plain/sealed.yaml")]);
    let other = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n";
    let text = format!(
        "{}{other}{}",
        sealkit::document::to_yaml(&mixed).as_str(),
        file("resources/json/sealed.yaml")
    );
    let found: Vec<_> = Resource::parse_all(text)
        .unwrap()
        .into_iter()
        .map(|resource| match resource {
            Resource::Secret(secret) => format!("Secret, {} values, {}", secret.data().len(), secret.place()),
            Resource::SealedSecret(sealed) => {
                format!("SealedSecret, {} values, {}", sealed.items().len(), sealed.place())
            }
            Resource::Other(other) => format!("{}, {}", other.kind().unwrap_or_default(), other.place()),
            _ => String::new(),
        })
        .collect();
    assert_eq!(
        found.iter().map(|found| found.split(", line").next().unwrap()).collect::<Vec<_>>(),
        [
            "Secret, 3 values, document 1, item 1",
            "SealedSecret, 3 values, document 1, item 2",
            "ConfigMap, document 2",
            "SealedSecret, 1 values, document 3",
        ]
    );
}
