//! `cargo xtask man`: the manual pages, from the command lines as the program describes them.

use crate::process;
use crate::{Result, workspace};

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let folder = match arguments {
        [] => workspace::target().join("man"),
        [folder] => workspace::root().join(folder),
        _ => return Err("usage: cargo xtask man [FOLDER]".into()),
    };
    // An example of the program's crate, so that the other tasks need not build it.
    process::run(
        process::cargo().args(["run", "--quiet", "-p", "sealkit-cli", "--example", "man", "--"]).arg(&folder),
    )?;
    println!("{}", folder.display());
    Ok(())
}
