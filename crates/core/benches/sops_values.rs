//! The parts of SOPS below a file: values, the MAC, selection, wrapped data keys.
//!
//! `cargo bench -p sealkit --bench sops_values`; a name after `--` chooses some of them.
//! Reach: ten thousand values in a few milliseconds; a mebibyte of one value at a third of what `openssl speed` says of
//! AES-256-GCM, base64 aside.
#![allow(missing_docs, reason = "a program")]

use divan::Bencher;
use divan::counter::BytesCount;
use sealkit::age::{Identities, KeygenKind, Prompts, Recipient, keygen};
use sealkit::document::Value;
use sealkit::sops::{Cipher, DataKey, Mac, MacScope, Selection, SelectionRule, Walk};

const VALUES: usize = 10_000;
const PATH: &str = "stringData:password:";

fn main() {
    divan::main();
}

fn cipher() -> Cipher {
    Cipher::new(&DataKey::from_bytes(&[7; 32]).expect("32 bytes"))
}

fn value(len: usize) -> Value {
    Value::string("x".repeat(len))
}

#[divan::bench(args = [20, 100, 1000])]
fn encrypt_ten_thousand(bencher: Bencher<'_, '_>, len: usize) {
    let value = value(len);
    bencher.with_inputs(|| (cipher(), String::with_capacity(VALUES * (len * 2 + 150)))).bench_values(
        |(mut cipher, mut output)| {
            for _ in 0..VALUES {
                cipher.encrypt(&value, PATH, &mut output).expect("it can be encrypted");
            }
            output
        },
    );
}

#[divan::bench(args = [20, 100, 1000])]
fn decrypt_ten_thousand(bencher: Bencher<'_, '_>, len: usize) {
    let mut cipher = cipher();
    let mut text = String::new();
    cipher.encrypt(&value(len), PATH, &mut text).expect("it can be encrypted");
    bencher.bench_local(|| {
        for _ in 0..VALUES {
            divan::black_box(cipher.decrypt(divan::black_box(&text), PATH).expect("it is its own"));
        }
    });
}

#[divan::bench]
fn encrypt_sixteen_mebibytes(bencher: Bencher<'_, '_>) {
    let value = value(16 << 20);
    let mut cipher = cipher();
    bencher.counter(BytesCount::new(16_usize << 20)).bench_local(|| {
        let mut output = String::new();
        cipher.encrypt(&value, PATH, &mut output).expect("it can be encrypted");
        output
    });
}

#[divan::bench]
fn mac_of_ten_thousand(bencher: Bencher<'_, '_>) {
    let value = value(20);
    bencher.bench(|| {
        let mut mac = Mac::new(MacScope::AllValues);
        (0..VALUES).for_each(|_| mac.update(&value, true));
        mac.finish()
    });
}

#[divan::bench(args = ["unencrypted_suffix", "encrypted_regex"])]
fn walk_ten_thousand(bencher: Bencher<'_, '_>, field: &str) {
    let rule = SelectionRule::from_field(field, "^(data|stringData)$").expect("a field of a rule");
    let selection = Selection::new(&rule).expect("a regular expression");
    bencher.bench(|| {
        let mut walk = Walk::new(&selection);
        let mut selected = 0;
        walk.enter_key("stringData");
        for _ in 0..VALUES {
            walk.enter_key("password");
            selected += usize::from(walk.is_selected());
            walk.leave();
        }
        selected
    });
}

fn kinds() -> impl Iterator<Item = &'static str> {
    ["X25519", "hybrid"].into_iter()
}

fn key(kind: &str) -> (Recipient, Identities) {
    let kind = if kind == "hybrid" { KeygenKind::Hybrid } else { KeygenKind::X25519 };
    let file = keygen(kind).expect("random bytes");
    let recipient = file.recipient.parse().expect("a recipient");
    (recipient, Identities::from_text(&file.contents, "key"))
}

#[divan::bench]
fn read_identities(bencher: Bencher<'_, '_>) {
    let file = keygen(KeygenKind::X25519).expect("random bytes");
    bencher.bench(|| Identities::from_text(&file.contents, "key"));
}

#[divan::bench(args = kinds())]
fn wrap_data_key(bencher: Bencher<'_, '_>, kind: &str) {
    let (recipient, _) = key(kind);
    let prompts = Prompts::default();
    bencher.bench(|| recipient.encrypt(&[7; 32], &prompts).expect("it can be wrapped"));
}

#[divan::bench(args = kinds())]
fn unwrap_data_key(bencher: Bencher<'_, '_>, kind: &str) {
    let (recipient, identities) = key(kind);
    let wrapped = recipient.encrypt(&[7; 32], &Prompts::default()).expect("it can be wrapped");
    bencher.bench_local(|| identities.open(&wrapped, "").expect("it is its own"));
}
