//! Command lines, spelled in several ways.
#![no_main]

use sealkit_fuzz::command_lines::{Line, spellings_agree};

libfuzzer_sys::fuzz_target!(|line: Line| spellings_agree(&line));
