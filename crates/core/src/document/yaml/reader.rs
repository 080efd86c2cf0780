//! YAML events into nodes.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{
    ErrorKind, Event, Parser, ScalarStyle, ScanError, Span as EventSpan, StructureStyle, Tag,
};
use zeroize::Zeroizing;

use super::super::keys::{KeySet, key_text};
use super::super::node::{Arena, Kind, NodeData, NodeId, Properties, Span, Style, Text};
use super::super::{MAX_DEPTH, ParseError, ParseErrorKind};

/// Reads a YAML stream of any number of documents.
pub(in super::super) fn read(source: &str) -> Result<Arena, ParseError> {
    let options = granit_parser::options! {
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        // A license header may be long; the file's size bounds it.
        max_buffered_comment_events: usize::MAX,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut reader = Reader {
        source,
        arena: Arena::default(),
        open: Vec::new(),
        anchors: HashMap::new(),
        previous_end: 0,
        last_node: None,
    };
    for event in Parser::new_from_str_with_options(source, options) {
        let (event, span) = event.map_err(|error| scan_error(source, &error))?;
        reader.event(event, &span)?;
    }
    Ok(reader.arena)
}

fn scan_error(source: &str, error: &ScanError) -> ParseError {
    let kind = match error.kind() {
        ErrorKind::RecursionLimitExceeded => ParseErrorKind::TooDeep { limit: MAX_DEPTH },
        // The parser would name the character, which may belong to a secret.
        ErrorKind::UnexpectedCharacter { .. } => {
            ParseErrorKind::Syntax { format: "YAML", reason: "unexpected character".to_owned() }
        }
        // All other messages name the parser's constructs, never text of the file.
        _ => ParseErrorKind::Syntax { format: "YAML", reason: error.info() },
    };
    let offset = error.marker().byte_offset().unwrap_or(source.len());
    ParseError::at(source, offset, kind)
}

/// A collection that is not closed yet.
struct Open<'source> {
    id: NodeId,
    /// The key that waits for its value, in a mapping.
    key: Option<NodeId>,
    keys: KeySet<'source>,
}

