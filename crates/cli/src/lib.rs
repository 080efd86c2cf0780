//! The sealkit program as a library, so that tests can call it and `xtask` can print its manual pages.
//!
//! Three front ends stand over the one library [`sealkit`](::sealkit): our own commands, and the command lines of
//! `kubeseal` and `sops`. [`run`] picks one, by the name that the program was started under or by its first word.
//!
//! - [`Request`]: a command line that was read, to be carried out.
//! - [`Console`]: where a command reads and writes: the standard streams and the environment, or a test's buffers.
//! - [`Failure`]: an error on its way out, with the exit code that goes with it.
//! - [`atomic_file`]: the one way in which files are written.
//! - [`input`]: the one way in which files and standard input are read, bounded and wiped.
//! - [`certificate_source`]: a certificate from a file or a URL.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::process::ExitCode;

pub mod atomic_file;
pub mod certificate_source;
pub mod console;
pub mod failure;
pub mod front_end;
mod hardening;
pub mod input;
mod kubeseal;
mod request;
mod sealkit;
mod secret_builder;
mod sops;
mod sops_requests;

pub use console::{Console, Environment};
pub use failure::Failure;
pub use hardening::keep_memory_private;
pub use request::Request;

/// Runs the program: `arguments` begins with the name that it was started under.
///
/// Data goes to the console's output, messages (`error: …` for a failure) to its message stream; the result is the exit
/// code, as docs/exit-codes.md lists them.
pub fn run(arguments: impl IntoIterator<Item = OsString>, console: &mut Console<'_>) -> ExitCode {
    let outcome = Request::read(arguments, &console.environment);
    let outcome = outcome.and_then(|request| request.carry_out(console));
    let outcome = outcome.and_then(|()| Ok(console.flush()?));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(console),
    }
}

/// The command lines of the front ends as clap describes them, for manual pages; each is named as the program then is.
#[must_use]
pub fn commands() -> Vec<clap::Command> {
    vec![sealkit::command(), kubeseal::command(), sops::command()]
}
