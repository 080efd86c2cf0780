//! `cargo xtask vectors`: makes test vectors again, with the real programs of the test environment.
//!
//! Sealing is random, so every ciphertext comes out different. Look at the difference before you commit it.

use std::path::PathBuf;

use crate::toolbox::Toolbox;
use crate::{Result, process, workspace};

const USAGE: &str = "\
usage: cargo xtask vectors FOLDER [ARGUMENT…]

  kubeseal [PROGRAM]        what the real kubeseal does with each command line
  sealed-secrets [PROGRAM]  whole resources through the real kubeseal, and the manifest

PROGRAM is a kubeseal other than that of the test environment.
The README files under test-vectors say how the others were made.";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (folder, program) = match arguments {
        [folder] => (folder.as_str(), None),
        [folder, program] => (folder.as_str(), Some(PathBuf::from(program))),
        _ => return Err(USAGE.into()),
    };
    let toolbox = Toolbox::set_up()?;
    let kubeseal = program.or_else(|| toolbox.kubeseal().map(PathBuf::from));
    let kubeseal = kubeseal.ok_or("there is no real kubeseal on this machine: install Go, or name one")?;
    let run = |script: &str, program: Option<&PathBuf>| {
        let script = workspace::root().join("test-vectors").join(script);
        let mut python = process::command(toolbox.python());
        process::run(toolbox.equip(&mut python).arg(script).args(program))
    };
    match folder {
        "kubeseal" => run("kubeseal/record.py", Some(&kubeseal)),
        "sealed-secrets" => {
            run("sealed-secrets/generate/resources.py", Some(&kubeseal))?;
            run("sealed-secrets/generate/manifest.py", None)
        }
        _ => Err(USAGE.into()),
    }
}
