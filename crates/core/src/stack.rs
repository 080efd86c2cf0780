//! Wiping what finished functions have left on the stack.

use std::hint::black_box;

use zeroize::Zeroize;

/// More than the functions that handle keys take, all together.
const DEPTH: usize = 48 << 10;

/// Overwrites the part of this thread's stack that lies beyond its caller's frame.
///
/// Ciphers and key exchanges work on the stack, and moving a value copies it there; no type can wipe those copies when it is
/// dropped. Called after such work, this does, as libgcrypt's `burn_stack` has long done.
#[inline(never)]
pub(crate) fn burn() {
    let mut frame = [0xff_u8; DEPTH];
    black_box(&mut frame);
    frame.zeroize();
    black_box(&frame);
}
