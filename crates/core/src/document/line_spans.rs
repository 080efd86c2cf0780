//! Where lines begin and end, and pieces of text in a buffer of their own.

use zeroize::Zeroizing;

use super::node::Span;

/// The length of a byte order mark at the start of `source`, in bytes.
pub(super) fn mark_length(source: &str) -> usize {
    if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

/// The offset of the first byte of the line of `offset`.
pub(super) fn line_start(source: &str, offset: usize) -> usize {
    source[..offset].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The offset of the line break at or after `offset`, or the end of the text.
pub(super) fn line_end(source: &str, offset: usize) -> usize {
    let end = source[offset..].find('\n').map_or(source.len(), |newline| offset + newline);
    if source[offset..end].ends_with('\r') { end - 1 } else { end }
}

/// The offset after the line break at or after `offset`.
pub(super) fn next_line(source: &str, offset: usize) -> usize {
    source[offset..].find('\n').map_or(source.len(), |newline| offset + newline + 1)
}

/// All lines that `span` touches, with a line break that goes when they go: the last one's, or, where that has none,
/// the one before the first. A byte order mark stays.
pub(super) fn whole_lines(source: &str, span: Span) -> Span {
    let first = line_start(source, span.start()).max(mark_length(source));
    let end = next_line(source, span.end());
    if end == source.len() && !source.ends_with('\n') {
        Span::new(before_break(source, first), end)
    } else {
        Span::new(first, end)
    }
}

/// The offset of the line break right before `offset`; `offset` itself if there is none.
pub(super) fn before_break(source: &str, offset: usize) -> usize {
    let Some(before) = source[..offset].strip_suffix('\n') else { return offset };
    before.strip_suffix('\r').unwrap_or(before).len()
}

/// `text` with each `from` replaced by `to`, in a buffer of the right size: one that grows leaves copies behind.
pub(super) fn replaced(text: &str, from: &str, to: &str) -> Zeroizing<String> {
    let count = text.matches(from).count();
    let mut out = Zeroizing::new(String::with_capacity(text.len() + count * to.len() - count * from.len()));
    for (number, piece) in text.split(from).enumerate() {
        out.push_str(if number > 0 { to } else { "" });
        out.push_str(piece);
    }
    out
}
