//! Trees as YAML, laid out as sops lays it out.

use zeroize::Zeroizing;

use super::super::Value;
use super::super::json::capacity;
use super::super::yaml::{is_plain_character, spaces, write_key, write_scalar};
use super::tree::{Line, Members, Tree};

/// go-yaml takes indentations between these.
const INDENTS: std::ops::RangeInclusive<u8> = 2..=9;

/// What sops indents by if nothing else is said.
const DEFAULT_INDENT: u8 = 4;

/// The documents as one text.
pub(super) fn write(documents: &[Tree], indent: Option<u8>) -> Zeroizing<String> {
    let indent = indent.unwrap_or(DEFAULT_INDENT).clamp(*INDENTS.start(), *INDENTS.end());
    let writer = Writer { step: indent.into() };
    let room = documents.iter().map(|tree| writer.room(tree, 1) + 8).sum();
    let mut text = Zeroizing::new(String::with_capacity(room));
    for (number, tree) in documents.iter().enumerate() {
        text.push_str(if number > 0 { "---\n" } else { "" });
        match tree {
            Tree::Mapping(members) if members.list.is_empty() => {
                write_comments(&mut text, &members.comments, 0);
                text.push_str("{}\n");
            }
            Tree::Mapping(members) => writer.mapping(&mut text, members, 0, false),
            Tree::Sequence(members) if !members.list.is_empty() => {
                writer.sequence(&mut text, members, 0, false);
            }
            Tree::Sequence(_) => text.push_str("[]\n"),
            Tree::Scalar(value) => write_scalar(&mut text, value, 0, writer.step),
        }
    }
    text
}

struct Writer {
    /// What one level is indented by.
    step: usize,
}

impl Writer {
    /// Enough room for `tree` in a place `depth` levels deep, so that the text does not grow and leave copies behind.
    fn room(&self, tree: &Tree, depth: usize) -> usize {
        let margin = depth * self.step + 8;
        let lines = |lines: &[Line]| lines.iter().map(|line| line.len() + margin).sum::<usize>();
        match tree {
            Tree::Scalar(Value::String(text)) => {
                // An escape takes up to ten bytes.
                let escaped = text.chars().filter(|character| !(' '..='~').contains(character)).count();
                text.len() + escaped * 10 + text.matches(['\n', '\'', '"', '\\']).count() * margin + margin
            }
            Tree::Scalar(value) => capacity(value) + margin,
            Tree::Mapping(members) | Tree::Sequence(members) => {
                let list = members.list.iter().map(|member| {
                    let key = member.key.len() * 10 + 2 * margin;
                    lines(&member.comments) + key + self.room(&member.value, depth + 1)
                });
                list.sum::<usize>() + lines(&members.comments) + margin
            }
        }
    }

    /// Writes entries from column `indent` on; `is_there` says that the text is in that column already.
    fn mapping(&self, text: &mut String, members: &Members, indent: usize, mut is_there: bool) {
        for member in &members.list {
            write_line_starts(text, &member.comments, indent, &mut is_there);
            write_key(text, &member.key, indent);
            self.value(text, &member.value, indent);
        }
        write_comments(text, &members.comments, indent);
    }

    fn sequence(&self, text: &mut String, members: &Members, indent: usize, mut is_there: bool) {
        for member in &members.list {
            write_line_starts(text, &member.comments, indent, &mut is_there);
            text.push_str("- ");
            match &member.value {
                Tree::Mapping(members) if !members.list.is_empty() => {
                    self.mapping(text, members, indent + 2, true);
                }
                Tree::Sequence(members) if !members.list.is_empty() => {
                    self.sequence(text, members, indent + 2, true);
                }
                other => self.scalar(text, other, indent, 2),
            }
        }
        write_comments(text, &members.comments, indent);
    }

    /// Writes what stands after the colon of a key in column `indent`.
    fn value(&self, text: &mut String, value: &Tree, indent: usize) {
        let inner = indent + self.step;
        match value {
            Tree::Mapping(members) if !members.list.is_empty() => {
                text.push('\n');
                self.mapping(text, members, inner, false);
            }
            Tree::Sequence(members) if !members.list.is_empty() => {
                text.push('\n');
                self.sequence(text, members, inner, false);
            }
            other => {
                text.push(' ');
                self.scalar(text, other, indent, self.step);
            }
        }
    }

    /// Writes a scalar or an empty collection, whose comments follow it.
    fn scalar(&self, text: &mut String, value: &Tree, indent: usize, step: usize) {
        match value {
            Tree::Scalar(value) => write_scalar(text, value, indent, step),
            Tree::Mapping(members) | Tree::Sequence(members) => {
                text.push_str(if matches!(value, Tree::Mapping(_)) { "{}\n" } else { "[]\n" });
                write_comments(text, &members.comments, indent);
            }
        }
    }
}

/// Writes the comments above a member, and goes to its column.
fn write_line_starts(text: &mut String, comments: &[Line], indent: usize, is_there: &mut bool) {
    for comment in comments {
        if !std::mem::take(is_there) {
            spaces(text, indent);
        }
        write_comment(text, comment);
    }
    if !std::mem::take(is_there) {
        spaces(text, indent);
    }
}

fn write_comments(text: &mut String, comments: &[Line], indent: usize) {
    for comment in comments {
        spaces(text, indent);
        write_comment(text, comment);
    }
}

/// Writes a comment and a line break. Characters that may not stand in YAML, or that a reader may take for the end of the
/// line, become spaces.
fn write_comment(text: &mut String, comment: &Line) {
    let fits = |character: char| character == '\t' || is_plain_character(character);
    text.push('#');
    text.extend(comment.chars().map(|character| if fits(character) { character } else { ' ' }));
    text.push('\n');
}
