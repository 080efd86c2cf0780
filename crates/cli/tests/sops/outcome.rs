//! What a program did, in a form that can be compared although ciphertexts are random.

use std::collections::BTreeMap;
use std::path::Path;

use sealkit::age::Identities;
use sealkit::document::Format;
use sealkit::sops::{EncryptedFile, MacCheck, MacScope, MasterKey};
use serde::Deserialize;

use crate::recorded::ExitStatus;

/// What a program did with a command line.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) exit: ExitStatus,
    #[serde(default)]
    pub(crate) stdout: Found,
    #[serde(default)]
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
    #[serde(flatten)]
    pub(crate) content: Found,
}

/// What was printed or written: a text, or an encrypted file.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub(crate) struct Found {
    #[serde(default)]
    pub(crate) text: String,
    /// The format of an encrypted file.
    pub(crate) format: Option<String>,
    #[serde(default)]
    pub(crate) decrypted: String,
    /// The recipients, group by group.
    #[serde(default)]
    pub(crate) keys: Vec<Vec<String>>,
    /// Which values are encrypted: `encrypted_regex ^x$`.
    #[serde(default)]
    pub(crate) rule: String,
    #[serde(default)]
    pub(crate) mac_only_encrypted: bool,
    #[serde(default)]
    pub(crate) shamir_threshold: u8,
}

impl Found {
    pub(crate) fn text(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is in `bytes`; `folder` is where the program ran.
    pub(crate) fn of(bytes: &[u8], folder: &Path, identities: &Identities) -> Self {
        let text = String::from_utf8_lossy(bytes);
        encrypted(&text, identities)
            .unwrap_or_else(|| Self::text(&text.replace(&*folder.to_string_lossy(), "{dir}")))
    }
}

/// The format of an encrypted file.
fn format_of(text: &str) -> Option<Format> {
    let has_line = |start: &str| text.lines().any(|line| line.starts_with(start));
    if !text.contains("-----BEGIN AGE") {
        None
    } else if text.trim_start().starts_with('{') && text.contains("\"sops\":") {
        Some(Format::Json)
    } else if has_line("sops_mac=") {
        Some(Format::Dotenv)
    } else if has_line("[sops]") {
        Some(Format::Ini)
    } else if has_line("sops:") || text.starts_with('{') && text.contains("sops: {") {
        Some(Format::Yaml)
    } else {
        None
    }
}

fn encrypted(text: &str, identities: &Identities) -> Option<Found> {
    let format = format_of(text)?;
    let file = EncryptedFile::parse(text.as_bytes(), format).ok()?;
    let metadata = file.metadata();
    let key = metadata.data_key(identities).ok()?;
    // A MAC that was made is right; one that was taken over may be wrong, and is then no business of this.
    let plaintext = file.decrypt_with(&key, MacCheck::Ignore).ok()?;
    let names = |keys: &[MasterKey]| -> Vec<String> {
        keys.iter().filter(|key| key.kind() == "age").map(MasterKey::name).collect()
    };
    // Nothing is said of a rule in files of one value.
    let says_rule = text.contains(metadata.selection.field());
    Some(Found {
        text: String::new(),
        format: Some(format.name().to_owned()),
        decrypted: plaintext.as_str()?.to_owned(),
        keys: metadata.key_groups.iter().map(|group| names(&group.keys)).collect(),
        rule: if says_rule {
            format!("{} {}", metadata.selection.field(), metadata.selection.text())
        } else {
            String::new()
        },
        mac_only_encrypted: metadata.mac_scope == MacScope::EncryptedValues,
        shamir_threshold: metadata.shamir_threshold.unwrap_or_default(),
    })
}
