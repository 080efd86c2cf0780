//! Plain trees read into a program's own types, by serde.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};
use thiserror::Error;

use super::path::{Path, Step};
use super::value::{Mapping, Value, canonical_timestamp};

/// Reads `value` into a type of the caller's. Text may be borrowed from it. Time stamps are given as text, RFC 3339.
///
/// ```
/// use sealkit::document::{Document, Format, Schema, from_value};
///
/// #[derive(serde::Deserialize)]
/// struct Database { host: String, port: u16, replica: Option<String> }
///
/// let document = Document::parse(b"host: db.example.com\nport: 5432\n", Format::Yaml)?;
/// let value = document.roots().next().expect("there is a document").value(Schema::GoYaml3)?;
/// let database: Database = from_value(&value)?;
/// assert_eq!((database.host.as_str(), database.port), ("db.example.com", 5432));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`TypeError`] with the path of the value that does not fit.
pub fn from_value<'de, T: Deserialize<'de>>(value: &'de Value) -> Result<T, TypeError> {
    T::deserialize(Reader(value))
}

/// `value` with its merge keys followed, as go-yaml does when it fills a type: what is merged in comes after a mapping's own
/// entries and never replaces one; of several, the earlier wins. A `<<` that is no mapping or list of mappings stays.
#[must_use]
pub fn merged(value: Value) -> Value {
    match value {
        Value::Mapping(mapping) => {
            let mut own = Mapping::new();
            let mut sources = Vec::new();
            for (key, value) in mapping {
                match (key.as_str(), merged(value)) {
                    ("<<", Value::Mapping(source)) => sources.push(source),
                    ("<<", Value::Sequence(items))
                        if items.iter().all(|item| item.as_mapping().is_some()) =>
                    {
                        let mappings = items.into_iter().filter_map(|item| match item {
                            Value::Mapping(source) => Some(source),
                            _ => None,
                        });
                        sources.extend(mappings);
                    }
                    (_, value) => _ = own.insert(key, value),
                }
            }
            for (key, value) in sources.into_iter().flatten() {
                if own.get(&key).is_none() {
                    own.insert(key, value);
                }
            }
            Value::Mapping(own)
        }
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(merged).collect()),
        scalar => scalar,
    }
}

/// A value that does not fit the type that it was to be read into.
///
/// It never holds the value. What a type's own reader says of a value is left out too, since it may show it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}: {problem}", at(path))]
pub struct TypeError {
    /// Where the value stands.
    pub path: Path,
    /// What is wrong.
    pub problem: TypeProblem,
}

/// What is wrong with a value, seen from the type that it was to be read into.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TypeProblem {
    /// A value that the type's own reader refuses.
    #[error("the type that it is read into does not take this value")]
    Custom,
    /// A list of another length.
    #[error("this should be {expected}, and has {length} members")]
    Length {
        /// How many members there are.
        length: usize,
        /// What the type wants.
        expected: String,
    },
    /// A key that the type needs.
    #[error("the key {field} is missing")]
    MissingField {
        /// The key.
        field: &'static str,
    },
    /// A value of the right kind that the type can't hold.
    #[error("this should be {expected}, and is {found} that does not fit")]
    Range {
        /// `an integer`, `a string`.
        found: &'static str,
        /// What the type wants.
        expected: String,
    },
    /// A value of another kind.
    #[error("this should be {expected}, and is {found}")]
    Type {
        /// `an integer`, `a string`.
        found: &'static str,
        /// What the type wants.
        expected: String,
    },
    /// A key that the type does not have.
    #[error("the key {field} is not known here")]
    UnknownField {
        /// The key.
        field: String,
    },
    /// A name that is none of an enumeration's.
    #[error("this is none of the {} names that are known here", known.len())]
    UnknownVariant {
        /// The names that are known.
        known: &'static [&'static str],
    },
}

fn at(path: &Path) -> String {
    if path.steps().is_empty() { "the file".to_owned() } else { path.to_string() }
}

