//! Secrets in YAML and JSON, to be sealed.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealkit_fuzz::sealed_secrets::secrets(bytes));
