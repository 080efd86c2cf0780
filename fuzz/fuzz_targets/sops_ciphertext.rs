//! Any text as an encrypted value.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealkit_fuzz::sops_parts::ciphertext(bytes));
