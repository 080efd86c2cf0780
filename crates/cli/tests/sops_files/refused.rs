//! Places that can't be written: a full disk, a folder and a file that somebody may only read.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;

use super::support::{Ran, feed};
use super::{A, SECRET, Shop};

/// Commands that write a file in its place.
const COMMANDS: [&[&str]; 5] =
    [&["decrypt", "-i"], &["rotate", "-i"], &["set", "--json", "1", "--"], &["unset"], &["sops", "-r", "-i"]];

/// The words of a command on `file`.
fn on<'a>(command: &[&'a str], file: &'a str) -> Vec<&'a str> {
    let mut words = command.to_vec();
    words.push(file);
    if matches!(command[0], "set" | "unset") {
        words.push("stringData.user");
    }
    words
}

/// A file system with room for little; unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(path: PathBuf) -> Option<Self> {
        fs::create_dir(&path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64k", "none"]).arg(&path);
        let mounted = mount.stdout(Stdio::null()).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(path))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_leaves_the_file_as_it_was() {
    let shop = Shop::new();
    let Some(disk) = SmallDisk::mount(shop.path("disk")) else {
        eprintln!("notice: skipped, nothing can be mounted here");
        return;
    };
    let padding = "# a comment that takes room\n".repeat(1_500);
    let encrypted =
        shop.encrypt(&format!("{padding}stringData: {{user: shop}}\n"), &["--encrypted-regex", "user"]);
    let file = disk.0.join("db.yaml");
    shop.write("disk/db.yaml", &encrypted);
    for command in COMMANDS {
        let ran = shop.run(&on(command, file.to_str().unwrap()));
        assert!(ran.code != 0 && ran.stderr.contains("could not write"), "{command:?}: {ran:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), encrypted, "{command:?}");
        assert_eq!(fs::read_dir(&disk.0).unwrap().count(), 1, "{command:?}: something is left behind");
    }
    let ran =
        shop.run(&["encrypt", "--age", A, "secret.yaml", "-o", disk.0.join("new.yaml").to_str().unwrap()]);
    assert_eq!(ran.code, 0, "there is room for a small one: {ran:?}");
}

/// A folder with an encrypted file, all of which belongs to somebody who is not the superuser: that one may write whatever it likes.
struct Theirs {
    shop: Shop,
    program: PathBuf,
    superuser: bool,
}

impl Theirs {
    fn new() -> Self {
        let shop = Shop::with_encrypted();
        let superuser = fs::metadata(shop.directory()).unwrap().uid() == 0;
        // Not everybody may look into the folder where the program was built.
        let program = shop.path("sealkit");
        fs::copy(cargo_bin!("sealkit"), &program).unwrap();
        if superuser {
            for name in shop.names() {
                chown(shop.path(&name), Some(NOBODY), Some(NOBODY)).unwrap();
            }
            chown(shop.directory(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        Self { shop, program, superuser }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(if self.superuser { Path::new("setpriv") } else { &self.program });
        if self.superuser {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&self.program);
        }
        command.args(arguments).current_dir(self.shop.directory()).stdin(Stdio::null());
        command.env_clear().env("PATH", "/usr/bin:/bin").env("SOPS_AGE_KEY_FILE", self.shop.path("a.txt"));
        feed(command, b"")
    }
}

const NOBODY: u32 = 65534;

#[test]
fn what_may_only_be_read_stays() {
    if Command::new("setpriv").arg("--version").output().is_err() {
        eprintln!("notice: skipped, there is no setpriv");
        return;
    }
    let theirs = Theirs::new();
    let shop = &theirs.shop;
    let (before, names) = (shop.read("db.sops.yaml"), shop.names());
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let check = || {
        for command in COMMANDS {
            let ran = theirs.run(&on(command, "db.sops.yaml"));
            assert!(ran.code != 0 && ran.stderr.contains("Permission denied"), "{command:?}: {ran:?}");
            assert_eq!(
                (shop.read("db.sops.yaml"), shop.names()),
                (before.clone(), names.clone()),
                "{command:?}"
            );
        }
    };
    mode(shop.directory(), 0o555);
    check();
    mode(shop.directory(), 0o755);
    mode(&shop.path("db.sops.yaml"), 0o444);
    check();
    mode(&shop.path("db.sops.yaml"), 0o644);
    let ran = theirs.run(&on(COMMANDS[0], "db.sops.yaml"));
    assert_eq!((ran.code, shop.read("db.sops.yaml")), (0, SECRET.to_owned()), "{}", ran.stderr);
}
