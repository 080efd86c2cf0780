//! Sealed Secrets.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use sealkit::sealed_secrets::{self as core, Hints, Scope, SealedSecret, Secret};

use crate::error::{Class, Failure, Result};
use crate::input::Data;

/// A sealing certificate.
#[pyclass(frozen, module = "sealkit.sealed_secrets")]
pub(super) struct Certificate(core::Certificate);

#[pymethods]
impl Certificate {
    #[new]
    fn new(data: Data) -> PyResult<Self> {
        Ok(Self(core::Certificate::parse(data).map_err(Failure::from)?))
    }

    /// Seconds since 1970, in UTC.
    #[getter]
    fn not_before_timestamp(&self) -> i64 {
        self.0.not_before().unix_timestamp()
    }

    /// Seconds since 1970, in UTC.
    #[getter]
    fn not_after_timestamp(&self) -> i64 {
        self.0.not_after().unix_timestamp()
    }

    #[getter]
    fn subject(&self) -> &str {
        self.0.subject()
    }

    #[getter]
    fn key_fingerprint(&self) -> &str {
        self.0.key_fingerprint().as_str()
    }

    #[getter]
    fn key_size(&self) -> usize {
        self.0.public_key().bits()
    }

    fn fingerprint<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.sha256())
    }

    fn to_pem(&self) -> String {
        self.0.to_pem()
    }

    fn __repr__(&self) -> String {
        format!("<Certificate {}>", self.0.key_fingerprint())
    }
}

/// Private keys.
#[pyclass(frozen, module = "sealkit.sealed_secrets")]
pub(super) struct Keyring(core::Keyring);

#[pymethods]
impl Keyring {
    #[new]
    #[pyo3(signature = (*data))]
    fn new(py: Python<'_>, data: Vec<Data>) -> PyResult<Self> {
        Ok(py.detach(|| {
            let mut keyring = core::Keyring::new();
            for file in data {
                keyring.append(core::Keyring::parse(file)?);
            }
            Ok::<_, Failure>(Self(keyring))
        })?)
    }

    #[getter]
    fn key_fingerprints(&self) -> Vec<&str> {
        self.0.keys().iter().map(|key| key.fingerprint().as_str()).collect()
    }

    #[getter]
    fn skipped(&self) -> Vec<String> {
        self.0.skipped().iter().map(ToString::to_string).collect()
    }

    fn __len__(&self) -> usize {
        self.0.keys().len()
    }

    fn __repr__(&self) -> String {
        format!("<Keyring of {} keys>", self.0.keys().len())
    }
}

fn scope(text: Option<&str>) -> Result<Option<Scope>> {
    Ok(text.map(str::parse).transpose()?)
}

/// What is written in which format.
fn written(format: &str, json: impl FnOnce() -> String, yaml: impl FnOnce() -> String) -> PyResult<String> {
    match format {
        "json" => Ok(json()),
        "yaml" => Ok(yaml()),
        other => {
            Err(pyo3::exceptions::PyValueError::new_err(format!("{other:?} is no format: yaml and json are")))
        }
    }
}

/// One Secret, sealed.
#[pyfunction]
pub(super) fn seal(
    py: Python<'_>,
    secret: Data,
    certificate: &Bound<'_, Certificate>,
    scope: Option<&str>,
    name: Option<String>,
    namespace: Option<String>,
    format: &str,
) -> PyResult<String> {
    let scope = self::scope(scope)?;
    let certificate = &certificate.get().0;
    let sealed = py.detach(|| -> Result<_> {
        let mut secret = Secret::parse(secret)?;
        if let Some(conversion) = secret.conversions().first() {
            return Err(Failure::new(Class::Parse, conversion.to_string()).of_place(&conversion.place));
        }
        if let Some(name) = name {
            agree("name", secret.name(), &name)?;
            secret.set_name(name);
        }
        if let Some(namespace) = namespace {
            agree("namespace", secret.namespace(), &namespace)?;
            secret.set_namespace(namespace);
        }
        if secret.is_empty() {
            return Err(Failure::new(Class::Sealkit, "the Secret has no values"));
        }
        let scope = scope.unwrap_or_else(|| secret.scope());
        Ok(SealedSecret::seal(&secret, certificate, scope)?)
    })?;
    written(format, || sealed.to_json(), || sealed.to_yaml())
}

