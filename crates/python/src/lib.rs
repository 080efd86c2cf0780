//! The Python module `sealkit._sealkit`: what the modules under `python/sealkit` are made of. Only they use it.
//!
//! Whatever computes lets other threads of the interpreter run. Input is copied before that, into memory that is wiped.
#![forbid(unsafe_code)]

use pyo3::prelude::*;

mod error;
mod input;
mod live_file;
mod sealed_secrets;
mod sops;
mod values;

/// The module.
#[pymodule(gil_used = false)]
#[pyo3(name = "_sealkit")]
mod module {
    #[pymodule_export]
    use super::live_file::LiveFile;
    #[pymodule_export]
    use super::sealed_secrets::{Certificate, Keyring, reseal, seal, seal_value, set_value, unseal};
    #[pymodule_export]
    use super::sops::{
        decrypt, decrypt_bytes, encrypt, format_of, is_encrypted, keygen, recipients, rotate, update_keys,
    };
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "the name that Python knows it by")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
