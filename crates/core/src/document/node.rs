//! The nodes of a document: where they stand, how they are written, what is in them.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{Document, Location, ParseError, Schema, Value, plain_tree};

/// A half-open range of bytes in a document's source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The span from byte `start` to before byte `end`. Offsets fit 32 bits because files are bounded.
    pub(super) fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end && end <= super::MAX_FILE_BYTES);
        Self { start: start as u32, end: end as u32 }
    }

    /// The first byte's offset.
    #[must_use]
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// The offset after the last byte.
    #[must_use]
    pub fn end(self) -> usize {
        self.end as usize
    }

    /// The offsets as a range, to slice the source with.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start()..self.end()
    }

    /// Whether there is nothing in it: a value that is left out.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// Names one node of one [`Document`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    pub(super) fn new(index: usize) -> Self {
        Self(index as u32)
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a node is written in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// `` `x` ``, in INI.
    BackQuoted,
    /// A collection of lines: YAML's indented mappings and lists, the sections of an INI file, a dotenv file.
    Block,
    /// A collection in brackets or braces: `{a: 1}`, `[1, 2]`; every collection of JSON.
    Flow,
    /// A scalar without quotes.
    Plain,
    /// `'x'`.
    SingleQuoted,
    /// `"x"`; every string of JSON.
    DoubleQuoted,
    /// A literal block, `|`.
    Literal,
    /// A folded block, `>`.
    Folded,
    /// `"""x"""`, in INI.
    TripleQuoted,
}

/// All nodes of a document, each named by its index.
#[derive(Default)]
pub(super) struct Arena {
    pub(super) nodes: Vec<NodeData>,
    pub(super) roots: Vec<NodeId>,
    /// For each root, where its document ends: at its end marker, the next start marker, or the end of the file.
    pub(super) ends: Vec<usize>,
    pub(super) comments: Vec<Span>,
    /// For each comment of a dotenv or INI file, where sops has it.
    pub(super) places: Vec<Place>,
}

/// Where sops has a comment of a dotenv or INI file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) container: NodeId,
    /// The entry that it comes before.
    pub(super) before: usize,
    /// Whether it stands behind something on its line.
    pub(super) inline: bool,
    pub(super) hidden: Hidden,
}

/// When go-ini drops a comment: where it stands behind a value in back quotes or three double ones that begins on its
/// own line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    Always,
    /// The value has several lines. Its ciphertext has not.
    BehindCiphertext,
    Never,
}

impl Arena {
    pub(super) fn push(&mut self, node: NodeData) -> NodeId {
        let id = NodeId::new(self.nodes.len());
        self.nodes.push(node);
        id
    }
}

pub(super) struct NodeData {
    pub(super) parent: Option<NodeId>,
    pub(super) kind: Kind,
    pub(super) style: Style,
    /// The node's own text: a scalar with its quotes or block header, a collection from its first to its last byte.
    pub(super) span: Span,
    pub(super) properties: Option<Box<Properties>>,
}

impl NodeData {
    /// A node from byte `start` to before byte `end`, without tag and anchor.
    pub(super) fn new(parent: Option<NodeId>, kind: Kind, style: Style, start: usize, end: usize) -> Self {
        Self { parent, kind, style, span: Span::new(start, end), properties: None }
    }
}

/// A YAML node's tag and anchor.
#[derive(Clone, Default)]
pub(super) struct Properties {
    /// The tag, resolved: `tag:yaml.org,2002:str`, `!local`.
    pub(super) tag: Option<(Box<str>, Span)>,
    pub(super) anchor: Option<Span>,
}

pub(super) enum Kind {
    Alias { target: NodeId },
    Mapping { entries: Vec<(NodeId, NodeId)> },
    Scalar(Text),
    Sequence { items: Vec<NodeId> },
}

