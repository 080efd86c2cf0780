//! The way from a document's root to one of its values.

use std::fmt;

use thiserror::Error;

use super::edit::Edits;
use super::node::{Children, Node};
use super::{Mapping, Value};

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Into a list, to the item of this number, from 0.
    Index(usize),
    /// Into a mapping, to the value under this key.
    Key(String),
}

/// The way from a document's root to a value: `stringData.password`, `users[0].name`.
///
/// Displayed so that it can be read back: a key that holds a dot, a bracket or a quote, or is empty or a number, stands
/// in brackets and quotes, `["tls.crt"]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path {
    steps: Vec<Step>,
}

impl Path {
    /// The steps, from the root on.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The same path with one more step.
    #[must_use]
    pub fn join(&self, step: Step) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step);
        Self { steps }
    }

    /// Reads a path in either form: sealkit's own, `stringData["tls.crt"]` or `users[0].name`, and that of sops,
    /// `["stringData"]["tls.crt"]`, where quotes may be double or single.
    ///
    /// # Errors
    /// [`PathError`] with the place in `text` where it stops making sense.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let mut steps = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            if let Some(inner) = rest.strip_prefix('[') {
                let (step, length) =
                    bracket(inner).ok_or_else(|| PathError { at: text[..at].chars().count() + 1 })?;
                steps.push(step);
                at += 1 + length;
            } else {
                let rest = if at > 0 { rest.strip_prefix('.') } else { Some(rest) };
                let key = rest.map(|rest| rest.split(['.', '[']).next().unwrap_or_default());
                match key {
                    Some(key) if !key.is_empty() => {
                        at += usize::from(at > 0) + key.len();
                        steps.push(Step::Key(key.to_owned()));
                    }
                    _ => return Err(PathError { at: text[..at].chars().count() + 1 }),
                }
            }
        }
        Ok(Self { steps })
    }
}

/// What stands in brackets, without the opening one: the step, and its length with the closing one.
fn bracket(text: &str) -> Option<(Step, usize)> {
    let end = match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let mut key = String::new();
            let mut characters = text[1..].char_indices();
            loop {
                match characters.next()? {
                    (_, '\\') => key.push(characters.next()?.1),
                    (at, character) if character == quote => {
                        let end = 1 + at + 1;
                        return text[end..].starts_with(']').then_some((Step::Key(key), end + 1));
                    }
                    (_, character) => key.push(character),
                }
            }
        }
        _ => text.find(']')?,
    };
    let digits = &text[..end];
    let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let index = if fits { digits.parse().ok()? } else { return None };
    Some((Step::Index(index), end + 1))
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.steps.iter().enumerate() {
            match step {
                Step::Index(index) => write!(formatter, "[{index}]")?,
                Step::Key(key) if key.is_empty() || key.contains(['.', '[', ']', '"', '\'', '\\']) => {
                    write!(formatter, "[\"{}\"]", key.replace('\\', "\\\\").replace('"', "\\\""))?;
                }
                Step::Key(key) if number == 0 => formatter.write_str(key)?,
                Step::Key(key) => write!(formatter, ".{key}")?,
            }
        }
        Ok(())
    }
}

impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self { steps: steps.into_iter().collect() }
    }
}

/// A path that can't be read.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error(
    "this is no path, from character {at} on; write it like data.password, users[0].name or data[\"tls.crt\"]"
)]
pub struct PathError {
    /// The character where it stops making sense, from 1.
    pub at: usize,
}

/// A path that leads nowhere in a document.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepError {
    /// A key in a list or an index in a mapping or a scalar.
    #[error("{path} can't be reached: there is {found} where a {expected} is needed")]
    Kind {
        /// The path up to and with the step that failed.
        path: Path,
        /// What is there.
        found: &'static str,
        /// `mapping` or `list`.
        expected: &'static str,
    },
    /// No such key or index.
    #[error("there is no {path}")]
    Missing {
        /// The path up to and with the step that failed.
        path: Path,
    },
}

