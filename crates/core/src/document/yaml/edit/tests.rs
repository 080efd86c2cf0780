use super::super::super::{Document, Edits, Format, Mapping, Node, Style, Value};
use super::tree::LONGEST_IMPLICIT_KEY;

/// `source` after a change at `path`, keys and indices with points between them. What comes out is YAML again.
fn edited<'a>(document: &'a Document, path: &str, change: impl FnOnce(&mut Edits<'a>, Node<'a>)) -> String {
    let root = document.roots().next().unwrap();
    let node = path.split('.').filter(|step| !step.is_empty()).fold(root, |node, step| {
        node.items().map_or_else(|| node.get(step), |items| items.get(step.parse().unwrap())).unwrap()
    });
    let mut edits = Edits::new(document);
    change(&mut edits, node);
    let text = edits.apply().unwrap().to_string();
    yaml(&text);
    text
}

fn yaml(source: &str) -> Document {
    Document::parse(source.as_bytes(), Format::Yaml).unwrap_or_else(|error| panic!("{error}\n{source}"))
}

fn set(source: &str, path: &str, value: impl Into<Value>) -> String {
    edited(&yaml(source), path, |edits, node| edits.set(node, &value.into()))
}

fn insert(source: &str, path: &str, value: impl Into<Value>) -> String {
    edited(&yaml(source), path, |edits, node| edits.insert_entry(node, "k", &value.into()))
}

fn insert_item(source: &str, path: &str, value: impl Into<Value>) -> String {
    edited(&yaml(source), path, |edits, node| edits.insert_item(node, &value.into()))
}

fn remove(source: &str, path: &str, index: usize) -> String {
    edited(&yaml(source), path, |edits, node| edits.remove(node, index))
}

fn mapping(key: &str, value: impl Into<Value>) -> Value {
    [(key, value.into())].into_iter().collect::<Mapping>().into()
}

fn list(item: impl Into<Value>) -> Value {
    vec![item.into()].into()
}

const ONE: Value = Value::Integer(1);
const TWO_LINES: &str = "l1\nl2\n";

#[test]
fn a_tag_goes_with_its_blanks() {
    assert_eq!(set("a: !!int   5\n", "a", "x"), "a: x\n");
    assert_eq!(set("a: !!binary\n  aGk=\n", "a", "x"), "a: \n  x\n");
    assert_eq!(set("a: !!int 5\n", "a", "6"), "a: \"6\"\n");
}

#[test]
fn the_tag_of_a_value_that_is_left_out_gives_way() {
    assert_eq!(set("a: !!int \n", "a", "x"), "a: x \n");
    assert_eq!(set("a: !!int  # c\n", "a", "x"), "a: x  # c\n");
    assert_eq!(set("a: &x !!int\n", "a", "x"), "a: &x x\n");
    assert_eq!(set("a: !!int &x\n", "a", "x"), "a: &x x\n");
    assert_eq!(set("? a\n: !x # c\n", "a", ONE), "? a\n: 1 # c\n");
    assert_eq!(set("m:\n  a:\n    !!int\n", "m.a", "x"), "m:\n  a:\n     x\n");
    assert_eq!(set("- !!int \n- b\n", "0", "x"), "- x \n- b\n");
    assert_eq!(set("{a: !!str , b: 1}\n", "a", list(ONE)), "{a: [1] , b: 1}\n");
    assert_eq!(set("[!!str , 2]\n", "0", ONE), "[ 1 , 2]\n");
}

#[test]
fn a_key_without_a_colon_in_braces_gets_one_on_its_line() {
    assert_eq!(set("{\n  ? a,\n  b: 1}\n", "a", list(ONE)), "{\n  ? a: [1],\n  b: 1}\n");
    // Here it has one.
    assert_eq!(set("{a: &x , b: 1}\n", "a", list(ONE)), "{a: &x [1] , b: 1}\n");
    assert_eq!(set("? a\n: &x\nb: 1\n", "a", ONE), "? a\n: &x 1\nb: 1\n");
    assert_eq!(set("? a\n: !t &x\nb: 1\n", "a", "x"), "? a\n: !t &x x\nb: 1\n");
}

#[test]
fn what_stands_between_a_key_and_its_colon_stays() {
    assert_eq!(set("\"a\"   : x\nb: 1\n", "a", mapping("k", ONE)), "\"a\"   :\n  k: 1\nb: 1\n");
}