impl TypeError {
    fn new(problem: TypeProblem) -> Self {
        Self { path: Path::default(), problem }
    }

    /// The same error, seen from one level further out.
    fn under(mut self, step: Step) -> Self {
        self.path = std::iter::once(step).chain(self.path.steps().iter().cloned()).collect();
        self
    }
}

impl de::Error for TypeError {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new(TypeProblem::Custom)
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(TypeProblem::Type { found: kind(&found), expected: expected.to_string() })
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(TypeProblem::Range { found: kind(&found), expected: expected.to_string() })
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(TypeProblem::Length { length, expected: expected.to_string() })
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        Self::new(TypeProblem::UnknownVariant { known })
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::new(TypeProblem::UnknownField { field: field.to_owned() })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(TypeProblem::MissingField { field })
    }
}

/// The kind of what serde found, without what it holds.
fn kind(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a floating-point number",
        Unexpected::Char(_) | Unexpected::Str(_) => "a string",
        Unexpected::Bytes(_) => "binary data",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a mapping",
        _ => "something else",
    }
}

#[derive(Clone, Copy)]
struct Reader<'de>(&'de Value);

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = TypeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Boolean(boolean) => visitor.visit_bool(*boolean),
            Value::Integer(integer) => match (u64::try_from(*integer), i64::try_from(*integer)) {
                (Ok(integer), _) => visitor.visit_u64(integer),
                (_, Ok(integer)) => visitor.visit_i64(integer),
                _ => visitor.visit_i128(*integer),
            },
            Value::Float(float) => visitor.visit_f64(*float),
            Value::Timestamp(timestamp) => visitor.visit_string(canonical_timestamp(timestamp)),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Value::Sequence(items) => visitor.visit_seq(Items { items: items.iter(), next: 0 }),
            Value::Mapping(mapping) => visitor.visit_map(Entries { entries: entries(mapping), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypeError> {
        visitor.visit_newtype_struct(self)
    }

    /// An enumeration is a name, or a mapping of one name to what belongs to it.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypeError> {
        let found = match self.0 {
            Value::String(name) => return visitor.visit_enum(Variant { name, content: None }),
            Value::Mapping(mapping) => match entries(mapping).as_slice() {
                [(name, content)] => return visitor.visit_enum(Variant { name, content: Some(content) }),
                _ => "a mapping of several keys",
            },
            other => other.kind(),
        };
        let expected = "a name, or a mapping of one name".to_owned();
        Err(TypeError::new(TypeProblem::Type { found, expected }))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier
    }
}

/// A mapping's entries, last one first, to be taken from the end.
fn entries(mapping: &Mapping) -> Vec<(&str, &Value)> {
    let mut entries: Vec<_> = mapping.iter().collect();
    entries.reverse();
    entries
}

