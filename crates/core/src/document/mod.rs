//! Text files edited in place: the source as it is, and a span for every value in it.
//!
//! A [`Document`] is a whole file. It keeps the file's bytes and knows, for every key and value in them, where they
//! stand ([`Node::span`]), how they are written ([`Style`]) and what they mean ([`Node::value`]). Nothing is ever
//! printed from a tree over a file: what changes is cut out and spliced in, and every other byte stays.
//!
//! ```
//! use sealkit::document::{Document, Format, Schema, Value};
//!
//! let document = Document::parse(b"port: 0x1F  # in hexadecimal\n", Format::Yaml)?;
//! let port = document.roots().next().and_then(|root| root.get("port")).expect("the key is there");
//! assert_eq!(port.value(Schema::GoYaml3)?, Value::Integer(31));
//! assert_eq!(port.location().to_string(), "line 1, column 7");
//! # Ok::<(), sealkit::document::ParseError>(())
//! ```

mod appendix;
mod conversion;
mod deserialize;
mod dotenv;
mod edit;
mod error;
mod format;
mod ini;
mod json;
mod keys;
mod line_spans;
mod lines;
mod node;
mod path;
mod plain_tree;
mod value;
mod yaml;

pub use conversion::{ConversionError, convert};
pub use deserialize::merged;
pub use deserialize::{TypeError, TypeProblem, from_value};
pub use edit::{EditError, Edits};
pub use error::{Location, ParseError, ParseErrorKind};
pub use format::Format;
pub use json::to_json;
pub use node::{Children, Comment, Entries, Items, Node, NodeId, Span, Style};
pub use path::{Path, PathError, Step, StepError};
pub(crate) use value::kubernetes_float;
pub use value::{Mapping, Value};
pub use yaml::{CommentPlace, Schema, to_yaml};

pub(crate) use appendix::{entries_are_alike, entry_span};
pub(crate) use json::indented_as_sops as json_indented;

use std::sync::OnceLock;

use lines::Lines;
use node::Arena;

use zeroize::Zeroizing;

/// The most bytes that are read as one file: 256 MiB. Offsets in a file fit 32 bits.
pub const MAX_FILE_BYTES: usize = 256 << 20;

/// The most levels that collections may be nested in each other.
pub const MAX_DEPTH: usize = 250;

/// The most values that a document may stand for when its aliases are expanded.
pub const MAX_EXPANDED_VALUES: usize = 4_000_000;

/// A file: its source, untouched, and the tree of what stands in it.
///
/// The source may hold secrets: it is wiped on drop, and `Debug` prints none of it.
pub struct Document {
    source: Zeroizing<String>,
    format: Format,
    arena: Arena,
    /// Made when a location is first asked for.
    lines: OnceLock<Lines>,
}

impl Document {
    /// Reads `bytes`, a whole file of the given format: UTF-8, with or without a byte order mark, at most
    /// [`MAX_FILE_BYTES`] long.
    ///
    /// # Errors
    /// [`ParseError`] for [`Format::Binary`], which has no parts to be read; else, with line and column: text that is not UTF-8 or not of this format, a duplicate key, an alias
    /// that is undefined or stands in its own anchor, nesting deeper than [`MAX_DEPTH`], a file that is too large.
    pub fn parse(bytes: &[u8], format: Format) -> Result<Self, ParseError> {
        Self::read(Zeroizing::new(decode(bytes)?.to_owned()), format)
    }

