//! `cargo xtask interop`: sealkit against other implementations and the real programs.

use crate::Result;
use crate::process;
use crate::test::Report;
use crate::toolbox::Toolbox;
use crate::workspace;

pub(crate) fn run(toolbox: &Toolbox, report: &mut Report) -> Result<()> {
    run_some(toolbox, report, &[])
}

/// `cargo xtask interop --cases N`: so many generated files against the real sops, each way. `cargo xtask interop
/// [ARGUMENT…]`: the other tests; the arguments are pytest's.
pub(crate) fn run_with(arguments: &[String]) -> Result<()> {
    let mut report = Report::default();
    let toolbox = Toolbox::set_up()?;
    match arguments {
        [flag, cases] if flag == "--cases" => generated(&toolbox, &mut report, cases)?,
        arguments => run_some(&toolbox, &mut report, arguments)?,
    }
    report.close()
}

fn generated(toolbox: &Toolbox, report: &mut Report, cases: &str) -> Result<()> {
    let mut test = process::cargo();
    test.args(["test", "-p", "sealkit", "--test", "sops_program", "--", "--nocapture"]);
    let tally = process::run_tests(toolbox.point_out(test.env("SEALKIT_TEST_CASES", cases)))?;
    report.add(format!("{cases} generated files against sops, each way"), tally);
    Ok(())
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
