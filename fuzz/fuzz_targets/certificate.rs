//! Certificates, PEM or DER, from anybody.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealkit_fuzz::sealed_secrets::certificate(bytes));
