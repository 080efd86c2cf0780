//! `cargo xtask TASK`: everything that a developer of sealkit runs. Each task has a file of its own.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this program talks to a developer")]

mod bench;
mod fuzz;
mod interop;
mod lint;
mod man;
mod mutants;
mod process;
mod python;
mod rust;
mod sbom;
mod tally;
mod test;
mod toolbox;
mod vectors;
mod workspace;

use std::process::ExitCode;

/// What a task ends with. The message is for the developer; there is nothing to match on.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "\
usage: cargo xtask TASK [ARGUMENT…]

  test                  set up what the tests need, and run all of them
  python                only the Python package: build the wheel, install it, test it
  wheel [FOLDER]        build the Python wheel for release, with the program in it (to target/wheels)
  rust                  only the Rust tests, with every back end
  interop [ARGUMENT…]   only the tests against other implementations and the real programs; pytest's arguments
  interop --cases N     so many generated files against the real sops, each way
  fuzz [SECONDS [TARGET…]]
                        run every fuzz target, or those named, for so many seconds each (5)
  mutants [FILE…]       break these files, or all that matter most, in small ways, and see that a test fails (hours)
  lint                  formatting, clippy, rustdoc, licences and sources of the dependencies
  bench                 time sealkit beside kubeseal, sops, rops and the bare arithmetic, against its goals
  vectors FOLDER        make test vectors again, with the real programs
  man [FOLDER]          write the manual pages (to target/man)
  sbom [FILE]           write the program's bill of materials (to target/sealkit.cdx.json)
  setup                 only set up what the tests need, under target/xtask";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((task, arguments)) = arguments.split_first() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let outcome = match task.as_str() {
        "test" => test::run(),
        "interop" => interop::run_with(arguments),
        "man" => man::run(arguments),
        "python" => test::run_only(python::run),
        "wheel" => python::wheel(arguments),
        "rust" => test::run_only(rust::run),
        "bench" => bench::run(),
        "fuzz" => fuzz::run_for(arguments),
        "lint" => lint::run(),
        "mutants" => mutants::run(arguments),
        "sbom" => sbom::run(arguments),
        "setup" => toolbox::Toolbox::set_up().map(drop),
        "vectors" => vectors::run(arguments),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(format!("there is no task `{other}`\n\n{USAGE}").into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
