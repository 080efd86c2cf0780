//! Generated files of every format against the real sops, both ways. `SEALKIT_TEST_CASES` says how many (`cargo xtask interop
//! --cases N`); sops is `SEALKIT_TEST_SOPS` or the one on the search path.
//!
//! Both programs check the other's MAC over all values, so an exit code of 0 says already that they see the same bytes
//! in the same order. The trees are compared as well.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test says what it skips, and fails where it panics"
)]

#[path = "support/files.rs"]
mod files;
mod formats;
mod support;
#[path = "support/values.rs"]
mod values;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sealkit::age::{Identities, Prompts, Recipient};
use sealkit::document::{Children, Document, Format, Node, Schema, Value, convert};
use sealkit::sops::{
    AgeKey, DataKey, EncryptedFile, KeyGroup, MacCheck, MacScope, MasterKey, Metadata, SelectionRule,
    WhenNothingSelected, encrypt_file,
};

use files::pairs;

struct Sops {
    program: String,
    /// Before 3.13.2 it takes integers in JSON for floats, which have fewer digits.
    has_integers: bool,
    folder: tempfile::TempDir,
    key_file: PathBuf,
    recipient: String,
    data_key: DataKey,
    wrapped: String,
    identities: Identities,
}

impl Sops {
    fn new() -> Option<Self> {
        let program = std::env::var("SEALKIT_TEST_SOPS").unwrap_or_else(|_| "sops".to_owned());
        let version = Command::new(&program).args(["--version", "--disable-version-check"]).output();
        let Some(version) = version.ok().filter(|output| output.status.success()) else {
            println!("skipped: there is no sops");
            return None;
        };
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        let key_file =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors/sops/keys/test-x25519-a.txt");
        let text = fs::read_to_string(&key_file).unwrap();
        let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned();
        let parsed: Recipient = recipient.parse().unwrap();
        let bytes: Vec<u8> = (0..32).collect();
        let mut identities = Identities::new();
        identities.add(text.as_bytes(), "key");
        Some(Self {
            program,
            has_integers: !version.contains(" 3.11."),
            folder: tempfile::tempdir().unwrap(),
            key_file,
            recipient,
            data_key: DataKey::from_bytes(&bytes).unwrap(),
            wrapped: parsed.encrypt(&bytes, &Prompts::default()).unwrap(),
            identities,
        })
    }

    /// Whether it takes the numbers in a JSON text for what they are: old versions lose digits and a zero's sign.
    fn reads_numbers_of(&self, text: &[u8]) -> bool {
        let is_long = |window: &[u8]| window.iter().all(u8::is_ascii_digit);
        self.has_integers || !(text.windows(16).any(is_long) || text.windows(2).any(|window| window == b"-0"))
    }

    fn run(&self, arguments: &[&str], content: &str) -> Output {
        self.run_on("file.yaml", arguments, content.as_bytes())
    }

    /// Tests run side by side, so that each of them needs a file name of its own.
    fn run_on(&self, name: &str, arguments: &[&str], content: &[u8]) -> Output {
        let file = self.folder.path().join(name);
        let mut temporary = tempfile::NamedTempFile::new_in(self.folder.path()).unwrap();
        std::io::Write::write_all(&mut temporary, content).unwrap();
        temporary.persist(&file).unwrap();
        Command::new(&self.program)
            .args(arguments)
            .arg(&file)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("SOPS_AGE_KEY_FILE", &self.key_file)
            .output()
            .unwrap()
    }

    fn metadata(&self, rule: SelectionRule, scope: MacScope) -> Metadata {
        let mut key = AgeKey::new(&self.recipient);
        key.enc.clone_from(&self.wrapped);
        let mut metadata = Metadata::new(vec![KeyGroup::new(vec![MasterKey::Age(key)])], rule);
        metadata.mac_scope = scope;
        metadata
    }
}

fn rules() -> impl Strategy<Value = (SelectionRule, MacScope)> {
    let rule = prop_oneof![
        3 => Just(SelectionRule::default()),
        1 => Just(SelectionRule::UnencryptedSuffix("never".to_owned())),
        1 => Just(SelectionRule::EncryptedSuffix("a".to_owned())),
        1 => Just(SelectionRule::EncryptedRegex("^k[01]".to_owned())),
        1 => Just(SelectionRule::UnencryptedRegex("a$".to_owned())),
        1 => Just(SelectionRule::EncryptedCommentRegex("a".to_owned())),
        1 => Just(SelectionRule::UnencryptedCommentRegex("^ ?[b-f]".to_owned())),
    ];
    (rule, prop_oneof![3 => Just(MacScope::AllValues), 1 => Just(MacScope::EncryptedValues)])
}

