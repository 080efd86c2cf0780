//! What is put at the end of each document of a file as a whole, replaced there, and taken out so that the bytes around it
//! are those that were there before: an entry of the root mapping, a section, or lines.

use std::ops::Range;

use zeroize::Zeroizing;

use super::edit::{Edits, members};
use super::node::{Hidden, Node, Span, Style};
use super::{Document, Format, Mapping, Value, dotenv, ini, json, yaml};

impl<'a> Edits<'a> {
    /// Adds `entry` at the end of the document that `root` is the root of. It is written already: as whole lines
    /// without a break at the end, or, for a mapping in braces, as one member.
    pub(crate) fn append_to_document(&mut self, root: Node<'a>, entry: &str) {
        match (root.document().format(), root.style()) {
            (Format::Dotenv, _) => dotenv::append(self, root, entry),
            (Format::Ini, _) => ini::edit::append(self, root, entry.to_owned()),
            (_, Style::Flow) if members(root).is_empty() => {
                // The white space that is there stays behind the only member.
                let start = root.span().start() + 1;
                self.replace(Span::new(start, start), entry);
            }
            (_, Style::Flow) => self.insert_flow(root, entry, &json::Layout::around(root)),
            _ => yaml::edit::append_to_document(self, root, entry),
        }
    }

    /// The entry `key: value` of the root mapping, or the section `key`, as [`Self::append_to_document`] takes it.
    pub(crate) fn written_entry(&mut self, root: Node<'a>, key: &str, value: &Value) -> String {
        match (root.document().format(), root.style()) {
            (Format::Ini, _) => {
                let section = ini::edit::section(self, root, key, value);
                section.map(|mut text| std::mem::take(&mut *text)).unwrap_or_default()
            }
            (Format::Binary | Format::Json, _) => {
                std::mem::take(&mut *json::entry(key, value, &json::Layout::around(root)))
            }
            (_, Style::Flow) => yaml::edit::flow_entry(key, value),
            _ => yaml::edit::block_entry(root, key, value),
        }
    }

    /// The entries of `lines` as lines of a dotenv file, as [`Self::append_to_document`] takes them.
    pub(crate) fn written_lines(&mut self, root: Node<'a>, lines: &Mapping) -> String {
        let mut text = String::new();
        for (key, value) in lines.iter() {
            text.push_str(if text.is_empty() { "" } else { "\n" });
            match dotenv::line(key, value) {
                Ok(line) => text.push_str(&line),
                Err(reason) => self.refuse(root.span().end(), reason),
            }
        }
        text
    }

    /// Puts `entry`, written as for [`Self::append_to_document`], in the place of the entry number `index`.
    pub(crate) fn replace_in_document(&mut self, root: Node<'a>, index: usize, entry: &str) {
        self.replace(entry_span(root, index), entry);
    }

    /// Takes the entry number `index` out of the root mapping `root`, as [`Self::append_to_document`] put it there:
    /// whole lines, but not the comments above them.
    pub(crate) fn remove_from_document(&mut self, root: Node<'a>, index: usize) {
        match (root.document().format(), root.style()) {
            (Format::Ini, _) => ini::edit::remove_section(self, root, index),
            (_, Style::Flow) => match *members(root) {
                // White space behind an only member was there before it was.
                [only] if only.start() == root.span().start() + 1 => self.replace(only, ""),
                _ => self.remove(root, index),
            },
            _ => yaml::edit::remove_lines(self, root, members(root)[index]),
        }
    }

    /// Takes out the lines of the entries of the numbers `indices`, in rising order, of a dotenv file.
    pub(crate) fn remove_lines_from_document(&mut self, root: Node<'a>, indices: &[usize]) {
        let source = root.document().source();
        let members = members(root);
        let mut runs: Vec<Span> = Vec::new();
        for index in indices {
            let member = members[*index];
            match runs.last_mut() {
                Some(run) if source[run.end()..member.start()] == *"\n" => {
                    *run = Span::new(run.start(), member.end());
                }
                _ => runs.push(member),
            }
        }
        for run in runs {
            self.replace(dotenv::whole_lines(source, run), "");
        }
    }

