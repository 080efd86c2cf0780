//! INI text → nodes.

use zeroize::Zeroizing;

use super::super::keys::KeySet;
use super::super::line_spans::mark_length;
use super::super::node::{Arena, Hidden, Kind, NodeData, NodeId, Place, Span, Style, Text};
use super::super::{ParseError, ParseErrorKind};

/// The section of keys that stand before the first header.
pub(in super::super) const DEFAULT_SECTION: &str = "DEFAULT";

/// What a key and its value are parted by.
const DELIMITERS: [char; 2] = ['=', ':'];

/// What a comment begins with.
const COMMENT_SIGNS: [char; 2] = ['#', ';'];

/// Reads an INI file.
pub(in super::super) fn read(source: &str) -> Result<Arena, ParseError> {
    let mut arena = Arena::default();
    let start = mark_length(source);
    let root =
        arena.push(NodeData::new(None, Kind::Mapping { entries: Vec::new() }, Style::Block, start, start));
    let mut reader = Reader { source, arena, root, sections: Vec::new(), pending: 0 };
    let mut section = reader.open(start, start, Text::owned(Zeroizing::new(DEFAULT_SECTION.to_owned())));
    let mut at = start;
    while at < source.len() {
        at = reader.line(at, &mut section)?;
    }
    reader.finish(section);
    Ok(reader.arena)
}

/// A section that is being read.
struct Section<'source> {
    key: NodeId,
    id: NodeId,
    entries: Vec<(NodeId, NodeId)>,
    keys: KeySet<'source>,
    /// How many keys are called `-`, which go-ini numbers.
    numbered: usize,
    /// The implicit one, which is there only if it has keys.
    is_implicit: bool,
}

struct Reader<'source> {
    source: &'source str,
    arena: Arena,
    root: NodeId,
    sections: Vec<(NodeId, NodeId)>,
    /// The number of the first comment that waits for the key or section that it belongs to.
    pending: usize,
}

