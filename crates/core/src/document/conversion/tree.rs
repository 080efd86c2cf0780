//! Documents as trees of values with the comments between them.

use std::collections::{BTreeSet, HashMap, HashSet};

use zeroize::Zeroizing;

use super::super::ini::DEFAULT_SECTION;
use super::super::{
    Children, CommentPlace, Document, Entries, Format, MAX_DEPTH, MAX_EXPANDED_VALUES, Node, NodeId,
    ParseError, ParseErrorKind, Schema, Step, Value,
};
use super::{ConversionError, DATA_KEY};

pub(super) enum Tree {
    Mapping(Members),
    Scalar(Value),
    Sequence(Members),
}

/// The entries or items of a collection.
#[derive(Default)]
pub(super) struct Members {
    pub(super) list: Vec<Member>,
    /// The comments after the last one.
    pub(super) comments: Vec<Line>,
}

pub(super) struct Member {
    /// The comments above it, and those on its line.
    pub(super) comments: Vec<Line>,
    /// Empty for an item.
    pub(super) key: String,
    pub(super) value: Tree,
}

/// A comment without its sign.
pub(super) type Line = Zeroizing<String>;

impl Tree {
    pub(super) fn empty() -> Self {
        Self::Mapping(Members::default())
    }

    /// A binary file.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        let value = match str::from_utf8(bytes) {
            Ok(text) => Value::string(text),
            Err(_) => Value::Bytes(Zeroizing::new(bytes.to_vec())),
        };
        let data = Member { comments: Vec::new(), key: DATA_KEY.to_owned(), value: Self::Scalar(value) };
        Self::Mapping(Members { list: vec![data], comments: Vec::new() })
    }

    /// What it is, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Mapping(_) => "a mapping",
            Self::Scalar(value) => value.kind(),
            Self::Sequence(_) => "a list",
        }
    }
}

/// The documents of a file, aliases expanded.
pub(super) fn documents(document: &Document) -> Result<Vec<Tree>, ConversionError> {
    let mut builder =
        Builder { comments: comments(document), budget: MAX_EXPANDED_VALUES, depth: 0, aliases: 0 };
    let trees = document.roots().map(|root| builder.root(root));
    let mut trees = trees.collect::<Result<Vec<_>, _>>()?;
    if document.format() == Format::Ini {
        trees.iter_mut().for_each(add_default_section);
    }
    Ok(trees)
}

/// Comments by the collection that they stand in, each with the number of the member that it belongs to.
type Comments = HashMap<NodeId, Vec<(usize, Line)>>;

fn comments(document: &Document) -> Comments {
    let mut comments: HashMap<_, Vec<_>> = HashMap::new();
    let sections = document.roots().flat_map(|root| root.entries().into_iter().flat_map(Entries::iter));
    let sections: HashMap<_, _> = match document.format() {
        Format::Ini => sections.enumerate().map(|(index, (_, section))| (section.id(), index)).collect(),
        _ => HashMap::new(),
    };
    for (comment, place) in document.comments().zip(document.comment_places()) {
        let line = match document.format() {
            Format::Ini => {
                let sign = &comment.source()[..1];
                [" ", comment.source().trim_start_matches([' ', sign.chars().next().unwrap_or(';')])].concat()
            }
            _ => comment.source()[1..].trim_end_matches('\r').to_owned(),
        };
        let (container, member) = member(document, place, &sections);
        comments.entry(container).or_default().push((member, place.rank, Zeroizing::new(line)));
    }
    let sorted = comments.into_iter().map(|(container, mut list)| {
        list.sort_by_key(|(member, rank, _)| (*member, *rank));
        (container, list.into_iter().map(|(member, _, line)| (member, line)).collect())
    });
    sorted.collect()
}

/// The collection and the number of the member in it that a comment belongs to. In INI sops has it behind what it stands
/// above: a key's comments after the key, a section's before its first one.
fn member(document: &Document, place: CommentPlace, sections: &HashMap<NodeId, usize>) -> (NodeId, usize) {
    let root = document.node(place.container).parent();
    match (sections.get(&place.container), root, place.before) {
        (Some(section), Some(root), 0) => (root.id(), *section),
        (Some(_), Some(_), after) => (place.container, after - 1),
        _ => (place.container, place.before),
    }
}

struct Builder {
    comments: Comments,
    budget: usize,
    depth: usize,
    /// How many aliases are around: comments stand where the anchor is.
    aliases: usize,
}

impl Builder {
    fn root(&mut self, root: Node<'_>) -> Result<Tree, ConversionError> {
        match self.tree(root)? {
            // A document of nothing, or of comments alone.
            Tree::Scalar(Value::Null) => {
                Ok(Tree::Mapping(Members { list: Vec::new(), comments: self.rest(root) }))
            }
            tree => Ok(tree),
        }
    }