struct Reader<'source> {
    source: &'source str,
    arena: Arena,
    open: Vec<Open<'source>>,
    anchors: HashMap<usize, NodeId>,
    /// The end of the last token that is no comment: the next node's text begins after it.
    previous_end: usize,
    /// The node that an anchor event speaks of.
    last_node: Option<NodeId>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, event_span: &EventSpan) -> Result<(), ParseError> {
        let range = event_span.byte_range().expect("a parser over text gives byte offsets");
        let span = Span::new(range.start, range.end);
        match event {
            Event::Comment(..) => {
                self.arena.comments.push(span);
                return Ok(());
            }
            Event::Scalar(text, style, anchor, tag) => {
                let properties = properties(tag, event_span);
                let (style, span, text) = self.scalar(text, style, span, properties.as_deref());
                self.node(Kind::Scalar(text), style, span, properties, anchor)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                let kind = Kind::Sequence { items: Vec::new() };
                self.open(kind, style, span, properties(tag, event_span), anchor)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                let kind = Kind::Mapping { entries: Vec::new() };
                self.open(kind, style, span, properties(tag, event_span), anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Anchor(..) => {
                if let Some(id) = self.last_node {
                    let node = &mut self.arena.nodes[id.index()];
                    let properties = node.properties.get_or_insert_default();
                    properties.anchor = Some(span);
                    if node.span.is_empty() {
                        let after_tag = properties.tag.as_ref().map_or(0, |(_, tag)| tag.end());
                        let at = span.end().max(after_tag);
                        node.span = Span::new(at, at);
                    }
                }
            }
            Event::Alias(anchor) => {
                let Some(target) = self.anchors.get(&anchor).copied() else {
                    return Err(self.error(span, ParseErrorKind::UndefinedAlias));
                };
                if self.open.iter().any(|open| open.id == target) {
                    return Err(self.error(span, ParseErrorKind::AliasInsideAnchor));
                }
                self.node(Kind::Alias { target }, Style::Plain, span, None, 0)?;
            }
            // The name may be a secret: a password may begin with `*`.
            Event::UnresolvedAlias(_) => return Err(self.error(span, ParseErrorKind::UndefinedAlias)),
            Event::DocumentStart(explicit, _) => {
                self.anchors.clear();
                // What stands before the marker belongs to the document before it, directives aside.
                if explicit && self.arena.ends.len() < self.arena.roots.len() {
                    self.arena.ends.push(span.start());
                }
                // Without a marker the event has the span of what comes first in the document.
                if !explicit {
                    return Ok(());
                }
            }
            Event::DocumentEnd if !span.is_empty() => self.arena.ends.push(span.start()),
            Event::StreamEnd => {
                // A file of comments only is one empty document.
                if self.arena.roots.is_empty() && !self.arena.comments.is_empty() {
                    let end = Span::new(self.source.len(), self.source.len());
                    self.node(Kind::Scalar(Text::Source(end)), Style::Plain, end, None, 0)?;
                }
                self.arena.ends.resize(self.arena.roots.len(), self.source.len());
            }
            _ => {}
        }
        self.previous_end = self.previous_end.max(span.end());
        Ok(())
    }

    /// A scalar's style, its whole span (block header included), and where its text is to be had.
    fn scalar(
        &self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        span: Span,
        properties: Option<&Properties>,
    ) -> (Style, Span, Text) {
        let style = match style {
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
            ScalarStyle::Plain => Style::Plain,
        };
        match style {
            // The parser stands in `~` for a value that is left out.
            Style::Plain if span.is_empty() => {
                let tag = properties.and_then(|own| own.tag.as_ref());
                let at = tag.map_or_else(|| self.place_of_nothing(span.start()), |(_, tag)| tag.end());
                let span = Span::new(at, at);
                (style, span, Text::Source(span))
            }
            Style::Plain if self.source[span.range()] == *text => (style, span, Text::Source(span)),
            Style::SingleQuoted | Style::DoubleQuoted
                if span.end() - span.start() >= 2
                    && self.source[span.start() + 1..span.end() - 1] == *text =>
            {
                (style, span, Text::Source(Span::new(span.start() + 1, span.end() - 1)))
            }
            Style::Literal | Style::Folded => {
                let after_tag = properties.and_then(|own| own.tag.as_ref()).map_or(0, |(_, tag)| tag.end());
                let start = block_header(self.source, self.previous_end.max(after_tag));
                let content_end = content_end(self.source, start, span.end(), &text);
                let end = block_end(self.source, start, span.end(), content_end);
                let mut text = owned(text);
                // Without a line break at the end of the file there is none at the end of the value (YAML 1.2.2,
                // section 8.1.1.2, where a last line may end with the file).
                if let Text::Owned(text) = &mut text
                    && span.end() == self.source.len()
                    && line_breaks_at_end(text) > line_breaks(&self.source[content_end..])
                {
                    *text = Zeroizing::new(text[..text.len() - 1].into());
                }
                (style, Span::new(start, end), text)
            }
            _ => (style, span, owned(text)),
        }
    }

    /// Where a value that is left out would stand: the parser puts it before the colon of its key, or behind the comment
    /// after its dash.
    fn place_of_nothing(&self, at: usize) -> usize {
        let Some(open) = self.open.last() else { return at };
        let list = &self.arena.nodes[open.id.index()];
        if list.style == Style::Block && matches!(list.kind, Kind::Sequence { .. }) {
            let mut before = self.source[..at].trim_end();
            for comment in self.arena.comments.iter().rev().skip_while(|comment| comment.end() > at) {
                if comment.end() != before.len() {
                    break;
                }
                before = self.source[..comment.start()].trim_end();
            }
            return if before.ends_with('-') { before.len() } else { at };
        }
        let Some(key) = open.key else { return at };
        let key_end = self.arena.nodes[key.index()].span.end();
        if let Some(between) = self.source.get(key_end..at)
            && between.contains('\n')
            && between.lines().all(|line| !line.split('#').next().unwrap_or_default().contains(':'))
        {
            // No colon, either: the parser has it begin where the next key does.
            return key_end;
        }
        let after = &self.source[at..];
        let blank = after.len() - after.trim_start_matches([' ', '\t', '\r', '\n']).len();
        if after[blank..].starts_with(':') { at + blank + 1 } else { at }
    }

    fn open(
        &mut self,
        kind: Kind,
        style: StructureStyle,
        span: Span,
        properties: Option<Box<Properties>>,
        anchor: usize,
    ) -> Result<(), ParseError> {
        let style = match style {
            StructureStyle::Block => Style::Block,
            StructureStyle::Flow => Style::Flow,
        };
        let id = self.node(kind, style, span, properties, anchor)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(self.error(span, ParseErrorKind::TooDeep { limit: MAX_DEPTH }));
        }
        self.open.push(Open { id, key: None, keys: KeySet::default() });
        Ok(())
    }

    /// Puts a node into the open collection, or makes it a root.
    fn node(
        &mut self,
        kind: Kind,
        style: Style,
        span: Span,
        properties: Option<Box<Properties>>,
        anchor: usize,
    ) -> Result<NodeId, ParseError> {
        let parent = self.open.last().map(|open| open.id);
        let id = self.arena.push(NodeData { parent, kind, style, span, properties });
        self.last_node = Some(id);
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        let Some(open) = self.open.last_mut() else {
            self.arena.roots.push(id);
            return Ok(id);
        };
        let parent = open.id;
        match (open.key.take(), &mut self.arena.nodes[parent.index()].kind) {
            (_, Kind::Sequence { items }) => items.push(id),
            (Some(key), Kind::Mapping { entries }) => entries.push((key, id)),
            (None, Kind::Mapping { .. }) => {
                open.key = Some(id);
                self.check_key(id)?;
            }
            (_, Kind::Alias { .. } | Kind::Scalar(_)) => unreachable!("only collections are opened"),
        }
        Ok(id)
    }

    /// Refuses a key that stands in its mapping already. A merge key may: each merges one more mapping in.
    fn check_key(&mut self, key: NodeId) -> Result<(), ParseError> {
        let nodes = &self.arena.nodes;
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        let Kind::Mapping { entries } = &nodes[open.id.index()].kind else { return Ok(()) };
        if key_text(self.source, nodes, key) == Some("<<") {
            return Ok(());
        }
        open.keys.add(self.source, nodes, entries, key)
    }

    /// Closes the innermost collection; its span then reaches from its first child to the end of its last.
    fn close(&mut self, end_event: Span) {
        let Some(open) = self.open.pop() else { return };
        let node = &self.arena.nodes[open.id.index()];
        let (first, last) = match &node.kind {
            Kind::Mapping { entries } => {
                (entries.first().map(|entry| entry.0), entries.last().map(|entry| entry.1))
            }
            Kind::Sequence { items } => (items.first().copied(), items.last().copied()),
            Kind::Alias { .. } | Kind::Scalar(_) => (None, None),
        };
        // An implicit mapping in a flow list (`[a: 1]`) has no braces: it ends with its value, too.
        let ends_with_child = node.style == Style::Block || end_event.is_empty();
        let start = first.map_or(node.span.start(), |id| {
            // An anchor stands before it, on a line above maybe: the parser has it begin right behind that.
            let own = past_blank(self.source, node.span.start());
            self.outer_start(id).min(own)
        });
        let end = if ends_with_child {
            last.map_or(node.span.end(), |id| self.arena.nodes[id.index()].span.end())
        } else {
            end_event.end()
        };
        self.arena.nodes[open.id.index()].span = Span::new(start, end.max(start));
    }

    /// Where a node begins, its tag and anchor counted in.
    fn outer_start(&self, id: NodeId) -> usize {
        let node = &self.arena.nodes[id.index()];
        let properties = node.properties.as_deref();
        let tag = properties.and_then(|own| own.tag.as_ref()).map(|(_, span)| span.start());
        let anchor = properties.and_then(|own| own.anchor).map(Span::start);
        [tag, anchor].into_iter().flatten().fold(node.span.start(), usize::min)
    }

    fn error(&self, span: Span, kind: ParseErrorKind) -> ParseError {
        ParseError::at(self.source, span.start(), kind)
    }
}

