//! Values, encrypted, damaged and decrypted.
#![no_main]

use sealkit_fuzz::sops_parts::{Secret, value};

libfuzzer_sys::fuzz_target!(|secret: Secret| value(&secret));
