//! Which mapping or list a comment belongs to, as sops sees it.
//!
//! sops encrypts a comment under the path of the mapping or list that it sits in, and its comment rules look at the
//! comments that stand before a value and before its parents. Where a comment sits is for go-yaml v3 to say, which
//! sops reads YAML with: it makes of each comment the head, the line comment or the foot of some node, by rules of
//! its own. sops then puts heads and line comments before the node, and feet after it.
//!
//! The rules are followed in three steps. [`tokens`] lists a document's tokens in the order in which go-yaml takes
//! them. [`groups`] cuts the comments between two tokens into heads, line comments and feet, and says from which
//! place on each is handed over. This module hands them over: a scalar, an alias, the start or end of a flow
//! collection, the end of a block mapping and the end of a document take what has gathered; no other token does.
//!
//! The oracle is sops 3.13.3 with go.yaml.in/yaml/v3 3.0.4; `test-vectors/sops/comments.json` has its answers.
//!
//! Where the two still part:
//! - An alias repeats the comments of what it stands for in sops' tree, under another path. Here they have one place,
//!   that in the source.
//! - go-yaml reads a few things differently that are no comments: `&a:` is an anchor and a `:` to it, an anchor of
//!   that name to YAML 1.2. Comments around them go with the tree.
//! - go-yaml also breaks lines at U+0085, U+2028 and U+2029, where its comments then end.

mod groups;
#[cfg(test)]
mod tests;
mod tokens;

use std::collections::HashMap;
use std::collections::VecDeque;

use super::super::node::{Kind, NodeData, NodeId};
use super::super::{Document, Format};
use groups::{Group, Role};
use tokens::{Owner, Step, Taken, Tokens};

/// Where a comment sits in the tree of its document, as sops sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommentPlace {
    /// The mapping or list that it belongs to; the root itself where that is null or a scalar, as in a file of comments
    /// alone.
    pub container: NodeId,
    /// The entry or item that it stands before, from 0; the number of entries or items if it stands after the last.
    pub before: usize,
    /// How many other comments stand in front of it before the same entry or item. This is nearly always the order of
    /// the file; in flow collections it may not be.
    pub rank: usize,
    /// Whether it is a scalar's or a list item's line comment, at the end of the same line.
    pub inline: bool,
    /// `false` for a comment that go-yaml or sops drops. Its place is then where its layout puts it.
    pub seen_by_sops: bool,
}

impl Document {
    /// Where each of [`comments`](Document::comments) belongs, in the same order. Takes time linear in the file's size.
    ///
    /// What counts for sops is the text that it reads, the encrypted file's.
    #[must_use]
    pub fn comment_places(&self) -> Vec<CommentPlace> {
        self.places(None)
    }

    /// Where each comment will belong once a top-level key stands at the end of every document, as the metadata of an
    /// encrypted file does. It may pull the last comments of a document out of nested blocks, and it gives documents
    /// that are null a mapping.
    ///
    /// These are the places in the encrypted file but for rare ones: a scalar over several lines that is encrypted onto
    /// one, a tag that goes, or a plain scalar that gets quotes can move a comment near it. The places in a text with
    /// all its values encrypted, taken before its comments are, are exact.
    #[must_use]
    pub fn comment_places_with_key_appended(&self) -> Vec<CommentPlace> {
        let missing_break = if self.source.ends_with('\n') { "" } else { self.newline() };
        self.places(Some(missing_break))
    }

    fn places(&self, appended: Option<&'static str>) -> Vec<CommentPlace> {
        match self.arena.roots.first() {
            Some(root) if self.format == Format::Yaml && !self.arena.comments.is_empty() => {
                Tokens::new(&self.source, &self.arena, *root, appended).places()
            }
            Some(_) if self.format != Format::Yaml => self.flat_places(),
            // A file with comments has a root: null, if there is nothing else.
            _ => Vec::new(),
        }
    }
}

