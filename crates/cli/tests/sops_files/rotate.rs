//! `sealkit rotate`.

use super::{A, B, SECRET, Shop};

const NOTE: &str = "what Git's history holds can still be opened with the old keys\n";

fn ciphertexts(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.contains("ENC[") || line.contains("-----BEGIN")).collect()
}

#[test]
fn every_ciphertext_is_new() {
    let shop = Shop::with_encrypted();
    let before = shop.read("db.sops.yaml");
    shop.run(&["rotate", "--in-place", "db.sops.yaml"]).fails(0, &format!("db.sops.yaml: rotated\n{NOTE}"));
    let after = shop.read("db.sops.yaml");
    let changed =
        ciphertexts(&before).iter().zip(ciphertexts(&after)).filter(|(old, new)| **old != *new).count();
    assert_eq!((changed, ciphertexts(&after).len()), (6, 7), "all but the armor's first line");
    assert_eq!(super::masked::masked(&before), super::masked::masked(&after));
    assert_eq!(shop.decrypted("db.sops.yaml"), SECRET);
    let printed = shop.run(&["rotate", "db.sops.yaml"]);
    assert_eq!(shop.run_with(printed.stdout, &["decrypt"]).quiet(), SECRET);
    assert_eq!(shop.read("db.sops.yaml"), after);
}

#[test]
fn recipients_join_and_leave() {
    let shop = Shop::with_encrypted();
    shop.run(&["rotate", "-i", "--add-age", B, "--rm-age", A, "db.sops.yaml"]);
    assert_eq!(shop.run(&["decrypt", "db.sops.yaml"]).code, 1);
    assert_eq!(shop.run(&["decrypt", "--identity", "b.txt", "db.sops.yaml"]).quiet(), SECRET);
    let rotate = |flag: &str, recipient: &str| {
        shop.run(&["rotate", "-i", flag, recipient, "--identity", "b.txt", "db.sops.yaml"])
    };
    rotate("--rm-age", A).fails(
        1,
        &format!(
            "error: could not change the recipients of db.sops.yaml\n  caused by: {A} is not among them\n"
        ),
    );
    rotate("--rm-age", B).fails(
        1,
        "error: could not change the recipients of db.sops.yaml\n  caused by: nobody would be left who can open it: add \
         somebody by --add-age\n",
    );
    assert_eq!(rotate("--add-age", A).code, 0);
    assert_eq!(rotate("--add-age", A).code, 0);
    let text = shop.read("db.sops.yaml");
    assert_eq!((text.matches(A).count(), text.matches(B).count()), (1, 1));
    assert_eq!(shop.run(&["rotate", "--add-age", A, "--rm-age", A, "db.sops.yaml"]).code, 2);
}

#[test]
fn several_files_are_rotated_in_place() {
    let shop = Shop::with_encrypted();
    shop.write("other.yaml", shop.encrypt("a: 1\n", &[]));
    let ran = shop.run(&["rotate", "-i", "db.sops.yaml", "secret.yaml", "other.yaml"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.starts_with("db.sops.yaml: rotated\nerror: could not read secret.yaml\n"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.ends_with(&format!("other.yaml: rotated\n{NOTE}")), "{}", ran.stderr);
    assert_eq!(shop.decrypted("other.yaml"), "a: 1\n");
}
