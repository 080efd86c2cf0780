//! `cargo xtask interop`: sealkit against other implementations and the real programs.

use crate::Result;
use crate::process;
use crate::test::Report;
use crate::toolbox::Toolbox;
use crate::workspace;

pub(crate) fn run(toolbox: &Toolbox, report: &mut Report) -> Result<()> {
    run_some(toolbox, report, &[])
}

/// `cargo xtask interop [ARGUMENT…]`: the arguments are pytest's.
pub(crate) fn run_with(arguments: &[String]) -> Result<()> {
    let mut report = Report::default();
    run_some(&Toolbox::set_up()?, &mut report, arguments)?;
    report.close()
}

fn run_some(toolbox: &Toolbox, report: &mut Report, arguments: &[String]) -> Result<()> {
    process::run(process::cargo().args(["build", "-p", "sealkit-cli"]))?;
    let mut pytest = process::command(toolbox.python());
    pytest.env("SEALKIT_TEST_PROGRAM", workspace::debug_program("sealkit"));
    // -rs names each test that was skipped, and why.
    pytest.args(["-m", "pytest", "-rs", "interop"]).args(arguments);
    let tally = process::run_tests(toolbox.equip(&mut pytest))?;
    println!("{} interoperability tests ran, {} were skipped", tally.passed + tally.failed, tally.skipped);
    report.add("Interoperability", tally);
    Ok(())
}
