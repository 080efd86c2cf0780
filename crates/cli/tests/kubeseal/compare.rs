//! Compares what a program did with what it should have done.

use sealkit::document::{Document, Format, Schema, to_json};
use serde_json::Value;

use crate::case::Case;
use crate::outcome::{LeftFile, Outcome};
use crate::recorded::ExitStatus;

/// What is wrong, one line for each thing.
pub(crate) fn differences(case: &Case, expected: &Outcome, actual: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    if expected.exit != actual.exit {
        wrong.push(format!("exit: {:?} instead of {:?}", actual.exit, expected.exit));
    }
    let failed = actual.exit != ExitStatus::Code(0);
    if failed != actual.stderr.starts_with("error:") {
        wrong.push("stderr should begin with `error:` exactly when the exit code is not 0".to_owned());
    }
    if let Some(words) = case.ours.as_ref().and_then(|ours| ours.stderr.as_ref())
        && !actual.stderr.contains(words)
    {
        wrong.push(format!("stderr should say: {words}"));
    }
    // All or nothing: what kubeseal prints before it fails is no example.
    let stdout = if expected.exit == ExitStatus::Code(0) { &expected.stdout } else { "" };
    let without = case.ours.as_ref().and_then(|ours| ours.without.as_deref());
    wrong.extend(text_differs("stdout", stdout, &actual.stdout, without));
    let names = expected.files.keys().chain(actual.files.keys());
    let mut names: Vec<&String> = names.collect();
    names.sort();
    names.dedup();
    for name in names {
        match (expected.files.get(name), actual.files.get(name)) {
            (Some(expected), Some(actual)) => wrong.extend(file_differs(name, expected, actual, without)),
            (Some(expected), None) => wrong.push(format!("file {name} should be {}", expected.mode)),
            (None, Some(actual)) => {
                wrong.push(format!("file {name} should be as it was, is {}", actual.mode));
            }
            (None, None) => {}
        }
    }
    if !wrong.is_empty() {
        wrong.push(format!("stderr was: {}", actual.stderr.trim_end().replace('\n', "\n    ")));
    }
    wrong
}

fn file_differs(name: &str, expected: &LeftFile, actual: &LeftFile, without: Option<&str>) -> Vec<String> {
    let mut wrong = Vec::new();
    if expected.mode != actual.mode {
        wrong.push(format!("file {name} has mode {} instead of {}", actual.mode, expected.mode));
    }
    let text = |file: &LeftFile| file.content.clone().unwrap_or_default();
    wrong.extend(text_differs(name, &text(expected), &text(actual), without));
    wrong
}

fn text_differs(what: &str, expected: &str, actual: &str, without: Option<&str>) -> Option<String> {
    if expected.starts_with("Usage of ")
        || expected.starts_with("{flags}")
        || expected.contains("--add_dir_header")
    {
        // A help text of our own.
        return (!actual.contains("--cert FILE|URL"))
            .then(|| format!("{what} should be the help, is: {actual}"));
    }
    let (mut expected, actual) = (Content::of(expected), Content::of(actual));
    if let Some(path) = without {
        expected.remove(path);
    }
    (expected != actual).then(|| format!("{what} is\n{}\n  instead of\n{}", actual.show(), expected.show()))
}

/// What stands in an output.
#[derive(PartialEq)]
enum Content {
    Json(Vec<Value>),
    Yaml(Vec<Value>),
    Other(String),
}

impl Content {
    fn of(text: &str) -> Self {
        let parsed = if text.starts_with('{') && !text.starts_with("{flags}") {
            serde_json::Deserializer::from_str(text)
                .into_iter()
                .collect::<Result<_, _>>()
                .ok()
                .map(Self::Json)
        } else if text.starts_with("---\n") || text.starts_with("apiVersion:") {
            yaml(text).map(Self::Yaml)
        } else {
            None
        };
        parsed.unwrap_or_else(|| Self::Other(text.to_owned()))
    }

    /// Takes a field, which must be there, out of every document.
    fn remove(&mut self, path: &str) {
        let (Self::Json(documents) | Self::Yaml(documents)) = self else { return };
        let pointer = path.rsplit_once('.').map(|(parents, _)| format!("/{}", parents.replace('.', "/")));
        let field = path.rsplit('.').next().unwrap_or(path);
        for document in documents {
            let parent =
                document.pointer_mut(pointer.as_deref().unwrap_or("")).and_then(Value::as_object_mut);
            let removed = parent.and_then(|parent| parent.remove(field));
            assert!(removed.is_some(), "there is no {path} to leave out");
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Json(documents) | Self::Yaml(documents) => {
                let kind = if matches!(self, Self::Json(_)) { "JSON" } else { "YAML" };
                let documents: Vec<_> = documents
                    .iter()
                    .map(|document| serde_json::to_string_pretty(document).unwrap())
                    .collect();
                format!("{} {kind} documents\n{}", documents.len(), documents.join("\n"))
            }
            Self::Other(text) => text.clone(),
        }
    }
}

fn yaml(text: &str) -> Option<Vec<Value>> {
    let document = Document::parse(text.as_bytes(), Format::Yaml).ok()?;
    let values = document.roots().map(|root| root.value(Schema::Kubernetes).ok());
    values.map(|value| serde_json::from_str(&to_json(&value?)).ok()).collect()
}