    fn tree(&mut self, node: Node<'_>) -> Result<Tree, ConversionError> {
        let refuse = |kind| Err(ParseError { kind, location: node.location() }.into());
        let Some(budget) = self.budget.checked_sub(1) else {
            return refuse(ParseErrorKind::AliasExpansion { limit: MAX_EXPANDED_VALUES });
        };
        self.budget = budget;
        if self.depth == MAX_DEPTH {
            return refuse(ParseErrorKind::TooDeep { limit: MAX_DEPTH });
        }
        self.depth += 1;
        let tree = match node.children() {
            Children::Alias(target) => {
                self.aliases += 1;
                let tree = self.tree(target);
                self.aliases -= 1;
                tree
            }
            Children::Scalar(_) => Ok(Tree::Scalar(node.value(Schema::GoYaml3)?)),
            Children::Mapping(_) => self.mapping(node).map(Tree::Mapping),
            Children::Sequence(items) => {
                let list = items.iter().enumerate().map(|(index, item)| {
                    let comments = self.of_member(node, index);
                    Ok(Member { comments, key: String::new(), value: self.tree(item)? })
                });
                let list = list.collect::<Result<Vec<_>, ConversionError>>()?;
                let comments = self.rest(node);
                Ok(Tree::Sequence(Members { list, comments }))
            }
        };
        self.depth -= 1;
        tree
    }

    fn mapping(&mut self, node: Node<'_>) -> Result<Members, ConversionError> {
        let mut members = Members::default();
        let mut indices = HashMap::new();
        let mut extended = BTreeSet::new();
        let is_ini = node.document().format() == Format::Ini;
        for (index, (key, value)) in node.entries().into_iter().flat_map(Entries::iter).enumerate() {
            let comments = self.of_member(node, index);
            let key = key.key(Schema::GoYaml3)?;
            let value = self.tree(value)?;
            match (indices.get(&key), value) {
                (None, value) => {
                    indices.insert(key.clone(), members.list.len());
                    members.list.push(Member { comments, key, value });
                }
                // A section that stands twice is one section.
                (Some(first), Tree::Mapping(more)) if is_ini => {
                    extend(&mut members.list[*first], comments, more);
                    extended.insert(*first);
                }
                (Some(_), _) => {
                    let own = node.parent().and_then(|_| node.path().steps().last().cloned());
                    let path = own.into_iter().chain([Step::Key(key)]).collect();
                    return Err(ConversionError::DuplicateKey { path });
                }
            }
        }
        extended.into_iter().try_for_each(|index| check_keys(&members.list[index]))?;
        members.comments = self.rest(node);
        Ok(members)
    }

    fn of_member(&mut self, node: Node<'_>, index: usize) -> Vec<Line> {
        self.taken(node, |member| member == index)
    }

    fn rest(&mut self, node: Node<'_>) -> Vec<Line> {
        self.taken(node, |_| true)
    }

    /// Takes the comments at the head of those of `node` that are left, as long as their members fit.
    fn taken(&mut self, node: Node<'_>, fits: impl Fn(usize) -> bool) -> Vec<Line> {
        if self.aliases > 0 {
            return Vec::new();
        }
        let Some(list) = self.comments.get_mut(&node.id()) else { return Vec::new() };
        let count = list.iter().take_while(|(member, _)| fits(*member)).count();
        list.drain(..count).map(|(_, line)| line).collect()
    }
}

/// Adds the entries of a section's second part to those of its first.
fn extend(first: &mut Member, mut comments: Vec<Line>, more: Members) {
    let Tree::Mapping(known) = &mut first.value else { return };
    for mut member in more.list {
        member.comments.splice(0..0, comments.drain(..));
        known.list.push(member);
    }
    known.comments.extend(comments);
    known.comments.extend(more.comments);
}

/// Whether the keys of a section differ.
fn check_keys(section: &Member) -> Result<(), ConversionError> {
    let Tree::Mapping(members) = &section.value else { return Ok(()) };
    let mut keys = HashSet::new();
    match members.list.iter().find(|member| !keys.insert(member.key.as_str())) {
        Some(twin) => {
            let path = [section.key.clone(), twin.key.clone()].map(Step::Key).into_iter().collect();
            Err(ConversionError::DuplicateKey { path })
        }
        None => Ok(()),
    }
}

/// sops has the section of the keys without one in every INI file, in front of the others.
fn add_default_section(tree: &mut Tree) {
    if let Tree::Mapping(members) = tree
        && !members.list.iter().any(|member| member.key == DEFAULT_SECTION)
    {
        let section = Member { comments: Vec::new(), key: DEFAULT_SECTION.to_owned(), value: Tree::empty() };
        members.list.insert(0, section);
    }
}
