//! Data keys in shares.
#![no_main]

use sealkit_fuzz::key_groups::{Sharing, recover};

libfuzzer_sys::fuzz_target!(|sharing: Sharing| recover(&sharing));