/// A scalar's text after quotes, escapes and folds are undone.
pub(super) enum Text {
    /// It stands in the source as it is.
    Source(Span),
    /// It had to be put together.
    Owned(Zeroizing<Box<str>>),
}

impl Text {
    /// Text that had to be put together. The buffer's capacity should be its length.
    pub(super) fn owned(mut text: Zeroizing<String>) -> Self {
        Self::Owned(Zeroizing::new(std::mem::take(&mut *text).into_boxed_str()))
    }
}

/// What is in a [`Node`].
#[derive(Clone, Copy)]
pub enum Children<'a> {
    /// An alias, and the node that it stands for.
    Alias(Node<'a>),
    /// A mapping's keys and values in order.
    Mapping(Entries<'a>),
    /// A scalar's text, quotes, escapes and folds undone.
    Scalar(&'a str),
    /// A list's items in order.
    Sequence(Items<'a>),
}

/// The keys and values of a mapping.
#[derive(Clone, Copy)]
pub struct Entries<'a> {
    document: &'a Document,
    ids: &'a [(NodeId, NodeId)],
}

impl<'a> Entries<'a> {
    /// The entries in the order of the file.
    pub fn iter(self) -> impl ExactSizeIterator<Item = (Node<'a>, Node<'a>)> + DoubleEndedIterator {
        self.ids.iter().map(move |(key, value)| (self.document.node(*key), self.document.node(*value)))
    }

    /// How many there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.ids.is_empty()
    }
}

/// The items of a list.
#[derive(Clone, Copy)]
pub struct Items<'a> {
    document: &'a Document,
    ids: &'a [NodeId],
}

impl<'a> Items<'a> {
    /// The items in the order of the file.
    pub fn iter(self) -> impl ExactSizeIterator<Item = Node<'a>> + DoubleEndedIterator {
        self.ids.iter().map(move |id| self.document.node(*id))
    }

    /// The item at `index`, from 0.
    #[must_use]
    pub fn get(self, index: usize) -> Option<Node<'a>> {
        self.ids.get(index).map(|id| self.document.node(*id))
    }

    /// How many there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.ids.is_empty()
    }
}

/// A key or a value in a [`Document`].
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pub(super) document: &'a Document,
    pub(super) id: NodeId,
}

