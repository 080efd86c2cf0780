//! The order in which Kubernetes' own writers print a resource: by the type's fields in JSON, by name in YAML.

use std::cmp::Ordering;

use crate::document::{Mapping, Value};

/// The fields of an object's metadata.
const METADATA: [&str; 15] = [
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
];

/// `mapping` with the fields named first, in that order, and all others after them as they were.
pub(super) fn with_first(mut mapping: Mapping, first: &[&str]) -> Mapping {
    let known: Vec<_> =
        first.iter().filter_map(|key| mapping.remove(key).map(|value| (*key, value))).collect();
    let mut ordered: Mapping = known.into_iter().collect();
    for (key, value) in mapping {
        ordered.insert(key, value);
    }
    ordered
}

/// An object's metadata in the order of its fields, labels and annotations sorted.
pub(super) fn metadata(metadata: Mapping) -> Mapping {
    let mut metadata = with_first(metadata, &METADATA);
    for field in ["labels", "annotations"] {
        if let Some(Value::Mapping(map)) = metadata.get_mut(field) {
            *map = sorted_mapping(std::mem::take(map), Ord::cmp);
        }
    }
    metadata
}

/// `value` with every mapping in it sorted as Kubernetes' YAML writer sorts.
pub(super) fn sorted(value: Value) -> Value {
    match value {
        Value::Mapping(mapping) => {
            let mapping = mapping.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            sorted_mapping(mapping, natural).into()
        }
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(sorted).collect()),
        scalar => scalar,
    }
}

fn sorted_mapping(mapping: Mapping, order: impl Fn(&str, &str) -> Ordering) -> Mapping {
    let mut entries: Vec<_> = mapping.into_iter().collect();
    entries.sort_by(|(left, _), (right, _)| order(left, right));
    entries.into_iter().collect()
}

/// Numbers by their size (`key9` before `key10`), letters after everything else, and otherwise by code point.
fn natural(left: &str, right: &str) -> Ordering {
    let common: usize =
        left.chars().zip(right.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (left_rest, right_rest) = (&left[common..], &right[common..]);
    let (Some(a), Some(b)) = (left_rest.chars().next(), right_rest.chars().next()) else {
        return left.len().cmp(&right.len());
    };
    match (a.is_alphabetic(), b.is_alphabetic()) {
        (true, true) => a.cmp(&b),
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let (left_number, right_number) = (number_at(left, common), number_at(right, common));
            let size = |number: &str| number.trim_start_matches('0').len();
            size(left_number)
                .cmp(&size(right_number))
                .then_with(|| left_number.trim_start_matches('0').cmp(right_number.trim_start_matches('0')))
                .then_with(|| left_number.len().cmp(&right_number.len()))
                .then_with(|| a.cmp(&b))
        }
    }
}

/// The digits before and from byte `position` on.
fn number_at(text: &str, position: usize) -> &str {
    let before = text[..position].bytes().rev().take_while(u8::is_ascii_digit).count();
    let after = text[position..].bytes().take_while(u8::is_ascii_digit).count();
    &text[position - before..position + after]
}

#[cfg(test)]
mod tests {
    use super::{natural, sorted, with_first};
    use crate::document::{Mapping, Value, to_json};

    #[test]
    fn keys_sort_as_kubernetes_sorts_them() {
        // The order in which kubeseal 0.36.6 prints these.
        let order = [
            "-",
            "---",
            "--_",
            "-.",
            "-.Z",
            "-_9",
            "-0a1_",
            "-29Z",
            "-ab12",
            "-b2Z92",
            ".",
            ".-",
            ".00",
            ".1",
            ".2",
            ".2-",
            ".9Z9",
            ".10_09",
            ".12a0",
            ".b_",
            "_",
            "_-09Z",
            "_.-Z",
            "_.00a",
            "__",
            "_100b",
            "_a",
            "_b_119",
            "0",
            "0-019",
            "0.",
            "0._",
            "0.a",
            "0_",
            "0_.10",
            "0_Z-",
            "00",
            "0001.",
            "000aZ9",
            "00b0",
            "0Z.90",
            "0a00Z",
            "0aZa",
            "1",
            "1-0",
            "1.0",
            "1.a",
            "1_0",
            "1Za0",
            "1a00_",
            "1a102",
            "01",
            "2",
            "2-",
            "2.",
            "2.2",
            "2.Z",
            "2__",
            "002b",
            "9",
            "9-00",
            "9-9-",
            "9.",
            "9.22",
            "9_2-a",
            "9_290",
            "9b-a",
            "9b292.",
            "10",
            "10-b",
            "10.0.0.1",
            "10.0.0.9",
            "10.0.0.10",
            "10a",
            "011",
            "20_ZZ-",
            "20b-",
            "22",
            "29",
            "29Z-a",
            "2Z.20",
            "2Z09-a",
            "2a10_.",
            "2b",
            "2bZ0",
            "90..0a",
            "90_a",
            "90a0",
            "090.99",
            "91-",
            "92",
            "92a0b1",
            "99Z_",
            "100",
            "122-0",
            "229Z",
            "910_",
            "1000",
            "90009",
            "A",
            "Z",
            "Z0",
            "Z01Z0",
            "Z02_-",
            "Z12.",
            "Z992Z9",
            "Z10102",
            "ZZ.0.",
            "Zb02.",
            "a",
            "a-",
            "a--1",
            "a-_",
            "a-1",
            "a.--",
            "a.10a0",
            "a.b",
            "a_b",
            "a0",
            "a0.90",
            "a0_1",
            "a1",
            "a1b",
            "a01",
            "a001",
            "a2",
            "a10",
            "a29-Z2",
            "a90",
            "a90b0.",
            "a92.",
            "aB",
            "aa",
            "ab",
            "abb-_.",
            "b",
            "b0_0a",
            "b2-",
            "b2a_",
            "b9_",
            "b9Z_",
            "b9Za0",
            "bZ",
            "ba022",
            "bb",
            "k1.9",
            "k1.10",
            "k9",
            "k09",
            "k10",
        ];
        for pair in order.windows(2) {
            assert!(natural(pair[0], pair[1]).is_lt(), "{pair:?}");
        }
    }

    #[test]
    fn sorting_goes_all_the_way_down() {
        let inner: Mapping = [("z", Value::Null), ("a", Value::Null)].into_iter().collect();
        let outer: Mapping = [("list", Value::Sequence(vec![inner.clone().into()])), ("kind", inner.into())]
            .into_iter()
            .collect();
        let text = to_json(&sorted(outer.clone().into()));
        let text: String = text.split_whitespace().collect();
        assert_eq!(text, r#"{"kind":{"a":null,"z":null},"list":[{"a":null,"z":null}]}"#);
        assert_eq!(with_first(outer, &["none", "kind"]).keys().collect::<Vec<_>>(), ["kind", "list"]);
    }
}
