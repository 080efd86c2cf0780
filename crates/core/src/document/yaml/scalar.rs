//! Writing one string as a YAML scalar.

use std::fmt::Write as _;

use super::schema::{Schema, is_string};

/// Whether `text` may stand without quotes as far as YAML's grammar goes. `flow` says that it stands in brackets or
/// braces.
pub(in super::super) fn plain_fits(text: &str, flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    if text.starts_with(' ')
        || text.ends_with([' ', ':'])
        || text.starts_with("---")
        || text.starts_with("...")
    {
        return false;
    }
    let second = text.chars().nth(1);
    let indicator = match first {
        '-' | '?' | ':' => second.is_none_or(|second| second == ' ' || (flow && is_flow_indicator(second))),
        ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
            true
        }
        _ => false,
    };
    if indicator || text.contains(": ") || text.contains(" #") || !is_plain_text(text) {
        return false;
    }
    !flow || !text.chars().any(|character| is_flow_indicator(character) || character == ':')
}

/// Whether a reader of YAML 1.1 or 1.2 takes plain `text` for a string, and not for a number, a boolean or the like.
pub(in super::super) fn plain_reads_back(text: &str) -> bool {
    text != "<<" && !is_sexagesimal(text) && !resolves_to_other(text)
}

/// Whether `text` may be the content of a literal block: nothing in it that a reader would fold, cut or normalise.
pub(in super::super) fn block_fits(text: &str) -> bool {
    let content = text.trim_matches('\n');
    let is_blank = |line: &str| line.trim_matches([' ', '\t']).is_empty();
    !content.is_empty()
        && !content.starts_with('\t')
        && !content.split('\n').next().is_some_and(is_blank)
        && !content.rsplit('\n').next().is_some_and(is_blank)
        && text.chars().all(|character| matches!(character, '\n' | '\t') || is_plain_character(character))
}

/// Whether a block's header must say how far its lines are indented, since the first one with text begins with a space.
pub(in super::super) fn needs_indicator(text: &str) -> bool {
    text.trim_start_matches('\n').starts_with(' ')
}

/// Whether `text` is several lines, or one with its break, and may be written as a literal block.
pub(in super::super) fn literal_fits(text: &str) -> bool {
    text.contains('\n') && block_fits(text)
}

/// Appends `text` in single quotes; it must have no line breaks and no characters that need an escape.
pub(in super::super) fn write_single_quoted(out: &mut String, text: &str) {
    out.push('\'');
    for character in text.chars() {
        if character == '\'' {
            out.push('\'');
        }
        out.push(character);
    }
    out.push('\'');
}

/// Whether `text` may be written in single quotes on one line.
pub(in super::super) fn single_quoted_fits(text: &str) -> bool {
    is_printable_ascii(text)
        || text.chars().all(|character| character == '\t' || is_plain_character(character))
}

/// Appends `text` in double quotes, with YAML's escapes for all that can't stand there as it is.
pub(in super::super) fn write_double_quoted(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            plain if is_plain_character(plain) => out.push(plain),
            other => {
                let code = u32::from(other);
                _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
}

/// Appends `text` as a literal block whose lines are indented by `indent` spaces and end in `newline`. `increment` is
/// how far that is past the parent's indentation: it goes into the header when the first line begins with a space.
/// Ends after the last line, before its line break.
pub(in super::super) fn write_literal(
    out: &mut String,
    text: &str,
    indent: usize,
    increment: usize,
    newline: &str,
) {
    out.push('|');
    if needs_indicator(text) {
        _ = write!(out, "{increment}");
    }
    match text.len() - text.trim_end_matches('\n').len() {
        0 => out.push('-'),
        1 => {}
        _ => out.push('+'),
    }
    write_block_lines(out, text, indent, newline);
}

/// Appends the lines of a block scalar below its header, each after a line break.
pub(in super::super) fn write_block_lines(out: &mut String, text: &str, indent: usize, newline: &str) {
    // So far there is a header and nothing secret, unless this is one of many values.
    let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 2;
    out.reserve(text.len() + lines * (indent + newline.len()));
    let content = text.trim_end_matches('\n');
    let trailing = text.len() - content.len();
    for line in content.split('\n').chain(std::iter::repeat_n("", trailing.saturating_sub(1))) {
        out.push_str(newline);
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(line);
        }
    }
}

/// Appends `text` in the simplest style that keeps it on one line: plain, single-quoted, double-quoted. Text that a
/// reader would take for a number or the like is double-quoted.
pub(in super::super) fn write_one_line(out: &mut String, text: &str, flow: bool) {
    if plain_fits(text, flow) && plain_reads_back(text) {
        out.push_str(text);
    } else if single_quoted_fits(text) && !text.is_empty() && !resolves_to_other(text) {
        write_single_quoted(out, text);
    } else {
        write_double_quoted(out, text);
    }
}

fn resolves_to_other(text: &str) -> bool {
    [Schema::GoYaml3, Schema::Kubernetes].into_iter().any(|schema| !is_string(schema, text))
}

fn is_flow_indicator(character: char) -> bool {
    matches!(character, ',' | '[' | ']' | '{' | '}')
}

fn is_plain_text(text: &str) -> bool {
    is_printable_ascii(text) || text.chars().all(is_plain_character)
}

/// The common case of [`is_plain_character`] for a whole text.
fn is_printable_ascii(text: &str) -> bool {
    all_bytes(text, |byte| (b' '..=b'~').contains(&byte))
}

/// Whether `test` holds for every byte, in steps that the compiler makes vectors of.
fn all_bytes(text: &str, test: impl Fn(u8) -> bool) -> bool {
    text.as_bytes().chunks(32).all(|chunk| chunk.iter().fold(true, |all, byte| all & test(*byte)))
}

