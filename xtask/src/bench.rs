//! `cargo xtask bench`: sealkit beside the programs and primitives that it is measured against, all in one run.
//!
//! Whole processes are timed by turns, one run of each after the other, so that whatever else the machine does
//! falls on all of them alike. The figure is the median.

use std::ffi::OsString;
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
    goals: Vec<Goal>,
    ours: Work,
    theirs: Option<Work>,
}

/// A program, its arguments, and what it reads on standard input.
struct Work {
    program: PathBuf,
    arguments: Vec<String>,
    environment: Option<(&'static str, OsString)>,
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
    let rops = Toolbox::rops().map_err(|error| eprintln!("note: without rops: {error}")).ok();
    jobs.extend(sops_files(&sealkit, toolbox.sops().as_deref(), rops.as_deref())?);
    println!("\nWhole processes, median of up to {ROUNDS} runs by turns, milliseconds\n");
    println!("{:<36} {:>9} {:>9} {:>9} {:>12}  goal", "", "nothing", "sealkit", "peer", "peer/sealkit");
    for job in &jobs {
        measure(job)?;
    }
    let sops = toolbox.sops();
    let peers = [("kubeseal", toolbox.kubeseal()), ("sops", sops.as_deref()), ("rops", rops.as_deref())];
    print_sizes(&sealkit, &peers)?;
    print_memory(&sealkit, &toolbox)?;
    println!();
    python::bench(&toolbox)?;
    println!();
    library()
}

/// The library beside the arithmetic that it can't do without.
fn library() -> Result<()> {
    let mut bench = process::cargo();
    bench.args(["bench", "--quiet", "-p", "sealkit", "--bench", "goals"]);
    // `+F:25:AES-256-GCM:4516942769.23`: bytes a second.
    let mut openssl = process::command("openssl");
    openssl.args(["speed", "-mr", "-seconds", "3", "-bytes", "16777216", "-evp", "aes-256-gcm"]);
    match process::output(&mut openssl) {
        Ok(output) => {
            let rate =
                output.lines().find(|line| line.starts_with("+F")).and_then(|line| line.rsplit(':').next());
            bench.env("OPENSSL_AES_256_GCM", rate.ok_or("openssl speed does not say how fast it is")?);
        }
        Err(error) => eprintln!("note: {error}"),
    }
    process::run(&mut bench)
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
        goals: vec![goal],
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

/// SOPS files of every format with an age key, of 5 values and of 10,000 (1.5 MB encrypted), beside sops, and beside rops
/// in the formats that it knows.
fn sops_files(sealkit: &Path, sops: Option<&Path>, rops: Option<&Path>) -> Result<Vec<Job>> {
    let folder = workspace::target().join("xtask/bench");
    let key = workspace::root().join("test-vectors/sops/keys/test-x25519-a.txt");
    let text = fs::read_to_string(&key)?;
    let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: "));
    let recipient = recipient.ok_or("the test key does not name its recipient")?;
    let identity = text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-"));
    let identity = identity.ok_or("the test key has no key")?;
    let mut jobs = Vec::new();
    let sizes = [("5 values", 5), ("10,000 values", 10_000)];
    let all =
        ["yaml", "json", "env", "ini", "bin"].into_iter().flat_map(|ending| sizes.map(|size| (ending, size)));
    for (ending, (size, count)) in all {
        let goals = || match count {
            5 => vec![Goal::TimesAsFast(10.0), Goal::OverNothing(Duration::from_millis(2))],
            _ => vec![Goal::TimesAsFast(25.0)],
        };
        let plain = folder.join(format!("plain-{count}.{ending}"));
        io_write(&plain, &plaintext(ending, count))?;
        let encrypted = folder.join(format!("encrypted-{count}.{ending}"));
        let (plain, shown) = (plain.display().to_string(), encrypted.display().to_string());
        let encrypt = ["encrypt", "--age", recipient, &plain];
        process::run(Command::new(sealkit).args(encrypt).stdout(File::create(&encrypted)?))?;
        // rops reads standard input whenever that is no terminal, and the key from its own variable.
        let works = [
            ("encrypt", encrypt.to_vec(), vec!["encrypt", "--age", recipient, "--format", ending], &plain),
            ("decrypt", vec!["decrypt", &shown], vec!["decrypt", "--format", ending], &shown),
        ];
        for (verb, arguments, of_rops, input) in works {
            let work = |program| Work::new(program, &arguments, None).with("SOPS_AGE_KEY_FILE", &key);
            let name = format!("{verb} {size}, .{ending}");
            if let Some(rops) = rops.filter(|_| count > 5 && matches!(ending, "yaml" | "json")) {
                let theirs = Work::new(rops, &of_rops, Some(&input.into())).with("ROPS_AGE", identity);
                let goals = vec![Goal::TimesAsFast(3.0)];
                jobs.push(Job {
                    name: format!("{name} (rops)"),
                    goals,
                    ours: work(sealkit),
                    theirs: Some(theirs),
                });
            }
            jobs.push(Job { name, goals: goals(), ours: work(sealkit), theirs: sops.map(work) });
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

    fn with(self, name: &'static str, value: impl Into<OsString>) -> Self {
        Self { environment: Some((name, value.into())), ..self }
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
    let goals = job.goals.iter().map(|goal| {
        let (reached, goal) = match goal {
            Goal::OverNothing(most) => {
                (ours.saturating_sub(nothing) <= *most, format!("{} over nothing", shown(*most)))
            }
            Goal::TimesAsFast(least) => {
                let ratio = theirs.map_or(f64::NAN, |theirs| theirs.as_secs_f64() / ours.as_secs_f64());
                (ratio >= *least, format!("{least} times as fast"))
            }
            Goal::Total(most) => (ours <= *most, shown(*most)),
        };
        format!("{goal}: {}", said(reached))
    });
    println!(
        "{:<36} {:>9} {:>9} {:>9} {:>12}  {}",
        job.name,
        shown(nothing),
        shown(ours),
        theirs.map_or_else(|| "-".to_owned(), shown),
        theirs.map_or_else(
            || "-".to_owned(),
            |theirs| format!("{:.1}", theirs.as_secs_f64() / ours.as_secs_f64())
        ),
        goals.collect::<Vec<_>>().join("; "),
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

fn said(reached: bool) -> &'static str {
    if reached { "reached" } else { "missed" }
}

fn print_sizes(sealkit: &Path, peers: &[(&str, Option<&Path>)]) -> Result<()> {
    const GOAL: f64 = 12.0;
    let megabytes = |path: &Path| -> Result<f64> { Ok(fs::metadata(path)?.len() as f64 / 1e6) };
    let ours = megabytes(sealkit)?;
    print!("\nBinary: sealkit {ours:.1} MB");
    for (name, program) in peers {
        if let Some(program) = program {
            print!("; {name} {:.1} MB", megabytes(program)?);
        }
    }
    println!(". Goal {GOAL} MB: {}", said(ours <= GOAL));
    Ok(())
}

/// The most memory that a process has while it decrypts 40,000 values, and how that compares with the file's size.
fn print_memory(sealkit: &Path, toolbox: &Toolbox) -> Result<()> {
    const GOAL: f64 = 12.0;
    // The standard library does not tell what a finished process took; Python's does, in kilobytes or bytes.
    const MEASURE: &str = "import resource, subprocess, sys; \
        subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); \
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == 'darwin' else 1024))";
    let folder = workspace::target().join("xtask/bench");
    let key = workspace::root().join("test-vectors/sops/keys/test-x25519-a.txt");
    let text = fs::read_to_string(&key)?;
    let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: "));
    let recipient = recipient.ok_or("the test key does not name its recipient")?;
    for ending in ["yaml", "json", "env", "ini"] {
        let plain = folder.join(format!("plain-40000.{ending}"));
        io_write(&plain, &plaintext(ending, 40_000))?;
        let encrypted = folder.join(format!("encrypted-40000.{ending}"));
        let mut encrypt = Command::new(sealkit);
        encrypt.args(["encrypt", "--age", recipient]).arg(&plain).stdout(File::create(&encrypted)?);
        process::run(&mut encrypt)?;
        let mut measure = process::command(toolbox.python());
        measure.args(["-c", MEASURE]).arg(sealkit).arg("decrypt").arg(&encrypted);
        let peak = process::output(measure.env("SOPS_AGE_KEY_FILE", &key))?.trim().parse::<f64>()?;
        let size = fs::metadata(&encrypted)?.len() as f64;
        println!(
            "Memory: {:.1} MB at the peak while {:.1} MB of .{ending} are decrypted, {:.1} times. Goal {GOAL} times: {}",
            peak / 1e6,
            size / 1e6,
            peak / size,
            said(peak <= GOAL * size)
        );
    }
    Ok(())
}
