//! `sealkit get`.

use super::terminal::at_terminal;
use super::{SECRET, Shop};

#[test]
fn single_values_are_printed_bare() {
    let shop = Shop::with_encrypted();
    for (path, value) in [
        ("stringData.user", "shop"),
        ("[\"stringData\"][\"password\"]", "hunter2"),
        ("stringData['port']", "5432"),
        ("stringData.certificate", "line one\nline two\n"),
        ("kind", "Secret"),
    ] {
        assert_eq!(shop.run(&["get", "db.sops.yaml", path]).quiet(), value, "{path}");
    }
    shop.write(
        "odd.yaml",
        shop.encrypt("a: ~\nb: yes\nc: true\nd: 1.50\ne: ''\nf: 2001-12-14\n\"x.y\": z\n", &[]),
    );
    for (path, value) in [
        ("a", "null"),
        ("b", "yes"),
        ("c", "true"),
        ("d", "1.5"),
        ("e", ""),
        ("f", "2001-12-14T00:00:00Z"),
        ("[\"x.y\"]", "z"),
    ] {
        assert_eq!(shop.run(&["get", "odd.yaml", path]).quiet(), value, "{path}");
    }
    assert_eq!(shop.run(&["get", "odd.yaml", "b", "-o", "json"]).quiet(), "\"yes\"\n");
}

#[test]
fn collections_are_printed_in_the_files_format() {
    let shop = Shop::new();
    shop.write("a.yaml", shop.encrypt("a: # note\n  b: [1, 'x']\n  c: {}\n", &[]));
    assert_eq!(shop.run(&["get", "a.yaml", "a"]).quiet(), "b:\n- 1\n- x\nc: {}\n");
    assert_eq!(shop.run(&["get", "a.yaml", "a.b[1]"]).quiet(), "x");
    assert_eq!(shop.run(&["get", "a.yaml", "a.b", "-o", "json"]).quiet(), "[\n  1,\n  \"x\"\n]\n");
    shop.write("two.yaml", shop.encrypt("a: 1\n---\na: 2\n", &[]));
    assert_eq!(shop.run(&["get", "two.yaml", "a"]).quiet(), "1");
    assert_eq!(shop.run(&["get", "two.yaml", "a", "--document", "2"]).quiet(), "2");
    for number in ["0", "3"] {
        shop.run(&["get", "two.yaml", "a", "--document", number])
            .fails(1, &format!("error: there is no document {number} in two.yaml: it has 2\n"));
    }
}

#[test]
fn a_path_that_leads_nowhere_fails() {
    let shop = Shop::with_encrypted();
    shop.run(&["get", "db.sops.yaml", "stringData.pass"])
        .fails(1, "error: no such value in db.sops.yaml\n  caused by: there is no stringData.pass\n");
    shop.run(&["get", "db.sops.yaml", "stringData.user.x"]).fails(
        1,
        "error: no such value in db.sops.yaml\n  caused by: stringData.user.x can't be reached: there is a single value \
         where a mapping is needed\n",
    );
    shop.run(&["get", "db.sops.yaml", "stringData..x"]).fails(
        2,
        "error: \"stringData..x\": this is no path, from character 11 on; write it like data.password, users[0].name or \
         data[\"tls.crt\"]\n",
    );
    let tampered = shop.read("db.sops.yaml").replace("name: db ", "name: other ");
    shop.write("db.sops.yaml", tampered);
    assert_eq!(shop.run(&["get", "db.sops.yaml", "kind"]).code, 1);
    assert_eq!(shop.run(&["get", "--ignore-mac", "db.sops.yaml", "kind"]).quiet(), "Secret");
    assert!(SECRET.contains("kind: Secret"));
}

#[test]
fn at_a_terminal_a_value_ends_its_line() {
    let shop = Shop::with_encrypted();
    for (path, value) in [("stringData.user", "shop\n"), ("stringData.certificate", "line one\nline two\n")] {
        let Some(shown) = at_terminal(&shop, &format!("sealkit get db.sops.yaml {path}"), &[]) else {
            return;
        };
        assert_eq!((shown.code, shown.text.as_str()), (0, value));
    }
}
