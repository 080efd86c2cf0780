//! Reading secrets into memory that is wiped.

use std::io::{self, Read};

use zeroize::Zeroizing;

/// Room for the key files that people have, in bytes.
const FIRST: usize = 4 << 10;

/// Reads to the end, but at most `limit` bytes, into memory that is wiped when it is dropped.
///
/// `expected` is how many bytes there probably are: if that is right, one buffer does. To tell what is too long from what ends at the
/// limit, allow one byte more and look at the length.
///
/// A vector that grows by itself leaves what it held behind in freed memory. This one moves, and wipes the old place.
///
/// # Errors
/// Those of `reader`.
pub fn read_secret(reader: impl Read, expected: usize, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut reader = reader.take(limit);
    // The end is found without moving if there is room for one byte more.
    let expected = expected.min(usize::try_from(limit).unwrap_or(usize::MAX));
    let mut contents = Zeroizing::new(vec![0; expected.saturating_add(1).max(FIRST)]);
    let mut filled = 0;
    loop {
        match reader.read(&mut contents[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if filled == contents.len() {
            let mut larger = Zeroizing::new(vec![0; 2 * filled]);
            larger[..filled].copy_from_slice(&contents);
            contents = larger;
        }
    }
    contents.truncate(filled);
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use super::{FIRST, read_secret};

    /// Gives its bytes a few at a time.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.0.len().min(buffer.len()).min(7);
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    #[test]
    fn every_length_is_read_whole_up_to_the_limit() {
        let bytes: Vec<u8> = (0..3 * FIRST).map(|at| u8::try_from(at % 251).unwrap()).collect();
        for length in [0, 1, FIRST - 1, FIRST, FIRST + 1, 2 * FIRST, 3 * FIRST] {
            for expected in [0, length, length + 1, length / 2] {
                let read = read_secret(Trickle(&bytes[..length]), expected, u64::MAX).unwrap();
                assert_eq!(read.as_slice(), &bytes[..length]);
            }
        }
        assert_eq!(read_secret(Trickle(&bytes), usize::MAX, 5000).unwrap().as_slice(), &bytes[..5000]);
        assert_eq!(read_secret(Trickle(&bytes), 0, 5000).unwrap().as_slice(), &bytes[..5000]);
    }
}