impl<'a> Node<'a> {
    fn data(self) -> &'a NodeData {
        &self.document.arena.nodes[self.id.index()]
    }

    /// The node's name in its document.
    #[must_use]
    pub fn id(self) -> NodeId {
        self.id
    }

    /// The document that it stands in.
    #[must_use]
    pub fn document(self) -> &'a Document {
        self.document
    }

    /// The mapping or list that it stands in, as a key, a value or an item; `None` for a root.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        self.data().parent.map(|id| self.document.node(id))
    }

    /// Whether it stands in brackets or braces, where line breaks do not end it and `,` and `]` do.
    #[must_use]
    pub fn in_flow(self) -> bool {
        self.parent().is_some_and(|parent| parent.style() == Style::Flow)
    }

    /// Where it begins, its tag and anchor counted in.
    pub(super) fn outer_start(self) -> usize {
        let own = [self.tag_span(), self.anchor_span()].into_iter().flatten().map(Span::start);
        own.fold(self.span().start(), usize::min)
    }

    /// How it is written.
    #[must_use]
    pub fn style(self) -> Style {
        self.data().style
    }

    /// Where its own text stands: a scalar with its quotes or block header, tag and anchor left out; a block
    /// collection from its first key or dash to the end of its last value.
    #[must_use]
    pub fn span(self) -> Span {
        self.data().span
    }

    /// Where its text begins, as line and column.
    #[must_use]
    pub fn location(self) -> Location {
        self.document.location(self.span().start())
    }

    /// Its text in the source: a scalar with its quotes or block header.
    #[must_use]
    pub fn source(self) -> &'a str {
        &self.document.source[self.span().range()]
    }

    /// Its explicit tag, resolved (`tag:yaml.org,2002:str`, `!local`).
    #[must_use]
    pub fn tag(self) -> Option<&'a str> {
        self.data().properties.as_ref()?.tag.as_ref().map(|(tag, _)| &**tag)
    }

    /// Where its explicit tag stands.
    #[must_use]
    pub fn tag_span(self) -> Option<Span> {
        self.data().properties.as_ref()?.tag.as_ref().map(|(_, span)| *span)
    }

    /// Where its anchor (`&name`) stands.
    #[must_use]
    pub fn anchor_span(self) -> Option<Span> {
        self.data().properties.as_ref()?.anchor
    }

    /// What is in it.
    #[must_use]
    pub fn children(self) -> Children<'a> {
        let document = self.document;
        match &self.data().kind {
            Kind::Alias { target } => Children::Alias(document.node(*target)),
            Kind::Mapping { entries } => Children::Mapping(Entries { document, ids: entries }),
            Kind::Scalar(Text::Source(span)) => Children::Scalar(&document.source[span.range()]),
            Kind::Scalar(Text::Owned(text)) => Children::Scalar(text),
            Kind::Sequence { items } => Children::Sequence(Items { document, ids: items }),
        }
    }

    /// The node itself, or the one that it is an alias of.
    #[must_use]
    pub fn resolved(self) -> Self {
        match self.children() {
            Children::Alias(target) => target,
            _ => self,
        }
    }

    /// A scalar's text, quotes, escapes and folds undone; an alias' target's. `None` for collections.
    #[must_use]
    pub fn text(self) -> Option<&'a str> {
        match self.resolved().children() {
            Children::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// A mapping's entries; an alias' target's. `None` for all else.
    #[must_use]
    pub fn entries(self) -> Option<Entries<'a>> {
        match self.resolved().children() {
            Children::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// A list's items; an alias' target's. `None` for all else.
    #[must_use]
    pub fn items(self) -> Option<Items<'a>> {
        match self.resolved().children() {
            Children::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The value under the scalar key `key` of a mapping. Takes time in proportion to the number of entries.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Self> {
        self.entries()?.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// What the node means under `schema` as a mapping's key.
    ///
    /// # Errors
    /// A key that is no string (under [`Schema::GoYaml3`]) or no scalar.
    pub fn key(self, schema: Schema) -> Result<String, ParseError> {
        plain_tree::key(self, schema)
    }

    /// The text of a scalar that is a string under `schema`. `None` for all else, and where only a closer look tells.
    pub(crate) fn string(self, schema: Schema) -> Option<&'a str> {
        plain_tree::string(self, schema)
    }

    /// What the node means under `schema`, as a plain tree; aliases are expanded.
    ///
    /// # Errors
    /// A key that is no string (under [`Schema::GoYaml3`]) or no scalar, a tag that does not fit its value, aliases
    /// that stand for more than [`super::MAX_EXPANDED_VALUES`] values.
    pub fn value(self, schema: Schema) -> Result<Value, ParseError> {
        plain_tree::value(self, schema)
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Node")
            .field("style", &self.style())
            .field("span", &self.span())
            .finish_non_exhaustive()
    }
}

/// A comment in a [`Document`].
#[derive(Clone, Copy)]
pub struct Comment<'a> {
    pub(super) document: &'a Document,
    pub(super) span: Span,
}

impl<'a> Comment<'a> {
    /// Where it stands, from its `#` (in INI also `;`) to before the line break. White space at its end is part of it,
    /// but not in INI; in dotenv, so is a carriage return.
    #[must_use]
    pub fn span(self) -> Span {
        self.span
    }

    /// Where it begins, as line and column.
    #[must_use]
    pub fn location(self) -> Location {
        self.document.location(self.span.start())
    }

    /// Its text, from its `#` on.
    #[must_use]
    pub fn source(self) -> &'a str {
        &self.document.source[self.span.range()]
    }
}