fn owned(text: Cow<'_, str>) -> Text {
    Text::Owned(Zeroizing::new(text.into_owned().into_boxed_str()))
}

fn properties(tag: Option<Cow<'_, Tag>>, span: &EventSpan) -> Option<Box<Properties>> {
    let tag = tag?;
    let place =
        span.tag_span().and_then(|span| span.byte_range()).map(|range| Span::new(range.start, range.end));
    let resolved = format!("{}{}", tag.handle(), tag.suffix()).into_boxed_str();
    Some(Box::new(Properties { tag: Some((resolved, place.unwrap_or_default())), anchor: None }))
}

/// The offset of the `|` or `>` that opens the block scalar after `from`. Between them stand white space, the
/// indicators `:`, `-` and `?`, properties and comments only.
fn block_header(source: &str, from: usize) -> usize {
    let bytes = source.as_bytes();
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'|' | b'>' => return at,
            b'#' => at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at),
            b'!' | b'&' => {
                at += bytes[at..].iter().position(u8::is_ascii_whitespace).unwrap_or(bytes.len() - at);
            }
            _ => at += 1,
        }
    }
    from
}

/// The offset of the first character from `at` on that is neither white space nor in a comment.
fn past_blank(source: &str, mut at: usize) -> usize {
    loop {
        let rest = &source[at..];
        at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        if !source[at..].starts_with('#') {
            return at;
        }
        at += source[at..].find(['\r', '\n']).unwrap_or(source.len() - at);
    }
}

