//! Encrypting, decrypting and changing a file takes time in proportion to its size, whatever its shape.

#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::time::{Duration, Instant};

use sealkit::document::{Document, Edits, Format, Path, Value};
use sealkit::sops::{
    AgeKey, DataKey, EncryptedFile, KeyGroup, MacCheck, MasterKey, Metadata, SelectionRule,
    WhenNothingSelected, encrypt_file,
};

/// How much larger the larger file is. Work that grows with the square takes 64 times as long.
const FACTOR: usize = 8;

fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn metadata() -> Metadata {
    let mut key = AgeKey::new("age19k5m339h7q807jyt8yn82rxelaa47vypxw5ylak2zkn0anqxjd8st7trxf");
    // What is wrapped does not matter here, and takes no time.
    key.enc = "x".to_owned();
    Metadata::new(vec![KeyGroup::new(vec![MasterKey::Age(key)])], SelectionRule::default())
}

/// Each job on a file, and the time that it took.
fn jobs(plain: &str, format: Format, path: &str) -> [(&'static str, Duration); 4] {
    let key = DataKey::from_bytes(&[7; 32]).unwrap();
    let mut encrypted = String::new();
    let encrypting = timed(|| {
        let made = encrypt_file(plain.as_bytes(), format, metadata(), &key, WhenNothingSelected::Refuse);
        encrypted = made.unwrap().text;
    });
    let mut text = Vec::new();
    let decrypting = timed(|| {
        let file = EncryptedFile::parse(encrypted.as_bytes(), format).unwrap();
        text = file.decrypt_with(&key, MacCheck::Require).unwrap().as_bytes().to_vec();
    });
    let mut changed = String::new();
    let setting = timed(|| {
        let document = Document::parse(&text, format).unwrap();
        let mut edits = Edits::new(&document);
        let root = document.roots().next().unwrap();
        edits.set_at(root, &Path::parse(path).unwrap(), &Value::string("new")).unwrap();
        changed = edits.apply().unwrap().to_string();
    });
    let updating = timed(|| {
        let file = EncryptedFile::parse(encrypted.as_bytes(), format).unwrap();
        file.update(changed.as_bytes(), &key).unwrap();
    });
    [("encrypt", encrypting), ("decrypt", decrypting), ("set", setting), ("update", updating)]
}

fn assert_linear(format: Format, size: usize, path: &str, file: impl Fn(usize) -> String) {
    let (small, large) = (file(size), file(size * FACTOR));
    let mut left: Vec<&str> = vec!["encrypt", "decrypt", "set", "update"];
    // A busy machine may spoil a measurement, but not all of them.
    for _ in 0..8 {
        let times = jobs(&small, format, path).into_iter().zip(jobs(&large, format, path));
        for ((job, small), (_, large)) in times {
            if large < small * 3 * FACTOR as u32 {
                left.retain(|other| *other != job);
            }
        }
        if left.is_empty() {
            return;
        }
    }
    panic!("{FACTOR} times the file takes more than {} times as long: {left:?}", 3 * FACTOR);
}

fn lines(size: usize, line: impl Fn(usize) -> String) -> String {
    (0..size).map(line).collect()
}

#[test]
fn many_keys() {
    assert_linear(Format::Yaml, 400, "key7", |size| lines(size, |n| format!("key{n}: value\n")));
}

#[test]
fn many_comments() {
    let file = |size| lines(size, |n| format!("# one\nkey{n}: value # two\n\n# three\n"));
    assert_linear(Format::Yaml, 200, "key7", file);
}

#[test]
fn long_lists() {
    let file =
        |size| format!("list:\n{}", lines(size, |n| format!("  # note\n  - name: n{n}\n    x: [1, 2]\n")));
    assert_linear(Format::Yaml, 150, "list[7].name", file);
}

#[test]
fn one_long_line() {
    let file =
        |size| format!("all: {{{}}}\n", (0..size).map(|n| format!("k{n}: v")).collect::<Vec<_>>().join(", "));
    assert_linear(Format::Yaml, 400, "all.k7", file);
}

#[test]
fn many_documents() {
    let file = |size| lines(size, |n| format!("---\nkey: {n}\nother: text\n"));
    assert_linear(Format::Yaml, 50, "key", file);
}

#[test]
fn many_aliases() {
    let file = |size| format!("base: &base {{a: 1, b: 2}}\n{}", lines(size, |n| format!("key{n}: *base\n")));
    assert_linear(Format::Yaml, 200, "key7", file);
}

#[test]
fn long_text() {
    let file = |size| format!("text: |\n{}key: x\n", lines(size, |n| format!("  line {n}\n")));
    assert_linear(Format::Yaml, 2000, "key", file);
}

#[test]
fn json() {
    let member = |n| format!("\"k{n}\": {{\"a\": [1, \"x\"], \"b\": null}}");
    let broken = |size| format!("{{\n  {}\n}}\n", (0..size).map(member).collect::<Vec<_>>().join(",\n  "));
    assert_linear(Format::Json, 150, "k7.a[1]", broken);
    let in_one_line = |size| format!("{{{}}}", (0..size).map(member).collect::<Vec<_>>().join(","));
    assert_linear(Format::Json, 150, "k7.a[1]", in_one_line);
}

#[test]
fn dotenv() {
    assert_linear(Format::Dotenv, 400, "KEY7", |size| lines(size, |n| format!("# note\nKEY{n}=value\n")));
}

#[test]
fn ini() {
    let sections = |size| lines(size, |n| format!("[s{n}]\n; note\nkey = value\n"));
    assert_linear(Format::Ini, 200, "s7.key", sections);
    let keys = |size| format!("[s]\n{}", lines(size, |n| format!("key{n} = value\n")));
    assert_linear(Format::Ini, 300, "s.key7", keys);
}
