//! `cargo xtask fuzz`: every fuzz target for a few seconds, from the test vectors and from what earlier runs found.
//!
//! Coverage comes from flags that the stable compiler has, so no nightly is needed. There is no sanitizer: sealkit's own code
//! is safe Rust, and the targets look for broken laws. `cargo +nightly fuzz run` in fuzz/ adds one.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::process;
use crate::tally::Tally;
use crate::test::Report;
use crate::toolbox::Toolbox;
use crate::workspace;

/// How long each target runs among the tests.
const SECONDS: u32 = 5;

/// Larger inputs say little more and take the time of many small ones.
const LONGEST_INPUT: usize = 4096;

/// Where targets that read a file format find files to begin with. The others make their own inputs.
const SEEDS: [(&str, &[&str]); 16] = [
    ("age_keys", &["test-vectors/sops/keys"]),
    ("certificate", &["test-vectors/sealed-secrets/keys"]),
    ("conversion", &["examples", "test-vectors/sops/plain", "test-vectors/sops/decrypted"]),
    ("dotenv", &["examples", "test-vectors"]),
    ("edits", &["examples", "test-vectors/kubeseal/inputs", "test-vectors/sops/plain"]),
    ("ini", &["examples", "test-vectors"]),
    ("json", &["test-vectors"]),
    ("keyring", &["test-vectors/sealed-secrets/keys"]),
    (
        "sealed_secrets",
        &["examples", "test-vectors/sealed-secrets/resources", "test-vectors/kubeseal/inputs"],
    ),
    ("secrets", &["examples", "test-vectors/sealed-secrets/resources", "test-vectors/kubeseal/inputs"]),
    ("sops_binary", &["test-vectors/sops/plain"]),
    ("sops_round_trip", &["examples", "test-vectors/kubeseal/inputs", "test-vectors/sops"]),
    ("sops_update", &["examples", "test-vectors/kubeseal/inputs", "test-vectors/sops/plain"]),
    ("sops_config", &["examples/gitops"]),
    ("sops_metadata", &["test-vectors/sops/encrypted"]),
    ("yaml", &["examples", "test-vectors"]),
];

pub(crate) fn run(toolbox: &Toolbox, report: &mut Report) -> Result<()> {
    // The same beginning each time: what is tested should not depend on luck more than it must.
    run_targets(toolbox, report, &Limits { seconds: SECONDS, seed: Some(1) }, &[])
}

/// `cargo xtask fuzz [SECONDS [TARGET…]]`
pub(crate) fn run_for(arguments: &[String]) -> Result<()> {
    let (seconds, targets) = match arguments.split_first() {
        None => (SECONDS, &[][..]),
        Some((seconds, targets)) => {
            (seconds.parse().map_err(|_| format!("not a number of seconds: {seconds}"))?, targets)
        }
    };
    let mut report = Report::default();
    run_targets(&Toolbox::set_up()?, &mut report, &Limits { seconds, seed: None }, targets)?;
    report.close()
}

/// How a target is run.
struct Limits {
    seconds: u32,
    /// Where the fuzzer's own randomness begins; anywhere if there is none.
    seed: Option<u32>,
}

fn run_targets(toolbox: &Toolbox, report: &mut Report, limits: &Limits, chosen: &[String]) -> Result<()> {
    let folder = workspace::root().join("fuzz");
    // The same versions as the workspace's, and the few crates more that fuzzing needs.
    fs::copy(workspace::root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let all = process::output(toolbox.equip(process::cargo().args(["fuzz", "list"]).current_dir(&folder)))?;
    let all: Vec<&str> = all.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if let Some(unknown) = chosen.iter().find(|target| !all.contains(&target.as_str())) {
        return Err(format!("there is no fuzz target `{unknown}`: there are {}", all.join(", ")).into());
    }
    process::run(&mut fuzz(toolbox, &folder, "build"))?;
    for target in all {
        if chosen.is_empty() || chosen.iter().any(|name| name == target) {
            run_target(toolbox, &folder, target, limits, report)?;
        }
    }
    Ok(())
}

fn run_target(
    toolbox: &Toolbox,
    folder: &Path,
    target: &str,
    limits: &Limits,
    report: &mut Report,
) -> Result<()> {
    // New inputs go to the first corpus named; the seeds are only read.
    let corpus = folder.join("corpus").join(target);
    fs::create_dir_all(&corpus)?;
    let seeds = SEEDS.iter().find(|(name, _)| *name == target).map_or(&[][..], |(_, folders)| folders);
    let mut command = fuzz(toolbox, folder, "run");
    command.arg(target).arg(corpus).args(seeds.iter().map(|folder| workspace::root().join(folder)));
    command
        .arg("--")
        .arg(format!("-max_total_time={}", limits.seconds))
        .arg(format!("-max_len={LONGEST_INPUT}"));
    command.args(["-timeout=20", "-print_final_stats=1"]);
    command.args(limits.seed.map(|seed| format!("-seed={seed}")));
    let (passed, messages) = process::run_quietly(&mut command)?;
    let runs =
        messages.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:")).unwrap_or("0");
    if passed {
        println!("{target}: {} runs in {} seconds, no law broken", runs.trim(), limits.seconds);
    } else {
        for line in messages.lines().filter(|line| says_what_broke(line)) {
            println!("{line}");
        }
    }
    report.add(format!("fuzz: {target}"), Tally::one(passed));
    Ok(())
}

/// Whether a line of a failed run is about the failure. The rest is the fuzzer's progress, and the input byte by byte.
fn says_what_broke(line: &str) -> bool {
    !["#", "INFO:", "WARNING:", "\t[", "stat::"].iter().any(|noise| line.starts_with(noise))
}

/// `cargo fuzz SUBCOMMAND` with the options that building and running must share, in the folder of the targets.
fn fuzz(toolbox: &Toolbox, folder: &Path, subcommand: &str) -> Command {
    let mut command = process::cargo();
    command.current_dir(folder).args(["fuzz", subcommand, "--sanitizer", "none", "--target-dir"]);
    command.arg(workspace::target().join("fuzz"));
    toolbox.equip(&mut command);
    command
}
