//! The metadata of SOPS files, in every format.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealkit_fuzz::sops_parts::metadata(bytes));
