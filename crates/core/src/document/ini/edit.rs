//! Changes to INI text: values in the quotes they have, keys and sections put in and taken out.

use zeroize::Zeroizing;

use super::super::Value;
use super::super::edit::{Edits, entry_index};
use super::super::line_spans::{before_break, line_end, line_start, mark_length, next_line, whole_lines};
use super::super::node::{Children, Node, Span, Style};
use super::quoting;

const TEXT_ONLY: &str = "values are text";
const SECTIONS_ONLY: &str = "keys stand in sections, and sections hold nothing but text";

/// See [`Edits::set_text`].
pub(in super::super) fn set_text<'a>(edits: &mut Edits<'a>, node: Node<'a>, text: &str, style: Style) {
    let source = node.document().source();
    let span = node.span();
    let behind = &source[span.end()..next_line(source, span.end())];
    let Some(mut written) = quoting::value(text, style, behind) else {
        let reason = "this text of several lines holds both ` and \"\"\", and one of them must close it";
        return edits.refuse(span.start(), reason);
    };
    // A value that is left out stands right behind the delimiter.
    if span.is_empty() && delimiter(node).starts_with([' ', '\t']) {
        written = Zeroizing::new([" ", &*written].concat());
    }
    edits.replace_secret(span, written);
}

/// See [`Edits::set`].
pub(in super::super) fn set<'a>(edits: &mut Edits<'a>, node: Node<'a>, value: &Value) {
    match (node.children(), value) {
        (Children::Scalar(_), value) => match value.plain_text() {
            Some(text) => set_text(edits, node, &text, node.style()),
            None => edits.refuse(node.span().start(), TEXT_ONLY),
        },
        (_, Value::Mapping(_)) if node.parent().is_some() => {
            let Some(lines) = lines(edits, node, value) else { return };
            let source = node.document().source();
            if node.span().is_empty() {
                let end = line_end(source, node.span().end());
                edits.replace_secret(Span::new(end, end), joined(node.document().newline(), &lines));
            } else {
                edits.replace_secret(node.span(), lines);
            }
        }
        _ => edits.refuse(node.span().start(), SECTIONS_ONLY),
    }
}

/// See [`Edits::insert_entry`].
pub(in super::super) fn insert_entry<'a>(edits: &mut Edits<'a>, mapping: Node<'a>, key: &str, value: &Value) {
    let newline = mapping.document().newline();
    if mapping.parent().is_none() {
        let Some(mut section) = section(edits, mapping, key, value) else { return };
        return append(edits, mapping, std::mem::take(&mut *section));
    }
    let Some(line) = line(edits, mapping, key, value) else { return };
    let source = mapping.document().source();
    let mut end = line_end(source, mapping.span().end());
    // A backslash that continues a value goes on into what is put behind it.
    let apart = if source[..end].trim_end().ends_with('\\') { newline } else { "" };
    let mut text = Zeroizing::new([apart, newline, &line].concat());
    if end == mark_length(source) {
        // The keys before the first header, of which there are none yet.
        end = mark_length(source);
        text = Zeroizing::new([&*line, newline].concat());
    }
    edits.replace_secret(Span::new(end, end), text);
}

fn joined(first: &str, second: &str) -> Zeroizing<String> {
    Zeroizing::new([first, second].concat())
}

/// A section with its header as lines, without a break at the end.
pub(in super::super) fn section<'a>(
    edits: &mut Edits<'a>,
    root: Node<'a>,
    name: &str,
    value: &Value,
) -> Option<Zeroizing<String>> {
    if name.is_empty() || name.contains('\n') {
        edits.refuse(root.span().end(), "a section's name is one line of text");
        return None;
    }
    let header = format!("[{name}]");
    let lines = lines(edits, root, value)?;
    let newline = if lines.is_empty() { "" } else { root.document().newline() };
    Some(Zeroizing::new([&header, newline, &*lines].concat()))
}

/// The entries of the mapping `value` as lines, without a break at the end.
fn lines<'a>(edits: &mut Edits<'a>, near: Node<'a>, value: &Value) -> Option<Zeroizing<String>> {
    let Value::Mapping(mapping) = value else {
        edits.refuse(near.span().start(), SECTIONS_ONLY);
        return None;
    };
    let lines = mapping.iter().map(|(key, value)| line(edits, near, key, value));
    let lines = lines.collect::<Option<Vec<_>>>()?;
    let newline = near.document().newline();
    let length = lines.iter().map(|line| line.len() + newline.len()).sum();
    let mut text = Zeroizing::new(String::with_capacity(length));
    for (number, line) in lines.iter().enumerate() {
        text.push_str(if number > 0 { newline } else { "" });
        text.push_str(line);
    }
    Some(text)
}

