//! Changes to a document's text, collected and then spliced in all at once.

use thiserror::Error;
use zeroize::Zeroizing;

use super::node::{Children, Node, NodeId, Span, Style};
use super::{Document, Format, Location, Value, dotenv, ini, json, yaml};

/// Changes to one [`Document`]. Nothing outside the spans that they name changes.
///
/// ```
/// use sealkit::document::{Document, Edits, Format, Value};
///
/// let document = Document::parse(b"user: 'admin' # who\nport: 80\n", Format::Yaml)?;
/// let root = document.roots().next().expect("there is a document");
/// let mut edits = Edits::new(&document);
/// edits.set(root.get("user").expect("the key is there"), &Value::string("root"));
/// edits.insert_entry(root, "host", &Value::string("localhost"));
/// assert_eq!(*edits.apply()?, "user: 'root' # who\nport: 80\nhost: localhost\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Edits<'a> {
    document: &'a Document,
    list: Vec<Edit>,
    /// The first change that the format has no way to write.
    refused: Option<EditError>,
}

/// One change: what stands in `span` becomes `replacement`.
struct Edit {
    span: Span,
    replacement: Zeroizing<String>,
}

impl std::fmt::Debug for Edit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Edit").field("span", &self.span).finish_non_exhaustive()
    }
}

/// Changes that can't be made together.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum EditError {
    /// A line of YAML ends in a carriage return alone, as on a Mac of long ago.
    #[error(
        "{location}: a line ends in a carriage return without a line feed, and such a file can't be changed in place: convert \
         its line ends first"
    )]
    LoneReturn {
        /// Where the carriage return is.
        location: Location,
    },
    /// Two changes want the same bytes.
    #[error("two changes overlap at byte {offset} of the file")]
    Overlap {
        /// Where the second one begins.
        offset: usize,
    },
    /// What was to be written has no form in the file's format.
    #[error("{location}: this can't be written in {format}: {reason}")]
    Unfit {
        /// The format, as `a dotenv file`.
        format: &'static str,
        /// Where it was to go.
        location: Location,
        /// What stands in the way.
        reason: &'static str,
    },
}

impl<'a> Edits<'a> {
    /// No changes to `document` yet.
    #[must_use]
    pub fn new(document: &'a Document) -> Self {
        Self { document, list: Vec::new(), refused: None }
    }