fn agree(field: &str, own: Option<&str>, given: &str) -> Result<()> {
    match own {
        Some(own) if own != given => {
            Err(Failure::new(Class::Sealkit, format!("the {field} of the Secret is {own}, not {given}")))
        }
        _ => Ok(()),
    }
}

/// One value, sealed.
#[pyfunction]
pub(super) fn seal_value(
    py: Python<'_>,
    value: Data,
    certificate: &Bound<'_, Certificate>,
    namespace: Option<&str>,
    name: Option<&str>,
    scope: &str,
) -> PyResult<String> {
    let scope: Scope = scope.parse().map_err(Failure::from)?;
    let needed = |what: &str, given: Option<&str>| match given {
        Some(text) if !text.is_empty() => Ok(()),
        _ => Err(Failure::new(Class::Sealkit, format!("the scope {scope} needs a {what}"))),
    };
    if scope != Scope::ClusterWide {
        needed("namespace", namespace)?;
    }
    if scope == Scope::Strict {
        needed("name", name)?;
    }
    let label = scope.label(namespace.unwrap_or_default(), name.unwrap_or_default());
    let certificate = &certificate.get().0;
    Ok(py.detach(|| core::seal_value(value.as_ref(), certificate, &label).map_err(Failure::from))?)
}

/// The Secret in a SealedSecret, as JSON or YAML.
#[pyfunction]
pub(super) fn unseal(
    py: Python<'_>,
    sealed: Data,
    keyring: &Bound<'_, Keyring>,
    name: Option<String>,
    namespace: Option<String>,
    format: &str,
) -> PyResult<String> {
    let keyring = &keyring.get().0;
    let secret = py.detach(|| -> Result<_> {
        let mut sealed = SealedSecret::parse(sealed)?;
        let mut hints = Hints::default();
        hints.names.extend(name);
        if let Some(namespace) = namespace {
            if sealed.namespace().is_none() {
                sealed.set_namespace(namespace.clone());
            }
            hints.namespaces.push(namespace);
        }
        Ok(sealed.unseal_with_hints(keyring, &hints)?)
    })?;
    written(format, || secret.to_json().to_string(), || secret.to_yaml().to_string())
}

/// The text of the file with its SealedSecret sealed to another certificate, and the keys of the values that changed.
#[pyfunction]
pub(super) fn reseal(
    py: Python<'_>,
    sealed: Data,
    keyring: &Bound<'_, Keyring>,
    certificate: &Bound<'_, Certificate>,
) -> PyResult<(String, Vec<String>)> {
    let (keyring, certificate) = (&keyring.get().0, &certificate.get().0);
    Ok(py.detach(|| -> Result<_> {
        let mut sealed = SealedSecret::parse(sealed)?;
        let changed = sealed.reseal(keyring, certificate)?;
        Ok((sealed.edited_file()?.to_string(), changed))
    })?)
}

/// The text of the file with one value of its SealedSecret set.
#[pyfunction]
pub(super) fn set_value(
    py: Python<'_>,
    sealed: Data,
    key: String,
    value: Data,
    certificate: &Bound<'_, Certificate>,
    namespace: Option<String>,
) -> PyResult<String> {
    let certificate = &certificate.get().0;
    Ok(py.detach(|| -> Result<_> {
        let mut sealed = SealedSecret::parse(sealed)?;
        if let (None, Some(namespace)) = (sealed.namespace(), namespace) {
            sealed.set_namespace(namespace);
        }
        sealed.set(&key, value.as_ref(), certificate)?;
        Ok(sealed.edited_file()?.to_string())
    })?)
}