#[test]
fn a_block_that_would_take_in_empty_lines_is_quoted() {
    assert_eq!(set("a: |\n  x\n\nb: 1\n", "a", "y\n\n"), "a: \"y\\n\\n\"\n\nb: 1\n");
    // White space counts only past the block's own indentation.
    for (blanks, text) in [(" ", "|-\n  l1\n  l2"), ("  ", "|-\n  l1\n  l2"), ("   ", "\"l1\\nl2\"")] {
        let source = format!("a: x\n{blanks}\nb: 1\n");
        assert_eq!(set(&source, "a", "l1\nl2"), source.replace('x', text));
    }
}

#[test]
fn a_ciphertext_keeps_the_header_of_a_block() {
    for header in ["|", "|-", "|+", ">", ">2-"] {
        let source = format!("a: {header}\n  x\nb: 1\n");
        let sealed = edited(&yaml(&source), "a", |edits, node| {
            edits.set_text(node, "ENC[AES256_GCM,data:x]", Style::Literal);
        });
        assert_eq!(sealed, source.replace("  x", "  ENC[AES256_GCM,data:x]"));
    }
}

#[test]
fn a_new_block_stands_to_the_right_of_its_key_or_dash() {
    assert_eq!(set("- a\n- b\n", "0", TWO_LINES), "- |\n  l1\n  l2\n- b\n");
    assert_eq!(set("l:\n    - a\n", "l.0", TWO_LINES), "l:\n    - |\n      l1\n      l2\n");
    assert_eq!(set("m:\n  a: x\n", "m.a", " l1\nl2"), "m:\n  a: |2-\n     l1\n    l2\n");
}

#[test]
fn a_scalar_takes_the_place_of_a_collection_in_a_list() {
    assert_eq!(set("-   x: 1\n- b\n", "0", TWO_LINES), "-   |\n  l1\n  l2\n- b\n");
    let deep = "l:\n    - x: 1\n    - b\n";
    assert_eq!(set(deep, "l.0", TWO_LINES), deep.replace("x: 1", "|\n      l1\n      l2"));
    assert_eq!(set(deep, "l.0", Value::Integer(5)), deep.replace("x: 1", "5"));
}

#[test]
fn a_collection_below_comments_is_replaced_below_them() {
    let source = "a: # c\n  # d\n  x: 1\nb: 1\n";
    assert_eq!(set(source, "a", mapping("k", ONE)), source.replace('x', "k"));
}

#[test]
fn comments_below_decide_how_a_new_text_is_written() {
    let source = |indent: &str| format!("m:\n  a: 1\n{indent}# c\nb: 2\n");
    let put_in = |indent, text: &str| source(indent).replace("a: 1\n", &format!("a: 1\n  k: {text}\n"));
    assert_eq!(insert(&source("  "), "m", TWO_LINES), put_in("  ", "|\n    l1\n    l2"));
    assert_eq!(insert(&source("   "), "m", TWO_LINES), put_in("   ", "\"l1\\nl2\\n\""));
    // Only the last line of what is put in can touch them.
    let value: Mapping = [("t", TWO_LINES.into()), ("u", ONE)].into_iter().collect();
    let text = put_in("      ", "\n    t: |\n      l1\n      l2\n    u: 1").replace("k: \n", "k:\n");
    assert_eq!(insert(&source("      "), "m", value), text);
}

#[test]
fn a_text_at_the_end_of_a_file_gets_the_line_break_that_is_part_of_it() {
    let block = "|\n  l1\n  l2\n";
    assert_eq!(insert("a: 1", "", TWO_LINES), format!("a: 1\nk: {block}"));
    assert_eq!(insert("a: 1", "", list(TWO_LINES)), format!("a: 1\nk:\n- {block}"));
    assert_eq!(insert("a: 1", "", "x"), "a: 1\nk: x");
    assert_eq!(insert("a: 1\n", "", TWO_LINES), format!("a: 1\nk: {block}"));
    assert_eq!(insert_item("- 1", "", TWO_LINES), format!("- 1\n- {block}"));
    assert_eq!(set("a:\n  b: 1\nc: 1\n", "a", TWO_LINES), format!("a: {block}c: 1\n"));
}

