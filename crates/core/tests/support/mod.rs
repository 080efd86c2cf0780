//! Generated YAML: documents that use all that YAML has, as text.

use proptest::prelude::*;

/// A mapping, list or scalar, with how it is to be written.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// Text of a scalar as it stands in the file, on one line.
    Inline(String),
    /// Lines of a literal or folded block, and the header.
    Block(&'static str, Vec<String>),
    /// Entries with the comment lines above and the comment behind each.
    Mapping(Vec<(Notes, String, Shape)>),
    /// Items likewise.
    Sequence(Vec<(Notes, Shape)>),
    /// A collection on one line.
    Flow(String),
}

/// Empty lines and comments above a member, and a comment behind it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    above: Vec<Option<String>>,
    behind: Option<String>,
}

fn comment() -> impl Strategy<Value = String> {
    "[ a-zA-Z:'\"\\[\\]{}|>&*!%@,.-]{0,12}".prop_map(|text| format!("#{text}"))
}

fn notes() -> impl Strategy<Value = Notes> {
    let above = prop::collection::vec(prop_oneof![2 => Just(None), 1 => comment().prop_map(Some)], 0..3);
    (
        prop_oneof![3 => Just(Vec::new()), 1 => above],
        prop_oneof![4 => Just(None), 1 => comment().prop_map(Some)],
    )
        .prop_map(|(above, behind)| Notes { above, behind })
}

/// Scalars written as sealkit writes them after decryption: these survive byte for byte.
pub(crate) fn canonical_scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9_/@.+-]{2,10}".prop_filter("a word that YAML takes for something else", |text| {
            !["yes", "off", "true", "false", "null", "nan"].contains(&text.as_str())
        }),
        "[a-z]{3} [a-z]{3}",
        any::<i32>().prop_map(|integer| integer.to_string()),
        (-1000i32..1000).prop_map(|tenths| format!("{:?}", f64::from(tenths) / 8.0)),
        Just("true".to_owned()),
        Just("false".to_owned()),
        Just("null".to_owned()),
        Just("~".to_owned()),
        Just(String::new()),
        Just("\"\"".to_owned()),
        Just("''".to_owned()),
        "[ a-zA-Z0-9:#,{}&*!|>%@-]{0,8}".prop_map(|text| format!("\"{text}\"")),
        "[a-z]{1,3}".prop_map(|text| format!("\"{text}\\n\\t\\\"\\\\\"")),
        "[ a-zA-Z0-9:#,{}&*!|>%@\"\\\\-]{1,8}".prop_map(|text| format!("'{text}'")),
        "[a-z]{0,3}".prop_map(|text| format!("'it''s {text}'")),
        "[a-z]{3,5}".prop_map(|text| format!("!!str {text}")),
        "[a-z]{3,5}".prop_map(|text| format!("!local {text}")),
        "[a-z]{3,5}".prop_map(|text| format!("&anchor{text} {text}")),
    ]
}

/// Scalars in every other form, whose value survives.
pub(crate) fn any_scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => canonical_scalar(),
        1 => prop_oneof![
            Just("0777".to_owned()), Just("0o17".to_owned()), Just("0x1F".to_owned()), Just("1_000".to_owned()),
            Just("1.50".to_owned()), Just("1e3".to_owned()), Just(".5".to_owned()), Just(".inf".to_owned()),
            Just("-.INF".to_owned()), Just("2001-12-14".to_owned()), Just("2001-12-14t21:59:43.10-05:00".to_owned()),
            Just("!!float 3".to_owned()), Just("!!int \"5\"".to_owned()), Just("!!binary aGVsbG8=".to_owned()),
            Just("yes".to_owned()), Just("1:30".to_owned()), Just("\"\\u00e9\\x41\\\n    z\"".to_owned()),
            Just("9223372036854775807".to_owned()), Just("True".to_owned()), Just("18446744073709551616".to_owned()),
        ],
    ]
}

fn block() -> impl Strategy<Value = Shape> {
    let line = "[a-zA-Z#:-][ a-zA-Z#:'\"-]{0,8}[a-z]";
    let header = prop_oneof![Just("|"), Just("|-"), Just("| # why"), Just("|2-"), Just("|-2 # x")];
    (
        header,
        prop::collection::vec(prop_oneof![4 => line.prop_map(String::from), 1 => Just(String::new())], 0..3),
        line,
    )
        .prop_map(|(header, mut lines, last)| {
            // An empty line at the beginning is one more form that a header with a digit keeps.
            lines.push(last);
            Shape::Block(header, lines)
        })
}

fn flow(scalar: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let inner = scalar.prop_filter("written differently in brackets", |text| {
        !text.is_empty()
            && !text.starts_with(['\'', '&', '!'])
            && !text.contains('\n')
            && (text.starts_with('"') || !text.contains([':', ',']))
    });
    prop_oneof![
        prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
        prop::collection::vec(inner, 0..3).prop_map(|values| {
            let entries: Vec<_> =
                values.iter().enumerate().map(|(index, value)| format!("f{index}: {value}")).collect();
            format!("{{{}}}", entries.join(", "))
        }),
    ]
}

