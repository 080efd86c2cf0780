//! Changes to YAML text: scalars in the style they have, entries and items put in and taken out.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use super::super::edit::{Edits, entry_index};
use super::super::line_spans::{self, line_end, line_start, mark_length, next_line, whole_lines};
use super::super::node::{Children, Comment, Node, Span, Style};
use super::super::{Document, Mapping, Value};
use super::scalar::{
    block_fits, literal_fits, needs_indicator, plain_fits, room, single_quoted_fits, write_block_lines,
    write_double_quoted, write_literal, write_one_line, write_single_quoted,
};
use super::tree::{self, Indentation, Texts};

/// What the lines of a literal block, or a mapping in a list, stand to the right of the dash.
const PAST_DASH: usize = 2;

/// See [`Edits::set_text`].
pub(in super::super) fn set_text<'a>(edits: &mut Edits<'a>, node: Node<'a>, text: &str, style: Style) {
    let flow = node.in_flow();
    remove_tag(edits, node, |tag| tag.starts_with("tag:yaml.org,2002:") && tag != "tag:yaml.org,2002:str");
    let mut out = Zeroizing::new(String::with_capacity(room(text)));
    match style {
        Style::Plain if plain_fits(text, flow) => out.push_str(text),
        Style::Plain | Style::SingleQuoted if single_quoted_fits(text) => write_single_quoted(&mut out, text),
        Style::Literal | Style::Folded if !flow && write_block(&mut out, node, text) => {}
        _ => write_double_quoted(&mut out, text),
    }
    put(edits, node, &mut out);
}

/// See [`Edits::set`].
pub(in super::super) fn set<'a>(edits: &mut Edits<'a>, node: Node<'a>, value: &Value) {
    let is_block = matches!(value, Value::Mapping(mapping) if !mapping.is_empty())
        || matches!(value, Value::Sequence(items) if !items.is_empty());
    let was_scalar = matches!(node.children(), Children::Scalar(_) | Children::Alias(_));
    if node.in_flow() || (node.style() == Style::Flow && is_block) {
        if was_scalar && !is_block {
            set_scalar(edits, node, value, node.style());
        } else {
            remove_tag(edits, node, |_| true);
            put(edits, node, &mut Zeroizing::new(flow_value(value)));
        }
    } else if was_scalar && !is_block {
        set_scalar(edits, node, value, node.style());
    } else {
        replace_block(edits, node, value, is_block);
    }
}

/// Gives a scalar node the scalar `value`, a string in the style `style` if that can hold it.
pub(in super::super) fn set_scalar<'a>(edits: &mut Edits<'a>, node: Node<'a>, value: &Value, style: Style) {
    let Value::String(text) = value else {
        // Under a tag that YAML does not know it would be a string.
        remove_tag(edits, node, |_| true);
        let mut out = Zeroizing::new(String::new());
        tree::write_scalar(&mut out, value, 0, 2);
        if out.ends_with('\n') {
            out.pop();
        }
        return put(edits, node, &mut out);
    };
    let flow = node.in_flow();
    if style != Style::Plain {
        return set_text(edits, node, text, style);
    }
    remove_tag(edits, node, |tag| tag.starts_with("tag:yaml.org,2002:") && tag != "tag:yaml.org,2002:str");
    // `!!str` makes a string of anything, and so does a tag that YAML itself does not know.
    let is_tagged_string = node.tag().is_some_and(|tag| {
        tag == "tag:yaml.org,2002:str" || (tag != "!" && !tag.starts_with("tag:yaml.org,2002:"))
    });
    let mut out = Zeroizing::new(String::with_capacity(room(text)));
    if is_tagged_string && plain_fits(text, flow) {
        out.push_str(text);
    } else if !flow && literal_fits(text) && write_new_block(&mut out, node, text) {
    } else {
        write_one_line(&mut out, text, flow);
    }
    put(edits, node, &mut out);
}