/// sops 3.13 makes an empty item of an empty comment in a list.
fn has_empty_comment(text: &str) -> bool {
    text.lines().any(|line| line.trim_end().ends_with('#'))
}

/// The documents of a text; `None` if it is no YAML. sops prints a block that begins with an empty line in a list with
/// a wrong indentation indicator, which it can't read itself.
fn trees(text: &str) -> Option<Vec<Value>> {
    let document = Document::parse(text.as_bytes(), Format::Yaml).ok()?;
    document.roots().map(|root| root.value(Schema::GoYaml3).ok()).collect()
}

fn all_agree(ours: &str, theirs: &str) -> Option<bool> {
    let theirs = trees(theirs)?;
    let ours = trees(ours).unwrap();
    Some(ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(ours, theirs)| agree(ours, theirs)))
}

/// Equal in what SOPS hashes: sops prints a whole float as an integer, and an empty document as `{}`.
fn agree(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Sequence(ours), Value::Sequence(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| agree(ours, theirs))
        }
        (Value::Mapping(ours), Value::Mapping(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs.iter())
                    .all(|(ours, theirs)| ours.0 == theirs.0 && agree(ours.1, theirs.1))
        }
        (Value::Null, Value::Mapping(mapping)) => mapping.is_empty(),
        _ => values::same(ours, theirs) || ours.canonical_bytes() == theirs.canonical_bytes(),
    }
}

fn fail(what: &str, output: &Output, texts: &[&str]) -> TestCaseError {
    let stderr = String::from_utf8_lossy(&output.stderr);
    TestCaseError::fail(format!("{what}: {stderr}\n{}", texts.join("\n======\n")))
}

