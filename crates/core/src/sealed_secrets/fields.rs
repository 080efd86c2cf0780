//! The fields of a resource: mappings, and strings as Kubernetes reads them.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use super::origin::{Origin, moved};
use super::place::{Place, ResourceError, ResourceErrorKind};
use crate::document::{Mapping, Node, Schema, Style, Value, kubernetes_float};

/// The mapping under `key`, or an empty one.
pub(super) fn mapping<'a>(of: &'a Mapping, key: &str) -> &'a Mapping {
    static EMPTY: LazyLock<Mapping> = LazyLock::new(Mapping::new);
    of.get(key).and_then(Value::as_mapping).unwrap_or(&EMPTY)
}

/// The text under `key`, if there is one that is not empty.
pub(super) fn text<'a>(of: &'a Mapping, key: &str) -> Option<&'a str> {
    of.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Makes sure that `metadata`, under `path`, is a mapping, and that names, labels and annotations are strings.
pub(super) fn read_metadata(
    of: &mut Mapping,
    path: &[&str],
    origin: Option<&Origin>,
    conversions: &mut Vec<Conversion>,
) -> Result<(), ResourceError> {
    let path = |last: &[&'static str]| -> Vec<&str> {
        path.iter().chain(&["metadata"]).chain(last).copied().collect()
    };
    let mut metadata = take_mapping(of, &path(&[]), origin)?;
    for field in ["name", "generateName", "namespace", "uid"] {
        make_string(&mut metadata, &path(&[field]), origin, conversions)?;
    }
    for field in ["labels", "annotations"] {
        if metadata.get(field).is_some() {
            let mut map = take_mapping(&mut metadata, &path(&[field]), origin)?;
            make_strings(&mut map, &path(&[field]), origin, conversions)?;
            metadata.insert(field, map);
        }
    }
    of.insert("metadata", metadata);
    Ok(())
}

/// Refuses anything but a boolean, null or nothing under the last key of `path`.
pub(super) fn check_boolean(
    of: &Mapping,
    path: &[&str],
    origin: Option<&Origin>,
) -> Result<(), ResourceError> {
    match path.last().and_then(|key| of.get(key)) {
        None | Some(Value::Null | Value::Boolean(_)) => Ok(()),
        Some(other) => Err(error_at(origin, path, "a boolean", other)),
    }
}

/// The entry of a resource under `key`, a mapping; empty if there is none or null.
pub(super) fn take_mapping(
    from: &mut Mapping,
    path: &[&str],
    origin: Option<&Origin>,
) -> Result<Mapping, ResourceError> {
    match path.last().and_then(|key| from.remove(key)) {
        None | Some(Value::Null) => Ok(Mapping::new()),
        Some(Value::Mapping(mapping)) => Ok(mapping),
        Some(other) => Err(error_at(origin, path, "a mapping", &other)),
    }
}

/// Turns the scalars of a mapping whose values Kubernetes wants to be strings into strings, as its YAML reader does.
/// Reports what it turned, and what a reader of YAML 1.2 would turn. An API server takes no number for a string in JSON;
/// kubeseal does.
pub(super) fn make_strings(
    mapping: &mut Mapping,
    path: &[&str],
    origin: Option<&Origin>,
    conversions: &mut Vec<Conversion>,
) -> Result<(), ResourceError> {
    let keys: Vec<String> = mapping.keys().map(str::to_owned).collect();
    let fields = origin.map(|origin| origin.fields(path));
    for key in &keys {
        let Some(value) = mapping.get_mut(key) else { continue };
        let node = fields.as_ref().and_then(|fields| fields.nodes.get(key.as_str()).copied());
        let found = make_text(value, node, origin).map_err(|NoText| {
            let path: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
            error_at(origin, &path, "a string", value)
        })?;
        if let (Some(found), Some(fields)) = (found, &fields) {
            conversions.push(Conversion { place: fields.place(key), found });
        }
    }
    Ok(())
}

