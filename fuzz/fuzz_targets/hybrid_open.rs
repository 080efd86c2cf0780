//! Sealed values that nobody sealed.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealkit_fuzz::sealed_secrets::opens_nothing(bytes));
