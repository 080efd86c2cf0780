//! Encrypted files whose plaintext changes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealkit_fuzz::sops::update(bytes));
