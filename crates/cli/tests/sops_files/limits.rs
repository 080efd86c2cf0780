//! Input that is made to take long, or to take all memory: an error that names the limit, or it just works.

use super::{A, Shop};

fn refused(shop: &Shop, input: &str, arguments: &[&str], message: &str) {
    let ran = shop.run_with(input, arguments);
    assert!(ran.code == 1 && ran.stdout.is_empty(), "{arguments:?}: {}", ran.code);
    assert!(ran.stderr.contains(message), "{}", ran.stderr.chars().take(500).collect::<String>());
}

#[test]
fn nesting_aliases_and_size() {
    let shop = Shop::new();
    let yaml = ["encrypt", "--format", "yaml", "--age", A];
    let json = ["encrypt", "--format", "json", "--age", A];
    refused(&shop, &"[".repeat(100_000), &yaml, "levels deep");
    refused(&shop, &format!("a: {}", "{a: ".repeat(100_000)), &yaml, "levels deep");
    refused(&shop, &"{\"a\":".repeat(100_000), &json, "levels deep");
    refused(&shop, &"- ".repeat(100_000), &yaml, "levels deep");
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    refused(&shop, &bomb, &yaml, "aliases");
    refused(&shop, &"x".repeat((64 << 20) + 1), &yaml, "larger than");
}

#[test]
fn many_keys_and_a_large_value() {
    let shop = Shop::new();
    let plain: String = (0..50_000).map(|number| format!("key{number}: v\n")).collect();
    let encrypted = shop.encrypt(&plain, &[]);
    shop.write("many.yaml", encrypted);
    assert_eq!(shop.decrypted("many.yaml"), plain);
    let plain = format!("key: \"{}\"\n", "x".repeat(10 << 20));
    shop.write("large.yaml", shop.encrypt(&plain, &[]));
    assert_eq!(shop.decrypted("large.yaml"), plain);
    // A million lines of comments.
    let plain = format!("{}key: x\n", "# note\n".repeat(100_000));
    shop.write("comments.yaml", shop.encrypt(&plain, &["--encrypted-regex", "^key$"]));
    assert_eq!(shop.decrypted("comments.yaml"), plain);
}

#[test]
fn expressions_that_explode() {
    let shop = Shop::new();
    let base = ["encrypt", "--format", "yaml", "--age", A, "--encrypted-regex"];
    let large = [&base[..], &["((a{1000}){1000}){1000}"]].concat();
    let ran = shop.run_with("a: b", &large);
    assert!(ran.code == 2 && ran.stdout.is_empty(), "{ran:?}");
    // These take exponential time where expressions are tried by going back.
    let slow = [&base[..], &["^(a+)+$"]].concat();
    let key = "a".repeat(1_000) + "b";
    refused(&shop, &format!("{key}: x"), &slow, "nothing in this file would be encrypted");
    shop.write(
        ".sops.yaml",
        format!("creation_rules:\n- path_regex: ((a{{1000}}){{1000}}){{1000}}\n  age: {A}\n"),
    );
    refused(&shop, "", &["encrypt", "secret.yaml"], "path_regex");
}

#[test]
fn a_passphrase_that_takes_a_year_to_check() {
    let shop = Shop::with_encrypted();
    // An age file whose scrypt stanza asks for 2^40 rounds.
    let header = "age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 40\n";
    let body =
        "ZV/AhotwSGqaPCU43cepl4WYUouAa17a3xpu4G2yi5k\n--- fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA\n";
    shop.write("slow.age", format!("{header}{body}{}", "x".repeat(64)));
    let mut command = shop.command(&["decrypt", "--identity", "slow.age", "db.sops.yaml"]);
    command.env("SOPS_AGE_KEY_FILE", shop.path("none.txt"));
    let ran = super::feed(command, b"");
    assert!(ran.code == 1 && ran.stdout.is_empty(), "{ran:?}");
}
