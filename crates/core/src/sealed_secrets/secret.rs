//! The `Secret` resource, in the clear.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

use super::fields::{self, Conversion};
use super::origin::Origin;
use super::place::{Place, ResourceError, ResourceErrorKind};
use super::resource::{self, Source};
use super::{Scope, base64, layout};
use crate::document::{Mapping, Value, to_json, to_yaml};

/// A Kubernetes `Secret` (core/v1).
///
/// Fields that this type has no function for are kept as they were read. Values are wiped on drop, and `Debug` prints
/// their keys only.
#[derive(Clone)]
pub struct Secret {
    /// All of the resource but `data` and `stringData`; `metadata` is always there, a mapping.
    resource: Mapping,
    data: BTreeMap<String, Zeroizing<Vec<u8>>>,
    conversions: Vec<Conversion>,
    origin: Option<Origin>,
}

impl Secret {
    /// An empty Secret, without a namespace or a type.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let metadata: Mapping = [("name", name.into())].into_iter().collect();
        let mut resource: Mapping = [("apiVersion", "v1"), ("kind", "Secret")].into_iter().collect();
        resource.insert("metadata", metadata);
        Self { resource, data: BTreeMap::new(), conversions: Vec::new(), origin: None }
    }

    /// Reads a file that holds one Secret, in YAML or JSON.
    ///
    /// # Errors
    /// If there is none or more than one in it, or it can't be read as [`parse_all`](Self::parse_all) says.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, ResourceError> {
        resource::only("Secret", Self::parse_all(bytes)?)
    }

    /// Reads every Secret in a file, in YAML or JSON: one or several documents, `List`s and `SecretList`s.
    ///
    /// `stringData` wins over `data`. Where Kubernetes wants a string and YAML has a plain scalar that it takes for
    /// something else, the string is the one that Kubernetes makes of it: see [`conversions`](Self::conversions).
    ///
    /// # Errors
    /// If the text is neither YAML nor JSON, holds anything but Secrets, or a value has the wrong type or is not
    /// base64. A file without Secrets gives an empty list.
    pub fn parse_all(bytes: impl AsRef<[u8]>) -> Result<Vec<Self>, ResourceError> {
        resource::sources(bytes.as_ref())?
            .into_iter()
            .map(|source| Self::read(source.expect("", "Secret")?))
            .collect()
    }

    pub(super) fn read(source: Source) -> Result<Self, ResourceError> {
        let Source { mut resource, origin } = source;
        let from = Some(&origin);
        let mut conversions = Vec::new();
        fields::read_metadata(&mut resource, &[], from, &mut conversions)?;
        fields::make_string(&mut resource, &["type"], from, &mut conversions)?;
        fields::check_boolean(&resource, &["immutable"], from)?;

        for field in ["data", "stringData"] {
            fields::report_keys(&[field], &origin, &mut conversions);
        }
        let mut data = BTreeMap::new();
        for (key, value) in fields::take_mapping(&mut resource, &["data"], from)? {
            let path = ["data", key.as_str()];
            let bytes = match &value {
                Value::Null => Some(Zeroizing::default()),
                Value::String(text) => base64::decode(text.as_bytes()),
                Value::Bytes(bytes) => base64::decode(bytes),
                other => {
                    let kind = ResourceErrorKind::Type { expected: "base64 text", found: other.kind() };
                    return Err(origin.error(&path, kind));
                }
            };
            let kind = ResourceErrorKind::Base64 { is_string_data_meant: true };
            let bytes = bytes.ok_or_else(|| origin.error(&path, kind))?;
            data.insert(key, bytes);
        }
        let mut string_data = fields::take_mapping(&mut resource, &["stringData"], from)?;
        fields::make_strings(&mut string_data, &["stringData"], from, &mut conversions)?;
        for (key, value) in string_data {
            let text = value.as_str().unwrap_or_default();
            data.insert(key, Zeroizing::new(text.as_bytes().to_vec()));
        }
        Ok(Self { resource, data, conversions, origin: Some(origin) })
    }

    /// The name, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        fields::text(self.metadata(), "name")
    }

    /// The namespace, if it has one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        fields::text(self.metadata(), "namespace")
    }

    /// Gives it another name.
    pub fn set_name(&mut self, name: impl Into<String>) {
        self.metadata_mut().insert("name", name.into());
    }

    /// Puts it into another namespace.
    pub fn set_namespace(&mut self, namespace: impl Into<String>) {
        self.metadata_mut().insert("namespace", namespace.into());
    }

    /// The type, such as `Opaque` or `kubernetes.io/tls`, if it says one.
    #[must_use]
    pub fn secret_type(&self) -> Option<&str> {
        fields::text(&self.resource, "type")
    }

    /// Gives it another type.
    pub fn set_secret_type(&mut self, secret_type: impl Into<String>) {
        self.resource.insert("type", secret_type.into());
    }

    /// Whether it says that its values can't be changed.
    #[must_use]
    pub fn is_immutable(&self) -> bool {
        self.resource.get("immutable") == Some(&Value::Boolean(true))
    }

    /// The metadata, as a plain mapping.
    #[must_use]
    pub fn metadata(&self) -> &Mapping {
        fields::mapping(&self.resource, "metadata")
    }

    /// The metadata, to be changed.
    ///
    /// # Panics
    /// Never: the metadata of a Secret is always a mapping.
    pub fn metadata_mut(&mut self) -> &mut Mapping {
        self.resource.mapping_mut("metadata").expect("the metadata of a Secret is always a mapping")
    }

    /// The scope that its annotations ask for when it is sealed.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::from_annotations(fields::mapping(self.metadata(), "annotations"))
    }

    /// The keys and values, sorted by key.
    pub fn data(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        self.data.iter().map(|(key, value)| (key.as_str(), value.as_slice()))
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.data.get(key).map(|value| value.as_slice())
    }

    /// Puts a value under `key`. Says whether there was none before.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Zeroizing<Vec<u8>>>) -> bool {
        self.data.insert(key.into(), value.into()).is_none()
    }

    /// Whether it has no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The plain scalars that stood where Kubernetes wants strings, keys of values among them, and that Kubernetes or a YAML
    /// 1.2 reader takes for something else: `yes`, `0777`, `1.50`. Hardly anybody means what becomes of them.
    #[must_use]
    pub fn conversions(&self) -> &[Conversion] {
        &self.conversions
    }

    /// Where in its file the Secret was read; empty for one that was not.
    #[must_use]
    pub fn place(&self) -> Place {
        self.origin.as_ref().map(|origin| origin.place(&[])).unwrap_or_default()
    }

    /// The resource as Kubernetes' JSON writer orders it, the values in base64 under `data`.
    #[must_use]
    pub fn to_mapping(&self) -> Mapping {
        let mut resource = self.resource.clone();
        resource.insert("metadata", layout::metadata(self.metadata().clone()));
        if !self.data.is_empty() {
            let data: Mapping = self.data.iter().map(|(key, value)| (key, base64::encode(value))).collect();
            resource.insert("data", data);
        }
        layout::with_first(resource, &["kind", "apiVersion", "metadata", "immutable", "data", "type"])
    }

    /// The resource as JSON, laid out as `kubectl` and `kubeseal` do.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        to_json(&self.to_mapping().into())
    }

    /// The resource as YAML, laid out as `kubectl` and `kubeseal` do: keys sorted.
    #[must_use]
    pub fn to_yaml(&self) -> Zeroizing<String> {
        to_yaml(&layout::sorted(self.to_mapping().into()))
    }

    /// A Secret made of other parts than a file.
    pub(super) fn from_parts(resource: Mapping, data: BTreeMap<String, Zeroizing<Vec<u8>>>) -> Self {
        Self { resource, data, conversions: Vec::new(), origin: None }
    }

    /// The resource without its values.
    pub(super) fn resource(&self) -> &Mapping {
        &self.resource
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Secret")
            .field("namespace", &self.namespace())
            .field("name", &self.name())
            .field("keys", &self.data.keys())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Scope, Secret};
    use crate::sealed_secrets::ResourceErrorKind;

    fn refusal(text: &str) -> String {
        Secret::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn string_data_wins_and_everything_else_stays() {
        let secret = Secret::parse(
            "apiVersion: v1\nkind: Secret\nextra: {b: 1, a: 2}\nmetadata: {name: app, namespace: web, other: [1]}\n\
             type: Opaque\nimmutable: true\ndata: {one: b25l, two: dHdv, nothing:}\nstringData: {two: TWO, three: ''}\n",
        )
        .unwrap();
        assert_eq!((secret.name(), secret.namespace()), (Some("app"), Some("web")));
        assert_eq!((secret.secret_type(), secret.is_immutable()), (Some("Opaque"), true));
        let data: Vec<_> = secret.data().collect();
        assert_eq!(data, [("nothing", &b""[..]), ("one", b"one"), ("three", b""), ("two", b"TWO")]);
        assert_eq!(
            secret.to_yaml().as_str(),
            "apiVersion: v1\ndata:\n  nothing: \"\"\n  one: b25l\n  three: \"\"\n  two: VFdP\nextra:\n  a: 2\n  b: 1\nimmutable: true\n\
             kind: Secret\nmetadata:\n  name: app\n  namespace: web\n  other:\n  - 1\ntype: Opaque\n"
        );
        let json: String = secret.to_json().split_whitespace().collect();
        assert!(json.starts_with(r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"app""#), "{json}");
        assert_eq!(Secret::parse(json).unwrap().to_yaml(), secret.to_yaml());
        assert!(!format!("{secret:?}").contains("TWO"));
    }

    /// The values are those that kubeseal 0.36.6 seals.
    #[test]
    fn plain_scalars_become_the_strings_that_kubernetes_makes_of_them() {
        let text = "kind: Secret\nstringData:\n  a: 1.50\n  b: yes\n  c: 0777\n  d: 1_000\n  e: 0x1F\n  f: .inf\n  g: N\n  \
            h: 1000000.5\n  i: 1e-7\n  j: 99999999999999999999\n  k:\n  l: !!binary aGk=\n  m: 123456.5\n  nn: -.INF\n  \
            o: 2001-12-14\n  p: 0o17\n  q: text\n  r: '1'\n  s: .nan\n";
        let secret = Secret::parse(text).unwrap();
        let values: Vec<_> = secret.data().map(|(_, value)| std::str::from_utf8(value).unwrap()).collect();
        assert_eq!(
            values,
            [
                "1.5",
                "true",
                "511",
                "1000",
                "31",
                "+Inf",
                "false",
                "1.0000005e+06",
                "1e-07",
                "1e+20",
                "",
                "hi",
                "123456.5",
                "-Inf",
                "2001-12-14",
                "15",
                "text",
                "1",
                "NaN"
            ]
        );
        let odd: Vec<_> = secret.conversions().iter().map(|odd| odd.place.path[1].as_str()).collect();
        assert_eq!(odd, ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "m", "nn", "p", "s"]);
        assert_eq!(
            secret.conversions()[1].to_string(),
            "stringData.b, line 4, column 6: a plain scalar that is a boolean, not a string: quote it"
        );
        let json = r#"{"kind":"Secret","stringData":{"a":"yes","b":1,"c":true,"d":null,"e":1e3}}"#;
        let secret = Secret::parse(json).unwrap();
        let values: Vec<_> = secret.data().map(|(_, value)| std::str::from_utf8(value).unwrap()).collect();
        assert_eq!(values, ["yes", "1", "true", "", "1000"]);
        let odd: Vec<_> = secret.conversions().iter().map(|odd| odd.place.path[1].as_str()).collect();
        assert_eq!(odd, ["b", "c", "e"]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        assert_eq!(
            refusal("kind: Secret\nstringData: {a: !!binary /w==}\n"),
            "stringData.a, line 2, column 26: expected a string, found binary data"
        );
        assert_eq!(
            refusal("kind: Secret\nmetadata: {name: a}\ndata:\n  a: hunter2!\n"),
            "data.a, line 4, column 6: not valid base64; plain text goes under `stringData`"
        );
        assert_eq!(
            refusal("kind: Secret\ndata: {a: 12}"),
            "data.a, line 2, column 11: expected base64 text, found an integer"
        );
        assert_eq!(
            refusal("kind: Secret\ndata: x"),
            "data, line 2, column 7: expected a mapping, found a string"
        );
        assert_eq!(
            refusal("kind: Secret\nstringData: {a: [b]}"),
            "stringData.a, line 2, column 17: expected a string, found a list"
        );
        assert_eq!(
            refusal("{\n\"kind\": \"Secret\",\n\"stringData\": {\"a\": [1]}}"),
            "stringData.a, line 3, column 21: expected a string, found a list"
        );
        assert_eq!(
            refusal("kind: Secret\nimmutable: maybe"),
            "immutable, line 2, column 12: expected a boolean, found a string"
        );
        assert_eq!(
            refusal("kind: Secret\n---\nkind: ConfigMap\n"),
            "document 2, kind, line 3, column 7: expected a Secret, found ConfigMap"
        );
        assert_eq!(
            refusal("metadata: {name: a}"),
            "kind, line 1, column 1: expected a Secret, found an object without a kind"
        );
        assert_eq!(
            refusal("apiVersion: external.io/v1\nkind: Secret"),
            "kind, line 2, column 7: expected a Secret, found Secret of external.io"
        );
        assert_eq!(refusal("- a"), "line 1, column 1: expected a mapping, found a list");
        assert_eq!(refusal("a: [b"), Secret::parse_all("a: [b").unwrap_err().to_string());
        assert_eq!(refusal("kind: Secret\n---\nkind: Secret"), "expected one Secret, found 2");
        assert_eq!(refusal("\n---\n# nothing\n"), "no Secret found");
        let error = Secret::parse("kind: Secret\ndata: {a: aGk=, a: aGk=}").unwrap_err();
        assert!(matches!(error.kind, ResourceErrorKind::Syntax(_)), "{error}");
    }

    #[test]
    fn lists_and_streams_are_taken_apart() {
        let names = |text: &str| -> Vec<String> {
            Secret::parse_all(text)
                .unwrap()
                .iter()
                .filter_map(|secret| secret.name().map(str::to_owned))
                .collect()
        };
        let list = "kind: List\napiVersion: v1\nitems:\n- kind: Secret\n  metadata: {name: a}\n- kind: Secret\n  metadata: {name: b}\n";
        assert_eq!(names(list), ["a", "b"]);
        assert_eq!(
            names(
                "kind: SecretList\nitems: [{metadata: {name: a}}]\n---\n---\nkind: Secret\nmetadata: {name: b}"
            ),
            ["a", "b"]
        );
        assert_eq!(names("kind: List\nitems: []"), [""; 0]);
        let json = r#"{"kind":"Secret","metadata":{"name":"a}\"{"}}
            {"kind":"Secret","metadata":{"name":"b"}}"#;
        assert_eq!(names(json), ["a}\"{", "b"]);
        assert_eq!(names("{kind: Secret, metadata: {name: a}}"), ["a"], "a flow mapping is no JSON");
        assert_eq!(names("\u{feff}{\"kind\":\"Secret\",\"metadata\":{\"name\":\"b\"}}"), ["b"]);

        let error = Secret::parse_all("{\"kind\":\"Secret\"}\n\n{\"kind\":\n\"Pod\"}").unwrap_err();
        assert_eq!(error.to_string(), "document 2, kind, line 4, column 1: expected a Secret, found Pod");
        let error = Secret::parse_all("kind: List\nitems:\n- kind: Secret\n- kind: Secret\n  data: {a: b}\n")
            .unwrap_err();
        assert_eq!(error.place.item, Some(2));
        assert_eq!(error.place.location.unwrap().line, 5);
    }

    #[test]
    fn keys_that_are_no_text_are_reported() {
        let secret =
            Secret::parse("kind: Secret\ndata: {on: eA==, 'off': eA==}\nstringData:\n  0x1F: why\n  a: z\n")
                .unwrap();
        assert_eq!(secret.data().map(|(key, _)| key).collect::<Vec<_>>(), ["31", "a", "off", "true"]);
        let odd: Vec<_> = secret.conversions().iter().map(ToString::to_string).collect();
        assert_eq!(
            odd,
            [
                "data.on, line 2, column 8: a plain scalar that is a boolean, not a string: quote it",
                "stringData.0x1F, line 4, column 3: a plain scalar that is an integer, not a string: quote it",
            ]
        );
    }

    #[test]
    fn names_labels_and_annotations_are_strings() {
        let secret = Secret::parse(
            "kind: Secret\nmetadata:\n  name: 007\n  labels: {a: true}\n  annotations: {sealedsecrets.bitnami.com/cluster-wide: true}\n",
        )
        .unwrap();
        assert_eq!((secret.name(), secret.scope()), (Some("7"), Scope::ClusterWide));
        assert_eq!(secret.conversions().len(), 3);
    }
}
