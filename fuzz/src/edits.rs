//! Random changes to a file, each checked against the same change to the plain tree.

use std::fmt;
use std::ops::Range;

use arbitrary::{Arbitrary, Result, Unstructured};
use sealkit::document::{
    Children, Document, Edits, Entries, Format, Mapping, Node, Path, Schema, Span, Step, Style, Value,
    to_yaml,
};

use crate::document::same;

/// How many bytes at the end of an input say what is done to the file that the others are.
const CONTROL: usize = 32;

/// Texts that are hard to write or to read in one format or another.
const TEXTS: [&str; 48] = [
    "",
    " ",
    "x",
    "yes",
    "0x1F",
    "null",
    "a: b",
    "# c",
    "it's",
    "\"q\"",
    "two\nlines",
    "two\nlines\n",
    "\n",
    " lead",
    "trail ",
    "tab\there",
    "\ttab",
    "a\n  \nb\n",
    "x\n\n",
    "\u{85}",
    "\u{feff}",
    "é🔑",
    "\0",
    "---",
    "...",
    "- x",
    "?",
    "[",
    "{a",
    "!t",
    "&a",
    "*a",
    "@",
    "`",
    "%",
    "\r",
    "a\rb",
    "<<",
    "~",
    "1:30",
    "2001-12-14",
    "-",
    "a:",
    "|",
    "'",
    "\\",
    "line \n  \n",
    ";",
];

/// The file in an input, and what is to be done to it.
pub fn split(bytes: &[u8]) -> (&[u8], Unstructured<'_>) {
    let (file, control) = bytes.split_at(bytes.len().saturating_sub(CONTROL));
    (file, Unstructured::new(control))
}

/// A change to one document of a file.
pub enum Change {
    /// A new entry or item at the end of a collection.
    Insert {
        collection: Path,
        key: String,
        value: Value,
    },
    Remove {
        path: Path,
    },
    Set {
        path: Path,
        value: Value,
    },
}

impl fmt::Debug for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insert { collection, key, value } => {
                write!(formatter, "insert {key:?}: {:?} into {collection}", shown(value))
            }
            Self::Remove { path } => write!(formatter, "remove {path}"),
            Self::Set { path, value } => write!(formatter, "set {path} to {:?}", shown(value)),
        }
    }
}

/// A file after a change.
pub struct Changed {
    /// Its text.
    pub text: String,
    /// Where in the old text something may have changed.
    pub touched: Range<usize>,
    /// Which of its documents was changed.
    pub root: usize,
    /// What its documents mean if the change did what it should.
    pub values: Vec<Value>,
}

/// Three changes, one after the other.
pub fn are_what_they_say(bytes: &[u8]) {
    let (file, mut control) = split(bytes);
    let Ok(format) = format(&mut control) else { return };
    let Ok(text) = str::from_utf8(file) else { return };
    let mut text = text.to_owned();
    for _ in 0..3 {
        let Some((change, changed)) = change(&text, format, &mut control) else { return };
        let document = Document::parse(changed.text.as_bytes(), format);
        let document = document.unwrap_or_else(|error| panic!("{error} after {change:?}:\n{}", changed.text));
        let what = format!("{change:?}\n{text:?}\n{:?}", changed.text);
        means(&document, &changed.values, &what);
        let (before, after) = (&text[..changed.touched.start], &text[changed.touched.end..]);
        let stays = changed.text.strip_prefix(before).is_some_and(|rest| rest.ends_with(after));
        assert!(stays, "something changed outside {:?}: {what}", changed.touched);
        text = changed.text;
    }
}

/// The file's documents mean this.
pub fn means(document: &Document, values: &[Value], what: &str) {
    assert_eq!(document.roots().len(), values.len(), "another number of documents: {what}");
    for (root, value) in document.roots().zip(values) {
        let read = root.value(Schema::GoYaml3).unwrap_or_else(|error| panic!("{error}: {what}"));
        let (read, value) = (as_held(read, document.format()), &as_held(value.clone(), document.format()));
        assert!(same(&read, value), "another value, {} instead of {}: {what}", shown(&read), shown(value));
    }
}

/// A value without what a format has no form for: INI knows no empty first section, and a carriage return at the end of a line of
/// dotenv is as much part of the value as of the line's end. JSON has one type of numbers: a whole one has no decimal point.
pub fn as_held(value: Value, format: Format) -> Value {
    match (value, format) {
        (Value::Float(float), Format::Json) if float.fract() == 0.0 && float.abs() < 1e15 => {
            Value::Integer(float as i128)
        }
        (Value::Sequence(items), Format::Json) => {
            Value::Sequence(items.into_iter().map(|item| as_held(item, format)).collect())
        }
        (Value::Mapping(mapping), Format::Json) => {
            Value::Mapping(mapping.into_iter().map(|(key, value)| (key, as_held(value, format))).collect())
        }
        (Value::Mapping(mut mapping), Format::Ini) => {
            mapping.retain(|key, value| {
                key != "DEFAULT" || value.as_mapping().is_none_or(|own| !own.is_empty())
            });
            Value::Mapping(mapping)
        }
        (Value::Mapping(mapping), Format::Dotenv) => {
            let entries = mapping.into_iter();
            let entries = entries.map(|(key, value)| {
                let text = value.as_str().unwrap_or_default();
                (key, Value::string(text.trim_end_matches('\r')))
            });
            Value::Mapping(entries.collect())
        }
        (value, _) => value,
    }
}

