//! `cargo xtask bench`: sealkit beside the programs and primitives that it is measured against, all in one run.
//!
//! Whole processes are timed by turns, one run of each after the other, so that whatever else the machine does
//! falls on all of them alike. The figure is the median.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::toolbox::Toolbox;
use crate::workspace;
use crate::{process, python};

const WARM_UPS: usize = 3;
const ROUNDS: usize = 41;

/// A job whose rounds take longer than this gets as few as that.
const LONGEST: Duration = Duration::from_secs(15);
const FEWEST_ROUNDS: usize = 5;

/// One job, done by several programs.
struct Job {
    name: String,
    /// What it should take at most.
    goal: Goal,
    ours: Work,
    theirs: Option<Work>,
}

/// A program, its arguments, and what it reads on standard input.
struct Work {
    program: PathBuf,
    arguments: Vec<String>,
    environment: Option<(&'static str, PathBuf)>,
    input: Option<PathBuf>,
}

enum Goal {
    /// So much longer than starting a program that does nothing.
    OverNothing(Duration),
    /// So many times as fast as the peer.
    TimesAsFast(f64),
    /// So long in all.
    Total(Duration),
}

pub(crate) fn run() -> Result<()> {
    let toolbox = Toolbox::set_up()?;
    for missing in toolbox.missing() {
        eprintln!("note: {missing}");
    }
    process::run(process::cargo().args(["build", "--release", "-p", "sealkit-cli"]))?;
    let sealkit =
        workspace::target().join("release").join(format!("sealkit{}", std::env::consts::EXE_SUFFIX));
    let mut jobs = sealed_secrets(&sealkit, toolbox.kubeseal())?;
    jobs.extend(sops_files(&sealkit, toolbox.sops().as_deref())?);
    println!("\nWhole processes, median of up to {ROUNDS} runs by turns, milliseconds\n");
    println!("{:<36} {:>9} {:>9} {:>9} {:>12}  goal", "", "nothing", "sealkit", "peer", "peer/sealkit");
    for job in &jobs {
        measure(job)?;
    }
    print_sizes(&sealkit, toolbox.kubeseal())?;
    println!();
    python::bench(&toolbox)?;
    println!();
    let features = ["--features", "pure-rust"];
    process::run(
        process::cargo()
            .args(["bench", "--quiet", "-p", "sealkit", "--bench", "sealed_secrets"])
            .args(features),
    )
}

/// Sealed Secrets, with a key of 4,096 bits, in the place of kubeseal.
fn sealed_secrets(sealkit: &Path, kubeseal: Option<&Path>) -> Result<Vec<Job>> {
    let folder = workspace::target().join("xtask/bench");
    fs::create_dir_all(&folder)?;
    let keys = workspace::root().join("test-vectors/sealed-secrets/keys");
    let certificate = keys.join("test-rsa4096.crt").display().to_string();
    let key = keys.join("test-rsa4096.key").display().to_string();
    let seal = ["--cert", &certificate, "-o", "yaml"];
    let unseal = ["--recovery-unseal", "--recovery-private-key", &key];

    let one = write_secret(&folder.join("one.yaml"), 1)?;
    let hundred = write_secret(&folder.join("hundred.yaml"), 100)?;
    let sealed = folder.join("hundred-sealed.yaml");
    let mut seal_hundred = Command::new(sealkit);
    seal_hundred.arg("kubeseal").args(seal).stdin(File::open(&hundred)?).stdout(File::create(&sealed)?);
    process::run(&mut seal_hundred)?;

    let job = |name: &str, goal, arguments: &[&str], input: Option<&PathBuf>| Job {
        name: name.to_owned(),
        goal,
        ours: Work::new(sealkit, &[&["kubeseal"], arguments].concat(), input),
        theirs: kubeseal.map(|kubeseal| Work::new(kubeseal, arguments, input)),
    };
    let milliseconds = |count| Goal::Total(Duration::from_millis(count));
    let over = Goal::OverNothing(Duration::from_micros(1500));
    Ok(vec![
        job("start-up (--version)", Goal::OverNothing(Duration::from_micros(1500)), &["--version"], None),
        job("seal one value", over, &seal, Some(&one)),
        job("seal a hundred values", milliseconds(10), &seal, Some(&hundred)),
        job("unseal a hundred values", milliseconds(100), &unseal, Some(&sealed)),
    ])
}

/// SOPS files of every format with an age key, of 5 values and of 10,000 (1.5 MB encrypted), beside sops.
fn sops_files(sealkit: &Path, sops: Option<&Path>) -> Result<Vec<Job>> {
    let folder = workspace::target().join("xtask/bench");
    let key = workspace::root().join("test-vectors/sops/keys/test-x25519-a.txt");
    let text = fs::read_to_string(&key)?;
    let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: "));
    let recipient = recipient.ok_or("the test key does not name its recipient")?;
    let mut jobs = Vec::new();
    let sizes = [("5 values", 5, 10.0), ("10,000 values", 10_000, 25.0)];
    let all =
        ["yaml", "json", "env", "ini", "bin"].into_iter().flat_map(|ending| sizes.map(|size| (ending, size)));
    for (ending, (size, count, goal)) in all {
        // sops itself is quick where it need not print a tree.
        let goal = if matches!(ending, "yaml" | "json") { goal } else { 3.0 };
        let plain = folder.join(format!("plain-{count}.{ending}"));
        io_write(&plain, &plaintext(ending, count))?;
        let encrypted = folder.join(format!("encrypted-{count}.{ending}"));
        let (plain, shown) = (plain.display().to_string(), encrypted.display().to_string());
        let encrypt = ["encrypt", "--age", recipient, &plain];
        process::run(Command::new(sealkit).args(encrypt).stdout(File::create(&encrypted)?))?;
        let works = [("encrypt", encrypt.to_vec()), ("decrypt", vec!["decrypt", &shown])];
        for (verb, arguments) in works {
            let work = |program| Work::new(program, &arguments, None).with("SOPS_AGE_KEY_FILE", &key);
            let theirs = sops.map(work);
            jobs.push(Job {
                name: format!("{verb} {size}, .{ending}"),
                goal: Goal::TimesAsFast(goal),
                ours: work(sealkit),
                theirs,
            });
        }
    }
    Ok(jobs)
}

/// A plain file of so many values, in the format of files with this ending; a binary one is of their length.
fn plaintext(ending: &str, count: usize) -> String {
    let values = (0..count).map(|index| format!("a value of {index} words"));
    let lines = |form: fn(usize, String) -> String| {
        values.clone().enumerate().map(move |(index, value)| form(index, value))
    };
    match ending {
        "env" => lines(|index, value| format!("KEY_{index}={value}\n")).collect(),
        "ini" => {
            let lines: String = lines(|index, value| format!("key-{index} = {value}\n")).collect();
            format!("[section]\n{lines}")
        }
        "json" => {
            let members: Vec<_> = lines(|index, value| format!("  \"key-{index}\": \"{value}\"")).collect();
            format!("{{\n{}\n}}\n", members.join(",\n"))
        }
        "yaml" => lines(|index, value| format!("key-{index}: {value}\n")).collect(),
        _ => lines(|_, value| value + "\n").collect(),
    }
}

fn write_secret(path: &Path, values: usize) -> Result<PathBuf> {
    let mut text =
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\n  namespace: web\nstringData:\n".to_owned();
    for index in 0..values {
        text.push_str(&format!("  key-{index}: value number {index}, as long as a password\n"));
    }
    io_write(path, &text)?;
    Ok(path.to_owned())
}

fn io_write(path: &Path, text: &str) -> std::io::Result<()> {
    std::io::Write::write_all(&mut File::create(path)?, text.as_bytes())
}

impl Work {
    fn new(program: &Path, arguments: &[&str], input: Option<&PathBuf>) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self { program: program.to_owned(), arguments, environment: None, input: input.cloned() }
    }