#[test]
fn the_last_block_of_a_file_changes_only_where_something_follows_it() {
    assert_eq!(insert("m:\n  a: 1\nb: |\n  x", "m", ONE), "m:\n  a: 1\n  k: 1\nb: |\n  x");
    assert_eq!(insert("a: 1\nb: |\n  x", "", ONE), "a: 1\nb: |-\n  x\nk: 1");
    assert_eq!(insert_item("l:\n- 1\nb: |\n  x", "l", ONE), "l:\n- 1\n- 1\nb: |\n  x");
    assert_eq!(insert_item("l:\n- 1\n- |\n  x", "l", ONE), "l:\n- 1\n- |-\n  x\n- 1");
}

#[test]
fn the_last_block_may_be_changed_along_with_what_is_put_behind_it_or_elsewhere() {
    let document = yaml("a: 1\nb: |\n  x");
    let root = document.roots().next().unwrap();
    for (key, expected) in [("a", "a: z\nb: |-\n  x\nk: 1"), ("b", "a: 1\nb: |-\n  z\nk: 1")] {
        let text = edited(&document, "", |edits, _| {
            edits.set(root.get(key).unwrap(), &Value::string("z"));
            edits.insert_entry(root, "k", &ONE);
        });
        assert_eq!(text, expected);
    }
}

#[test]
fn the_indentation_is_that_of_the_first_of_each_kind() {
    assert_eq!(
        insert("a:\n- 1\nb:\n    c: 1\n", "", mapping("x", mapping("z", ONE))),
        "a:\n- 1\nb:\n    c: 1\nk:\n    x:\n        z: 1\n"
    );
    assert_eq!(
        insert("a:\n    c: 1\nb:\n  - 1\n", "", mapping("x", list(ONE))),
        "a:\n    c: 1\nb:\n  - 1\nk:\n    x:\n      - 1\n"
    );
}

#[test]
fn an_entry_is_taken_out_and_the_question_mark_of_another_stays() {
    assert_eq!(remove("m:\n  ? a\n  b: 2\n  c: 3\n", "m", 2), "m:\n  ? a\n  b: 2\n");
    assert_eq!(remove("?\nb: 1\n", "", 1), "?\n");
    assert_eq!(remove("  a: 1\n  b: 2\n", "", 0), "  b: 2\n");
    assert_eq!(remove("  a: 1\n  b: 2\n", "", 1), "  a: 1\n");
}

#[test]
fn only_comments_in_the_column_of_an_entry_go_with_it() {
    let source = |indent: &str| format!("m:\n  a: 1\n{indent}# c\n  b: 2\n");
    assert_eq!(remove(&source("  "), "m", 1), "m:\n  a: 1\n");
    for indent in ["", "    "] {
        assert_eq!(remove(&source(indent), "m", 1), source(indent).replace("  b: 2\n", ""));
    }
    assert_eq!(remove("\u{feff}# c\na: 1\nb: 2\n", "", 0), "\u{feff}b: 2\n");
}

#[test]
fn an_entry_at_the_end_of_a_document_stands_in_the_column_of_the_others() {
    let text = edited(&yaml("  a: 1\n"), "", |edits, root| {
        let entry = edits.written_entry(root, "k", &mapping("x", ONE));
        edits.append_to_document(root, &entry);
    });
    assert_eq!(text, "  a: 1\n  k:\n      x: 1\n");
}

#[test]
fn what_is_put_at_the_end_minds_what_else_changes_there() {
    let text = edited(&yaml("a: 1\nb: 2\n"), "", |edits, root| {
        edits.remove(root, 1);
        edits.append_to_document(root, "z: 0");
    });
    assert_eq!(text, "a: 1\nz: 0\n");
    let document = yaml("m:\n  a: 1\nb: 2");
    let text = edited(&document, "", |edits, root| {
        edits.set(root.get("b").unwrap(), &Value::string(TWO_LINES));
        edits.insert_entry(root.get("m").unwrap(), "k", &ONE);
    });
    assert_eq!(text, "m:\n  a: 1\n  k: 1\nb: |\n  l1\n  l2\n");
    assert_eq!(insert("# c", "", ONE), "# c\nk: 1");
}

#[test]
fn only_a_key_that_is_too_long_for_it_is_not_implicit() {
    for (length, mark) in [(LONGEST_IMPLICIT_KEY, ""), (LONGEST_IMPLICIT_KEY + 1, "? ")] {
        let key = "k".repeat(length);
        let text = edited(&yaml("{a: 1}\n"), "", |edits, root| edits.insert_entry(root, &key, &ONE));
        assert!(text.starts_with(&format!("{{a: 1, {mark}k")), "{text}");
    }
}