impl<'a> Node<'a> {
    /// The way from the root to this node; a key's path is that of its value. Takes time in proportion to the number of
    /// members of the collections on the way.
    #[must_use]
    pub fn path(self) -> Path {
        let mut steps = Vec::new();
        let mut node = self;
        while let Some(parent) = node.parent() {
            match parent.children() {
                Children::Mapping(entries) => {
                    let own = |(key, value): &(Node<'a>, Node<'a>)| {
                        key.id() == node.id() || value.id() == node.id()
                    };
                    let key = entries.iter().find(own).and_then(|(key, _)| key.text());
                    steps.push(Step::Key(key.unwrap_or_default().to_owned()));
                }
                Children::Sequence(items) => {
                    steps.push(Step::Index(
                        items.iter().position(|item| item.id() == node.id()).unwrap_or_default(),
                    ));
                }
                Children::Alias(_) | Children::Scalar(_) => {}
            }
            node = parent;
        }
        steps.reverse();
        Path { steps }
    }

    /// The node that `path` leads to from here; aliases are followed.
    ///
    /// # Errors
    /// [`StepError`] with the first part of the path that leads nowhere.
    pub fn at(self, path: &Path) -> Result<Self, StepError> {
        let mut node = self;
        for (number, step) in path.steps().iter().enumerate() {
            let next = match step {
                Step::Index(index) => node.items().map(|items| items.get(*index)),
                Step::Key(key) => node.entries().map(|_| node.get(key)),
            };
            let so_far = || path.steps()[..=number].iter().cloned().collect();
            node = match next {
                Some(Some(next)) => next,
                Some(None) => return Err(StepError::Missing { path: so_far() }),
                None => {
                    let expected = if matches!(step, Step::Key(_)) { "mapping" } else { "list" };
                    return Err(StepError::Kind { path: so_far(), found: kind(node), expected });
                }
            };
        }
        Ok(node)
    }
}

