//! Files that are not there, are not whole, or are no files.

#[cfg(unix)]
use super::SECRET;
use super::Shop;
use super::support::{feed, not_there};

/// The commands that open a file, each with what it needs; `FILE` is the file.
const COMMANDS: [&[&str]; 7] = [
    &["decrypt", "FILE"],
    &["get", "FILE", "kind"],
    &["set", "FILE", "stringData.user", "--json", "\"x\""],
    &["unset", "FILE", "stringData.user"],
    &["rotate", "FILE"],
    &["exec", "FILE", "--", "true"],
    &["keys", "FILE"],
];

impl Shop {
    /// Runs each of the commands on a file, and gives what it says on standard error.
    #[track_caller]
    fn refusals(&self, file: &str, identity: &str) -> Vec<String> {
        let run = |command: &&[&str]| {
            let arguments: Vec<_> =
                command.iter().map(|word| if *word == "FILE" { file } else { *word }).collect();
            let mut command = self.sealkit(&arguments);
            command.env("SOPS_AGE_KEY_FILE", self.path(identity)).env("PATH", "/usr/bin:/bin");
            let ran = feed(command, b"");
            assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.stderr);
            assert!(!ran.stderr.contains("hunter2") && !ran.stderr.contains("AGE-SECRET"), "{}", ran.stderr);
            ran.stderr
        };
        COMMANDS.iter().map(run).collect()
    }
}

#[test]
fn a_file_that_is_not_there() {
    let shop = Shop::new();
    let expected = format!("error: could not read none.yaml\n  caused by: {}\n", not_there());
    assert!(shop.refusals("none.yaml", "a.txt").iter().all(|told| *told == expected));
    for told in shop.refusals(".", "a.txt") {
        assert!(told.contains("is a directory"), "{told}");
    }
    assert_eq!(shop.names(), ["a.txt", "b.txt", "secret.yaml"], "and none is made");
}

#[test]
fn a_key_that_is_another_ones() {
    let shop = Shop::with_encrypted();
    let before = shop.read("db.sops.yaml");
    for told in shop.refusals("db.sops.yaml", "b.txt") {
        assert!(
            told.contains("could not open db.sops.yaml") || told.contains("opens db.sops.yaml"),
            "{told}"
        );
    }
    assert_eq!(shop.read("db.sops.yaml"), before);
}

#[test]
fn a_file_that_is_not_whole() {
    let shop = Shop::with_encrypted();
    let whole = shop.read("db.sops.yaml");
    // Cut off in the middle of a value and of the wrapped key.
    for end in ["ENC[AES256_GCM,", "BEGIN AGE", "-----END"] {
        let end = whole.find(end).unwrap() + 10;
        shop.write("cut.yaml", &whole[..end]);
        for told in shop.refusals("cut.yaml", "a.txt") {
            assert!(told.starts_with("error: ") && told.contains("cut.yaml"), "{told}");
        }
        assert_eq!(shop.read("cut.yaml"), whole[..end], "and nothing is made of it");
    }
    // Before the MAC: the key opens it, and nobody knows whether it is what it was.
    let mac = whole.find("  mac: ").unwrap();
    shop.write("cut.yaml", &whole[..mac]);
    assert_eq!(shop.run(&["keys", "cut.yaml"]).code, 0);
    let told = shop.run(&["decrypt", "cut.yaml"]);
    assert!(told.code == 1 && told.stdout.is_empty() && told.stderr.contains("has no mac"), "{told:?}");
    // One character of a ciphertext.
    let value = whole.find("  password: ").unwrap();
    let at = value + whole[value..].find("data:").unwrap() + 7;
    let other = if &whole[at..=at] == "A" { "B" } else { "A" };
    shop.write("flipped.yaml", format!("{}{other}{}", &whole[..at], &whole[at + 1..]));
    let told = shop.run(&["decrypt", "flipped.yaml"]);
    assert!(told.code == 1 && told.stdout.is_empty(), "{told:?}");
    // No text at all.
    shop.write("bytes.yaml", [0xFF, 0, 1]);
    for told in shop.refusals("bytes.yaml", "a.txt") {
        assert!(told.contains("bytes.yaml"), "{told}");
    }
}

#[test]
fn an_empty_file() {
    let shop = Shop::new();
    shop.write("empty.yaml", "");
    for told in shop.refusals("empty.yaml", "a.txt") {
        assert!(told.starts_with("error: could not read empty.yaml\n"), "{told}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_like_a_file() {
    let shop = Shop::with_encrypted();
    let made = std::process::Command::new("mkfifo").arg(shop.path("pipe.yaml")).status();
    assert!(made.unwrap().success());
    let encrypted = shop.read("db.sops.yaml");
    let feed_pipe = || {
        let (path, encrypted) = (shop.path("pipe.yaml"), encrypted.clone());
        std::thread::spawn(move || {
            let mut pipe = std::fs::OpenOptions::new().write(true).open(path).unwrap();
            std::io::Write::write_all(&mut pipe, encrypted.as_bytes()).unwrap();
        })
    };
    let writer = feed_pipe();
    assert_eq!(shop.run(&["decrypt", "pipe.yaml"]).quiet(), SECRET);
    writer.join().unwrap();
    let writer = feed_pipe();
    assert_eq!(shop.run(&["get", "pipe.yaml", "stringData.password"]).quiet(), "hunter2");
    writer.join().unwrap();
}

#[cfg(unix)]
#[test]
fn a_link_stays_and_what_it_points_to_changes() {
    let shop = Shop::with_encrypted();
    std::os::unix::fs::symlink("db.sops.yaml", shop.path("link.yaml")).unwrap();
    shop.run_with("hunter3", &["set", "link.yaml", "stringData.password", "--stdin"]).quiet();
    assert!(shop.path("link.yaml").is_symlink());
    assert_eq!(shop.decrypted("db.sops.yaml"), SECRET.replace("hunter2", "hunter3"));
    shop.run(&["decrypt", "-i", "link.yaml"]).quiet();
    assert!(shop.path("link.yaml").is_symlink());
    assert_eq!(shop.read("db.sops.yaml"), SECRET.replace("hunter2", "hunter3"));
}
