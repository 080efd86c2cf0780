//! Documents in every format with ten thousand values: reading, walking through, changing.
//!
//! `cargo bench -p sealkit --bench documents`; a name after `--` chooses some of them.
#![allow(missing_docs, reason = "a program")]

use divan::Bencher;
use divan::counter::BytesCount;
use sealkit::document::{
    Document, Edits, Format, Node, Schema, Value, convert, from_value, to_json, to_yaml,
};

const VALUES: usize = 10_000;
const FORMATS: [Format; 4] = [Format::Dotenv, Format::Ini, Format::Json, Format::Yaml];

fn main() {
    divan::main();
}

/// As many values as there are, each under a key of its own.
fn source(format: Format) -> String {
    let lines = |line: fn(usize) -> String| (0..VALUES).map(line).collect::<Vec<_>>();
    match format {
        Format::Dotenv => lines(|number| format!("KEY_{number}=a value of {number} words\n")).concat(),
        Format::Ini => {
            "[section]\n".to_owned()
                + &lines(|number| format!("key-{number} = a value of {number} words\n")).concat()
        }
        Format::Json => {
            let members = lines(|number| format!("  \"key-{number}\": \"a value of {number} words\""));
            format!("{{\n{}\n}}\n", members.join(",\n"))
        }
        _ => lines(|number| format!("key-{number}: a value of {number} words # why\n")).concat(),
    }
}

fn document(format: Format) -> Document {
    Document::parse(source(format).as_bytes(), format).expect("it is well-formed")
}

#[divan::bench(args = FORMATS)]
fn parse(bencher: Bencher<'_, '_>, format: Format) {
    let source = source(format);
    bencher
        .counter(BytesCount::of_str(&source))
        .bench(|| Document::parse(source.as_bytes(), format).expect("it is well-formed"));
}

/// Every value, as SOPS reads it, in a tree of its own.
#[divan::bench(args = FORMATS)]
fn value(bencher: Bencher<'_, '_>, format: Format) {
    let document = document(format);
    let root = document.roots().next().expect("there is a document");
    bencher.bench_local(|| root.value(Schema::GoYaml3).expect("it has string keys"));
}

/// Every value gets another one.
#[divan::bench(args = FORMATS)]
fn change_all(bencher: Bencher<'_, '_>, format: Format) {
    let document = document(format);
    let root = document.roots().next().expect("there is a document");
    let mapping = match format {
        Format::Ini => root.get("section").expect("the section is there"),
        _ => root,
    };
    let value = Value::string("another value, it's longer");
    bencher.bench_local(|| {
        let mut edits = Edits::new(&document);
        for (_, node) in mapping.entries().expect("it is a mapping").iter() {
            edits.set(node, &value);
        }
        edits.apply().expect("the changes don't overlap")
    });
}

#[divan::bench]
fn find_a_value(bencher: Bencher<'_, '_>) {
    let document = document(Format::Yaml);
    let root = document.roots().next().expect("there is a document");
    bencher.bench_local(|| root.get("key-9999").map(Node::location));
}

#[divan::bench(args = [Format::Dotenv, Format::Json])]
fn convert_from_yaml(bencher: Bencher<'_, '_>, format: Format) {
    let source = source(Format::Yaml).replace("key-", "key_");
    bencher.bench(|| convert(source.as_bytes(), Format::Yaml, format, None).expect("it can be"));
}

#[divan::bench]
fn print_yaml(bencher: Bencher<'_, '_>) {
    let value = tree();
    bencher.bench_local(|| to_yaml(&value));
}

#[divan::bench]
fn print_json(bencher: Bencher<'_, '_>) {
    let value = tree();
    bencher.bench_local(|| to_json(&value));
}

#[divan::bench]
fn deserialize(bencher: Bencher<'_, '_>) {
    let value = tree();
    bencher.bench_local(|| {
        from_value::<std::collections::BTreeMap<String, String>>(&value).expect("all are strings")
    });
}

fn tree() -> Value {
    let document = document(Format::Yaml);
    let root = document.roots().next().expect("there is a document");
    root.value(Schema::GoYaml3).expect("it has string keys")
}
