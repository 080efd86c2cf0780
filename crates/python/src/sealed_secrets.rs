//! Sealed Secrets.

use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use sealkit::sealed_secrets::{self, Certificate, Scope};

use super::{SealkitError, failure};

/// `str` or bytes, read where Python keeps them.
#[derive(FromPyObject)]
pub(super) enum Text {
    Bytes(PyBackedBytes),
    String(PyBackedStr),
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::String(text) => text.as_bytes(),
        }
    }
}

/// Seals one value, as `kubeseal --raw` does: the base64 text for `encryptedData`.
#[pyfunction]
#[pyo3(signature = (value, certificate, *, namespace = None, name = None, scope = "strict"))]
pub(super) fn seal_value(
    py: Python<'_>,
    value: Text,
    certificate: Text,
    namespace: Option<&str>,
    name: Option<&str>,
    scope: &str,
) -> PyResult<String> {
    let scope: Scope = scope.parse().map_err(|error| failure(&error))?;
    let needed = |what: &str, given: Option<&str>| match given {
        Some(text) if !text.is_empty() => Ok(()),
        _ => Err(SealkitError::new_err(format!("the scope {scope} needs a {what}"))),
    };
    if scope != Scope::ClusterWide {
        needed("namespace", namespace)?;
    }
    if scope == Scope::Strict {
        needed("name", name)?;
    }
    let label = scope.label(namespace.unwrap_or_default(), name.unwrap_or_default());
    py.detach(|| {
        let certificate = Certificate::parse(certificate).map_err(|error| failure(&error))?;
        sealed_secrets::seal_value(value.as_ref(), &certificate, &label).map_err(|error| failure(&error))
    })
}
