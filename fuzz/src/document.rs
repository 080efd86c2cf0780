//! Laws of `sealkit::document`.

use sealkit::document::{Children, Document, Format, Node, Schema, Span, Value, to_json, to_yaml};

/// A file that reads keeps its bytes, has its nodes where they say they are, and means the same when it is printed anew.
pub fn reads(bytes: &[u8], format: Format) {
    let Ok(document) = Document::parse(bytes, format) else { return };
    assert_eq!(document.source().as_bytes(), bytes, "the source is kept byte for byte");
    for root in document.roots() {
        nodes_are_nested(root);
        for schema in [Schema::GoYaml3, Schema::Kubernetes] {
            let Ok(value) = root.value(schema) else { continue };
            printed_yaml_reads_back(&value, schema);
            printed_json_settles(&value);
        }
    }
    for comment in document.comments() {
        assert!(!comment.source().contains('\n'), "a comment ends with its line");
    }
    comments_have_places(&document);
}

/// Each comment stands before an entry or item of its container, or after the last one.
fn comments_have_places(document: &Document) {
    let comments = if document.format() == Format::Yaml { document.comments().len() } else { 0 };
    for (places, appended) in
        [(document.comment_places(), 0), (document.comment_places_with_key_appended(), 1)]
    {
        assert_eq!(places.len(), comments, "each comment has a place");
        for place in places {
            let length = match document.node(place.container).children() {
                Children::Mapping(entries) => entries.len(),
                Children::Sequence(items) => items.len(),
                Children::Alias(_) | Children::Scalar(_) => 0,
            };
            assert!(place.before <= length + appended, "{place:?} lies outside its container");
        }
    }
}

/// Children stand inside their parent, in order, and don't overlap.
fn nodes_are_nested(node: Node<'_>) {
    let parts: Vec<Node<'_>> = match node.children() {
        Children::Mapping(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
        Children::Sequence(items) => items.iter().collect(),
        Children::Alias(_) | Children::Scalar(_) => return,
    };
    let mut end = node.span().start();
    for part in parts {
        let span: Span = part.span();
        if !span.is_empty() {
            assert!(
                end <= span.start() && span.end() <= node.span().end(),
                "{span:?} outside or before {end} in {node:?}"
            );
            end = span.end();
        }
        nodes_are_nested(part);
    }
}

fn printed_yaml_reads_back(value: &Value, schema: Schema) {
    let text = to_yaml(value);
    let again = Document::parse(text.as_bytes(), Format::Yaml).expect("printed YAML parses");
    let root = again.roots().next().expect("printed YAML holds a document");
    let again = root.value(schema).expect("printed YAML has a value");
    assert!(same(value, &again), "printed YAML reads back as another value");
}

/// JSON has fewer types, so what is printed may read back as another one; after that nothing changes any more.
fn printed_json_settles(value: &Value) {
    let once = to_json(&read_json(&to_json(value)));
    assert!(to_json(&read_json(&once)) == once, "printed JSON prints differently when it is read back");
}

fn read_json(text: &str) -> Value {
    let document = Document::parse(text.as_bytes(), Format::Json).expect("printed JSON parses");
    let root = document.roots().next().expect("JSON holds a document");
    root.value(Schema::GoYaml3).expect("printed JSON has a value")
}

/// Equality under which NaN is itself.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => {
            left.to_bits() == right.to_bits() || left.is_nan() && right.is_nan()
        }
        (Value::Sequence(left), Value::Sequence(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Mapping(left), Value::Mapping(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right.iter())
                    .all(|(left, right)| left.0 == right.0 && same(left.1, right.1))
        }
        _ => left == right,
    }
}