fn run_cases<S: Strategy>(strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let cases = std::env::var("SEALKIT_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(150);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    TestRunner::new(config).run(strategy, test).unwrap_or_else(|error| panic!("{error}"));
    println!("{cases} generated files");
}

#[test]
fn sops_decrypts_what_is_encrypted_here() {
    let Some(sops) = Sops::new() else { return };
    let cases = (support::file(support::any_scalar().boxed()), rules());
    run_cases(&cases, |(plaintext, (rule, scope))| {
        prop_assume!(!has_empty_comment(&plaintext));
        let metadata = sops.metadata(rule, scope);
        let encrypted = encrypt_file(
            plaintext.as_bytes(),
            Format::Yaml,
            metadata,
            &sops.data_key,
            WhenNothingSelected::Allow,
        )
        .unwrap()
        .text;
        let output = sops.run(&["--decrypt"], &encrypted);
        if !output.status.success() {
            return Err(fail("sops does not decrypt", &output, &[&plaintext, &encrypted]));
        }
        let theirs = String::from_utf8(output.stdout.clone()).unwrap();
        let same = all_agree(&plaintext, &theirs);
        prop_assume!(same.is_some());
        if same == Some(false) {
            return Err(fail("other values", &output, &[&plaintext, &encrypted, &theirs]));
        }
        if theirs.contains("type:comment]") {
            return Err(fail("a comment is left encrypted", &output, &[&plaintext, &encrypted, &theirs]));
        }
        Ok(())
    });
}

#[test]
fn what_sops_encrypts_is_decrypted_here() {
    let Some(sops) = Sops::new() else { return };
    let cases = (support::file(support::any_scalar().boxed()), rules());
    run_cases(&cases, |(plaintext, (rule, scope))| {
        prop_assume!(!has_empty_comment(&plaintext));
        let flag = format!("--{}", rule.field().replace('_', "-"));
        let mut arguments = vec!["--encrypt", "--age", &sops.recipient, &flag, rule.text()];
        if scope == MacScope::EncryptedValues {
            arguments.push("--mac-only-encrypted");
        }
        let output = sops.run(&arguments, &plaintext);
        // sops refuses a few files, such as one whose encrypted comment matches the rule for comments.
        prop_assume!(output.status.success());
        let encrypted = String::from_utf8(output.stdout.clone()).unwrap();
        let reference = sops.run(&["--decrypt"], &encrypted);
        prop_assume!(reference.status.success() && trees(&encrypted).is_some());
        let file = EncryptedFile::parse(encrypted.as_bytes(), Format::Yaml).unwrap();
        let data_key = file.metadata().data_key(&sops.identities).unwrap();
        let decrypted = file.decrypt_with(&data_key, MacCheck::Require).map_err(|error| {
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            fail(&format!("{error}: {source}"), &output, &[&plaintext, &encrypted])
        })?;
        let theirs = String::from_utf8(reference.stdout.clone()).unwrap();
        let same = all_agree(decrypted.as_str().unwrap(), &theirs);
        prop_assume!(same.is_some());
        if same == Some(false) {
            return Err(fail(
                "other values",
                &reference,
                &[&plaintext, &encrypted, decrypted.as_str().unwrap(), &theirs],
            ));
        }
        Ok(())
    });
}

/// The values of a file of any format but YAML, with their paths, and the comments of a dotenv file; `None` if it can't
/// be read. In INI sops puts a section `DEFAULT` into every file.
fn leaves(bytes: &[u8], format: Format) -> Option<Vec<String>> {
    fn add(node: Node<'_>, path: &str, lines: &mut Vec<String>) {
        match node.children() {
            Children::Mapping(entries) => {
                for (key, value) in entries.iter() {
                    add(value, &format!("{path}/{}", key.text().unwrap()), lines);
                }
            }
            Children::Sequence(items) => items.iter().for_each(|item| add(item, &format!("{path}/-"), lines)),
            _ => {
                let value = node.value(Schema::GoYaml3).unwrap();
                let text = value.canonical_bytes().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                // sops prints a whole float as an integer, of which there is no negative zero.
                let text = text.map(|text| if text == "-0" { "0".to_owned() } else { text });
                lines.push(format!("{path}={text:?}"));
            }
        }
    }
    if format == Format::Binary {
        return Some(vec![format!("{bytes:?}")]);
    }
    let document = Document::parse(bytes, format).ok()?;
    let mut lines = Vec::new();
    document.roots().for_each(|root| add(root, "", &mut lines));
    if format == Format::Dotenv {
        lines.extend(document.comments().map(|comment| comment.source().to_owned()));
    }
    Some(lines)
}

fn compare(
    (plaintext, format): (&[u8], Format),
    encrypted: &str,
    (decrypted, decrypted_format): (&[u8], Format),
    output: &Output,
) -> Result<(), TestCaseError> {
    let shown = [plaintext, encrypted.as_bytes(), decrypted].map(String::from_utf8_lossy);
    let texts: Vec<&str> = shown.iter().map(AsRef::as_ref).collect();
    match (leaves(plaintext, format), leaves(decrypted, decrypted_format)) {
        (Some(before), Some(after)) if before == after => {}
        // A section of INI that stands twice is a key of JSON that stands twice. The MAC says that the values are the same.
        (None, _) | (_, None) if format == Format::Ini || decrypted_format == Format::Ini => {}
        (None, _) | (_, None) => return Err(fail("can't be read again", output, &texts)),
        _ => return Err(fail("other values", output, &texts)),
    }
    if decrypted.windows(13).any(|window| window == b"type:comment]") {
        return Err(fail("a comment is left encrypted", output, &texts));
    }
    Ok(())
}

/// Encrypts here and decrypts there, then encrypts there and decrypts here.
fn both_ways<S: Strategy>(format: Format, plaintexts: S, can_be_read: impl Fn(&[u8]) -> bool)
where
    S::Value: AsRef<[u8]>,
{
    let Some(sops) = Sops::new() else { return };
    let name = match format {
        Format::Dotenv => "file.env",
        Format::Ini => "file.ini",
        Format::Json => "file.json",
        _ => "file.bin",
    };
    run_cases(&(plaintexts, rules()), |(plaintext, (rule, scope))| {
        let plaintext = plaintext.as_ref();
        prop_assume!(can_be_read(plaintext));
        if format == Format::Json && !sops.reads_numbers_of(plaintext) {
            return Ok(());
        }
        let metadata = sops.metadata(rule.clone(), scope);
        let encrypted = encrypt_file(plaintext, format, metadata, &sops.data_key, WhenNothingSelected::Allow);
        let encrypted = encrypted.unwrap().text;
        // sops writes INI that it reads otherwise: JSON says better what it has seen.
        let (decrypt, format_there): (&[&str], _) = match format {
            Format::Ini => (&["--decrypt", "--output-type", "json"], Format::Json),
            _ => (&["--decrypt"], format),
        };
        let output = sops.run_on(name, decrypt, encrypted.as_bytes());
        if !output.status.success() {
            return Err(fail(
                "sops does not decrypt",
                &output,
                &[&String::from_utf8_lossy(plaintext), &encrypted],
            ));
        }
        compare((plaintext, format), &encrypted, (&output.stdout, format_there), &output)?;

        let flag = format!("--{}", rule.field().replace('_', "-"));
        let mut arguments = vec!["--encrypt", "--age", &sops.recipient, &flag, rule.text()];
        if scope == MacScope::EncryptedValues {
            arguments.push("--mac-only-encrypted");
        }
        let output = sops.run_on(name, &arguments, plaintext);
        // sops refuses a few files, such as one whose encrypted comment matches the rule for comments, and can't read a
        // few of its own, or not as it meant them.
        let encrypted = String::from_utf8(output.stdout.clone()).unwrap();
        let reference = sops.run_on(name, decrypt, encrypted.as_bytes());
        if !output.status.success() || !reference.status.success() {
            return Ok(());
        }
        let file = EncryptedFile::parse(encrypted.as_bytes(), format).unwrap();
        let data_key = file.metadata().data_key(&sops.identities).unwrap();
        let decrypted = file.decrypt_with(&data_key, MacCheck::Require).map_err(|error| {
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            fail(&format!("{error}: {source}"), &output, &[&String::from_utf8_lossy(plaintext), &encrypted])
        })?;
        compare((&reference.stdout, format_there), &encrypted, (decrypted.as_bytes(), format), &output)
    });
}

#[test]
fn json_goes_both_ways() {
    // Go reads no byte order mark.
    both_ways(Format::Json, formats::json(formats::any_scalar()), |text| !text.starts_with(MARK));
}

#[test]
fn dotenv_goes_both_ways() {
    // To sops a byte order mark is part of the first line: no comment can follow it, and no empty line.
    both_ways(Format::Dotenv, formats::dotenv(), |text| {
        let first = text.split(|byte| *byte == b'\n').next().unwrap();
        !formats::mixes_line_breaks(str::from_utf8(text).unwrap())
            && first.strip_prefix(MARK).is_none_or(|first| !first.starts_with(b"#") && first.contains(&b'='))
    });
}

#[test]
fn ini_goes_both_ways() {
    both_ways(Format::Ini, formats::ini(), |text| Document::parse(text, Format::Ini).is_ok());
}

#[test]
fn binary_goes_both_ways() {
    let bytes = prop::collection::vec(any::<u8>(), 1..200);
    let text = "[ -~\n\t]{1,200}".prop_map(String::into_bytes);
    both_ways(Format::Binary, prop_oneof![bytes, text], |_| true);
}

const MARK: &[u8] = "\u{feff}".as_bytes();

/// Text of no good form: what both read means the same to both, and what is encrypted here is read there.
#[test]
fn odd_files_are_read_as_sops_reads_them() {
    let Some(sops) = Sops::new() else { return };
    let text = (formats::any_text(), prop::sample::select(&[Format::Dotenv, Format::Ini, Format::Json][..]));
    run_cases(&text, |(text, format)| {
        let (text, name) = match format {
            Format::Dotenv => (text, "odd.env"),
            Format::Ini => (text, "odd.ini"),
            _ => (format!("{{\"a\": \"{text}\", \"b\": [{text}]}}"), "odd.json"),
        };
        // sops before 3.12 encrypts a plain `sops` key. A mark is part of a dotenv file's first key to it, and no part of JSON.
        if text.contains("sops") || (format != Format::Ini && text.starts_with('\u{feff}')) {
            return Ok(());
        }
        let Ok(document) = Document::parse(text.as_bytes(), format) else { return Ok(()) };
        let arguments =
            ["--encrypt", "--age", &sops.recipient, "--encrypted-suffix", "none", "--output-type", "json"];
        let output = sops.run_on(name, &arguments, text.as_bytes());
        let ours = pairs(&document);
        if output.status.success() {
            let theirs = Document::parse(&output.stdout, Format::Json);
            if let Ok(theirs) = theirs {
                let mut theirs = pairs(&theirs);
                theirs.retain(|(path, _)| !path.starts_with("/sops/"));
                if format != Format::Json && theirs != ours {
                    let texts = [text.as_str(), to_text(&output.stdout), &format!("{ours:?}")];
                    return Err(fail("read in different ways", &output, &texts));
                }
            }
        }
        let metadata = sops.metadata(SelectionRule::default(), MacScope::AllValues);
        let encrypted =
            encrypt_file(text.as_bytes(), format, metadata, &sops.data_key, WhenNothingSelected::Allow);
        let Ok(encrypted) = encrypted else { return Ok(()) };
        let decrypted = sops.run_on(name, &["--decrypt", "--output-type", "json"], encrypted.text.as_bytes());
        if !decrypted.status.success() {
            // What sops refuses as plain text need not be readable to it once encrypted.
            if !output.status.success() {
                return Ok(());
            }
            return Err(fail("sops does not decrypt", &decrypted, &[&text, &encrypted.text]));
        }
        if let Ok(theirs) = Document::parse(&decrypted.stdout, Format::Json)
            && format != Format::Json
            && pairs(&theirs) != ours
        {
            return Err(fail(
                "other values",
                &decrypted,
                &[&text, &encrypted.text, to_text(&decrypted.stdout)],
            ));
        }
        Ok(())
    });
}

/// Every pair of formats: what sops prints of a file in another format is what is written here, and where sops says that it
/// has no form there, so is it here.
#[test]
fn formats_are_converted_as_sops_does() {
    let Some(sops) = Sops::new() else { return };
    let text = prop_oneof![
        formats::json(formats::canonical_scalar()).prop_map(|text| (text, Format::Json)),
        formats::flat_json().prop_map(|text| (text, Format::Json)),
        formats::dotenv().prop_map(|text| (text, Format::Dotenv)),
        formats::ini().prop_map(|text| (text, Format::Ini)),
        support::file(support::any_scalar().boxed()).prop_map(|text| (text, Format::Yaml)),
    ];
    let target = prop::sample::select(&Format::ALL[..]);
    let converted = std::cell::Cell::new(0);
    run_cases(&(text, target), |((plaintext, from), to)| {
        let is_read_there = !plaintext.starts_with('\u{feff}') && !has_empty_comment(&plaintext);
        let is_read_there = is_read_there && sops.reads_numbers_of(plaintext.as_bytes());
        // Old versions write an integer that JSON has in the clear as a float.
        let is_read_there = is_read_there
            && (sops.has_integers || from != Format::Json || !plaintext.contains("_unencrypted"));
        if from == to || !is_read_there || Document::parse(plaintext.as_bytes(), from).is_err() {
            return Ok(());
        }
        let metadata = sops.metadata(SelectionRule::default(), MacScope::AllValues);
        let encrypted =
            encrypt_file(plaintext.as_bytes(), from, metadata, &sops.data_key, WhenNothingSelected::Allow);
        let Ok(encrypted) = encrypted else { return Ok(()) };
        let name = format!("converted.{}", if from == Format::Dotenv { "env" } else { from.name() });
        let arguments = ["--decrypt", "--output-type", to.name()];
        let output = sops.run_on(&name, &arguments, encrypted.text.as_bytes());
        let ours = convert(plaintext.as_bytes(), from, to, None);
        let texts = [plaintext.as_str(), &encrypted.text, to.name()];
        match (&ours, output.status.code()) {
            (Ok(ours), Some(0)) => {
                let theirs = leaves(&output.stdout, to);
                // sops writes a few things that nobody can read again, or not as they were.
                if theirs.is_none() || to_text(&output.stdout).contains("<nil>") {
                    return Ok(());
                }
                // A backslash at the end of an INI line joins the next one to it; sops writes such values without quotes.
                if to == Format::Ini && to_text(&output.stdout).lines().any(|line| line.ends_with('\\')) {
                    return Ok(());
                }
                let ours_leaves = leaves(ours, to);
                if ours_leaves != theirs && ours_leaves != leaves(plaintext.as_bytes(), from) {
                    return Err(fail(
                        "other values",
                        &output,
                        &[texts[0], texts[1], to_text(ours), to_text(&output.stdout)],
                    ));
                }
                converted.set(converted.get() + 1);
                Ok(())
            }
            // Lists in INI, several documents, keys that can't be read again.
            (Err(_), Some(0 | 4)) => Ok(()),
            (Ok(ours), _) => {
                Err(fail("sops refuses it", &output, &[texts[0], texts[1], texts[2], to_text(ours)]))
            }
            (Err(error), _) => Err(fail(&error.to_string(), &output, &texts)),
        }
    });
    println!("{} of them converted", converted.get());
}

fn to_text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}
