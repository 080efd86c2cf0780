//! The values and comments of a file, in the order in which SOPS visits them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::block::Block;
use super::cipher::is_encrypted;
use super::metadata::METADATA_KEY;
use super::selection::{Selection, Walk};
use crate::document::{
    Children, Document, Format, MAX_DEPTH, MAX_EXPANDED_VALUES, Node, NodeId, ParseError, ParseErrorKind,
    Schema,
};

/// The most bytes that the leaves' associated data may take: long keys above many values multiply.
const MAX_PATH_BYTES: usize = 256 << 20;

/// One value or comment.
pub(super) struct Leaf {
    pub(super) kind: LeafKind,
    /// Whether the selection rule has it encrypted.
    pub(super) selected: bool,
    /// The outermost alias that it is reached through: it then stands elsewhere in the text, too.
    pub(super) alias: Option<NodeId>,
    path: Range<u32>,
}

/// What a [`Leaf`] is.
#[derive(Clone, Copy)]
pub(super) enum LeafKind {
    /// A comment.
    Comment(Lines),
    /// A scalar.
    Value(NodeId),
}

/// The comments of a document, by their numbers, that SOPS has as one: in INI all those of one key, else just one.
#[derive(Clone, Copy)]
pub(super) struct Lines {
    first: usize,
    count: usize,
}

impl Lines {
    pub(super) fn range(self) -> Range<usize> {
        self.first..self.first + self.count
    }
}

/// All leaves of a file.
#[derive(Default)]
pub(super) struct Leaves {
    list: Vec<Leaf>,
    /// The leaves' associated data, one after the other.
    paths: String,
}

impl Leaves {
    /// Walks through all documents of a file. The `sops` block is no part of them.
    ///
    /// # Errors
    /// A key that is no string, aliases that stand for too much.
    pub(super) fn of(document: &Document, selection: &Selection) -> Result<Self, ParseError> {
        let mut visitor = Visitor {
            document,
            leaves: Self::default(),
            walk: Walk::new(selection),
            block: Block::of(document.format()),
            comments: comments(document),
            alias: None,
            is_last_selected: false,
            budget: MAX_EXPANDED_VALUES,
            depth: 0,
        };
        for root in document.roots() {
            // What the comments at the end of a document say does not hold for the next one.
            visitor.walk = Walk::new(selection);
            visitor.collection(root, true)?;
        }
        Ok(visitor.leaves)
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Leaf> {
        self.list.iter()
    }

    pub(super) fn as_slice(&self) -> &[Leaf] {
        &self.list
    }

    /// The additional authenticated data of `leaf`: the keys on its path, each followed by a colon. A comment has that
    /// of the container that it stands in, a lone colon at the root.
    pub(super) fn associated_data(&self, leaf: &Leaf) -> &str {
        match &self.paths[leaf.path.start as usize..leaf.path.end as usize] {
            "" => ":",
            path => path,
        }
    }
}

/// For each container the comments in it, in the order of SOPS: which member each stands before, and its lines.
type Comments = HashMap<NodeId, Vec<(usize, Lines)>>;

fn comments(document: &Document) -> Comments {
    let places = document.comment_places();
    let mut comments = Comments::new();
    let is_ini = document.format() == Format::Ini;
    // The comments above the metadata of an INI file are those at the end of the plaintext.
    let root = document.roots().next();
    let metadata = root.and_then(|root| root.get(METADATA_KEY)).filter(|_| is_ini).map(Node::id);
    for (number, place) in places.iter().enumerate() {
        let (container, before) = match root {
            Some(root) if Some(place.container) == metadata && place.before == 0 => (root.id(), usize::MAX),
            _ => (place.container, place.before),
        };
        let list = comments.entry(container).or_default();
        match list.last_mut() {
            Some((last, lines)) if is_ini && *last == before => lines.count += 1,
            _ => list.push((before, Lines { first: number, count: 1 })),
        }
    }
    for list in comments.values_mut() {
        list.sort_by_key(|(before, lines)| (*before, places[lines.first].rank));
    }
    comments
}

/// To sops the byte order mark of a dotenv file is part of the first key.
fn follows_mark(key: Node<'_>) -> bool {
    key.document().format() == Format::Dotenv
        && key.document().source().starts_with(BYTE_ORDER_MARK)
        && key.span().start() == BYTE_ORDER_MARK.len_utf8()
}

const BYTE_ORDER_MARK: char = '\u{feff}';

struct Visitor<'a, 's> {
    document: &'a Document,
    leaves: Leaves,
    walk: Walk<'s>,
    block: Block,
    comments: Comments,
    alias: Option<NodeId>,
    /// Whether the latest value is selected.
    is_last_selected: bool,
    budget: usize,
    depth: usize,
}

impl<'a> Visitor<'a, '_> {
    fn node(&mut self, node: Node<'a>) -> Result<(), ParseError> {
        self.spend(node, 1)?;
        if self.depth == MAX_DEPTH {
            let kind = ParseErrorKind::TooDeep { limit: MAX_DEPTH };
            return Err(ParseError { kind, location: node.location() });
        }
        self.depth += 1;
        let outcome = self.content(node);
        self.depth -= 1;
        outcome
    }

