//! `.sops.yaml`, as sops reads it.

#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::error::Error;
use std::fs;
use std::path::Path;

use sealkit::sops::{
    Config, ConfigError, CreationRule, MacScope, MasterKey, SelectionRule, Stores, find_config,
};

const A: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
const B: &str = "age1rwd5f8ds48q54j8z3lwn37wug8l7j09mdh65aegsxkrakgwvaeps7ejdcz";

/// A configuration in /repo, with `A` and `B` in the text standing for recipients.
fn parse(yaml: &str) -> Result<Config, ConfigError> {
    let yaml = yaml.replace("{A}", A).replace("{B}", B);
    Config::parse(yaml.as_bytes(), Path::new("/repo/.sops.yaml"))
}

fn rule(yaml: &str, file: &str) -> Result<CreationRule, ConfigError> {
    Ok(parse(yaml)?.rule_for(Path::new(file))?.unwrap().clone())
}

fn names(rule: &CreationRule) -> Vec<Vec<String>> {
    let name = |key: &MasterKey| match key {
        MasterKey::Age(_) => key.name(),
        other => format!("{}:{}", other.kind(), other.name()),
    };
    rule.key_groups.iter().map(|group| group.keys.iter().map(name).collect()).collect()
}

#[test]
fn the_first_rule_that_matches_counts() {
    let yaml = "
creation_rules:
  - path_regex: \\.prod\\.yaml$
    age: '{A}'
    encrypted_regex: ^data$
    mac_only_encrypted: true
  - path_regex: ^secrets/
    age: '{B}'
    shamir_threshold: 2
  - age: '{A}, {B},'
";
    let chosen = rule(yaml, "/repo/secrets/x.prod.yaml").unwrap();
    assert_eq!(chosen.location.unwrap().line, 3);
    assert_eq!(chosen.path_regex.as_deref(), Some(r"\.prod\.yaml$"));
    assert_eq!(chosen.selection, Some(SelectionRule::EncryptedRegex("^data$".to_owned())));
    assert_eq!(chosen.mac_scope, MacScope::EncryptedValues);
    assert_eq!(names(&chosen), [[A]]);
    let chosen = rule(yaml, "/repo/secrets/x.yaml").unwrap();
    assert_eq!((names(&chosen), chosen.shamir_threshold), (vec![vec![B.to_owned()]], Some(2)));
    assert_eq!(chosen.selection, None);
    assert_eq!(names(&rule(yaml, "/repo/other.yaml").unwrap()), [[A, B]]);
}

#[test]
fn paths_are_relative_to_the_configuration() {
    let yaml = "creation_rules: [{path_regex: ^a/b$, age: '{A}'}]";
    assert!(rule(yaml, "/repo/a/b").is_ok());
    assert!(rule(yaml, "/repo/./x/../a//b").is_ok());
    assert!(rule(yaml, "/repo/x/a/b").is_err());
}

#[cfg(unix)]
#[test]
fn paths_elsewhere_are_absolute() {
    let yaml = "creation_rules: [{path_regex: ^a/b$, age: '{A}'}]";
    let error = rule(yaml, "/elsewhere/a/b").unwrap_err();
    assert_eq!(error.to_string(), "no creation rule in /repo/.sops.yaml matches /elsewhere/a/b");
    let outside = "creation_rules: [{path_regex: ^/elsewhere/, age: '{A}'}]";
    assert!(rule(outside, "/elsewhere/a/b").is_ok());
}

#[test]
fn recipients_come_as_text_or_list() {
    for recipients in ["'{A},{B}'", "['{A}', '{B}']", "['{A}, {B}']", "[' {A} ', '', '{B}']"] {
        let chosen = rule(&format!("creation_rules: [{{age: {recipients}}}]"), "/repo/x").unwrap();
        assert_eq!(names(&chosen), [[A, B]], "{recipients}");
    }
    let folded = "creation_rules:\n  - age: >-\n      {A},\n      {B}\n";
    assert_eq!(names(&rule(folded, "/repo/x").unwrap()), [[A, B]]);
    // A recipient given twice is wrapped for twice, as in sops.
    assert_eq!(names(&rule("creation_rules: [{age: '{A},{A}'}]", "/repo/x").unwrap()), [[A, A]]);
    assert_eq!(names(&rule("creation_rules: [{path_regex: ''}]", "/repo/x").unwrap()), [Vec::<&str>::new()]);
}