    /// [`Self::parse`] for who needs `bytes` no more: they are not copied.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn from_bytes(mut bytes: Zeroizing<Vec<u8>>, format: Format) -> Result<Self, ParseError> {
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(source) if source.len() <= MAX_FILE_BYTES => Self::read(Zeroizing::new(source), format),
            Ok(source) => Self::parse(Zeroizing::new(source).as_bytes(), format),
            Err(error) => Self::parse(&Zeroizing::new(error.into_bytes()), format),
        }
    }

    fn read(source: Zeroizing<String>, format: Format) -> Result<Self, ParseError> {
        let arena = match format {
            Format::Dotenv => dotenv::read(&source)?,
            Format::Ini => ini::read(&source)?,
            Format::Json => json::read(&source)?,
            Format::Yaml => yaml::read(&source)?,
            Format::Binary => return Err(ParseError::at(&source, 0, ParseErrorKind::NoStructure)),
        };
        Ok(Self { source, format, arena, lines: OnceLock::new() })
    }

    /// The file's text, byte for byte as it was read.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The format that the file was read as.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// The root node of each document in the file: any number in YAML (none in an empty file), one in all else.
    pub fn roots(&self) -> impl ExactSizeIterator<Item = Node<'_>> {
        self.arena.roots.iter().map(|id| self.node(*id))
    }

    /// The node that `id`, from this same document, stands for.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node { document: self, id }
    }

    /// The place of the character at `offset`.
    fn location(&self, offset: usize) -> Location {
        self.lines.get_or_init(|| Lines::new(&self.source)).location(&self.source, offset)
    }

    /// The line break that the file uses: that of its first line.
    #[must_use]
    pub fn newline(&self) -> &'static str {
        match self.source.find('\n') {
            Some(at) if self.source[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// The last block scalar of the file, if it is the last scalar.
    fn last_block(&self) -> Option<Node<'_>> {
        let last = self.arena.nodes.iter().rposition(|node| matches!(node.kind, node::Kind::Scalar(_)))?;
        let node = self.node(NodeId::new(last));
        matches!(node.style(), Style::Literal | Style::Folded).then_some(node)
    }

    /// Where the document of `root` ends: before its end marker or the next document's start marker.
    fn end_of(&self, root: Node<'_>) -> usize {
        let index = self.arena.roots.iter().position(|id| *id == root.id());
        index.and_then(|index| self.arena.ends.get(index)).copied().unwrap_or(self.source.len())
    }

    /// The keys that are aliases.
    pub(crate) fn alias_keys(&self) -> impl Iterator<Item = Node<'_>> {
        let keys =
            self.nodes().filter_map(Node::entries).flat_map(|entries| entries.iter().map(|(key, _)| key));
        keys.filter(|key| matches!(key.children(), Children::Alias(_)))
    }

    /// All nodes, parents before their children.
    fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.arena.nodes.len()).map(|index| self.node(NodeId::new(index)))
    }

    /// The number that `text` is where it stands bare; `None` if it is something else.
    pub(crate) fn number(&self, text: &str) -> Option<Value> {
        let value = match self.format {
            Format::Json => json::number(text)?,
            Format::Yaml => yaml::resolve(Schema::GoYaml3, text, Style::Plain, None).ok()?,
            Format::Binary | Format::Dotenv | Format::Ini => return None,
        };
        matches!(value, Value::Integer(_) | Value::Float(_)).then_some(value)
    }

    /// The comment of the number `number`, from 0.
    pub(crate) fn comment(&self, number: usize) -> Comment<'_> {
        Comment { document: self, span: self.arena.comments[number] }
    }

    /// The comments, in the order of the file.
    pub fn comments(&self) -> impl ExactSizeIterator<Item = Comment<'_>> {
        self.arena.comments.iter().map(|span| Comment { document: self, span: *span })
    }
}

impl std::fmt::Debug for Document {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Document")
            .field("format", &self.format)
            .field("bytes", &self.source.len())
            .finish_non_exhaustive()
    }
}

fn decode(bytes: &[u8]) -> Result<&str, ParseError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(ParseError::at("", 0, ParseErrorKind::TooLarge { limit: MAX_FILE_BYTES }));
    }
    str::from_utf8(bytes).map_err(|error| {
        let valid = str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        ParseError::at(valid, valid.len(), ParseErrorKind::NotUtf8)
    })
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::{Document, Format, MAX_FILE_BYTES, ParseErrorKind};

    #[test]
    fn bytes_that_are_handed_over_are_read_as_those_that_are_copied() {
        let taken = |bytes: &[u8]| Document::from_bytes(Zeroizing::new(bytes.to_vec()), Format::Yaml);
        let source = "a: 1 # ü\n";
        assert_eq!(taken(source.as_bytes()).unwrap().source(), source);
        let no_text = b"a: 1\nb: \xff\n";
        let error = taken(no_text).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::NotUtf8);
        assert_eq!(error.location, Document::parse(no_text, Format::Yaml).unwrap_err().location);
        let error = taken(&vec![b'#'; MAX_FILE_BYTES + 1]).unwrap_err();
        assert!(matches!(error.kind, ParseErrorKind::TooLarge { .. }));
    }
}
