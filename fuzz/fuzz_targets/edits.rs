//! Files, and random changes to them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealkit_fuzz::edits::are_what_they_say(bytes));