/// Room for `text` as a scalar that is no block, with a space before it: a buffer that grows leaves a copy behind.
pub(super) fn room(text: &str) -> usize {
    let is_quote = |byte| (byte == b'\'') | (byte == b'"') | (byte == b'\\');
    let needs_no_escape = all_bytes(text, |byte| (b' '..=b'~').contains(&byte) & !is_quote(byte));
    if needs_no_escape {
        return text.len() + 3;
    }
    let width = |character| match character {
        '\'' | '"' | '\\' => 2,
        plain if is_plain_character(plain) => plain.len_utf8(),
        // `\U0010ffff`
        _ => 10,
    };
    text.chars().map(width).sum::<usize>() + 3
}

/// Characters that every YAML reader takes as they are: printable, no line breaks of any YAML version, no byte order
/// mark.
pub(in super::super) fn is_plain_character(character: char) -> bool {
    matches!(character,
        ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}'
        | '\u{ff00}'..='\u{fffd}' | '\u{1_0000}'..='\u{10_ffff}')
}

/// A base-60 number of YAML 1.1 (`1:30`, `190:20:30.5`), which some readers still know:
/// `^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`.
fn is_sexagesimal(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (places, fraction) = text.split_once('.').map_or((text, ""), |(places, fraction)| (places, fraction));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut places = places.split(':');
    let first = places.next().unwrap_or_default();
    let mut rest = places.peekable();
    let is_place = |place: &str| match place.as_bytes() {
        [ones] => ones.is_ascii_digit(),
        [b'0'..=b'5', ones] => ones.is_ascii_digit(),
        _ => false,
    };
    first.starts_with(|first: char| first.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && rest.peek().is_some()
        && rest.all(is_place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::{Document, Format, Value};
    use super::*;

    #[test]
    fn a_buffer_for_a_scalar_does_not_grow() {
        for text in [
            "plain",
            "it's",
            "\"'\\",
            "\u{1}\u{7f}\u{9f}",
            "\u{85}\u{2028}\u{feff}",
            "\u{e9}\u{1f600}",
            "\u{f0000}\u{1fffe}\n\t",
        ] {
            for text in [text, &text.repeat(100)] {
                for write in
                    [write_one_line, |out: &mut String, text: &str, _| write_double_quoted(out, text)]
                {
                    let mut out = String::with_capacity(room(text));
                    let capacity = out.capacity();
                    write(&mut out, text, true);
                    assert!(
                        out.len() < capacity && out.capacity() == capacity,
                        "{text:?}: {} in {capacity}",
                        out.len()
                    );
                }
                let mut out = String::with_capacity(room(text));
                write_single_quoted(&mut out, text);
                assert!(out.len() < room(text), "{text:?}");
            }
        }
    }

    fn one_line(text: &str) -> String {
        let mut out = String::new();
        write_one_line(&mut out, text, false);
        out
    }

    #[test]
    fn the_simplest_style_is_taken() {
        for (text, expected) in [
            ("simple", "simple"),
            ("two words", "two words"),
            ("a:b", "a:b"),
            ("http://x/y#z", "http://x/y#z"),
            ("-x", "-x"),
            ("", "\"\""),
            ("a: b", "'a: b'"),
            ("it's: x", "'it''s: x'"),
            ("#x", "'#x'"),
            ("x ", "'x '"),
            ("true", "\"true\""),
            ("off", "\"off\""),
            ("0777", "\"0777\""),
            ("1:30", "'1:30'"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("1:75", "1:75"),
            ("=", "="),
            ("2001-12-14", "\"2001-12-14\""),
            ("~", "\"~\""),
            ("a\nb", "\"a\\nb\""),
            ("\u{1}\u{feff}\u{2028}", "\"\\x01\\ufeff\\L\""),
            ("- a", "'- a'"),
            ("---", "'---'"),
        ] {
            assert_eq!(one_line(text), expected, "{text:?}");
        }
    }

    fn read_back(source: &str) -> String {
        let document = Document::parse(source.as_bytes(), Format::Yaml).unwrap();
        let root = document.roots().next().unwrap();
        let node = root.get("key").or_else(|| root.items()?.get(0)).unwrap();
        match node.value(Schema::GoYaml3).unwrap() {
            Value::String(text) => text.to_string(),
            other => panic!("read back as {}", other.kind()),
        }
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            proptest::collection::vec(
                prop_oneof![
                    Just(' '),
                    Just('\n'),
                    Just('\t'),
                    Just('\r'),
                    Just(':'),
                    Just('#'),
                    Just('-'),
                    Just('\''),
                    Just('"'),
                    Just('\\'),
                    Just('|'),
                    Just('{'),
                    Just(','),
                    Just('a'),
                    Just('0'),
                    Just('~'),
                    Just('\u{85}'),
                    Just('\u{feff}'),
                    Just('é'),
                    Just('<'),
                    Just('.'),
                    Just('_'),
                ],
                0..12
            )
            .prop_map(|characters| characters.into_iter().collect()),
            any::<String>(),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_is_written_is_read_back(text in text()) {
            prop_assert_eq!(read_back(&format!("key: {}\n", one_line(&text))), text.clone());
            let mut flow = "[".to_owned();
            write_one_line(&mut flow, &text, true);
            prop_assert_eq!(read_back(&format!("{flow}]\n")), text.clone());
            if literal_fits(&text) {
                let mut literal = String::new();
                write_literal(&mut literal, &text, 2, 2, "\n");
                prop_assert_eq!(read_back(&format!("key: {literal}\nnext: 1\n")), text.clone());
                let mut literal = String::new();
                write_literal(&mut literal, &text, 4, 4, "\r\n");
                prop_assert_eq!(read_back(&format!("key: {literal}\r\n")), text.clone());
            }
        }
    }
}