/// Where a block scalar's own text ends: after its last line that is not empty, before that line's break. Empty lines
/// below are layout, unless the header says to keep them (`+`).
fn block_end(source: &str, start: usize, parsed_end: usize, content_end: usize) -> usize {
    let block = &source[start..parsed_end.max(start)];
    let header = block.split(['\n', '#']).next().unwrap_or_default();
    if !header.contains('+') {
        return content_end;
    }
    // The parser reads on over the indentation of the line that ends the block.
    let ends_within_line = source[start + block.len()..].starts_with(|next| !matches!(next, '\r' | '\n'));
    let block = if ends_within_line { block.trim_end_matches(' ') } else { block };
    let end = block.strip_suffix('\n').unwrap_or(block);
    start + end.strip_suffix('\r').unwrap_or(end).len()
}

/// Where the last line of a block scalar ends that has any text, be it white space. `text` is its value, which tells that.
fn content_end(source: &str, start: usize, parsed_end: usize, text: &str) -> usize {
    let block = &source[start..parsed_end.max(start)];
    let visible = start + block.trim_end_matches([' ', '\t', '\r', '\n']).len();
    let content = text.trim_end_matches('\n');
    let blank = &content[content.trim_end_matches([' ', '\t', '\n']).len()..];
    // How many lines of white space alone belong to it. If there is nothing else, the first one is below the header.
    let lines = line_breaks(blank) + usize::from(!blank.is_empty() && blank.len() == content.len());
    let mut end = if lines == 0 { visible + blank.len() } else { visible };
    for _ in 0..lines {
        let below = source[end..].find('\n').map_or(source.len(), |newline| end + newline + 1);
        end = source[below..].find('\n').map_or(source.len(), |newline| below + newline);
        end -= usize::from(source[..end].ends_with('\r'));
    }
    end.min(parsed_end.max(visible))
}

fn line_breaks(text: &str) -> usize {
    text.matches('\n').count()
}

fn line_breaks_at_end(text: &str) -> usize {
    text.len() - text.trim_end_matches('\n').len()
}

#[cfg(test)]
mod tests {
    use super::super::super::{Children, Document, Format, ParseErrorKind, Style};

    fn parse(source: &str) -> Document {
        Document::parse(source.as_bytes(), Format::Yaml).unwrap()
    }

    fn error(source: &str) -> (ParseErrorKind, String) {
        let error = Document::parse(source.as_bytes(), Format::Yaml).unwrap_err();
        (error.kind, error.location.to_string())
    }