    /// Makes the header of a block scalar at the very end of the file say that its value has no line break at its end,
    /// which is so as long as the file has none. It holds then whatever is written below. A block that is changed anyhow is left
    /// alone.
    pub(crate) fn close_last_block(&mut self) {
        let source = self.document().source();
        if let Some(node) = self.document().last_block()
            && node.span().end() == source.len()
            && let Some(text) = node.text()
            && !self.touches(node.span())
        {
            self.set_text(node, text, node.style());
        }
    }

    /// Puts a ciphertext in the place of the comments of the numbers `range`, which belong together.
    pub(crate) fn seal_comments(&mut self, range: Range<usize>, ciphertext: &str) {
        match self.document().format() {
            Format::Ini => ini::comments::seal(self, range, ciphertext),
            _ => self.open_comments(range, ciphertext),
        }
    }

    /// Puts `text`, what a ciphertext in their place stood for, in the place of the comments of the numbers `range`.
    pub(crate) fn open_comments(&mut self, range: Range<usize>, text: &str) {
        match self.document().format() {
            Format::Ini => ini::comments::open(self, range, text),
            _ => {
                for number in range {
                    yaml::edit::set_comment(self, self.document().comment(number), text);
                }
            }
        }
    }
}

/// Where the entry number `index` of the root mapping `root` stands: whole lines without the last break, or, in braces,
/// the member.
pub(crate) fn entry_span(root: Node<'_>, index: usize) -> Span {
    let member = members(root)[index];
    match (root.document().format(), root.style()) {
        (Format::Ini, _) => ini::edit::section_span(root, index).unwrap_or(member),
        (_, Style::Flow) => member,
        _ => yaml::edit::from_line_start(root, member),
    }
}

/// Whether an entry of the root mapping `left` could stand in `right` as it is written.
pub(crate) fn entries_are_alike(left: Node<'_>, right: Node<'_>) -> bool {
    match (left.document().format(), left.style(), right.style()) {
        (_, Style::Flow, Style::Flow) | (Format::Dotenv | Format::Ini, ..) => true,
        (_, Style::Flow, _) | (_, _, Style::Flow) => false,
        _ => yaml::edit::entry_column(left) == yaml::edit::entry_column(right),
    }
}

impl Document {
    /// The lines of a dotenv file in which there is nothing, or nothing but a carriage return, without their line feeds.
    pub(crate) fn empty_lines(&self) -> impl Iterator<Item = Span> {
        dotenv::empty_lines(&self.source)
    }

    /// Whether sops does not see the comment of this number in the encrypted file. `is_encrypted` says of the value that
    /// it may stand behind that there it is a ciphertext.
    pub(crate) fn is_comment_hidden(&self, number: usize, is_encrypted: bool) -> bool {
        self.arena.places.get(number).is_some_and(|place| match place.hidden {
            Hidden::Always => true,
            Hidden::BehindCiphertext => is_encrypted,
            Hidden::Never => false,
        })
    }

    /// What the comments of the numbers `range`, which belong together, are to sops.
    pub(crate) fn comment_text(&self, range: Range<usize>) -> Zeroizing<String> {
        match self.format {
            Format::Ini => ini::comments::text(self, range),
            _ => Zeroizing::new(range.map(|number| &self.comment(number).source()[1..]).collect()),
        }
    }

    /// What is encrypted for the comments of the numbers `range`, which belong together.
    pub(crate) fn sealed_comment_text(&self, range: Range<usize>) -> Zeroizing<String> {
        match self.format {
            Format::Ini => ini::comments::sealed_text(self, range),
            _ => self.comment_text(range),
        }
    }
}
