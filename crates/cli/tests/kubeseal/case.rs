//! The table of command lines, and what was recorded for them.

use std::collections::BTreeMap;

use sealkit::document::{Document, Format, Schema, to_json};
use serde::Deserialize;

use crate::outcome::{LeftFile, Outcome};
use crate::recorded::{CommandLine, ExitStatus, workspace};

/// One row of cases.yaml.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) args: String,
    pub(crate) stdin: Option<String>,
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) modes: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) dirs: Vec<String>,
    #[serde(default)]
    pub(crate) links: BTreeMap<String, String>,
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
    pub(crate) stdout: Option<String>,
    pub(crate) files: Option<BTreeMap<String, LeftFile>>,
    /// A path in the documents that kubeseal prints and sealkit does not: `metadata.ownerReferences`.
    pub(crate) without: Option<String>,
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
    /// Whether something in the case names the input.
    pub(crate) fn mentions(&self, input: &str) -> bool {
        self.args.contains(input)
            || self.stdin.as_ref().is_some_and(|name| name.contains(input))
            || self.env.values().any(|value| value.contains(input))
    }
}

/// The cases and what was recorded.
pub(crate) struct Vectors {
    pub(crate) program: String,
    pub(crate) labels: Vec<String>,
    pub(crate) cases: Vec<Case>,
    outcomes: BTreeMap<String, Outcome>,
}

#[derive(Deserialize)]
struct Recorded {
    program: String,
    labels: Vec<String>,
    outcomes: BTreeMap<String, Outcome>,
}

impl Vectors {
    pub(crate) fn load() -> Self {
        let folder = workspace().join("test-vectors/kubeseal");
        let table = std::fs::read(folder.join("cases.yaml")).unwrap();
        let table = Document::parse(&table, Format::Yaml).unwrap();
        let table = table.roots().next().unwrap().value(Schema::GoYaml3).unwrap();
        let cases: Vec<Case> = serde_json::from_str(&to_json(&table)).unwrap();
        let recorded = std::fs::read_to_string(folder.join("recorded.json")).unwrap();
        let Recorded { program, labels, outcomes } = serde_json::from_str(&recorded).unwrap();
        for case in &cases {
            assert!(outcomes.contains_key(&case.name), "{} was not recorded", case.name);
        }
        Self { program, labels, cases, outcomes }
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
            }
        }
        if let Some(stdout) = &ours.stdout {
            expected.stdout.clone_from(stdout);
        }
        if let Some(files) = &ours.files {
            expected.files.clone_from(files);
        }
        expected
    }
}