impl Document {
    /// Those of dotenv and INI files, which are known from reading them.
    fn flat_places(&self) -> Vec<CommentPlace> {
        let mut rank = 0;
        let mut last = None;
        let places = self.arena.places.iter().map(|place| {
            let (container, before) = (place.container, place.before);
            rank = if last == Some((container, before)) { rank + 1 } else { 0 };
            last = Some((container, before));
            CommentPlace { container, before, rank, inline: place.inline, seen_by_sops: true }
        });
        places.collect()
    }
}

/// Hands groups of comments over to nodes as the tokens go by.
struct Places<'a> {
    nodes: &'a [NodeData],
    /// The root of the document that ended last.
    root: NodeId,
    /// The latest mapping that a key is to be appended to.
    longer: Option<NodeId>,
    spots: Vec<Spot>,
    /// Groups that no token has been handed yet, in the order of the file.
    waiting: VecDeque<Group>,
    /// What has been handed over and waits for a node that takes comments: indices of comments.
    heads: Vec<usize>,
    lines: Vec<usize>,
    feet: Vec<usize>,
    /// How many of `heads` were there at the `-` just passed.
    stem: usize,
    /// The foot that the latest key of a mapping has: the key's index and the comments. A second one replaces it.
    key_feet: HashMap<NodeId, (usize, Vec<usize>)>,
    /// The last comment in front of the first token that an empty line follows.
    header_end: Option<usize>,
}

/// The turns in which sops lists the comments between two entries or items of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    DocumentHead,
    ContainerHead,
    ContainerLine,
    /// Of a scalar or a list's item.
    Foot,
    KeyFoot,
    KeyHead,
    KeyLine,
    Head,
    Line,
    ContainerFoot,
    DocumentFoot,
    Dropped,
}

#[derive(Clone, Copy)]
struct Spot {
    container: NodeId,
    before: usize,
    turn: Turn,
    inline: bool,
}

impl Spot {
    fn new(container: NodeId, before: usize, turn: Turn) -> Self {
        Self { container, before, turn, inline: false }
    }

    fn inline(self) -> Self {
        Self { inline: true, ..self }
    }

    fn dropped(self) -> Self {
        Self { turn: Turn::Dropped, ..self }
    }

    fn place(&self) -> CommentPlace {
        CommentPlace {
            container: self.container,
            before: self.before,
            rank: 0,
            inline: self.inline,
            seen_by_sops: self.turn != Turn::Dropped,
        }
    }
}

impl<'a> Places<'a> {
    fn new(nodes: &'a [NodeData], count: usize, root: NodeId) -> Self {
        Self {
            nodes,
            root,
            longer: None,
            spots: vec![Spot::new(root, 0, Turn::Dropped); count],
            waiting: VecDeque::new(),
            heads: Vec::new(),
            lines: Vec::new(),
            feet: Vec::new(),
            stem: 0,
            key_feet: HashMap::new(),
            header_end: None,
        }
    }

    fn step(&mut self, step: Step) {
        let stem = std::mem::take(&mut self.stem);
        match step {
            Step::AppendedKey { mapping } => self.longer = Some(mapping),
            Step::Token { start } => self.hand_over(start, false),
            Step::Dash { start } => {
                self.hand_over(start, false);
                self.stem = self.heads.len();
            }
            Step::Start { start, node, owner } => {
                self.hand_over(start, false);
                let stem: Vec<usize> = self.heads.drain(..stem.min(self.heads.len())).collect();
                self.put(&stem, self.head_spot(node, owner));
            }
            Step::End { start, node, owner } => {
                self.hand_over(start, true);
                if matches!(self.nodes[node.index()].kind, Kind::Mapping { .. }) {
                    self.take(node, owner, Taken::MappingEnd);
                }
            }
            Step::Take { node, owner, taken } => self.take(node, owner, taken),
            Step::DocumentStart { root } => self.header(root),
            Step::DocumentEnd { root } => self.document_end(root),
        }
    }

