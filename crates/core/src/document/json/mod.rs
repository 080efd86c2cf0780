//! JSON (RFC 8259): reading it into nodes, and writing it.

mod layout;
mod writer;

pub(crate) use writer::indented_as_sops;
pub use writer::to_json;

pub(super) use layout::{Layout, entry, inline};
pub(super) use writer::{capacity, scalar, string};

use zeroize::Zeroizing;

use super::keys::KeySet;
use super::node::{Arena, Kind, NodeData, NodeId, Span, Style, Text};
use super::{MAX_DEPTH, ParseError, ParseErrorKind, Schema, Value};

/// Reads one JSON text.
pub(super) fn read(source: &str) -> Result<Arena, ParseError> {
    let at = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader =
        Reader { source, bytes: source.as_bytes(), at, open: Vec::new(), arena: Arena::default() };
    reader.white_space();
    let root = reader.value()?;
    reader.white_space();
    if reader.at < reader.bytes.len() {
        return Err(reader.error("there is more text after the end of the value"));
    }
    reader.arena.roots.push(root);
    reader.arena.ends.push(source.len());
    Ok(reader.arena)
}

/// What the scalar `text`, in the style it was written in, means in JSON. Whole numbers of up to 64 bits are integers;
/// to sops, only those that fit into 64 bits with a sign.
pub(super) fn resolve(text: &str, style: Style, schema: Schema) -> Value {
    let largest = if schema == Schema::GoYaml3 { i64::MAX.into() } else { u64::MAX.into() };
    match text {
        _ if style == Style::DoubleQuoted => Value::string(text),
        "null" => Value::Null,
        "true" => Value::Boolean(true),
        "false" => Value::Boolean(false),
        number => match number.parse::<i128>() {
            Ok(integer) if (i128::from(i64::MIN)..=largest).contains(&integer) => Value::Integer(integer),
            // The reader checked the grammar of numbers: only those remain.
            _ => Value::Float(number.parse().unwrap_or(f64::NAN)),
        },
    }
}

/// The number that `text` is in JSON, to sops.
pub(super) fn number(text: &str) -> Option<Value> {
    let source = text;
    let mut reader =
        Reader { source, bytes: source.as_bytes(), at: 0, open: Vec::new(), arena: Arena::default() };
    let starts = source.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    (starts && reader.number().is_ok() && reader.at == source.len())
        .then(|| resolve(text, Style::Plain, Schema::GoYaml3))
}

struct Reader<'source> {
    source: &'source str,
    bytes: &'source [u8],
    at: usize,
    /// The collections that are not closed yet, outermost first.
    open: Vec<NodeId>,
    arena: Arena,
}

