//! `exec-env`, `exec-file` and git, as far as a table can't hold them.

use std::path::PathBuf;
use std::process::Command;

use crate::shop::{Shop, kill, wait_for};

/// The command has written the plaintext's file name to `where`: it is gone, and its folder is, too.
#[track_caller]
fn assert_nothing_left(shop: &Shop) {
    let copy = PathBuf::from(shop.read("where"));
    // exec-env has no file.
    if copy.is_absolute() {
        assert!(!copy.parent().unwrap().exists(), "{} is still there", copy.display());
    }
}

#[test]
fn git_shows_plaintexts_by_a_text_converter() {
    let shop = Shop::with("e.yaml");
    let git = |arguments: &[&str]| {
        let mut command = shop.command("git");
        let settings =
            ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "diff.sops.textconv=sops -d"];
        command.args(settings).args(arguments).output().map(|output| (output.status.success(), output.stdout))
    };
    if git(&["--version"]).is_err() {
        println!("there is no git");
        return;
    }
    shop.write(".gitattributes", "*.yaml diff=sops\n");
    for arguments in [&["init", "-q"][..], &["add", ".gitattributes", "e.yaml"], &["commit", "-qm", "one"]] {
        assert!(git(arguments).unwrap().0, "{arguments:?}");
    }
    assert_eq!(shop.run(&["set", "e.yaml", "[\"user\"]", "\"root\""]).code, Some(0));
    let (_, diff) = git(&["diff"]).unwrap();
    let diff = String::from_utf8(diff).unwrap();
    let changed: Vec<&str> = diff.lines().filter(|line| line.starts_with(['+', '-'])).skip(2).collect();
    assert_eq!(changed, ["-user: admin", "+user: root"], "{diff}");
}

#[test]
fn a_large_file_goes_through_a_pipe_as_far_as_it_is_read() {
    let shop = Shop::new();
    let text = "0123456789abcdef".repeat(1 << 16);
    shop.write("large.txt", &text);
    let mut encrypt = shop.sops(&["encrypt", "-i", "large.txt"]);
    let key = "age19k5m339h7q807jyt8yn82rxelaa47vypxw5ylak2zkn0anqxjd8st7trxf";
    assert!(encrypt.env("SOPS_AGE_RECIPIENTS", key).status().unwrap().success());
    assert_eq!(shop.run(&["exec-file", "large.txt", "cat {}"]).stdout, text);
    assert_eq!(shop.run(&["exec-file", "large.txt", "head -c 5 {}"]).stdout, "01234");
    assert_eq!(shop.run(&["exec-file", "large.txt", "printf %s {} > where"]).code, Some(0));
    assert_nothing_left(&shop);
}

#[test]
fn signals_are_handed_on_and_nothing_is_left_behind() {
    let shop = Shop::with("e.yaml");
    let script = shop.script(
        "wait.sh",
        "trap 'echo ended > done; exit 9' TERM\nprintf %s \"$1\" > where\n: > ready\nwhile :; do sleep 0.01; done\n",
    );
    for arguments in
        [&["exec-env", "eflat.yaml"][..], &["exec-file", "e.yaml"], &["exec-file", "--no-fifo", "e.yaml"]]
    {
        std::fs::copy(crate::vectors().join("sops-cli/inputs/eflat.yaml"), shop.path("eflat.yaml")).unwrap();
        let mut child = shop.sops(arguments).arg(format!("exec {script} {{}}")).spawn().unwrap();
        wait_for(|| shop.path("ready").exists());
        kill("-TERM", child.id());
        assert_eq!(child.wait().unwrap().code(), Some(9), "{arguments:?}");
        assert_eq!(shop.read("done"), "ended\n");
        std::fs::remove_file(shop.path("ready")).unwrap();
        std::fs::remove_file(shop.path("done")).unwrap();
        assert_nothing_left(&shop);
    }
}

#[test]
fn a_file_in_the_background_is_removed_by_whoever_runs_the_command() {
    let shop = Shop::with("e.txt");
    let ran = shop.run(&[
        "exec-file",
        "--background",
        "e.txt",
        "sleep 0.1; printf %s {} > where; cat {} > copy; mv copy out",
    ]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    wait_for(|| shop.path("out").exists());
    assert_eq!(shop.read("out"), "any text");
    let copy = PathBuf::from(shop.read("where"));
    wait_for(|| !copy.parent().unwrap().exists());
}

/// Only root may become somebody else, and `nobody` is somebody everywhere.
#[test]
fn a_command_runs_as_another_user() {
    let id = Command::new("id").arg("-u").output().unwrap();
    let nobody = Command::new("id").args(["-u", "nobody"]).output().unwrap();
    if id.stdout != b"0\n" || !nobody.status.success() {
        println!("not root, or no nobody: --user is not tried");
        return;
    }
    let shop = Shop::with("e.txt");
    std::fs::copy(crate::vectors().join("sops-cli/inputs/eflat.yaml"), shop.path("eflat.yaml")).unwrap();
    let expected = String::from_utf8(nobody.stdout).unwrap();
    let groups = Command::new("id").args(["-G", "nobody"]).output().unwrap().stdout;
    let who = "id -u; id -G; echo $USER $LOGNAME; test \"$HOME\" != \"$OLD\" && echo home";
    for pristine in [&[][..], &["--pristine"]] {
        let mut command = shop.sops(&["exec-env", "--user", "nobody"]);
        command.args(pristine).args(["eflat.yaml", who]).env("OLD", shop.folder());
        let ran: crate::shop::Ran = command.output().unwrap().into();
        let expected = format!("{expected}{}nobody nobody\nhome\n", String::from_utf8_lossy(&groups));
        assert_eq!(ran.stdout, expected, "{}", ran.stderr);
    }
    // The folder is root's: the plaintext has to go to one that nobody can make.
    let mut command = shop.sops(&["exec-file", "--user", "nobody", "e.txt", "id -u; cat {}"]);
    let ran: crate::shop::Ran =
        command.env("TMPDIR", "/tmp").env_remove("XDG_RUNTIME_DIR").output().unwrap().into();
    assert_eq!(ran.stdout, format!("{expected}any text"), "{}", ran.stderr);
}