/// Trees of all shapes over the given scalars.
pub(crate) fn shape(scalar: BoxedStrategy<String>) -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        6 => scalar.clone().prop_map(Shape::Inline),
        1 => block(),
        1 => flow(scalar).prop_map(Shape::Flow),
    ];
    leaf.prop_recursive(4, 30, 4, |inner| {
        prop_oneof![
            mapping(inner.clone()),
            prop::collection::vec((notes(), inner), 1..4).prop_map(Shape::Sequence),
        ]
    })
}

fn mapping(inner: impl Strategy<Value = Shape>) -> impl Strategy<Value = Shape> {
    let key = prop_oneof!["[a-z]{1,4}", "\"[a-z ]{1,3}\"", "'[a-z:]{1,3}'", "[a-z]{1,3}_unencrypted"];
    prop::collection::vec((notes(), key, inner), 1..4).prop_map(|entries| {
        let numbered = entries.into_iter().enumerate().map(|(index, (notes, key, shape))| {
            // Numbered, so that no key stands twice.
            let key = match key
                .strip_suffix('"')
                .map(|key| (key, "\""))
                .or(key.strip_suffix('\'').map(|key| (key, "'")))
            {
                Some((key, quote)) => format!("{key}{index}{quote}"),
                None => format!("k{index}{key}"),
            };
            (notes, key, shape)
        });
        Shape::Mapping(numbered.collect())
    })
}

/// A whole file: documents, layout, line breaks.
pub(crate) fn file(scalar: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let document = (mapping(shape(scalar)), 1usize..5, any::<bool>());
    (
        prop::collection::vec(document, 1..3),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        prop_oneof![Just(""), Just("# header\n"), Just("# header\n\n")],
    )
        .prop_map(|(documents, mark, crlf, start, last_newline, header)| {
            let mut text = header.to_owned();
            for (index, (shape, step, indent_lists)) in documents.iter().enumerate() {
                if index > 0 || start {
                    text.push_str("---\n");
                }
                Writer { step: *step, indent_lists: *indent_lists }.write(&mut text, shape, 0);
            }
            // A block at the end of a file without a last line break has a header of its own after decryption.
            if !last_newline && !documents.last().is_some_and(|(shape, ..)| ends_in_block(shape)) {
                text.pop();
            }
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            if mark { format!("\u{feff}{text}") } else { text }
        })
}

fn ends_in_block(shape: &Shape) -> bool {
    match shape {
        Shape::Block(..) => true,
        Shape::Mapping(entries) => entries.last().is_some_and(|(_, _, shape)| ends_in_block(shape)),
        Shape::Sequence(items) => items.last().is_some_and(|(_, shape)| ends_in_block(shape)),
        Shape::Flow(_) | Shape::Inline(_) => false,
    }
}

struct Writer {
    step: usize,
    indent_lists: bool,
}

impl Writer {
    fn write(&self, text: &mut String, shape: &Shape, indent: usize) {
        match shape {
            Shape::Mapping(entries) => {
                for (notes, key, value) in entries {
                    above(text, notes, indent);
                    text.push_str(&" ".repeat(indent));
                    text.push_str(key);
                    text.push(':');
                    self.value(text, value, notes, indent, false);
                }
            }
            Shape::Sequence(items) => {
                for (notes, item) in items {
                    above(text, notes, indent);
                    text.push_str(&" ".repeat(indent));
                    text.push('-');
                    self.value(text, item, notes, indent, true);
                }
            }
            other => panic!("{other:?} is no collection"),
        }
    }

    fn value(&self, text: &mut String, shape: &Shape, notes: &Notes, indent: usize, in_list: bool) {
        match shape {
            Shape::Inline(scalar) | Shape::Flow(scalar) => {
                if !scalar.is_empty() {
                    text.push(' ');
                    text.push_str(scalar);
                }
                behind(text, notes);
            }
            Shape::Block(header, lines) => {
                text.push(' ');
                text.push_str(header);
                text.push('\n');
                for line in lines {
                    if !line.is_empty() {
                        text.push_str(&" ".repeat(indent + 2));
                        text.push_str(line);
                    }
                    text.push('\n');
                }
            }
            Shape::Mapping(_) => {
                behind(text, notes);
                self.write(text, shape, indent + self.step);
            }
            Shape::Sequence(_) => {
                behind(text, notes);
                let deeper = self.indent_lists || in_list;
                self.write(text, shape, if deeper { indent + self.step } else { indent });
            }
        }
    }
}

fn above(text: &mut String, notes: &Notes, indent: usize) {
    for line in &notes.above {
        if let Some(comment) = line {
            text.push_str(&" ".repeat(indent));
            text.push_str(comment);
        }
        text.push('\n');
    }
}

fn behind(text: &mut String, notes: &Notes) {
    if let Some(comment) = &notes.behind {
        text.push(' ');
        text.push_str(comment);
    }
    text.push('\n');
}
