//! When the values of a file are worth more than one core.

/// The fewest values that are worth a worker of their own.
pub(super) const CHUNK: usize = 512;

/// Does both jobs on a file of `values` values, at the same time if that is worth while.
pub(super) fn join<A: Send, B: Send>(
    values: usize,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    if values <= CHUNK { (one(), other()) } else { rayon::join(one, other) }
}
