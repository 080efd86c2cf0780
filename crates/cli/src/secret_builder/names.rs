//! What Kubernetes lets names, namespaces and keys look like.

/// The most characters of a name or a key.
const MAX_NAME: usize = 253;

/// The most characters of a namespace.
const MAX_NAMESPACE: usize = 63;

/// Checks the name of a Secret: a DNS subdomain (RFC 1123) of at most 253 characters.
///
/// # Errors
/// When the API server would refuse it.
pub(crate) fn check_name(name: &str) -> Result<(), NameError> {
    if name.len() > MAX_NAME {
        return Err(NameError::TooLong { what: "name", limit: MAX_NAME });
    }
    if name.split('.').all(is_dns_label) { Ok(()) } else { Err(NameError::Name { name: name.to_owned() }) }
}

/// Checks a namespace: a DNS label (RFC 1123) of at most 63 characters.
///
/// # Errors
/// When the API server would refuse it.
pub(crate) fn check_namespace(namespace: &str) -> Result<(), NameError> {
    if namespace.len() > MAX_NAMESPACE {
        return Err(NameError::TooLong { what: "namespace", limit: MAX_NAMESPACE });
    }
    if is_dns_label(namespace) {
        Ok(())
    } else {
        Err(NameError::Namespace { namespace: namespace.to_owned() })
    }
}

/// Checks the key of a value in a Secret: letters, digits, `-`, `_` and `.`, at most 253, not `.`, nor `..` at the start.
///
/// # Errors
/// When the API server would refuse it.
pub(crate) fn check_key(key: &str) -> Result<(), NameError> {
    if key.len() > MAX_NAME {
        return Err(NameError::TooLong { what: "key", limit: MAX_NAME });
    }
    let fits = !key.is_empty() && key != "." && !key.starts_with("..") && key.bytes().all(is_key_byte);
    if fits { Ok(()) } else { Err(NameError::Key { key: key.to_owned() }) }
}

/// Checks the name of an environment variable as `kubectl --from-env-file` takes it: a key that begins with no digit.
///
/// # Errors
/// When kubectl would refuse it.
pub(crate) fn check_variable(name: &str) -> Result<(), NameError> {
    let fits = check_key(name).is_ok() && !name.starts_with(|first: char| first.is_ascii_digit());
    if fits { Ok(()) } else { Err(NameError::Variable) }
}

fn is_dns_label(label: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(fits)
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// Kubernetes would refuse a name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum NameError {
    #[error(
        "{key:?} can't be a key of a Secret: use letters, digits, '-', '_' and '.', and neither '.' alone nor '..' at the start"
    )]
    Key { key: String },
    #[error(
        "{name:?} can't be the name of a Secret: use lower-case letters, digits, '-' and '.', with a letter or a digit at both ends of each part"
    )]
    Name { name: String },
    #[error(
        "{namespace:?} can't be a namespace: use lower-case letters, digits and '-', with a letter or a digit at both ends"
    )]
    Namespace { namespace: String },
    #[error("the {what} is longer than {limit} characters")]
    TooLong { what: &'static str, limit: usize },
    // Without the name: a line of such a file may be the rest of a secret value of several lines.
    #[error(
        "what stands before '=' can't be the name of a variable: use letters, digits, '-', '_' and '.', and no digit at the start"
    )]
    Variable,
}

#[cfg(test)]
mod tests {
    use super::{check_key, check_name, check_namespace, check_variable};

    #[test]
    fn names_and_namespaces() {
        let (long, longer) = ("a".repeat(63), "a".repeat(253));
        for good in ["a", "0", "my-app", "my.app-2", &longer] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "my_app", "-a", "a-", "a..b", ".a", "é", &"a".repeat(254)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
        assert!(check_namespace("kube-system").is_ok() && check_namespace(&long).is_ok());
        for bad in ["", "a.b", "A", &"a".repeat(64)] {
            assert!(check_namespace(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_and_variables() {
        for good in ["a", ".a", "-", "_", "A.b-c_1", "1a"] {
            assert!(check_key(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "..a", "a b", "a/b", "é", "a\n", &"a".repeat(254)] {
            assert!(check_key(bad).is_err(), "{bad}");
        }
        assert!(check_variable("my-env.NAME").is_ok());
        assert!(
            check_variable("1a").is_err()
                && check_variable("export A").is_err()
                && check_variable("").is_err()
        );
    }
}
