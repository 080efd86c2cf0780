//! Command lines of any words.
#![no_main]

libfuzzer_sys::fuzz_target!(|words: Vec<String>| sealkit_fuzz::command_lines::any_words(&words));
