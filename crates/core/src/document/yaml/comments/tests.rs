//! Comment places against what sops says.

use std::collections::HashMap;

use proptest::prelude::*;

use super::super::super::{Children, Document, Format, Node, NodeId};
use super::CommentPlace;

fn parse(source: &str) -> Document {
    Document::parse(source.as_bytes(), Format::Yaml).unwrap()
}

/// Each node's document and the indices that lead to it, as `0/2/5`.
fn paths(document: &Document) -> HashMap<NodeId, String> {
    fn walk(node: Node<'_>, path: String, paths: &mut HashMap<NodeId, String>) {
        let children: Vec<Node<'_>> = match node.children() {
            Children::Mapping(entries) => entries.iter().map(|(_, value)| value).collect(),
            Children::Sequence(items) => items.iter().collect(),
            Children::Alias(_) | Children::Scalar(_) => Vec::new(),
        };
        for (index, child) in children.into_iter().enumerate() {
            walk(child, format!("{path}/{index}"), paths);
        }
        paths.insert(node.id(), path);
    }
    let mut paths = HashMap::new();
    for (index, root) in document.roots().enumerate() {
        walk(root, index.to_string(), &mut paths);
    }
    paths
}

/// The comments that sops sees, as the vectors have them; those at one place in the order of their ranks.
fn shown(document: &Document, places: &[CommentPlace]) -> Vec<String> {
    let paths = paths(document);
    let mut shown: Vec<_> = document
        .comments()
        .zip(places)
        .filter(|(_, place)| place.seen_by_sops)
        .filter_map(|(comment, place)| {
            let name = comment.source()[1..].split_whitespace().next()?;
            let inline = if place.inline { ", inline" } else { "" };
            let at = format!("in {} before {}", paths[&place.container], place.before);
            Some((at.clone(), place.rank, format!("{name} {at}{inline}")))
        })
        .collect();
    shown.sort();
    shown.into_iter().map(|(_, _, text)| text).collect()
}

/// The same order for what sops says: by place, and at one place as it is.
fn by_place(recorded: &serde_json::Value) -> Vec<String> {
    let texts = recorded.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned());
    let mut texts: Vec<String> = texts.collect();
    texts.sort_by_key(|text| text.split_once(' ').unwrap().1.trim_end_matches(", inline").to_owned());
    texts
}

#[test]
fn sops_finds_comments_where_we_do() {
    let vectors = include_str!("../../../../../../test-vectors/sops/comments.json");
    let cases: Vec<serde_json::Value> = serde_json::from_str(vectors).unwrap();
    assert!(cases.len() > 200);
    for case in &cases {
        let (name, source) = (case["name"].as_str().unwrap(), case["yaml"].as_str().unwrap());
        let document = parse(source);
        assert_eq!(
            shown(&document, &document.comment_places()),
            by_place(&case["places"]),
            "{name}:\n{source}"
        );
        if case["append"].as_bool().unwrap() {
            let places = document.comment_places_with_key_appended();
            assert_eq!(
                shown(&document, &places),
                by_place(&case["appended"]),
                "{name}, key appended:\n{source}"
            );
        }
    }
}

#[test]
fn headers_keys_values_and_items() {
    let document = parse(
        "# file\n\na: 1 # one\nb: # b\n  # c\n  c: x\n  # end of b\n\nl:\n  - x\n  # y\n  - y\n# end\n",
    );
    assert_eq!(
        shown(&document, &document.comment_places()),
        [
            "file in 0 before 0",
            "one in 0 before 0, inline",
            "b in 0 before 1",
            "end in 0 before 3",
            "c in 0/1 before 0",
            "end in 0/1 before 1",
            "y in 0/2 before 1",
        ]
    );
}

#[test]
fn a_key_at_the_end_pulls_comments_out_of_nested_blocks() {
    for source in ["a:\n- b\n# c\n", "a:\n- b\n# c"] {
        let document = parse(source);
        assert_eq!(shown(&document, &document.comment_places()), ["c in 0/0 before 1"]);
        assert_eq!(shown(&document, &document.comment_places_with_key_appended()), ["c in 0 before 1"]);
    }
}

#[test]
fn dropped_comments_have_a_place_all_the_same() {
    let document = parse("a: [ # 1\n  x]\n");
    let place = document.comment_places()[0];
    let list = document.roots().next().unwrap().get("a").unwrap();
    assert_eq!((place.container, place.before, place.seen_by_sops), (list.id(), 0, false));
}

#[test]
fn other_formats_have_no_places() {
    assert!(Document::parse(b"{}", Format::Json).unwrap().comment_places().is_empty());
    assert!(parse("").comment_places().is_empty());
}

/// Lines of YAML that often make a document, with comments everywhere.
fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("# c"),
        Just("#"),
        Just(""),
        Just("a:"),
        Just("b: x # c"),
        Just("- # c"),
        Just("- c: x"),
        Just("? d # c"),
        Just(": y"),
        Just("e: [x, # c"),
        Just("y]"),
        Just("f: {g: x # c"),
        Just("}"),
        Just("h: | # c"),
        Just("text"),
        Just("---"),
        Just("... # c"),
        Just("- - z"),
        Just("i: \"x"),
        Just("y\""),
        Just("j: &j"),
        Just("- *j # c"),
        Just("!!str k: !l # c"),
        Just("%YAML 1.1 # c"),
        Just("\t# c"),
    ];
    let indented = (0_usize..6, line, prop::sample::select(vec!["\n", "\n", "\n", "\r\n", "\n\n"]));
    prop::collection::vec(indented, 0..12).prop_map(|lines| {
        lines
            .into_iter()
            .map(|(indent, line, end)| format!("{}{line}{end}", " ".repeat(indent / 2 * 2)))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn every_comment_has_a_place_in_its_container(source in lines()) {
        if let Ok(document) = Document::parse(source.as_bytes(), Format::Yaml) {
            for (places, more) in
                [(document.comment_places(), 0), (document.comment_places_with_key_appended(), 1)]
            {
                prop_assert_eq!(places.len(), document.comments().len());
                for place in places {
                    let container = document.node(place.container);
                    let len = container.entries().map(crate::document::node::Entries::len);
                    let len = len.or(container.items().map(crate::document::node::Items::len)).unwrap_or_default();
                    prop_assert!(place.before <= len + more, "{:?}", place);
                }
            }
        }
    }
}
