//! Comparing trees of values.

use sealkit::document::Value;

/// Equal, with NaN equal to itself, and a `!!binary` that is text equal to that text: SOPS has no type for it.
pub(crate) fn same(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Float(before), Value::Float(after)) => before.to_bits() == after.to_bits(),
        (Value::Bytes(_), Value::String(_)) => before.canonical_bytes() == after.canonical_bytes(),
        (Value::Sequence(before), Value::Sequence(after)) => {
            before.len() == after.len() && before.iter().zip(after).all(|(before, after)| same(before, after))
        }
        (Value::Mapping(before), Value::Mapping(after)) => {
            before.len() == after.len()
                && before
                    .iter()
                    .zip(after.iter())
                    .all(|(before, after)| before.0 == after.0 && same(before.1, after.1))
        }
        (before, after) => before == after,
    }
}
