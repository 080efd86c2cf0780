//! The values and comments of a file, in the order in which SOPS visits them.

use std::collections::HashMap;
use std::ops::Range;

use super::metadata::METADATA_KEY;
use super::selection::{Selection, Walk};
use crate::document::{
    Children, Document, MAX_EXPANDED_VALUES, Node, NodeId, ParseError, ParseErrorKind, Schema,
};

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
    /// The comment of this number among the document's comments.
    Comment(usize),
    /// A scalar.
    Value(NodeId),
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
            leaves: Self::default(),
            walk: Walk::new(selection),
            comments: HashMap::new(),
            texts: document.comments().map(|comment| &comment.source()[1..]).collect(),
            alias: None,
            budget: MAX_EXPANDED_VALUES,
        };
        let places = document.comment_places();
        for (number, place) in places.iter().enumerate() {
            visitor.comments.entry(place.container).or_default().push((place.before, number));
        }
        for list in visitor.comments.values_mut() {
            list.sort_by_key(|(before, number)| (*before, places[*number].rank));
        }
        for root in document.roots() {
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

struct Visitor<'a, 's> {
    leaves: Leaves,
    walk: Walk<'s>,
    /// For each container the comments in it: which member each stands before, and its number.
    comments: HashMap<NodeId, Vec<(usize, usize)>>,
    /// The comments' texts, without their `#`.
    texts: Vec<&'a str>,
    alias: Option<NodeId>,
    budget: usize,
}

impl<'a> Visitor<'a, '_> {
    fn node(&mut self, node: Node<'a>) -> Result<(), ParseError> {
        self.budget = self.budget.checked_sub(1).ok_or_else(|| ParseError {
            kind: ParseErrorKind::AliasExpansion { limit: MAX_EXPANDED_VALUES },
            location: node.location(),
        })?;
        match node.children() {
            Children::Scalar(_) => {
                let selected = self.walk.is_selected();
                self.leaf(LeafKind::Value(node.id()), selected);
                Ok(())
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
        let mut comments = comments.into_iter().peekable();
        let mut comments_before = |visitor: &mut Self, index: usize| {
            while let Some((_, number)) = comments.next_if(|(before, _)| *before <= index) {
                let selected = visitor.walk.comment(visitor.texts[number]);
                // Behind an alias it is the anchor's comment: it counts for the rules, but stands there.
                if visitor.alias.is_none() {
                    visitor.leaf(LeafKind::Comment(number), selected);
                }
            }
        };
        match node.children() {
            Children::Mapping(entries) => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    comments_before(self, index);
                    let name = key.key(Schema::GoYaml3)?;
                    if is_root && name == METADATA_KEY {
                        continue;
                    }
                    self.walk.enter_key(&name);
                    self.node(value)?;
                    self.walk.leave();
                }
            }
            Children::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    comments_before(self, index);
                    self.walk.enter_item();
                    self.node(item)?;
                    self.walk.leave();
                }
            }
            Children::Alias(_) | Children::Scalar(_) => {}
        }
        comments_before(self, usize::MAX);
        Ok(())
    }

    fn leaf(&mut self, kind: LeafKind, selected: bool) {
        let start = self.leaves.paths.len() as u32;
        // Many leaves of one list have one path: it is kept once.
        let path = self.walk.associated_data();
        let path = match self.leaves.list.last() {
            Some(last) if self.leaves.paths[last.path.start as usize..last.path.end as usize] == *path => {
                last.path.clone()
            }
            _ => {
                self.leaves.paths.push_str(path);
                start..self.leaves.paths.len() as u32
            }
        };
        self.leaves.list.push(Leaf { kind, selected, alias: self.alias, path });
    }
}