/// Replaces a scalar's text. A value that is left out has no text yet: it is parted from what stands before it, and
/// gets its colon if that is left out, too (`{a, b}`).
fn put<'a>(edits: &mut Edits<'a>, node: Node<'a>, text: &mut Zeroizing<String>) {
    let span = node.span();
    let source = node.document().source();
    if span.is_empty() {
        if let Some(key) = key_without_colon(node) {
            text.insert(0, ' ');
            return put_after_key(edits, key, text);
        }
        // Other white space, such as U+0085, parts nothing, or is a line break.
        if !source[..span.start()].ends_with([' ', '\t', '\n', '\r']) {
            text.insert(0, ' ');
        }
    }
    if matches!(node.style(), Style::Literal | Style::Folded) {
        // A comment may stand in the block's header: it stays, between the indicators and the lines.
        let block = Block::of(node);
        let (first, lines) = text.split_at(line_end(text, 0));
        edits.replace(Span::new(span.start(), block.note_start), first);
        edits.replace(Span::new(block.lines_start, span.end().max(block.lines_start)), lines);
    } else if text.contains('\n') {
        replace_lines(edits, node, span, text);
    } else {
        edits.replace_secret(span, std::mem::take(text));
    }
}

/// The key of a value that is left out together with its colon: `{a, b}`, `? a`.
fn key_without_colon(value: Node<'_>) -> Option<Node<'_>> {
    let mapping = value.parent()?;
    let (key, _) = mapping.entries()?.iter().nth(entry_index(mapping, value.id())?)?;
    colon_behind(key).is_none().then_some(key)
}

/// The offset of the colon that parts `key` from its value: nothing but white space and comments stands before it.
fn colon_behind(key: Node<'_>) -> Option<usize> {
    let mut at = key.span().end();
    for line in key.document().source()[at..].split_inclusive('\n') {
        let text = line.trim_start();
        if text.starts_with(':') {
            return Some(at + line.len() - text.len());
        }
        if !text.is_empty() && !text.starts_with('#') {
            return None;
        }
        at += line.len();
    }
    None
}

/// Writes the value of a key that has no colon yet.
fn put_after_key<'a>(edits: &mut Edits<'a>, key: Node<'a>, text: &str) {
    let source = key.document().source();
    let end = key.span().end();
    match indicator(source, key.outer_start(), '?') {
        Some(mark) if !key.in_flow() => {
            let end = line_end(source, end);
            let indent = " ".repeat(column(source, mark));
            edits.replace(Span::new(end, end), format!("{}{indent}:{text}", newline(key)));
        }
        _ => edits.replace(Span::new(end, end), format!(":{text}")),
    }
}

/// Replaces `span`, which ends where `node` does, by `text`. Its first line goes there; further lines follow the end of
/// the line, since a comment may stand behind the node, and stays behind the first line.
fn replace_lines<'a>(edits: &mut Edits<'a>, node: Node<'a>, span: Span, text: &str) {
    let (first, lines) = text.split_at(line_end(text, 0));
    edits.replace(span, first);
    if !lines.is_empty() {
        let end = line_end(node.document().source(), span.end());
        edits.replace(Span::new(end, end), lines);
    }
}

/// The parts of a block scalar.
struct Block<'a> {
    /// The digit and the chomping sign.
    indicators: &'a str,
    /// Where the rest of the header begins: white space and a comment.
    note_start: usize,
    /// Where the header ends, and what follows it: line breaks and lines.
    lines_start: usize,
    lines: &'a str,
}

impl<'a> Block<'a> {
    fn of(node: Node<'a>) -> Self {
        let (source, start) = (node.document().source(), node.span().start());
        // The header ends with its line, also where there is nothing below it.
        let lines_start = line_end(source, start);
        let header = &source[start..lines_start];
        let indicators =
            header.get(1..).unwrap_or_default().split([' ', '\t', '#']).next().unwrap_or_default();
        Self {
            indicators,
            note_start: start + 1 + indicators.len(),
            lines_start,
            lines: &source[lines_start..node.span().end().max(lines_start)],
        }
    }
}

