//! The command line of `sops`.

use std::ffi::OsString;

use crate::{Console, Failure};

/// Runs the front end; `arguments` begins with the program's name.
pub(crate) fn run(_arguments: &[OsString], _console: &mut Console<'_>) -> Result<(), Failure> {
    Err(Failure::message("this version of sealkit does not stand in for sops yet"))
}
