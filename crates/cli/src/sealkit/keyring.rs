//! The private keys that commands open SealedSecrets with.

use std::path::PathBuf;

use clap::Args;
use sealkit::sealed_secrets::Keyring;

use super::resources::ResourceFile;
use crate::input::Source;
use crate::{Console, Failure};

/// The arguments that say where the private keys are.
#[derive(Args, PartialEq)]
#[command(next_help_heading = "Private keys")]
pub(super) struct KeyArguments {
    /// A file with private keys: PEM, or a backup of the controller's key Secrets in YAML or JSON. May be repeated; - is
    /// standard input
    #[arg(long = "key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
}

impl KeyArguments {
    /// Whether the keys come from standard input.
    pub(super) fn take_stdin(&self) -> bool {
        self.keys.iter().any(|path| path.as_os_str() == "-")
    }

    /// Reads all keys in all the files; warns of what is there and can't be used.
    ///
    /// # Errors
    /// When a file can't be read, or there is no key in it that can be used.
    pub(super) fn read(&self, console: &mut Console<'_>) -> Result<Keyring, Failure> {
        read(&self.keys, console)
    }
}

/// Reads all keys in the files at `paths`; warns of what is there and can't be used.
///
/// # Errors
/// When a file can't be read, or there is no key in it that can be used.
pub(super) fn read(paths: &[PathBuf], console: &mut Console<'_>) -> Result<Keyring, Failure> {
    let mut keyring = Keyring::new();
    for path in paths {
        let ResourceFile { source, text } = ResourceFile::read(Source::from_argument(path), console)?;
        let keys = Keyring::parse(text.text.as_bytes()).map_err(|error| {
            Failure::because(format!("could not read the private keys in {source}"), error)
        })?;
        for skipped in keys.skipped() {
            console.warn(format_args!("{source}: {skipped}"));
        }
        keyring.append(keys);
    }
    Ok(keyring)
}
