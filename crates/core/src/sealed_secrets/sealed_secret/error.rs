//! What can go wrong with a SealedSecret.

use crate::sealed_secrets::hybrid::SealError;
use crate::sealed_secrets::{CertificateError, Place, ValueError};

/// A SealedSecret that can't be made or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealedSecretError {
    /// The certificate can't be sealed to.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// What a value would be bound to is not there.
    #[error("the resource has no {field}, which its values would be bound to")]
    Missing {
        /// `name` or `namespace`.
        field: &'static str,
        /// Where it should be.
        place: Place,
    },
    /// A value could not be sealed.
    #[error("can't seal `{key}`")]
    Seal {
        /// The key of the value.
        key: String,
        /// Why.
        source: SealError,
    },
    /// An entry of `spec.template.data` has to be rendered.
    #[error("{place}: templates are not rendered yet, and this one has `{{{{` in it")]
    Template {
        /// The entry.
        place: Place,
    },
    /// Values that don't open.
    #[error("can't open {}", summary(.failures, .total))]
    Unopened {
        /// Each value that does not open, and why.
        failures: Vec<ItemError>,
        /// How many values there are.
        total: usize,
    },
}

/// A value of a SealedSecret that does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {error}")]
#[non_exhaustive]
pub struct ItemError {
    /// The key of the value.
    pub key: String,
    /// Where the value is.
    pub place: Place,
    /// Why it does not open.
    pub error: ValueError,
}

fn summary(failures: &[ItemError], total: &usize) -> String {
    const SHOWN: usize = 5;
    let values = if *total == 1 { "value" } else { "values" };
    let mut summary = format!("{} of {total} {values}", failures.len());
    for (index, failure) in failures.iter().take(SHOWN).enumerate() {
        summary.push_str(if index == 0 { ": " } else { "; " });
        summary.push_str(&failure.to_string());
    }
    if failures.len() > SHOWN {
        summary.push_str(&format!("; and {} more", failures.len() - SHOWN));
    }
    summary
}
