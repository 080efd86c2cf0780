//! PEM (RFC 7468), read into memory that is wiped: a private key is in there.
//!
//! The readers that crates offer leave the key's base64 or its bytes behind in memory, or refuse files that Go's reader
//! takes (lines of any length, text between the blocks), and Go's is the one that sealing certificates and keys pass.

use zeroize::Zeroizing;

use super::base64;

/// What stands between one `-----BEGIN label-----` and its `-----END label-----`.
pub(crate) struct Block<'a> {
    /// `CERTIFICATE`, `RSA PRIVATE KEY` and so on.
    pub(crate) label: &'a str,
    /// Whether headers say that the block is encrypted, as OpenSSL's old private keys do.
    pub(crate) is_encrypted: bool,
    /// The bytes in the block; `None` if they are no base64.
    pub(crate) contents: Option<Zeroizing<Vec<u8>>>,
    /// The line of `-----BEGIN`, counted from 1.
    pub(crate) line: usize,
}

/// The blocks of a PEM file, in order. What is no block, or has no end, is passed over.
pub(crate) fn blocks(text: &[u8]) -> impl Iterator<Item = Block<'_>> {
    let mut lines = Lines { rest: text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text), line: 0 };
    std::iter::from_fn(move || {
        loop {
            let (label, line) = loop {
                let begin = lines.next()?;
                if let Some(label) = marker(begin, b"-----BEGIN ") {
                    break (label, lines.line);
                }
            };
            let body = lines.rest;
            let mut ahead = lines.clone();
            let end = loop {
                let before = ahead.rest.len();
                match ahead.next() {
                    Some(end) if marker(end, b"-----END ") == Some(label) => break Some(before),
                    Some(begin) if marker(begin, b"-----BEGIN ").is_some() => break None,
                    Some(_) => {}
                    None => return None,
                }
            };
            let Some(end) = end else { continue };
            lines = ahead;
            return Some(block(label, &body[..body.len() - end], line));
        }
    })
}

/// `contents` as a PEM block, in lines of 64 characters.
pub(crate) fn encode(label: &str, contents: &[u8]) -> Zeroizing<String> {
    let text = Zeroizing::new(base64::encode(contents));
    // Room for all of it at once: a string that grows leaves copies behind.
    let mut pem = Zeroizing::new(String::with_capacity(text.len() + text.len() / 64 + 2 * label.len() + 64));
    pem.push_str("-----BEGIN ");
    pem.push_str(label);
    pem.push_str("-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END ");
    pem.push_str(label);
    pem.push_str("-----\n");
    pem
}

fn block<'a>(label: &'a str, body: &'a [u8], line: usize) -> Block<'a> {
    let mut is_encrypted = false;
    let mut data = body;
    let mut lines = Lines { rest: body, line: 0 };
    // Headers are lines with a colon, which base64 never has.
    while let Some(header) = lines.next() {
        if !header.contains(&b':') {
            break;
        }
        is_encrypted |= header.starts_with(b"Proc-Type:") && header.ends_with(b"ENCRYPTED");
        data = lines.rest;
    }
    let mut compact = Zeroizing::new(Vec::with_capacity(data.len()));
    compact.extend(data.iter().copied().filter(|byte| !byte.is_ascii_whitespace()));
    Block { label, is_encrypted, contents: base64::decode(&compact), line }
}

/// The label in `line` if it is a marker that starts with `prefix`. Indentation is allowed: keys get pasted out of
/// YAML.
fn marker<'a>(line: &'a [u8], prefix: &[u8]) -> Option<&'a str> {
    let label = line.strip_prefix(prefix)?.strip_suffix(b"-----")?;
    std::str::from_utf8(label).ok()
}

#[derive(Clone)]
struct Lines<'a> {
    rest: &'a [u8],
    line: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    /// The next line, less the white space around it.
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|byte| *byte == b'\n').unwrap_or(self.rest.len());
        let line = &self.rest[..end];
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        self.line += 1;
        Some(line.trim_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::{blocks, encode};

    #[test]
    fn reads_blocks_between_other_text() {
        let text = b"Bag Attributes: <none>\r\n-----BEGIN A-----\r\naGkhISEh\r\naG\r\nk=\r\n-----END A-----\r\n\
            chatter\n  -----BEGIN B C-----\n  Proc-Type: 4,ENCRYPTED\n  DEK-Info: AES-256-CBC,00\n\n  aGk=\n  -----END B C-----";
        let found: Vec<_> = blocks(text)
            .map(|block| {
                (block.label, block.is_encrypted, block.contents.map(|bytes| bytes.to_vec()), block.line)
            })
            .collect();
        assert_eq!(
            found,
            [("A", false, Some(b"hi!!!!hi".to_vec()), 2), ("B C", true, Some(b"hi".to_vec()), 8)]
        );
    }

    #[test]
    fn passes_over_what_has_no_end() {
        let text =
            b"-----BEGIN A-----\naGk=\n-----BEGIN B-----\naGk=\n-----END B-----\n-----BEGIN C-----\naGk=\n";
        assert_eq!(blocks(text).map(|block| block.label).collect::<Vec<_>>(), ["B"]);
        assert_eq!(blocks(b"-----BEGIN A-----\n-----END B-----\n").count(), 0);
        assert_eq!(blocks(b"").count(), 0);
        assert_eq!(blocks(b"\xef\xbb\xbf-----BEGIN A-----\n-----END A-----").count(), 1, "a byte order mark");
    }

    #[test]
    fn a_block_that_is_no_base64_has_no_contents() {
        assert!(blocks(b"-----BEGIN A-----\n????\n-----END A-----").next().unwrap().contents.is_none());
        assert!(blocks(b"-----BEGIN A-----\n-----END A-----").next().unwrap().contents.unwrap().is_empty());
    }

    #[test]
    fn writes_what_it_reads() {
        for length in [0, 1, 47, 48, 49, 500] {
            let contents = vec![0x5a; length];
            let pem = encode("TEST", &contents);
            assert!(pem.lines().all(|line| line.len() <= 64));
            let block = blocks(pem.as_bytes()).next().unwrap();
            assert_eq!((block.label, block.contents.unwrap().to_vec()), ("TEST", contents));
        }
    }
}