    #[test]
    fn spans_cover_quotes_and_block_headers_but_no_properties() {
        let source =
            "a: 'it''s'\nb: !!str &x |- # note\n  one\n\n  two\n\n# after\nc: >\n  folded\n  text\nd: *x\n";
        let document = parse(source);
        let root = document.roots().next().unwrap();
        let sources: Vec<_> = root.entries().unwrap().iter().map(|(_, value)| value.source()).collect();
        assert_eq!(sources, ["'it''s'", "|- # note\n  one\n\n  two", ">\n  folded\n  text", "*x"]);
        assert_eq!(root.get("b").unwrap().text(), Some("one\n\ntwo"));
        assert_eq!(root.get("d").unwrap().text(), Some("one\n\ntwo"));
        assert_eq!(root.get("b").unwrap().tag(), Some("tag:yaml.org,2002:str"));
        assert_eq!(&source[root.get("b").unwrap().anchor_span().unwrap().range()], "&x");
        assert_eq!(
            document.comments().map(crate::document::node::Comment::source).collect::<Vec<_>>(),
            ["# note", "# after"]
        );
    }

    #[test]
    fn a_last_line_without_a_break_gives_none_to_its_block() {
        for (source, text) in [
            ("|\n  x", "x"),
            ("|+\n  x", "x"),
            ("|+\n  x\n", "x\n"),
            ("|\n  x\n ", "x\n"),
            ("|\n  x\r\n  ", "x\n"),
            ("|\n  x\n\n ", "x\n"),
            ("|+\n  x\n ", "x\n"),
            ("|+\n  x\n\n  ", "x\n\n"),
            // White space past the indentation is text.
            ("|\n  x\n   ", "x\n "),
            ("|+\n  x\n   ", "x\n "),
            (">\n  x  ", "x  "),
        ] {
            let document = parse(&format!("a: {source}"));
            assert_eq!(document.roots().next().unwrap().get("a").unwrap().text(), Some(text), "{source:?}");
        }
    }

    #[test]
    fn a_value_that_is_left_out_with_its_colon_stands_behind_its_key() {
        for source in ["? a\nb: 1\n", "? a # c: d\nb: 1\n", "?\n  a\n\nb: 1\n", "? 'a'\n"] {
            let document = parse(source);
            let root = document.roots().next().unwrap();
            let (key, value) = root.entries().unwrap().iter().next().unwrap();
            assert_eq!((value.span().start(), value.source()), (key.span().end(), ""), "{source}");
        }
        let source = "a:\nb: 1\n";
        assert_eq!(parse(source).roots().next().unwrap().get("a").unwrap().span().range(), 2..2);
    }

    #[test]
    fn an_anchored_collection_begins_with_its_first_key_or_dash() {
        for (source, collection) in [
            ("a: &x\n  k: s\n", "k: s"),
            ("a: !!map &x # why\n  # and who\n\n  k: s\n", "k: s"),
            ("a: &x\r\n- s\r\n- t\r\n", "- s\r\n- t"),
            ("a: &x\n  ? k\n  : s\n", "? k\n  : s"),
            ("a: &x\n  !t k: s\n", "!t k: s"),
            ("a: &x {k: s}\n", "{k: s}"),
            ("a: &x\n  #\n  [s]\n", "[s]"),
        ] {
            let document = parse(source);
            assert_eq!(document.roots().next().unwrap().get("a").unwrap().source(), collection);
        }
        assert_eq!(parse("--- &x\nk: s\n").roots().next().unwrap().source(), "k: s");
    }

    #[test]
    fn white_space_at_the_end_of_a_block_is_its_own() {
        for (block, text) in [
            ("|\n  x  ", "x  \n"),
            ("|-\n  x\t ", "x\t "),
            (">\n  x\n  y  ", "x y  \n"),
            ("|\n  x\n     ", "x\n   \n"),
            ("|\n  x \n\n     ", "x \n\n   \n"),
            ("|2-\n     ", "   "),
            ("|2\n\n     ", "\n   \n"),
            ("|+\n  x  ", "x  \n"),
        ] {
            for (after, newline) in [("\nb: 1\n", "\n"), ("\n", "\n"), ("\r\n\r\n \r\nb: 1\r\n", "\r\n")] {
                if block.contains('+') && after.len() > 6 {
                    continue;
                }
                let block = block.replace('\n', newline);
                let document = parse(&format!("a: {block}{after}"));
                let node = document.roots().next().unwrap().get("a").unwrap();
                assert_eq!((node.source(), node.text()), (block.as_str(), Some(text)), "{block:?}{after:?}");
            }
        }
    }

