//! Every line of the lists in docs/formats/sops.md: what does not come back from encryption as it was written, and what does.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

#[path = "support/values.rs"]
mod values;

use std::fs;
use std::path::Path;

use sealkit::document::{Document, Format, Schema, Value};
use sealkit::sops::{
    AgeKey, DataKey, EncryptedFile, KeyGroup, MacCheck, MasterKey, Metadata, SelectionRule,
    WhenNothingSelected, encrypt_file,
};

/// A line of the lists: a file, and what becomes of it.
struct Form {
    format: Format,
    line: String,
    before: String,
    after: String,
}

fn forms() -> Vec<Form> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats/sops.md");
    let text = fs::read_to_string(path).unwrap();
    let mut format = None;
    let mut forms = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("```"), format) {
            (Some(info), None) => {
                format = Some(match info {
                    "dotenv-forms" => Some(Format::Dotenv),
                    "ini-forms" => Some(Format::Ini),
                    "json-forms" => Some(Format::Json),
                    "yaml-forms" => Some(Format::Yaml),
                    _ => None,
                });
            }
            (Some(_), Some(_)) => format = None,
            (None, Some(Some(format))) => {
                let (before, after) = match line.split_once(" → ") {
                    Some((before, after)) => (before, after),
                    None => (line.strip_suffix(" =").unwrap(), line.strip_suffix(" =").unwrap()),
                };
                let (before, after) = (spelled_out(before), spelled_out(after));
                forms.push(Form { format, line: line.to_owned(), before, after });
            }
            (None, _) => {}
        }
    }
    forms
}

/// The file that a line stands for.
fn spelled_out(text: &str) -> String {
    let mut file = text.replace('⏎', "\n").replace('␣', " ").replace('⇥', "\t");
    while let Some((before, rest)) = file.split_once('⟨') {
        let (code, after) = rest.split_once('⟩').unwrap();
        let character = char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap();
        file = format!("{before}{character}{after}");
    }
    match file.strip_suffix('∎') {
        Some(file) => file.to_owned(),
        None => file + "\n",
    }
}

fn round_trip(form: &Form) -> String {
    let key = DataKey::from_bytes(&[5; 32]).unwrap();
    let mut age = AgeKey::new("age1test");
    age.enc = "-----BEGIN AGE ENCRYPTED FILE-----\n".to_owned();
    let metadata = Metadata::new(vec![KeyGroup::new(vec![MasterKey::Age(age)])], SelectionRule::default());
    let encrypted =
        encrypt_file(form.before.as_bytes(), form.format, metadata, &key, WhenNothingSelected::Refuse)
            .unwrap_or_else(|error| panic!("{}: {error}", form.line));
    assert!(encrypted.text.matches("type:").count() > 1, "{}: only the MAC is encrypted", form.line);
    let file = EncryptedFile::parse(encrypted.text.as_bytes(), form.format).unwrap();
    file.decrypt_with(&key, MacCheck::Require).unwrap().as_str().unwrap().to_owned()
}

fn values_of(text: &str, format: Format) -> Vec<Value> {
    let document = Document::parse(text.as_bytes(), format).unwrap();
    document.roots().map(|root| root.value(Schema::GoYaml3).unwrap()).collect()
}

#[test]
fn what_the_documentation_says_of_each_form_is_so() {
    let forms = forms();
    assert!(forms.len() > 80, "{} lines were found", forms.len());
    let mut wrong = Vec::new();
    for form in &forms {
        let after = round_trip(form);
        if after != form.after {
            wrong.push(format!("{}\n  comes back as {after:?}", form.line));
        }
        // Another writing, the same values and types; sops itself makes a text of what `!!binary` decodes to.
        let (before, after) = (values_of(&form.before, form.format), values_of(&after, form.format));
        let is_same = before.len() == after.len()
            && before.iter().zip(&after).all(|(before, after)| values::same(before, after));
        if !is_same {
            wrong.push(format!("{}\n  is {after:?}, and was {before:?}", form.line));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_form_that_is_said_to_change_does_and_comes_back_as_itself_from_then_on() {
    for form in forms() {
        let again = Form { before: form.after.clone(), ..form };
        if again.line.contains(" → ") {
            assert_eq!(round_trip(&again), again.after, "{}: what came back once stays", again.line);
        }
    }
}
