//! Text files edited in place: the source as it is, and a span for every value in it.

mod value;

pub use value::{Mapping, Value};

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Any bytes, as one value.
    Binary,
    /// `KEY=value` lines.
    Dotenv,
    /// `[section]` headers and `key = value` lines.
    Ini,
    /// JSON, RFC 8259.
    Json,
    /// YAML, one document or several.
    Yaml,
}
