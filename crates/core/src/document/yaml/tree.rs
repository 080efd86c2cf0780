//! A plain tree as new YAML text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::super::json::capacity;
use super::super::value::{canonical_float, canonical_timestamp};
use super::super::{Mapping, Value};
use super::scalar::{literal_fits, write_literal, write_one_line};

/// The most bytes in a key that stands on one line with its value; longer ones are written after `? `, as kubectl does.
/// YAML allows 1,024 characters with quotes and escapes (YAML 1.2.2, section 7.4.2), and an escape takes up to ten.
pub(super) const LONGEST_IMPLICIT_KEY: usize = 128;

/// `value` as a new YAML document, in the layout that `kubectl` and `kubeseal` print: block style, mappings indented
/// by two spaces, lists not indented, texts of several lines as literal blocks. Ends in a newline.
///
/// Strings that YAML 1.1 or 1.2 would take for something else are quoted.
#[must_use]
pub fn to_yaml(value: &Value) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(capacity(value)));
    Indentation::default().write_block(&mut text, value, 0);
    text
}

/// By how much the members of block collections are indented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Indentation {
    /// A mapping in a mapping, in spaces past its key.
    pub(in super::super) mappings: usize,
    /// The dashes of a list in a mapping, likewise; may be none.
    pub(in super::super) lists: usize,
    /// How texts of several lines are written.
    pub(in super::super) texts: Texts,
}

/// How a text of several lines is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Texts {
    /// As a literal block.
    #[default]
    Blocks,
    /// On one line, in quotes: where what stands below would become part of a block.
    OneLine,
}

impl Default for Indentation {
    /// That of `kubectl`.
    fn default() -> Self {
        Self { mappings: 2, lists: 0, texts: Texts::Blocks }
    }
}

impl Indentation {
    /// Appends `value` from column `indent` of the current line on, with a line break at its end.
    pub(super) fn write_block(self, text: &mut String, value: &Value, indent: usize) {
        match value {
            Value::Mapping(mapping) if !mapping.is_empty() => self.write_mapping(text, mapping, indent),
            Value::Sequence(items) if !items.is_empty() => self.write_sequence(text, items, indent),
            scalar => self.write_scalar(text, scalar, indent, 2),
        }
    }

    /// As the function of this name, with a text of several lines as these are to be.
    pub(super) fn write_scalar(self, text: &mut String, value: &Value, indent: usize, step: usize) {
        match (self.texts, value) {
            (Texts::OneLine, Value::String(string)) => {
                write_one_line(text, string, false);
                text.push('\n');
            }
            _ => write_scalar(text, value, indent, step),
        }
    }

    fn write_sequence(self, text: &mut String, items: &[Value], indent: usize) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                spaces(text, indent);
            }
            text.push_str("- ");
            match item {
                Value::Mapping(mapping) if !mapping.is_empty() => {
                    self.write_mapping(text, mapping, indent + 2);
                }
                Value::Sequence(items) if !items.is_empty() => self.write_sequence(text, items, indent + 2),
                scalar => self.write_scalar(text, scalar, indent, 2),
            }
        }
    }

    pub(super) fn write_mapping(self, text: &mut String, mapping: &Mapping, indent: usize) {
        for (index, (key, value)) in mapping.iter().enumerate() {
            if index > 0 {
                spaces(text, indent);
            }
            write_key(text, key, indent);
            self.write_value(text, value, indent);
        }
    }

    /// Appends `value` after the colon of its key; `indent` is the key's column.
    pub(super) fn write_value(self, text: &mut String, value: &Value, indent: usize) {
        match value {
            Value::Mapping(mapping) if !mapping.is_empty() => {
                text.push('\n');
                spaces(text, indent + self.mappings);
                self.write_mapping(text, mapping, indent + self.mappings);
            }
            Value::Sequence(items) if !items.is_empty() => {
                text.push('\n');
                spaces(text, indent + self.lists);
                self.write_sequence(text, items, indent + self.lists);
            }
            scalar => {
                text.push(' ');
                self.write_scalar(text, scalar, indent, self.mappings);
            }
        }
    }
}

/// Appends a key that begins in column `indent`, and its colon.
pub(in super::super) fn write_key(text: &mut String, key: &str, indent: usize) {
    if key.len() > LONGEST_IMPLICIT_KEY {
        text.push_str("? ");
        write_one_line(text, key, false);
        text.push('\n');
        spaces(text, indent);
    } else {
        write_one_line(text, key, false);
    }
    text.push(':');
}