/// A value as a message shows it: these are no secrets.
pub fn shown(value: &Value) -> String {
    to_yaml(value).as_str().to_owned()
}

/// One of the formats; YAML, the hardest, most often.
pub fn format(control: &mut Unstructured<'_>) -> Result<Format> {
    control
        .choose(&[Format::Yaml, Format::Yaml, Format::Yaml, Format::Json, Format::Dotenv, Format::Ini])
        .copied()
}

/// Makes one change. Nothing if there is nothing to change, or the format can't hold what it would become.
pub fn change(text: &str, format: Format, control: &mut Unstructured<'_>) -> Option<(Change, Changed)> {
    if text.get(1..).is_some_and(|rest| rest.contains('\u{feff}')) && format != Format::Yaml {
        // Once what stands before it is taken out, it is the file's byte order mark.
        return None;
    }
    let document = Document::parse(text.as_bytes(), format).ok()?;
    let mut values: Vec<Value> = document
        .roots()
        .map(|root| root.value(Schema::GoYaml3))
        .collect::<std::result::Result<_, _>>()
        .ok()?;
    if format == Format::Dotenv
        && values.iter().filter_map(Value::as_mapping).map(Mapping::len).sum::<usize>() != entries(&document)
    {
        // Of two equal keys the last one counts, and the first one is found.
        return None;
    }
    if format == Format::Ini && values.iter().any(has_numbered_keys) {
        // Keys without a name are numbered by their order.
        return None;
    }
    let mut places = Vec::new();
    for (number, root) in document.roots().enumerate() {
        if !collect(root, number, &mut places) {
            return None;
        }
    }
    let (number, node, is_root) = *control.choose(&places).ok()?;
    let path = node.path();
    let root = document.roots().nth(number)?;
    let change = match (control.int_in_range(0..=2).ok()?, node.children()) {
        (0, Children::Mapping(_) | Children::Sequence(_)) => {
            let (key, value) = (self::text(control).ok()?, value(control, format, 2).ok()?);
            Change::Insert { collection: path, key, value }
        }
        (1, _) if !is_root => Change::Remove { path },
        _ if !is_root => Change::Set { path, value: value(control, format, 2).ok()? },
        _ => return None,
    };
    let mut edits = Edits::new(&document);
    match &change {
        Change::Insert { key, value, .. } if node.entries().is_some() => {
            if node.get(key).is_some() {
                return None;
            }
            edits.insert_entry(node, key, value);
        }
        Change::Insert { value, .. } => edits.insert_item(node, value),
        Change::Remove { path } => edits.remove_at(root, path).expect("the path leads there"),
        Change::Set { path, value } => edits.set_at(root, path, value).expect("the path leads there"),
    }
    if format == Format::Dotenv && changed_text(&change).is_some_and(|text| text.contains("\\n")) {
        // There is no escape for what is the escape of a line break.
        return None;
    }
    let text = edits.apply().ok()?.to_string();
    apply(&mut values[number], &change)?;
    let touched = touched(node, &change);
    Some((change, Changed { text, touched, root: number, values }))
}

/// Where a change to `node` may show: in brackets there alone, else in whole lines, with the comments and the empty lines around them,
/// and the line above, which may be its key's.
fn touched(node: Node<'_>, change: &Change) -> Range<usize> {
    let source = node.document().source();
    let outer_start = |node: Node<'_>| {
        let properties = [node.tag_span(), node.anchor_span()].into_iter().flatten().map(Span::start);
        properties.fold(node.span().start(), usize::min)
    };
    let start = outer_start(node);
    let parent = node.parent();
    let is_flow = |node: Node<'_>| node.in_flow() || node.style() == Style::Flow;
    let (start, end) = match change {
        Change::Remove { .. } if parent.is_some_and(is_flow) => {
            let whole = parent.map_or(node.span(), Node::span);
            return whole.range();
        }
        Change::Remove { .. } => {
            let siblings: Vec<(Node<'_>, Node<'_>)> = match parent.map(Node::children) {
                Some(Children::Mapping(entries)) => entries.iter().collect(),
                Some(Children::Sequence(items)) => items.iter().map(|item| (item, item)).collect(),
                _ => Vec::new(),
            };
            let own = siblings.iter().position(|(_, value)| value.id() == node.id()).unwrap_or_default();
            let end = node.span().end().max(start);
            // What stands behind the first one may move up into its line.
            let next = siblings.get(1).filter(|_| own == 0).map_or(end, |(next, _)| next.span().start());
            let first = siblings.get(own).map_or(start, |(first, _)| outer_start(*first));
            (start.min(first), next.max(end))
        }
        Change::Insert { .. } | Change::Set { .. } if node.in_flow() && !node.span().is_empty() => {
            return start..node.span().end();
        }
        Change::Insert { .. } => {
            let last = match node.children() {
                Children::Mapping(entries) => entries.iter().last().map(|(key, _)| key),
                Children::Sequence(items) => items.iter().last(),
                Children::Alias(_) | Children::Scalar(_) => None,
            };
            (last.map_or(start, |last| last.span().start()), node.span().end())
        }
        _ => (start, node.span().end().max(start)),
    };
    let is_note = |line: &str| line.trim().is_empty() || line.trim_start().starts_with(['#', ';']);
    let line_start = |offset: usize| source[..offset].rfind('\n').map_or(0, |at| at + 1);
    let line_end = |offset: usize| source[offset..].find('\n').map_or(source.len(), |at| offset + at + 1);
    let mut first = line_start(start);
    loop {
        let Some(above) = first.checked_sub(1).map(line_start) else { break };
        let is_above_a_note = is_note(&source[above..first]);
        first = above;
        if !is_above_a_note {
            break;
        }
    }
    let mut last = line_end(end.max(start));
    while last < source.len() && is_note(&source[last..line_end(last)]) {
        last = line_end(last);
    }
    first..last
}

