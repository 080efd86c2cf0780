//! How far a sealed value may travel: the scope, the label it turns into, and the annotations that say it.

use std::fmt;
use std::str::FromStr;

use crate::document::{Mapping, Value};

/// The annotation of a resource that is sealed for the whole cluster.
pub const CLUSTER_WIDE_ANNOTATION: &str = "sealedsecrets.bitnami.com/cluster-wide";

/// The annotation of a resource that is sealed for its namespace.
pub const NAMESPACE_WIDE_ANNOTATION: &str = "sealedsecrets.bitnami.com/namespace-wide";

/// Where a sealed value may be opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Only under the name and in the namespace that it was sealed for.
    #[default]
    Strict,
    /// Under any name in the namespace that it was sealed for.
    NamespaceWide,
    /// Under any name in any namespace of the cluster.
    ClusterWide,
}

impl Scope {
    /// The three scopes, narrowest first.
    pub const ALL: [Self; 3] = [Self::Strict, Self::NamespaceWide, Self::ClusterWide];

    /// The scope's name, as `kubeseal --scope` takes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::NamespaceWide => "namespace-wide",
            Self::ClusterWide => "cluster-wide",
        }
    }

    /// The scope that a resource's `metadata.annotations` ask for.
    ///
    /// Only the text `true` counts, and cluster-wide wins over namespace-wide. No such annotation means strict.
    #[must_use]
    pub fn from_annotations(annotations: &Mapping) -> Self {
        let is_set = |name| annotations.get(name).is_some_and(is_true);
        if is_set(CLUSTER_WIDE_ANNOTATION) {
            Self::ClusterWide
        } else if is_set(NAMESPACE_WIDE_ANNOTATION) {
            Self::NamespaceWide
        } else {
            Self::Strict
        }
    }

    /// Makes `annotations` ask for this scope: takes out what asks for another one, and leaves the rest alone.
    pub fn annotate(self, annotations: &mut Mapping) {
        let wanted = match self {
            Self::Strict => None,
            Self::NamespaceWide => Some(NAMESPACE_WIDE_ANNOTATION),
            Self::ClusterWide => Some(CLUSTER_WIDE_ANNOTATION),
        };
        for name in [CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION] {
            if wanted == Some(name) {
                annotations.insert(name, "true");
            } else {
                annotations.remove(name);
            }
        }
    }

    /// The label that binds a value to this scope of `namespace` and `name`.
    ///
    /// What the scope does not look at is left out: the name for a namespace-wide value, both for a cluster-wide one.
    #[must_use]
    pub fn label(self, namespace: &str, name: &str) -> Label {
        Label(match self {
            Self::Strict => format!("{namespace}/{name}"),
            Self::NamespaceWide => namespace.to_owned(),
            Self::ClusterWide => String::new(),
        })
    }
}

/// Kubernetes gives annotations string values; a plain `true` in YAML is taken for one, as its readers do.
fn is_true(value: &Value) -> bool {
    matches!(value, Value::Boolean(true)) || value.as_str() == Some("true")
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = ParseScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(ParseScopeError)
    }
}

/// A text that names no [`Scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a scope: use strict, namespace-wide or cluster-wide")]
#[non_exhaustive]
pub struct ParseScopeError;

/// What a value is bound to: the RSA-OAEP label (RFC 8017, section 7.1) that [`Scope::label`] makes.
///
/// A value opens only under the label that it was sealed with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label(String);

impl Label {
    /// The label's text: `namespace/name`, `namespace`, or nothing.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION, ParseScopeError, Scope};
    use crate::document::{Mapping, Value};

    #[test]
    fn names_read_back() {
        for scope in Scope::ALL {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        assert_eq!("wide".parse::<Scope>(), Err(ParseScopeError));
        assert_eq!("Strict".parse::<Scope>(), Err(ParseScopeError));
    }

    #[test]
    fn labels_hold_what_the_scope_looks_at() {
        assert_eq!(Scope::Strict.label("web", "app").as_str(), "web/app");
        assert_eq!(Scope::NamespaceWide.label("web", "app").as_str(), "web");
        assert_eq!(Scope::ClusterWide.label("web", "app").as_str(), "");
    }

    #[test]
    fn cluster_wide_wins_and_only_true_counts() {
        let both: Mapping =
            [(NAMESPACE_WIDE_ANNOTATION, "true"), (CLUSTER_WIDE_ANNOTATION, "true")].into_iter().collect();
        assert_eq!(Scope::from_annotations(&both), Scope::ClusterWide);
        let other: Mapping =
            [(NAMESPACE_WIDE_ANNOTATION, "True"), (CLUSTER_WIDE_ANNOTATION, "1")].into_iter().collect();
        assert_eq!(Scope::from_annotations(&other), Scope::Strict);
        let plain: Mapping = [(NAMESPACE_WIDE_ANNOTATION, Value::Boolean(true))].into_iter().collect();
        assert_eq!(Scope::from_annotations(&plain), Scope::NamespaceWide);
    }

    #[test]
    fn annotating_replaces_the_old_scope_and_keeps_the_rest() {
        let mut annotations: Mapping =
            [("team", "a"), (CLUSTER_WIDE_ANNOTATION, "true"), ("tier", "b")].into_iter().collect();
        Scope::NamespaceWide.annotate(&mut annotations);
        assert_eq!(Scope::from_annotations(&annotations), Scope::NamespaceWide);
        Scope::Strict.annotate(&mut annotations);
        assert_eq!(annotations.keys().collect::<Vec<_>>(), ["team", "tier"]);
    }
}
