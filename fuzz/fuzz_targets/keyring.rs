//! Private keys in PEM.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealkit_fuzz::sealed_secrets::keyring(bytes));
