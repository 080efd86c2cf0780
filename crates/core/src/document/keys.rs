//! Finding keys that stand twice in one mapping.

use std::borrow::Cow;
use std::collections::HashMap;

use super::node::{Kind, NodeData, NodeId, Text};
use super::{Location, ParseError, ParseErrorKind};

/// Up to this size a mapping's keys are compared one by one; past it they are hashed.
const SMALL_MAPPING: usize = 12;

/// The keys of one mapping that is being read.
#[derive(Default)]
pub(super) struct KeySet<'source> {
    hashed: Option<HashMap<Cow<'source, str>, NodeId>>,
}

impl<'source> KeySet<'source> {
    /// Adds `key`, which comes after `entries`; refuses it if it stands among them already.
    pub(super) fn add(
        &mut self,
        source: &'source str,
        nodes: &[NodeData],
        entries: &[(NodeId, NodeId)],
        key: NodeId,
    ) -> Result<(), ParseError> {
        let Some(name) = name(source, nodes, key) else { return Ok(()) };
        let first = if let Some(keys) = &mut self.hashed {
            keys.insert(name.clone(), key)
        } else {
            if entries.len() >= SMALL_MAPPING {
                let seen = entries.iter().map(|(key, _)| *key).chain([key]);
                self.hashed =
                    Some(seen.filter_map(|key| Some((self::name(source, nodes, key)?, key))).collect());
            }
            let mut before = entries.iter().map(|(key, _)| *key);
            before.find(|key| key_text(source, nodes, *key) == Some(&name))
        };
        let Some(first) = first else { return Ok(()) };
        let first = Location::of(source, nodes[first.index()].span.start()).line;
        let kind = ParseErrorKind::DuplicateKey { key: name.into_owned(), first };
        Err(ParseError::at(source, nodes[key.index()].span.start(), kind))
    }
}

/// [`key_text`], borrowed from the source where it stands there.
fn name<'source>(source: &'source str, nodes: &[NodeData], key: NodeId) -> Option<Cow<'source, str>> {
    match &nodes[key.index()].kind {
        Kind::Scalar(Text::Source(span)) => Some(Cow::Borrowed(&source[span.range()])),
        _ => key_text(source, nodes, key).map(|text| Cow::Owned(text.to_owned())),
    }
}

/// A scalar key's text; an alias' target's.
pub(super) fn key_text<'a>(source: &'a str, nodes: &'a [NodeData], key: NodeId) -> Option<&'a str> {
    match &nodes[key.index()].kind {
        Kind::Scalar(Text::Source(span)) => Some(&source[span.range()]),
        Kind::Scalar(Text::Owned(text)) => Some(text),
        Kind::Alias { target } => key_text(source, nodes, *target),
        Kind::Mapping { .. } | Kind::Sequence { .. } => None,
    }
}
