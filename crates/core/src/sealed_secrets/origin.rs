//! Where a resource was read, so that what is wrong in it can be located, and changed in place.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::place::{Place, ResourceError, ResourceErrorKind};
use crate::document::{Document, Entries, Format, Location, Node, NodeId, ParseError};

pub(super) fn moved(location: Location, line_offset: usize) -> Location {
    Location { line: location.line + line_offset, ..location }
}

/// Where a resource was read.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) document: Arc<Document>,
    /// Whether there is nothing else in the file, as there is if it is a stream of several JSON objects.
    pub(super) is_whole_file: bool,
    pub(super) node: NodeId,
    /// Counted from 1 through the file, if there are several documents in it.
    pub(super) number: Option<usize>,
    /// Counted from 1 through the list that it stands in.
    pub(super) item: Option<usize>,
    pub(super) line_offset: usize,
}

/// Where a resource stands in a file, however the file's text changes around it.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    /// The number of its document, from 0.
    pub(super) root: usize,
    /// Its number in the list that the document is, from 0.
    pub(super) item: Option<usize>,
}

impl Spot {
    pub(super) fn node_in(self, document: &Document) -> Option<Node<'_>> {
        let root = document.roots().nth(self.root)?;
        match self.item {
            None => Some(root),
            Some(item) => root.get("items")?.items()?.get(item),
        }
    }
}

impl Origin {
    /// The file, or the one object of several in it.
    pub(super) fn document(&self) -> &Document {
        &self.document
    }

    /// Where it stands in the file. Nothing if the file is more than the document.
    pub(super) fn spot(&self) -> Option<Spot> {
        let mut root = self.node();
        while let Some(parent) = root.parent() {
            root = parent;
        }
        let root = self.document.roots().position(|other| other.id() == root.id())?;
        let spot = Spot { root, item: self.item.map(|item| item - 1) };
        self.is_whole_file.then_some(spot)
    }

    pub(super) fn node(&self) -> Node<'_> {
        self.document.node(self.node)
    }

    /// The node at `path` in the resource. Nothing if it comes in by a merge key.
    pub(super) fn find(&self, path: &[&str]) -> Option<Node<'_>> {
        path.iter().try_fold(self.node(), |node, key| node.get(key))
    }

    /// The place of what is at `path`, or of what would hold it.
    pub(super) fn place(&self, path: &[&str]) -> Place {
        let found = (0..=path.len()).rev().find_map(|length| self.find(&path[..length]));
        Place {
            document: self.number,
            item: self.item,
            path: path.iter().map(|key| (*key).to_owned()).collect(),
            location: found.map(|node| moved(node.location(), self.line_offset)),
        }
    }

    /// What stands in the mapping at `path`.
    pub(super) fn fields(&self, path: &[&str]) -> Fields<'_> {
        let mut nodes = HashMap::new();
        for (key, value) in self.find(path).and_then(Node::entries).into_iter().flat_map(Entries::iter) {
            if let Some(key) = key.text() {
                nodes.entry(key).or_insert(value);
            }
        }
        Fields { place: self.place(path), nodes, line_offset: self.line_offset }
    }

    pub(super) fn error(&self, path: &[&str], kind: ResourceErrorKind) -> ResourceError {
        ResourceError { place: Box::new(self.place(path)), kind }
    }

    pub(super) fn syntax_error(&self, error: ParseError) -> ResourceError {
        let location = Some(moved(error.location, self.line_offset));
        let place = Place { document: self.number, item: self.item, path: Vec::new(), location };
        ResourceError { place: Box::new(place), kind: ResourceErrorKind::Syntax(error.kind) }
    }

    pub(super) fn is_json(&self) -> bool {
        self.document.format() == Format::Json
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place(&[]).fmt(formatter)
    }
}

/// A mapping in a file, its values looked up by key: one mapping may have a million of them.
pub(super) struct Fields<'a> {
    place: Place,
    /// Those that come in by a merge key are not in it.
    pub(super) nodes: HashMap<&'a str, Node<'a>>,
    line_offset: usize,
}

impl Fields<'_> {
    /// The place of the value under `key`.
    pub(super) fn place(&self, key: &str) -> Place {
        let mut place = self.place.clone();
        place.path.push(key.to_owned());
        if let Some(node) = self.nodes.get(key) {
            place.location = Some(moved(node.location(), self.line_offset));
        }
        place
    }
}
