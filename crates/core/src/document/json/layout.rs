//! How the members of a JSON text are laid out, so that more can be written alike.
//!
//! YAML's collections in brackets and braces use the line breaks of it, too.

use zeroize::Zeroizing;

use super::super::Value;
use super::super::node::{Children, Node};
use super::writer::{capacity, write_scalar, write_string};

/// How a collection that is written already lays out its members.
pub(in super::super) struct Layout {
    /// A line break and the members' indentation; empty if they stand on one line.
    member_break: String,
    /// A line break and the closing bracket's indentation; empty likewise.
    end_break: String,
    /// What one level adds to the indentation.
    step: String,
    /// What stands between a key and its value.
    colon: String,
    /// What stands between two members on one line.
    comma: &'static str,
}

impl Layout {
    /// The layout of `node`, or of what it stands in where it is no collection.
    pub(in super::super) fn around(node: Node<'_>) -> Self {
        let source = node.document().source();
        let newline = node.document().newline();
        let own = indentation_of_line(source, node.span().start());
        // What one level adds is seen best at the root, and so is how keys and values are parted.
        let root = std::iter::successors(Some(node), |node| node.parent()).last().unwrap_or(node);
        let at_root = first_member(root).and_then(|start| indentation_before(source, start));
        let step = at_root.filter(|step| !step.is_empty()).unwrap_or("  ").to_owned();
        let colon = colon(node).or_else(|| colon(root)).unwrap_or(": ").to_owned();
        let comma = if comma_is_bare(node).or_else(|| comma_is_bare(root)).unwrap_or(colon == ":") {
            ","
        } else {
            ", "
        };
        let (one_line, members) = match first_member(node) {
            Some(start) => (indentation_before(source, start).is_none(), indentation_before(source, start)),
            None => (at_root.is_none(), None),
        };
        if one_line {
            let none = String::new;
            return Self { member_break: none(), end_break: none(), step: none(), colon, comma };
        }
        let members = members.map_or_else(|| format!("{own}{step}"), str::to_owned);
        Self {
            member_break: format!("{newline}{members}"),
            end_break: format!("{newline}{own}"),
            step,
            colon,
            comma,
        }
    }

    /// The layout of a collection that is itself a member.
    pub(in super::super) fn inner(&self) -> Self {
        let member_break =
            if self.is_one_line() { String::new() } else { format!("{}{}", self.member_break, self.step) };
        Self {
            member_break,
            end_break: self.member_break.clone(),
            step: self.step.clone(),
            colon: self.colon.clone(),
            comma: self.comma,
        }
    }

    /// What parts a member from the one before it: a comma, and a line break or a space.
    pub(in super::super) fn separator(&self) -> String {
        if self.is_one_line() { self.comma.to_owned() } else { format!(",{}", self.member_break) }
    }

    /// What stands before the first and after the last member of a collection that was empty.
    pub(in super::super) fn breaks_in_empty(&self) -> (&str, &str) {
        (&self.member_break, &self.end_break)
    }

    fn is_one_line(&self) -> bool {
        self.member_break.is_empty()
    }
}

fn first_member(node: Node<'_>) -> Option<usize> {
    match node.children() {
        Children::Mapping(entries) => entries.iter().next().map(|(key, _)| key.outer_start()),
        Children::Sequence(items) => items.iter().next().map(Node::outer_start),
        Children::Alias(_) | Children::Scalar(_) => None,
    }
}

/// What stands between the first key of a mapping and its value: a colon, and white space on the same line.
fn colon<'a>(node: Node<'a>) -> Option<&'a str> {
    let (key, value) = match node.children() {
        Children::Mapping(entries) => entries.iter().next()?,
        _ => return None,
    };
    let between = node.document().source().get(key.span().end()..value.span().start())?;
    between.chars().all(|character| matches!(character, ':' | ' ' | '\t')).then_some(between)
}

/// Whether nothing but a comma stands between the first two members of a collection; `None` if there are not two.
fn comma_is_bare(node: Node<'_>) -> Option<bool> {
    let (end, start) = match node.children() {
        Children::Mapping(entries) => {
            let mut entries = entries.iter();
            (entries.next()?.1.span().end(), entries.next()?.0.span().start())
        }
        Children::Sequence(items) => {
            let mut items = items.iter();
            (items.next()?.span().end(), items.next()?.span().start())
        }
        Children::Alias(_) | Children::Scalar(_) => return None,
    };
    Some(node.document().source().get(end..start)? == ",")
}

/// The white space that the line of `offset` begins with.
fn indentation_of_line(source: &str, offset: usize) -> &str {
    let line = &source[source[..offset].rfind('\n').map_or(0, |newline| newline + 1)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The white space before `offset`, if there is nothing else on its line.
fn indentation_before(source: &str, offset: usize) -> Option<&str> {
    let newline = source[..offset].rfind('\n')?;
    let before = &source[newline + 1..offset];
    before.trim_matches([' ', '\t']).is_empty().then_some(before)
}

/// `value` as it is written where `layout` is the layout of the collection that it stands in or is.
pub(in super::super) fn inline(value: &Value, layout: &Layout) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(capacity(value)));
    write_inline(&mut text, value, layout);
    text
}

/// A member of an object.
pub(in super::super) fn entry(key: &str, value: &Value, layout: &Layout) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(capacity(value) + 2 * key.len()));
    write_string(&mut text, key);
    text.push_str(&layout.colon);
    write_inline(&mut text, value, &layout.inner());
    text
}

fn write_inline(text: &mut String, value: &Value, layout: &Layout) {
    match value {
        Value::Sequence(items) if !items.is_empty() => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { layout_comma(layout) } else { "" });
                text.push_str(&layout.member_break);
                write_inline(text, item, &layout.inner());
            }
            text.push_str(&layout.end_break);
            text.push(']');
        }
        Value::Mapping(mapping) if !mapping.is_empty() => {
            text.push('{');
            for (index, (key, value)) in mapping.iter().enumerate() {
                text.push_str(if index > 0 { layout_comma(layout) } else { "" });
                text.push_str(&layout.member_break);
                write_string(text, key);
                text.push_str(&layout.colon);
                write_inline(text, value, &layout.inner());
            }
            text.push_str(&layout.end_break);
            text.push('}');
        }
        Value::Sequence(_) => text.push_str("[]"),
        Value::Mapping(_) => text.push_str("{}"),
        scalar => write_scalar(text, scalar),
    }
}

fn layout_comma(layout: &Layout) -> &'static str {
    if layout.is_one_line() { layout.comma } else { "," }
}