    fn with(self, name: &'static str, value: &Path) -> Self {
        Self { environment: Some((name, value.to_owned())), ..self }
    }

    fn time(&self) -> Result<Duration> {
        let input = self.input.as_ref().map(File::open).transpose()?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(input.map_or_else(Stdio::null, Stdio::from));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.envs(self.environment.iter().map(|(name, value)| (*name, value)));
        let start = Instant::now();
        let status = command.status()?;
        let elapsed = start.elapsed();
        if status.success() {
            Ok(elapsed)
        } else {
            Err(format!("{} {} ended with {status}", self.program.display(), self.arguments.join(" ")).into())
        }
    }
}

fn measure(job: &Job) -> Result<()> {
    let nothing = Work::new(Path::new("/bin/true"), &[], None);
    let works = [Some(&nothing), Some(&job.ours), job.theirs.as_ref()];
    let mut times = [const { Vec::new() }; 3];
    let begin = Instant::now();
    for round in 0..WARM_UPS + ROUNDS {
        if round >= WARM_UPS + FEWEST_ROUNDS && begin.elapsed() > LONGEST {
            break;
        }
        for (work, times) in works.iter().zip(&mut times) {
            let Some(work) = work else { continue };
            let time = work.time()?;
            if round >= WARM_UPS {
                times.push(time);
            }
        }
    }
    let [nothing, ours, theirs] = times.map(median);
    let (nothing, ours) = (nothing.unwrap_or_default(), ours.unwrap_or_default());
    let (reached, goal) = match job.goal {
        Goal::OverNothing(most) => {
            (ours.saturating_sub(nothing) <= most, format!("{} over nothing", shown(most)))
        }
        Goal::TimesAsFast(least) => {
            let ratio = theirs.map_or(f64::NAN, |theirs| theirs.as_secs_f64() / ours.as_secs_f64());
            (ratio >= least, format!("{least} times as fast"))
        }
        Goal::Total(most) => (ours <= most, shown(most)),
    };
    println!(
        "{:<36} {:>9} {:>9} {:>9} {:>12}  {goal}: {}",
        job.name,
        shown(nothing),
        shown(ours),
        theirs.map_or_else(|| "-".to_owned(), shown),
        theirs.map_or_else(
            || "-".to_owned(),
            |theirs| format!("{:.1}", theirs.as_secs_f64() / ours.as_secs_f64())
        ),
        if reached { "reached" } else { "missed" },
    );
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

fn shown(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

fn print_sizes(sealkit: &Path, kubeseal: Option<&Path>) -> Result<()> {
    const GOAL: u64 = 12_000_000;
    let megabytes = |path: &Path| -> Result<f64> { Ok(fs::metadata(path)?.len() as f64 / 1e6) };
    let ours = megabytes(sealkit)?;
    let theirs = kubeseal.map(megabytes).transpose()?;
    let theirs = theirs.map_or_else(String::new, |size| format!("; kubeseal {size:.1} MB"));
    let reached = if fs::metadata(sealkit)?.len() <= GOAL { "reached" } else { "missed" };
    println!("\nBinary: sealkit {ours:.1} MB{theirs}. Goal {} MB: {reached}", GOAL / 1_000_000);
    Ok(())
}
