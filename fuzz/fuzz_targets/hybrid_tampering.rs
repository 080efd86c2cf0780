//! Sealed values that somebody changed.
#![no_main]

libfuzzer_sys::fuzz_target!(|tampering: sealkit_fuzz::sealed_secrets::Tampering<'_>| tampering.is_noticed());
