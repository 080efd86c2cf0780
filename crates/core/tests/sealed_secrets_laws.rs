//! What holds for every Secret, on Secrets made at random.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use sealkit::document::Mapping;
use sealkit::sealed_secrets::{KeyPair, Keyring, Resource, Scope, SealedSecret, Secret};

static PAIR: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::builder().bits(2048).generate().unwrap());
static KEYRING: LazyLock<Keyring> =
    LazyLock::new(|| Keyring::from_pem(PAIR.private_key.to_pkcs1_pem().as_str()).unwrap());

/// Texts that YAML readers may take for something else, and any others.
fn text() -> impl Strategy<Value = String> {
    let odd = [
        "yes",
        "0777",
        "1_000",
        "null",
        "~",
        "2001-12-14",
        "!!binary",
        "a: b",
        "- a",
        "#",
        "'",
        "\"",
        "|",
        "\u{85}",
    ];
    prop_oneof![prop::sample::select(odd.to_vec()).prop_map(str::to_owned), "\\PC{1,12}", "[ -~\n\t]{1,20}"]
}

prop_compose! {
    fn secret()(
        name in text(),
        namespace in text(),
        secret_type in prop::option::of(text()),
        data in prop::collection::btree_map(text(), prop::collection::vec(any::<u8>(), 0..40), 0..6),
        labels in prop::collection::btree_map(text(), text(), 0..3),
    ) -> Secret {
        let mut secret = Secret::new(name);
        secret.set_namespace(namespace);
        if let Some(secret_type) = secret_type {
            secret.set_secret_type(secret_type);
        }
        for (key, value) in data {
            secret.set(key, value);
        }
        if !labels.is_empty() {
            secret.metadata_mut().insert("labels", labels.into_iter().collect::<Mapping>());
        }
        secret
    }
}

fn values(secret: &Secret) -> BTreeMap<String, Vec<u8>> {
    secret.data().map(|(key, value)| (key.to_owned(), value.to_vec())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_reads_back(secret in secret()) {
        let yaml = secret.to_yaml();
        let read = Secret::parse(yaml.as_str()).unwrap();
        prop_assert_eq!(read.to_yaml(), yaml);
        prop_assert_eq!(values(&read), values(&secret));
        prop_assert!(read.conversions().is_empty(), "{:?}", read.conversions());
        let read = Secret::parse(secret.to_json().as_str()).unwrap();
        prop_assert_eq!(read.to_json(), secret.to_json());
    }

    #[test]
    fn what_is_sealed_opens(secret in secret(), scope in prop::sample::select(Scope::ALL.to_vec())) {
        let sealed = SealedSecret::seal(&secret, &PAIR.certificate, scope).unwrap();
        for text in [sealed.to_yaml(), sealed.to_json()] {
            let opened = SealedSecret::parse(&text).unwrap().unseal(&KEYRING).unwrap();
            prop_assert_eq!(values(&opened), values(&secret));
            prop_assert_eq!(opened.name(), secret.name());
            prop_assert_eq!(opened.namespace(), secret.namespace());
            prop_assert_eq!(opened.secret_type(), secret.secret_type());
            prop_assert_eq!(opened.metadata().get("labels"), secret.metadata().get("labels"));
            prop_assert_eq!(opened.scope(), scope);
            // None of the values may be in there.
            for (_, value) in secret.data().filter(|(_, value)| value.len() > 8) {
                prop_assert!(!text.as_bytes().windows(value.len()).any(|window| window == value));
            }
        }
    }

    #[test]
    fn reading_never_panics(text in "[-{}\\[\\]:,\"'#&*!|> \na-dkinSectralsd0-9/.]{0,80}") {
        for start in ["", "kind: Secret\n", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n", "{\"kind\":\"List\","] {
            let _ = Resource::parse_all(format!("{start}{text}"));
            let _ = Keyring::parse(format!("{start}{text}"));
        }
    }
}