/// Takes out the tag of `node` if `unfit` says so of it.
fn remove_tag<'a>(edits: &mut Edits<'a>, node: Node<'a>, unfit: impl Fn(&str) -> bool) {
    if let (Some(tag), Some(span)) = (node.tag(), node.tag_span())
        && unfit(tag)
    {
        let source = node.document().source();
        let (before, after) = (source[..span.start()].trim_end_matches(' '), &source[span.end()..]);
        let removed = if node.span().start() != span.end() {
            let blank = after.len() - after.trim_start_matches(' ').len();
            Span::new(span.start(), span.end() + blank)
        } else if before.ends_with('\n') {
            span
        } else {
            // A value that is left out brings a blank of its own.
            Span::new(before.len(), span.end())
        };
        edits.replace(removed, "");
    }
}

/// Writes `text` over a block scalar, with its header and indentation kept; false if it can't be.
fn write_block(out: &mut String, node: Node<'_>, text: &str) -> bool {
    if !matches!(node.style(), Style::Literal | Style::Folded) {
        return write_new_block(out, node, text);
    }
    let Block { indicators, lines, .. } = Block::of(node);
    let digit = indicators.chars().find(char::is_ascii_digit);
    let chomping = indicators.chars().find(|character| matches!(character, '+' | '-'));
    let Some(indent) = content_indent(lines, node.text().unwrap_or_default()) else {
        return write_new_block(out, node, text);
    };
    let would_grow = lines_below_reach(node.document().source(), node.span().end(), text, indent);
    if !block_fits(text) || would_grow || (needs_indicator(text) && digit.is_none()) {
        return write_new_block(out, node, text);
    }
    let content = text.trim_end_matches('\n');
    let trailing = text.len() - content.len();
    // A fold would need its break points back, which are gone: several lines become a literal block.
    let folds = node.style() == Style::Folded && !content.contains('\n') && !content.starts_with([' ', '\t']);
    out.push(if folds { '>' } else { '|' });
    let kept = match (chomping, trailing) {
        (Some('-'), 0) | (Some('+'), 1..) => chomping,
        // A ciphertext takes no part in chomping: its header stays what the plaintext's was.
        _ if text.starts_with("ENC[") && trailing == 0 => chomping,
        (_, 0) => Some('-'),
        (_, 1) => None,
        _ => Some('+'),
    };
    // The indicators keep their order, which is free.
    if kept == chomping {
        out.push_str(indicators);
    } else {
        out.extend(digit.into_iter().chain(kept));
    }
    write_block_lines(out, text, indent, newline(node));
    close_at_end(out, node, text);
    true
}

/// How the texts in `value` are written if its last line is that of `offset`, in a collection that begins in this column.
fn texts_above(document: &Document, offset: usize, value: &Value, column: usize) -> Texts {
    let reach = |last| lines_below_reach(document.source(), offset, last, column + 1);
    if last_text(value).is_some_and(reach) { Texts::OneLine } else { Texts::Blocks }
}

/// The last scalar in `value`, if it is a text.
fn last_text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Mapping(mapping) => mapping.iter().last().and_then(|(_, value)| last_text(value)),
        Value::Sequence(items) => items.last().and_then(last_text),
        _ => None,
    }
}

/// Whether lines below that of `offset` would be taken in by a block scalar that ends there, holds `text` and has this
/// indentation: empty ones with more white space, or any if it keeps the line breaks at its end; comments as far to the right.
fn lines_below_reach(source: &str, offset: usize, text: &str, indent: usize) -> bool {
    let below = &source[next_line(source, offset)..];
    let is_note = |line: &&str| {
        let text = line.trim_start();
        text.is_empty() || text.starts_with('#')
    };
    let keeps_breaks = text.ends_with("\n\n");
    below.lines().take_while(is_note).any(|line| {
        let line = line.trim_end_matches('\r');
        let spaces = line.len() - line.trim_start_matches(' ').len();
        if line.trim().is_empty() { keeps_breaks || line.len() > indent } else { spaces >= indent }
    })
}

