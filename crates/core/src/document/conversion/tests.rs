use proptest::prelude::*;

use super::super::{Document, Format, Mapping, Schema, Value, to_yaml};
use super::convert;

fn converted(text: &str, from: Format, to: Format) -> Result<String, String> {
    let bytes = convert(text.as_bytes(), from, to, None).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

fn ok(text: &str, from: Format, to: Format) -> String {
    converted(text, from, to).unwrap()
}

#[test]
fn comments_go_where_they_can() {
    let yaml = "# top\na: x # line\nb:\n  # in b\n  c: [1, 2]\n  # end of b\n# foot\n";
    let sops =
        "# top\n# line\na: x\nb:\n    # in b\n    c:\n        - 1\n        - 2\n    # end of b\n# foot\n";
    let back = ok(&ok(yaml, Format::Yaml, Format::Json), Format::Json, Format::Yaml);
    assert_eq!(
        back,
        sops.lines().filter(|line| !line.contains('#')).map(|line| format!("{line}\n")).collect::<String>()
    );
    let env = "# c\nA=1\nB=x\\ny\n#\nC=\n# end\n";
    let yaml = ok(env, Format::Dotenv, Format::Yaml);
    assert_eq!(yaml, "# c\nA: \"1\"\nB: |-\n    x\n    y\n#\nC: \"\"\n# end\n");
    assert_eq!(ok(&yaml, Format::Yaml, Format::Dotenv), env);
}

#[test]
fn sections_are_mappings() {
    let ini = "; top\n\n[a]\n; x\nx=1 ; in\ny=\"\"\"l1\nl2\"\"\"\n; b\n[b] # bb\n; end\n";
    let yaml = ok(ini, Format::Ini, Format::Yaml);
    assert_eq!(
        yaml,
        "DEFAULT: {}\n# top\na:\n    # x\n    # in\n    x: \"1\"\n    \"y\": |-\n        l1\n        l2\n# b\n# bb\nb: {}\n# end\n"
    );
    let back = ok(&yaml, Format::Yaml, Format::Ini);
    assert_eq!(back, "; top\n[a]\n; x\n; in\nx = 1\ny = \"\"\"l1\nl2\"\"\"\n\n; b\n; bb\n[b]\n; end\n");
    let json = "{\"DEFAULT\": {\"a\": 1.0, \"k=\": null}, \"b\": {\"c\": true, \"d\": \" #\"}}";
    assert_eq!(ok(json, Format::Json, Format::Ini), "a = 1.0\n`k=` = \n\n[b]\nc = true\nd = ` #`\n");
    let twice = "[a]\nx=1\n[b]\n; y\n[a]\ny=2\n";
    let expected =
        "{\n\t\"DEFAULT\": {},\n\t\"a\": {\n\t\t\"x\": \"1\",\n\t\t\"y\": \"2\"\n\t},\n\t\"b\": {}\n}\n";
    assert_eq!(ok(twice, Format::Ini, Format::Json), expected);
}

#[test]
fn numbers_are_written_as_sops_does() {
    let json =
        "{\"a\":1.5e300,\"b\":-0.0,\"c\":1e-7,\"d\":123456789012345678,\"e\":1e6,\"f\":100000.5,\"g\":1.0}";
    let env = "a=1.5E+300\nb=-0.0\nc=1E-07\nd=123456789012345678\ne=1E+06\nf=100000.5\ng=1.0\n";
    assert_eq!(ok(json, Format::Json, Format::Dotenv), env);
}

#[test]
fn a_binary_file_is_the_value_of_data() {
    assert_eq!(ok("hello\n", Format::Binary, Format::Yaml), "data: |\n    hello\n");
    assert_eq!(ok("{\"data\": \"x\", \"y\": 1}", Format::Json, Format::Binary), "x");
    let bytes = convert(&[0xff, 0], Format::Binary, Format::Yaml, None).unwrap();
    assert_eq!(*bytes, *b"data: !!binary /wA=\n");
    assert_eq!(*convert(&bytes, Format::Yaml, Format::Binary, None).unwrap(), [0xff, 0]);
}

#[test]
fn what_does_not_fit_is_refused() {
    for (text, from, to, expected) in [
        (
            "a: {b: 1}",
            Format::Yaml,
            Format::Dotenv,
            "a can't be written in a dotenv file: its values are text, and this is a mapping",
        ),
        (
            "a: [1]",
            Format::Yaml,
            Format::Dotenv,
            "a can't be written in a dotenv file: its values are text, and this is a list",
        ),
        (
            "{\"a=b\": 1}",
            Format::Json,
            Format::Dotenv,
            "a=b can't be written in a dotenv file: a key that begins with # or a byte order mark, or holds = or a line break, can't be written",
        ),
        (
            "a: 1",
            Format::Yaml,
            Format::Ini,
            "a can't be written in an INI file: keys stand in sections there, so that each key at the top level must be a mapping",
        ),
        (
            "a: {b: [1]}",
            Format::Yaml,
            Format::Ini,
            "a.b can't be written in an INI file: its values are text, and this is a list",
        ),
        ("a: {-: 1}", Format::Yaml, Format::Ini, "a.- can't be written in an INI file: this can't be a key"),
        ("a: .inf", Format::Yaml, Format::Json, "a can't be written in JSON: it has no infinite numbers"),
        (
            "a: [!!binary /w==]",
            Format::Yaml,
            Format::Json,
            "a[0] can't be written in JSON: it holds text, and these bytes are not UTF-8",
        ),
        (
            "a: 1\n---\nb: 1",
            Format::Yaml,
            Format::Json,
            "there are 2 documents in this file, which can't be written in JSON: it holds one",
        ),
        (
            "[1]",
            Format::Json,
            Format::Dotenv,
            "this document is a list at its top level, and can't be written in a dotenv file",
        ),
        (
            "a: 1",
            Format::Yaml,
            Format::Binary,
            "this can't be written as a binary file: that is what stands under the key `data`, and there is none",
        ),
        (
            "data: 1",
            Format::Yaml,
            Format::Binary,
            "data can't be written in a binary file: a binary file is what stands under the key `data`, as text",
        ),
        (
            "A=1\nA=2",
            Format::Dotenv,
            Format::Json,
            "A stands twice, and other formats can't hold that; remove one of them",
        ),
    ] {
        assert_eq!(converted(text, from, to).unwrap_err(), expected);
    }
}

#[test]
fn the_indentation_can_be_chosen() {
    let convert = |to, indent| {
        let bytes = convert(b"[a]\nb=1\n", Format::Ini, to, Some(indent)).unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    assert_eq!(convert(Format::Yaml, 2), "DEFAULT: {}\na:\n  b: \"1\"\n");
    assert_eq!(convert(Format::Yaml, 0), "DEFAULT: {}\na:\n  b: \"1\"\n");
    assert_eq!(convert(Format::Json, 1), "{\n \"DEFAULT\": {},\n \"a\": {\n  \"b\": \"1\"\n }\n}\n");
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(|integer| Value::Integer(integer.into())),
        (-1e9..1e9).prop_map(Value::Float),
        "[ -~\n]{0,12}".prop_map(Value::string),
        any::<String>().prop_map(Value::string),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z]{1,4}", 1 => "[ -~]{0,5}", 1 => any::<String>()]
}

fn mapping(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let entries = prop::collection::vec((key(), value), 0..5);
    entries.prop_map(|entries| Value::Mapping(entries.into_iter().collect::<Mapping>()))
}

fn tree() -> impl Strategy<Value = Value> {
    let inner = scalar().prop_recursive(4, 30, 5, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Sequence), mapping(inner)]
    });
    prop_oneof![2 => mapping(inner), 1 => mapping(scalar()), 1 => mapping(mapping(scalar()))]
}

