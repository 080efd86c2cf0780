//! Files, encrypted and decrypted.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealkit_fuzz::sops::round_trip(bytes));
