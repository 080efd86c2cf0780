//! Files in one format, written in another.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealkit_fuzz::conversion::keeps_values(bytes));
