//! INI files as sops reads them, through go-ini: `[section]` headers and `key = value` lines.
//!
//! The file is a mapping of sections, each a mapping from strings to strings. Keys before the first header are those of
//! a section called `DEFAULT`. Reading follows go-ini (gopkg.in/ini.v1, 1.67) with the options that sops gives it, so
//! that both see the same values: `#` and `;` begin a comment wherever they stand in a plain value or one in single or
//! double quotes, a backslash at the end of a line continues it, quotes can't be escaped. Where go-ini drops text of
//! the file without a word (one of two equal keys, words behind a closing quote), this is an error here.

pub(super) mod comments;
pub(super) mod edit;
mod quoting;
mod reader;

pub(super) use quoting::key as quoted_key;
pub(super) use reader::{DEFAULT_SECTION, read};

use zeroize::Zeroizing;

use super::node::Style;

/// `text` as a value with nothing behind it on its line, quoted where it must be; `None` if no quotes can hold it.
pub(super) fn quoted_value(text: &str) -> Option<Zeroizing<String>> {
    quoting::value(text, Style::Plain, "\n")
}
