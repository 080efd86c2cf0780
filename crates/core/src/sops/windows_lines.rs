//! dotenv files with Windows line breaks.
//!
//! sops takes a carriage return for a part of the value or comment in front of it, and so it is encrypted and stays. But
//! it does not read a line of nothing but a carriage return. So those are taken out of the encrypted file where all
//! lines end like that, and put back when all that is decrypted ends like that.

use super::decrypt::{Decryption, Found};
use super::encrypt::Content;
use super::leaves::LeafKind;
use crate::document::{Document, Edits, ParseError, ParseErrorKind, Span};

/// Takes the carriage returns out of the empty lines of a plaintext, if all its lines have them.
///
/// # Errors
/// A line of nothing but a carriage return where other lines have none: sops refuses it, and could not read it.
pub(super) fn take_out(edits: &mut Edits<'_>, contents: &[Content<'_>]) -> Result<(), ParseError> {
    let all = contents.iter().map(|content| match content {
        Content::Comment(text) => text.ends_with('\r'),
        Content::Value { value, .. } => value.as_str().is_some_and(|text| text.ends_with('\r')),
    });
    let document = edits.document();
    if are_windows_lines(document, all) && !document.empty_lines().any(Span::is_empty) {
        document.empty_lines().for_each(|line| edits.replace(line, ""));
    } else if let Some(line) = document.empty_lines().find(|line| !line.is_empty()) {
        return Err(mixed(document, line.start()));
    }
    match document.source().strip_suffix('\r') {
        Some(before) if before.is_empty() || before.ends_with('\n') => Err(mixed(document, before.len())),
        _ => Ok(()),
    }
}

fn mixed(document: &Document, offset: usize) -> ParseError {
    let reason = "this line is a carriage return, and other lines have none; use one kind of line breaks";
    let kind = ParseErrorKind::Syntax { format: "dotenv", reason: reason.to_owned() };
    ParseError::at(document.source(), offset, kind)
}

/// Puts them back into the decrypted text.
pub(super) fn restore(edits: &mut Edits<'_>, decryption: &Decryption) {
    let document = edits.document();
    let all = decryption.leaves.iter().zip(&decryption.found).map(|(leaf, found)| match (leaf.kind, found) {
        (_, Found::Comment(text)) => text.ends_with('\r'),
        (_, Found::Value { value, .. }) => value.as_str().is_some_and(|text| text.ends_with('\r')),
        (LeafKind::Comment(lines), _) => document.comment_text(lines.range()).ends_with('\r'),
        (LeafKind::Value(node), _) => document.node(node).source().ends_with('\r'),
    });
    if are_windows_lines(document, all) && document.empty_lines().all(Span::is_empty) {
        document.empty_lines().for_each(|line| edits.replace(line, "\r"));
    }
}

/// Whether all values and comments end in carriage returns, but for the last one if it does not end in a line break.
fn are_windows_lines(document: &Document, ends: impl Iterator<Item = bool>) -> bool {
    let mut ends: Vec<bool> = ends.collect();
    if !document.source().ends_with('\n') {
        ends.pop();
    }
    !ends.is_empty() && ends.iter().all(|end| *end)
}
