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

pub(super) use reader::read;
