//! The comments between two tokens, cut into heads, line comments and feet as go-yaml v3 cuts them.

use std::ops::Range;

use super::super::super::node::Span;

/// How far go-yaml looks ahead over white space for the next comment, in bytes.
pub(super) const LOOK_AHEAD: usize = 512;

/// What a group of comments is to the node that takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Foot,
    Head,
    Line,
}

/// Comments that go together.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) role: Role,
    /// The first token that starts here or further on is handed the group.
    pub(super) anchor: usize,
    /// Indices into the file's comments.
    pub(super) comments: Range<usize>,
}

/// A [`Group`] that stands between two tokens.
pub(super) struct Piece {
    pub(super) group: Group,
    /// Where its first comment starts: the offset, and the column from 0.
    pub(super) start: usize,
    pub(super) column: usize,
    /// Where the search that cut it off had come to.
    pub(super) end: usize,
}

/// The text between two tokens.
pub(super) struct Gap<'a> {
    pub(super) source: &'a str,
    /// All comments of the file.
    pub(super) comments: &'a [Span],
    /// Where the text of the token before ends, its line comment counted in.
    pub(super) text_end: usize,
    /// Whether the search for the next token begins on the first line of the file, where nothing is a foot.
    pub(super) on_first_line: bool,
    /// The start of the token that a foot belongs to.
    pub(super) foot_anchor: usize,
    /// Whether that token is a `:`, below which comments are heads.
    pub(super) after_colon: bool,
    /// The column of the innermost open block, 0 if none is.
    pub(super) indent: usize,
    pub(super) in_flow: bool,
    /// What goes between the end of the file and a key that is to follow it; `None` if nothing is to follow.
    pub(super) appended: Option<&'static str>,
}

/// The group that is being gathered.
struct Open {
    first: usize,
    column: usize,
    line: usize,
}

impl Gap<'_> {
    /// Cuts the comments with indices in `range`, which all lie in this gap, and returns the pieces, and the last
    /// comment that an empty line follows inside a piece.
    pub(super) fn cut(&self, range: Range<usize>) -> (Vec<Piece>, Option<usize>) {
        let mut cut = Cut { gap: self, pieces: Vec::new(), last_before_empty: None };
        let mut text_end = self.text_end;
        let mut next = range.start;
        while next < range.end {
            next = cut.search(next, range.end, text_end);
            text_end = self.comments[next - 1].end();
        }
        (cut.pieces, cut.last_before_empty)
    }

    /// The byte at `offset`, which may lie behind the end of the file, in a key that is to follow.
    fn byte(&self, offset: usize) -> Option<u8> {
        let bytes = self.source.as_bytes();
        match (bytes.get(offset), self.appended) {
            (Some(byte), _) => Some(*byte),
            (None, Some(newline)) => Some(*newline.as_bytes().get(offset - bytes.len()).unwrap_or(&b'k')),
            (None, None) => None,
        }
    }

    fn column(&self, offset: usize) -> usize {
        if offset < self.source.len() { column(self.source, offset) } else { 0 }
    }
}

struct Cut<'a> {
    gap: &'a Gap<'a>,
    pieces: Vec<Piece>,
    last_before_empty: Option<usize>,
}

impl Cut<'_> {
    /// One look ahead from the comment `first` on. Returns the first comment that it did not reach.
    fn search(&mut self, first: usize, end: usize, text_end: usize) -> usize {
        let gap = self.gap;
        let bytes = gap.source.as_bytes();
        let start = gap.comments[first].start();
        let breaks_above = line_breaks(&bytes[text_end..start]);
        // Lines are counted from the first comment's. On this line a comment is the token's own: the line below it.
        let own_line = if gap.on_first_line {
            None
        } else {
            (1 + usize::from(breaks_above == 0 && gap.column(start) > 1)).checked_sub(breaks_above)
        };
        let mut may_be_foot = breaks_above <= 1;
        let mut anchor = gap.foot_anchor;
        let mut open: Option<Open> = None;
        let mut real_line = 0;
        let mut line = 0;
        let mut at = first;
        loop {
            let comment = gap.comments[at];
            open.get_or_insert_with(|| Open { first: at, column: gap.column(comment.start()), line });
            line = real_line;
            let mut after_empty = false;
            // The byte after the comment is its line break, and is passed over unseen.
            let mut ahead = 1;
            let next = loop {
                let offset = comment.end() + ahead;
                if ahead == LOOK_AHEAD {
                    break None;
                }
                match gap.byte(offset) {
                    Some(b' ' | b'\t') => {}
                    None | Some(b'\n' | b'\r') => {
                        if !after_empty && let Some(group) = &open {
                            let own = Some(group.line) == own_line && !gap.after_colon;
                            let dedented = group.column < gap.indent;
                            if may_be_foot && (own || dedented) {
                                let from = if dedented { gap.comments[group.first].start() } else { anchor };
                                self.foot(open.take(), at + 1, from, offset);
                                anchor = offset;
                            } else if gap.byte(offset).is_some() {
                                self.last_before_empty = Some(at);
                            }
                        }
                        if gap.byte(offset).is_none() {
                            break None;
                        }
                        may_be_foot = false;
                        after_empty = true;
                        line += 1;
                    }
                    Some(byte) => break Some((offset, byte)),
                }
                ahead += 1;
            };
            at += 1;
            let stop = comment.end() + ahead;
            if let (Some((offset, byte)), Some(group)) = (next, &open) {
                let column = gap.column(offset);
                if gap.in_flow && matches!(byte, b']' | b'}') {
                    let dedented = group.column < gap.indent;
                    let from = if dedented { gap.comments[group.first].start() } else { anchor };
                    self.foot(open.take(), at, from, offset);
                } else if column < gap.indent && column != group.column {
                    self.foot(open.take(), at, anchor, offset);
                    anchor = offset;
                }
            }
            match next {
                Some((offset, b'#')) if at < end && gap.comments[at].start() == offset => {
                    real_line += line_breaks(&bytes[comment.end()..offset]);
                }
                _ => {
                    if let Some(group) = open {
                        let start = gap.comments[group.first].start();
                        self.pieces.push(Piece {
                            group: Group { role: Role::Head, anchor: start, comments: group.first..at },
                            start,
                            column: group.column,
                            end: stop - 1,
                        });
                    }
                    return at;
                }
            }
        }
    }

    fn foot(&mut self, group: Option<Open>, until: usize, anchor: usize, end: usize) {
        let Some(group) = group else { return };
        self.pieces.push(Piece {
            group: Group { role: Role::Foot, anchor, comments: group.first..until },
            start: self.gap.comments[group.first].start(),
            column: group.column,
            end,
        });
    }
}

/// The column of `offset`, in characters from the start of its line; a byte order mark there does not count.
pub(super) fn column(source: &str, offset: usize) -> usize {
    let line = source[..offset].rsplit(['\n', '\r']).next().unwrap_or_default();
    line.trim_start_matches('\u{feff}').chars().count()
}

/// How many line breaks there are: `\n`, `\r\n` or `\r`.
pub(super) fn line_breaks(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .enumerate()
        .filter(|(at, byte)| **byte == b'\n' || **byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'))
        .count()
}
