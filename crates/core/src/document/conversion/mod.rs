//! A document in one format, written in another one as sops does it.
//!
//! What the new format can hold goes over with its type; comments go over wherever the format has them. The layout is
//! that which sops gives its files. Where the values can't be held, this is an error: nothing is left out or bent.
//!
//! Where this parts from sops, on purpose:
//! - In dotenv and INI null is an empty value, which sops writes as `<nil>`; a list in an INI section is an error, which
//!   sops writes as `[1 2]`.
//! - Bytes that are not UTF-8 have no form in JSON, dotenv and INI. sops loses them in JSON.
//! - Several documents are an error where the format holds one; sops writes the first and drops the others.
//! - A whole number with a point keeps it in YAML (`1.0`).
//!
//! As in sops, a backslash and an `n` go into dotenv as they are, and are read there as a line break.

mod flat;
mod tree;
mod yaml;

use thiserror::Error;
use zeroize::Zeroizing;

use self::tree::Tree;
use super::{Document, Format, ParseError, Path, Step, Value, json};

/// The key that the bytes of a binary file stand under.
const DATA_KEY: &str = "data";

/// Writes the plain file `bytes`, which is of the format `from`, in the format `to`. If both are the same, the bytes stay
/// as they are.
///
/// `indent` is what one level of a new YAML or JSON text is indented by, in spaces; `None` stands for what sops takes by
/// itself, four spaces in YAML and a tab in JSON.
///
/// ```
/// use sealkit::document::{Format, convert};
///
/// let yaml = b"# the shop's\nuser: shop\nport: 5432\n";
/// assert_eq!(*convert(yaml, Format::Yaml, Format::Dotenv, None)?, *b"# the shop's\nuser=shop\nport=5432\n");
/// assert_eq!(*convert(yaml, Format::Yaml, Format::Json, None)?, *b"{\n\t\"user\": \"shop\",\n\t\"port\": 5432\n}\n");
///
/// let error = convert(b"db: {port: 5432}\n", Format::Yaml, Format::Dotenv, None).unwrap_err();
/// assert_eq!(error.to_string(), "db can't be written in a dotenv file: its values are text, and this is a mapping");
/// # Ok::<(), sealkit::document::ConversionError>(())
/// ```
///
/// # Errors
/// [`ConversionError::Parse`] if `bytes` are not of the format `from`; the others for what `to` has no form for.
pub fn convert(
    bytes: &[u8],
    from: Format,
    to: Format,
    indent: Option<u8>,
) -> Result<Zeroizing<Vec<u8>>, ConversionError> {
    if from == to {
        return Ok(Zeroizing::new(bytes.to_vec()));
    }
    let trees = match from {
        Format::Binary => vec![Tree::of_bytes(bytes)],
        _ => tree::documents(&Document::parse(bytes, from)?)?,
    };
    let target = Target { format: to };
    if to == Format::Yaml {
        return Ok(into_bytes(yaml::write(&trees, indent)));
    }
    let tree = match trees.as_slice() {
        [] => &Tree::empty(),
        [tree] => tree,
        several => {
            return Err(ConversionError::SeveralDocuments { count: several.len(), format: to.title() });
        }
    };
    match to {
        Format::Binary => target.binary(tree),
        Format::Dotenv => flat::dotenv(tree, target).map(into_bytes),
        Format::Ini => flat::ini(tree, target).map(into_bytes),
        _ => {
            let value = target.json(tree, &mut Vec::new())?;
            Ok(into_bytes(json::indented_as_sops(&value, indent)))
        }
    }
}

fn into_bytes(mut text: Zeroizing<String>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(std::mem::take(&mut *text).into_bytes())
}

/// The format that is written.
#[derive(Clone, Copy)]
struct Target {
    format: Format,
}

impl Target {
    fn unfit(self, path: &[Step], reason: &'static str) -> ConversionError {
        ConversionError::Unfit { path: path.iter().cloned().collect(), format: self.format.title(), reason }
    }

    fn binary(self, tree: &Tree) -> Result<Zeroizing<Vec<u8>>, ConversionError> {
        let data = match tree {
            Tree::Mapping(members) => members.list.iter().find(|member| member.key == DATA_KEY),
            _ => None,
        };
        let reason = "a binary file is what stands under the key `data`, as text";
        match data.map(|member| &member.value) {
            Some(Tree::Scalar(Value::String(text))) => Ok(Zeroizing::new(text.as_bytes().to_vec())),
            Some(Tree::Scalar(Value::Bytes(bytes))) => Ok(bytes.clone()),
            Some(_) => Err(self.unfit(&[Step::Key(DATA_KEY.to_owned())], reason)),
            None => Err(ConversionError::NoData),
        }
    }

    /// The tree as JSON holds it: without comments.
    fn json(self, tree: &Tree, path: &mut Vec<Step>) -> Result<Value, ConversionError> {
        match tree {
            Tree::Scalar(Value::Bytes(_)) => {
                Err(self.unfit(path, "it holds text, and these bytes are not UTF-8"))
            }
            Tree::Scalar(Value::Float(float)) if !float.is_finite() => {
                Err(self.unfit(path, "it has no infinite numbers"))
            }
            Tree::Scalar(value) => Ok(value.clone()),
            Tree::Sequence(members) => {
                let items = members.list.iter().enumerate().map(|(index, item)| {
                    path.push(Step::Index(index));
                    let value = self.json(&item.value, path);
                    path.pop();
                    value
                });
                Ok(Value::Sequence(items.collect::<Result<_, _>>()?))
            }
            Tree::Mapping(members) => {
                let mut mapping = super::Mapping::new();
                for member in &members.list {
                    path.push(Step::Key(member.key.clone()));
                    mapping.insert(member.key.clone(), self.json(&member.value, path)?);
                    path.pop();
                }
                Ok(Value::Mapping(mapping))
            }
        }
    }
}

/// Why a document can't be written in another format. No variant holds a value.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConversionError {
    /// A key that stands twice, as dotenv and INI allow.
    #[error("{path} stands twice, and other formats can't hold that; remove one of them")]
    DuplicateKey {
        /// The key, with its section.
        path: Path,
    },
    /// There is no key `data`, which a binary file is the value of.
    #[error(
        "this can't be written as a binary file: that is what stands under the key `data`, and there is none"
    )]
    NoData,
    /// The document is not of the format that it is read as.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// More than one document, in a format that holds one.
    #[error("there are {count} documents in this file, which can't be written in {format}: it holds one")]
    SeveralDocuments {
        /// How many there are.
        count: usize,
        /// The new format, as `a dotenv file`.
        format: &'static str,
    },
    /// A document that is a list or a single value, in a format that holds keys and values only.
    #[error("this document is {found} at its top level, and can't be written in {format}")]
    TopLevel {
        /// `a list`, `a string`.
        found: &'static str,
        /// The new format, as `a dotenv file`.
        format: &'static str,
    },
    /// Something that the new format has no form for.
    #[error("{path} can't be written in {format}: {reason}")]
    Unfit {
        /// What it is.
        path: Path,
        /// The new format, as `a dotenv file`.
        format: &'static str,
        /// What stands in the way.
        reason: &'static str,
    },
}

#[cfg(test)]
mod tests;