impl<'source> Reader<'source> {
    /// Opens a section whose name stands in the given place; its text begins where that ends.
    fn open(&mut self, start: usize, end: usize, name: Text) -> Section<'source> {
        let key = NodeData::new(Some(self.root), Kind::Scalar(name), Style::Plain, start, end);
        let key = self.arena.push(key);
        let kind = Kind::Mapping { entries: Vec::new() };
        let id = self.arena.push(NodeData::new(Some(self.root), kind, Style::Block, end, end));
        Section {
            key,
            id,
            entries: Vec::new(),
            keys: KeySet::default(),
            numbered: 0,
            is_implicit: start == end,
        }
    }

    fn close(&mut self, section: Section<'source>) {
        let Section { key, id, entries, is_implicit, .. } = section;
        if is_implicit && entries.is_empty() {
            return;
        }
        if let (Some((first, _)), Some((_, last))) = (entries.first(), entries.last()) {
            let start = self.arena.nodes[first.index()].span.start();
            let end = self.arena.nodes[last.index()].span.end();
            self.arena.nodes[id.index()].span = Span::new(start, end);
        }
        self.arena.nodes[id.index()].kind = Kind::Mapping { entries };
        self.sections.push((key, id));
    }

    fn finish(&mut self, section: Section<'source>) {
        self.close(section);
        let entries = std::mem::take(&mut self.sections);
        self.claim(self.root, entries.len());
        let end = entries.last().map(|(_, section)| self.arena.nodes[section.index()].span.end());
        let root = &mut self.arena.nodes[self.root.index()];
        root.span = Span::new(root.span.start(), end.unwrap_or(root.span.end()));
        root.kind = Kind::Mapping { entries };
        self.arena.roots.push(self.root);
        self.arena.ends.push(self.source.len());
    }

    /// Gives the comments that wait to `container`, in front of its entry number `before`.
    fn claim(&mut self, container: NodeId, before: usize) {
        for place in &mut self.arena.places[self.pending..] {
            (place.container, place.before) = (container, before);
        }
        self.pending = self.arena.places.len();
    }

    /// Reads the line at `at`; where the next one begins.
    fn line(&mut self, at: usize, section: &mut Section<'source>) -> Result<usize, ParseError> {
        let next = after_line(self.source, at);
        let line = &self.source[at..next];
        let start = at + line.len() - line.trim_start().len();
        match self.source[start..next].chars().next() {
            None => {}
            Some('#' | ';') => self.comment(start, next, None),
            Some('[') => {
                let opened = self.header(start, next)?;
                self.close(std::mem::replace(section, opened));
            }
            Some(_) => return self.entry(start, next, section),
        }
        Ok(next)
    }

    /// Takes the text from `start` to before `end` for a comment, which waits for its key or section.
    /// `behind` says that it stands behind something on its line, and whether go-ini sees it there.
    fn comment(&mut self, start: usize, end: usize, behind: Option<Hidden>) {
        let text = self.source[start..end].trim_end();
        self.arena.comments.push(Span::new(start, start + text.len()));
        let (inline, hidden) = (behind.is_some(), behind.unwrap_or(Hidden::Never));
        self.arena.places.push(Place { container: self.root, before: 0, inline, hidden });
    }

    /// Takes what follows a header or a closing quote for a comment, if there is one.
    fn comment_behind(&mut self, start: usize, end: usize, hidden: Hidden) -> Result<(), ParseError> {
        let rest = &self.source[start..end];
        let text = rest.trim_start();
        let start = start + rest.len() - text.len();
        if text.starts_with(COMMENT_SIGNS) {
            self.comment(start, end, Some(hidden));
        } else if !text.is_empty() {
            return Err(self.error(start, "there is text behind this; only a comment may stand here"));
        }
        Ok(())
    }

    fn error(&self, at: usize, reason: &str) -> ParseError {
        ParseError::at(self.source, at, ParseErrorKind::Syntax { format: "INI", reason: reason.to_owned() })
    }

    fn header(&mut self, start: usize, end: usize) -> Result<Section<'source>, ParseError> {
        // The last bracket of the line counts, be it in a comment.
        let Some(length) = self.source[start..end].rfind(']') else {
            return Err(self.error(start, "this section header has no closing bracket"));
        };
        let name = Span::new(start + 1, start + length);
        if name.is_empty() {
            return Err(self.error(start, "this section has no name"));
        }
        self.comment_behind(start + length + 1, end, Hidden::Never)?;
        let mut section = self.open(name.start(), name.end(), Text::Source(name));
        section.is_implicit = false;
        let text_start = start + self.source[start..end].trim_end().len();
        self.arena.nodes[section.id.index()].span = Span::new(text_start, text_start);
        self.claim(section.id, 0);
        Ok(section)
    }

    fn entry(
        &mut self,
        start: usize,
        end: usize,
        section: &mut Section<'source>,
    ) -> Result<usize, ParseError> {
        let key = Key::read(&self.source[start..end]).map_err(|reason| self.error(start, reason))?;
        let span = Span::new(start, start + key.end);
        let text = if key.name(&self.source[start..end]) == "-" {
            section.numbered += 1;
            Text::owned(Zeroizing::new(format!("#{}", section.numbered)))
        } else {
            Text::Source(Span::new(start + key.name.start(), start + key.name.end()))
        };
        let node = NodeData::new(Some(section.id), Kind::Scalar(text), key.style, span.start(), span.end());
        let node = self.arena.push(node);
        section.keys.add(self.source, &self.arena.nodes, &section.entries, node)?;

        let scalar =
            Scalar::read(self.source, start + key.value).map_err(|(at, reason)| self.error(at, reason))?;
        let (from, to) = (scalar.span.start(), scalar.span.end());
        let value = NodeData::new(Some(section.id), Kind::Scalar(scalar.text), scalar.style, from, to);
        let value = self.arena.push(value);
        if let Some(comment) = scalar.comment {
            self.comment(comment, scalar.next, Some(Hidden::Never));
        } else if scalar.style != Style::Plain {
            let (line_end, hidden) = match scalar.is_several_lines {
                true => (scalar.next, Hidden::BehindCiphertext),
                false => (end, Hidden::Always),
            };
            self.comment_behind(to, line_end, hidden)?;
        }
        section.entries.push((node, value));
        // sops has the comments of a key behind it.
        self.claim(section.id, section.entries.len());
        Ok(scalar.next)
    }
}

/// The offset after the line break of the line at `at`.
fn after_line(source: &str, at: usize) -> usize {
    source[at..].find('\n').map_or(source.len(), |newline| at + newline + 1)
}

/// A key, as offsets in its line.
pub(super) struct Key {
    /// Where it ends, with its quotes.
    end: usize,
    name: Span,
    style: Style,
    /// Where the value begins.
    value: usize,
}

impl Key {
    /// Reads the key at the start of `line`, which has no white space in front and its line break behind.
    pub(super) fn read(line: &str) -> Result<Self, &'static str> {
        const NO_DELIMITER: &str = "expected key = value, [section], a comment or an empty line";
        let (quote, style) = if line.starts_with("\"\"\"") && line.len() > 6 {
            ("\"\"\"", Style::TripleQuoted)
        } else if line.starts_with('"') {
            ("\"", Style::DoubleQuoted)
        } else if line.starts_with('`') {
            ("`", Style::BackQuoted)
        } else {
            ("", Style::Plain)
        };
        let from = quote.len();
        let to = match quote {
            "" => line.find(DELIMITERS).ok_or(NO_DELIMITER)?,
            quote => from + line[from..].find(quote).ok_or("this key's opening quote has no closing one")?,
        };
        let end = to + quote.len();
        let value = match quote {
            "" => to + 1,
            _ => end + line[end..].find(DELIMITERS).ok_or(NO_DELIMITER)? + 1,
        };
        if !line[end..value - 1].trim().is_empty() {
            return Err("there is text between this key's closing quote and its value");
        }
        let raw = &line[from..to];
        let name = raw.trim();
        if name.is_empty() {
            return Err("this key has no name");
        }
        let name_start = from + raw.len() - raw.trim_start().len();
        let end = if style == Style::Plain { name_start + name.len() } else { end };
        Ok(Self { end, name: Span::new(name_start, name_start + name.len()), style, value })
    }

    /// The name in `line`, the line that was read.
    pub(super) fn name<'line>(&self, line: &'line str) -> &'line str {
        &line[self.name.range()]
    }
}

