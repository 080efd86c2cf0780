//! An encrypted file that is changed value by value.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use sealkit::document::{Children, Document, Edits, Path, Schema, Step, Value};
use sealkit::sops::{DataKey, EncryptedFile, FileError, MacCheck};
use zeroize::Zeroizing;

use crate::error::{Failure, Result};
use crate::input::Data;
use crate::sops::{Sources, format};
use crate::values::{from_python, to_python};

/// The decrypted text of a file, with the changes made so far, and the file that they go back into.
#[pyclass(frozen, module = "sealkit._sealkit")]
pub(super) struct LiveFile(Mutex<State>);

struct State {
    encrypted: EncryptedFile,
    key: DataKey,
    plaintext: Document,
    is_changed: bool,
}

/// One step of a path: a key, or the index of an item.
#[derive(FromPyObject)]
enum PathStep {
    Index(usize),
    Key(String),
}

fn path(steps: Vec<PathStep>) -> Path {
    let step = |step| match step {
        PathStep::Index(index) => Step::Index(index),
        PathStep::Key(key) => Step::Key(key),
    };
    steps.into_iter().map(step).collect()
}

#[pymethods]
impl LiveFile {
    /// Decrypts a file.
    #[new]
    fn new(py: Python<'_>, data: Data, format: &str, sources: Sources) -> PyResult<Self> {
        let format = self::format(format)?;
        let state = py.detach(|| -> Result<State> {
            let encrypted = EncryptedFile::parse(data.as_ref(), format)?;
            let key = encrypted.metadata().data_key(&sources.identities())?;
            let plaintext = encrypted.decrypt_with(&key, MacCheck::Require)?;
            let plaintext = plaintext.document()?;
            Ok(State { encrypted, key, plaintext, is_changed: false })
        })?;
        Ok(Self(Mutex::new(state)))
    }

    /// What is at a path: `mapping`, `sequence`, `scalar`, or `None` for nothing.
    fn kind(&self, steps: Vec<PathStep>) -> Option<&'static str> {
        let state = self.state();
        let node = state.plaintext.roots().next()?.at(&path(steps)).ok()?.resolved();
        Some(match node.children() {
            Children::Mapping(_) => "mapping",
            Children::Sequence(_) => "sequence",
            _ => "scalar",
        })
    }

    /// The value at a path.
    fn value(&self, py: Python<'_>, steps: Vec<PathStep>) -> PyResult<Py<PyAny>> {
        let path = path(steps);
        let value = self.at(&path)?;
        Ok(to_python(py, &value)?.unbind())
    }

    /// The keys of the mapping at a path.
    fn keys(&self, steps: Vec<PathStep>) -> PyResult<Vec<String>> {
        let path = path(steps);
        let state = self.state();
        let Some(root) = state.plaintext.roots().next() else { return Ok(Vec::new()) };
        let node = root.at(&path).map_err(Failure::from)?.resolved();
        let entries = node.entries().ok_or_else(|| PyTypeError::new_err(format!("{path} is no mapping")))?;
        let keys = entries.iter().map(|(key, _)| key.key(Schema::GoYaml3));
        Ok(keys.collect::<std::result::Result<_, _>>().map_err(Failure::from)?)
    }

    /// How many members the collection at a path has.
    fn length(&self, steps: Vec<PathStep>) -> PyResult<usize> {
        let path = path(steps);
        let state = self.state();
        let Some(root) = state.plaintext.roots().next() else { return Ok(0) };
        let node = root.at(&path).map_err(Failure::from)?.resolved();
        Ok(match node.children() {
            Children::Mapping(entries) => entries.len(),
            Children::Sequence(items) => items.len(),
            _ => 0,
        })
    }

    /// Puts a value at a path. An index just past a list's end appends.
    fn set(&self, py: Python<'_>, steps: Vec<PathStep>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let path = path(steps);
        let value = from_python(value)?;
        Ok(py.detach(|| {
            self.edit(|document, edits| {
                let root = document.roots().next().ok_or(FileError::Empty)?;
                Ok(edits.set_at(root, &path, &value)?)
            })
        })?)
    }

    /// Removes what is at a path.
    fn remove(&self, py: Python<'_>, steps: Vec<PathStep>) -> PyResult<()> {
        let path = path(steps);
        Ok(py.detach(|| {
            self.edit(|document, edits| {
                let root = document.roots().next().ok_or(FileError::Empty)?;
                Ok(edits.remove_at(root, &path)?)
            })
        })?)
    }

    /// The decrypted text as it stands.
    fn text(&self) -> String {
        self.state().plaintext.source().to_owned()
    }

    /// The encrypted file with the changes, and what a person should know of; `None` if nothing has changed.
    fn encrypted(&self, py: Python<'_>) -> PyResult<Option<(String, Vec<String>)>> {
        Ok(py.detach(|| -> Result<_> {
            let state = self.state();
            if !state.is_changed {
                return Ok(None);
            }
            let updated = state.encrypted.update(state.plaintext.source().as_bytes(), &state.key)?;
            Ok(Some((updated.text, updated.warnings.iter().map(ToString::to_string).collect())))
        })?)
    }

    /// Takes note that `text`, what [`encrypted`](Self::encrypted) gave, is the file now.
    fn saved(&self, py: Python<'_>, text: Data) -> PyResult<()> {
        Ok(py.detach(|| -> Result<_> {
            let mut state = self.state();
            state.encrypted = EncryptedFile::parse(text.as_ref(), state.encrypted.format())?;
            state.is_changed = false;
            Ok(())
        })?)
    }
}

impl LiveFile {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at(&self, path: &Path) -> PyResult<Value> {
        let state = self.state();
        let root = state.plaintext.roots().next().ok_or_else(|| PyKeyError::new_err(path.to_string()))?;
        let node = root.at(path).map_err(Failure::from)?;
        Ok(node.value(Schema::GoYaml3).map_err(Failure::from)?)
    }

    /// Changes the plaintext; if that fails it stays as it was.
    fn edit(&self, change: impl for<'a> FnOnce(&'a Document, &mut Edits<'a>) -> Result<()>) -> Result<()> {
        let mut state = self.state();
        let text: Zeroizing<String> = {
            let document = &state.plaintext;
            let mut edits = Edits::new(document);
            change(document, &mut edits)?;
            edits.apply()?
        };
        if *text != state.plaintext.source() {
            state.plaintext = Document::parse(text.as_bytes(), state.plaintext.format())?;
            state.is_changed = true;
        }
        Ok(())
    }
}
