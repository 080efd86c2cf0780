//! A document's tokens, in the order in which go-yaml v3 takes them, and the comments between them.
//!
//! The tree says which tokens there are; only the indicators between the nodes are looked up in the source. Blocks
//! that end give tokens without text, which go-yaml moves up to the first comment in their own column.

use std::ops::Range;

use super::super::super::node::{Arena, Kind, NodeId, Span, Style};
use super::groups::{Gap, Group, LOOK_AHEAD, Piece, Role, column};
use super::{CommentPlace, Places};

/// What a node is to the node above it; `in_key` if that one lies in a mapping's key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    Item { list: NodeId, index: usize, in_key: bool },
    Key { mapping: NodeId, index: usize, block: bool, in_key: bool },
    Root,
    Value { mapping: NodeId, index: usize, in_key: bool },
}

/// What takes the comments gathered so far.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taken {
    FlowEnd,
    FlowStart,
    MappingEnd,
    /// An alias, too.
    Scalar,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// A key that is to follow in `mapping` has been passed.
    AppendedKey {
        mapping: NodeId,
    },
    /// The `-` of a list in block style.
    Dash {
        start: usize,
    },
    DocumentEnd {
        root: NodeId,
    },
    DocumentStart {
        root: NodeId,
    },
    /// The end of a collection in block style; `start` is set when the token after it is known.
    End {
        start: usize,
        node: NodeId,
        owner: Owner,
    },
    /// The start of a collection in block style, which takes the comments above its `-`.
    Start {
        start: usize,
        node: NodeId,
        owner: Owner,
    },
    Take {
        node: NodeId,
        owner: Owner,
        taken: Taken,
    },
    Token {
        start: usize,
    },
}

/// Kinds of tokens, as far as comments are treated differently after them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Colon,
    Comma,
    Dash,
    /// A directive, its line break counted in.
    Directive,
    /// `---`, `...`, the start of the file.
    Marker,
    Other,
    /// Scalars whose end go-yaml finds by reading on to the next text: plain ones and blocks.
    ReadsOn,
}

struct Last {
    start: usize,
    /// The token that a foot belongs to, the one before a comma: its start and whether it is a `:`.
    foot_anchor: usize,
    colon: bool,
    sort: Sort,
    /// The end of its text and its line comment.
    text_end: usize,
    has_line_comment: bool,
    indent: Option<usize>,
    in_flow: bool,
}

