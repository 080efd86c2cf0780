//! A node and all below it as a plain tree.

use std::collections::HashMap;

use super::node::{Children, Node};
use super::yaml::{Schema, is_string, resolve};
use super::{
    Format, MAX_DEPTH, MAX_EXPANDED_VALUES, Mapping, ParseError, ParseErrorKind, Style, Value, json,
    kubernetes_float,
};

/// See [`Node::value`].
pub(super) fn value(node: Node<'_>, schema: Schema) -> Result<Value, ParseError> {
    Reader { schema, budget: MAX_EXPANDED_VALUES, depth: 0 }.value(node)
}

/// See [`Node::key`].
pub(super) fn key(node: Node<'_>, schema: Schema) -> Result<String, ParseError> {
    Reader { schema, budget: 0, depth: 0 }.key(node)
}

/// See [`Node::string`].
pub(super) fn string(node: Node<'_>, schema: Schema) -> Option<&str> {
    let Children::Scalar(text) = node.children() else { return None };
    let is_string = match (node.document().format(), node.style()) {
        (Format::Dotenv | Format::Ini, _) | (Format::Json, Style::DoubleQuoted) => true,
        (Format::Yaml, style) => node.tag().is_none() && (style != Style::Plain || is_string(schema, text)),
        _ => false,
    };
    is_string.then_some(text)
}

struct Reader {
    schema: Schema,
    /// How many more values may be made: aliases multiply.
    budget: usize,
    /// How many collections are open: aliases nest deeper than the text does.
    depth: usize,
}

impl Reader {
    fn value(&mut self, node: Node<'_>) -> Result<Value, ParseError> {
        self.budget = self
            .budget
            .checked_sub(1)
            .ok_or_else(|| error(node, ParseErrorKind::AliasExpansion { limit: MAX_EXPANDED_VALUES }))?;
        if self.depth == MAX_DEPTH {
            return Err(error(node, ParseErrorKind::TooDeep { limit: MAX_DEPTH }));
        }
        self.depth += 1;
        let value = self.content(node);
        self.depth -= 1;
        value
    }

    fn content(&mut self, node: Node<'_>) -> Result<Value, ParseError> {
        match node.children() {
            Children::Alias(target) => self.value(target),
            Children::Scalar(text) => scalar(node, text, self.schema),
            Children::Sequence(items) => {
                items.iter().map(|item| self.value(item)).collect::<Result<_, _>>().map(Value::Sequence)
            }
            Children::Mapping(entries) => {
                let mut mapping = Mapping::new();
                // Keys that are spelled differently can be one: `no` and `off` are both `false` to Kubernetes. What a
                // merge key brings in is overwritten on purpose.
                let mut written = HashMap::new();
                // These have their keys one after the other; their readers refuse what must not be repeated.
                let may_repeat = matches!(node.document().format(), Format::Dotenv | Format::Ini);
                for (key, value) in entries.iter() {
                    if self.schema == Schema::Kubernetes && is_merge_key(key) {
                        self.merge(value, &mut mapping)?;
                        continue;
                    }
                    let text = self.key(key)?;
                    if may_repeat {
                        let value = self.value(value)?;
                        insert_or_merge(&mut mapping, text, value);
                        continue;
                    }
                    if let Some(first) = written.insert(text.clone(), key) {
                        let first = first.location().line;
                        return Err(error(key, ParseErrorKind::DuplicateKey { key: text, first }));
                    }
                    mapping.insert(text, self.value(value)?);
                }
                Ok(Value::Mapping(mapping))
            }
        }
    }

    fn key(&self, key: Node<'_>) -> Result<String, ParseError> {
        let target = key.resolved();
        let value = match target.children() {
            Children::Scalar(text) => scalar(target, text, self.schema)?,
            Children::Mapping(_) => {
                return Err(error(key, ParseErrorKind::NonStringKey { kind: "a mapping" }));
            }
            _ => return Err(error(key, ParseErrorKind::NonStringKey { kind: "a list" })),
        };
        match (self.schema, value) {
            (_, Value::String(text)) => Ok(text.to_string()),
            (Schema::GoYaml3, Value::Bytes(bytes)) => String::from_utf8(bytes.to_vec())
                .map_err(|_| error(key, ParseErrorKind::NonStringKey { kind: "binary data" })),
            (Schema::Kubernetes, Value::Boolean(boolean)) => Ok(boolean.to_string()),
            (Schema::Kubernetes, Value::Integer(integer)) => Ok(integer.to_string()),
            (Schema::Kubernetes, Value::Float(float)) => Ok(kubernetes_float(float)),
            (Schema::Kubernetes, Value::Null) => Ok("null".to_owned()),
            (_, value) => Err(error(key, ParseErrorKind::NonStringKey { kind: value.kind() })),
        }
    }

    /// Follows a merge key: `<<: *base` or `<<: [*one, *two]`, where the earlier mapping of a list wins.
    fn merge(&mut self, value: Node<'_>, into: &mut Mapping) -> Result<(), ParseError> {
        let sources: Vec<_> = match value.resolved().children() {
            Children::Mapping(_) => vec![value],
            Children::Sequence(items) => items.iter().rev().collect(),
            _ => Vec::new(),
        };
        if sources.is_empty() || sources.iter().any(|source| source.entries().is_none()) {
            let reason = "a merge key takes a mapping or a list of mappings".to_owned();
            return Err(error(value, ParseErrorKind::Syntax { format: "YAML", reason }));
        }
        for source in sources {
            if let Value::Mapping(merged) = self.value(source)? {
                for (key, value) in merged {
                    into.insert(key, value);
                }
            }
        }
        Ok(())
    }
}