    /// Counts what is visited: aliases multiply.
    fn spend(&mut self, node: Node<'a>, count: usize) -> Result<(), ParseError> {
        self.budget = self.budget.checked_sub(count).ok_or_else(|| ParseError {
            kind: ParseErrorKind::AliasExpansion { limit: MAX_EXPANDED_VALUES },
            location: node.location(),
        })?;
        Ok(())
    }

    fn content(&mut self, node: Node<'a>) -> Result<(), ParseError> {
        match node.children() {
            Children::Scalar(_) => {
                let selected = self.walk.is_selected();
                self.is_last_selected = selected;
                self.leaf(node, LeafKind::Value(node.id()), selected)
            }
            Children::Alias(target) => {
                let outer = self.alias;
                self.alias = outer.or(Some(node.id()));
                self.node(target)?;
                self.alias = outer;
                Ok(())
            }
            Children::Mapping(_) | Children::Sequence(_) => self.collection(node, false),
        }
    }

    fn collection(&mut self, node: Node<'a>, is_root: bool) -> Result<(), ParseError> {
        let comments = self.comments.get(&node.id()).cloned().unwrap_or_default();
        self.spend(node, comments.len())?;
        let mut comments = comments.into_iter().peekable();
        let mut comments_before = |visitor: &mut Self, index: usize| {
            while let Some((_, lines)) = comments.next_if(|(before, _)| *before <= index) {
                visitor.comment(node, lines)?;
            }
            Ok(())
        };
        match node.children() {
            Children::Mapping(entries) => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    comments_before(self, index)?;
                    let mut name = match key.string(Schema::GoYaml3) {
                        Some(name) => Cow::Borrowed(name),
                        None => Cow::Owned(key.key(Schema::GoYaml3)?),
                    };
                    if is_root && self.block.has(&name) {
                        continue;
                    }
                    if is_root && index == 0 && follows_mark(key) {
                        name.to_mut().insert(0, BYTE_ORDER_MARK);
                    }
                    self.walk.enter_key(&name);
                    self.node(value)?;
                    self.walk.leave();
                }
            }
            Children::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    comments_before(self, index)?;
                    self.walk.enter_item();
                    self.node(item)?;
                    self.walk.leave();
                }
            }
            Children::Alias(_) | Children::Scalar(_) => {}
        }
        comments_before(self, usize::MAX)
    }

    fn comment(&mut self, container: Node<'a>, lines: Lines) -> Result<(), ParseError> {
        let last = lines.range().end - 1;
        if !self.document.is_comment_hidden(last, self.is_last_selected) {
            let selected = self.walk.comment(&self.document.comment_text(lines.range()));
            return self.comment_leaves(container, lines, selected);
        }
        if lines.count > 1 {
            self.comment(container, Lines { count: lines.count - 1, ..lines })?;
        }
        // It has no say in what is encrypted next.
        let selected = self.walk.clone().comment(&self.document.comment_text(last..last + 1));
        self.comment_leaves(container, Lines { first: last, count: 1 }, selected)
    }

    fn comment_leaves(
        &mut self,
        container: Node<'a>,
        lines: Lines,
        selected: bool,
    ) -> Result<(), ParseError> {
        // Behind an alias it is the anchor's comment: it counts for the rules, but stands there.
        if self.alias.is_some() {
            return Ok(());
        }
        // What was put between the lines of an encrypted comment by hand is a comment of its own.
        let mut first = lines.first;
        for number in lines.range().skip(1) {
            if is_encrypted(&self.document.comment_text(number..number + 1)) {
                let count = number - first;
                self.leaf(container, LeafKind::Comment(Lines { first, count }), selected)?;
                first = number;
            }
        }
        let count = lines.range().end - first;
        self.leaf(container, LeafKind::Comment(Lines { first, count }), selected)
    }

    fn leaf(&mut self, node: Node<'a>, kind: LeafKind, selected: bool) -> Result<(), ParseError> {
        // Many leaves of one list have one path: it is kept once.
        let path = self.walk.associated_data();
        let path = match self.leaves.list.last() {
            Some(last) if self.leaves.paths[last.path.start as usize..last.path.end as usize] == *path => {
                last.path.clone()
            }
            _ => {
                let start = self.leaves.paths.len();
                if start + path.len() > MAX_PATH_BYTES {
                    let kind = ParseErrorKind::KeysTooLong { limit: MAX_PATH_BYTES };
                    return Err(ParseError { kind, location: node.location() });
                }
                self.leaves.paths.push_str(path);
                start as u32..self.leaves.paths.len() as u32
            }
        };
        self.leaves.list.push(Leaf { kind, selected, alias: self.alias, path });
        Ok(())
    }
}
