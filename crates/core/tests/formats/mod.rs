//! Generated JSON, dotenv and INI files, as text, in all the layouts that people and programs give them.

use proptest::prelude::*;

/// A JSON tree, its scalars as they stand in the file.
#[derive(Clone, Debug)]
enum Json {
    Scalar(String),
    Object(Vec<Json>),
    Array(Vec<Json>),
}

/// Numbers in every form that JSON has.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => any::<i32>().prop_map(|number| number.to_string()),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => "-?(0|[1-9][0-9]{0,24})",
        2 => "-?(0|[1-9][0-9]{0,3})\\.[0-9]{1,6}",
        2 => "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?[eE][+-]?[0-9]{1,2}",
    ]
}

/// Strings with the escapes that JSON needs and no others, which survive byte for byte.
fn canonical_string() -> impl Strategy<Value = String> {
    let escape =
        prop_oneof![Just("\\n"), Just("\\t"), Just("\\\""), Just("\\\\"), Just("\\u0001"), Just("\\r")];
    let piece = prop_oneof![
        6 => "[ -!#-\\[\\]-~]{1,6}",
        1 => "[é漢🦀\u{7f}\u{a0}\u{2028}]",
        1 => escape.prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![Just("true"), Just("false"), Just("null")].prop_map(str::to_owned)
}

pub(crate) fn canonical_scalar() -> impl Strategy<Value = String> {
    prop_oneof![3 => number(), 3 => canonical_string(), 1 => word()]
}

/// Strings in forms that do not survive.
pub(crate) fn any_scalar() -> impl Strategy<Value = String> {
    let forms = prop_oneof![
        Just(r#""\u00e9""#),
        Just(r#""\ud83e\udd80""#),
        Just(r#""\/""#),
        Just(r#""\u001F""#),
        Just(r#""\u0041\ud800""#),
    ];
    prop_oneof![1 => forms.prop_map(str::to_owned), 1 => canonical_scalar()]
}

/// How a JSON file is laid out.
#[derive(Clone, Debug)]
struct Layout {
    step: &'static str,
    newline: &'static str,
    colon: &'static str,
    comma: &'static str,
    empty: &'static str,
    one_line: bool,
}

fn layout() -> impl Strategy<Value = Layout> {
    (
        prop_oneof![Just("  "), Just("    "), Just("\t"), Just("")],
        prop_oneof![3 => Just("\n"), 1 => Just("\r\n")],
        prop_oneof![Just(": "), Just(":"), Just(" : "), Just(":\t")],
        prop_oneof![Just(","), Just(", "), Just(" ,")],
        prop_oneof![3 => Just(""), 1 => Just(" "), 1 => Just("\n")],
        prop::bool::weighted(0.3),
    )
        .prop_map(|(step, newline, colon, comma, empty, one_line)| Layout {
            step,
            newline,
            colon,
            comma,
            empty,
            one_line,
        })
}

/// A whole JSON file over the given scalars.
pub(crate) fn json(scalar: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    let tree = scalar.prop_map(Json::Scalar).prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 0..5).prop_map(Json::Object),
            1 => prop::collection::vec(inner, 0..5).prop_map(Json::Array),
        ]
    });
    let root = prop::collection::vec(tree, 0..6).prop_map(Json::Object);
    let frame = (any::<bool>(), prop_oneof![Just(""), Just("\n"), Just("\n\n"), Just(" \t")]);
    (root, layout(), frame).prop_map(|(root, layout, (mark, end))| {
        let mut text = if mark { "\u{feff}".to_owned() } else { String::new() };
        write_json(&mut text, &root, &layout, 0);
        text + end
    })
}

/// A JSON file that has a form in dotenv or in INI, most of the time.
#[allow(dead_code, reason = "each test program uses some of this module")]
pub(crate) fn flat_json() -> impl Strategy<Value = String> {
    let scalar = || canonical_scalar().prop_map(Json::Scalar);
    let flat = prop::collection::vec(scalar(), 0..5).prop_map(Json::Object);
    let sections = prop::collection::vec(prop::collection::vec(scalar(), 0..4).prop_map(Json::Object), 0..4)
        .prop_map(Json::Object);
    (prop_oneof![flat, sections], layout()).prop_map(|(root, layout)| {
        let mut text = String::new();
        write_json(&mut text, &root, &layout, 0);
        text
    })
}

fn write_json(text: &mut String, tree: &Json, layout: &Layout, depth: usize) {
    let (members, brackets) = match tree {
        Json::Scalar(scalar) => return text.push_str(scalar),
        Json::Object(members) => (members, ['{', '}']),
        Json::Array(members) => (members, ['[', ']']),
    };
    text.push(brackets[0]);
    let new_line = |text: &mut String, depth: usize| {
        if !layout.one_line {
            text.push_str(layout.newline);
            text.extend(std::iter::repeat_n(layout.step, depth));
        }
    };
    for (index, member) in members.iter().enumerate() {
        text.push_str(match (index, layout.one_line) {
            (0, _) => "",
            (_, true) => layout.comma,
            (_, false) => ",",
        });
        new_line(text, depth + 1);
        if brackets[0] == '{' {
            let suffix = if index % 4 == 3 { "_unencrypted" } else { "" };
            text.push_str(&format!("\"k{index}{suffix}\"{}", layout.colon));
        }
        write_json(text, member, layout, depth + 1);
    }
    if members.is_empty() {
        text.push_str(layout.empty);
    } else {
        new_line(text, depth);
    }
    text.push(brackets[1]);
}

/// A whole dotenv file: any lines that sops takes.
pub(crate) fn dotenv() -> impl Strategy<Value = String> {
    let key =
        prop_oneof![4 => "[A-Z][A-Z0-9_]{0,6}", 1 => "[ -\"$-<>-~]{0,6}", 1 => "[A-Z]{1,3}_unencrypted"];
    let value = prop_oneof![
        3 => "[ -~]{0,12}",
        1 => "[a-z]{0,3}(\\\\n|\\\\|\"|'|é|漢|\t|=|#){1,4}[a-z]{0,3}",
        1 => Just(String::new()),
    ];
    let line = prop_oneof![
        5 => (key, value).prop_map(|(key, value)| format!("{key}={value}")),
        1 => Just(String::new()),
        2 => "#[ -~]{0,10}",
    ];
    (prop::collection::vec(line, 0..12), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(lines, windows, last_newline, mark)| {
            let newline = if windows { "\r\n" } else { "\n" };
            let mut text = lines.join(newline);
            if last_newline && !text.is_empty() {
                text.push_str(newline);
            }
            if mark && !text.is_empty() { format!("\u{feff}{text}") } else { text }
        },
    )
}

/// Whether there is a line with a carriage return alone in a dotenv file in which not all lines end in one.
pub(crate) fn mixes_line_breaks(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}');
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let full: Vec<_> = lines.iter().filter(|line| !matches!(**line, "\n" | "\r\n")).collect();
    let counted = if text.ends_with('\n') { full.len() } else { full.len().saturating_sub(1) };
    let is_windows = counted > 0 && full[..counted].iter().all(|line| line.ends_with("\r\n"));
    lines.contains(&"\r\n") && !is_windows
}

/// A whole INI file, whose values all survive byte for byte.
pub(crate) fn ini() -> impl Strategy<Value = String> {
    let comment =
        || "[;#]{1,2}[ \t]{0,2}[a-z;#'\"=:.!?\\[\\] ]{0,10}".prop_map(|text| text.trim_end().to_owned());
    let plain = "[a-zA-Z0-9/+.!?=:'\"%$-]{0,8}".prop_filter("another style", |text| {
        let is_quoted = |quote| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
        !(text.starts_with("\"\"\"") || is_quoted('"') || is_quoted('\''))
    });
    let value = prop_oneof![
        4 => plain,
        1 => "[a-z]{1,4} [a-z]{1,4}",
        1 => "[a-z ,=:']{0,6}".prop_map(|text| format!("\"{text}\"")),
        1 => "[a-z ,=:\"]{0,6}".prop_map(|text| format!("'{text}'")),
        1 => "[a-z#;\"' \\n\\\\]{0,8}".prop_map(|text| format!("`{text}`")),
        1 => "[a-z#;`' \\n\\\\]{0,8}".prop_map(|text| format!("\"\"\"{text}\"\"\"")),
    ];
    let key = prop_oneof![4 => "[a-z][a-z0-9_.]{0,4}", 1 => "[a-z]{1,3}_unencrypted", 1 => "[a-z] [a-z]"];
    let delimiter = prop_oneof![Just("="), Just(" = "), Just(": "), Just(" =\t")];
    let behind = prop_oneof![3 => Just(String::new()), 1 => comment().prop_map(|text| format!(" {text}"))];
    let indent = prop_oneof![4 => Just(""), 1 => Just("  "), 1 => Just("\t")];
    let above = prop::collection::vec(
        prop_oneof![
            1 => Just(String::new()),
            2 => comment(),
            1 => comment().prop_map(|text| format!(" {text}")),
        ],
        0..4,
    );
    let above = prop_oneof![2 => Just(Vec::new()), 1 => above];
    let entry = (above.clone(), indent, key, delimiter, value, behind.clone());
    let section = ("[a-zA-Z .]{1,5}", behind, above.clone(), prop::collection::vec(entry, 0..4));
    let file = prop::collection::vec(section, 0..4);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (file, above, flags).prop_map(|(sections, tail, (headless, windows, last_newline, mark))| {
        let mut lines = Vec::new();
        for (number, (name, behind, above, entries)) in sections.into_iter().enumerate() {
            lines.extend(above);
            if number > 0 || !headless {
                lines.push(format!("[{name}]{}", behind.replace(']', ")")));
            }
            for (index, (above, indent, key, delimiter, value, behind)) in entries.into_iter().enumerate() {
                lines.extend(above);
                // A quote in a comment would close the value that stands before it.
                let behind = behind.replace("\"\"\"", "").replace('\\', "");
                lines.push(format!("{indent}k{index}{key}{delimiter}{value}{behind}"));
            }
        }
        lines.extend(tail);
        let mut text = lines.join("\n");
        if last_newline && !text.is_empty() {
            text.push('\n');
        }
        if windows {
            text = text.replace('\n', "\r\n");
        }
        if mark { format!("\u{feff}{text}") } else { text }
    })
}

/// Text in which every character may mean something to one of the formats.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-c]{1,3}",
        8 => prop::sample::select(&[
            "=", ":", "[", "]", "#", ";", "\"", "\"\"\"", "'", "`", "\\", "\n", "\r\n", "\r", " ", "\t", "-", ",", "{", "}",
            "\\n", "é", "\u{feff}", "\u{a0}", "\u{85}", "\0", "null", "1", "1.5e3", "\\u00e9", "DEFAULT", "a=b\n", "\n[s]\n",
            "k = \"v\" ; c\n", "k=`\n` # c\n", "\n; c\n", "\"k\": ", "sops", "sops_", "_unencrypted",
        ][..]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}
