//! The master keys of a creation rule.

use super::ConfigError;
use super::reader::{Field, Reader, is_null};
use crate::age::Recipient;
use crate::document::{Mapping, Node};
use crate::sops::master_key::{AgeKey, ForeignKey, KeyGroup, MasterKey};

/// Groups merged into each other deeper than this are an error.
const MAX_DEPTH: usize = 16;

/// The keys that stand in the rule itself: comma lists, or lists, of names.
pub(super) fn of_rule(reader: &mut Reader<'_>, fields: &[Field<'_>]) -> Result<Vec<MasterKey>, ConfigError> {
    let profile = super::reader::find(fields, "aws_profile");
    let profile = profile.map(|field| reader.text(field)).transpose()?.unwrap_or_default();
    let mut keys = Vec::new();
    // In sops' order.
    for name in ["age", "pgp", "kms", "gcp_kms", "hckms", "azure_keyvault", "hc_vault_transit_uri"] {
        let Some(field) = super::reader::find(fields, name) else { continue };
        for (text, node) in names(reader, field)? {
            keys.push(match name {
                "age" => age(reader, &text, node)?,
                "pgp" => foreign("pgp", [("fp", text.replace(' ', ""))]),
                "kms" => kms(&text, "", &profile, None),
                "gcp_kms" => foreign("gcp_kms", [("resource_id", text)]),
                "hckms" => foreign("hckms", [("key_id", text)]),
                "azure_keyvault" => azure(&text),
                _ => vault(&text),
            });
        }
    }
    Ok(keys)
}

/// The keys of one of the `key_groups`, each once: those merged into it first.
pub(super) fn of_group(
    reader: &mut Reader<'_>,
    group: Node<'_>,
    depth: usize,
) -> Result<KeyGroup, ConfigError> {
    if depth > MAX_DEPTH {
        return Err(reader.unexpected_at(group, "merge", "nested less deeply"));
    }
    let mut keys: Vec<MasterKey> = Vec::new();
    let fields = reader.fields(group, "a key group")?;
    for field in fields.iter().filter(|field| field.name == "merge" && !is_null(field.value)) {
        for merged in reader.items(field)? {
            keys.extend(of_group(reader, merged, depth + 1)?.keys);
        }
    }
    for field in &fields {
        if !matches!(
            field.name,
            "merge" | "age" | "pgp" | "kms" | "gcp_kms" | "hckms" | "azure_keyvault" | "hc_vault"
        ) {
            reader.unknown(field);
        }
    }
    for name in ["age", "pgp", "kms", "gcp_kms", "hckms", "azure_keyvault", "hc_vault"] {
        let Some(field) = super::reader::find(&fields, name).filter(|field| !is_null(field.value)) else {
            continue;
        };
        match name {
            "age" | "pgp" | "hc_vault" => {
                for (text, node) in names(reader, field)? {
                    keys.push(match name {
                        "age" => age(reader, &text, node)?,
                        "pgp" => foreign("pgp", [("fp", text.replace(' ', ""))]),
                        _ => vault(&text),
                    });
                }
            }
            _ => {
                for item in reader.items(field)? {
                    keys.push(described(reader, name, item)?);
                }
            }
        }
    }
    let mut unique: Vec<MasterKey> = Vec::new();
    for key in keys {
        if unique.iter().all(|known| (known.kind(), known.name()) != (key.kind(), key.name())) {
            unique.push(key);
        }
    }
    Ok(KeyGroup::new(unique))
}

/// A key that a mapping describes.
fn described(reader: &mut Reader<'_>, kind: &str, node: Node<'_>) -> Result<MasterKey, ConfigError> {
    let fields = reader.fields(node, kind)?;
    let known: &[&str] = match kind {
        "kms" => &["arn", "role", "context", "aws_profile"],
        "gcp_kms" => &["resource_id"],
        "hckms" => &["key_id"],
        _ => &["vaultUrl", "key", "version"],
    };
    for field in fields.iter().filter(|field| !known.contains(&field.name)) {
        reader.unknown(field);
    }
    let text = |name: &str| {
        super::reader::find(&fields, name)
            .map(|field| reader.text(field))
            .transpose()
            .map(Option::unwrap_or_default)
    };
    Ok(match kind {
        "kms" => {
            let context = super::reader::find(&fields, "context").filter(|field| !is_null(field.value));
            let context = match context {
                Some(field) => {
                    let entries = reader.fields(field.value, "context")?;
                    let entries = entries.iter().map(|entry| Ok((entry.name, reader.text(entry)?)));
                    Some(entries.collect::<Result<Mapping, ConfigError>>()?)
                }
                None => None,
            };
            kms(&text("arn")?, &text("role")?, &text("aws_profile")?, context)
        }
        "gcp_kms" => foreign("gcp_kms", [("resource_id", text("resource_id")?)]),
        "hckms" => foreign("hckms", [("key_id", text("key_id")?)]),
        _ => foreign(
            "azure_kv",
            [("vault_url", text("vaultUrl")?), ("name", text("key")?), ("version", text("version")?)],
        ),
    })
}

/// The names in a comma list, or in a list of such.
fn names<'d>(reader: &Reader<'_>, field: &Field<'d>) -> Result<Vec<(String, Node<'d>)>, ConfigError> {
    let nodes = match field.value.items() {
        Some(items) => items.iter().collect(),
        None => vec![field.value],
    };
    let mut names = Vec::new();
    for node in nodes {
        let text = reader.text_at(node, field.name)?;
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        names.extend(parts.map(|part| (part.to_owned(), node)));
    }
    Ok(names)
}

fn age(reader: &Reader<'_>, text: &str, node: Node<'_>) -> Result<MasterKey, ConfigError> {
    match text.parse::<Recipient>() {
        Ok(recipient) => Ok(MasterKey::Age(AgeKey::new(recipient.to_string()))),
        Err(source) => Err(reader.bad_recipient(node.location(), source)),
    }
}

/// `arn` or `arn+role`.
fn kms(text: &str, role: &str, profile: &str, context: Option<Mapping>) -> MasterKey {
    let (arn, role) = text.split_once('+').unwrap_or((text, role));
    let mut fields: Mapping = [("arn", arn)].into_iter().collect();
    if !role.is_empty() {
        fields.insert("role", role);
    }
    if let Some(context) = context {
        fields.insert("context", context);
    }
    fields.insert("aws_profile", profile);
    MasterKey::Foreign(ForeignKey::new("kms", fields))
}

/// `https://VAULT/keys/NAME/VERSION`
fn azure(url: &str) -> MasterKey {
    let (vault, rest) = url.split_once("/keys/").unwrap_or((url, ""));
    let (name, version) = rest.split_once('/').unwrap_or((rest, ""));
    foreign("azure_kv", [("vault_url", vault), ("name", name), ("version", version)])
}

/// `https://ADDRESS/v1/ENGINE/keys/NAME`
fn vault(uri: &str) -> MasterKey {
    let (address, rest) = uri.split_once("/v1/").unwrap_or((uri, ""));
    let (engine, name) = rest.rsplit_once("/keys/").unwrap_or(("", rest));
    foreign(
        "hc_vault",
        [("vault_address", address), ("engine_path", engine), ("key_name", name.trim_end_matches('/'))],
    )
}

fn foreign<T: Into<String>, const N: usize>(kind: &'static str, fields: [(&str, T); N]) -> MasterKey {
    let fields = fields.into_iter().map(|(name, text)| (name, text.into()));
    MasterKey::Foreign(ForeignKey::new(kind, fields.collect()))
}