fn kind(node: Node<'_>) -> &'static str {
    match node.resolved().children() {
        Children::Mapping(_) => "a mapping",
        Children::Sequence(_) => "a list",
        _ if node.resolved().span().is_empty() => "nothing",
        _ => "a single value",
    }
}

impl<'a> Edits<'a> {
    /// Puts `value` at `path` below `root`, as `sops set` does: what is there is replaced, missing mappings are made, an
    /// index past a list's end appends, a single value that the path goes through becomes a mapping or list.
    ///
    /// # Errors
    /// [`StepError::Kind`] for a key in a list or an index in a mapping.
    pub fn set_at(&mut self, root: Node<'a>, path: &Path, value: &Value) -> Result<(), StepError> {
        let mut node = root;
        for (number, step) in path.steps().iter().enumerate() {
            let rest = &path.steps()[number + 1..];
            let so_far = || path.steps()[..=number].iter().cloned().collect();
            match (step, node.children()) {
                (Step::Key(key), Children::Mapping(_)) => match node.get(key) {
                    Some(next) => node = next,
                    None => {
                        self.insert_entry(node, key, &below(rest, value));
                        return Ok(());
                    }
                },
                (Step::Index(index), Children::Sequence(items)) => match items.get(*index) {
                    Some(next) => node = next,
                    None => {
                        self.insert_item(node, &below(rest, value));
                        return Ok(());
                    }
                },
                (Step::Index(_), Children::Mapping(_)) => {
                    return Err(StepError::Kind { path: so_far(), found: "a mapping", expected: "list" });
                }
                (Step::Key(_), Children::Sequence(_)) => {
                    return Err(StepError::Kind { path: so_far(), found: "a list", expected: "mapping" });
                }
                (step, Children::Scalar(_)) => {
                    let value = below(std::slice::from_ref(step), &below(rest, value));
                    match (step, root.id() == node.id(), value) {
                        (Step::Key(key), true, Value::Mapping(mapping)) => {
                            if let Some(value) = mapping.get(key) {
                                self.insert_entry(node, key, value);
                            }
                        }
                        (_, _, value) => self.set(node, &value),
                    }
                    return Ok(());
                }
                // A change behind an alias is a change of its own copy.
                (_, Children::Alias(_)) => {
                    return Err(StepError::Kind {
                        path: so_far(),
                        found: "an alias",
                        expected: "value of its own",
                    });
                }
            }
        }
        self.set(node, value);
        Ok(())
    }

    /// Takes out what `path` leads to below `root`, with its key and its comments.
    ///
    /// # Errors
    /// [`StepError`] with the first part of the path that leads nowhere; also for the empty path.
    pub fn remove_at(&mut self, root: Node<'a>, path: &Path) -> Result<(), StepError> {
        let Some((last, parents)) = path.steps().split_last() else {
            return Err(StepError::Missing { path: path.clone() });
        };
        let parent = root.at(&parents.iter().cloned().collect())?;
        let node = root.at(path)?;
        let index = match last {
            Step::Index(index) => Some(*index),
            Step::Key(_) => super::edit::entry_index(parent.resolved(), node.id()),
        };
        if let Some(index) = index {
            self.remove(parent.resolved(), index);
        }
        Ok(())
    }
}

/// `value` below `steps`: mappings and lists of one member each around it.
fn below(steps: &[Step], value: &Value) -> Value {
    steps.iter().rev().fold(value.clone(), |value, step| match step {
        Step::Index(_) => Value::Sequence(vec![value]),
        Step::Key(key) => Value::Mapping([(key.as_str(), value)].into_iter().collect::<Mapping>()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Document, Edits, Format, Value};
    use super::{Path, Step, StepError};

    #[test]
    fn both_forms_are_read() {
        let steps = |text: &str| Path::parse(text).unwrap().steps().to_vec();
        let key = |text: &str| Step::Key(text.to_owned());
        assert_eq!(steps("a.b[0].c"), [key("a"), key("b"), Step::Index(0), key("c")]);
        assert_eq!(
            steps(r#"["a"]['tls.crt'][12]["q\"q"]"#),
            [key("a"), key("tls.crt"), Step::Index(12), key("q\"q")]
        );
        assert_eq!(steps(r#"data["tls.crt"]"#), [key("data"), key("tls.crt")]);
        assert_eq!(steps(""), []);
        for text in ["a..b", ".a", "a.", "[", "[a]", "[\"a\"", "a[1", "[-1]", "[\"a\"]b", "[+1]"] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_is_displayed_as_it_is_read() {
        for text in ["a.b[0].c", "data[\"tls.crt\"]", "[\"a\\\"b\"].c", "[\"\"]"] {
            assert_eq!(Path::parse(text).unwrap().to_string(), text);
        }
    }

    fn set(source: &str, path: &str, value: &Value) -> Result<String, StepError> {
        let document = Document::parse(source.as_bytes(), Format::Yaml).unwrap();
        let mut edits = Edits::new(&document);
        edits.set_at(document.roots().next().unwrap(), &Path::parse(path).unwrap(), value)?;
        Ok(edits.apply().unwrap().to_string())
    }

    #[test]
    fn setting_makes_what_is_missing() {
        let one = Value::Integer(1);
        assert_eq!(set("a: 0\n", "a", &one).unwrap(), "a: 1\n");
        assert_eq!(set("a: 0\n", "b.c[0]", &one).unwrap(), "a: 0\nb:\n  c:\n  - 1\n");
        assert_eq!(set("a:\n- x\n", "a[7]", &one).unwrap(), "a:\n- x\n- 1\n");
        assert_eq!(set("a: x\n", "a.b", &one).unwrap(), "a:\n  b: 1\n");
        assert!(matches!(set("a: {}\n", "a[0]", &one), Err(StepError::Kind { .. })));
        assert!(matches!(set("a: [x]\n", "a.b", &one), Err(StepError::Kind { .. })));
    }

    #[test]
    fn removing_needs_what_is_there() {
        let document = Document::parse(b"a: {b: [1, 2]}\n", Format::Yaml).unwrap();
        let root = document.roots().next().unwrap();
        let mut edits = Edits::new(&document);
        edits.remove_at(root, &Path::parse("a.b[0]").unwrap()).unwrap();
        assert_eq!(*edits.apply().unwrap(), "a: {b: [2]}\n");
        let error = Edits::new(&document).remove_at(root, &Path::parse("a.c").unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "there is no a.c");
    }
}