    /// Gathers the groups whose time has come when a token at `start` is next.
    fn hand_over(&mut self, start: usize, block_end: bool) {
        while let Some(group) = self.waiting.front() {
            // The end of a block has no head: it waits for the token after it, and all groups behind it wait, too.
            if group.anchor > start || block_end && group.role == Role::Head {
                return;
            }
            let gathered = match group.role {
                Role::Head => &mut self.heads,
                Role::Line => &mut self.lines,
                Role::Foot => &mut self.feet,
            };
            gathered.extend(group.comments.clone());
            self.waiting.pop_front();
        }
    }

    fn take(&mut self, node: NodeId, owner: Owner, taken: Taken) {
        if self.heads.is_empty() && self.lines.is_empty() && self.feet.is_empty() {
            return;
        }
        let (heads, lines, feet) = (
            std::mem::take(&mut self.heads),
            std::mem::take(&mut self.lines),
            std::mem::take(&mut self.feet),
        );
        let first = Spot::new(node, 0, Turn::ContainerHead);
        let last = Spot::new(node, self.len(node), Turn::KeyFoot);
        match taken {
            Taken::Scalar => {
                self.put(&heads, self.head_spot(node, owner));
                self.put(&lines, self.line_spot(node, owner));
                self.foot(&feet, node, owner);
            }
            // The end of the collection writes over what its start has taken, the head apart.
            Taken::FlowStart => {
                self.put(&heads, self.head_spot(node, owner));
                self.put(&lines, first.dropped());
                self.put(&feet, first.dropped());
            }
            Taken::FlowEnd => {
                self.put(&heads, last.dropped());
                self.put(&lines, self.line_spot(node, owner));
                self.foot(&feet, node, owner);
            }
            Taken::MappingEnd => {
                self.put(&heads, last.dropped());
                self.put(&lines, self.line_spot(node, owner));
                if let (false, Some(key)) = (feet.is_empty(), self.len(node).checked_sub(1)) {
                    self.replace_key_foot(node, key, &feet);
                    let is_key = matches!(owner, Owner::Key { .. });
                    self.put(&feet, if is_key { last.dropped() } else { Self::seen(owner, last) });
                }
            }
        }
    }

    /// The comments above the first token, down to the last empty line among them, are the document's head.
    fn header(&mut self, root: NodeId) {
        let Some(end) = self.header_end else { return };
        let count = self.heads.iter().take_while(|comment| **comment <= end).count();
        let header: Vec<usize> = self.heads.drain(..count).collect();
        self.put(&header, Spot::new(root, 0, Turn::DocumentHead));
    }

    fn document_end(&mut self, root: NodeId) {
        self.root = root;
        let (heads, lines, feet) = (
            std::mem::take(&mut self.heads),
            std::mem::take(&mut self.lines),
            std::mem::take(&mut self.feet),
        );
        let last = Spot::new(root, self.len(root), Turn::DocumentFoot);
        self.put(&lines, last.dropped());
        self.put(&heads, if feet.is_empty() { last } else { last.dropped() });
        self.put(&feet, last);
    }

    /// Comments that are left when the file ends go nowhere in sops.
    fn finish(mut self) -> Vec<CommentPlace> {
        let waiting: Vec<usize> = self.waiting.drain(..).flat_map(|group| group.comments).collect();
        for comments in [
            waiting,
            std::mem::take(&mut self.heads),
            std::mem::take(&mut self.lines),
            std::mem::take(&mut self.feet),
        ] {
            self.put(&comments, Spot::new(self.root, self.len(self.root), Turn::Dropped));
        }
        ranked(&self.spots)
    }

    fn head_spot(&self, node: NodeId, owner: Owner) -> Spot {
        let spot = match owner {
            Owner::Key { mapping, index, .. } => Spot::new(mapping, index, Turn::KeyHead),
            Owner::Item { list, index, .. } => Spot::new(list, index, Turn::Head),
            Owner::Value { mapping, index, .. } if !self.is_collection(node) => {
                Spot::new(mapping, index, Turn::Head)
            }
            Owner::Value { .. } | Owner::Root => Spot::new(node, 0, Turn::ContainerHead),
        };
        Self::seen(owner, spot)
    }

