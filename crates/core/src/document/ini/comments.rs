//! The comments of INI files.
//!
//! go-ini knows no lines of comments, only one text for each key and section: all comments that stand above it and the
//! one behind it, less the signs and spaces that the first begins with. sops encrypts that text as a whole. So does
//! sealkit: the ciphertext stands in the place of the first comment, and of each further one the sign stays where it
//! was, so that the text's lines find their places again.

use std::ops::Range;

use zeroize::Zeroizing;

use super::super::Document;
use super::super::edit::Edits;
use super::super::line_spans::{line_start, mark_length, whole_lines};
use super::super::node::{Comment, Span};

/// The text of the comments of the numbers `range`, which belong to one key or section, as sops has it.
pub(in super::super) fn text(document: &Document, range: Range<usize>) -> Zeroizing<String> {
    let first = document.comment(range.start);
    lines(document, range, first.source().len() - content(first).len())
}

/// The text that is encrypted for them.
pub(in super::super) fn sealed_text(document: &Document, range: Range<usize>) -> Zeroizing<String> {
    let is_blank = content(document.comment(range.start)).is_empty();
    // sops stops working on a text whose first line is empty, so the signs count as text then.
    if is_blank && range.len() > 1 || !is_blank && needs_line(document, range.start) {
        lines(document, range, 0)
    } else {
        text(document, range)
    }
}

/// The comments' lines, the first without its first `skipped` bytes.
fn lines(document: &Document, range: Range<usize>, skipped: usize) -> Zeroizing<String> {
    let comments: Vec<_> = range.map(|number| document.comment(number)).collect();
    let length = comments.iter().map(|comment| comment.source().len() + 1).sum();
    let mut text = Zeroizing::new(String::with_capacity(length));
    for (number, comment) in comments.iter().enumerate() {
        if number == 0 {
            text.push_str(&comment.source()[skipped..]);
        } else {
            text.extend(["\n", comment.source()]);
        }
    }
    text
}

/// Whether the comment of this number stands behind a section's header. A ciphertext can't stand there: its closing
/// bracket would be that of the header. It gets a line above.
fn needs_line(document: &Document, number: usize) -> bool {
    let place = document.arena.places[number];
    place.inline && place.before == 0
}

/// Puts `ciphertext` in the place of the comments of the numbers `range`: behind the first one's sign.
pub(in super::super) fn seal<'a>(edits: &mut Edits<'a>, range: Range<usize>, ciphertext: &str) {
    let document = edits.document();
    for number in range.clone() {
        let comment = document.comment(number);
        let end = comment.span().end();
        if number > range.start || needs_line(document, number) {
            edits.replace(Span::new(comment.span().start() + 1, end), "");
        }
        if number > range.start {
            continue;
        }
        if needs_line(document, number) {
            let line = line_start(document.source(), end).max(mark_length(document.source()));
            let sign = &comment.source()[..1];
            edits.replace(Span::new(line, line), [sign, " ", ciphertext, document.newline()].concat());
        } else {
            let start = end - content(comment).len();
            let space = if comment.source().len() == 1 { " " } else { "" };
            edits.replace(Span::new(start, end), [space, ciphertext].concat());
        }
    }
}

/// Puts the lines of `text` in the place of the comments of the numbers `range`, of which the first is a ciphertext and
/// the others are bare signs. Lines without a place of their own follow the first one.
pub(in super::super) fn open<'a>(edits: &mut Edits<'a>, range: Range<usize>, text: &str) {
    let document = edits.document();
    let source = document.source();
    let comments: Vec<_> = range.map(|number| document.comment(number)).collect();
    let Some((first, places)) = comments.split_first() else { return };
    let lines: Vec<_> = text.split('\n').collect();
    let has_sign = lines[0].starts_with(&first.source()[..1]);
    let span = first.span();
    let indent = &source[line_start(source, span.start())..span.start()];
    if has_sign && lines.len() == places.len() && indent.trim_start_matches('\u{feff}').trim().is_empty() {
        // It was given this line because the first comment's own place could not hold it.
        edits.replace(whole_lines(source, span), "");
        for (place, line) in places.iter().zip(&lines) {
            edits.replace_secret(place.span(), with_sign(line));
        }
        return;
    }
    let mut head = Zeroizing::new(String::with_capacity(text.len() + span.end() - span.start()));
    if !has_sign {
        head.push_str(&first.source()[..first.source().len() - content(*first).len()]);
    }
    head.push_str(lines[0]);
    let extra = (lines.len() - 1).saturating_sub(places.len());
    let indent = if indent.trim().is_empty() { indent } else { "" };
    for line in &lines[1..=extra] {
        head.extend([document.newline(), indent, &with_sign(line)]);
    }
    edits.replace_secret(span, head);
    for (place, line) in places.iter().zip(&lines[1 + extra..]) {
        edits.replace_secret(place.span(), with_sign(line));
    }
}

/// What follows a comment's signs: go-ini and sops take off any number of the first sign and of spaces.
fn content(comment: Comment<'_>) -> &str {
    let source = comment.source();
    let sign = if source.starts_with('#') { '#' } else { ';' };
    source.trim_start_matches([sign, ' '])
}

fn with_sign(line: &str) -> Zeroizing<String> {
    let line = line.trim_end_matches('\r');
    Zeroizing::new(if line.starts_with(['#', ';']) { line.to_owned() } else { ["; ", line].concat() })
}
