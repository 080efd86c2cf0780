//! SealedSecrets in YAML and JSON, from anybody.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealkit_fuzz::sealed_secrets::sealed_secrets(bytes));
