//! Files that somebody else changes while a command works on them, and what is kept of a file that is replaced.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

use super::support::{Ran, feed};
use super::{SECRET, Shop};

impl Shop {
    /// Runs a command while somebody else runs `meanwhile`, after the file was read: when the key is asked for.
    fn run_while(&self, meanwhile: &str, arguments: &[&str], input: &str) -> Ran {
        self.write("key.sh", format!("#!/bin/sh\n{meanwhile}\ncat a.txt\n"));
        fs::set_permissions(self.path("key.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = self.command(arguments);
        command.env("SOPS_AGE_KEY_CMD", self.path("key.sh")).env("PATH", "/usr/bin:/bin");
        feed(command, input.as_bytes())
    }
}

const CHANGED: &str =
    "somebody else has changed it since it was read: nothing was written; run the command again";

#[test]
fn somebody_elses_change_is_not_overwritten() {
    let shop = Shop::with_encrypted();
    let before = shop.read("db.sops.yaml");
    let commands: [&[&str]; 5] = [
        &["decrypt", "-i", "db.sops.yaml"],
        &["rotate", "-i", "db.sops.yaml"],
        &["set", "db.sops.yaml", "stringData.user", "--stdin"],
        &["set", "db.sops.yaml", "new", "--json", "1"],
        &["unset", "db.sops.yaml", "stringData.user"],
    ];
    for arguments in commands {
        shop.write("db.sops.yaml", &before);
        let ran = shop.run_while("echo '# theirs' >> db.sops.yaml", arguments, "me");
        let told = format!("error: could not write db.sops.yaml\n  caused by: {CHANGED}\n");
        assert!(ran.code == 1 && ran.stderr.starts_with(&told), "{arguments:?}: {ran:?}");
        assert_eq!(shop.read("db.sops.yaml"), format!("{before}# theirs\n"), "{arguments:?}");
    }
    // A file with the same contents is another one, too; and one that is gone stays so.
    shop.write("db.sops.yaml", &before);
    let ran = shop.run_while("cp db.sops.yaml x; mv x db.sops.yaml", commands[0], "");
    assert!(ran.code == 1 && ran.stderr.contains(CHANGED), "{ran:?}");
    assert_eq!(shop.read("db.sops.yaml"), before);
    let ran = shop.run_while("rm db.sops.yaml", commands[0], "");
    assert!(ran.code == 1 && ran.stderr.contains("somebody else has removed it"), "{ran:?}");
    assert_eq!(shop.names(), ["a.txt", "b.txt", "key.sh", "secret.yaml"], "nothing is left behind");
}

#[test]
fn what_is_written_elsewhere_or_not_at_all_does_not_mind() {
    let shop = Shop::with_encrypted();
    let ran =
        shop.run_while("echo '# theirs' >> db.sops.yaml", &["decrypt", "db.sops.yaml", "-o", "out"], "");
    assert_eq!((ran.quiet(), shop.read("out")), (String::new(), SECRET.to_owned()));
}

#[test]
fn mode_owner_and_link_are_kept() {
    let shop = Shop::with_encrypted();
    fs::create_dir(shop.path("folder")).unwrap();
    symlink("../db.sops.yaml", shop.path("folder/link.yaml")).unwrap();
    // Only root may give files away; for anybody else this is their own file.
    let is_root = chown(shop.path("db.sops.yaml"), Some(12), Some(34)).is_ok();
    let commands: [&[&str]; 5] = [
        &["set", "folder/link.yaml", "stringData.user", "--json", "\"me\""],
        &["unset", "folder/link.yaml", "stringData.user"],
        &["rotate", "-i", "folder/link.yaml"],
        &["decrypt", "-i", "folder/link.yaml"],
        &["encrypt", "-i", "--age", super::A, "folder/link.yaml"],
    ];
    for (arguments, mode) in commands.into_iter().zip([0o640, 0o604, 0o600, 0o4755, 0o666]) {
        let path = shop.path("db.sops.yaml");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let inode = fs::metadata(&path).unwrap().ino();
        let ran = shop.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!(metadata.mode() & 0o7777, mode, "{arguments:?}");
        assert_ne!(metadata.ino(), inode, "{arguments:?}: it is a new file, complete before it has the name");
        assert!(!is_root || (metadata.uid(), metadata.gid()) == (12, 34), "{arguments:?}");
        assert!(shop.path("folder/link.yaml").is_symlink(), "{arguments:?}");
        assert_eq!(fs::read_dir(shop.path("folder")).unwrap().count(), 1, "{arguments:?}");
    }
}
