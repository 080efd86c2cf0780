use super::super::super::{Document, EditError, Edits, Format, Mapping, Node, Value};

fn ini(source: &str) -> Document {
    Document::parse(source.as_bytes(), Format::Ini).unwrap_or_else(|error| panic!("{error}\n{source}"))
}

fn apply<'a>(
    document: &'a Document,
    path: &[&str],
    change: impl FnOnce(&mut Edits<'a>, Node<'a>),
) -> Result<String, EditError> {
    let root = document.roots().next().unwrap();
    let node = path.iter().fold(root, |node, key| node.get(key).unwrap());
    let mut edits = Edits::new(document);
    change(&mut edits, node);
    let text = edits.apply()?.to_string();
    ini(&text);
    Ok(text)
}

fn set(source: &str, path: &[&str], value: impl Into<Value>) -> Result<String, EditError> {
    apply(&ini(source), path, |edits, node| edits.set(node, &value.into()))
}

fn insert(source: &str, path: &[&str], key: &str, value: impl Into<Value>) -> Result<String, EditError> {
    apply(&ini(source), path, |edits, node| edits.insert_entry(node, key, &value.into()))
}

fn remove(source: &str, path: &[&str], index: usize) -> String {
    apply(&ini(source), path, |edits, node| edits.remove(node, index)).unwrap()
}

fn section(entries: &[(&str, &str)]) -> Value {
    entries.iter().copied().collect::<Mapping>().into()
}

const TWO: [(&str, &str); 2] = [("y", "2"), ("z", "3")];

#[test]
fn sections_get_new_keys() {
    assert_eq!(set("[a]\nx = 1\n", &["a"], section(&TWO)).unwrap(), "[a]\ny = 2\nz = 3\n");
    assert_eq!(set("[a]\n[b]\ny=1\n", &["a"], section(&TWO)).unwrap(), "[a]\ny = 2\nz = 3\n[b]\ny=1\n");
    assert_eq!(insert("[a]\n[b]\ny=1\n", &["a"], "y", "2").unwrap(), "[a]\ny = 2\n[b]\ny=1\n");
}

#[test]
fn what_ini_does_not_have_is_refused() {
    let source = "[a]\nx = 1\n";
    assert!(set(source, &[], section(&TWO)).is_err());
    assert!(set(source, &["a"], "text").is_err());
    assert!(set(source, &["a", "x"], section(&TWO)).is_err());
    assert!(insert(source, &["a"], "y", section(&TWO)).is_err());
    assert!(insert(source, &[], "b", "text").is_err());
    for name in ["", "b\nc"] {
        assert!(insert(source, &[], name, section(&TWO)).is_err(), "{name:?}");
    }
}

#[test]
fn a_new_key_is_parted_from_its_value_as_the_first_one_is() {
    for (delimiter, value) in [(" = ", "2"), ("=", "2"), (": ", "2"), (" = ", "")] {
        let source = format!("[a]\nx{delimiter}1\n");
        let expected = format!("{source}y{}\n", [delimiter, value].concat().trim_end());
        assert_eq!(insert(&source, &["a"], "y", value).unwrap(), expected);
    }
    assert_eq!(insert("[a]\nx =1\n", &["a"], "y", "2").unwrap(), "[a]\nx =1\ny = 2\n");
    assert_eq!(set("[a]\nx =\n", &["a", "x"], "2").unwrap(), "[a]\nx = 2\n");
    assert_eq!(set("[a]\nx=\n", &["a", "x"], "2").unwrap(), "[a]\nx=2\n");
}

#[test]
fn only_the_comments_of_a_key_go_with_it() {
    let source = "[a]\n# c\nx = 1\n; d\ny = 2\n\n# e\nz = 3\n";
    assert_eq!(remove(source, &["a"], 0), source.replace("# c\nx = 1\n", ""));
    assert_eq!(remove(source, &["a"], 1), source.replace("; d\ny = 2\n", ""));
    assert_eq!(remove(source, &["a"], 2), source.replace("# e\nz = 3\n", ""));
    let marked = "\u{feff}# s\nx = 1\ny = 2\n";
    assert_eq!(remove(marked, &["DEFAULT"], 0), "\u{feff}y = 2\n");
}

#[test]
fn lines_of_a_value_that_look_like_comments_stay() {
    for value in ["\"\"\"l1\n# l2\n\"\"\"", "`l1\n# l2`", "1 \\\n# l2"] {
        let source = format!("[a]\nx = {value}\ny = 1\n");
        assert_eq!(remove(&source, &["a"], 1), source.replace("y = 1\n", ""));
    }
}

#[test]
fn a_section_that_was_put_at_the_end_leaves_nothing_behind() {
    for source in [
        "",
        "\u{feff}",
        "[a]\nx = 1",
        "[a]\nx = 1\n",
        "[a]\r\nx = 1\r\n",
        "[a]\nx = 1\n\n",
        "[a]\nx = 1 \\\n\n",
        "[a]\n",
        "# c",
    ] {
        let before = ini(source);
        let text = apply(&before, &[], |edits, root| {
            let entry = edits.written_entry(root, "k", &section(&TWO));
            edits.append_to_document(root, &entry);
        });
        let text = text.unwrap();
        assert_ne!(text, source);
        let after = ini(&text);
        let index = after.roots().next().unwrap().entries().unwrap().iter().count() - 1;
        let removed = apply(&after, &[], |edits, root| edits.remove_from_document(root, index)).unwrap();
        assert_eq!(removed, source, "{text:?}");
    }
}

#[test]
fn a_section_is_taken_out_from_between_others() {
    let take_out = |source: &str, index: usize| {
        apply(&ini(source), &[], |edits, root| edits.remove_from_document(root, index)).unwrap()
    };
    assert_eq!(take_out("[a]\nx = 1\n\n[k]\ny = 2\n\n[b]\nz = 3\n", 1), "[a]\nx = 1\n\n[b]\nz = 3\n");
    assert_eq!(take_out("[a]\nx = 1\n[k]\ny = 2\n[b]\nz = 3\n", 1), "[a]\nx = 1\n[b]\nz = 3\n");
    assert_eq!(take_out("[a]\nx = 1\n[k]\ny = 2\n", 1), "[a]\nx = 1\n");
    assert_eq!(take_out("[a]\nx = 1\n[k]\ny = 2", 1), "[a]\nx = 1");
    assert_eq!(take_out("[a]\nx = 1\n\n[k]\ny = 2", 1), "[a]\nx = 1");
    assert_eq!(take_out("[k]\ny = 2\n", 0), "");
    assert_eq!(take_out("\n[k]\ny = 2\n", 0), "");
    // The empty line ends a value that goes on.
    let continued = "[a]\nx = 1 \\\n\n[k]\ny = 2\n[b]\nz = 3\n";
    assert_eq!(take_out(continued, 1), "[a]\nx = 1 \\\n\n[b]\nz = 3\n");
}