/// Adds the line break that belongs to `text` and that the file does not have, as its last line.
fn close_at_end(out: &mut String, node: Node<'_>, text: &str) {
    let source = node.document().source();
    if text.ends_with('\n') && line_end(source, node.span().end()) == source.len() {
        out.push_str(newline(node));
    }
}

/// Writes `text` as a literal block of its own making; false if it can't be.
fn write_new_block(out: &mut String, node: Node<'_>, text: &str) -> bool {
    let Some(parent) = node.parent() else { return false };
    if !block_fits(text) {
        return false;
    }
    let (parent_indent, indent) = match parent.children() {
        Children::Mapping(_) => {
            let column = column(node.document().source(), parent.span().start());
            (Some(column), column + node.document().indentation(Indentation::default()).mappings)
        }
        _ => {
            let dash = dash_column(parent);
            (
                dash,
                dash.map_or_else(
                    || column(node.document().source(), parent.span().start()),
                    |dash| dash + PAST_DASH,
                ),
            )
        }
    };
    let increment = parent_indent.map_or(0, |parent| indent - parent);
    if (needs_indicator(text) && !(1..=9).contains(&increment))
        || lines_below_reach(node.document().source(), node.span().end(), text, indent)
    {
        return false;
    }
    write_literal(out, text, indent, increment, newline(node));
    close_at_end(out, node, text);
    true
}

/// By how much the lines of a block scalar are indented: what its first line that is not empty has in the source past
/// what it has in the text.
fn content_indent(content: &str, text: &str) -> Option<usize> {
    let leading = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let first = content.lines().find(|line| !line.trim().is_empty())?;
    let first_text = text.lines().find(|line| !line.trim().is_empty())?;
    leading(first).checked_sub(leading(first_text))
}

impl Document {
    /// Whether a block scalar ends in the line that ends at `offset`, and its text ends in that line's break.
    fn is_text_with_break(&self, offset: usize) -> bool {
        let last =
            self.nodes().filter(|node| node.span().end() <= offset).max_by_key(|node| node.span().end());
        let is_behind = |between: &str| between.trim().is_empty() && !between.contains('\n');
        let block = last.filter(|node| is_behind(&self.source()[node.span().end()..offset]));
        // A collection ends where its last scalar does.
        let end = block.map_or(offset, |node| node.span().end());
        self.nodes().any(|node| {
            node.span().end() == end
                && matches!(node.style(), Style::Literal | Style::Folded)
                && node.text().is_some_and(|text| text.ends_with('\n'))
        })
    }

    /// The file's own indentation, as its first nested mapping and its first list in a mapping show it; where there is
    /// none, that of `default`.
    fn indentation(&self, default: Indentation) -> Indentation {
        let (mut mappings, mut lists) = (None, None);
        let blocks = self.nodes().filter(|node| node.style() == Style::Block);
        for node in blocks {
            let Some(parent) = node.parent().filter(|parent| parent.entries().is_some()) else { continue };
            let parent_column = column(self.source(), parent.span().start());
            let own_column = match node.children() {
                Children::Sequence(_) => dash_column(node),
                _ => Some(column(self.source(), node.span().start())),
            };
            let found = if node.items().is_some() { &mut lists } else { &mut mappings };
            *found = found.or(own_column.and_then(|own| own.checked_sub(parent_column)));
            if mappings.is_some() && lists.is_some() {
                break;
            }
        }
        let mappings = mappings.filter(|step| (1..=9).contains(step));
        Indentation {
            mappings: mappings.unwrap_or(default.mappings),
            // Lists follow the mappings where only those show what the file likes.
            lists: lists.unwrap_or_else(|| mappings.map_or(default.lists, |step| default.lists.min(step))),
            texts: default.texts,
        }
    }
}

