//! Reading `.sops.yaml`.

use std::path::Path;

use super::keys;
use super::{Config, ConfigError, ConfigWarning, CreationRule, Rule, Stores};
use crate::document::{Children, Document, Format, Location, Node, Schema, Value};
use crate::sops::go_regex;
use crate::sops::mac::MacScope;
use crate::sops::master_key::KeyGroup;
use crate::sops::selection::{Selection, SelectionError, SelectionRule};

/// Fields of a creation rule that hold keys, of one group.
const KEY_FIELDS: [&str; 8] =
    ["age", "aws_profile", "azure_keyvault", "gcp_kms", "hc_vault_transit_uri", "hckms", "kms", "pgp"];

/// Fields of a creation rule beside those and the selection rules.
const RULE_FIELDS: [&str; 4] = ["key_groups", "mac_only_encrypted", "path_regex", "shamir_threshold"];

const TOP_FIELDS: [&str; 3] = ["creation_rules", "destination_rules", "stores"];

/// Mappings merged into each other deeper than this are not looked at.
const MAX_MERGES: usize = 16;

/// What reading carries along: the path for errors, and the warnings so far.
pub(super) struct Reader<'p> {
    path: &'p Path,
    pub(super) warnings: Vec<ConfigWarning>,
}

/// A field of a mapping: its name, and where name and value stand.
#[derive(Clone, Copy)]
pub(super) struct Field<'d> {
    pub(super) name: &'d str,
    pub(super) key: Node<'d>,
    pub(super) value: Node<'d>,
}

pub(super) fn read(bytes: &[u8], path: &Path) -> Result<Config, ConfigError> {
    let document = Document::parse(bytes, Format::Yaml)
        .map_err(|source| ConfigError::Parse { path: path.to_owned(), source })?;
    let mut reader = Reader { path, warnings: Vec::new() };
    let mut config =
        Config { path: path.to_owned(), rules: None, stores: Stores::default(), warnings: Vec::new() };
    // Only the first document counts, as in sops; an empty file has none.
    let Some(root) = document.roots().next().filter(|root| !is_null(*root)) else { return Ok(config) };
    let fields = reader.fields(root, "the file")?;
    for field in &fields {
        match field.name {
            "creation_rules" if !is_null(field.value) => {
                let items = reader.items(field)?;
                config.rules = Some(items.into_iter().map(|item| reader.rule(item)).collect());
            }
            "stores" if !is_null(field.value) => config.stores = reader.stores(field)?,
            // Where a file keeps its anchors is nobody's business.
            name if !TOP_FIELDS.contains(&name) && !has_anchor(field.value) => reader.unknown(field),
            _ => {}
        }
    }
    config.warnings = reader.warnings;
    Ok(config)
}

