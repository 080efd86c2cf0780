//! Files of the size that Kubernetes takes at most.

use super::{Shop, changed_lines};

#[test]
fn ten_thousand_values() {
    let shop = Shop::new();
    let plain: String =
        (0..10_000).map(|number| format!("key{number}: \"value {number}\" # note\n")).collect();
    shop.write("large.yaml", shop.encrypt(&plain, &[]));
    let before = shop.read("large.yaml");
    assert!(before.len() > 1_500_000, "{} bytes", before.len());
    assert_eq!(shop.decrypted("large.yaml"), plain);
    shop.run_with("other", &["set", "large.yaml", "key5000", "--stdin"]).quiet();
    let after = shop.read("large.yaml");
    let changed = changed_lines(&before, &after);
    assert!(changed.len() <= 3 && changed[0].starts_with("key5000: "), "{} lines", changed.len());
}
