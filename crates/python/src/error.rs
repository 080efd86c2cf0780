//! The library's errors as Python's exceptions.
//!
//! The classes are in `python/sealkit/_errors.py`. An error is first gathered in a [`Failure`], which needs no interpreter.

use std::error::Error;

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use sealkit::age::RecipientError;
use sealkit::document::{ConversionError, EditError, Location, ParseError, Path, PathError, StepError};
use sealkit::sealed_secrets::{
    CertificateError, InPlaceError, KeyringError, ParseScopeError, Place, ResourceError, SealedSecretError,
    ValueError,
};
use sealkit::sops::{
    CipherError, ConfigError, DataKeyError, FileError, MacError, NobodyLeft, SelectionError,
};

/// A class of `sealkit._errors`.
#[derive(Clone, Copy)]
pub(super) enum Class {
    Authentication,
    Certificate,
    Config,
    KeyUnavailable,
    NotEncrypted,
    Parse,
    Sealkit,
}

impl Class {
    fn name(self) -> &'static str {
        match self {
            Self::Authentication => "AuthenticationError",
            Self::Certificate => "CertificateError",
            Self::Config => "ConfigError",
            Self::KeyUnavailable => "KeyUnavailableError",
            Self::NotEncrypted => "NotEncryptedError",
            Self::Parse => "ParseError",
            Self::Sealkit => "SealkitError",
        }
    }
}

/// An exception to be.
pub(super) struct Failure {
    class: Class,
    message: String,
    location: Option<Location>,
    key_path: Option<String>,
    tried: Vec<String>,
}

pub(super) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(super) fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), location: None, key_path: None, tried: Vec::new() }
    }

    /// An error with the chain of its causes, in one message.
    fn of(class: Class, error: &dyn Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        Self::new(class, message)
    }

    fn at(mut self, location: impl Into<Option<Location>>) -> Self {
        self.location = location.into();
        self
    }

    fn path(mut self, path: &Path) -> Self {
        self.key_path = Some(path.to_string());
        self
    }

    pub(super) fn of_place(mut self, place: &Place) -> Self {
        self.key_path = (!place.path.is_empty()).then(|| place.path.join("."));
        self.at(place.location)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        Python::attach(|py| {
            let make = || {
                let class = py.import("sealkit._errors")?.getattr(failure.class.name())?;
                let exception = class.call1((failure.message,))?;
                if let Some(location) = failure.location {
                    exception.setattr("line", location.line)?;
                    exception.setattr("column", location.column)?;
                }
                if let Some(path) = failure.key_path {
                    exception.setattr("key_path", path)?;
                }
                if !failure.tried.is_empty() {
                    exception.setattr("tried", PyTuple::new(py, failure.tried)?)?;
                }
                Ok(PyErr::from_value(exception))
            };
            make().unwrap_or_else(|error: PyErr| error)
        })
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        let of = |class| Self::of(class, &error);
        match &error {
            FileError::AlreadyEncrypted { location }
            | FileError::ReservedKey { location, .. }
            | FileError::TopLevel { location, .. } => of(Class::Sealkit).at(*location),
            FileError::Cipher { path, location, source, .. } => {
                let class = match source {
                    CipherError::Authentication => Class::Authentication,
                    _ => Class::Sealkit,
                };
                of(class).at(*location).path(path)
            }
            FileError::DataKey(DataKeyError::NotRecovered(found)) => {
                let keys = || found.groups.iter().flat_map(|group| &group.keys);
                let mut failure =
                    Self::new(Class::KeyUnavailable, format!("{found}\n{}", found.explain()).trim_end());
                failure.tried = keys().map(|key| key.name.clone()).collect();
                failure
            }
            FileError::EncryptedValue { path, location }
            | FileError::NotEncrypted { path, location, .. }
            | FileError::NumberTooLarge { path, location }
            | FileError::OffsetTooLarge { path, location } => of(Class::Sealkit).at(*location).path(path),
            FileError::Mac(_) => of(Class::Authentication),
            FileError::Metadata(_) | FileError::MetadataLayout(_) | FileError::NotBinary => of(Class::Parse),
            FileError::MetadataMissing => of(Class::NotEncrypted),
            FileError::Parse(error) => of(Class::Parse).at(error.location),
            FileError::Selection(_) => of(Class::Config),
            _ => of(Class::Sealkit),
        }
    }
}

impl From<DataKeyError> for Failure {
    fn from(error: DataKeyError) -> Self {
        FileError::from(error).into()
    }
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        FileError::from(error).into()
    }
}

impl From<StepError> for Failure {
    fn from(error: StepError) -> Self {
        let (StepError::Kind { path, .. } | StepError::Missing { path }) = &error else {
            return Self::of(Class::Sealkit, &error);
        };
        Self::of(Class::Sealkit, &error).path(path)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let failure = Self::of(Class::Config, &error);
        match &error {
            ConfigError::Parse { source, .. } => failure.at(source.location),
            ConfigError::Pattern { location, .. }
            | ConfigError::Recipient { location, .. }
            | ConfigError::Selection { location, .. }
            | ConfigError::Unexpected { location, .. } => failure.at(*location),
            _ => failure,
        }
    }
}

impl From<ResourceError> for Failure {
    fn from(error: ResourceError) -> Self {
        Self::of(Class::Parse, &error).of_place(&error.place)
    }
}

impl From<SealedSecretError> for Failure {
    fn from(error: SealedSecretError) -> Self {
        match &error {
            SealedSecretError::Certificate(_) => Self::of(Class::Certificate, &error),
            SealedSecretError::Missing { place, .. } | SealedSecretError::Template { place } => {
                Self::of(Class::Sealkit, &error).of_place(place)
            }
            SealedSecretError::Unopened { failures, .. } => {
                let is_damaged = failures.iter().any(|item| matches!(item.error, ValueError::Damaged(_)));
                let class = if is_damaged { Class::Authentication } else { Class::KeyUnavailable };
                let mut failure = Self::of(class, &error);
                for item in failures {
                    if let ValueError::NoKey { tried } = &item.error {
                        let names = tried.iter().map(|key| key.as_str().to_owned());
                        failure.tried = names.collect();
                    }
                }
                match failures.first() {
                    Some(first) => failure.of_place(&first.place),
                    None => failure,
                }
            }
            _ => Self::of(Class::Sealkit, &error),
        }
    }
}

macro_rules! plain {
    ($($class:ident: $($error:ty),+;)+) => {
        $($(
            impl From<$error> for Failure {
                fn from(error: $error) -> Self {
                    Self::of(Class::$class, &error)
                }
            }
        )+)+
    };
}

impl From<ConversionError> for Failure {
    fn from(error: ConversionError) -> Self {
        match error {
            ConversionError::Parse(error) => error.into(),
            other => Self::of(Class::Sealkit, &other),
        }
    }
}

plain! {
    Authentication: MacError;
    Certificate: CertificateError;
    Config: RecipientError, SelectionError;
    KeyUnavailable: KeyringError;
    Sealkit: EditError, InPlaceError, NobodyLeft, ParseScopeError, PathError;
}