/// The file's line break, as `node`'s document has it.
fn newline(node: Node<'_>) -> &'static str {
    node.document().newline()
}

/// The column of `offset`, from 0, in characters (a byte order mark is none).
fn column(source: &str, offset: usize) -> usize {
    source[line_start(source, offset)..offset].trim_start_matches('\u{feff}').chars().count()
}

/// The offset of the dash before an item of a block list.
fn dash(source: &str, item_start: usize) -> Option<usize> {
    indicator(source, item_start, '-')
}

/// The offset of the `-` or `?` before a node, with nothing but white space and comments between them.
fn indicator(source: &str, node_start: usize, sign: char) -> Option<usize> {
    let mut end = node_start;
    loop {
        let start = line_start(source, end);
        let line = source[start..end].trim_start_matches('\u{feff}');
        let line_offset = end - line.len();
        // What may stand before a comment: indicators, each with a blank behind it.
        let signs = line.find(|character| !matches!(character, ' ' | '\t' | '\r' | '-' | '?' | ':'));
        let signs = match signs {
            Some(at) if line[at..].starts_with('#') => &line[..at],
            Some(_) => return None,
            None => line,
        };
        if let Some(at) = ends_with_sign(signs, sign) {
            return Some(line_offset + at);
        }
        // In the first column nothing stands below its indicator.
        if !signs.trim().is_empty() || start == 0 || start == node_start {
            return None;
        }
        end = start - 1;
    }
}

/// The offset of `sign` in `text` if there is only white space behind it.
fn ends_with_sign(text: &str, sign: char) -> Option<usize> {
    let text = text.trim_end();
    text.ends_with(sign).then(|| text.len() - sign.len_utf8())
}

fn dash_column(list: Node<'_>) -> Option<usize> {
    let source = list.document().source();
    let first = list.items()?.get(0)?;
    Some(column(source, dash(source, first.outer_start())?))
}

/// The text of `value`, written with `\n`, with the document's own line breaks, and without its last one: unless that
/// is part of the value and the text comes at the end of the file, after `end`, where there is none.
fn with_newlines(
    node: Node<'_>,
    mut text: Zeroizing<String>,
    value: &Value,
    end: usize,
) -> Zeroizing<String> {
    let source = node.document().source();
    let ends_with_break = last_text(value).is_some_and(|text| text.ends_with('\n'));
    let is_needed = ends_with_break && line_end(source, end) == source.len();
    if text.ends_with('\n') && !is_needed {
        text.pop();
    }
    match newline(node) {
        "\n" => text,
        newline => line_spans::replaced(&text, "\n", newline),
    }
}

/// See [`Edits::insert_entry`], for block mappings and for nodes that are to become one.
pub(in super::super) fn insert_entry<'a>(edits: &mut Edits<'a>, mapping: Node<'a>, key: &str, value: &Value) {
    let document = mapping.document();
    let source = document.source();
    let mut layout = document.indentation(Indentation::default());
    let entry: Mapping = [(key, value.clone())].into_iter().collect();
    let Children::Mapping(entries) = mapping.children() else {
        if mapping.parent().is_none() && mapping.span().is_empty() {
            let entry = Zeroizing::new(block_entry(mapping, key, value));
            return append_to_document(edits, mapping, &entry);
        }
        return set(edits, mapping, &Value::Mapping(entry));
    };
    let Some((_, last)) = entries.iter().last() else { return };
    let column = column(source, mapping.span().start());
    let mut text = Zeroizing::new("\n".to_owned());
    tree::spaces(&mut text, column);
    let end = line_end(source, last.span().end());
    if end == source.len() {
        edits.close_last_block();
    }
    layout.texts = texts_above(document, end, value, column);
    layout.write_mapping(&mut text, &entry, column);
    let text = with_newlines(mapping, text, value, end);
    put_lines(edits, end, text);
}