pub(super) struct Tokens<'a> {
    source: &'a str,
    arena: &'a Arena,
    first_line_end: usize,
    /// What goes between the end of the file and a key that is to follow each document; `None` if none is to follow.
    appended: Option<&'static str>,
    /// Whether the token that is arrived at is such a key, at the end of the file.
    key_at_end: bool,
    places: Places<'a>,
    /// The first comment that has not been passed.
    next_comment: usize,
    /// The end of the text read so far.
    at: usize,
    last: Last,
    /// Where the next token starts, once the gap before it has been cut.
    arrived: Option<usize>,
    /// Steps at the token before the last, and at the last one. They are run late, since a token is handed comments
    /// that stand after the token behind it.
    earlier: Vec<Step>,
    latest: Vec<Step>,
    /// Columns of open block collections, lists in their mapping's own column left out.
    indents: Vec<usize>,
    /// Columns of those that ended after the last token.
    ended: Vec<usize>,
    /// Where the last of these ends was put.
    end_mark: Option<usize>,
    flow_depth: usize,
    /// The root whose first token is next, if no `---` stands before it.
    bare_root: Option<NodeId>,
    /// The root whose end is next.
    open_root: Option<NodeId>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(
        source: &'a str,
        arena: &'a Arena,
        first_root: NodeId,
        appended: Option<&'static str>,
    ) -> Self {
        let start = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self {
            source,
            arena,
            first_line_end: source.find(['\n', '\r']).unwrap_or(source.len()),
            appended,
            key_at_end: false,
            places: Places::new(&arena.nodes, arena.comments.len(), first_root),
            next_comment: 0,
            at: start,
            last: Last {
                start,
                foot_anchor: start,
                colon: false,
                sort: Sort::Marker,
                text_end: start,
                has_line_comment: false,
                indent: None,
                in_flow: false,
            },
            arrived: None,
            earlier: Vec::new(),
            latest: Vec::new(),
            indents: Vec::new(),
            ended: Vec::new(),
            end_mark: None,
            flow_depth: 0,
            bare_root: None,
            open_root: None,
        }
    }

    pub(super) fn places(mut self) -> Vec<CommentPlace> {
        let roots = &self.arena.roots;
        for (index, root) in roots.iter().enumerate() {
            let marked = self.markers();
            self.bare_root = (index == 0 && !marked).then_some(*root);
            self.node(*root, Owner::Root);
            self.bare_root = None;
            self.open_root = Some(*root);
        }
        while self.markers() {}
        self.arrive(self.source.len(), true);
        self.latest.push(Step::Token { start: self.source.len() });
        self.latest.extend(self.open_root.take().map(|root| Step::DocumentEnd { root }));
        for step in self.earlier.drain(..).chain(self.latest.drain(..)) {
            self.places.step(step);
        }
        self.places.finish()
    }

    /// Passes `...` and directives, up to a `---` or a document's content. Returns whether it was a `---`.
    fn markers(&mut self) -> bool {
        loop {
            let Some((start, _)) = self.next_text() else { return false };
            if column(self.source, start) != 0 {
                return false;
            }
            let rest = &self.source.as_bytes()[start..];
            let marker =
                |mark: &[u8]| rest.starts_with(mark) && rest.get(3).is_none_or(u8::is_ascii_whitespace);
            let (end, sort) = if marker(b"---") || marker(b"...") {
                (start + 3, Sort::Marker)
            } else if rest.first() == Some(&b'%') {
                let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                (start + length.unwrap_or(rest.len()), Sort::Directive)
            } else {
                return false;
            };
            self.arrive(start, true);
            self.latest.push(Step::Token { start });
            self.latest.extend(self.open_root.take().map(|root| Step::DocumentEnd { root }));
            self.passed(start, end, sort);
            if rest.first() == Some(&b'-') {
                return true;
            }
        }
    }

    fn node(&mut self, id: NodeId, owner: Owner) {
        let arena = self.arena;
        let node = &arena.nodes[id.index()];
        if let Some(own) = node.properties.as_deref() {
            let mut spans = [own.tag.as_ref().map(|(_, span)| *span), own.anchor];
            spans.sort_unstable();
            for span in spans.into_iter().flatten() {
                self.token(span.start(), span.end(), Sort::Other);
            }
        }
        let span = node.span;
        match (&node.kind, node.style) {
            (Kind::Alias { .. }, _) => self.scalar(id, owner, span, Sort::Other),
            (Kind::Scalar(_), _) if span.is_empty() => self.append_key(id, owner, 0),
            (Kind::Scalar(_), Style::SingleQuoted | Style::DoubleQuoted) => {
                self.scalar(id, owner, span, Sort::Other);
            }
            (Kind::Scalar(_), _) => self.scalar(id, owner, span, Sort::ReadsOn),
            (Kind::Sequence { items }, Style::Flow) => {
                self.flow_start(id, owner, span);
                for (index, item) in items.iter().enumerate() {
                    self.comma(index > 0);
                    self.node(*item, Owner::Item { list: id, index, in_key: in_key(owner) });
                }
                self.comma(!items.is_empty());
                self.flow_end(id, owner, b']');
            }
            (Kind::Sequence { items }, _) => self.block_sequence(id, owner, items),
            (Kind::Mapping { entries }, Style::Flow) => {
                // In `[a: 1]` the mapping has no braces.
                let braces = self.source.as_bytes().get(span.start()) == Some(&b'{')
                    && entries.first().is_none_or(|(key, _)| self.outer_start(*key) != Some(span.start()));
                if braces {
                    self.flow_start(id, owner, span);
                }
                for (index, (key, value)) in entries.iter().enumerate() {
                    self.comma(index > 0);
                    self.flow_entry(id, owner, index, *key, *value);
                }
                if braces {
                    self.comma(!entries.is_empty());
                    self.flow_end(id, owner, b'}');
                }
            }
            (Kind::Mapping { entries }, _) => self.block_mapping(id, owner, entries),
        }
    }

    fn scalar(&mut self, node: NodeId, owner: Owner, span: Span, sort: Sort) {
        self.reach(span.start());
        self.latest.push(Step::Take { node, owner, taken: Taken::Scalar });
        // Empty lines that a block keeps are above what follows all the same.
        let text = self.source[span.range()].trim_end_matches([' ', '\t', '\r', '\n']);
        self.passed(span.start(), span.start() + text.len(), sort);
    }

    fn block_sequence(&mut self, node: NodeId, owner: Owner, items: &[NodeId]) {
        let mut indented = false;
        for (index, item) in items.iter().enumerate() {
            if let Some(start) = self.indicator(b'-') {
                self.arrive(start, false);
                if index == 0 {
                    let column = column(self.source, start);
                    indented = self.indents.last().is_none_or(|indent| *indent < column);
                    if indented {
                        self.indents.push(column);
                        self.first_step(Step::Start { start, node, owner });
                    }
                }
                self.first_step(Step::Dash { start });
                self.passed(start, start + 1, Sort::Dash);
            }
            self.node(*item, Owner::Item { list: node, index, in_key: in_key(owner) });
        }
        if indented {
            self.block_end(node, owner);
        }
    }

    fn block_mapping(&mut self, node: NodeId, owner: Owner, entries: &[(NodeId, NodeId)]) {
        let mut indented = false;
        for (index, (key, value)) in entries.iter().enumerate() {
            let outer = self.outer_start(*key);
            let question = self.indicator(b'?').filter(|start| Some(*start) != outer);
            if let Some(start) = question.or(outer) {
                self.arrive(start, false);
                if index == 0 {
                    indented = true;
                    self.indents.push(column(self.source, start));
                    self.first_step(Step::Start { start, node, owner });
                }
                self.first_step(Step::Token { start });
            }
            if let Some(start) = question {
                self.passed(start, start + 1, Sort::Other);
            }
            self.node(*key, Owner::Key { mapping: node, index, block: true, in_key: in_key(owner) });
            if let Some(start) = self.indicator(b':') {
                self.token(start, start + 1, Sort::Colon);
            }
            self.node(*value, Owner::Value { mapping: node, index, in_key: in_key(owner) });
        }
        self.append_key(node, owner, entries.len());
        if indented {
            self.block_end(node, owner);
        }
    }

    /// Goes past the key that is to follow at the end of the document, if `mapping` is its root and one is to follow.
    fn append_key(&mut self, mapping: NodeId, owner: Owner, index: usize) {
        if let (Owner::Root, Some(_)) = (owner, self.appended) {
            let start = self.next_text().map_or(self.source.len(), |(start, _)| start);
            self.key_at_end = start == self.source.len();
            self.arrive(start, false);
            self.key_at_end = false;
            // Before the token that stands there: what that one is handed is not the key's.
            self.first_step(Step::Token { start: start.saturating_sub(1) });
            let owner = Owner::Key { mapping, index, block: true, in_key: false };
            self.latest.push(Step::Take { node: mapping, owner, taken: Taken::Scalar });
            self.latest.push(Step::AppendedKey { mapping });
            self.passed(start, start, Sort::Other);
            self.arrived = None;
        }
    }

    fn block_end(&mut self, node: NodeId, owner: Owner) {
        self.ended.extend(self.indents.pop());
        self.latest.push(Step::End { start: 0, node, owner });
    }

    fn flow_start(&mut self, node: NodeId, owner: Owner, span: Span) {
        self.reach(span.start());
        self.latest.push(Step::Take { node, owner, taken: Taken::FlowStart });
        self.flow_depth += 1;
        self.passed(span.start(), span.start() + 1, Sort::Other);
    }

    fn flow_end(&mut self, node: NodeId, owner: Owner, bracket: u8) {
        if let Some(start) = self.indicator(bracket) {
            self.reach(start);
            self.latest.push(Step::Take { node, owner, taken: Taken::FlowEnd });
            self.flow_depth = self.flow_depth.saturating_sub(1);
            self.passed(start, start + 1, Sort::Other);
        }
    }

    fn flow_entry(&mut self, node: NodeId, owner: Owner, index: usize, key: NodeId, value: NodeId) {
        let outer = self.outer_start(key);
        if let Some(start) = self.indicator(b'?').filter(|start| Some(*start) != outer) {
            self.token(start, start + 1, Sort::Other);
        }
        self.node(key, Owner::Key { mapping: node, index, block: false, in_key: in_key(owner) });
        if let Some(start) = self.indicator(b':') {
            self.token(start, start + 1, Sort::Colon);
        }
        self.node(value, Owner::Value { mapping: node, index, in_key: in_key(owner) });
    }

    fn comma(&mut self, expected: bool) {
        if let (true, Some(start)) = (expected, self.indicator(b',')) {
            self.token(start, start + 1, Sort::Comma);
        }
    }

    fn token(&mut self, start: usize, end: usize, sort: Sort) {
        self.reach(start);
        self.passed(start, end, sort);
    }

    fn reach(&mut self, start: usize) {
        self.arrive(start, false);
        self.first_step(Step::Token { start });
    }

    /// Adds a step that begins with a token being looked at; the document's start goes right behind the first.
    fn first_step(&mut self, step: Step) {
        self.latest.push(step);
        self.latest.extend(self.bare_root.take().map(|root| Step::DocumentStart { root }));
    }

    /// Where a node begins, tag and anchor counted in; `None` if there is no text to it.
    fn outer_start(&self, id: NodeId) -> Option<usize> {
        let node = &self.arena.nodes[id.index()];
        let own = node.properties.as_deref();
        let tag = own.and_then(|own| own.tag.as_ref()).map(|(_, span)| span.start());
        let anchor = own.and_then(|own| own.anchor).map(Span::start);
        let text = (!node.span.is_empty()).then(|| node.span.start());
        [tag, anchor, text].into_iter().flatten().min()
    }

    /// The next byte of text that is neither white space nor in a comment, and its offset.
    fn next_text(&self) -> Option<(usize, u8)> {
        let bytes = self.source.as_bytes();
        let mut at = self.at;
        loop {
            match bytes.get(at)? {
                b' ' | b'\t' | b'\n' | b'\r' => at += 1,
                b'#' => {
                    at += bytes[at..]
                        .iter()
                        .position(|byte| matches!(byte, b'\n' | b'\r'))
                        .unwrap_or(bytes.len() - at);
                }
                _ if bytes[at..].starts_with("\u{feff}".as_bytes()) => at += '\u{feff}'.len_utf8(),
                byte => return Some((at, *byte)),
            }
        }
    }

    fn indicator(&self, expected: u8) -> Option<usize> {
        self.next_text().filter(|(_, byte)| *byte == expected).map(|(at, _)| at)
    }

    /// Cuts the comments between the last token and one at `start`, and runs the steps that were waiting for that.
    fn arrive(&mut self, start: usize, document_over: bool) {
        if self.arrived == Some(start) {
            return;
        }
        self.arrived = Some(start);
        let comments = &self.arena.comments;
        let first = self.next_comment;
        while comments.get(self.next_comment).is_some_and(|comment| comment.start() < start) {
            self.next_comment += 1;
        }
        let range = first..self.next_comment;
        let scan_start = self.scan_start(start, &range);
        let pieces = if range.is_empty() { Vec::new() } else { self.cut(range, scan_start) };
        self.end_blocks(start, scan_start, document_over, &pieces);
        self.places.waiting.extend(pieces.into_iter().map(|piece| piece.group));
        for step in self.earlier.drain(..) {
            self.places.step(step);
        }
        std::mem::swap(&mut self.earlier, &mut self.latest);
    }

    /// Where go-yaml begins to look for the token at `next`.
    fn scan_start(&self, next: usize, comments: &Range<usize>) -> usize {
        let reads_on = match self.last.sort {
            Sort::Directive => true,
            Sort::ReadsOn => !self.last.has_line_comment,
            _ => false,
        };
        if reads_on {
            self.arena.comments.get(comments.start).map_or(next, |comment| comment.start().min(next))
        } else {
            self.last.text_end
        }
    }

    fn cut(&mut self, range: Range<usize>, scan_start: usize) -> Vec<Piece> {
        let at_start = self.last.start == self.last.text_end;
        let gap = Gap {
            source: self.source,
            comments: &self.arena.comments,
            text_end: self.last.text_end,
            on_first_line: scan_start <= self.first_line_end,
            foot_anchor: self.last.foot_anchor,
            after_colon: self.last.colon,
            indent: self.last.indent.unwrap_or(0),
            in_flow: self.last.in_flow,
            appended: self.appended.filter(|_| self.key_at_end),
        };
        let (pieces, before_empty) = gap.cut(range);
        if at_start {
            self.places.header_end = before_empty;
        }
        pieces
    }

    /// Says where the blocks end that are closed between the last token and the one at `next`.
    fn end_blocks(&mut self, next: usize, scan_start: usize, document_over: bool, pieces: &[Piece]) {
        self.end_mark = None;
        if self.ended.is_empty() {
            return;
        }
        let next_column = column(self.source, next);
        let mut mark = scan_start.saturating_sub(1);
        let mut all_over = false;
        let mut ended = std::mem::take(&mut self.ended).into_iter();
        for step in &mut self.latest {
            let Step::End { start, .. } = step else { continue };
            let Some(indent) = ended.next() else { break };
            if document_over && !all_over && indent <= next_column {
                all_over = true;
                mark = next.saturating_sub(1);
            }
            let within_reach = !all_over || pieces.last().is_some_and(|piece| piece.end + 1 >= next);
            if within_reach && let Some(piece) = pieces.iter().find(|piece| piece.column == indent) {
                mark = piece.start;
            }
            *start = mark;
        }
        self.end_mark = Some(mark);
    }

    /// Goes on behind a token, and its line comment if it has one.
    fn passed(&mut self, start: usize, end: usize, sort: Sort) {
        let anchor = match sort {
            Sort::Colon if self.flow_depth == 0 => self.end_mark.unwrap_or(self.last.start),
            Sort::Comma => self.last.start,
            _ => start,
        };
        let (foot_anchor, colon) = if sort == Sort::Comma {
            (self.last.start, self.last.sort == Sort::Colon)
        } else {
            (start, sort == Sort::Colon)
        };
        let mut text_end = end;
        let line_comment = self.line_comment(end, sort);
        if let Some(comment) = line_comment {
            text_end = text_end.max(self.arena.comments[comment].end());
            self.next_comment = comment + 1;
            if sort != Sort::Directive {
                let comments = comment..comment + 1;
                self.places.waiting.push_back(Group { role: Role::Line, anchor, comments });
            }
        }
        self.at = text_end;
        self.last = Last {
            start,
            foot_anchor,
            colon,
            sort,
            text_end,
            has_line_comment: line_comment.is_some() && text_end > end,
            indent: self.indents.last().copied(),
            in_flow: self.flow_depth > 0,
        };
    }

    /// The comment behind a token that ends at `end`, on its line.
    fn line_comment(&self, end: usize, sort: Sort) -> Option<usize> {
        let comment = self.arena.comments.get(self.next_comment)?;
        // In a block scalar's header, or in a directive, whose comments go-yaml does not keep.
        if comment.start() < end {
            return Some(self.next_comment);
        }
        if matches!(sort, Sort::Dash | Sort::Directive | Sort::Marker) {
            return None;
        }
        let blanks =
            self.source.as_bytes()[end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let near = blanks < LOOK_AHEAD || sort == Sort::ReadsOn;
        (near && end + blanks == comment.start()).then_some(self.next_comment)
    }
}

/// Whether what is in a node lies in a key.
fn in_key(owner: Owner) -> bool {
    match owner {
        Owner::Item { in_key, .. } | Owner::Value { in_key, .. } => in_key,
        Owner::Key { .. } => true,
        Owner::Root => false,
    }
}
