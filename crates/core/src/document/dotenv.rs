//! dotenv files as sops reads them: `KEY=value` lines.
//!
//! Lines end at line feeds, and all else that stands in them counts: white space, quotes and carriage returns belong to
//! the key or the value. In a value `\n` stands for a line feed, and there is no way to write a backslash and an `n`. A
//! line with `#` in its first column is a comment, empty lines mean nothing, and a key may stand twice.

use zeroize::Zeroizing;

use super::edit::Edits;
use super::line_spans::{line_start, mark_length, replaced};
use super::node::{Arena, Hidden, Kind, Node, NodeData, NodeId, Place, Span, Style, Text};
use super::{ParseError, ParseErrorKind, Value};

/// Reads a dotenv file: one mapping from strings to strings.
pub(super) fn read(source: &str) -> Result<Arena, ParseError> {
    let mut arena = Arena::default();
    let mut at = mark_length(source);
    let root = arena.push(NodeData::new(None, Kind::Mapping { entries: Vec::new() }, Style::Block, at, at));
    let mut entries: Vec<(NodeId, NodeId)> = Vec::new();
    while at < source.len() {
        let end = source[at..].find('\n').map_or(source.len(), |newline| at + newline);
        let line = &source[at..end];
        if line.starts_with('#') {
            arena.comments.push(Span::new(at, end));
            arena.places.push(Place {
                container: root,
                before: entries.len(),
                inline: false,
                hidden: Hidden::Never,
            });
        } else if let Some(equals) = line.find('=') {
            let equals = at + equals;
            let key = scalar(root, Text::Source(Span::new(at, equals)), at, equals);
            let value = Span::new(equals + 1, end);
            let value = scalar(root, value_text(source, value), equals + 1, end);
            entries.push((arena.push(key), arena.push(value)));
        } else if !matches!(line, "" | "\r") {
            let reason =
                "expected KEY=value, a comment with # in the first column, or an empty line".to_owned();
            return Err(ParseError::at(source, at, ParseErrorKind::Syntax { format: "dotenv", reason }));
        }
        at = end + 1;
    }
    let end = entries.last().map_or(mark_length(source), |(_, value)| arena.nodes[value.index()].span.end());
    let root_node = &mut arena.nodes[root.index()];
    root_node.kind = Kind::Mapping { entries };
    root_node.span = Span::new(root_node.span.start(), end);
    arena.roots.push(root);
    arena.ends.push(source.len());
    Ok(arena)
}

fn scalar(root: NodeId, text: Text, start: usize, end: usize) -> NodeData {
    NodeData::new(Some(root), Kind::Scalar(text), Style::Plain, start, end)
}

fn value_text(source: &str, span: Span) -> Text {
    let raw = &source[span.range()];
    if raw.contains("\\n") { Text::owned(replaced(raw, "\\n", "\n")) } else { Text::Source(span) }
}

/// `text` as the value of a line.
pub(super) fn value(text: &str) -> Zeroizing<String> {
    replaced(text, "\n", "\\n")
}

/// See [`Edits::set_text`].
pub(super) fn set_text<'a>(edits: &mut Edits<'a>, node: Node<'a>, text: &str) {
    edits.replace_secret(node.span(), value(text));
}

/// See [`Edits::set`]. A carriage return at the end of the line stays there.
pub(super) fn set<'a>(edits: &mut Edits<'a>, node: Node<'a>, new: &Value) {
    let Some(mut text) = new.plain_text() else {
        return edits.refuse(node.span().start(), "its values are text");
    };
    if node.source().ends_with('\r') && !text.ends_with('\r') {
        text.push('\r');
    }
    set_text(edits, node, &text);
}

/// `key=value` as a line without its break, or why it can't be one.
pub(super) fn line(key: &str, value: &Value) -> Result<Zeroizing<String>, &'static str> {
    if key.contains(['=', '\n']) || key.starts_with(['#', '\u{feff}']) {
        return Err(
            "a key that begins with # or a byte order mark, or holds = or a line break, can't be written",
        );
    }
    let text = value.plain_text().ok_or("its values are text")?;
    Ok(Zeroizing::new([key, "=", &self::value(&text)].concat()))
}

/// See [`Edits::insert_entry`].
pub(super) fn insert_entry<'a>(edits: &mut Edits<'a>, root: Node<'a>, key: &str, value: &Value) {
    match line(key, value) {
        Ok(mut line) => {
            if root.document().newline() == "\r\n" {
                line.push('\r');
            }
            append(edits, root, &line);
        }
        Err(reason) => edits.refuse(root.span().end(), reason),
    }
}

/// Adds whole lines, without a break at their end, at the end of the file. Their breaks are line feeds, since a carriage
/// return would be part of a value.
pub(super) fn append<'a>(edits: &mut Edits<'a>, root: Node<'a>, lines: &str) {
    let source = root.document().source();
    let is_line_start = source.len() == mark_length(source) || source.ends_with('\n');
    let text = if is_line_start { [lines, "\n"].concat() } else { ["\n", lines].concat() };
    edits.replace_secret(Span::new(source.len(), source.len()), Zeroizing::new(text));
}

/// The lines of `span`, which begins and ends with lines, with a line feed that goes when they go.
pub(super) fn whole_lines(source: &str, span: Span) -> Span {
    if span.end() < source.len() {
        Span::new(span.start(), span.end() + 1)
    } else {
        // The last line has no break: the one before it goes in its place.
        Span::new(span.start() - usize::from(source[..span.start()].ends_with('\n')), span.end())
    }
}