/// `key = value`, parted as the keys near it are.
fn line<'a>(edits: &mut Edits<'a>, near: Node<'a>, key: &str, value: &Value) -> Option<Zeroizing<String>> {
    let Some(text) = value.plain_text() else {
        edits.refuse(near.span().end(), TEXT_ONLY);
        return None;
    };
    let key = quoting::key(key);
    let text = quoting::value(&text, Style::Plain, "\n");
    let (Some(key), Some(text)) = (key, text) else {
        edits.refuse(near.span().end(), "there is no way to quote this key or value");
        return None;
    };
    let delimiter = match near.entries().and_then(|entries| entries.iter().next()) {
        Some((_, value)) if value.text().is_some() => delimiter(value),
        _ => " = ",
    };
    let sign = delimiter.trim_end();
    let space = if sign.starts_with([' ', '\t']) { " " } else { &delimiter[sign.len()..] };
    let space = if text.is_empty() { "" } else { space };
    Some(Zeroizing::new([key.as_str(), sign, space, text.as_str()].concat()))
}

/// What stands between a value and its key.
fn delimiter(value: Node<'_>) -> &str {
    let key = value.parent().and_then(|section| {
        let index = entry_index(section, value.id())?;
        Some(section.entries()?.iter().nth(index)?.0)
    });
    let Some(key) = key else { return " = " };
    &value.document().source()[key.span().end()..value.span().start()]
}

/// Adds whole lines, without a break at their end, at the end of the file, with an empty line above them.
pub(in super::super) fn append<'a>(edits: &mut Edits<'a>, root: Node<'a>, lines: String) {
    let source = root.document().source();
    let newline = root.document().newline();
    let lines = Zeroizing::new(lines);
    let text = if source.len() == mark_length(source) {
        [&lines, newline].concat()
    } else if source.ends_with('\n') {
        [newline, &lines, newline].concat()
    } else {
        // The text's last line has no break; neither does the new last line then.
        [newline, newline, &lines].concat()
    };
    edits.replace_secret(Span::new(source.len(), source.len()), Zeroizing::new(text));
}

/// The lines of the section number `index`, from its header to its last value, and without the last break.
pub(in super::super) fn section_span(root: Node<'_>, index: usize) -> Option<Span> {
    let (name, section) = root.entries()?.iter().nth(index)?;
    let source = root.document().source();
    let start = line_start(source, name.span().start()).max(mark_length(source));
    Some(Span::new(start, line_end(source, section.span().end().max(start))))
}

/// Takes out the section number `index` with the empty line above it, as [`append`] put it there.
pub(in super::super) fn remove_section<'a>(edits: &mut Edits<'a>, root: Node<'a>, index: usize) {
    let Some(span) = section_span(root, index) else { return };
    let source = root.document().source();
    let lines = whole_lines(source, span);
    // Where the file's last line has no break, the one above the section is among the lines already.
    let above = before_break(source, lines.start());
    let is_empty_line =
        above < lines.start() && (above == mark_length(source) || source[..above].ends_with('\n'));
    // An empty line that ends a value which a backslash continues is needed as long as anything follows.
    let is_empty_line =
        is_empty_line && (lines.end() == source.len() || !source[..above].trim_end().ends_with('\\'));
    let open_end = lines.end() == source.len() && !source.ends_with('\n');
    let start = if is_empty_line || (open_end && above < lines.start()) { above } else { lines.start() };
    edits.replace(Span::new(start, lines.end()), "");
}

/// See [`Edits::remove`], for the entry number `index` at `member`.
pub(in super::super) fn remove<'a>(edits: &mut Edits<'a>, mapping: Node<'a>, index: usize, member: Span) {
    let source = mapping.document().source();
    let member =
        if mapping.parent().is_none() { section_span(mapping, index).unwrap_or(member) } else { member };
    let mut first = line_start(source, member.start());
    // A line of the value before may look like a comment.
    let before = mapping.entries().and_then(|entries| entries.iter().take(index).next_back());
    let floor = before.map_or(0, |(_, value)| value.span().end());
    while first > floor {
        let above = line_start(source, first - 1);
        let line = &source[above.max(mark_length(source))..first];
        if above < floor || !line.trim_start().starts_with(['#', ';']) {
            break;
        }
        first = above;
    }
    edits.replace(whole_lines(source, Span::new(first.max(mark_length(source)), member.end())), "");
}

#[cfg(test)]
mod tests;
