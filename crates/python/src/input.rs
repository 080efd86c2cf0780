//! What Python hands over.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyByteArray, PyMemoryView};
use zeroize::Zeroizing;

/// A copy of `str`, `bytes`, `bytearray` or `memoryview`; text is UTF-8. Wiped when dropped.
pub(super) struct Data(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Data {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl FromPyObject<'_, '_> for Data {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let bytes = if let Ok(text) = object.extract::<PyBackedStr>() {
            text.as_bytes().to_vec()
        } else if let Ok(bytes) = object.extract::<PyBackedBytes>() {
            bytes.to_vec()
        } else if let Ok(array) = object.cast::<PyByteArray>() {
            array.to_vec()
        } else if object.is_instance_of::<PyMemoryView>() {
            object.call_method0("tobytes")?.extract::<PyBackedBytes>()?.to_vec()
        } else {
            let kind = object.get_type().name()?;
            return Err(PyTypeError::new_err(format!("str or a bytes-like object is needed, not {kind}")));
        };
        Ok(Self(Zeroizing::new(bytes)))
    }
}
