//! Keys of other kinds than age, which can be taken out of a file, though not used: the way from them to age keys.

use sealkit::sops::{ForeignKey, MasterKey, Metadata};

use super::Job;
use crate::{Console, Failure};

/// The flags that take keys out, and how their kind is called in files.
const FLAGS: [(&str, &str); 6] = [
    ("rm-azure-kv", "azure_kv"),
    ("rm-gcp-kms", "gcp_kms"),
    ("rm-hc-vault-transit", "hc_vault"),
    ("rm-hckms", "hckms"),
    ("rm-kms", "kms"),
    ("rm-pgp", "pgp"),
];

/// The keys of the file that the flags name. Others have no effect, and are told.
///
/// # Errors
/// When a flag is no UTF-8.
pub(super) fn to_remove(
    job: &Job<'_>,
    metadata: &Metadata,
    console: &mut Console<'_>,
) -> Result<Vec<MasterKey>, Failure> {
    let mut found = Vec::new();
    for (flag, kind) in FLAGS {
        for name in job.values.text(flag)?.unwrap_or_default().split(',').map(str::trim) {
            let is_it = |key: &&MasterKey| match key {
                MasterKey::Foreign(key) => key.kind() == kind && is_called(key, name),
                _ => false,
            };
            match metadata.master_keys().find(is_it) {
                Some(key) => found.push(key.clone()),
                None if name.is_empty() => {}
                None => console.warn(format_args!("--{flag}: {name} is not among the file's keys")),
            }
        }
    }
    Ok(found)
}

/// Whether the command line means the key by `name`.
fn is_called(key: &ForeignKey, name: &str) -> bool {
    let field =
        |field: &str| key.fields().get(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    match key.kind() {
        "azure_kv" => {
            let url = format!("{}/keys/{}", field("vault_url"), field("name"));
            name == format!("{url}/{}", field("version")) || name.trim_end_matches('/') == url
        }
        "gcp_kms" => name == field("resource_id"),
        "hc_vault" => {
            name == format!(
                "{}/v1/{}/keys/{}",
                field("vault_address"),
                field("engine_path"),
                field("key_name")
            )
        }
        "hckms" => name == field("key_id"),
        "kms" => {
            let (arn, role) = name.split_once('+').unwrap_or((name, ""));
            arn == field("arn") && role == field("role")
        }
        _ => name.replace(' ', "") == field("fp"),
    }
}

#[cfg(test)]
mod tests {
    use sealkit::document::Format;
    use sealkit::sops::{EncryptedFile, MasterKey};

    use super::is_called;

    #[test]
    fn keys_are_called_as_sops_calls_them() {
        let file = "a: 1\nsops:\n  kms:\n  - {arn: 'arn:aws:kms:x:1:key/a', role: 'arn:r', enc: x, created_at: x, aws_profile: ''}\n  \
                    gcp_kms:\n  - {resource_id: projects/p, enc: x, created_at: x}\n  \
                    hckms:\n  - {key_id: 'r:u', enc: x, created_at: x}\n  \
                    azure_kv:\n  - {vault_url: 'https://v', name: k, version: '1', enc: x, created_at: x}\n  \
                    hc_vault:\n  - {vault_address: 'https://h:8200', engine_path: t, key_name: k, enc: x, created_at: x}\n  \
                    pgp:\n  - {fp: ABCD, enc: x, created_at: x}\n  \
                    lastmodified: '2024-01-01T00:00:00Z'\n  mac: x\n  version: 3.13.3\n";
        let file = EncryptedFile::parse(file.as_bytes(), Format::Yaml).unwrap();
        let names = [
            ("kms", "arn:aws:kms:x:1:key/a+arn:r"),
            ("gcp_kms", "projects/p"),
            ("hckms", "r:u"),
            ("azure_kv", "https://v/keys/k/1"),
            ("hc_vault", "https://h:8200/v1/t/keys/k"),
            ("pgp", "AB CD"),
        ];
        for key in file.metadata().master_keys() {
            let MasterKey::Foreign(key) = key else { panic!("{key:?}") };
            for (kind, name) in names {
                assert_eq!(is_called(key, name), key.kind() == kind, "{kind} {name}");
            }
        }
        assert_eq!(file.metadata().master_keys().count(), names.len());
    }
}
