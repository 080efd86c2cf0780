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
            *map = sorted_by_code_point(std::mem::take(map)).into_iter().collect();
        }
    }
    metadata
}

/// `value` with every mapping in it sorted as Kubernetes' YAML writer sorts.
pub(super) fn sorted(value: Value) -> Value {
    match value {
        Value::Mapping(mapping) => {
            let mapping = mapping.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            // Where `natural` runs in a circle, the result still depends on the keys alone.
            merge_sorted(sorted_by_code_point(mapping)).into_iter().collect::<Mapping>().into()
        }
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(sorted).collect()),
        scalar => scalar,
    }
}

fn sorted_by_code_point(mapping: Mapping) -> Vec<(String, Value)> {
    let mut entries: Vec<_> = mapping.into_iter().collect();
    entries.sort_by(|(left, _), (right, _)| left.cmp(right));
    entries
}

/// Sorts by [`natural`] order. The standard library's sorts may panic over an order that runs in circles; a plain merge
/// sort does not mind.
fn merge_sorted<T>(mut entries: Vec<(String, T)>) -> Vec<(String, T)> {
    if entries.len() < 2 {
        return entries;
    }
    let right = merge_sorted(entries.split_off(entries.len() / 2));
    let left = merge_sorted(entries);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some((one, _)), Some((other, _))) = (left.peek(), right.peek()) {
        let next = if natural(other, one).is_lt() { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

/// Numbers by their size (`key9` before `key10`), letters after everything else, and otherwise by code point.
///
/// This is how Kubernetes' YAML writer compares two keys, and it is no total order: `0a1` < `1a02` < `01a0` < `0a1`.
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
    use proptest::prelude::*;

    use super::{natural, sorted, with_first};
    use crate::document::{Mapping, Value, to_json};

    /// The order in which kubeseal 0.36.6 prints these.
    const ORDER: [&str; 150] = [
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

    fn sorted_keys(keys: impl IntoIterator<Item = String>) -> Vec<String> {
        let mapping: Mapping = keys.into_iter().map(|key| (key, Value::Null)).collect();
        let sorted = sorted(mapping.into());
        sorted.as_mapping().unwrap().keys().map(str::to_owned).collect()
    }

    /// The keys of `ORDER` that are in order with each other, not with their neighbours alone.
    fn agreeing() -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        for key in ORDER {
            if keys.iter().all(|before| natural(before, key).is_lt()) {
                keys.push(key.to_owned());
            }
        }
        assert!(keys.len() > 100);
        keys
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_keys_are_sorted_without_a_panic(
            (keys, shuffled) in prop::collection::btree_set("[012a.]{0,6}", 0..600)
                .prop_map(Vec::from_iter)
                .prop_flat_map(|keys| (Just(keys.clone()), Just(keys).prop_shuffle()))
        ) {
            let result = sorted_keys(shuffled);
            prop_assert_eq!(&result, &sorted_keys(keys.iter().cloned().rev()), "it depends on the keys alone");
            let mut found = result;
            found.sort();
            prop_assert_eq!(found, keys, "none is lost");
        }

        #[test]
        fn keys_that_agree_come_out_in_order_whatever_order_they_went_in(
            shuffled in Just(agreeing()).prop_shuffle()
        ) {
            prop_assert_eq!(sorted_keys(shuffled), agreeing());
        }
    }

    #[test]
    fn an_order_that_runs_in_a_circle_is_sorted_too() {
        let circle = ["0a1", "1a02", "01a0"];
        for (at, key) in circle.iter().enumerate() {
            assert!(natural(key, circle[(at + 1) % 3]).is_lt());
        }
        assert_eq!(sorted_keys(circle.map(str::to_owned)).len(), 3);
    }

    #[test]
    fn keys_sort_as_kubernetes_sorts_them() {
        for pair in ORDER.windows(2) {
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
