//! The `sops` block in formats without nesting.
//!
//! dotenv and INI hold the metadata as flat pairs: `age__list_0__map_enc` stands for `age[0].enc`. In dotenv each name also
//! begins with `sops_`.

use super::metadata::scalar_text;
use crate::document::{Mapping, Value};

/// What each metadata line of a dotenv file begins with.
pub const DOTENV_PREFIX: &str = "sops_";

const MAP: &str = "__map_";
const LIST: &str = "__list_";

/// No metadata is nested deeper than this.
const MAX_DEPTH: usize = 16;

/// The pairs that stand for `block`, in its order. Empty lists and mappings leave no trace, as in sops.
///
/// Values are plain text: the writer of the format escapes their newlines.
///
/// # Errors
/// [`FlatError::Collision`] if two fields would get one name; [`FlatError::TooDeep`].
pub fn flatten(block: &Mapping) -> Result<Vec<(String, String)>, FlatError> {
    let mut pairs = Vec::new();
    flatten_mapping(block, "", 0, &mut pairs)?;
    let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if let Some(twins) = names.windows(2).find(|twins| twins[0] == twins[1]) {
        return Err(FlatError::Collision { name: twins[0].to_owned() });
    }
    Ok(pairs)
}

fn flatten_mapping(
    block: &Mapping,
    prefix: &str,
    depth: usize,
    pairs: &mut Vec<(String, String)>,
) -> Result<(), FlatError> {
    block.iter().try_for_each(|(key, value)| flatten_value(value, format!("{prefix}{key}"), depth, pairs))
}

fn flatten_value(
    value: &Value,
    name: String,
    depth: usize,
    pairs: &mut Vec<(String, String)>,
) -> Result<(), FlatError> {
    if depth > MAX_DEPTH {
        return Err(FlatError::TooDeep);
    }
    match value {
        Value::Mapping(mapping) => flatten_mapping(mapping, &format!("{name}{MAP}"), depth + 1, pairs),
        Value::Sequence(items) => items.iter().enumerate().try_for_each(|(index, item)| {
            flatten_value(item, format!("{name}{LIST}{index}"), depth + 1, pairs)
        }),
        // sops writes booleans small here, unlike in ciphertexts.
        Value::Boolean(truth) => {
            pairs.push((name, truth.to_string()));
            Ok(())
        }
        scalar => {
            pairs.push((name, scalar_text(scalar).unwrap_or_default()));
            Ok(())
        }
    }
}

/// The block that flat pairs stand for. All its scalars are strings.
///
/// Newlines that are still escaped (`\n`, once or twice) and quotes around a value, which old files have, are undone.
///
/// # Errors
/// [`FlatError::Collision`] if a name is given twice or is both a value and a prefix of others; [`FlatError::IncompleteList`]
/// if list indices are not 0, 1, 2 and so on; [`FlatError::TooDeep`].
pub fn unflatten<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Mapping, FlatError> {
    let mut root = Node::default();
    for (name, value) in pairs {
        let collision = || FlatError::Collision { name: name.to_owned() };
        let mut node = &mut root;
        for (depth, token) in tokens(name).into_iter().enumerate() {
            if depth > MAX_DEPTH {
                return Err(FlatError::TooDeep);
            }
            node = node.child(token).ok_or_else(collision)?;
        }
        if !matches!(node, Node::Empty) {
            return Err(collision());
        }
        *node = Node::Leaf(clean(value));
    }
    match root {
        Node::Empty => Ok(Mapping::new()),
        Node::Fields(fields) => to_mapping(fields, ""),
        Node::Leaf(_) | Node::Items(_) => Err(FlatError::Collision { name: String::new() }),
    }
}

