//! Trees as dotenv and INI, whose values are text.

use zeroize::Zeroizing;

use super::super::value::canonical_float;
use super::super::{Document, Entries, Format, Step, Value, dotenv as lines, ini as sections};
use super::tree::{Line, Member, Members, Tree};
use super::{ConversionError, Target};

/// The tree as a dotenv file.
pub(super) fn dotenv(tree: &Tree, target: Target) -> Result<Zeroizing<String>, ConversionError> {
    let members = top_level(tree, target)?;
    let mut out = Vec::new();
    for member in &members.list {
        out.extend(comments(&member.comments, "#"));
        let path = [Step::Key(member.key.clone())];
        let text = text(&member.value, target, &path)?;
        let line = lines::line(&member.key, &Value::String(text));
        out.push(line.map_err(|reason| target.unfit(&path, reason))?);
    }
    out.extend(comments(&members.comments, "#"));
    Ok(joined(&out))
}

/// The tree as an INI file: a section for each of its mappings.
pub(super) fn ini(tree: &Tree, target: Target) -> Result<Zeroizing<String>, ConversionError> {
    let members = top_level(tree, target)?;
    let mut out = Vec::new();
    for (number, section) in members.list.iter().enumerate() {
        let mut path = vec![Step::Key(section.key.clone())];
        let Tree::Mapping(entries) = &section.value else {
            let reason = "keys stand in sections there, so that each key at the top level must be a mapping";
            return Err(target.unfit(&path, reason));
        };
        // The first section needs no header if it is that of the keys without one.
        let needs_header = number > 0 || section.key != sections::DEFAULT_SECTION;
        if needs_header && !out.is_empty() {
            out.push(Line::default());
        }
        out.extend(comments(&section.comments, ";"));
        if needs_header {
            out.push(
                header(&section.key).ok_or_else(|| target.unfit(&path, "this can't be a section's name"))?,
            );
        }
        for entry in &entries.list {
            path.push(Step::Key(entry.key.clone()));
            out.extend(comments(&entry.comments, ";"));
            out.push(ini_entry(entry, target, &path)?);
            path.pop();
        }
        out.extend(comments(&entries.comments, ";"));
    }
    out.extend(comments(&members.comments, ";"));
    let text = joined(&out);
    check_ini(&text, members, target)?;
    Ok(text)
}

fn header(name: &str) -> Option<Line> {
    (!name.is_empty() && !name.contains(['\n', '\r'])).then(|| Zeroizing::new(["[", name, "]"].concat()))
}

fn ini_entry(entry: &Member, target: Target, path: &[Step]) -> Result<Line, ConversionError> {
    let text = text(&entry.value, target, path)?;
    let key = sections::quoted_key(&entry.key).ok_or_else(|| target.unfit(path, "this can't be a key"))?;
    let value = sections::quoted_value(&text).ok_or_else(|| {
        target.unfit(path, "text of several lines with both ` and \"\"\" in it can't be quoted")
    })?;
    Ok(Zeroizing::new([key.as_str(), " = ", value.as_str()].concat()))
}

/// What was written must be read as what it was written for: go-ini has corners that no rule covers.
fn check_ini(text: &str, members: &Members, target: Target) -> Result<(), ConversionError> {
    let document = Document::parse(text.as_bytes(), Format::Ini)?;
    let mut sections = document.roots().flat_map(|root| root.entries().into_iter().flat_map(Entries::iter));
    let written = members.list.iter().enumerate().filter(|(number, section)| {
        *number > 0 || section.key != sections::DEFAULT_SECTION || has_entries(&section.value)
    });
    for (_, section) in written {
        let mut path = vec![Step::Key(section.key.clone())];
        let unread = |path: &[Step]| target.unfit(path, "it would be read as something else there");
        let Some((name, read)) = sections.next() else { return Err(unread(&path)) };
        let Tree::Mapping(entries) = &section.value else { continue };
        let mut found = read.entries().into_iter().flat_map(Entries::iter);
        if name.text() != Some(&section.key) {
            return Err(unread(&path));
        }
        for entry in &entries.list {
            path.push(Step::Key(entry.key.clone()));
            let (key, value) = found.next().ok_or_else(|| unread(&path))?;
            let text = self::text(&entry.value, target, &path)?;
            if key.text() != Some(&entry.key) || value.text() != Some(&text) {
                return Err(unread(&path));
            }
            path.pop();
        }
    }
    Ok(())
}

fn has_entries(tree: &Tree) -> bool {
    matches!(tree, Tree::Mapping(members) if !members.list.is_empty())
}

fn top_level(tree: &Tree, target: Target) -> Result<&Members, ConversionError> {
    match tree {
        Tree::Mapping(members) => Ok(members),
        other => Err(ConversionError::TopLevel { found: other.kind(), format: target.format.title() }),
    }
}

fn comments<'a>(comments: &'a [Line], sign: &'static str) -> impl Iterator<Item = Line> + 'a {
    comments.iter().map(move |comment| Zeroizing::new([sign, comment.as_str()].concat()))
}

fn joined(lines: &[Line]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(lines.iter().map(|line| line.len() + 1).sum()));
    lines.iter().for_each(|line| text.extend([line.as_str(), "\n"]));
    text
}

/// The text of a value as sops writes it where there are no types.
fn text(tree: &Tree, target: Target, path: &[Step]) -> Result<Zeroizing<String>, ConversionError> {
    match tree {
        Tree::Mapping(_) => Err(target.unfit(path, "its values are text, and this is a mapping")),
        Tree::Sequence(_) => Err(target.unfit(path, "its values are text, and this is a list")),
        Tree::Scalar(Value::Float(float)) => Ok(Zeroizing::new(float_text(*float))),
        Tree::Scalar(value) => value
            .plain_text()
            .ok_or_else(|| target.unfit(path, "its values are text, and these bytes are not UTF-8")),
    }
}

/// The shortest decimal, with an exponent below 1e-4 and from 1e6 on, and at least one decimal place otherwise.
pub(super) fn float_text(float: f64) -> String {
    let scientific = Zeroizing::new(format!("{float:e}"));
    let Some((digits, exponent)) = scientific.split_once('e').filter(|_| float.is_finite()) else {
        return canonical_float(float);
    };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}E{sign}{:02}", exponent.unsigned_abs())
        }
        _ => {
            let plain = canonical_float(float);
            if plain.contains('.') { plain } else { plain + ".0" }
        }
    }
}