    /// The document that is changed.
    #[must_use]
    pub fn document(&self) -> &'a Document {
        self.document
    }

    /// Whether nothing is to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.refused.is_none()
    }

    /// Replaces the bytes in `span` by `replacement`, as it is.
    pub fn replace(&mut self, span: Span, replacement: impl Into<String>) {
        self.replace_secret(span, Zeroizing::new(replacement.into()));
    }

    /// Replaces the bytes in `span` by `replacement`, which needs no copy.
    pub(super) fn replace_secret(&mut self, span: Span, replacement: Zeroizing<String>) {
        self.list.push(Edit { span, replacement });
    }

    /// Adds the changes of `other`, made to the same document.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.list.append(&mut other.list);
        self.refused = self.refused.take().or(other.refused);
    }

    /// Whether something in `span` is to change.
    pub(super) fn touches(&self, span: Span) -> bool {
        self.list.iter().any(|edit| edit.span.start() < span.end() && edit.span.end() > span.start())
    }

    /// Whether the text ends with a line break once the changes are made.
    pub(super) fn end_with_break(&self) -> bool {
        let source = self.document.source();
        let last = self.list.iter().rfind(|edit| edit.span.end() == source.len());
        match last.map(|edit| edit.replacement.as_str()) {
            Some(text) if !text.is_empty() => text.ends_with('\n'),
            _ => source.ends_with('\n'),
        }
    }

    /// Notes that what was to go to `offset` can't be written in this format.
    pub(super) fn refuse(&mut self, offset: usize, reason: &'static str) {
        let location = Location::of(self.document.source(), offset);
        let format = self.document.format().title();
        self.refused.get_or_insert(EditError::Unfit { format, location, reason });
    }

    /// Gives the scalar `node` the text `text`, written in `style` if that can hold it, else in the nearest style that
    /// can. The text reads back as a string where the style is a quoted or block one, and as whatever it looks like
    /// where it is plain: [`Style::Plain`] writes it bare, and quotes it only if it would not survive otherwise.
    pub fn set_text(&mut self, node: Node<'a>, text: &str, style: Style) {
        match self.document.format() {
            Format::Yaml => yaml::edit::set_text(self, node, text, style),
            Format::Dotenv => dotenv::set_text(self, node, text),
            Format::Ini => ini::edit::set_text(self, node, text, style),
            Format::Binary | Format::Json if style == Style::Plain => self.replace(node.span(), text),
            Format::Binary | Format::Json => self.replace_secret(node.span(), json::string(text)),
        }
    }

    /// Gives the scalar `node` the scalar `value`, a string in `style` if that can hold it, else in the nearest style
    /// that can. [`Style::Plain`] stands for the simplest one: plain, quoted, or a literal block for several lines.
    pub fn set_styled(&mut self, node: Node<'a>, value: &Value, style: Style) {
        match self.document.format() {
            Format::Yaml => yaml::edit::set_scalar(self, node, value, style),
            Format::Dotenv | Format::Ini => match value.plain_text() {
                Some(text) => self.set_text(node, &text, style),
                None => self.set(node, value),
            },
            Format::Binary | Format::Json => self.set(node, value),
        }
    }

    /// Gives `node` another value. A scalar that stays a scalar keeps its style where that can hold the value; what
    /// was a string stays quoted as it was.
    pub fn set(&mut self, node: Node<'a>, value: &Value) {
        match (self.document.format(), value) {
            (Format::Yaml, _) => yaml::edit::set(self, node, value),
            (Format::Dotenv, _) => dotenv::set(self, node, value),
            (Format::Ini, _) => ini::edit::set(self, node, value),
            (Format::Binary | Format::Json, Value::Mapping(_) | Value::Sequence(_)) => {
                self.replace_secret(node.span(), json::inline(value, &json::Layout::around(node)));
            }
            (Format::Binary | Format::Json, Value::Bytes(_)) => {
                self.refuse(node.span().start(), "it holds text, and these bytes are not UTF-8");
            }
            (Format::Binary | Format::Json, Value::Float(float)) if !float.is_finite() => {
                self.refuse(node.span().start(), "it has no infinite numbers");
            }
            (Format::Binary | Format::Json, scalar) => self.replace_secret(node.span(), json::scalar(scalar)),
        }
    }

    /// Adds an entry at the end of `mapping`, in the mapping's own layout. An empty or null node becomes a mapping.
    pub fn insert_entry(&mut self, mapping: Node<'a>, key: &str, value: &Value) {
        match (self.document.format(), mapping.style()) {
            (Format::Dotenv, _) => dotenv::insert_entry(self, mapping, key, value),
            (Format::Ini, _) => ini::edit::insert_entry(self, mapping, key, value),
            (Format::Yaml, Style::Flow) => {
                let layout = json::Layout::around(mapping);
                self.insert_flow(mapping, &yaml::edit::flow_entry(key, value), &layout);
            }
            (Format::Yaml, _) => yaml::edit::insert_entry(self, mapping, key, value),
            (Format::Binary | Format::Json, _) => {
                let layout = json::Layout::around(mapping);
                self.insert_flow(mapping, &json::entry(key, value, &layout), &layout);
            }
        }
    }

    /// Adds an item at the end of `list`, in the list's own layout.
    pub fn insert_item(&mut self, list: Node<'a>, value: &Value) {
        match (self.document.format(), list.style()) {
            (Format::Dotenv | Format::Ini, _) => self.refuse(list.span().start(), "it has no lists"),
            (Format::Yaml, Style::Flow) => {
                let layout = json::Layout::around(list);
                self.insert_flow(list, &yaml::edit::flow_value(value), &layout);
            }
            (Format::Yaml, _) => yaml::edit::insert_item(self, list, value),
            (Format::Binary | Format::Json, _) => {
                let layout = json::Layout::around(list);
                self.insert_flow(list, &json::inline(value, &layout.inner()), &layout);
            }
        }
    }

    /// Takes out the entry or item number `index` (from 0) of `collection`, with the comments that belong to it: those
    /// on its lines, and those right above it.
    ///
    /// # Panics
    /// If there is no such entry.
    pub fn remove(&mut self, collection: Node<'a>, index: usize) {
        let members = members(collection);
        assert!(index < members.len(), "there is no entry {index} to remove");
        if collection.style() == Style::Flow {
            let span = match (index, members.get(index + 1)) {
                (0, Some(next)) => Span::new(members[0].start(), next.start()),
                (0, None) => Span::new(collection.span().start() + 1, collection.span().end() - 1),
                _ => Span::new(members[index - 1].end(), members[index].end()),
            };
            return self.replace(span, "");
        }
        match self.document.format() {
            Format::Dotenv => dotenv::remove(self, collection, members[index]),
            Format::Ini => ini::edit::remove(self, collection, index, members[index]),
            _ => yaml::edit::remove(self, collection, index, &members),
        }
    }

    /// Makes a comment of the item number `index` (from 0) of `list`: what follows its `#` is `text`.
    pub(crate) fn item_to_comment(&mut self, list: Node<'a>, index: usize, text: &str) {
        yaml::edit::item_to_comment(self, list, index, text);
    }

    /// What stands in each of `spans`, which don't overlap, once the changes inside it are made; changes outside them are
    /// left alone.
    pub(crate) fn apply_within(self, spans: &[Span]) -> Result<Vec<Zeroizing<String>>, EditError> {
        let mut rest = self;
        let parts = spans.iter().map(|span| {
            let is_inside = |edit: &Edit| edit.span.start() >= span.start() && edit.span.end() <= span.end();
            let (inside, outside) = std::mem::take(&mut rest.list).into_iter().partition(is_inside);
            rest.list = outside;
            let refused = rest.refused.clone();
            Edits { document: rest.document, list: inside, refused }.spliced(*span)
        });
        parts.collect()
    }

    /// Adds `text` (entry or item, already written) after the last member of a collection in brackets or braces.
    pub(super) fn insert_flow(&mut self, collection: Node<'a>, text: &str, layout: &json::Layout) {
        let (span, text) = match members(collection).last() {
            Some(last) => {
                // `a:,` is a key of its own to some readers.
                let gap = if self.document.source()[..last.end()].ends_with(':') { " " } else { "" };
                (Span::new(last.end(), last.end()), [gap, &layout.separator(), text].concat())
            }
            None => {
                let inside = Span::new(collection.span().start() + 1, collection.span().end() - 1);
                let (before, after) = layout.breaks_in_empty();
                (inside, [before, text, after].concat())
            }
        };
        self.replace(span, text);
    }

    /// The document's text with all changes made.
    ///
    /// # Errors
    /// [`EditError::Overlap`] if two changes want the same bytes; several insertions at one place keep their order.
    /// [`EditError::Unfit`] if one of them has no form in the file's format. [`EditError::LoneReturn`] if there are such lines.
    pub fn apply(mut self) -> Result<Zeroizing<String>, EditError> {
        if self.document.format() == Format::Yaml
            && !self.list.is_empty()
            && let Some(at) = lone_return(self.document.source())
        {
            return Err(EditError::LoneReturn { location: Location::of(self.document.source(), at) });
        }
        let whole = Span::new(0, self.document.source().len());
        self.spliced(whole)
    }

    fn spliced(&mut self, span: Span) -> Result<Zeroizing<String>, EditError> {
        if let Some(refused) = self.refused.take() {
            return Err(refused);
        }
        self.list.sort_by_key(|edit| (edit.span.start(), edit.span.end()));
        let source = self.document.source();
        let mut length = span.end() - span.start();
        let mut at = span.start();
        for edit in &self.list {
            if edit.span.start() < at {
                return Err(EditError::Overlap { offset: edit.span.start() });
            }
            at = edit.span.end();
            length = length - (edit.span.end() - edit.span.start()) + edit.replacement.len();
        }
        let mut text = Zeroizing::new(String::with_capacity(length));
        at = span.start();
        for edit in &self.list {
            text.push_str(&source[at..edit.span.start()]);
            text.push_str(&edit.replacement);
            at = edit.span.end();
        }
        text.push_str(&source[at..span.end()]);
        Ok(text)
    }
}

