//! The table of command lines, and what was recorded for them.

use std::collections::BTreeMap;

use sealkit::document::{Document, Format, Schema, to_json};
use serde::Deserialize;
use serde_json::Value;

use crate::outcome::{Found, LeftFile, Outcome};
use crate::recorded::{CommandLine, ExitStatus};
use crate::vectors;

/// A command line, and what stands around it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) args: String,
    /// The input that is piped in.
    pub(crate) stdin: Option<String>,
    /// What is piped in instead.
    #[serde(default)]
    pub(crate) typed: String,
    /// `None` takes a variable away.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, Option<String>>,
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) modes: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) dirs: Vec<String>,
    #[serde(default)]
    pub(crate) links: BTreeMap<String, String>,
    pub(crate) cwd: Option<String>,
    pub(crate) ours: Option<Ours>,
}

/// What sealkit does instead, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ours {
    /// A section of docs/compatibility.md.
    pub(crate) why: String,
    pub(crate) exit: Option<u8>,
    /// Words that must be on stderr.
    pub(crate) stderr: Option<String>,
    /// The case whose recorded output and files are expected.
    pub(crate) like: Option<String>,
    pub(crate) stdout: Option<Printed>,
    /// Words that must be on stdout, whatever else is there.
    pub(crate) stdout_has: Option<String>,
    /// The files that are left.
    pub(crate) files: Option<BTreeMap<String, LeftFile>>,
}

/// What is printed: a text, or an encrypted file.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Printed {
    Text(String),
    File(Found),
}

impl CommandLine for Case {
    fn name(&self) -> &str {
        &self.name
    }

    fn args(&self) -> &str {
        &self.args
    }
}

impl Case {
    /// The words in which inputs may be named.
    pub(crate) fn mentioned(&self) -> Vec<&str> {
        let texts = std::iter::once(&self.args).chain(self.env.values().flatten());
        let is_separator = |character: char| character.is_whitespace() || "'\"=/{}".contains(character);
        texts.flat_map(|text| text.split(is_separator)).collect()
    }
}

/// A row with `for` stands for one case for each combination.
fn expand(mut row: Value) -> Vec<Value> {
    let axes = row.as_object_mut().unwrap().remove("for").unwrap_or_default();
    let mut texts = vec![row.to_string()];
    for (axis, values) in axes.as_object().into_iter().flatten() {
        let values = values.as_array().unwrap().iter().map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let quoted: Vec<String> = values
            .map(|value| {
                let quoted = serde_json::to_string(&value).unwrap();
                quoted[1..quoted.len() - 1].to_owned()
            })
            .collect();
        let name = format!("<{axis}>");
        texts = texts.iter().flat_map(|text| quoted.iter().map(|value| text.replace(&name, value))).collect();
    }
    texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

/// The cases and what was recorded.
pub(crate) struct Vectors {
    pub(crate) program: String,
    pub(crate) cases: Vec<Case>,
    outcomes: BTreeMap<String, Outcome>,
}

#[derive(Deserialize)]
struct Recorded {
    program: String,
    outcomes: BTreeMap<String, Outcome>,
}

impl Vectors {
    pub(crate) fn load() -> Self {
        let folder = vectors().join("sops-cli");
        let table = std::fs::read(folder.join("cases.yaml")).unwrap();
        let table = Document::parse(&table, Format::Yaml).unwrap();
        let table = table.roots().next().unwrap().value(Schema::GoYaml3).unwrap();
        let rows: Vec<Value> = serde_json::from_str(&to_json(&table)).unwrap();
        let cases = rows.into_iter().flat_map(expand).map(|case| serde_json::from_value(case).unwrap());
        let cases: Vec<Case> = cases.collect();
        let recorded = std::fs::read_to_string(folder.join("recorded.json")).unwrap();
        let Recorded { program, outcomes } = serde_json::from_str(&recorded).unwrap();
        for case in &cases {
            assert!(outcomes.contains_key(&case.name), "{} was not recorded", case.name);
        }
        Self { program, cases, outcomes }
    }

    /// What sealkit should do: what was recorded (or what the real program did just now), or what the case says instead.
    pub(crate) fn expected(&self, case: &Case, live: Option<&Outcome>) -> Outcome {
        let recorded =
            |name: &str| self.outcomes.get(name).unwrap_or_else(|| panic!("no case {name}")).clone();
        let Some(ours) = &case.ours else { return live.cloned().unwrap_or_else(|| recorded(&case.name)) };
        let mut expected = match (&ours.like, live) {
            (Some(like), _) => recorded(like),
            (None, Some(live)) => live.clone(),
            (None, None) => recorded(&case.name),
        };
        if let Some(exit) = ours.exit {
            expected.exit = ExitStatus::Code(exit.into());
            if exit != 0 {
                expected.files = BTreeMap::new();
                expected.stdout = Found::default();
            }
        }
        if let Some(stdout) = &ours.stdout {
            expected.stdout = match stdout {
                Printed::Text(text) => Found::text(text),
                Printed::File(found) => found.clone(),
            };
        }
        if let Some(files) = &ours.files {
            expected.files.clone_from(files);
        }
        expected
    }
}
