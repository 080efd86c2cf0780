//! Laws of `sealkit::document`.

use sealkit::document::{
    Children, Document, Edits, Format, Node, Schema, Span, Style, Value, to_json, to_yaml,
};

/// A file that reads keeps its bytes, has its nodes where they say they are, and means the same when it is printed anew.
pub fn reads(bytes: &[u8], format: Format) {
    let Ok(document) = Document::parse(bytes, format) else { return };
    assert_eq!(document.source().as_bytes(), bytes, "the source is kept byte for byte");
    let untouched = Edits::new(&document).apply().expect("there is nothing that could not be written");
    assert_eq!(untouched.as_bytes(), bytes, "without an edit nothing changes");
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
    let comments = document.comments().len();
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

/// Whether every scalar of the document is written in a form that survives encryption byte for byte: see docs/sops-format.md.
pub(crate) fn is_canonical(document: &Document) -> bool {
    fn all(node: Node<'_>, is: fn(Node<'_>) -> bool) -> bool {
        match node.children() {
            Children::Alias(_) => false,
            Children::Scalar(_) => is(node),
            Children::Mapping(entries) => entries.iter().all(|(_, value)| all(value, is)),
            Children::Sequence(items) => items.iter().all(|item| all(item, is)),
        }
    }
    document.roots().all(|root| all(root, is_scalar_canonical))
}

fn is_scalar_canonical(node: Node<'_>) -> bool {
    let (source, text) = (node.source(), node.text().unwrap_or_default());
    let is_simple = |text: &str| {
        text.trim() == text
            && text
                .chars()
                .all(|char| char.is_ascii_alphanumeric() || matches!(char, ' ' | '.' | '/' | '-' | '_'))
    };
    if node.tag().is_some() || node.anchor_span().is_some() || !is_simple(text) {
        return false;
    }
    let has_type = |value: &Value| !matches!(value, Value::String(_));
    match (node.document().format(), node.style()) {
        (Format::Yaml, Style::Plain) => {
            // Text that has no other type stands bare, and anything else as it is printed.
            let value = node.value(Schema::GoYaml3);
            source == text && value.is_ok_and(|value| to_yaml(&value).trim_end() == source || text.is_empty())
        }
        (Format::Yaml, Style::SingleQuoted) => !text.is_empty() && source == format!("'{text}'"),
        (Format::Yaml, Style::DoubleQuoted) => source == format!("\"{text}\""),
        (Format::Json, _) => {
            node.value(Schema::GoYaml3).is_ok_and(|value| has_type(&value)) || source == format!("\"{text}\"")
        }
        _ => source == text,
    }
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
