//! The commands on JSON, dotenv, INI and binary files.

use std::fs;

use super::{A, B, Shop};

const JSON: &str = "{\n    \"user\": \"shop\",\n    \"ports\": [5432, 1.50],\n    \"on\": true\n}\n";
const DOTENV: &str = "# the shop's\nUSER=shop\nPASSWORD=hunter 2 # no comment\n\nEMPTY=\n";
const INI: &str = "; the shop's\n[database]\nuser = shop ; who\npassword=`hunter;2`\n\n[web]\nport: 80\n";

/// Name, contents, and a value in it: its path, its text, and what stands there once it is set to `new;#`.
const FILES: [(&str, &str, &str, &str, &str); 3] = [
    ("shop.json", JSON, "user", "shop", "\"new;#\""),
    (".env", DOTENV, "USER", "shop", "USER=new;#"),
    ("shop.ini", INI, "database.user", "shop", "user = `new;#` ; who"),
];

#[test]
fn every_command_takes_every_format() {
    for (name, plain, path, value, line) in FILES {
        let shop = Shop::new();
        shop.write(name, plain);
        shop.run(&["encrypt", "--age", A, "--in-place", name]).quiet();
        let encrypted = shop.read(name);
        assert!(!encrypted.contains("shop\"") && !encrypted.contains("hunter"), "{encrypted}");
        assert_eq!(shop.decrypted(name), plain);
        assert_eq!(shop.run(&["get", name, path]).quiet(), value);

        shop.run_with("new;#", &["set", "--stdin", name, path]).quiet();
        let decrypted = shop.decrypted(name);
        assert!(decrypted.contains(line), "{decrypted}");
        let changed = shop.read(name).lines().filter(|line| !encrypted.contains(line)).count();
        // The value, the MAC, and the time stamp if a second has gone by.
        assert!((2..=3).contains(&changed), "{}", shop.read(name));
        let added = if name == "shop.ini" { "web.tls" } else { "TLS" };
        shop.run_with("yes", &["set", "--stdin", name, added]).quiet();
        assert_eq!(shop.run(&["get", name, added]).quiet(), "yes");
        shop.run(&["unset", name, added]).quiet();
        assert_eq!(shop.decrypted(name), decrypted);

        assert!(
            shop.run(&["rotate", "--in-place", "--add-age", B, name])
                .stderr
                .contains(&format!("{name}: rotated"))
        );
        assert_eq!(shop.decrypted(name), decrypted);
        assert!(shop.run(&["keys", name]).stdout.contains(B));
    }
}

#[test]
fn binary_files_keep_every_byte() {
    let shop = Shop::new();
    for bytes in [&b"\xff\x00\x01"[..], b"text\r\n", b"{\"data\": 1}"] {
        shop.write("tls.key", bytes);
        shop.run(&["encrypt", "--age", A, "--in-place", "tls.key"]).quiet();
        assert!(shop.read("tls.key").starts_with("{\n\t\"data\": \"ENC[AES256_GCM,"));
        shop.run(&["rotate", "--in-place", "tls.key"]);
        shop.run(&["decrypt", "--output", "back", "tls.key"]).quiet();
        assert_eq!(fs::read(shop.path("back")).unwrap(), bytes);
    }
    shop.run(&["get", "tls.key", "data"]).fails(
        1,
        "error: could not read tls.key once decrypted\n  caused by: line 1, column 1: a binary file is read as one value; \
         it has no keys to look into\n",
    );
}