fn read(text: &[u8], format: Format) -> Value {
    let document = Document::parse(text, format).unwrap_or_else(|error| panic!("{error}"));
    document.roots().next().unwrap().value(Schema::GoYaml3).unwrap()
}

/// What is left of a tree where all values are text, and there is a backslash and an `n` in none of them.
fn flattened(value: &Value, format: Format) -> Value {
    match value {
        Value::Mapping(mapping) => Value::Mapping(
            mapping.iter().map(|(key, value)| (key.to_owned(), flattened(value, format))).collect(),
        ),
        Value::Float(float) => Value::string(super::flat::float_text(*float)),
        Value::String(text) if format == Format::Dotenv => Value::string(text.replace("\\n", "\n")),
        scalar => Value::String(scalar.plain_text().unwrap()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// What is written in another format has the same values, or is refused.
    #[test]
    fn values_survive(tree in tree()) {
        let yaml = to_yaml(&tree);
        let json = convert(yaml.as_bytes(), Format::Yaml, Format::Json, None).unwrap();
        // A whole number with a point has none in JSON.
        let back = convert(&json, Format::Json, Format::Yaml, None).unwrap();
        let again = convert(&back, Format::Yaml, Format::Json, None).unwrap();
        prop_assert_eq!(&*json, &*again);
        prop_assert!(read(&back, Format::Yaml) == read(&json, Format::Json));
        for format in [Format::Dotenv, Format::Ini] {
            if let Ok(flat) = convert(yaml.as_bytes(), Format::Yaml, format, None) {
                let mut expected = flattened(&tree, format);
                let Value::Mapping(mapping) = &mut expected else { unreachable!() };
                if format == Format::Ini && mapping.get("DEFAULT").is_some_and(|section| *section == Value::Mapping(Mapping::new())) {
                    mapping.remove("DEFAULT");
                }
                prop_assert!(read(&flat, format) == expected, "{}", String::from_utf8_lossy(&flat));
            }
        }
    }
}