/// Puts `lines`, which begin with a line break, behind the line that ends at `end`.
fn put_lines(edits: &mut Edits<'_>, end: usize, lines: Zeroizing<String>) {
    let source = edits.document().source();
    // The last line may just have got a break of its own.
    let has_break = end == source.len() && !source.ends_with('\n') && edits.end_with_break();
    let lines =
        if has_break { Zeroizing::new(lines.trim_start_matches(['\r', '\n']).to_owned()) } else { lines };
    edits.replace_secret(Span::new(end, end), lines);
}

/// `key: value` as lines of a root mapping in block style.
pub(in super::super) fn block_entry(root: Node<'_>, key: &str, value: &Value) -> String {
    // Where nothing shows the file's own indentation, this is that of sops.
    let layout = root.document().indentation(Indentation { mappings: 4, lists: 4, texts: Texts::Blocks });
    let entry: Mapping = [(key, value.clone())].into_iter().collect();
    let column = entry_column(root);
    let mut text = Zeroizing::new(String::new());
    tree::spaces(&mut text, column);
    layout.write_mapping(&mut text, &entry, column);
    std::mem::take(&mut *with_newlines(root, text, value, root.document().source().len()))
}

/// The column, from 0, that the entries of a root in block style stand in, or would.
pub(in super::super) fn entry_column(root: Node<'_>) -> usize {
    match root.children() {
        Children::Mapping(_) => column(root.document().source(), root.span().start()),
        _ => 0,
    }
}

/// `span` from the start of its first line on.
pub(in super::super) fn from_line_start(node: Node<'_>, span: Span) -> Span {
    let source = node.document().source();
    let start = line_start(source, span.start());
    let mark = if source[start..].starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    Span::new(start + mark, span.end())
}

/// See [`Edits::set_comment`].
pub(in super::super) fn set_comment<'a>(edits: &mut Edits<'a>, old: Comment<'a>, text: &str) {
    let source = old.document.source();
    let mut line_break = old.document.newline().to_owned();
    line_break.extend(std::iter::repeat_n(' ', column(source, old.span().start())));
    edits.replace(old.span(), comment(text, &line_break));
}

/// Adds whole lines at the end of the document that `root` is the root of, before its end marker.
pub(in super::super) fn append_to_document<'a>(edits: &mut Edits<'a>, root: Node<'a>, lines: &str) {
    let document = root.document();
    let source = document.source();
    let end = document.end_of(root);
    let newline = document.newline();
    let is_line_start = end < source.len() || edits.end_with_break();
    let text = if is_line_start {
        [lines, newline].concat()
    } else {
        // The text's last line has no break; neither does the new last line then.
        [newline, lines].concat()
    };
    edits.replace(Span::new(end, end), text);
}

/// See [`Edits::insert_item`], for block lists and for nodes that are to become one.
pub(in super::super) fn insert_item<'a>(edits: &mut Edits<'a>, list: Node<'a>, value: &Value) {
    let source = list.document().source();
    let item = Value::Sequence(vec![value.clone()]);
    let Some(last) = list.items().and_then(|items| items.iter().last()) else {
        return set(edits, list, &item);
    };
    let column = dash_column(list).unwrap_or_else(|| column(source, list.span().start()).saturating_sub(2));
    let mut text = Zeroizing::new("\n".to_owned());
    tree::spaces(&mut text, column);
    let mut layout = list.document().indentation(Indentation::default());
    let end = line_end(source, last.span().end());
    if end == source.len() {
        edits.close_last_block();
    }
    layout.texts = texts_above(list.document(), end, value, column);
    layout.write_block(&mut text, &item, column);
    let text = with_newlines(list, text, value, end);
    put_lines(edits, end, text);
}

