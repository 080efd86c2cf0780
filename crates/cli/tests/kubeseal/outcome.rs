//! What a program did, in a form that can be compared although ciphertexts are random.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealkit::sealed_secrets::{Keyring, Label, Scope};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::recorded::ExitStatus;

/// What a program did with a command line.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) exit: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The files that it made, changed or removed.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, LeftFile>,
}

/// A file that is not as it was.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct LeftFile {
    /// The mode in octal; `gone`, `link` or `folder` where it is no file.
    pub(crate) mode: String,
    pub(crate) content: Option<String>,
}

/// Opens sealed values in what a program printed, and takes out what differs from run to run.
pub(crate) struct Normalizer<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) folder: &'a Path,
    pub(crate) address: &'a str,
    /// Everything that the program was given.
    pub(crate) given: Vec<u8>,
}

impl Normalizer<'_> {
    /// `bytes` as comparable text.
    pub(crate) fn text(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes)
            .replace(&*self.folder.to_string_lossy(), "{dir}")
            .replace(self.address, "{address}");
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(start) = rest.find(is_base64) {
            let (before, from) = rest.split_at(start);
            out.push_str(before);
            let digits = from.find(|character| !is_base64(character)).unwrap_or(from.len());
            let padding = from[digits..].bytes().take(2).take_while(|byte| *byte == b'=').count();
            let (word, after) = from.split_at(digits + padding);
            if digits >= 100 {
                out.push_str(&self.blob(word));
            } else {
                out.push_str(word);
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn blob(&self, blob: &str) -> String {
        let Some(opened) = self.keys.open(blob) else { return blob.to_owned() };
        let is_given = self.given.windows(blob.len()).any(|window| window == blob.as_bytes());
        let verb = if is_given { "kept" } else { "sealed" };
        format!("{verb}({opened}")
    }
}

fn is_base64(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '+' || character == '/'
}

/// The test keys, and the labels that the cases seal for.
pub(crate) struct Keys {
    /// How a value that it opens is shown, and the key.
    keys: Vec<(&'static str, Keyring)>,
    labels: Vec<(String, Label)>,
}

impl Keys {
    pub(crate) fn new(keys: Vec<(&'static str, Keyring)>, labels: &[String]) -> Self {
        let label = |text: &String| {
            let label = match text.split_once('/') {
                Some((namespace, name)) => Scope::Strict.label(namespace, name),
                None => Scope::NamespaceWide.label(text, ""),
            };
            assert_eq!(label.as_str(), text);
            (text.clone(), label)
        };
        Self { keys, labels: labels.iter().map(label).collect() }
    }

    /// `LABEL)=VALUE`, if one of the keys opens it under one of the labels.
    fn open(&self, blob: &str) -> Option<String> {
        let sealed = STANDARD.decode(blob).ok()?;
        for (shown, key) in &self.keys {
            for (text, label) in &self.labels {
                if let Ok(opened) = key.open(&sealed, label) {
                    return Some(format!("{shown}{text})={}", show(&opened.value)));
                }
            }
        }
        None
    }
}

/// A value as one word.
fn show(value: &[u8]) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._/+-".contains(byte);
    if value.len() > 100 {
        format!("sha256:{}", hex(&Sha256::digest(value)))
    } else if value.iter().all(is_plain) {
        format!("text:{}", String::from_utf8_lossy(value))
    } else {
        format!("hex:{}", hex(value))
    }
}