impl Reader<'_> {
    fn error(&self, reason: &str) -> ParseError {
        self.error_at(self.at, ParseErrorKind::Syntax { format: "JSON", reason: reason.to_owned() })
    }

    fn error_at(&self, at: usize, kind: ParseErrorKind) -> ParseError {
        ParseError::at(self.source, at, kind)
    }

    fn white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// Steps over `byte` and the white space before it, if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        self.white_space();
        let taken = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(taken);
        taken
    }

    fn value(&mut self) -> Result<NodeId, ParseError> {
        match self.bytes.get(self.at) {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => {
                for word in ["true", "false", "null"] {
                    if self.bytes[self.at..].starts_with(word.as_bytes()) {
                        return Ok(self.plain(word.len()));
                    }
                }
                Err(self.error("expected a value"))
            }
            None => Err(self.error("the text ends where a value is expected")),
        }
    }

    fn plain(&mut self, length: usize) -> NodeId {
        let span = Span::new(self.at, self.at + length);
        self.at = span.end();
        let kind = Kind::Scalar(Text::Source(span));
        self.arena.push(NodeData {
            parent: self.open.last().copied(),
            kind,
            style: Style::Plain,
            span,
            properties: None,
        })
    }

    /// Opens a collection; its children get later numbers than it has.
    fn open(&mut self, kind: Kind) -> Result<(NodeId, usize), ParseError> {
        if self.open.len() == MAX_DEPTH {
            return Err(self.error_at(self.at, ParseErrorKind::TooDeep { limit: MAX_DEPTH }));
        }
        let start = self.at;
        self.at += 1;
        let node = NodeData {
            parent: self.open.last().copied(),
            kind,
            style: Style::Flow,
            span: Span::new(start, start),
            properties: None,
        };
        let id = self.arena.push(node);
        self.open.push(id);
        Ok((id, start))
    }

    fn close(&mut self, id: NodeId, start: usize, kind: Kind) -> NodeId {
        self.open.pop();
        let node = &mut self.arena.nodes[id.index()];
        node.kind = kind;
        node.span = Span::new(start, self.at);
        id
    }

    fn object(&mut self) -> Result<NodeId, ParseError> {
        let (id, start) = self.open(Kind::Mapping { entries: Vec::new() })?;
        let mut entries = Vec::new();
        let mut keys = KeySet::default();
        while !self.take(b'}') {
            if !entries.is_empty() && !self.take(b',') {
                return Err(self.error("expected `,` or `}`"));
            }
            self.white_space();
            if self.bytes.get(self.at) != Some(&b'"') {
                return Err(self.error("expected a key in double quotes"));
            }
            let key = self.string()?;
            keys.add(self.source, &self.arena.nodes, &entries, key)?;
            if !self.take(b':') {
                return Err(self.error("expected `:`"));
            }
            self.white_space();
            entries.push((key, self.value()?));
        }
        Ok(self.close(id, start, Kind::Mapping { entries }))
    }

    fn array(&mut self) -> Result<NodeId, ParseError> {
        let (id, start) = self.open(Kind::Sequence { items: Vec::new() })?;
        let mut items = Vec::new();
        while !self.take(b']') {
            if !items.is_empty() && !self.take(b',') {
                return Err(self.error("expected `,` or `]`"));
            }
            self.white_space();
            items.push(self.value()?);
        }
        Ok(self.close(id, start, Kind::Sequence { items }))
    }

    fn string(&mut self) -> Result<NodeId, ParseError> {
        let start = self.at;
        self.at += 1;
        let mut text: Option<Zeroizing<String>> = None;
        let mut copied = self.at;
        loop {
            let is_special = |byte: &u8| matches!(byte, 0..=0x1f | b'"' | b'\\');
            let plain = self.bytes[self.at..].iter().position(is_special);
            self.at = plain.map_or(self.bytes.len(), |plain| self.at + plain);
            match self.bytes.get(self.at) {
                None => return Err(self.error_at(start, syntax("this string has no closing quote"))),
                Some(b'"') => break,
                Some(b'\\') => {
                    // Room for the whole string at once: a growing buffer would leave pieces of it behind.
                    let text = text.get_or_insert_with(|| {
                        Zeroizing::new(String::with_capacity(string_length(&self.bytes[copied..])))
                    });
                    text.push_str(&self.source[copied..self.at]);
                    let (character, length) = escape(&self.bytes[self.at..]).ok_or_else(|| {
                        ParseError::at(self.source, self.at, syntax("this escape is not one of JSON's"))
                    })?;
                    text.push(character);
                    self.at += length;
                    copied = self.at;
                }
                Some(_) => return Err(self.error("a control character must be written as an escape")),
            }
        }
        let text = match text {
            Some(mut text) => {
                text.push_str(&self.source[copied..self.at]);
                Text::Owned(Zeroizing::new(std::mem::take(&mut *text).into_boxed_str()))
            }
            None => Text::Source(Span::new(copied, self.at)),
        };
        self.at += 1;
        let span = Span::new(start, self.at);
        Ok(self.arena.push(NodeData {
            parent: self.open.last().copied(),
            kind: Kind::Scalar(text),
            style: Style::DoubleQuoted,
            span,
            properties: None,
        }))
    }

    fn number(&mut self) -> Result<NodeId, ParseError> {
        let text = &self.bytes[self.at..];
        let digits = |from: usize| {
            text[from.min(text.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count()
        };
        let mut length = usize::from(text[0] == b'-');
        let whole = digits(length);
        if whole == 0 || (whole > 1 && text[length] == b'0') {
            return Err(self.error("this is not a JSON number"));
        }
        length += whole;
        if text.get(length) == Some(&b'.') {
            let fraction = digits(length + 1);
            if fraction == 0 {
                return Err(self.error("this is not a JSON number"));
            }
            length += 1 + fraction;
        }
        if let Some(b'e' | b'E') = text.get(length) {
            let sign = usize::from(matches!(text.get(length + 1), Some(b'+' | b'-')));
            let exponent = digits(length + 1 + sign);
            if exponent == 0 {
                return Err(self.error("this is not a JSON number"));
            }
            length += 1 + sign + exponent;
        }
        Ok(self.plain(length))
    }
}

fn syntax(reason: &str) -> ParseErrorKind {
    ParseErrorKind::Syntax { format: "JSON", reason: reason.to_owned() }
}

/// The number of bytes before the closing quote of the string whose text begins `bytes`.
fn string_length(bytes: &[u8]) -> usize {
    let mut escaped = false;
    let closing = bytes.iter().position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    });
    closing.unwrap_or(bytes.len())
}

