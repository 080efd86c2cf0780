//! Where a command's resources go, and how they are written.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use sealkit::document::{Mapping, Value, to_json, to_yaml};
use zeroize::Zeroizing;

use crate::atomic_file::{self, NewFile};
use crate::{Console, Failure};

/// How resources are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// JSON; several resources become one List
    Json,
    /// YAML; several resources become several documents
    Yaml,
}

/// The arguments that say where resources go.
#[derive(Args, PartialEq)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArguments {
    /// How to write them.
    #[arg(short = 'o', long = "output", value_name = "FORMAT", hide_possible_values = true, help = FORMAT_HELP)]
    format: Option<OutputFormat>,

    /// Write to this file, all of it or nothing, instead of to standard output
    #[arg(short = 'w', long, value_name = "FILE")]
    output_file: Option<PathBuf>,
}

const FORMAT_HELP: &str = "yaml or json [default: json if the output file's name ends in .json, else yaml]";

impl OutputArguments {
    /// Writes the resources, to a file with the rights `new` if it is a new one.
    ///
    /// # Errors
    /// When the output can't be written.
    pub(super) fn write(
        &self,
        resources: Vec<Mapping>,
        new: NewFile,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let resources: Vec<Value> =
            resources.into_iter().map(|resource| Value::Mapping(in_reading_order(resource))).collect();
        let text = match self.format() {
            OutputFormat::Json => json(resources),
            OutputFormat::Yaml => yaml(&resources),
        };
        match &self.output_file {
            Some(path) if path != Path::new("-") => atomic_file::replace(path, text.as_bytes(), new)?,
            _ => console.print(text.as_bytes())?,
        }
        Ok(())
    }

    fn format(&self) -> OutputFormat {
        let extension = self.output_file.as_ref().and_then(|path| path.extension());
        let is_json = extension.is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        self.format.unwrap_or(if is_json { OutputFormat::Json } else { OutputFormat::Yaml })
    }
}

fn yaml(resources: &[Value]) -> Zeroizing<String> {
    let documents: Vec<_> = resources.iter().map(to_yaml).collect();
    let length = documents.iter().map(|document| document.len() + 4).sum();
    let mut text = Zeroizing::new(String::with_capacity(length));
    for document in &documents {
        if !text.is_empty() {
            text.push_str("---\n");
        }
        text.push_str(document);
    }
    text
}

fn json(mut resources: Vec<Value>) -> Zeroizing<String> {
    if let [resource] = resources.as_slice() {
        return to_json(resource);
    }
    let list: Mapping = [
        ("apiVersion", Value::from("v1")),
        ("kind", Value::from("List")),
        ("items", Value::Sequence(std::mem::take(&mut resources))),
    ]
    .into_iter()
    .collect();
    to_json(&Value::Mapping(list))
}

/// The resource with its fields in the order in which people write and read them: what it is, its name, its contents.
fn in_reading_order(mut resource: Mapping) -> Mapping {
    if let Some(metadata) = resource.get_mut("metadata").and_then(Value::as_mapping_mut) {
        reorder(metadata, METADATA);
    }
    if let Some(spec) = resource.get_mut("spec").and_then(Value::as_mapping_mut) {
        if let Some(template) = spec.get_mut("template").and_then(Value::as_mapping_mut) {
            if let Some(metadata) = template.get_mut("metadata").and_then(Value::as_mapping_mut) {
                reorder(metadata, METADATA);
            }
            reorder(template, &["metadata", "type", "immutable"]);
        }
        reorder(spec, &["encryptedData", "template"]);
    }
    reorder(&mut resource, &["apiVersion", "kind", "metadata", "type", "immutable", "data", "spec"]);
    resource
}

const METADATA: &[&str] = &["name", "generateName", "namespace", "labels", "annotations"];

/// Puts the entries under `first` in front, in that order; the others keep theirs.
fn reorder(mapping: &mut Mapping, first: &[&str]) {
    let mut ordered = Mapping::new();
    for key in first {
        if let Some(value) = mapping.remove(key) {
            ordered.insert(*key, value);
        }
    }
    for (key, value) in std::mem::take(mapping) {
        ordered.insert(key, value);
    }
    *mapping = ordered;
}
