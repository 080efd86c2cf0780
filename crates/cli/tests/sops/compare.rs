//! Compares what a program did with what it should have done.

use std::collections::BTreeSet;

use sealkit::document::{Document, Format, Schema, to_json};

use crate::case::Case;
use crate::outcome::{Found, LeftFile, Outcome};
use crate::recorded::ExitStatus;

/// What is wrong, one line for each thing.
pub(crate) fn differences(case: &Case, expected: &Outcome, actual: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    if expected.exit != actual.exit {
        wrong.push(format!("exit: {:?} instead of {:?}", actual.exit, expected.exit));
    }
    if let Some(words) = case.ours.as_ref().and_then(|ours| ours.stderr.as_ref())
        && !actual.stderr.contains(words)
    {
        wrong.push(format!("stderr should say: {words}"));
    }
    match case.ours.as_ref().and_then(|ours| ours.stdout_has.as_ref()) {
        Some(words) if !actual.stdout.text.contains(words) => {
            wrong.push(format!("stdout should say: {words}"));
        }
        Some(_) => {}
        None => wrong.extend(stdout_differs(expected, &actual.stdout)),
    }
    let names: BTreeSet<&String> = expected.files.keys().chain(actual.files.keys()).collect();
    for name in names {
        match (expected.files.get(name), actual.files.get(name)) {
            (Some(expected), Some(actual)) => wrong.extend(file_differs(name, expected, actual)),
            (Some(expected), None) => wrong.push(format!("file {name} should be {}", expected.mode)),
            (None, Some(actual)) => {
                wrong.push(format!(
                    "file {name} should be as it was, is {} {}",
                    actual.mode,
                    show(&actual.content)
                ));
            }
            (None, None) => {}
        }
    }
    if !wrong.is_empty() {
        wrong.push(format!("stderr was: {}", actual.stderr.trim_end().replace('\n', "\n    ")));
        wrong.push(format!("stderr of sops: {}", expected.stderr));
    }
    wrong
}

fn stdout_differs(expected: &Outcome, actual: &Found) -> Option<String> {
    let text = expected.stdout.text.as_str();
    // Words for people, which we say on stderr.
    let are_words = expected.exit != ExitStatus::Code(0) && text.starts_with("Incorrect Usage")
        || text.starts_with("The following changes will be made")
        || text.starts_with("Cannot use two forms");
    if text.starts_with("NAME:") {
        return (!actual.text.contains("Usage: "))
            .then(|| format!("stdout should be a help, is: {}", actual.text));
    }
    if are_words {
        return (!actual.is_empty()).then(|| format!("stdout should be empty, is: {}", show(actual)));
    }
    found_differs("stdout", &expected.stdout, actual)
}

fn file_differs(name: &str, expected: &LeftFile, actual: &LeftFile) -> Option<String> {
    if (expected.mode.len() == 4) != (actual.mode.len() == 4) {
        return Some(format!("file {name} is {} instead of {}", actual.mode, expected.mode));
    }
    found_differs(name, &expected.content, &actual.content)
}

fn found_differs(what: &str, expected: &Found, actual: &Found) -> Option<String> {
    if expected.format != actual.format {
        return Some(format!("{what} is\n{}\n  instead of\n{}", show(actual), show(expected)));
    }
    let formats: &[Format] = match expected.format.as_deref() {
        Some(name) => &[Format::from_name(name).unwrap()],
        None => &[Format::Json, Format::Yaml, Format::Ini, Format::Dotenv],
    };
    let details = |found: &Found| {
        let keys = unique(&found.keys);
        // No rule stands for this one; sops writes it into binary files when it writes them a second time.
        let rule = if found.rule.is_empty() { "unencrypted_suffix _unencrypted" } else { &found.rule };
        format!("{rule} {} {} {keys:?}", found.mac_only_encrypted, found.shamir_threshold)
    };
    if details(expected) != details(actual) {
        return Some(format!("{what} has {} instead of {}", details(actual), details(expected)));
    }
    for (expected, actual) in [(&expected.text, &actual.text), (&expected.decrypted, &actual.decrypted)] {
        if !same_text(expected, actual, formats) {
            return Some(format!("{what} is\n{actual}\n  instead of\n{expected}"));
        }
    }
    None
}

/// sops writes a recipient that is given twice, twice.
fn unique(groups: &[Vec<String>]) -> Vec<BTreeSet<&String>> {
    groups.iter().map(|keys| keys.iter().collect()).collect()
}

fn same_text(expected: &str, actual: &str, formats: &[Format]) -> bool {
    // A document without entries may be there or not.
    let is_nothing = |text: &str| matches!(text.trim(), "" | "{}");
    expected == actual
        || is_nothing(expected) && is_nothing(actual) && formats.len() == 1
        || formats.iter().any(|format| {
            let (expected, actual) = (values(expected, *format), values(actual, *format));
            expected.is_some() && expected == actual
        })
}

/// The values in a text, if it is of the format and has any.
fn values(text: &str, format: Format) -> Option<Vec<String>> {
    let document = Document::parse(text.as_bytes(), format).ok()?;
    let roots = document.roots().map(|root| {
        let value = root.value(Schema::GoYaml3).ok()?;
        let has_parts = value.as_mapping().is_some() || value.as_sequence().is_some();
        (has_parts || value == sealkit::document::Value::Null).then(|| to_json(&value).to_string())
    });
    let roots: Vec<String> = roots.collect::<Option<_>>()?;
    (!roots.is_empty()).then_some(roots)
}

fn show(found: &Found) -> &str {
    if found.format.is_some() { &found.decrypted } else { &found.text }
}