/// Puts `value` under `key`. A section that stands twice in an INI file is one section.
fn insert_or_merge(mapping: &mut Mapping, key: String, value: Value) {
    if let Some(Value::Mapping(known)) = mapping.get_mut(&key)
        && let Value::Mapping(more) = value
    {
        more.into_iter().for_each(|(key, value)| _ = known.insert(key, value));
    } else {
        mapping.insert(key, value);
    }
}

fn scalar(node: Node<'_>, text: &str, schema: Schema) -> Result<Value, ParseError> {
    match node.document().format() {
        Format::Json => Ok(json::resolve(text, node.style(), schema)),
        Format::Dotenv | Format::Ini => Ok(Value::string(text)),
        _ => resolve(schema, text, node.style(), node.tag()).map_err(|kind| error(node, kind)),
    }
}

fn is_merge_key(key: Node<'_>) -> bool {
    key.source() == "<<" && key.tag().is_none() || key.tag() == Some("tag:yaml.org,2002:merge")
}

fn error(node: Node<'_>, kind: ParseErrorKind) -> ParseError {
    ParseError { kind, location: node.location() }
}

#[cfg(test)]
mod tests {
    use super::super::{Document, Format, ParseErrorKind, Schema, Value, to_json};

    fn json(source: &str, schema: Schema) -> Result<String, ParseErrorKind> {
        let document = Document::parse(source.as_bytes(), Format::Yaml).unwrap();
        let value = document.roots().next().unwrap().value(schema).map_err(|error| error.kind)?;
        Ok(to_json(&value).split_whitespace().collect())
    }

    #[test]
    fn aliases_are_expanded_and_merge_keys_are_for_kubernetes() {
        let source = "base: &b {x: 1, z: 2}\ncopy: *b\nmerged:\n  <<: *b\n  z: 3\n";
        assert_eq!(
            json(source, Schema::Kubernetes).unwrap(),
            r#"{"base":{"x":1,"z":2},"copy":{"x":1,"z":2},"merged":{"x":1,"z":3}}"#
        );
        assert_eq!(
            json(source, Schema::GoYaml3).unwrap(),
            r#"{"base":{"x":1,"z":2},"copy":{"x":1,"z":2},"merged":{"<<":{"x":1,"z":2},"z":3}}"#
        );
    }

    #[test]
    fn keys_that_are_no_strings() {
        assert_eq!(
            json("{1: a, yes: b, null: c}", Schema::Kubernetes).unwrap(),
            r#"{"1":"a","true":"b","null":"c"}"#
        );
        assert_eq!(json("{1: a}", Schema::GoYaml3), Err(ParseErrorKind::NonStringKey { kind: "an integer" }));
        assert_eq!(
            json("? [a]\n: b\n", Schema::GoYaml3),
            Err(ParseErrorKind::NonStringKey { kind: "a list" })
        );
    }

    #[test]
    fn aliases_do_not_nest_deeper_than_text_may() {
        let mut source = format!("a0: &a0 {}x{}\n", "[".repeat(200), "]".repeat(200));
        for level in 1..12 {
            source += &format!("a{level}: &a{level} {}*a{}{}\n", "[".repeat(200), level - 1, "]".repeat(200));
        }
        let error = json(&source, Schema::GoYaml3).unwrap_err();
        assert!(matches!(error, ParseErrorKind::TooDeep { .. }));
    }

    #[test]
    fn keys_that_become_equal_are_refused() {
        let duplicate = |key: &str, first| Err(ParseErrorKind::DuplicateKey { key: key.to_owned(), first });
        for (source, key) in
            [("no: a\noff: b\n", "false"), ("010: a\n8: b\n", "8"), ("~: a\nnull: b\n", "null")]
        {
            assert_eq!(json(source, Schema::Kubernetes), duplicate(key, 1), "{source}");
        }
        assert_eq!(json("!!binary YQ==: a\na: b\n", Schema::GoYaml3), duplicate("a", 1));
        assert_eq!(json("no: a\noff: b\n", Schema::GoYaml3).unwrap(), r#"{"no":"a","off":"b"}"#);
        assert_eq!(
            json("a: &a {x: 1, no: 2}\nb: {<<: *a, off: 3}\n", Schema::Kubernetes).unwrap(),
            r#"{"a":{"x":1,"false":2},"b":{"x":1,"false":3}}"#
        );
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut source = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let below = format!("*a{}", level - 1);
            source += &format!("a{level}: &a{level} [{}]\n", [below.as_str(); 10].join(", "));
        }
        let error = json(&source, Schema::GoYaml3).unwrap_err();
        assert!(matches!(error, ParseErrorKind::AliasExpansion { .. }));
    }

    #[test]
    fn json_documents_have_json_types() {
        let document =
            Document::parse(br#"{"a": [1, 1.5, true, null, "0777", 1e400]}"#, Format::Json).unwrap();
        let value = document.roots().next().unwrap().value(Schema::Kubernetes).unwrap();
        let items = value.as_mapping().unwrap().get("a").unwrap().as_sequence().unwrap().to_vec();
        assert_eq!(items[..2], [Value::Integer(1), Value::Float(1.5)]);
        assert_eq!(items[2..5], [Value::Boolean(true), Value::Null, Value::string("0777")]);
    }
}