/// The lines in which there is nothing, or nothing but a carriage return, without their line feeds.
pub(super) fn empty_lines(source: &str) -> impl Iterator<Item = Span> {
    let mut at = 0;
    source.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let text = line.strip_suffix('\n')?;
        matches!(text, "" | "\r").then(|| Span::new(start, start + text.len()))
    })
}

/// See [`Edits::remove`], for the entry at `member`.
pub(super) fn remove<'a>(edits: &mut Edits<'a>, root: Node<'a>, member: Span) {
    let source = root.document().source();
    let mut first = line_start(source, member.start());
    while first > 0 {
        let above = line_start(source, first - 1);
        if !source[above.max(mark_length(source))..].starts_with('#') {
            break;
        }
        first = above;
    }
    edits.replace(whole_lines(source, Span::new(first.max(mark_length(source)), member.end())), "");
}

#[cfg(test)]
mod tests {
    use super::super::{Document, EditError, Edits, Format, Node, Schema, Value};

    fn document(source: &str) -> Document {
        Document::parse(source.as_bytes(), Format::Dotenv).unwrap()
    }

    fn pairs(source: &str) -> Vec<(String, String)> {
        let document = document(source);
        let root = document.roots().next().unwrap();
        let pair = |(key, value): (Node<'_>, Node<'_>)| {
            (key.text().unwrap().to_owned(), value.text().unwrap().to_owned())
        };
        root.entries().unwrap().iter().map(pair).collect()
    }

    #[test]
    fn lines_are_taken_as_they_stand() {
        let source = "# c\nA=1\n\nexport B = \"x y\" # no comment\nC=\n=e\nD=a=b\\nc\\\\n\n A=2";
        let expected = [
            ("A", "1"),
            ("export B ", " \"x y\" # no comment"),
            ("C", ""),
            ("", "e"),
            ("D", "a=b\nc\\\n"),
            (" A", "2"),
        ];
        assert_eq!(pairs(source), expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert_eq!(
            document(source).comments().map(|comment| comment.source().to_owned()).collect::<Vec<_>>(),
            ["# c"]
        );
    }

    #[test]
    fn a_carriage_return_is_part_of_the_value_and_a_mark_is_not_part_of_the_key() {
        let crlf = [("A".to_owned(), "1\r".to_owned()), ("B".to_owned(), "2".to_owned())];
        assert_eq!(pairs("\u{feff}A=1\r\n\r\nB=2"), crlf);
        assert_eq!(pairs(""), []);
    }

    #[test]
    fn a_line_without_a_key_is_refused() {
        let error = Document::parse(b"A=1\n # c\n", Format::Dotenv).unwrap_err();
        assert!(
            error.to_string().starts_with("line 2, column 1: this is not valid dotenv: expected KEY=value")
        );
    }

    #[test]
    fn values_are_strings() {
        let document = document("A=1\nB=true\nA=2\n");
        let value = document.roots().next().unwrap().value(Schema::GoYaml3).unwrap();
        let mapping = value.as_mapping().unwrap();
        assert_eq!(mapping.get("B"), Some(&Value::string("true")));
        // The last of several is what counts to who reads such a file.
        assert_eq!(mapping.get("A"), Some(&Value::string("2")));
    }

    fn edit(
        source: &str,
        change: impl for<'a> FnOnce(&mut Edits<'a>, Node<'a>),
    ) -> Result<String, EditError> {
        let document = document(source);
        let mut edits = Edits::new(&document);
        change(&mut edits, document.roots().next().unwrap());
        edits.apply().map(|text| text.to_string())
    }

    #[test]
    fn lines_are_changed_put_in_and_taken_out() {
        let source = "# a\nA=1\n\n# b\n# c\nB=2";
        let set = |key: &'static str, value: Value| {
            edit(source, move |edits, root| edits.set(root.get(key).unwrap(), &value))
        };
        assert_eq!(set("A", Value::string("x\ny")).unwrap(), source.replace('1', "x\\ny"));
        assert_eq!(set("A", Value::Boolean(true)).unwrap(), source.replace('1', "true"));
        assert_eq!(set("A", Value::Null).unwrap(), source.replace('1', ""));
        assert_eq!(
            set("A", Value::Sequence(Vec::new())).unwrap_err().to_string(),
            "line 2, column 3: this can't be written in a dotenv file: its values are text"
        );
        let insert = |source: &str, key: &str| {
            edit(source, |edits, root| edits.insert_entry(root, key, &Value::Integer(3)))
        };
        assert_eq!(insert(source, "C").unwrap(), format!("{source}\nC=3"));
        assert_eq!(insert("A=1\r\n", "C").unwrap(), "A=1\r\nC=3\r\n");
        assert_eq!(insert("", "C").unwrap(), "C=3\n");
        assert!(insert(source, "C=D").is_err());
        assert_eq!(edit(source, |edits, root| edits.remove(root, 1)).unwrap(), "# a\nA=1\n");
        assert_eq!(edit(source, |edits, root| edits.remove(root, 0)).unwrap(), "\n# b\n# c\nB=2");
        for mark in ["", "\u{feff}"] {
            let appended = edit(mark, |edits, root| edits.append_to_document(root, "C=3"));
            assert_eq!(appended.unwrap(), format!("{mark}C=3\n"));
        }
        let marked = "\u{feff}# a\nA=1\nB=2";
        assert_eq!(edit(marked, |edits, root| edits.remove(root, 0)).unwrap(), "\u{feff}B=2");
        assert_eq!(
            edit("A=1\r\n", |edits, root| edits.set(root.get("A").unwrap(), &Value::Integer(2))).unwrap(),
            "A=2\r\n"
        );
    }
}