/// One step of a flat name.
enum Token<'a> {
    Field(&'a str),
    Item(&'a str),
}

fn tokens(name: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = name;
    let mut is_item = false;
    loop {
        let map = rest.find(MAP).unwrap_or(rest.len());
        let list = rest.find(LIST).unwrap_or(rest.len());
        let end = map.min(list);
        let text = &rest[..end];
        tokens.push(if is_item { Token::Item(text) } else { Token::Field(text) });
        if end == rest.len() {
            return tokens;
        }
        is_item = list < map;
        rest = &rest[end + if is_item { LIST.len() } else { MAP.len() }..];
    }
}

/// A tree under construction. Lists are kept by index, since their items may come in any order.
#[derive(Default)]
enum Node {
    #[default]
    Empty,
    Leaf(String),
    Fields(Vec<(String, Node)>),
    Items(std::collections::BTreeMap<usize, Node>),
}

impl Node {
    /// The child that `token` names, made if it is new; `None` if this node is of another kind.
    fn child(&mut self, token: Token<'_>) -> Option<&mut Self> {
        match token {
            Token::Field(name) => {
                if matches!(self, Self::Empty) {
                    *self = Self::Fields(Vec::new());
                }
                let Self::Fields(fields) = self else { return None };
                // Pairs of one mapping mostly stand together: look at the newest first.
                let place = fields.iter().rposition(|(field, _)| field == name).unwrap_or_else(|| {
                    fields.push((name.to_owned(), Self::Empty));
                    fields.len() - 1
                });
                Some(&mut fields[place].1)
            }
            Token::Item(index) => {
                if matches!(self, Self::Empty) {
                    *self = Self::Items(std::collections::BTreeMap::new());
                }
                let Self::Items(items) = self else { return None };
                Some(items.entry(index.parse().ok()?).or_default())
            }
        }
    }
}

fn to_mapping(fields: Vec<(String, Node)>, path: &str) -> Result<Mapping, FlatError> {
    fields
        .into_iter()
        .map(|(name, node)| {
            let path = format!("{path}{name}");
            let value = to_value(node, &path)?;
            Ok((name, value))
        })
        .collect()
}

fn to_value(node: Node, path: &str) -> Result<Value, FlatError> {
    match node {
        Node::Empty => Ok(Value::Null),
        Node::Leaf(text) => Ok(Value::string(text)),
        Node::Fields(fields) => to_mapping(fields, &format!("{path}.")).map(Value::Mapping),
        Node::Items(items) => {
            if items.keys().enumerate().any(|(place, index)| place != *index) {
                return Err(FlatError::IncompleteList { path: path.to_owned() });
            }
            let items = items.into_iter().map(|(index, item)| to_value(item, &format!("{path}[{index}]")));
            items.collect::<Result<Vec<_>, _>>().map(Value::Sequence)
        }
    }
}

fn clean(value: &str) -> String {
    let bare = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote)))
        .unwrap_or(value);
    if bare.contains('\\') { bare.replace(r"\\n", "\n").replace(r"\n", "\n") } else { bare.to_owned() }
}

/// Why metadata can't be laid flat, or read back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlatError {
    /// Two values under one name, or a value beside a list or mapping under one name.
    #[error("the sops metadata has two things called `{name}`")]
    Collision {
        /// The name.
        name: String,
    },
    /// A list with a hole in it.
    #[error("the list `{path}` in the sops metadata is incomplete")]
    IncompleteList {
        /// The list's path.
        path: String,
    },
    /// Nested too deep.
    #[error("the sops metadata is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

#[cfg(test)]
mod tests {
    use super::{FlatError, MAX_DEPTH, flatten, unflatten};
    use crate::document::{Mapping, Value};

    fn pairs(mapping: &Mapping) -> Vec<(String, String)> {
        flatten(mapping).unwrap()
    }

