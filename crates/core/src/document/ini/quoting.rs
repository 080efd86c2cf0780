//! Text → INI values and keys that read back as that text.

use zeroize::Zeroizing;

use super::super::node::{Style, Text};
use super::reader::{Key, Scalar};

/// `text` as a value, in `style` if that can hold it, else as sops would write it, else in any way that can; `None` if
/// there is no way: text of several lines with both kinds of long quotes in it.
///
/// `behind` is what follows on the line: a comment may hold the quotes that are to close the value.
pub(super) fn value(text: &str, style: Style, behind: &str) -> Option<Zeroizing<String>> {
    let preferred = if text.contains(['\n', '`']) {
        Style::TripleQuoted
    } else if text.contains(['#', ';']) {
        Style::BackQuoted
    } else if text.trim().len() != text.len() {
        Style::DoubleQuoted
    } else {
        Style::Plain
    };
    let others =
        [Style::Plain, Style::DoubleQuoted, Style::SingleQuoted, Style::BackQuoted, Style::TripleQuoted];
    [style, preferred].into_iter().chain(others).find_map(|style| {
        let quote = quote(style);
        let mut line = Zeroizing::new(String::with_capacity(2 * quote.len() + text.len() + behind.len()));
        line.extend([quote, text, quote]);
        let length = line.len();
        line.push_str(behind);
        let scalar = Scalar::read(&line, 0).ok()?;
        let read = match &scalar.text {
            Text::Source(span) => &line[span.range()],
            Text::Owned(text) => text,
        };
        let fits = read == text && scalar.style == style && (scalar.span.end() == length || text.is_empty());
        fits.then(|| {
            line.truncate(length);
            line
        })
    })
}

/// `name` as a key; `None` if it can't be one.
pub(in super::super) fn key(name: &str) -> Option<String> {
    if name.contains('\n') || name.starts_with('\u{feff}') {
        return None;
    }
    ["", "`", "\"", "\"\"\""].into_iter().find_map(|quote| {
        let key = [quote, name, quote].concat();
        let line = format!("{key} = x\n");
        let read = Key::read(&line).ok()?;
        let is_key = !key.starts_with(['#', ';', '[']) && name != "-";
        (is_key && read.name(&line) == name).then_some(key)
    })
}

fn quote(style: Style) -> &'static str {
    match style {
        Style::BackQuoted => "`",
        Style::DoubleQuoted => "\"",
        Style::SingleQuoted => "'",
        Style::TripleQuoted => "\"\"\"",
        Style::Block | Style::Flow | Style::Folded | Style::Literal | Style::Plain => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::node::Style;
    use super::{key, value};

    fn plain(text: &str) -> Option<String> {
        value(text, Style::Plain, "\n").map(|text| text.to_string())
    }

    #[test]
    fn what_would_not_survive_is_quoted() {
        let cases = [
            ("", ""),
            ("a b", "a b"),
            (" a ", "\" a \""),
            ("a#b", "`a#b`"),
            ("\"a\"", "'\"a\"'"),
            ("'a'", "\"'a'\""),
            ("a`;b", "\"\"\"a`;b\"\"\""),
            ("`a`", "\"\"\"`a`\"\"\""),
            ("a\nb", "\"\"\"a\nb\"\"\""),
            ("a\"\"\"\nb", "`a\"\"\"\nb`"),
            ("a\\", "\"a\\\""),
            ("\"a'\\", "`\"a'\\`"),
            ("a \" b ' c", "a \" b ' c"),
            ("\"\"\"", "'\"\"\"'"),
        ];
        for (text, written) in cases {
            assert_eq!(plain(text).as_deref(), Some(written), "{text:?}");
        }
        // The last of the closing quotes on a line counts.
        assert_eq!(plain("a\"\"\"\nb`").as_deref(), Some("`a\"\"\"\nb``"));
        assert_eq!(plain("a\"\"\"\nb`\nc"), None);
    }

    #[test]
    fn a_style_is_kept_where_it_fits() {
        let styled = |text, style| value(text, style, "\n").map(|text| text.to_string());
        assert_eq!(styled("a", Style::SingleQuoted).unwrap(), "'a'");
        assert_eq!(styled("it's", Style::SingleQuoted).unwrap(), "it's");
        assert_eq!(styled("", Style::DoubleQuoted).unwrap(), "\"\"");
        assert_eq!(styled("a", Style::TripleQuoted).unwrap(), "\"\"\"a\"\"\"");
    }

    #[test]
    fn quotes_behind_the_value_do_not_close_it() {
        assert_eq!(value("a;b", Style::Plain, " # it`s\n").unwrap().as_str(), "\"\"\"a;b\"\"\"");
    }

    #[test]
    fn keys_are_quoted_where_they_must_be() {
        for (name, written) in [
            ("a", "a"),
            ("a=b", "`a=b`"),
            ("`:", "\"`:\""),
            ("#a", "`#a`"),
            ("[a]", "`[a]`"),
            ("a\"b", "a\"b"),
        ] {
            assert_eq!(key(name).as_deref(), Some(written), "{name}");
        }
        for name in ["", " a", "a\nb", "-", "`=\"\"\""] {
            assert_eq!(key(name), None, "{name}");
        }
    }
}