/// A value, as offsets in the source.
pub(super) struct Scalar {
    /// Where it stands, with its quotes.
    pub(super) span: Span,
    pub(super) text: Text,
    pub(super) style: Style,
    /// Where a comment begins that ends a plain value.
    pub(super) comment: Option<usize>,
    /// Where the next line begins.
    pub(super) next: usize,
    is_several_lines: bool,
}

impl Scalar {
    /// Reads the value that begins at `at`, after the delimiter.
    ///
    /// # Errors
    /// Where it stops making sense, and why.
    pub(super) fn read(source: &str, at: usize) -> Result<Self, (usize, &'static str)> {
        let next = after_line(source, at);
        let line = &source[at..next];
        let text = line.trim_start();
        let start = at + line.len() - text.len();
        if text.is_empty() {
            return Ok(Self::plain(Span::new(at, at), None, next));
        }
        // go-ini takes three quotes at the very end of a file for the value, but not once anything follows.
        let quoted = if text.starts_with("\"\"\"") {
            Some(("\"\"\"", Style::TripleQuoted))
        } else if text.starts_with('`') {
            Some(("`", Style::BackQuoted))
        } else {
            None
        };
        if let Some((quote, style)) = quoted {
            return Self::quoted(source, start, next, quote, style);
        }
        let text = text.trim_end();
        if text.ends_with('\\') {
            return Ok(Self::continued(source, start, next));
        }
        let comment = text.find(COMMENT_SIGNS);
        let value = text[..comment.unwrap_or(text.len())].trim_end();
        let comment = comment.map(|offset| start + offset);
        if value.is_empty() {
            return Ok(Self::plain(Span::new(at, at), comment, next));
        }
        let span = Span::new(start, start + value.len());
        for (quote, style) in [('\'', Style::SingleQuoted), ('"', Style::DoubleQuoted)] {
            let inner = value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
            if inner.is_some_and(|inner| !inner.contains(quote)) {
                let text = Text::Source(Span::new(span.start() + 1, span.end() - 1));
                return Ok(Self { span, text, style, comment, next, is_several_lines: false });
            }
        }
        Ok(Self::plain(span, comment, next))
    }

    fn plain(span: Span, comment: Option<usize>, next: usize) -> Self {
        Self { span, text: Text::Source(span), style: Style::Plain, comment, next, is_several_lines: false }
    }

    /// A value in quotes that are found again from the right: the last ones of the line close it, or else the last ones
    /// of the first later line that has any.
    fn quoted(
        source: &str,
        start: usize,
        next: usize,
        quote: &str,
        style: Style,
    ) -> Result<Self, (usize, &'static str)> {
        let from = start + quote.len();
        let (mut line_start, mut next) = (from, next);
        loop {
            if let Some(offset) = source[line_start..next].rfind(quote) {
                let to = line_start + offset;
                let end = to + quote.len();
                let is_several_lines = line_start > from;
                if is_several_lines && source[end..next].trim_end().ends_with('\\') {
                    return Err((
                        end,
                        "a backslash ends this line, which some versions of sops take for a continuation",
                    ));
                }
                let text = Text::Source(Span::new(from, to));
                let span = Span::new(start, end);
                return Ok(Self { span, text, style, comment: None, next, is_several_lines });
            }
            if next == source.len() {
                return Err((start, "this value's opening quotes have no closing ones"));
            }
            (line_start, next) = (next, after_line(source, next));
        }
    }

    /// A plain value whose lines end in backslashes. Comments don't count in it.
    fn continued(source: &str, start: usize, mut next: usize) -> Self {
        let first = source[start..next].trim_end();
        let mut end = start + first.len();
        let mut pieces = vec![&first[..first.len() - 1]];
        while next < source.len() {
            let line_start = next;
            next = after_line(source, next);
            let line = &source[line_start..next];
            let piece = line.trim();
            if piece.is_empty() {
                break;
            }
            end = line_start + line.trim_end().len();
            let Some(piece) = piece.strip_suffix('\\') else {
                pieces.push(piece);
                break;
            };
            pieces.push(piece);
        }
        let mut text = Zeroizing::new(String::with_capacity(pieces.iter().map(|piece| piece.len()).sum()));
        pieces.iter().for_each(|piece| text.push_str(piece));
        let span = Span::new(start, end);
        let (text, style) = (Text::owned(text), Style::Plain);
        Self { span, text, style, comment: None, next, is_several_lines: true }
    }
}
