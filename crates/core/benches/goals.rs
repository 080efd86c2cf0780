//! What the library does beside the arithmetic that it can't do without, each with the goal that it is to reach.
//!
//! `cargo xtask bench` runs this, and says in `OPENSSL_AES_256_GCM` how many bytes `openssl speed` encrypts in a second.
//! Ours and the bare operation take turns, so that whatever else the machine does falls on both.
#![allow(missing_docs, reason = "a program")]
#![allow(clippy::print_stdout, reason = "a program")]

use std::time::{Duration, Instant};

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U32;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::aes::Aes256;
use sealkit::document::{Format, Value};
use sealkit::sealed_secrets::{Certificate, Keyring, Scope, SealedSecret, Secret, hybrid};
use sealkit::sops::{
    Cipher, CreationRule, DataKey, EncryptedFile, MacCheck, WhenNothingSelected, encrypt_file,
};

const MEBIBYTES: usize = 16 << 20;
/// Nothing is wrapped for it here.
const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test-vectors/sealed-secrets/keys");

fn main() {
    println!("Library, milliseconds, median by turns\n");
    println!("{:<44} {:>9} {:>9} {:>7}  goal", "", "sealkit", "bare", "times");
    sealing();
    unsealing();
    ciphers();
    growth();
}

/// One line of the table; at most `goal` times what the bare operation takes.
fn print_row(title: &str, [ours, bare]: [Duration; 2], goal: f64) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    let reached = if ratio <= goal { "reached" } else { "missed" };
    let (ours, bare) = (milliseconds(ours), milliseconds(bare));
    println!("{title:<44} {ours:>9.3} {bare:>9.3} {ratio:>7.2}  at most {goal:.2}: {reached}");
}

/// The median times of two jobs that take turns.
fn by_turns<A, B>(rounds: usize, mut one: impl FnMut() -> A, mut other: impl FnMut() -> B) -> [Duration; 2] {
    let mut times = [const { Vec::new() }; 2];
    for _ in 0..rounds {
        let begin = Instant::now();
        divan::black_box(one());
        let middle = Instant::now();
        divan::black_box(other());
        times[0].push(middle - begin);
        times[1].push(middle.elapsed());
    }
    times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    })
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(format!("{KEYS}/{name}")).expect("a test key")
}

fn sealing() {
    use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
    let certificate = Certificate::from_pem(read("test-rsa4096.crt")).expect("a test certificate");
    let label = Scope::Strict.label("web", "app");
    let key = PublicEncryptingKey::from_der(&certificate.public_key().to_spki_der()).expect("a key");
    let key = OaepPublicEncryptingKey::new(key).expect("a key");
    let mut output = vec![0; key.ciphertext_size()];
    let times = by_turns(
        2000,
        || hybrid::seal(b"correct horse battery staple", certificate.public_key(), &label),
        || {
            key.encrypt(&OAEP_SHA256_MGF1SHA256, &[7; 32], &mut output, Some(b"web/app"))
                .map(|text| text.len())
        },
    );
    print_row("seal one value / RSA public operation", times, 1.2);
}

fn unsealing() {
    use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
    let certificate = Certificate::from_pem(read("test-rsa4096.crt")).expect("a test certificate");
    let keyring = Keyring::from_pem(read("test-rsa4096.key")).expect("a test key");
    let mut secret = Secret::new("app");
    secret.set_namespace("web");
    for number in 0..100 {
        secret.set(format!("key-{number}"), b"correct horse".to_vec());
    }
    let sealed = SealedSecret::seal(&secret, &certificate, Scope::Strict).expect("it can be sealed");

    let label = Scope::Strict.label("web", "app");
    let value = hybrid::seal(b"value", certificate.public_key(), &label).expect("it can be sealed");
    let session_key = &value[2..2 + 512];
    let key = PrivateDecryptingKey::from_pkcs8(&pkcs8(&keyring)).expect("a key");
    let key = OaepPrivateDecryptingKey::new(key).expect("a key");
    let mut output = vec![0; key.min_output_size()];
    let mut bare = || {
        for _ in 0..100 {
            let opened = key.decrypt(&OAEP_SHA256_MGF1SHA256, session_key, &mut output, Some(b"web/app"));
            divan::black_box(opened.map(|opened| opened.len()).expect("it is its own"));
        }
    };
    let unseal = || sealed.unseal(&keyring).expect("they are its own");
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be started");
    let times = by_turns(15, || one_thread.install(unseal), &mut bare);
    print_row("unseal 100, one thread / 100 private op.", times, 1.1);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let times = by_turns(15, unseal, &mut bare);
    print_row(&format!("unseal 100, {cores} threads / 100 private op."), times, 1.1 / cores as f64);
}

fn pkcs8(keyring: &Keyring) -> Vec<u8> {
    let pem = keyring.keys()[0].to_pkcs8_pem();
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, base64).expect("base64")
}

/// AES-256-GCM of 16 MiB in one piece, beside OpenSSL, and as a value of a SOPS file: there it becomes base64, too.
fn ciphers() {
    let rate = std::env::var("OPENSSL_AES_256_GCM").ok().and_then(|rate| rate.parse::<f64>().ok());
    let openssl = rate.map(|rate| Duration::from_secs_f64(MEBIBYTES as f64 / rate));
    let gcm = AesGcm::<Aes256, U32>::new(&[7; 32].into());
    let mut bytes = vec![b'x'; MEBIBYTES];
    let mut cipher = Cipher::new(&DataKey::from_bytes(&[7; 32]).expect("32 bytes"));
    let value = Value::string("x".repeat(MEBIBYTES));
    let mut output = String::new();
    let [whole, bare] = by_turns(
        15,
        || {
            output.clear();
            cipher.encrypt(&value, "data:", &mut output)
        },
        || gcm.encrypt_inout_detached(&[9; 32].into(), b"data:", bytes.as_mut_slice().into()),
    );
    match openssl {
        Some(openssl) => {
            print_row("AES-GCM of 16 MiB / openssl speed", [bare, openssl], 3.0);
            print_row("… as a value, in base64 / openssl speed", [whole, openssl], 3.0);
        }
        None => {
            println!("AES-GCM of 16 MiB: {bare:.2?}; as a value: {whole:.2?}; no openssl to compare with");
        }
    }
}

/// Four times as many values may take four times as long, and a quarter for what grows with the caches' misses.
fn growth() {
    let key = DataKey::from_bytes(&[7; 32]).expect("32 bytes");
    let file = |count: usize| {
        let plaintext: String = (0..count).map(|number| format!("key-{number}: value {number}\n")).collect();
        let recipient = RECIPIENT.parse().expect("a recipient");
        let metadata = CreationRule::for_age([recipient]).metadata();
        let when = WhenNothingSelected::Refuse;
        encrypt_file(plaintext.as_bytes(), Format::Yaml, metadata, &key, when).expect("it can be").text
    };
    let [small, large] = [10_000, 40_000].map(file);
    let decrypt = |text: &str| {
        let file = EncryptedFile::parse(text.as_bytes(), Format::Yaml).expect("it is one of ours");
        file.decrypt_with(&key, MacCheck::Require).expect("it is one of ours")
    };
    let times = by_turns(15, || decrypt(&large), || decrypt(&small));
    print_row("decrypt 40,000 values / 10,000 values", times, 5.0);
}
