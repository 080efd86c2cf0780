//! `cargo xtask rust`: unit tests, documentation tests and end-to-end tests, with each choice of RSA back end.

use crate::Result;
use crate::process;
use crate::test::Report;
use crate::toolbox::Toolbox;

/// Arguments to `cargo test`, for each choice of features that changes what is built.
const RUNS: [(&str, &[&str]); 3] = [
    // The Python package has tests of its own, which need Python around them.
    ("Rust, default features", &["--workspace", "--exclude", "sealkit-python"]),
    (
        "Rust, pure-rust alone",
        &["-p", "sealkit", "-p", "sealkit-cli", "--no-default-features", "--features", "pure-rust"],
    ),
    ("Rust, both back ends", &["-p", "sealkit", "--features", "pure-rust"]),
];

pub(crate) fn run(toolbox: &Toolbox, report: &mut Report) -> Result<()> {
    for (name, arguments) in RUNS {
        let mut test = process::cargo();
        // The same generated cases each time: what is tested should not depend on luck more than it must.
        test.env("PROPTEST_RNG_SEED", std::env::var_os("PROPTEST_RNG_SEED").unwrap_or_else(|| "1".into()));
        toolbox.point_out(test.arg("test").args(arguments).arg("--no-fail-fast"));
        report.add(name, process::run_tests(&mut test)?);
    }
    Ok(())
}