/// Puts `value` where a block collection stands, or a collection where a scalar stands.
fn replace_block<'a>(edits: &mut Edits<'a>, node: Node<'a>, value: &Value, is_block: bool) {
    let source = node.document().source();
    let mut layout = node.document().indentation(Indentation::default());
    let mut text = Zeroizing::new(String::new());
    let parent = node.parent();
    let key =
        parent.and_then(|parent| Some(parent.entries()?.iter().nth(entry_index(parent, node.id())?)?.0));
    if let Some(key) = key_without_colon(node).filter(|_| node.span().is_empty()) {
        let indent = column(source, parent.map_or(node, |parent| parent).span().start());
        layout.texts = texts_above(node.document(), node.span().end(), value, indent);
        layout.write_value(&mut text, value, indent);
        let text = with_newlines(node, text, value, node.span().end());
        return put_after_key(edits, key, &text);
    }
    let on_own_line = !node.span().is_empty() && {
        let start = node.outer_start();
        source[line_start(source, start)..start].trim().is_empty()
    };
    if key.is_some() && is_block && on_own_line {
        // It stands below its key, maybe after a comment: only its own text changes.
        layout.texts =
            texts_above(node.document(), node.span().end(), value, column(source, node.outer_start()));
        layout.write_block(&mut text, value, column(source, node.outer_start()));
        let text = with_newlines(node, text, value, node.span().end());
        return replace_lines(edits, node, Span::new(node.outer_start(), node.span().end()), &text);
    }
    let (start, indent) = match (key, parent) {
        (Some(key), Some(parent)) => {
            let colon = colon_behind(key).map_or(key.span().end(), |at| at + 1);
            (colon, column(source, parent.span().start()))
        }
        (None, Some(list)) => {
            let start = node.outer_start();
            match dash(source, start) {
                // Behind the dash, however far away from it: the lines of a collection begin in the same column.
                Some(dash) if is_block && source[dash + 1..start].trim_matches([' ', '\t']).is_empty() => {
                    (dash + 1, column(source, dash) + PAST_DASH)
                }
                _ if is_block => (start, column(source, start)),
                _ => (start, dash_column(list).unwrap_or_default() + PAST_DASH),
            }
        }
        _ => (node.outer_start(), 0),
    };
    layout.texts = texts_above(node.document(), node.span().end(), value, indent);
    if key.is_none() && source[..start].ends_with('-') {
        // An item that is left out, and nothing behind the dash.
        text.push(' ');
    }
    match key {
        Some(_) => layout.write_value(&mut text, value, indent),
        None if is_block => layout.write_block(&mut text, value, indent),
        None => layout.write_scalar(&mut text, value, indent.saturating_sub(PAST_DASH), PAST_DASH),
    }
    let text = with_newlines(node, text, value, node.span().end());
    replace_lines(edits, node, Span::new(start, node.span().end().max(start)), &text);
}

/// See [`Edits::remove`], for block collections with the given members.
pub(in super::super) fn remove<'a>(
    edits: &mut Edits<'a>,
    collection: Node<'a>,
    index: usize,
    members: &[Span],
) {
    let source = collection.document().source();
    let is_list = collection.style() == Style::Block && collection.items().is_some();
    if members.len() == 1 {
        let empty = if is_list { Value::Sequence(Vec::new()) } else { Value::Mapping(Mapping::new()) };
        return replace_block(edits, collection, &empty, false);
    }
    let member = members[index];
    let mut first = line_start(source, member.start());
    let mut prefix = source[first..member.start()].trim_start_matches('\u{feff}').trim();
    if prefix.is_empty() {
        // The dash or question mark may stand on a line of its own above.
        if let Some(mark) = indicator(source, member.start(), if is_list { '-' } else { '?' }) {
            first = line_start(source, mark);
            prefix = source[first..=mark].trim_start_matches('\u{feff}').trim();
        }
    }
    let own_lines = if is_list { prefix == "-" } else { matches!(prefix, "" | "?") };
    if !own_lines {
        // The first member of a collection that begins behind a dash: the second one takes its place.
        let next = members.get(index + 1).map_or(member.end(), |next| next.start());
        return edits.replace(Span::new(member.start(), next), "");
    }
    let indent =
        column(source, first + source[first..].find(|character| character != ' ').unwrap_or_default());
    first = with_comments_above(source, first, indent);
    let last = with_comments_below(source, member.end(), indent);
    remove_lines(edits, collection, Span::new(first, last));
}

