//! Kubernetes resources in a file: one or many documents, lists of them, YAML or JSON; and what was wrong where.

use std::sync::Arc;

use super::fields::{mapping, text};
use super::origin::{Origin, moved};
use super::place::{Place, ResourceError, ResourceErrorKind};
use super::{SealedSecret, Secret};
use crate::document::{Document, Format, Mapping, Node, ParseError, Schema, Value};

/// A resource in a file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Resource {
    /// Anything that is neither a `Secret` nor a `SealedSecret`.
    Other(OtherResource),
    /// A `SealedSecret`.
    SealedSecret(SealedSecret),
    /// A `Secret`.
    Secret(Secret),
}

impl Resource {
    /// Reads every resource in a file: all its documents, and the items of `List`, `SecretList` and `SealedSecretList`.
    ///
    /// JSON is told from YAML by its first character, `{`; several JSON objects may follow each other. Empty
    /// documents are left out.
    ///
    /// # Errors
    /// If the text is neither YAML nor JSON, a document is no mapping, or a `Secret` or `SealedSecret` is not what it
    /// should be.
    pub fn parse_all(bytes: impl AsRef<[u8]>) -> Result<Vec<Self>, ResourceError> {
        sources(bytes.as_ref())?.into_iter().map(Self::read).collect()
    }

    fn read(source: Source) -> Result<Self, ResourceError> {
        match (source.group(), source.kind()) {
            ("", Some("Secret")) => Secret::read(source).map(Self::Secret),
            ("bitnami.com", Some("SealedSecret")) => SealedSecret::read(source).map(Self::SealedSecret),
            // No other group has this kind, and to pass it over would leave its values as they are without a word.
            ("", Some("SealedSecret")) => Err(source.without_api_version()),
            (_, kind) => {
                Ok(Self::Other(OtherResource { kind: kind.map(str::to_owned), origin: source.origin }))
            }
        }
    }
}

/// A resource that is neither a `Secret` nor a `SealedSecret`.
#[derive(Clone, Debug)]
pub struct OtherResource {
    kind: Option<String>,
    origin: Origin,
}

impl OtherResource {
    /// Its kind, if it says one.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// Where in its file it was read.
    #[must_use]
    pub fn place(&self) -> Place {
        self.origin.place(&[])
    }
}

/// A resource just read, and where from.
pub(super) struct Source {
    pub(super) resource: Mapping,
    pub(super) origin: Origin,
}

impl Source {
    pub(super) fn kind(&self) -> Option<&str> {
        self.resource.get("kind").and_then(Value::as_str)
    }

    pub(super) fn name(&self) -> Option<&str> {
        text(mapping(&self.resource, "metadata"), "name")
    }

    /// The API group, empty for Kubernetes' core and for a resource that names no `apiVersion`.
    fn group(&self) -> &str {
        let version = self.resource.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        version.split_once('/').map_or("", |(group, _)| group)
    }

    /// Refuses what is not of the kind and group asked for.
    pub(super) fn expect(self, group: &'static str, kind: &'static str) -> Result<Self, ResourceError> {
        if self.group() == group && self.kind() == Some(kind) {
            return Ok(self);
        }
        if self.group().is_empty() && self.kind() == Some(kind) {
            return Err(self.without_api_version());
        }
        let found = match (self.group(), self.kind()) {
            ("", found) => found.map(str::to_owned),
            (group, found) => Some(format!("{} of {group}", found.unwrap_or("an object"))),
        };
        Err(self.origin.error(&["kind"], ResourceErrorKind::Kind { expected: kind, found }))
    }

    /// What is wrong with a SealedSecret outside of its group.
    fn without_api_version(&self) -> ResourceError {
        self.origin.error(&["apiVersion"], ResourceErrorKind::ApiVersion { expected: "bitnami.com/v1alpha1" })
    }
}

/// The resources in a file, lists taken apart.
pub(super) fn sources(bytes: &[u8]) -> Result<Vec<Source>, ResourceError> {
    let mut sources = Vec::new();
    let documents = documents(bytes)?;
    let is_whole_file = documents.len() == 1;
    let is_one = documents.iter().map(|(document, _)| document.roots().len()).sum::<usize>() == 1;
    let mut count = 0;
    for (document, line_offset) in documents {
        let document = Arc::new(document);
        for root in document.roots() {
            count += 1;
            let number = (!is_one).then_some(count);
            let document = Arc::clone(&document);
            let origin = Origin { document, is_whole_file, node: root.id(), number, item: None, line_offset };
            let value = root.value(Schema::Kubernetes).map_err(|error| origin.syntax_error(error))?;
            match value {
                Value::Null => {}
                Value::Mapping(resource) => add(&mut sources, Source { resource, origin })?,
                other => {
                    let kind = ResourceErrorKind::Type { expected: "a mapping", found: other.kind() };
                    return Err(origin.error(&[], kind));
                }
            }
        }
    }
    Ok(sources)
}

