//! Where a file keeps its metadata, and how it is put there and taken out.
//!
//! YAML, JSON and the envelope of binary files have a mapping `sops` in each document. INI has a section of that name,
//! dotenv a line for each field that begins with `sops_`; both hold it flat (see [`flat`](super::flat)).

use super::error::FileError;
use super::flat::{DOTENV_PREFIX, flatten, unflatten};
use super::metadata::{METADATA_KEY, Metadata};
use crate::document::{
    Children, Document, Edits, Entries, Format, Mapping, Node, Schema, Value, entries_are_alike, entry_span,
};

/// What of a file is metadata.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// The format of the file, which for a binary one is not that of its document.
    format: Format,
}

impl Block {
    /// That of a file of the given format.
    pub(super) fn of(format: Format) -> Self {
        Self { format }
    }

    /// Whether `key`, a key of a root mapping, belongs to it.
    pub(super) fn has(self, key: &str) -> bool {
        if self.format == Format::Dotenv { key.starts_with(DOTENV_PREFIX) } else { key == METADATA_KEY }
    }

    /// Refuses a document that can't have it: one that is neither a mapping nor empty.
    pub(super) fn fits(root: Node<'_>) -> Result<(), FileError> {
        let top_level = |found| Err(FileError::TopLevel { location: root.location(), found });
        match root.children() {
            Children::Mapping(_) => Ok(()),
            Children::Sequence(_) => top_level("a list"),
            _ if root.span().is_empty() && root.tag().is_none() && root.anchor_span().is_none() => Ok(()),
            _ => top_level("a single value"),
        }
    }

    /// The numbers of the entries of `root` that belong to it.
    pub(super) fn entries(self, root: Node<'_>) -> Vec<usize> {
        let Children::Mapping(entries) = root.children() else { return Vec::new() };
        let keys = entries.iter().map(|(key, _)| key.text()).enumerate();
        keys.filter(|(_, key)| key.is_some_and(|key| self.has(key))).map(|(index, _)| index).collect()
    }

    /// The first document that has metadata, and its entries that are.
    fn first(self, document: &Document) -> Option<(Node<'_>, Vec<usize>)> {
        document.roots().map(|root| (root, self.entries(root))).find(|(_, entries)| !entries.is_empty())
    }

    /// Reads the metadata of a file; `None` if it has none.
    pub(super) fn read(self, document: &Document) -> Result<Option<Metadata>, FileError> {
        let Some((root, _)) = self.first(document) else { return Ok(None) };
        let texts = |mapping: Node<'_>| -> Vec<(String, String)> {
            let texts = mapping.entries().into_iter().flat_map(Entries::iter);
            let texts = texts.filter_map(|(key, value)| Some((key.text()?, value.text()?)));
            // A line break that was made a Windows one is no part of the metadata.
            texts.map(|(key, text)| (key.to_owned(), text.trim_end_matches('\r').to_owned())).collect()
        };
        let pairs = |pairs: &[(String, String)]| {
            let pairs = pairs.iter().filter_map(|(key, text)| match self.format {
                Format::Dotenv => Some((key.strip_prefix(DOTENV_PREFIX)?, text.as_str())),
                _ => Some((key.as_str(), text.as_str())),
            });
            unflatten(pairs)
        };
        let mapping = match (self.format, root.get(METADATA_KEY)) {
            (Format::Dotenv, _) => pairs(&texts(root))?,
            (Format::Ini, Some(section)) => pairs(&texts(section))?,
            (_, Some(block)) => match block.value(Schema::GoYaml3)? {
                Value::Mapping(mapping) => mapping,
                _ => return Err(FileError::reserved(METADATA_KEY, block)),
            },
            (_, None) => return Ok(None),
        };
        Ok(Some(Metadata::from_mapping(&mapping)?))
    }

    /// Takes the metadata out of the document of `root`.
    pub(super) fn remove<'a>(self, edits: &mut Edits<'a>, root: Node<'a>) {
        let entries = self.entries(root);
        if self.format == Format::Dotenv {
            edits.remove_lines_from_document(root, &entries);
        } else {
            entries.into_iter().for_each(|index| edits.remove_from_document(root, index));
        }
    }

    /// Puts `metadata` into the document of `root`, in the place of what is there. If `old` is an older version of the
    /// file, its metadata is taken over with the MAC and the time stamp of `metadata`, but not if the files are laid out
    /// in different ways.
    pub(super) fn write<'a>(
        self,
        edits: &mut Edits<'a>,
        root: Node<'a>,
        metadata: &Metadata,
        old: Option<&Document>,
    ) -> Result<(), FileError> {
        let text = match old.and_then(|old| self.updated(old, root, metadata)) {
            Some(text) => text,
            None => self.written(edits, root, metadata)?,
        };
        match *self.entries(root) {
            // In dotenv it has several lines, wherever it came from.
            [index] => edits.replace_in_document(root, index, &text),
            _ => {
                self.remove(edits, root);
                edits.append_to_document(root, &text);
            }
        }
        Ok(())
    }

    /// The metadata as a mapping. In a binary file, which has one value, there is no rule for what is encrypted.
    pub(super) fn mapping(self, metadata: &Metadata) -> Mapping {
        let mut mapping = metadata.to_mapping();
        if self.format == Format::Binary {
            mapping.remove(metadata.selection.field());
        }
        mapping
    }

    /// The metadata as it would be written anew.
    fn written<'a>(
        self,
        edits: &mut Edits<'a>,
        root: Node<'a>,
        metadata: &Metadata,
    ) -> Result<String, FileError> {
        let mapping = self.mapping(metadata);
        Ok(match self.format {
            Format::Dotenv => {
                let lines = flatten(&mapping)?.into_iter();
                let lines = lines.map(|(name, text)| (format!("{DOTENV_PREFIX}{name}"), text));
                edits.written_lines(root, &lines.collect())
            }
            Format::Ini => {
                // Real line breaks, which INI has in quotes, are what only sops 3.13.0 and 3.13.1 wrote.
                let fields = flatten(&mapping)?.into_iter();
                let section: Mapping = fields.map(|(name, text)| (name, text.replace('\n', "\\n"))).collect();
                edits.written_entry(root, METADATA_KEY, &Value::Mapping(section))
            }
            _ => edits.written_entry(root, METADATA_KEY, &Value::Mapping(mapping)),
        })
    }

    /// The metadata of `old` with the new MAC and time stamp, if the new file's root is laid out like the old one.
    fn updated(self, old: &Document, root: Node<'_>, metadata: &Metadata) -> Option<String> {
        let (old_root, entries) = self.first(old)?;
        let same_newline = self.format == Format::Dotenv || old.newline() == root.document().newline();
        if !entries_are_alike(old_root, root) || !same_newline {
            return None;
        }
        let mut edits = Edits::new(old);
        let fields = [("lastmodified", metadata.last_modified.to_string()), ("mac", metadata.mac.clone())];
        for (field, text) in fields {
            let node = match self.format {
                Format::Dotenv => old_root.get(&format!("{DOTENV_PREFIX}{field}"))?,
                _ => old_root.get(METADATA_KEY)?.get(field)?,
            };
            edits.set_styled(node, &Value::string(text), node.style());
        }
        let spans: Vec<_> = entries.into_iter().map(|index| entry_span(old_root, index)).collect();
        let texts = edits.apply_within(&spans).ok()?;
        Some(texts.iter().map(|text| text.as_str()).collect::<Vec<_>>().join("\n"))
    }
}