struct Items<'de> {
    items: std::slice::Iter<'de, Value>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = TypeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, TypeError> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        seed.deserialize(Reader(item)).map(Some).map_err(|error| error.under(Step::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Entries<'de> {
    entries: Vec<(&'de str, &'de Value)>,
    value: Option<(&'de str, &'de Value)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = TypeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, TypeError> {
        self.value = self.entries.pop();
        let Some((key, _)) = self.value else { return Ok(None) };
        seed.deserialize(StrDeserializer::<TypeError>::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TypeError> {
        let (key, value) = self.value.take().ok_or_else(|| TypeError::new(TypeProblem::Custom))?;
        seed.deserialize(Reader(value)).map_err(|error| error.under(Step::Key(key.to_owned())))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

struct Variant<'de> {
    name: &'de str,
    content: Option<&'de Value>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = TypeError;
    type Variant = Content<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content<'de>), TypeError> {
        let name: StrDeserializer<'de, TypeError> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Content { name: self.name, value: self.content }))
    }
}

struct Content<'de> {
    name: &'de str,
    value: Option<&'de Value>,
}

impl<'de> Content<'de> {
    fn read<T>(self, read: impl FnOnce(Reader<'de>) -> Result<T, TypeError>) -> Result<T, TypeError> {
        match self.value {
            Some(value) => read(Reader(value)).map_err(|error| error.under(Step::Key(self.name.to_owned()))),
            None => read(Reader(&Value::Null)),
        }
    }
}

impl<'de> VariantAccess<'de> for Content<'de> {
    type Error = TypeError;

    fn unit_variant(self) -> Result<(), TypeError> {
        self.read(<()>::deserialize)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, TypeError> {
        self.read(|reader| seed.deserialize(reader))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, TypeError> {
        self.read(|reader| reader.deserialize_any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypeError> {
        self.read(|reader| reader.deserialize_any(visitor))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::IpAddr;

    use serde::Deserialize;

    use super::super::{Document, Format, Schema, Value};
    use super::from_value;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        name: String,
        #[serde(default)]
        address: Option<IpAddr>,
        #[serde(default)]
        mode: Mode,
        #[serde(default)]
        servers: Vec<Server>,
        #[serde(default)]
        other: BTreeMap<String, f64>,
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        #[default]
        Auto,
        Fixed {
            port: u16,
        },
        Pair(u8, u8),
        Text(String),
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Server(u16);

    fn value(yaml: &str) -> Value {
        let document = Document::parse(yaml.as_bytes(), Format::Yaml).unwrap();
        document.roots().next().unwrap().value(Schema::GoYaml3).unwrap()
    }

    fn read(yaml: &str) -> Result<Settings, String> {
        from_value(&value(yaml)).map_err(|error| error.to_string())
    }

    #[test]
    fn values_become_types() {
        let settings = read(
            "{name: x, address: 127.0.0.1, mode: {fixed: {port: 8}}, servers: [1, 0x10], other: {a: 1, b: 2.5}}",
        )
        .unwrap();
        assert_eq!(settings.mode, Mode::Fixed { port: 8 });
        assert_eq!(settings.servers, [Server(1), Server(16)]);
        assert_eq!(settings.other, [("a".to_owned(), 1.0), ("b".to_owned(), 2.5)].into());
        for (yaml, mode) in [
            ("auto", Mode::Auto),
            ("{auto: ~}", Mode::Auto),
            ("{pair: [1, 2]}", Mode::Pair(1, 2)),
            ("{text: a}", Mode::Text("a".to_owned())),
        ] {
            assert_eq!(read(&format!("{{name: x, mode: {yaml}}}")).unwrap().mode, mode);
        }
        assert_eq!(read("{name: 2001-12-14}").unwrap().name, "2001-12-14T00:00:00Z");
        assert_eq!(read("{name: x, address: null}").unwrap().address, None);
        assert_eq!(from_value::<i128>(&Value::Integer(-1)).unwrap(), -1);
        let text = value("secret");
        assert_eq!(from_value::<&str>(&text).unwrap(), "secret");
    }

    #[test]
    fn errors_say_where_and_never_what() {
        for (yaml, message) in [
            ("{name: [hunter2]}", "name: this should be a string, and is a list"),
            ("{name: 31337}", "name: this should be a string, and is an integer"),
            ("{}", "the file: the key name is missing"),
            ("{name: x, pass: hunter2}", "the file: the key pass is not known here"),
            (
                "{name: x, servers: [1, 31337000]}",
                "servers[1]: this should be u16, and is an integer that does not fit",
            ),
            (
                "{name: x, address: hunter2}",
                "address: the type that it is read into does not take this value",
            ),
            ("{name: x, mode: hunter2}", "mode: this is none of the 4 names that are known here"),
            (
                "{name: x, mode: {fixed: {port: hunter2}}}",
                "mode.fixed.port: this should be u16, and is a string",
            ),
            (
                "{name: x, mode: {pair: [1]}}",
                "mode.pair: this should be tuple variant Mode::Pair with 2 elements, and has 1 members",
            ),
            (
                "{name: x, mode: [hunter2]}",
                "mode: this should be a name, or a mapping of one name, and is a list",
            ),
        ] {
            assert_eq!(read(yaml).unwrap_err(), message, "{yaml}");
        }
    }
}
