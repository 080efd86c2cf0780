//! The program is killed at any moment of an operation in place: the file is whole, old or new.

use std::time::Duration;

use crate::shop::{Shop, kill};

/// How often it is killed.
const TIMES: u64 = 150;

#[test]
fn a_file_is_whole_whenever_the_program_is_killed() {
    let shop = Shop::with("e.yaml");
    let plaintext = shop.decrypted("e.yaml");
    let mut survived = 0;
    for number in 0..TIMES {
        let arguments: &[&str] =
            if number % 2 == 0 { &["rotate", "-i", "e.yaml"] } else { &["-r", "-i", "e.yaml"] };
        let mut child = shop.sops(arguments).spawn().unwrap();
        // From before it has read anything to after it is done.
        std::thread::sleep(Duration::from_micros(number * 7919 % 6000));
        kill("-KILL", child.id());
        survived += u32::from(child.wait().unwrap().success());
        assert_eq!(shop.decrypted("e.yaml"), plaintext, "after {number} times");
    }
    println!("killed {TIMES} times, {survived} times too late");
}