#[test]
fn formats_are_converted() {
    let shop = Shop::new();
    shop.write("a.yaml", "# note\nuser: shop\nport: 5432\n");
    shop.run(&["encrypt", "--age", A, "--in-place", "a.yaml"]).quiet();
    for flag in ["--output-format", "--output-type"] {
        let decrypted = |format| shop.run(&["decrypt", flag, format, "a.yaml"]);
        assert_eq!(decrypted("dotenv").quiet(), "# note\nuser=shop\nport=5432\n");
        assert_eq!(decrypted("json").quiet(), "{\n\t\"user\": \"shop\",\n\t\"port\": 5432\n}\n");
        decrypted("ini").fails(
            1,
            "error: could not print a.yaml\n  caused by: user can't be written in an INI file: keys stand in sections there, \
             so that each key at the top level must be a mapping\n",
        );
    }
    let encrypted =
        shop.run_with(INI, &["encrypt", "--age", A, "--input-type", "ini", "--output-type", "yaml"]).quiet();
    assert!(encrypted.starts_with("DEFAULT: {}\n#ENC["), "{encrypted}");
    shop.write("b.yaml", encrypted);
    assert_eq!(shop.run(&["get", "b.yaml", "database.password"]).quiet(), "hunter;2");
    assert_eq!(
        shop.run(&["decrypt", "--output-format", "ini", "b.yaml"]).quiet(),
        "; the shop's\n[database]\n; who\nuser = shop\npassword = `hunter;2`\n\n[web]\nport = 80\n"
    );
}

#[test]
fn an_encrypted_file_without_a_name_tells_its_format() {
    let shop = Shop::new();
    for (format, plain) in [("json", JSON), ("dotenv", DOTENV), ("ini", INI)] {
        let encrypted = shop.run_with(plain, &["encrypt", "--age", A, "--format", format]).quiet();
        assert_eq!(shop.run_with(&encrypted, &["decrypt"]).quiet(), plain);
        shop.write("settings.local", &encrypted);
        assert_eq!(shop.run(&["decrypt", "--format", format, "settings.local"]).quiet(), plain);
        let path = if format == "ini" {
            "database.user"
        } else if format == "json" {
            "user"
        } else {
            "USER"
        };
        assert_eq!(shop.run(&["get", "--format", format, "settings.local", path]).quiet(), "shop");
    }
    let ran = shop.run(&["decrypt", "settings.local"]);
    assert!(ran.stderr.starts_with(
        "error: could not read settings.local as a binary file; if it is of another format, say so by --format\n"
    ));
}

#[test]
fn sections_and_variables_are_handed_over() {
    let shop = Shop::new();
    for (name, plain) in [("shop.ini", INI), (".env", DOTENV)] {
        shop.write(name, plain);
        shop.run(&["encrypt", "--age", A, "--in-place", name]).quiet();
    }
    assert_eq!(shop.run(&["get", "shop.ini", "database"]).quiet(), "user = shop\npassword = `hunter;2`\n");
    let printed = shop.run(&["get", "--output-format", "json", "shop.ini", "web"]).quiet();
    assert_eq!(printed, "{\n  \"port\": \"80\"\n}\n");
    // What has no shell of this kind can read the variables all the same; only how to print them differs.
    if cfg!(windows) {
        return;
    }
    let print = ["sh", "-c", "printf '%s' \"$PASSWORD$password\""];
    let run = |arguments: &[&str]| shop.run(&[&["exec"], arguments, &["--"], &print].concat()).quiet();
    assert_eq!(run(&[".env"]), "hunter 2 # no comment");
    assert_eq!(run(&["--at", "database", "shop.ini"]), "hunter;2");
}

#[test]
fn what_a_format_cannot_hold_is_refused() {
    let shop = Shop::new();
    shop.write(".env", DOTENV);
    shop.run(&["encrypt", "--age", A, "--in-place", ".env"]).quiet();
    let before = shop.read(".env");
    for (path, value, reason) in [
        ("USER", "[1]", "line 2, column 6: this can't be written in a dotenv file: its values are text"),
        ("NEW.KEY", "1", "can't be written in a dotenv file: its values are text"),
    ] {
        let ran = shop.run(&["set", "--json", value, ".env", path]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stderr.contains(reason), "{}", ran.stderr);
    }
    let ran = shop.run(&["set", "--json", "1", ".env", "sops_mac"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("sops_mac holds what the format itself needs: it can't be set"),
        "{}",
        ran.stderr
    );
    assert_eq!(shop.read(".env"), before);
}
