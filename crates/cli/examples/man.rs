//! Writes the manual pages into the folder named: `cargo xtask man`.
#![allow(clippy::print_stderr, reason = "a tool for developers")]

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: man FOLDER");
        return ExitCode::from(2);
    };
    let written = std::fs::create_dir_all(&folder).and_then(|()| {
        sealkit_cli::commands().into_iter().try_for_each(|command| clap_mangen::generate_to(command, &folder))
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot write the manual pages to {}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}
