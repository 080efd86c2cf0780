//! Any bytes, encrypted as one value, decrypted and changed.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealkit_fuzz::sops::binary(bytes));