    #[test]
    fn metadata_survives_being_flat() {
        let key: Mapping = [("enc", "-----BEGIN\nx\n"), ("recipient", "age1x")].into_iter().collect();
        let group: Mapping =
            [("age", Value::Sequence(vec![key.clone().into(), key.into()]))].into_iter().collect();
        let block: Mapping = [
            ("key_groups", Value::Sequence(vec![group.clone().into(), group.into()])),
            ("mac_only_encrypted", Value::Boolean(true)),
            ("shamir_threshold", Value::Integer(2)),
            ("kms", Value::Sequence(Vec::new())),
        ]
        .into_iter()
        .collect();
        let flat = pairs(&block);
        assert_eq!(flat.len(), 10);
        assert_eq!(flat[0].0, "key_groups__list_0__map_age__list_0__map_enc");
        assert_eq!(flat[0].1, "-----BEGIN\nx\n");
        assert_eq!(flat[8], ("mac_only_encrypted".to_owned(), "true".to_owned()));
        assert_eq!(flat[9], ("shamir_threshold".to_owned(), "2".to_owned()));
        let back = unflatten(flat.iter().map(|(name, value)| (name.as_str(), value.as_str()))).unwrap();
        assert_eq!(pairs(&back), flat);
        assert_eq!(back.keys().collect::<Vec<_>>(), ["key_groups", "mac_only_encrypted", "shamir_threshold"]);
    }

    #[test]
    fn old_escapes_and_quotes_are_undone() {
        let block = unflatten([("a", r"x\ny"), ("b", r"x\\ny"), ("c", "\"ENC[…]\""), ("d", "'q'")]).unwrap();
        let texts: Vec<_> = block.iter().map(|(_, value)| value.as_str().unwrap()).collect();
        assert_eq!(texts, ["x\ny", "x\ny", "ENC[…]", "q"]);
    }

    #[test]
    fn items_may_come_in_any_order_and_must_be_all_there() {
        let block = unflatten([("a__list_1", "y"), ("a__list_0", "x")]).unwrap();
        assert_eq!(block.get("a").unwrap().as_sequence().unwrap()[0].as_str(), Some("x"));
        assert_eq!(
            unflatten([("a__list_1", "y")]).unwrap_err(),
            FlatError::IncompleteList { path: "a".to_owned() }
        );
    }

    #[test]
    fn contradictions_are_errors() {
        for twice in [
            [("a", "x"), ("a", "y")],
            [("a", "x"), ("a__map_b", "y")],
            [("a__list_0", "x"), ("a__map_b", "y")],
            [("a__list_x", "x"), ("b", "y")],
            [("a__list_0", "x"), ("a__list_00", "y")],
        ] {
            assert!(matches!(unflatten(twice), Err(FlatError::Collision { .. })), "{twice:?}");
        }
        let block: Mapping =
            [("a__map_b", Value::string("x")), ("a", [("b", "y")].into_iter().collect::<Mapping>().into())]
                .into_iter()
                .collect();
        assert!(matches!(flatten(&block), Err(FlatError::Collision { .. })));
    }

    #[test]
    fn nesting_has_one_limit_for_both_ways() {
        fn in_mapping(value: Value) -> Value {
            [("a", value)].into_iter().collect::<Mapping>().into()
        }
        fn in_list(value: Value) -> Value {
            vec![value].into()
        }
        for (wrap, step) in [(in_mapping as fn(Value) -> Value, "__map_a"), (in_list, "__list_0")] {
            let nested = |levels| {
                let value = (0..levels).fold(Value::string("x"), |value, _| wrap(value));
                [("a", value)].into_iter().collect::<Mapping>()
            };
            let name = |levels| format!("a{}", step.repeat(levels));
            assert_eq!(pairs(&nested(MAX_DEPTH)), [(name(MAX_DEPTH), "x".to_owned())]);
            assert_eq!(unflatten([(name(MAX_DEPTH).as_str(), "x")]).unwrap(), nested(MAX_DEPTH));
            for levels in [MAX_DEPTH + 1, 100] {
                assert_eq!(flatten(&nested(levels)).unwrap_err(), FlatError::TooDeep);
                assert_eq!(unflatten([(name(levels).as_str(), "x")]).unwrap_err(), FlatError::TooDeep);
            }
        }
    }
}
