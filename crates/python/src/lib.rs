//! The Python module `sealkit._sealkit`: the library's functions, for `python/sealkit/__init__.py` to offer.
#![forbid(unsafe_code)]

use pyo3::prelude::*;

mod sealed_secrets;

pyo3::create_exception!(
    sealkit,
    SealkitError,
    pyo3::exceptions::PyException,
    "A job that sealkit could not do. The message says what, where and why, and never holds a secret."
);

/// The module.
#[pymodule]
#[pyo3(name = "_sealkit")]
mod module {
    #[pymodule_export]
    use super::SealkitError;
    #[pymodule_export]
    use super::sealed_secrets::seal_value;
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "the name that Python knows it by")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

/// An error of the library with the chain of its causes, as one message.
fn failure(error: &dyn std::error::Error) -> PyErr {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message.push_str(": ");
        message.push_str(&error.to_string());
        cause = error.source();
    }
    SealkitError::new_err(message)
}
