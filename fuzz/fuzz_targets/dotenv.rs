//! dotenv files, whole and untrusted.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealkit_fuzz::document::reads(
    bytes,
    sealkit::document::Format::Dotenv
));