/// Takes out all lines that `span` touches.
pub(in super::super) fn remove_lines<'a>(edits: &mut Edits<'a>, node: Node<'a>, span: Span) {
    let source = node.document().source();
    let mut lines = whole_lines(source, span);
    let first = line_start(source, span.start());
    if lines.start() < first && node.document().is_text_with_break(lines.start()) {
        // The break before the first line goes for the last one's. This one is part of a block scalar.
        lines = Span::new(first, lines.end());
    }
    edits.replace(lines, "");
}

/// See [`Edits::item_to_comment`].
pub(in super::super) fn item_to_comment<'a>(edits: &mut Edits<'a>, list: Node<'a>, index: usize, text: &str) {
    let Some(item) = list.items().and_then(|items| items.get(index)) else { return };
    let source = list.document().source();
    let start = dash(source, item.outer_start()).unwrap_or(item.outer_start());
    let mut line_break = newline(list).to_owned();
    line_break.extend(std::iter::repeat_n(' ', column(source, start)));
    edits.replace(Span::new(start, item.span().end()), comment(text, &line_break));
}

/// `text` after a `#`, and after one more in each further line.
pub(in super::super) fn comment(text: &str, line_break: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(|line| format!("#{line}")).collect();
    lines.join(line_break)
}

/// The start of the comment lines that stand right above the line at `first`, indented as it is.
fn with_comments_above(source: &str, first: usize, indent: usize) -> usize {
    let mut start = first;
    while start > 0 {
        let above = line_start(source, start - 1);
        let text_start = above.max(mark_length(source));
        let line = &source[text_start..start];
        if line.trim_start_matches(' ').starts_with('#')
            && column(source, text_start + line.find('#').unwrap_or_default()) == indent
        {
            start = above;
        } else {
            break;
        }
    }
    start
}

/// The end of the comment lines that stand below the line of `offset`, further to the right than `indent`: they are part of what
/// ends there. Left alone, they might become part of a block scalar above it.
fn with_comments_below(source: &str, offset: usize, indent: usize) -> usize {
    let mut end = offset;
    let mut at = next_line(source, offset);
    while at < source.len() {
        let line = &source[at..line_end(source, at)];
        let text = line.trim_start_matches([' ', '\t']);
        if text.starts_with('#') && line.len() - text.len() > indent {
            end = at + line.len();
        } else if !text.is_empty() {
            break;
        }
        at = next_line(source, at);
    }
    end
}

/// `key: value` for a mapping in braces.
pub(in super::super) fn flow_entry(key: &str, value: &Value) -> String {
    let mut text = String::new();
    if key.len() > tree::LONGEST_IMPLICIT_KEY {
        text.push_str("? ");
        write_one_line(&mut text, key, true);
        text.push_str(" : ");
    } else {
        write_one_line(&mut text, key, true);
        text.push_str(": ");
    }
    write_flow(&mut text, value);
    text
}

/// `value` for a collection in brackets or braces.
pub(in super::super) fn flow_value(value: &Value) -> String {
    let mut text = String::new();
    write_flow(&mut text, value);
    text
}

fn write_flow(text: &mut String, value: &Value) {
    match value {
        Value::Sequence(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                write_flow(text, item);
            }
            text.push(']');
        }
        Value::Mapping(mapping) => {
            text.push('{');
            for (index, (key, value)) in mapping.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                _ = write!(text, "{}", flow_entry(key, value));
            }
            text.push('}');
        }
        Value::String(string) => write_one_line(text, string, true),
        scalar => {
            tree::write_scalar(text, scalar, 0, 2);
            text.truncate(text.trim_end_matches('\n').len());
        }
    }
}

#[cfg(test)]
mod tests;