/// Appends a scalar or an empty collection and a line break; `indent` is that of the block it stands in, `step` is what
/// the lines of a literal block have more.
pub(in super::super) fn write_scalar(text: &mut String, value: &Value, indent: usize, step: usize) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Boolean(boolean) => text.push_str(if *boolean { "true" } else { "false" }),
        Value::Integer(integer) => text.push_str(&integer.to_string()),
        Value::Float(float) if float.is_nan() => text.push_str(".nan"),
        Value::Float(float) if float.is_infinite() => {
            text.push_str(if *float > 0.0 { ".inf" } else { "-.inf" });
        }
        Value::Float(float) => {
            let digits = canonical_float(*float);
            text.push_str(&digits);
            if !digits.contains('.') {
                text.push_str(".0");
            }
        }
        Value::Timestamp(timestamp) => text.push_str(&canonical_timestamp(timestamp)),
        Value::String(string) if literal_fits(string) => {
            write_literal(text, string, indent + step, step, "\n");
        }
        Value::String(string) => write_one_line(text, string, false),
        Value::Bytes(bytes) => {
            text.push_str("!!binary ");
            text.push_str(&Zeroizing::new(STANDARD.encode(bytes)));
        }
        Value::Sequence(_) => text.push_str("[]"),
        Value::Mapping(_) => text.push_str("{}"),
    }
    text.push('\n');
}

pub(in super::super) fn spaces(text: &mut String, count: usize) {
    text.extend(std::iter::repeat_n(' ', count));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::{Document, Edits, Format, Mapping, Schema, Value, to_json};
    use super::to_yaml;

    #[test]
    fn the_layout_is_kubectls() {
        let source = r#"{"kind": "Secret", "items": [{"a": 1, "b": ["x", ["y"]]}, [], "l1\nl2\n"],
            "metadata": {"labels": {}, "name": "on"}, "text": "one\ntwo", "n": null, "f": 1e3}"#;
        let document = Document::parse(source.as_bytes(), Format::Json).unwrap();
        let value = document.roots().next().unwrap().value(Schema::Kubernetes).unwrap();
        let expected = "kind: Secret\nitems:\n- a: 1\n  b:\n  - x\n  - - \"y\"\n- []\n- |\n  l1\n  l2\nmetadata:\n  labels: {}\n  name: \"on\"\ntext: |-\n  one\n  two\n\"n\": null\nf: 1000.0\n";
        assert_eq!(*to_yaml(&value), expected);
    }

    #[test]
    fn long_keys_in_braces_are_explicit() {
        let document = Document::parse(b"{a: b}", Format::Yaml).unwrap();
        let key = |count| "k\n".repeat(count);
        let inner: Mapping = [(key(2000), Value::Null)].into_iter().collect();
        let mut edits = Edits::new(&document);
        edits.insert_entry(document.roots().next().unwrap(), &key(1000), &Value::Mapping(inner));
        let document = Document::parse(edits.apply().unwrap().as_bytes(), Format::Yaml).unwrap();
        let value = document.roots().next().unwrap().get(&key(1000)).unwrap();
        assert_eq!(value.get(&key(2000)).unwrap().text(), Some("null"));
    }

    #[test]
    fn long_keys_are_explicit() {
        let long = |count: usize| "k".repeat(count);
        let tree: Mapping = [
            (long(128), Value::Integer(1)),
            (long(129), Value::Integer(2)),
            (long(130), Value::Sequence(vec![Value::string("a"), Value::Null])),
            (long(131), Value::Mapping([("b", "two\nlines\n")].into_iter().collect())),
            (long(1500), Value::string("two\nlines")),
            ("\u{1}".repeat(2000), Value::Null),
        ]
        .into_iter()
        .collect();
        let tree = Value::Mapping([("outer", Value::Mapping(tree))].into_iter().collect());
        let text = to_yaml(&tree);
        assert!(text.contains(&format!("\n  {}: 1\n  ? {}\n  : 2\n", long(128), long(129))));
        let document = Document::parse(text.as_bytes(), Format::Yaml).unwrap();
        assert!(document.roots().next().unwrap().value(Schema::GoYaml3).unwrap() == tree);
    }

    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Boolean),
            any::<i64>().prop_map(|integer| Value::Integer(integer.into())),
            prop::num::f64::NORMAL.prop_map(Value::Float),
            "[ -~\n]{0,12}".prop_map(Value::string),
            any::<String>().prop_map(Value::string),
            any::<Vec<u8>>().prop_map(|bytes| Value::Bytes(bytes.into())),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Sequence),
                prop::collection::vec(("[a-z~:# \n]{0,6}", inner), 0..5)
                    .prop_map(|entries| Value::Mapping(entries.into_iter().collect::<Mapping>())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn a_printed_tree_is_read_back(tree in tree()) {
            let text = to_yaml(&tree);
            let document = Document::parse(text.as_bytes(), Format::Yaml).unwrap();
            prop_assert_eq!(document.roots().len(), 1);
            let read = document.roots().next().unwrap().value(Schema::GoYaml3).unwrap();
            prop_assert!(read == tree, "{}", *text);
            prop_assert_eq!(Document::parse(to_json(&tree).as_bytes(), Format::Json).unwrap().roots().len(), 1);
        }
    }
}
