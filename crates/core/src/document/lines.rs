//! From an offset in a file to its line and column, many times over.

use super::Location;

/// How many bytes of a line are walked through at most.
const BLOCK: usize = 1 << 10;

/// What [`Lines::location`] looks up, for one source. Offsets fit 32 bits because files are bounded.
pub(super) struct Lines {
    /// Where each line begins.
    starts: Vec<u32>,
    /// How many characters begin before each block, and in all: a whole file may be one line.
    characters: Vec<u32>,
}

impl Lines {
    pub(super) fn new(source: &str) -> Self {
        let mut starts = vec![0];
        let mut characters = Vec::with_capacity(source.len() / BLOCK + 2);
        let mut before = 0;
        for (number, block) in source.as_bytes().chunks(BLOCK).enumerate() {
            characters.push(before);
            before += begun_in(block) as u32;
            let newlines = block.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            starts.extend(newlines.map(|(at, _)| (number * BLOCK + at + 1) as u32));
        }
        characters.push(before);
        Self { starts, characters }
    }

    /// The place of the character at `offset` in `source`, as [`Location::of`] has it, in time that does not grow with the
    /// offset.
    pub(super) fn location(&self, source: &str, offset: usize) -> Location {
        let line = self.starts.partition_point(|start| *start as usize <= offset);
        let start = line.checked_sub(1).map_or(0, |index| self.starts[index] as usize);
        let has_mark = source[start..offset].starts_with('\u{feff}');
        let characters = self.characters_before(source, offset) - self.characters_before(source, start);
        Location { line, column: characters - usize::from(has_mark) + 1 }
    }

    fn characters_before(&self, source: &str, offset: usize) -> usize {
        let block = offset / BLOCK;
        let before = self.characters.get(block).copied().unwrap_or_default() as usize;
        before + begun_in(&source.as_bytes()[block * BLOCK..offset])
    }
}

/// How many characters begin in `bytes`: all bytes but those that continue one.
fn begun_in(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Lines, Location};

    #[test]
    fn every_place_is_the_one_that_counting_from_the_beginning_gives() {
        let blocks = "x".repeat(2 * BLOCK);
        for source in [
            String::new(),
            "a".to_owned(),
            "\n\na\r\n\u{e4}\u{1f511}b\n".to_owned(),
            "\u{feff}a: b\n\u{feff}c".to_owned(),
            blocks.clone(),
            format!("{}\n\u{e4}", &blocks[1..]),
            "\u{20ac}: \u{1f511}\u{e4}\n".repeat(BLOCK / 4),
            "\u{20ac}, ".repeat(BLOCK),
        ] {
            let lines = Lines::new(&source);
            let offsets = source.char_indices().map(|(at, _)| at).chain([source.len()]);
            for offset in offsets {
                assert_eq!(lines.location(&source, offset), Location::of(&source, offset), "{offset}");
            }
        }
    }
}