/// Where the first carriage return is that no line feed follows.
fn lone_return(source: &str) -> Option<usize> {
    let bytes = source.as_bytes();
    source.match_indices('\r').map(|(at, _)| at).find(|at| bytes.get(at + 1) != Some(&b'\n'))
}

/// The spans of a collection's entries or items, tags and anchors counted in; keys' indicators and dashes are not.
pub(super) fn members(collection: Node<'_>) -> Vec<Span> {
    let member = |first: Node<'_>, last: Node<'_>| {
        let start = first.outer_start();
        Span::new(start, last.span().end().max(start))
    };
    match collection.children() {
        Children::Mapping(entries) => entries.iter().map(|(key, value)| member(key, value)).collect(),
        Children::Sequence(items) => items.iter().map(|item| member(item, item)).collect(),
        Children::Alias(_) | Children::Scalar(_) => Vec::new(),
    }
}

/// The index of the entry of `mapping` whose value is `value`.
pub(super) fn entry_index(mapping: Node<'_>, value: NodeId) -> Option<usize> {
    mapping.entries()?.iter().position(|(_, own)| own.id() == value)
}

#[cfg(test)]
mod tests {
    use super::super::{Document, EditError, Edits, Format, Mapping, Node, Schema, Span, Style, Value};

    fn edit<'a>(document: &'a Document, change: impl FnOnce(&mut Edits<'a>, Node<'a>)) -> String {
        let mut edits = Edits::new(document);
        change(&mut edits, document.roots().next().unwrap());
        let text = edits.apply().unwrap().to_string();
        Document::parse(text.as_bytes(), document.format()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        text
    }

    fn yaml(source: &str) -> Document {
        Document::parse(source.as_bytes(), Format::Yaml).unwrap()
    }

    fn json(source: &str) -> Document {
        Document::parse(source.as_bytes(), Format::Json).unwrap()
    }

    fn at<'a>(node: Node<'a>, path: &str) -> Node<'a> {
        path.split('.').fold(node, |node, key| match key.parse::<usize>() {
            Ok(index) => node.items().unwrap().get(index).unwrap(),
            Err(_) => node.get(key).unwrap(),
        })
    }

    fn set(source: &str, path: &str, value: &Value) -> String {
        edit(&yaml(source), |edits, root| edits.set(at(root, path), value))
    }

    fn tree() -> Value {
        let inner: Mapping =
            [("x", Value::Integer(1)), ("y", vec![Value::Null].into())].into_iter().collect();
        Value::Mapping(inner)
    }

    #[test]
    fn a_scalar_keeps_its_style() {
        let source = "a: 'x' # c\nb: \"x\"\nc: x\nd: |\n  x\ne:\nf: [x, 'y']\n";
        let new = Value::string("it's");
        assert_eq!(set(source, "a", &new), source.replace("'x' # c", "'it''s' # c"));
        assert_eq!(set(source, "b", &new), source.replace("\"x\"", "\"it's\""));
        assert_eq!(set(source, "c", &new), source.replace("c: x", "c: it's"));
        assert_eq!(set(source, "d", &new), source.replace("|\n  x", "|-\n  it's"));
        assert_eq!(set(source, "e", &new), source.replace("e:", "e: it's"));
        assert_eq!(set(source, "f.0", &new), source.replace("[x", "[it's"));
        assert_eq!(set(source, "c", &Value::string("off")), source.replace("c: x", "c: \"off\""));
        assert_eq!(set(source, "a", &Value::Integer(5)), source.replace("'x'", "5"));
        assert_eq!(set(source, "c", &Value::string("l1\nl2\n")), source.replace("c: x", "c: |\n  l1\n  l2"));
    }

    #[test]
    fn a_block_keeps_its_header_and_indentation() {
        let source = "a:\n  - |2- # note\n      x\n     y\n  - >\n   one\n   two\n  - |+\n    z\n\nb: 1\n";
        let one = set(source, "a.0", &Value::string(" p\nq\n"));
        assert_eq!(one, source.replace("|2- # note\n      x\n     y", "|2 # note\n     p\n    q"));
        assert_eq!(set(source, "a.1", &Value::string("new\n")), source.replace("one\n   two", "new"));
        assert_eq!(
            set(source, "a.1", &Value::string("l1\nl2")),
            source.replace(">\n   one\n   two", "|-\n   l1\n   l2")
        );
        assert_eq!(set(source, "a.2", &Value::string("z\n")), source.replace("z\n\n", "z\n"));
    }

    #[test]
    fn crlf_files_get_crlf_lines() {
        let source = "a: |\r\n  x\r\nb:\r\n  c: 1\r\n";
        assert_eq!(set(source, "a", &Value::string("p\nq\n")), source.replace("  x", "  p\r\n  q"));
        let inserted = edit(&yaml(source), |edits, root| edits.insert_entry(at(root, "b"), "d", &tree()));
        assert_eq!(inserted, format!("{source}  d:\r\n    x: 1\r\n    \"y\":\r\n    - null\r\n"));
    }

    #[test]
    fn tags_go_where_they_no_longer_fit() {
        assert_eq!(set("a: !!int 5 # c\n", "a", &Value::string("x")), "a: x # c\n");
        assert_eq!(set("a: !!str 5\n", "a", &Value::string("6")), "a: !!str 6\n");
        assert_eq!(set("a: !local x\n", "a", &Value::string("y")), "a: !local y\n");
        let text = edit(&yaml("a: !!binary &x aGk=\n"), |edits, root| {
            edits.set_text(at(root, "a"), "ENC[AES256_GCM,data:x]", Style::Plain);
        });
        assert_eq!(text, "a: &x ENC[AES256_GCM,data:x]\n");
    }

    #[test]
    fn scalars_and_collections_change_places() {
        assert_eq!(set("a: 1 # c\nb: 2\n", "a", &tree()), "a: # c\n  x: 1\n  \"y\":\n  - null\nb: 2\n");
        let two = Value::string("l1\nl2\n");
        assert_eq!(set("a: 1 # c\nb: 2\n", "a", &two), "a: | # c\n  l1\n  l2\nb: 2\n");
        assert_eq!(set("- 1\n- 2\n", "0", &tree()), "- x: 1\n  \"y\":\n  - null\n- 2\n");
        assert_eq!(set("a:\n  b: 1\n  c: 2\nd: 3\n", "a", &Value::Integer(7)), "a: 7\nd: 3\n");
        assert_eq!(set("a: {b: 1}\n", "a.b", &tree()), "a: {b: {x: 1, \"y\": [null]}}\n");
        assert_eq!(set("a: [1]\nb: 1\n", "a", &Value::string("z")), "a: z\nb: 1\n");
    }

    #[test]
    fn entries_and_items_are_put_in() {
        let insert = |source: &str, path: &str, key: &str| {
            let document = yaml(source);
            let document = &document;
            edit(document, |edits, root| {
                let node = if path.is_empty() { root } else { at(root, path) };
                edits.insert_entry(node, key, &Value::string("v"));
            })
        };
        assert_eq!(insert("a:\n    b: 1 # c\n\nd: 2\n", "a", "k"), "a:\n    b: 1 # c\n    k: v\n\nd: 2\n");
        assert_eq!(insert("a: 1", "", "k"), "a: 1\nk: v");
        assert_eq!(insert("# only\n", "", "k"), "# only\nk: v\n");
        assert_eq!(insert("a: {b: 1}\n", "a", "k"), "a: {b: 1, k: v}\n");
        assert_eq!(insert("a: {}\n", "a", "k"), "a: {k: v}\n");
        // A colon right before the comma would be part of the key to go-yaml.
        assert_eq!(insert("a: {b: 1, c: }\n", "a", "k"), "a: {b: 1, c: , k: v }\n");
        assert_eq!(insert("a:\nb: 1\n", "a", "k"), "a:\n  k: v\nb: 1\n");
        assert_eq!(insert("l:\n- a: 1\n- b\n", "l.0", "k"), "l:\n- a: 1\n  k: v\n- b\n");
        let item = |source: &str| {
            let document = yaml(source);
            edit(&document, |edits, root| edits.insert_item(at(root, "l"), &tree()))
        };
        assert_eq!(item("l:\n  -   a\nb: 1\n"), "l:\n  -   a\n  - x: 1\n    \"y\":\n      - null\nb: 1\n");
        assert_eq!(item("l: [a]\n"), "l: [a, {x: 1, \"y\": [null]}]\n");
        assert_eq!(item("l: []\n"), "l: [{x: 1, \"y\": [null]}]\n");
    }

    #[test]
    fn members_are_taken_out_with_their_comments() {
        let remove = |source: &str, path: &str, index: usize| {
            let document = yaml(source);
            let document = &document;
            edit(document, |edits, root| {
                edits.remove(if path.is_empty() { root } else { at(root, path) }, index);
            })
        };
        let source = "a: 1\n\n# about b\n# more\nb: 2 # here\n\nc:\n- x: 1\n  y: 2\n- z\n";
        assert_eq!(remove(source, "", 1), "a: 1\n\n\nc:\n- x: 1\n  y: 2\n- z\n");
        assert_eq!(remove(source, "c", 1), source.replace("- z\n", ""));
        assert_eq!(remove(source, "c", 0), source.replace("- x: 1\n  y: 2\n", ""));
        assert_eq!(remove(source, "c.0", 0), source.replace("x: 1\n  y: 2", "y: 2"));
        assert_eq!(remove(source, "c.0", 1), source.replace("\n  y: 2", ""));
        assert_eq!(remove("a: 1\nb: 2", "", 1), "a: 1");
        assert_eq!(remove("a:\n  b: 1\nc: 1\n", "a", 0), "a: {}\nc: 1\n");
        assert_eq!(remove("a: {b: 1, c: 2, d: 3}\n", "a", 0), "a: {c: 2, d: 3}\n");
        assert_eq!(remove("a: {b: 1, c: 2, d: 3}\n", "a", 2), "a: {b: 1, c: 2}\n");
        assert_eq!(remove("a: [x]\n", "a", 0), "a: []\n");
    }

    #[test]
    fn json_keeps_its_layout() {
        let source = "{\n\t\"a\": {\n\t\t\"b\": 1\n\t},\n\t\"c\": [1, 2],\n\t\"d\": {}\n}\n";
        let document = json(source);
        let text = edit(&document, |edits, root| {
            edits.insert_entry(at(root, "a"), "k", &tree());
            edits.insert_item(at(root, "c"), &Value::string("x\"y"));
            edits.insert_entry(at(root, "d"), "e", &Value::Boolean(true));
        });
        let expected = "{\n\t\"a\": {\n\t\t\"b\": 1,\n\t\t\"k\": {\n\t\t\t\"x\": 1,\n\t\t\t\"y\": [\n\t\t\t\tnull\n\t\t\t]\n\t\t}\n\t},\n\t\"c\": [1, 2, \"x\\\"y\"],\n\t\"d\": {\n\t\t\"e\": true\n\t}\n}\n";
        assert_eq!(text, expected);
        assert_eq!(
            edit(&document, |edits, root| edits.remove(root, 1)),
            source.replace(",\n\t\"c\": [1, 2]", "")
        );
        assert_eq!(
            edit(&json("{\"a\":1}"), |edits, root| edits.insert_entry(root, "b", &Value::Null)),
            "{\"a\":1,\"b\":null}"
        );
    }

    #[test]
    fn what_is_put_into_an_anchored_collection_stands_below_its_first_member() {
        let document = yaml("a: &x\n  k: 1\nb: &y\n- 1\nc: *x\n");
        let text = edit(&document, |edits, root| {
            edits.insert_entry(at(root, "a"), "new", &Value::Integer(2));
            edits.insert_item(at(root, "b"), &Value::Integer(2));
            edits.set(root.get("c").unwrap(), &tree());
        });
        assert_eq!(text, "a: &x\n  k: 1\n  new: 2\nb: &y\n- 1\n- 2\nc:\n  x: 1\n  \"y\":\n  - null\n");
    }

    #[test]
    fn white_space_at_the_end_of_a_block_goes_with_it() {
        let source = "a: |\n  x  \nb: |-\n  y\n     \nc: 1\n";
        assert_eq!(set(source, "a", &Value::string("z\n")), source.replace("x  ", "z"));
        assert_eq!(set(source, "b", &Value::string("z")), source.replace("y\n     ", "z"));
    }

    #[test]
    fn a_block_takes_in_no_comment_and_no_blanks_below() {
        let (two, source) =
            (Value::string("two\nlines"), "a: x\n    # note\nb:\n  c: 1\n      # deep\nd: |\n  x\n  # in\n");
        assert_eq!(set(source, "a", &two), source.replace("a: x", "a: \"two\\nlines\""));
        assert_eq!(set(source, "b.c", &two), source.replace("c: 1", "c: \"two\\nlines\""));
        let document = yaml(source);
        let inserted = |at_path: &str, new: &str| {
            let text = edit(&document, |edits, root| edits.insert_entry(at(root, at_path), "new", &two));
            assert_eq!(text, source.replace("c: 1\n", &format!("c: 1\n  new: {new}\n")));
        };
        inserted("b", "\"two\\nlines\"");
        let tree: Mapping = [("k", two.clone())].into_iter().collect();
        let expected = source.replace("a: x", "a:\n  k: \"two\\nlines\"");
        assert_eq!(set(source, "a", &tree.into()), expected);
        // A comment further to the left ends a block.
        let source = "a: x\n # note\nb: 1\n";
        assert_eq!(set(source, "a", &two), source.replace("x", "|-\n  two\n  lines"));
    }

    #[test]
    fn a_block_that_keeps_its_line_breaks_takes_in_no_empty_lines() {
        for source in
            ["a: x\n\n\nb: 1\n", "a: |+\n  x\n\nb: 1\n", "a: x\n\n", "a: x", "m:\n  a: x\n\n\nb: 1\n"]
        {
            let path = if source.starts_with('m') { "m.a" } else { "a" };
            for text in ["y\n\n", "y\n\n\n", "y\n", "y\nz"] {
                let after = yaml(&set(source, path, &Value::string(text)));
                let root = after.roots().next().unwrap();
                assert_eq!(at(root, path).text(), Some(text), "{source:?}: {:?}", after.source());
            }
        }
    }

    #[test]
    fn an_item_that_is_left_out_gets_its_distance_from_the_dash() {
        assert_eq!(set("a:\n  -", "a.0", &vec![Value::Integer(1)].into()), "a:\n  - - 1");
        assert_eq!(set("a:\n  -", "a.0", &Vec::new().into()), "a:\n  - []");
        assert_eq!(set("a:\n  -\n  - b", "a.0", &tree()), "a:\n  - x: 1\n    \"y\":\n      - null\n  - b");
    }

    #[test]
    fn a_block_at_the_end_of_a_file_without_a_line_break_stays_what_it_was() {
        let source = "a: 1\nb:\n- |\n  x";
        let document = yaml(source);
        let text = edit(&document, |edits, root| {
            edits.insert_item(at(root, "b"), &Value::Null);
            edits.insert_entry(root, "c", &tree());
        });
        assert_eq!(text, "a: 1\nb:\n- |-\n  x\n- null\nc:\n  x: 1\n  \"y\":\n  - null");
    }

    #[test]
    fn what_is_taken_out_at_the_end_leaves_a_block_its_line_break() {
        let remove = |source: &str, path: &str, index| {
            let document = yaml(source);
            edit(&document, |edits, root| {
                let node = if path.is_empty() { root } else { at(root, path) };
                edits.remove(node, index);
            })
        };
        assert_eq!(remove("a: |\n  x\nb: 1", "", 1), "a: |\n  x\n");
        assert_eq!(remove("a:\n- c: |+\n    x\n\n- d", "a", 1), "a:\n- c: |+\n    x\n\n");
        assert_eq!(remove("a: |-\n  x\nb: 1", "", 1), "a: |-\n  x");
        assert_eq!(remove("a: |\n  x\n \nb: 1", "", 1), "a: |\n  x\n ");
    }

    #[test]
    fn a_collection_stands_in_one_column_however_far_the_item_was_from_its_dash() {
        let expected = "- x: 1\n  \"y\":\n  - null\n- b\n";
        for source in ["-   a\n- b\n", "- \ta\n- b\n", "- &x !t a\n- b\n"] {
            let document = yaml(source);
            assert_eq!(
                edit(&document, |edits, root| edits.set(at(root, "0"), &tree())),
                expected,
                "{source}"
            );
        }
        let below = "- # c\n    a\n- b\n";
        let document = yaml(below);
        let text = edit(&document, |edits, root| edits.set(at(root, "0"), &tree()));
        assert_eq!(text, "- # c\n    x: 1\n    \"y\":\n    - null\n- b\n");
    }

    #[test]
    fn a_key_without_a_colon_gets_one_with_its_value() {
        let list: Value = vec![Value::Integer(1)].into();
        assert_eq!(set("? a\nb: 1\n", "a", &list), "? a\n:\n- 1\nb: 1\n");
        assert_eq!(set("{a, b: 1}\n", "a", &list), "{a: [1], b: 1}\n");
        assert_eq!(set("a: &1\u{85}\nb: 2\n", "a", &Value::Integer(1)), "a: &1\u{85} 1\nb: 2\n");
        // A colon in a comment is not the key's.
        assert_eq!(set("? a # b: c\n", "a", &Value::string("x")), "? a # b: c\n: x\n");
        assert_eq!(set("{a # b: c\n}\n", "a", &Value::string("x")), "{a: x # b: c\n}\n");
        let document = yaml("? a # b: c\n:\n- 1\n");
        let text = edit(&document, |edits, root| edits.remove(at(root, "a"), 0));
        assert_eq!(text, "? a # b: c\n: []\n");
    }

    #[test]
    fn what_is_put_behind_a_block_at_the_end_adds_no_line_to_it() {
        for (source, expected) in [
            ("a: |+\n  x\n ", "a: |+\n  x\nb: 1"),
            ("m:\n  a: |+\r\n    x\r\n ", "m:\n  a: |+\n    x\n  b: 1"),
            ("a: |+\n  x", "a: |-\n  x\nb: 1"),
        ] {
            let document = yaml(source);
            let text = edit(&document, |edits, root| {
                edits.insert_entry(root.get("m").unwrap_or(root), "b", &Value::Integer(1));
            });
            assert_eq!(text, expected, "{source:?}");
        }
        let document = yaml("- |+\n  x\n ");
        assert_eq!(edit(&document, |edits, root| edits.insert_item(root, &Value::Null)), "- |+\n  x\n- null");
    }

    #[test]
    fn a_block_without_lines_keeps_what_stands_in_its_header() {
        assert_eq!(set("a: |  ", "a", &Value::string("x ")), "a: |-  \n  x ");
        assert_eq!(set("a: >- # c\nb: 1\n", "a", &Value::string("x")), "a: |- # c\n  x\nb: 1\n");
    }

    #[test]
    fn what_is_taken_out_takes_the_comments_in_it_along() {
        let remove = |source: &str, path: &str, index| {
            let document = yaml(source);
            edit(&document, |edits, root| {
                let node = if path.is_empty() { root } else { at(root, path) };
                edits.remove(node, index);
            })
        };
        let source = "a: |\n  x\nb:\n  c: 1\n\n  # in it\n # too\n\n# d's\nd: 1\n";
        assert_eq!(remove(source, "", 1), "a: |\n  x\n\n# d's\nd: 1\n");
        assert_eq!(remove("a:\n- b\n# c\n- d\n  # e", "a", 1), "a:\n- b");
    }

    #[test]
    fn comments_between_an_indicator_and_its_node_do_not_part_them() {
        let source = "? # c\n\n  # d\n  a\n: 1\nb: 2\n";
        let document = yaml(source);
        assert_eq!(edit(&document, |edits, root| edits.remove(root, 0)), "b: 2\n");
        let source = "a:\n- # c\n  b\n- d\n";
        let document = yaml(source);
        assert_eq!(edit(&document, |edits, root| edits.remove(at(root, "a"), 0)), "a:\n- d\n");
        let document = yaml("? a\nb: 2\n");
        assert_eq!(edit(&document, |edits, root| edits.remove(root, 0)), "b: 2\n");
        let document = yaml("?\n # c\n  a\n");
        let text = edit(&document, |edits, root| edits.set(root.get("a").unwrap(), &Value::Integer(1)));
        assert_eq!(text, "?\n # c\n  a\n: 1\n");
    }

    #[test]
    fn lines_that_end_in_carriage_returns_alone_are_not_edited() {
        let document = yaml("a: 1\r\nb:\r  c: 2\r");
        let mut edits = Edits::new(&document);
        edits.set(at(document.roots().next().unwrap(), "a"), &Value::Null);
        let told = edits.apply().unwrap_err().to_string();
        assert!(told.starts_with("line 2, column 3: a line ends in a carriage return"), "{told}");
        assert_eq!(*Edits::new(&document).apply().unwrap(), document.source());
    }

    #[test]
    fn several_documents_end_where_they_end() {
        let document = yaml("a: 1\n# tail\n---\nb: 2\n...\n---\nc: 3");
        let mut edits = Edits::new(&document);
        for root in document.roots() {
            edits.append_to_document(root, "z: 0");
        }
        assert_eq!(*edits.apply().unwrap(), "a: 1\n# tail\nz: 0\n---\nb: 2\nz: 0\n...\n---\nc: 3\nz: 0");
    }

    #[test]
    fn numbers_that_json_does_not_have_are_refused() {
        let document = json("{\"a\": 1}");
        let root = document.roots().next().unwrap();
        for number in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let mut edits = Edits::new(&document);
            edits.set(at(root, "a"), &Value::Float(number));
            assert!(!edits.is_empty());
            assert!(matches!(edits.apply(), Err(EditError::Unfit { .. })));
        }
    }

    #[test]
    fn changes_know_what_they_touch_and_do_not_show_it() {
        let document = yaml("a: 1\nb: 2\n");
        let mut edits = Edits::new(&document);
        assert!(edits.is_empty());
        edits.replace(Span::new(2, 4), "secret");
        assert!(!edits.is_empty());
        for (start, end, touched) in [(0, 2, false), (1, 3, true), (2, 4, true), (3, 5, true), (4, 6, false)]
        {
            assert_eq!(edits.touches(Span::new(start, end)), touched, "{start}..{end}");
        }
        let shown = format!("{edits:?}");
        assert!(shown.contains("Edit { span: ") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn overlapping_changes_are_refused_and_insertions_keep_their_order() {
        let document = yaml("a: 1\n");
        let root = document.roots().next().unwrap();
        let mut edits = Edits::new(&document);
        edits.insert_entry(root, "b", &Value::Integer(2));
        edits.insert_entry(root, "c", &Value::Integer(3));
        let text = edits.apply().unwrap();
        assert_eq!(*text, "a: 1\nb: 2\nc: 3\n");
        let mut edits = Edits::new(&document);
        edits.set(at(root, "a"), &Value::Null);
        edits.remove(root, 0);
        assert!(edits.apply().is_err());
        let value = yaml(&text).roots().next().unwrap().value(Schema::GoYaml3).unwrap();
        assert_eq!(value.as_mapping().unwrap().len(), 3);
    }
}