impl Reader<'_> {
    fn rule(&mut self, node: Node<'_>) -> Rule {
        let fields = match self.fields(node, "a creation rule") {
            Ok(fields) => fields,
            Err(error) => return Rule { pattern: Err(error.clone()), content: Err(error) },
        };
        let pattern = self.pattern(&fields);
        let content = self.creation_rule(node, &fields);
        Rule { pattern, content }
    }

    fn pattern(&self, fields: &[Field<'_>]) -> Result<Option<regex::Regex>, ConfigError> {
        let Some(field) = find(fields, "path_regex") else { return Ok(None) };
        let pattern = self.text(field)?;
        if pattern.is_empty() {
            return Ok(None);
        }
        go_regex::compile(&pattern).map(Some).map_err(|source| ConfigError::Pattern {
            path: self.path.to_owned(),
            location: field.value.location(),
            source,
        })
    }

    fn creation_rule(&mut self, node: Node<'_>, fields: &[Field<'_>]) -> Result<CreationRule, ConfigError> {
        let groups = find(fields, "key_groups").filter(|field| !is_null(field.value));
        let groups = groups.map(|field| self.items(field)).transpose()?.unwrap_or_default();
        for field in fields {
            let is_key = KEY_FIELDS.contains(&field.name);
            if is_key && !groups.is_empty() {
                let (field, location) = (field.name.to_owned(), field.key.location());
                self.warnings.push(ConfigWarning::Ineffective { field, location });
            } else if !is_key
                && !RULE_FIELDS.contains(&field.name)
                && !SelectionRule::FIELDS.contains(&field.name)
            {
                self.unknown(field);
            }
        }
        let key_groups = if groups.is_empty() {
            vec![KeyGroup::new(keys::of_rule(self, fields)?)]
        } else {
            let groups = groups.into_iter().map(|group| keys::of_group(self, group, 0));
            groups.collect::<Result<_, _>>()?
        };
        let mac_scope = match find(fields, "mac_only_encrypted").map(|field| (field, value(field.value))) {
            None | Some((_, Value::Null | Value::Boolean(false))) => MacScope::AllValues,
            Some((_, Value::Boolean(true))) => MacScope::EncryptedValues,
            Some((field, _)) => return Err(self.unexpected(field, "true or false")),
        };
        Ok(CreationRule {
            location: Some(node.location()),
            path_regex: find(fields, "path_regex").map(|field| self.text(field)).transpose()?,
            key_groups,
            shamir_threshold: self.threshold(fields)?,
            selection: self.selection(fields)?,
            mac_scope,
        })
    }

    fn threshold(&self, fields: &[Field<'_>]) -> Result<Option<u8>, ConfigError> {
        let Some(field) = find(fields, "shamir_threshold") else { return Ok(None) };
        match value(field.value) {
            Value::Null => Ok(None),
            Value::Integer(number) => match u8::try_from(number) {
                Ok(number) => Ok(Some(number).filter(|number| *number > 0)),
                Err(_) => Err(self.unexpected(field, "a number from 0 to 255")),
            },
            _ => Err(self.unexpected(field, "a number from 0 to 255")),
        }
    }

    fn selection(&self, fields: &[Field<'_>]) -> Result<Option<SelectionRule>, ConfigError> {
        let mut found: Option<SelectionRule> = None;
        for field in fields.iter().filter(|field| SelectionRule::FIELDS.contains(&field.name)) {
            let text = self.text(field)?;
            let Some(rule) = SelectionRule::from_field(field.name, &text).filter(|_| !text.is_empty()) else {
                continue;
            };
            let failed = |source| ConfigError::Selection {
                path: self.path.to_owned(),
                location: field.value.location(),
                source,
            };
            if let Some(first) = &found {
                return Err(failed(SelectionError::SeveralRules {
                    first: first.field(),
                    second: rule.field(),
                }));
            }
            Selection::new(&rule).map_err(failed)?;
            found = Some(rule);
        }
        Ok(found)
    }

    fn stores(&mut self, field: &Field<'_>) -> Result<Stores, ConfigError> {
        let mut stores = Stores::default();
        for store in self.fields(field.value, "stores")? {
            let target = match store.name {
                "json" => &mut stores.json_indent,
                "json_binary" => &mut stores.json_binary_indent,
                "yaml" => &mut stores.yaml_indent,
                "dotenv" | "ini" => continue,
                _ => {
                    self.unknown(&store);
                    continue;
                }
            };
            if is_null(store.value) {
                continue;
            }
            for setting in self.fields(store.value, store.name)? {
                if setting.name != "indent" {
                    self.unknown(&setting);
                    continue;
                }
                *target = match value(setting.value) {
                    Value::Null => None,
                    // -1 is how sops writes the default down.
                    Value::Integer(-1) if store.name != "yaml" => None,
                    Value::Integer(0) if store.name == "yaml" => None,
                    Value::Integer(columns @ 0..=16) => u8::try_from(columns).ok(),
                    _ => return Err(self.unexpected(&setting, "a number from 0 to 16")),
                };
            }
        }
        Ok(stores)
    }

    /// The fields of a mapping, those merged into it (`<<`) after its own, which win over them.
    pub(super) fn fields<'d>(&self, node: Node<'d>, what: &str) -> Result<Vec<Field<'d>>, ConfigError> {
        let mut fields = Vec::new();
        self.collect_fields(node, what, 0, &mut fields)?;
        Ok(fields)
    }

    fn collect_fields<'d>(
        &self,
        node: Node<'d>,
        what: &str,
        depth: usize,
        fields: &mut Vec<Field<'d>>,
    ) -> Result<(), ConfigError> {
        let Some(entries) = node.entries().filter(|_| depth < MAX_MERGES) else {
            return Err(self.unexpected_at(node, what, "a mapping"));
        };
        let mut merged = Vec::new();
        for (key, value) in entries.iter() {
            let Some(name) = key.text() else {
                return Err(self.unexpected_at(key, what, "a mapping with plain keys"));
            };
            if name == "<<" {
                merged.extend(value.items().map_or_else(|| vec![value], |items| items.iter().collect()));
            } else if fields.iter().all(|field: &Field<'_>| field.name != name) {
                fields.push(Field { name, key, value });
            }
        }
        merged.into_iter().try_for_each(|node| self.collect_fields(node, what, depth + 1, fields))
    }

    pub(super) fn items<'d>(&self, field: &Field<'d>) -> Result<Vec<Node<'d>>, ConfigError> {
        match field.value.items() {
            Some(items) => Ok(items.iter().collect()),
            None => Err(self.unexpected(field, "a list")),
        }
    }

    /// A string; null is an empty one.
    pub(super) fn text(&self, field: &Field<'_>) -> Result<String, ConfigError> {
        self.text_at(field.value, field.name)
    }

    pub(super) fn text_at(&self, node: Node<'_>, name: &str) -> Result<String, ConfigError> {
        match value(node) {
            Value::Null => Ok(String::new()),
            Value::String(text) => Ok(text.to_string()),
            // go-yaml gives a string its text, whatever it looks like.
            Value::Sequence(_) | Value::Mapping(_) => Err(self.unexpected_at(node, name, "text")),
            _ => Ok(node.text().unwrap_or_default().to_owned()),
        }
    }

    pub(super) fn unknown(&mut self, field: &Field<'_>) {
        let location = field.key.location();
        self.warnings.push(ConfigWarning::UnknownField { field: field.name.to_owned(), location });
    }

    pub(super) fn unexpected(&self, field: &Field<'_>, expected: &'static str) -> ConfigError {
        self.unexpected_at(field.value, field.name, expected)
    }

    pub(super) fn unexpected_at(&self, node: Node<'_>, field: &str, expected: &'static str) -> ConfigError {
        ConfigError::Unexpected {
            path: self.path.to_owned(),
            location: node.location(),
            field: field.to_owned(),
            expected,
        }
    }

    pub(super) fn bad_recipient(
        &self,
        location: Location,
        source: crate::age::RecipientError,
    ) -> ConfigError {
        ConfigError::Recipient { path: self.path.to_owned(), location, source }
    }
}

pub(super) fn find<'f, 'd>(fields: &'f [Field<'d>], name: &str) -> Option<&'f Field<'d>> {
    fields.iter().find(|field| field.name == name)
}

/// What a node means; a collection that has no meaning of its own (a key that is no string) is nothing here.
pub(super) fn value(node: Node<'_>) -> Value {
    match node.resolved().children() {
        Children::Sequence(_) => Value::Sequence(Vec::new()),
        Children::Mapping(_) => Value::Mapping(crate::document::Mapping::new()),
        _ => node.value(Schema::GoYaml3).unwrap_or(Value::Null),
    }
}

pub(super) fn is_null(node: Node<'_>) -> bool {
    matches!(value(node), Value::Null)
}

fn has_anchor(node: Node<'_>) -> bool {
    if node.anchor_span().is_some() {
        return true;
    }
    match node.children() {
        Children::Mapping(entries) => entries.iter().any(|(key, value)| has_anchor(key) || has_anchor(value)),
        Children::Sequence(items) => items.iter().any(has_anchor),
        _ => false,
    }
}
