//! The types of Secret that Kubernetes knows by name, and what each must hold.

use super::{BuildError, Values};

/// The type of a Secret with a user's name and password.
pub(crate) const BASIC_AUTH: &str = "kubernetes.io/basic-auth";
/// The type of a Secret with a registry's credentials.
pub(crate) const DOCKER_CONFIG_JSON: &str = "kubernetes.io/dockerconfigjson";
/// The type of a Secret with an SSH key.
pub(crate) const SSH_AUTH: &str = "kubernetes.io/ssh-auth";
/// The type of a Secret with a certificate and its key.
pub(crate) const TLS: &str = "kubernetes.io/tls";

/// The key of a registry's credentials.
pub(crate) const DOCKER_CONFIG_JSON_KEY: &str = ".dockerconfigjson";
const DOCKER_CONFIG_KEY: &str = ".dockercfg";

/// Checks that `values` are what the API server asks of a Secret of this type.
///
/// A SealedSecret without them would be sealed and applied without a word, and fail in the controller.
///
/// # Errors
/// When a value is missing or malformed.
pub(crate) fn check(secret_type: &str, values: &Values) -> Result<(), BuildError> {
    let has = |key: &str| values.get(key).is_some();
    let (fits, needed) = match secret_type {
        BASIC_AUTH => (has("username") || has("password"), "the keys username or password"),
        DOCKER_CONFIG_JSON => return check_json(secret_type, DOCKER_CONFIG_JSON_KEY, values),
        "kubernetes.io/dockercfg" => return check_json(secret_type, DOCKER_CONFIG_KEY, values),
        SSH_AUTH => (
            values.get("ssh-privatekey").is_some_and(|key| !key.is_empty()),
            "the key ssh-privatekey, not empty",
        ),
        TLS => (has("tls.crt") && has("tls.key"), "the keys tls.crt and tls.key"),
        _ => (true, ""),
    };
    if fits {
        Ok(())
    } else {
        Err(BuildError::MissingForType { secret_type: secret_type.to_owned(), needed })
    }
}

fn check_json(secret_type: &str, key: &'static str, values: &Values) -> Result<(), BuildError> {
    let secret_type = secret_type.to_owned();
    let Some(value) = values.get(key) else {
        let needed =
            if key == DOCKER_CONFIG_KEY { "the key .dockercfg" } else { "the key .dockerconfigjson" };
        return Err(BuildError::MissingForType { secret_type, needed });
    };
    match serde_json::from_slice::<serde::de::IgnoredAny>(value) {
        Ok(_) => Ok(()),
        Err(_) => Err(BuildError::NotJson { key, secret_type }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BuildError, Values};
    use super::check;

    fn check_literals(secret_type: &str, literals: &[&str]) -> Result<(), BuildError> {
        let mut values = Values::default();
        literals.iter().for_each(|literal| values.add_literal(literal.as_bytes()).unwrap());
        check(secret_type, &values)
    }

    #[test]
    fn types_have_their_keys() {
        for (secret_type, literals) in [
            ("Opaque", [].as_slice()),
            ("example.com/own", &[]),
            ("kubernetes.io/basic-auth", &["password=x"]),
            ("kubernetes.io/tls", &["tls.crt=x", "tls.key=x"]),
            ("kubernetes.io/ssh-auth", &["ssh-privatekey=x"]),
            ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson={}"]),
            ("kubernetes.io/dockercfg", &[".dockercfg={}"]),
        ] {
            assert!(check_literals(secret_type, literals).is_ok(), "{secret_type}");
            let refused = check_literals(secret_type, &["other=x"]).is_err();
            assert_eq!(refused, secret_type.starts_with("kubernetes.io/"), "{secret_type}");
        }
        assert!(matches!(
            check_literals("kubernetes.io/dockerconfigjson", &[".dockerconfigjson={"]),
            Err(BuildError::NotJson { .. })
        ));
        assert!(check_literals("kubernetes.io/ssh-auth", &["ssh-privatekey="]).is_err());
    }
}
