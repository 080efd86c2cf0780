//! Values of a file as Python's own, and back.

use pyo3::exceptions::{PyOverflowError, PyRecursionError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple, PyType,
};
use sealkit::document::{Mapping, Value};
use time::{OffsetDateTime, UtcOffset};
use zeroize::Zeroizing;

/// How deep lists and mappings may be nested. It also ends a list that holds itself.
const MAX_DEPTH: usize = 100;

/// A value as Python knows it: mappings are `dict`, time stamps aware `datetime` objects.
pub(super) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Boolean(boolean) => PyBool::new(py, *boolean).to_owned().into_any(),
        Value::Bytes(bytes) => PyBytes::new(py, bytes).into_any(),
        Value::Float(float) => PyFloat::new(py, *float).into_any(),
        Value::Integer(integer) => integer.into_pyobject(py)?.into_any(),
        Value::Mapping(mapping) => {
            let dict = PyDict::new(py);
            for (key, value) in mapping.iter() {
                dict.set_item(key, to_python(py, value)?)?;
            }
            dict.into_any()
        }
        Value::Sequence(items) => {
            let items: Vec<_> = items.iter().map(|item| to_python(py, item)).collect::<PyResult<_>>()?;
            PyList::new(py, items)?.into_any()
        }
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Timestamp(moment) => datetime(py, *moment)?,
        // Null; whatever kinds come later need a place here.
        _ => py.None().into_bound(py),
    })
}

/// `moment` as an aware `datetime.datetime`, which has microseconds only.
fn datetime(py: Python<'_>, moment: OffsetDateTime) -> PyResult<Bound<'_, PyAny>> {
    let module = py.import("datetime")?;
    let offset = module.getattr("timedelta")?.call1((0, moment.offset().whole_seconds()))?;
    let zone = module.getattr("timezone")?.call1((offset,))?;
    class(py)?.call1((
        moment.year(),
        u8::from(moment.month()),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second(),
        moment.microsecond(),
        zone,
    ))
}

/// `datetime.datetime`.
fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "datetime", "datetime")
}

/// What `object` means in a file.
///
/// # Errors
/// `TypeError` for what no file can hold, `OverflowError` for an integer of more than 64 bits, `ValueError` for a year that a
/// file can't hold, `RecursionError` for what is nested too deep.
pub(super) fn from_python(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    nested(object, 0)
}

fn nested(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if depth > MAX_DEPTH {
        return Err(PyRecursionError::new_err(format!("this is nested more than {MAX_DEPTH} levels deep")));
    }
    if object.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(boolean) = object.cast::<PyBool>() {
        return Ok(Value::Boolean(boolean.is_true()));
    }
    if object.is_instance_of::<PyInt>() {
        let fits = |integer: &i128| (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(integer);
        return object.extract::<i128>().ok().filter(fits).map(Value::Integer).ok_or_else(|| {
            PyOverflowError::new_err("this integer has more than 64 bits: write it as a string")
        });
    }
    if let Ok(float) = object.cast::<PyFloat>() {
        return Ok(Value::Float(float.value()));
    }
    if let Ok(text) = object.extract::<PyBackedStr>() {
        return Ok(Value::string(&*text));
    }
    if let Ok(bytes) = object.extract::<PyBackedBytes>() {
        return Ok(Value::Bytes(Zeroizing::new(bytes.to_vec())));
    }
    if let Ok(array) = object.cast::<PyByteArray>() {
        return Ok(Value::Bytes(Zeroizing::new(array.to_vec())));
    }
    if object.is_instance(class(object.py())?)? {
        return timestamp(object).map(Value::Timestamp);
    }
    if let Ok(mapping) = object.cast::<PyMapping>() {
        let mut value = Mapping::new();
        for item in mapping.items()?.iter() {
            let (key, member): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
            let key: PyBackedStr = key.extract().map_err(|_| {
                PyTypeError::new_err("a key that is no str: the keys of an encrypted file are strings")
            })?;
            value.insert(&*key, nested(&member, depth + 1)?);
        }
        return Ok(Value::Mapping(value));
    }
    if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() || is_view(object)? {
        let items = object.try_iter()?.map(|item| nested(&item?, depth + 1));
        return Ok(Value::Sequence(items.collect::<PyResult<_>>()?));
    }
    let kind = object.get_type().name()?;
    Err(PyTypeError::new_err(format!("an object of the type {kind} can't be put into a file")))
}

/// A list of an open file.
fn is_view(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    object.is_instance(&object.py().import("sealkit._live")?.getattr("Items")?)
}

/// A `datetime.datetime`; one without a time zone is in UTC.
fn timestamp(object: &Bound<'_, PyAny>) -> PyResult<OffsetDateTime> {
    let part = |name: &str| -> PyResult<u32> { object.getattr(name)?.extract() };
    let small = |name: &str| Ok::<_, PyErr>(u8::try_from(part(name)?)?);
    let offset = object.call_method0("utcoffset")?;
    let offset = if offset.is_none() {
        UtcOffset::UTC
    } else {
        let seconds: f64 = offset.call_method0("total_seconds")?.extract()?;
        #[expect(clippy::cast_possible_truncation, reason = "an offset is less than a day")]
        UtcOffset::from_whole_seconds(seconds as i32).map_err(out_of_range)?
    };
    let month = time::Month::try_from(small("month")?).map_err(out_of_range)?;
    let year: i32 = object.getattr("year")?.extract()?;
    let date = time::Date::from_calendar_date(year, month, small("day")?).map_err(out_of_range)?;
    let (hour, minute, second) = (small("hour")?, small("minute")?, small("second")?);
    let moment = date.with_hms_micro(hour, minute, second, part("microsecond")?).map_err(out_of_range)?;
    Ok(moment.assume_offset(offset))
}

fn out_of_range(_: time::error::ComponentRange) -> PyErr {
    PyValueError::new_err("this time can't be written in a file")
}
