//! Kubernetes resources in a file: one or many documents, lists of them, YAML or JSON; and what was wrong where.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use super::{SealedSecret, Secret};
use crate::document::{
    Document, Entries, Format, Location, Mapping, Node, NodeId, ParseError, ParseErrorKind, Schema, Style,
    Value, kubernetes_float,
};

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

fn moved(location: Location, line_offset: usize) -> Location {
    Location { line: location.line + line_offset, ..location }
}

/// Where a resource was read.
#[derive(Clone)]
pub(super) struct Origin {
    document: Arc<Document>,
    /// Whether there is nothing else in the file, as there is if it is a stream of several JSON objects.
    is_whole_file: bool,
    node: NodeId,
    /// Counted from 1 through the file, if there are several documents in it.
    number: Option<usize>,
    /// Counted from 1 through the list that it stands in.
    item: Option<usize>,
    line_offset: usize,
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
    fn fields(&self, path: &[&str]) -> Fields<'_> {
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

    fn syntax_error(&self, error: ParseError) -> ResourceError {
        let location = Some(moved(error.location, self.line_offset));
        let place = Place { document: self.number, item: self.item, path: Vec::new(), location };
        ResourceError { place: Box::new(place), kind: ResourceErrorKind::Syntax(error.kind) }
    }

    fn is_json(&self) -> bool {
        self.document.format() == Format::Json
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place(&[]).fmt(formatter)
    }
}

/// A mapping in a file, its values looked up by key: one mapping may have a million of them.
struct Fields<'a> {
    place: Place,
    /// Those that come in by a merge key are not in it.
    nodes: HashMap<&'a str, Node<'a>>,
    line_offset: usize,
}

impl Fields<'_> {
    /// The place of the value under `key`.
    fn place(&self, key: &str) -> Place {
        let mut place = self.place.clone();
        place.path.push(key.to_owned());
        if let Some(node) = self.nodes.get(key) {
            place.location = Some(moved(node.location(), self.line_offset));
        }
        place
    }
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

/// Where something is in a file of resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The number of the document in the file, from 1, if there are several.
    pub document: Option<usize>,
    /// The number of the item in the list that the document is, from 1.
    pub item: Option<usize>,
    /// The keys that lead to it from the resource's root.
    pub path: Vec<String>,
    /// Line and column in the file.
    pub location: Option<Location>,
}

impl Place {
    /// The place of what is at `path` in a resource that was not read from a file.
    pub(super) fn of_path(path: &[&str]) -> Self {
        Self { path: path.iter().map(|key| (*key).to_owned()).collect(), ..Self::default() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let document = self.document.map(|number| format!("document {number}"));
        let item = self.item.map(|number| format!("item {number}"));
        let path = (!self.path.is_empty()).then(|| self.path.join("."));
        let location = self.location.map(|location| location.to_string());
        let known: Vec<String> = [document, item, path, location].into_iter().flatten().collect();
        formatter.write_str(&known.join(", "))
    }
}

/// A resource that can't be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{kind}", prefix(.place))]
#[non_exhaustive]
pub struct ResourceError {
    /// Where it is.
    pub place: Box<Place>,
    /// What is wrong with it.
    pub kind: ResourceErrorKind,
}

/// What is wrong with a resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResourceErrorKind {
    /// A resource of the kind asked for, but not of its API group.
    #[error("`apiVersion` is missing or names no group: it should be {expected}")]
    ApiVersion {
        /// What it should be.
        expected: &'static str,
    },
    /// A value that should be base64.
    #[error("not valid base64{}", hint(.is_string_data_meant))]
    Base64 {
        /// Whether the value stands in a Secret's `data`, where plain text is a common mistake.
        is_string_data_meant: bool,
    },
    /// A SealedSecret of the first format, which seals a whole Secret as one value.
    #[error(
        "`spec.data` is the deprecated format that seals a whole Secret as one value: seal the Secret again"
    )]
    DeprecatedData,
    /// An object of another kind.
    #[error("expected a {expected}, found {}", .found.as_deref().unwrap_or("an object without a kind"))]
    Kind {
        /// The kind asked for.
        expected: &'static str,
        /// The kind that it says it is.
        found: Option<String>,
    },
    /// A file without such a resource.
    #[error("no {expected} found")]
    NotFound {
        /// The kind asked for.
        expected: &'static str,
    },
    /// More than one resource where one was asked for.
    #[error("expected one {expected}, found {found}")]
    Several {
        /// The kind asked for.
        expected: &'static str,
        /// How many there are.
        found: usize,
    },
    /// Text that is no YAML or JSON.
    #[error(transparent)]
    Syntax(#[from] ParseErrorKind),
    /// A value of another type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
}

fn hint(is_string_data_meant: &bool) -> &'static str {
    if *is_string_data_meant { "; plain text goes under `stringData`" } else { "" }
}

fn prefix(place: &Place) -> String {
    let place = place.to_string();
    if place.is_empty() { place } else { format!("{place}: ") }
}
