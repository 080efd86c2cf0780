//! A place in a resource, and what is wrong there.

use std::fmt;

use crate::document::{Location, ParseErrorKind};

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