    #[test]
    fn a_kept_block_owns_its_empty_lines_and_others_do_not() {
        let document = parse("a: |+\n  x\n\n\nb: |\n  y\n\n\nc: |\n\nd: 1\n");
        let root = document.roots().next().unwrap();
        assert_eq!(root.get("a").unwrap().source(), "|+\n  x\n\n");
        assert_eq!(root.get("a").unwrap().text(), Some("x\n\n\n"));
        assert_eq!(root.get("b").unwrap().source(), "|\n  y");
        assert_eq!(root.get("c").unwrap().source(), "|");
        assert_eq!(parse("|\n a\n\n").roots().next().unwrap().source(), "|\n a");
        assert_eq!(root.get("c").unwrap().text(), Some(""));
        let document = parse("- a: |+\n    x\n\n  # y\n  b: |+\n    z\n  c: 1\n");
        let root = document.roots().next().unwrap();
        let item = root.items().unwrap().get(0).unwrap();
        assert_eq!(item.get("a").unwrap().source(), "|+\n    x\n");
        assert_eq!(item.get("b").unwrap().source(), "|+\n    z");
    }

    #[test]
    fn collections_reach_from_their_first_to_their_last_child() {
        let document = parse("top:\n  &k key: 1\n  list:\n  - a\n  - {x: y}\nend: [1,\n  2]\n");
        let root = document.roots().next().unwrap();
        let top = root.get("top").unwrap();
        assert_eq!(top.source(), "&k key: 1\n  list:\n  - a\n  - {x: y}");
        assert_eq!(top.style(), Style::Block);
        assert_eq!(root.get("end").unwrap().source(), "[1,\n  2]");
        assert_eq!(root.get("end").unwrap().style(), Style::Flow);
    }

    #[test]
    fn several_documents_and_values_left_out() {
        let document = parse("\u{feff}# start\n---\na:\n--- # none\n...\n---\n- \n- x\n");
        let roots: Vec<_> = document.roots().collect();
        assert_eq!(roots.len(), 3);
        assert!(roots[0].get("a").unwrap().span().is_empty());
        assert_eq!(roots[1].text(), Some(""));
        assert!(matches!(roots[2].children(), Children::Sequence(items) if items.len() == 2));
        assert_eq!(parse("").roots().len(), 0);
    }

    #[test]
    fn a_value_left_out_stands_after_its_own_tag_and_anchor() {
        for (source, at) in
            [("a: !\n: b\n", 4), ("a: &x\n: b\n", 5), ("a: &x !t\n: b\n", 8), ("a: !t &x\n: b\n", 8)]
        {
            let document = parse(source);
            let span = document.roots().next().unwrap().get("a").unwrap().span();
            assert_eq!(span.range(), at..at, "{source}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let (kind, place) = error("a: 1\nb:\n  x: 1\n  y: 2\n  \"x\": 3\n");
        assert_eq!(kind, ParseErrorKind::DuplicateKey { key: "x".into(), first: 3 });
        assert_eq!(place, "line 5, column 3");
        let (kind, place) = error("a: *b\n");
        assert_eq!(kind, ParseErrorKind::UndefinedAlias);
        assert_eq!(place, "line 1, column 4");
        let (kind, _) = error("a: &b [*b]\n");
        assert_eq!(kind, ParseErrorKind::AliasInsideAnchor);
        let (kind, _) = error(&"[".repeat(5000));
        assert!(matches!(kind, ParseErrorKind::TooDeep { .. }), "{kind}");
        let (kind, place) = error("a: \"unclosed\nb: 2\n");
        assert!(matches!(kind, ParseErrorKind::Syntax { .. }));
        assert!(place.starts_with("line "), "{place}");
        let many: String = (0..100).map(|i| format!("k{i}: 1\n")).chain(["k7: 2\n".to_owned()]).collect();
        assert_eq!(error(&many).0, ParseErrorKind::DuplicateKey { key: "k7".into(), first: 8 });
    }
}