/// Likewise for the one value under the last key of `path`, if there is one.
pub(super) fn make_string(
    mapping: &mut Mapping,
    path: &[&str],
    origin: Option<&Origin>,
    conversions: &mut Vec<Conversion>,
) -> Result<(), ResourceError> {
    let Some(value) = path.last().and_then(|key| mapping.get_mut(key)) else { return Ok(()) };
    let node = origin.and_then(|origin| origin.find(path));
    let found = make_text(value, node, origin).map_err(|NoText| error_at(origin, path, "a string", value))?;
    if let (Some(found), Some(origin)) = (found, origin) {
        conversions.push(Conversion { place: origin.place(path), found });
    }
    Ok(())
}

/// A value that is no scalar.
struct NoText;

/// Turns a scalar, read from `node`, into a string. Gives what Kubernetes or a reader of YAML 1.2 takes it for, if one of
/// them takes it for no string.
fn make_text(
    value: &mut Value,
    node: Option<Node<'_>>,
    origin: Option<&Origin>,
) -> Result<Option<&'static str>, NoText> {
    let is_json = origin.is_some_and(Origin::is_json);
    let text = kubernetes_string(value).ok_or(NoText)?;
    let found = match &*value {
        _ if origin.is_none() => None,
        // `null` is how programs write what is not there.
        Value::String(_) | Value::Null if is_json => None,
        Value::String(_) => node.and_then(|node| not_text(node, Schema::GoYaml3)),
        // Whoever writes `!!binary` means it.
        Value::Bytes(_) => None,
        other => Some(other.kind()),
    };
    if let Cow::Owned(text) = text {
        *value = Value::string(text);
    }
    Ok(found)
}

fn error_at(origin: Option<&Origin>, path: &[&str], expected: &'static str, found: &Value) -> ResourceError {
    let kind = ResourceErrorKind::Type { expected, found: found.kind() };
    match origin {
        Some(origin) => origin.error(path, kind),
        None => ResourceError { place: Box::new(Place::of_path(path)), kind },
    }
}

/// What Kubernetes' YAML reader makes of a scalar where it wants a string. Nothing for lists and mappings.
fn kubernetes_string(value: &Value) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        Value::Null => Cow::Owned(String::new()),
        Value::Boolean(boolean) => Cow::Owned(boolean.to_string()),
        Value::Integer(integer) => Cow::Owned(integer.to_string()),
        Value::Float(float) => Cow::Owned(kubernetes_float(*float)),
        // Looked at before it is copied: the copy that an error gives back would not be wiped.
        Value::Bytes(bytes) => Cow::Owned(str::from_utf8(bytes).ok()?.to_owned()),
        _ => return None,
    })
}

/// What a plain scalar without a tag is under `schema`, if that is no text.
fn not_text(node: Node<'_>, schema: Schema) -> Option<&'static str> {
    let node = node.resolved();
    if node.style() != Style::Plain || node.tag().is_some() {
        return None;
    }
    match node.value(schema).ok()? {
        // go-yaml has time stamps, the core schema of YAML 1.2 has not.
        Value::String(_) | Value::Timestamp(_) => None,
        other => Some(other.kind()),
    }
}

/// Reports the keys of the mapping at `path` that are plain scalars and no text to Kubernetes or a YAML 1.2 reader: of `on`
/// Kubernetes makes `true`. Those that come in by a merge key are left out.
pub(super) fn report_keys(path: &[&str], origin: &Origin, conversions: &mut Vec<Conversion>) {
    if origin.is_json() {
        return;
    }
    let Some(entries) = origin.find(path).and_then(Node::entries) else { return };
    let mapping = origin.place(path);
    for (key, _) in entries.iter() {
        let found = not_text(key, Schema::Kubernetes).or_else(|| not_text(key, Schema::GoYaml3));
        if let Some(found) = found {
            let mut place = mapping.clone();
            place.path.push(key.text().unwrap_or_default().to_owned());
            place.location = Some(moved(key.location(), origin.line_offset));
            conversions.push(Conversion { place, found });
        }
    }
}

/// A plain scalar that stands where Kubernetes wants a string, and that some YAML readers take for something else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conversion {
    /// Where it is.
    pub place: Place,
    /// What it is taken for: `a boolean`, `an integer`.
    pub found: &'static str,
}

impl fmt::Display for Conversion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: a plain scalar that is {}, not a string: quote it", self.place, self.found)
    }
}