    fn line_spot(&self, node: NodeId, owner: Owner) -> Spot {
        let spot = self.head_spot(node, owner);
        let line = match spot.turn {
            Turn::KeyHead => Spot { turn: Turn::KeyLine, ..spot },
            Turn::Head => Spot { turn: Turn::Line, ..spot }.inline(),
            _ => Spot { turn: Turn::ContainerLine, ..spot },
        };
        Self::seen(owner, line)
    }

    fn foot(&mut self, feet: &[usize], node: NodeId, owner: Owner) {
        if feet.is_empty() {
            return;
        }
        let spot = match owner {
            // A foot on a key that is not the first belongs to the entry before it.
            Owner::Key { mapping, index, block: true, .. } if index > 0 => {
                self.replace_key_foot(mapping, index - 1, feet);
                Spot::new(mapping, index, Turn::KeyFoot)
            }
            Owner::Key { mapping, index, .. } => {
                self.replace_key_foot(mapping, index, feet);
                Spot::new(mapping, index + 1, Turn::KeyFoot)
            }
            Owner::Value { mapping, index, .. } => {
                let key_has_one = self.key_feet.get(&mapping).is_some_and(|(key, _)| *key == index);
                if !key_has_one {
                    self.replace_key_foot(mapping, index, feet);
                    Spot::new(mapping, index + 1, Turn::KeyFoot)
                } else if self.is_collection(node) {
                    Spot::new(node, self.len(node), Turn::ContainerFoot)
                } else {
                    Spot::new(mapping, index + 1, Turn::Foot)
                }
            }
            Owner::Item { list, index, .. } => Spot::new(list, index + 1, Turn::Foot),
            // sops leaves the function before it comes to the foot of an empty document.
            Owner::Root if self.is_collection(node) => Spot::new(node, self.len(node), Turn::ContainerFoot),
            Owner::Root => Spot::new(node, 0, Turn::Dropped),
        };
        self.put(feet, Self::seen(owner, spot));
    }

    /// Gives the key at `index` the foot `feet`; the one that it had is lost.
    fn replace_key_foot(&mut self, mapping: NodeId, index: usize, feet: &[usize]) {
        if let Some((key, lost)) = self.key_feet.insert(mapping, (index, feet.to_vec()))
            && key == index
        {
            for comment in lost {
                self.spots[comment] = self.spots[comment].dropped();
            }
        }
    }

    fn put(&mut self, comments: &[usize], spot: Spot) {
        for comment in comments {
            self.spots[*comment] = spot;
        }
    }

    /// `spot`, as dropped if `owner` lies in a key: sops takes a key for its text.
    fn seen(owner: Owner, spot: Spot) -> Spot {
        match owner {
            Owner::Key { in_key: true, .. }
            | Owner::Value { in_key: true, .. }
            | Owner::Item { in_key: true, .. } => spot.dropped(),
            _ => spot,
        }
    }

    fn is_collection(&self, node: NodeId) -> bool {
        matches!(self.nodes[node.index()].kind, Kind::Mapping { .. } | Kind::Sequence { .. })
    }

    fn len(&self, node: NodeId) -> usize {
        let len = match &self.nodes[node.index()].kind {
            Kind::Mapping { entries } => entries.len(),
            Kind::Sequence { items } => items.len(),
            Kind::Alias { .. } | Kind::Scalar(_) => 0,
        };
        len + usize::from(self.longer == Some(node))
    }
}

/// Public places from spots, each with its rank among those in front of the same entry or item.
fn ranked(spots: &[Spot]) -> Vec<CommentPlace> {
    let mut order: Vec<usize> = (0..spots.len()).collect();
    order.sort_by_key(|index| (spots[*index].container, spots[*index].before, spots[*index].turn, *index));
    let mut places: Vec<CommentPlace> = spots.iter().map(Spot::place).collect();
    let mut rank = 0;
    for pair in order.windows(2) {
        let (previous, next) = (spots[pair[0]], spots[pair[1]]);
        let together = (previous.container, previous.before) == (next.container, next.before);
        rank = if together { rank + 1 } else { 0 };
        places[pair[1]].rank = rank;
    }
    places
}