#[test]
fn key_groups_are_merged_and_made_unique() {
    let yaml = "
keys:
  - &a {A}
  - &both
    age: [*a, {B}]
creation_rules:
  - shamir_threshold: 2
    key_groups:
      - age: [*a, *a]
      - merge:
          - *both
          - merge: [{age: ['{B}']}]
        age: [*a]
        pgp: [85D77543B3D624B63CEA9E6DBC17301B491B3F21]
";
    let config = parse(yaml).unwrap();
    assert_eq!(config.warnings(), []);
    let chosen = config.rule_for(Path::new("/repo/x")).unwrap().unwrap();
    assert_eq!(names(chosen), [vec![A], vec![A, B, "pgp:85D77543B3D624B63CEA9E6DBC17301B491B3F21"]]);
}

#[test]
fn merge_keys_of_yaml_are_followed() {
    let yaml = "
defaults: &defaults
  age: '{A}'
  encrypted_regex: ^data$
creation_rules:
  - <<: *defaults
    encrypted_regex: ^other$
";
    let chosen = rule(yaml, "/repo/x").unwrap();
    assert_eq!(names(&chosen), [[A]]);
    assert_eq!(chosen.selection, Some(SelectionRule::EncryptedRegex("^other$".to_owned())));
}

#[test]
fn keys_of_other_kinds_are_named() {
    let yaml = "
creation_rules:
  - age: '{A}'
    pgp: 'AAAA BBBB, CCCC'
    kms: arn:aws:kms:us-east-1:1:key/x+arn:aws:iam::1:role/y
    aws_profile: work
    gcp_kms: [projects/p/locations/global/keyRings/r/cryptoKeys/k]
    hckms: [tr-west-1:abc]
    azure_keyvault: https://v.vault.azure.net/keys/k/f00
    hc_vault_transit_uri: https://vault:8200/v1/transit/keys/k
";
    let chosen = rule(yaml, "/repo/x").unwrap();
    let expected = [
        A,
        "pgp:AAAABBBB",
        "pgp:CCCC",
        "kms:arn:aws:kms:us-east-1:1:key/x",
        "gcp_kms:projects/p/locations/global/keyRings/r/cryptoKeys/k",
        "hckms:tr-west-1:abc",
        "azure_kv:https://v.vault.azure.net/k/f00",
        "hc_vault:https://vault:8200/transit/k",
    ];
    assert_eq!(names(&chosen), [expected]);
    let MasterKey::Foreign(kms) = &chosen.key_groups[0].keys[3] else { panic!() };
    assert_eq!(kms.fields().get("role").unwrap().as_str(), Some("arn:aws:iam::1:role/y"));
    assert_eq!(kms.fields().get("aws_profile").unwrap().as_str(), Some("work"));

    let yaml = "
creation_rules:
  - key_groups:
      - kms: [{arn: a, role: r, context: {x: y}, aws_profile: p}]
        gcp_kms: [{resource_id: g}]
        azure_keyvault: [{vaultUrl: 'https://v', key: k, version: f00}]
        hc_vault: ['https://vault:8200/v1/a/b/keys/k']
        hckms: [{key_id: h}]
";
    let expected =
        ["kms:a", "gcp_kms:g", "hckms:h", "azure_kv:https://v/k/f00", "hc_vault:https://vault:8200/a/b/k"];
    assert_eq!(names(&rule(yaml, "/repo/x").unwrap()), [expected]);
}

#[test]
fn what_is_wrong_is_reported_with_its_line() {
    for (yaml, place, reason) in [
        ("creation_rules:\n  - path_regex: '('\n", "line 2, column 17: `path_regex`", "unclosed group"),
        (
            "creation_rules:\n  - age: age1broken\n",
            "line 2, column 10: bad age recipient",
            "age1broken is no age recipient",
        ),
        ("creation_rules:\n  - age: [1]\n", "line 2, column 11: bad age recipient", "no age recipient"),
        ("creation_rules:\n  - age: [{x: y}]\n", "line 2, column 11: `age` should be text", ""),
        ("creation_rules:\n  - age: {x: y}\n", "line 2, column 10: `age` should be text", ""),
        ("creation_rules:\n  - encrypted_regex: '['\n", "line 2, column 22", "encrypted_regex is no usable"),
        (
            "creation_rules:\n  - encrypted_regex: a\n    encrypted_suffix: b\n",
            "line 3, column 23",
            "exclude each other",
        ),
        ("creation_rules:\n  - shamir_threshold: many\n", "line 2, column 23: `shamir_threshold`", ""),
        ("creation_rules:\n  - mac_only_encrypted: 1\n", "line 2, column 25: `mac_only_encrypted`", ""),
        ("creation_rules:\n  - key_groups: {}\n", "line 2, column 17: `key_groups` should be a list", ""),
        (
            "creation_rules:\n  - key_groups: [1]\n",
            "line 2, column 18: `a key group` should be a mapping",
            "",
        ),
        ("creation_rules:\n  - text\n", "line 2, column 5: `a creation rule` should be a mapping", ""),
        ("creation_rules: 1\n", "line 1, column 17: `creation_rules` should be a list", ""),
        ("- 1\n", "line 1, column 1: `the file` should be a mapping", ""),
        ("stores: {json: {indent: tab}}\n", "line 1, column 25: `indent` should be a number", ""),
        ("a: [\n", "/repo/.sops.yaml can't be parsed", "line 1"),
        ("creation_rules: []\ncreation_rules: []\n", "can't be parsed", "line 2"),
    ] {
        let error = rule(yaml, "/repo/x").unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("/repo/.sops.yaml") && message.contains(place), "{message}");
        let reasons: Vec<String> = std::iter::successors(error.source(), |error| (*error).source())
            .map(ToString::to_string)
            .collect();
        assert!(reasons.join(": ").contains(reason), "{reasons:?}");
    }
}