/// The character that the escape at the start of `bytes` stands for, and the escape's length in bytes. Half a
/// surrogate pair stands for U+FFFD, as in Go's reader.
fn escape(bytes: &[u8]) -> Option<(char, usize)> {
    let simple = match bytes.get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let first = code_unit(bytes)?;
            if !(0xd800..0xe000).contains(&first) {
                return Some((char::from_u32(first)?, 6));
            }
            let second = bytes.get(6..).and_then(code_unit);
            return Some(match second {
                Some(second @ 0xdc00..0xe000) if first < 0xdc00 => {
                    let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    (char::from_u32(code)?, 12)
                }
                _ => (char::REPLACEMENT_CHARACTER, 6),
            });
        }
        _ => return None,
    };
    Some((simple, 2))
}

/// The four hexadecimal digits of `\uXXXX` at the start of `bytes`.
fn code_unit(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::super::{Document, Format, ParseErrorKind, Schema, Value};
    use super::{number, to_json};

    fn value(source: &str) -> Result<Value, String> {
        let document = Document::parse(source.as_bytes(), Format::Json).map_err(|error| error.to_string())?;
        document.roots().next().unwrap().value(Schema::Kubernetes).map_err(|error| error.to_string())
    }

    #[test]
    fn reading_and_printing_are_inverse() {
        let source = "{\n  \"a\": [\n    1,\n    -2.5,\n    true,\n    null\n  ],\n  \"b\\n\": \"q\\\"\\u0001ü\",\n  \"c\": {},\n  \"d\": []\n}\n";
        assert_eq!(*to_json(&value(source).unwrap()), source);
        assert_eq!(*to_json(&value(&format!("\u{feff} {source}\t")).unwrap()), source);
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(value(r#""\u00e9\ud83d\ude00\ud83d\/\b""#).unwrap(), Value::string("é😀\u{fffd}/\u{8}"));
        assert_eq!(
            value(r#""\f\udc00\udc00\ud83d\ud83d\ude00""#).unwrap(),
            Value::string("\u{c}\u{fffd}\u{fffd}\u{fffd}😀")
        );
    }

    #[test]
    fn a_number_is_a_whole_text() {
        assert_eq!(number("-1.5e3"), Some(Value::Float(-1500.0)));
        for text in ["1x", "1 ", " 1", "", "-", "x", "01"] {
            assert_eq!(number(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for source in [
            "",
            "{",
            "[1,]",
            "{\"a\" 1}",
            "{a: 1}",
            "01",
            "1.",
            "-",
            "1e",
            "\"\\x\"",
            "\"a\nb\"",
            "[1] 2",
            "nul",
            "{\"a\":1,}",
            "\"\\u12\"",
            "\"open",
        ] {
            assert!(value(source).unwrap_err().contains("JSON"), "{source}");
        }
        assert_eq!(
            value("{\"a\": 1,\n \"a\": 2}").unwrap_err(),
            "line 2, column 2: the key \"a\" stands twice in one mapping, first in line 1; remove one of them"
        );
        let deep = Document::parse("[".repeat(400).as_bytes(), Format::Json).unwrap_err();
        assert!(matches!(deep.kind, ParseErrorKind::TooDeep { .. }));
    }

    #[test]
    fn spans_cover_whole_values() {
        let source = r#"{"a": [1, {"b": "c"}]}"#;
        let document = Document::parse(source.as_bytes(), Format::Json).unwrap();
        let list = document.roots().next().unwrap().get("a").unwrap();
        assert_eq!(list.source(), r#"[1, {"b": "c"}]"#);
        assert_eq!(list.items().unwrap().get(1).unwrap().get("b").unwrap().source(), r#""c""#);
    }
}
