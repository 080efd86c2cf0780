//! Command lines that were recorded from a real program: what replaying them has in common.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;

/// A program that hangs is ended after this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// A row of a table of command lines.
pub(crate) trait CommandLine: Sync {
    fn name(&self) -> &str;
    fn args(&self) -> &str;
}

/// How a program ended.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub(crate) enum ExitStatus {
    Code(i32),
    Other(String),
}

/// Name → how it is, and its bytes or the target of a link.
pub(crate) type Snapshot = BTreeMap<String, (String, Vec<u8>)>;

/// The arguments of a command line, as a shell splits them. Escapes are all that is missing, but for those of double quotes in double
/// quotes.
pub(crate) fn arguments(line: &impl CommandLine) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for character in line.args().chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '\\') => panic!("{}: only quotes, please", line.name()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    assert!(quote.is_none(), "{}: a quote is open", line.name());
    words.extend(word);
    words
}

/// The lines that `SEALKIT_CASES` asks for: all of them, if it is not set.
pub(crate) fn chosen<L: CommandLine>(lines: &[L]) -> Vec<&L> {
    let part = std::env::var("SEALKIT_CASES").unwrap_or_default();
    lines.iter().filter(|line| line.name().contains(&part)).collect()
}

/// What `check` finds wrong in any of the lines of `program`.
pub(crate) fn in_parallel<L: CommandLine>(
    program: &str,
    lines: &[&L],
    check: impl Fn(&L) -> Vec<String> + Sync,
) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(line) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let wrong = check(line);
                    if !wrong.is_empty() {
                        let text =
                            format!("{}: {program} {}\n  {}", line.name(), line.args(), wrong.join("\n  "));
                        failures.lock().unwrap().push((line.name().to_owned(), text));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    failures.into_iter().map(|(_, text)| text).collect()
}

/// Asserts that the chapter of `program` in docs/compatibility.md has a section for each of these reasons.
pub(crate) fn assert_documented<'a>(program: &str, reasons: impl Iterator<Item = &'a str>) {
    let page = fs::read_to_string(workspace().join("docs/compatibility.md")).unwrap();
    let chapter = page.split("\n## ").find(|chapter| chapter.starts_with(program)).expect("a chapter on it");
    let documented: BTreeSet<&str> = chapter.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let missing: BTreeSet<&str> = reasons.filter(|reason| !documented.contains(reason)).collect();
    assert!(missing.is_empty(), "docs/compatibility.md does not explain: {missing:#?}");
}

pub(crate) fn workspace() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", ".."].iter().collect()
}

/// Copies an input to where a program will find it.
pub(crate) fn lay_out_file(source: &Path, target: &Path, mode: Option<&String>) {
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::copy(source, target).unwrap();
    let mode = u32::from_str_radix(mode.map_or("0644", String::as_str), 8).unwrap();
    fs::set_permissions(target, fs::Permissions::from_mode(mode)).unwrap();
}

/// Makes the folders and links of a case.
pub(crate) fn lay_out_rest(folder: &Path, folders: &[String], links: &BTreeMap<String, String>) {
    for name in folders {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    for (name, target) in links {
        symlink(target, folder.join(name)).unwrap();
    }
}

/// Waits for a program's end, but not for ever.
pub(crate) fn wait(mut child: Child) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().map_or_else(|| ExitStatus::Other(status.to_string()), ExitStatus::Code);
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return ExitStatus::Other("hangs".to_owned());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub(crate) fn snapshot(folder: &Path) -> Snapshot {
    fn walk(folder: &Path, prefix: &str, out: &mut Snapshot) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            let name = format!("{prefix}{}", entry.file_name().into_string().unwrap());
            // gpg's own.
            if name == ".gnupg" {
                continue;
            }
            let metadata = fs::symlink_metadata(&path).unwrap();
            if metadata.is_symlink() {
                let target = fs::read_link(&path).unwrap();
                out.insert(name, ("link".to_owned(), target.into_os_string().into_encoded_bytes()));
            } else if metadata.is_dir() {
                walk(&path, &format!("{name}/"), out);
                out.insert(name, ("folder".to_owned(), Vec::new()));
            } else {
                let mode = format!("{:04o}", metadata.permissions().mode() & 0o7777);
                out.insert(name, (mode, fs::read(&path).unwrap()));
            }
        }
    }
    let mut out = Snapshot::new();
    walk(folder, "", &mut out);
    out
}

/// What a program made, changed or removed, as `left` shows a file: its mode, and its contents if it is still there.
pub(crate) fn changes<T>(
    before: &Snapshot,
    after: Snapshot,
    left: impl Fn(String, Option<Vec<u8>>) -> T,
) -> BTreeMap<String, T> {
    let gone: Vec<String> = before.keys().filter(|name| !after.contains_key(*name)).cloned().collect();
    let gone = gone.into_iter().map(|name| (name, left("gone".to_owned(), None)));
    let changed = after.into_iter().filter(|(name, file)| before.get(name) != Some(file));
    changed.map(|(name, (mode, content))| (name, left(mode, Some(content)))).chain(gone).collect()
}