/// Adds a resource, or each item of a list.
fn add(sources: &mut Vec<Source>, mut source: Source) -> Result<(), ResourceError> {
    // The items of a typed list may leave out what the list says for all of them.
    let (api_version, kind) = match (source.group(), source.kind()) {
        ("", Some("List")) => (None, None),
        ("", Some("SecretList")) => (Some("v1"), Some("Secret")),
        ("bitnami.com", Some("SealedSecretList")) => (Some("bitnami.com/v1alpha1"), Some("SealedSecret")),
        _ => {
            sources.push(source);
            return Ok(());
        }
    };
    let items = match source.resource.remove("items") {
        Some(Value::Sequence(items)) => items,
        None | Some(Value::Null) => Vec::new(),
        Some(other) => {
            let kind = ResourceErrorKind::Type { expected: "a list", found: other.kind() };
            return Err(source.origin.error(&["items"], kind));
        }
    };
    let nodes = source.origin.node().get("items").and_then(Node::items);
    for (index, item) in items.into_iter().enumerate() {
        let node = nodes.and_then(|nodes| nodes.get(index)).map_or(source.origin.node, Node::id);
        let origin = Origin { node, item: Some(index + 1), ..source.origin.clone() };
        let Value::Mapping(mut resource) = item else {
            let kind = ResourceErrorKind::Type { expected: "a mapping", found: item.kind() };
            return Err(origin.error(&[], kind));
        };
        for (field, value) in [("apiVersion", api_version), ("kind", kind)] {
            if let (Some(value), None) = (value, resource.get(field)) {
                resource.insert(field, value);
            }
        }
        sources.push(Source { resource, origin });
    }
    Ok(())
}

/// A file as documents, each with the number of lines before it.
fn documents(bytes: &[u8]) -> Result<Vec<(Document, usize)>, ResourceError> {
    let yaml = || Document::parse(bytes, Format::Yaml);
    if !is_json(bytes) {
        return Ok(vec![(yaml().map_err(|error| syntax_error(error, 0))?, 0)]);
    }
    let mut objects = json_objects(bytes);
    if let [(object, _)] = objects.as_mut_slice() {
        // With what stands around it: there may be a line break.
        *object = bytes;
    }
    let objects = objects.into_iter().map(|(object, line_offset)| {
        let document = Document::parse(object, Format::Json);
        document.map(|document| (document, line_offset)).map_err(|error| syntax_error(error, line_offset))
    });
    // What begins like JSON and is none may be a flow mapping of YAML.
    objects.collect::<Result<Vec<_>, _>>().or_else(|error| Ok(vec![(yaml().or(Err(error))?, 0)]))
}

/// Whether a file of resources is JSON: they are all mappings, and its first character says which kind.
fn is_json(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    text.trim_ascii_start().first() == Some(&b'{')
}

/// The objects in a stream of JSON, each with the number of lines before it.
fn json_objects(text: &[u8]) -> Vec<(&[u8], usize)> {
    let mut objects = Vec::new();
    let (mut start, mut line_offset, mut lines) = (0, 0, 0);
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for (index, byte) in text.iter().enumerate() {
        lines += usize::from(*byte == b'\n');
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    objects.push((&text[start..=index], line_offset));
                    (start, line_offset) = (index + 1, lines);
                }
            }
            _ => {}
        }
    }
    if !text[start..].trim_ascii().is_empty() {
        objects.push((&text[start..], line_offset));
    }
    objects
}

fn syntax_error(error: ParseError, line_offset: usize) -> ResourceError {
    let location = moved(error.location, line_offset);
    let place = Place { location: Some(location), ..Place::default() };
    ResourceError { place: Box::new(place), kind: ResourceErrorKind::Syntax(error.kind) }
}

/// The one resource in a file that should hold one.
pub(super) fn only<T>(expected: &'static str, mut resources: Vec<T>) -> Result<T, ResourceError> {
    let kind = match (resources.pop(), resources.len()) {
        (Some(resource), 0) => return Ok(resource),
        (None, _) => ResourceErrorKind::NotFound { expected },
        (Some(_), others) => ResourceErrorKind::Several { expected, found: others + 1 },
    };
    Err(ResourceError { place: Box::default(), kind })
}