fn has_numbered_keys(root: &Value) -> bool {
    let sections =
        root.as_mapping().into_iter().flat_map(Mapping::iter).filter_map(|(_, own)| own.as_mapping());
    sections.flat_map(Mapping::keys).any(|key| key.starts_with('#'))
}

fn changed_text(change: &Change) -> Option<&str> {
    match change {
        Change::Insert { value, .. } | Change::Set { value, .. } => value.as_str(),
        Change::Remove { .. } => None,
    }
}

fn entries(document: &Document) -> usize {
    document.roots().filter_map(Node::entries).map(Entries::len).sum()
}

/// Collects the nodes that are values; false if there is an alias, behind which one change would be two.
fn collect<'a>(node: Node<'a>, root: usize, places: &mut Vec<(usize, Node<'a>, bool)>) -> bool {
    places.push((root, node, node.parent().is_none()));
    match node.children() {
        Children::Alias(_) => false,
        Children::Scalar(_) => true,
        Children::Mapping(entries) => entries.iter().all(|(key, value)| {
            !matches!(key.children(), Children::Alias(_)) && collect(value, root, places)
        }),
        Children::Sequence(items) => items.iter().all(|item| collect(item, root, places)),
    }
}

/// The same change to the tree.
fn apply(root: &mut Value, change: &Change) -> Option<()> {
    match change {
        Change::Insert { collection, key, value } => match at(root, collection.steps())? {
            Value::Mapping(mapping) => _ = mapping.insert(key.clone(), value.clone()),
            Value::Sequence(items) => items.push(value.clone()),
            _ => return None,
        },
        Change::Remove { path } => {
            let (last, parents) = path.steps().split_last()?;
            match (at(root, parents)?, last) {
                (Value::Mapping(mapping), Step::Key(key)) => _ = mapping.remove(key),
                (Value::Sequence(items), Step::Index(index)) => _ = items.remove(*index),
                _ => return None,
            }
        }
        Change::Set { path, value } => *at(root, path.steps())? = value.clone(),
    }
    Some(())
}

fn at<'v>(value: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match (step, value) {
        (Step::Key(key), Value::Mapping(mapping)) => mapping.get_mut(key),
        (Step::Index(index), Value::Sequence(items)) => items.get_mut(*index),
        _ => None,
    })
}

/// A value that the format keeps as it is: dotenv and INI hold texts.
fn value(control: &mut Unstructured<'_>, format: Format, depth: u32) -> Result<Value> {
    let is_flat = matches!(format, Format::Dotenv | Format::Ini);
    Ok(match control.int_in_range(0..=if depth > 0 { 8 } else { 5 })? {
        0..=3 if is_flat => Value::string(text(control)?),
        0 => Value::Null,
        1 => Value::Boolean(bool::arbitrary(control)?),
        2 => Value::Integer(i16::arbitrary(control)?.into()),
        3 => Value::Float(f64::from(i16::arbitrary(control)?) / 8.0),
        6 => {
            let entries = (0..control.int_in_range(0..=2)?)
                .map(|_| Ok((text(control)?, value(control, format, depth - 1)?)))
                .collect::<Result<Mapping>>()?;
            Value::Mapping(entries)
        }
        7 => {
            let items = (0..control.int_in_range(0..=2)?).map(|_| value(control, format, depth - 1));
            Value::Sequence(items.collect::<Result<_>>()?)
        }
        _ => Value::string(text(control)?),
    })
}

fn text(control: &mut Unstructured<'_>) -> Result<String> {
    Ok(match control.int_in_range(0..=3)? {
        0 => format!("{}{}", control.choose(&TEXTS)?, control.choose(&TEXTS)?),
        _ => (*control.choose(&TEXTS)?).to_owned(),
    })
}