#[test]
fn a_broken_rule_matters_only_to_its_files() {
    let yaml = "
creation_rules:
  - path_regex: ^good
    age: '{A}'
  - path_regex: ^broken
    age: age1broken
  - path_regex: '('
    age: '{A}'
";
    let config = parse(yaml).unwrap();
    assert!(config.rule_for(Path::new("/repo/good")).is_ok());
    assert!(matches!(config.rule_for(Path::new("/repo/broken")), Err(ConfigError::Recipient { .. })));
    assert!(matches!(config.rule_for(Path::new("/repo/other")), Err(ConfigError::Pattern { .. })));
    assert_eq!(config.problems().count(), 2);
}

#[test]
fn unknown_fields_are_warned_of_with_their_line() {
    let yaml = "
anchors: &x 1
creation_rule: []
creation_rules:
  - age: '{A}'
    encrypted_regexp: x
    key_groups:
      - age: ['{B}']
        agee: []
destination_rules:
  - s3_bucket: b
stores:
  yaml: {indent: 2, color: red}
";
    let config = parse(yaml).unwrap();
    let warnings: Vec<String> = config.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "line 3, column 1: `creation_rule` is not a field that sops knows here; it has no effect",
            "line 5, column 5: `age` has no effect beside key_groups; put it into a group",
            "line 6, column 5: `encrypted_regexp` is not a field that sops knows here; it has no effect",
            "line 9, column 9: `agee` is not a field that sops knows here; it has no effect",
            "line 13, column 21: `color` is not a field that sops knows here; it has no effect",
        ]
    );
    assert_eq!(config.stores().yaml_indent, Some(2));
}

#[test]
fn stores_give_indentation() {
    let stores = |yaml: &str| parse(yaml).unwrap().stores();
    assert_eq!(stores(""), Stores::default());
    let all =
        stores("stores: {json: {indent: 0}, json_binary: {indent: -1}, yaml: {indent: 4}, ini: {}, dotenv:}");
    assert_eq!((all.json_indent, all.json_binary_indent, all.yaml_indent), (Some(0), None, Some(4)));
}

#[test]
fn without_creation_rules_it_is_as_if_there_were_no_file() {
    for yaml in ["", "# nothing\n", "creation_rules:\n", "stores: {yaml: {indent: 2}}\n"] {
        assert!(parse(yaml).unwrap().rule_for(Path::new("/repo/x")).unwrap().is_none(), "{yaml}");
    }
    let error = parse("creation_rules: []").unwrap().rule_for(Path::new("/repo/x")).unwrap_err();
    assert!(matches!(error, ConfigError::NoRule { .. }));
}

#[test]
fn the_file_is_looked_for_upward() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b/c");
    fs::create_dir_all(&deep).unwrap();
    fs::File::create(folder.path().join("a/.sops.yaml")).unwrap();
    fs::File::create(folder.path().join("a/b/.sops.yml")).unwrap();
    let found = find_config(&deep);
    assert_eq!(found.path, Some(folder.path().join("a/.sops.yaml")));
    assert_eq!(found.misnamed, Some(folder.path().join("a/b/.sops.yml")));
    let found = find_config(&folder.path().join("a/b/../x"));
    assert_eq!(found.path, Some(folder.path().join("a/.sops.yaml")));
    assert_eq!(found.misnamed, None);
    assert!(Config::load(&folder.path().join("a/.sops.yaml")).is_ok());
    assert!(matches!(Config::load(folder.path()), Err(ConfigError::Read { .. })));
    assert!(matches!(Config::load(&deep.join("none")), Err(ConfigError::Read { .. })));
}
