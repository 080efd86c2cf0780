//! The `sealkit` program. Everything it does is in the library `sealkit_cli`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    sealkit_cli::keep_memory_private();
    sealkit_cli::run(std::env::args_os(), &mut sealkit_cli::Console::of_process())
}
