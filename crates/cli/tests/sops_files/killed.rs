//! Processes that are killed, and processes that change the same file at the same time.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{A, B, Shop};

/// How often each command is killed, at moments spread over its life.
const TURNS: u32 = 60;

#[test]
fn a_kill_leaves_the_old_file_or_the_new_one() {
    let shop = Shop::new();
    let plain: String = (0..300).map(|number| format!("key{number}: \"value {number}\" # note\n")).collect();
    let encrypted = shop.encrypt(&plain, &[]);
    let commands: [(&[&str], &str); 5] = [
        (&["encrypt", "-i", "--age", A, "file.yaml"], &plain),
        (&["decrypt", "-i", "file.yaml"], &encrypted),
        (&["rotate", "-i", "--add-age", B, "file.yaml"], &encrypted),
        (&["set", "file.yaml", "key7", "--json", "1"], &encrypted),
        (&["unset", "file.yaml", "key7"], &encrypted),
    ];
    for (arguments, before) in commands {
        shop.write("file.yaml", before);
        let begin = Instant::now();
        assert_eq!(shop.run(arguments).code, 0);
        let life = begin.elapsed();
        let (mut old, mut new) = (0, 0);
        for turn in 0..TURNS {
            shop.write("file.yaml", before);
            let mut child =
                shop.sealkit(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(life * turn / TURNS);
            child.kill().unwrap();
            child.wait().unwrap();
            let after = shop.read("file.yaml");
            if after == *before {
                old += 1;
                continue;
            }
            new += 1;
            match arguments[0] {
                "decrypt" => assert_eq!(after, plain),
                "encrypt" | "rotate" => assert_eq!(shop.decrypted("file.yaml"), plain),
                _ => assert_eq!(shop.run(&["keys", "file.yaml"]).code, 0),
            }
        }
        assert!(old > 0, "{arguments:?}: {old} old, {new} new");
        // What a kill between two names may leave behind.
        for name in shop.names() {
            if name.starts_with(".sealkit-") {
                fs::remove_file(shop.path(&name)).unwrap();
            }
        }
        assert_eq!(shop.names(), ["a.txt", "b.txt", "file.yaml", "secret.yaml"]);
    }
}

#[test]
fn processes_that_change_one_file_lose_nothing() {
    let shop = Shop::with_encrypted();
    let mut waiting: Vec<String> = (0..24).map(|number| format!("key{number}")).collect();
    let begin = Instant::now();
    while !waiting.is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(120), "{waiting:?}");
        let start = |key: &String| {
            let arguments = ["set", "db.sops.yaml", &format!("stringData.{key}"), "--json", "1"];
            shop.sealkit(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let children: Vec<_> = waiting.iter().map(start).collect();
        let done: Vec<bool> = children.into_iter().map(|mut child| child.wait().unwrap().success()).collect();
        assert!(done.contains(&true), "somebody must get on");
        let text = shop.decrypted("db.sops.yaml");
        let mut number = 0;
        waiting.retain(|key| {
            number += 1;
            // Whoever was told that it is done has it in the file; whoever was told that it isn't tries again.
            assert_eq!(text.contains(&format!("  {key}: 1\n")), done[number - 1], "{key}");
            !done[number - 1]
        });
    }
}
