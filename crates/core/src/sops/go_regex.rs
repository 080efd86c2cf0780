//! Regular expressions as Go reads them (RE2), on the `regex` crate.
//!
//! Both engines are linear and close relatives, but a pattern that both accept may mean two things. In Go
//!
//! - `\d`, `\w`, `\s` and `\b` are ASCII; in `regex` they are Unicode;
//! - inside a class, `[`, `&&`, `--` and `~~` are characters; in `regex` they nest, intersect and subtract classes;
//! - `\<` and `\>` are characters; in `regex` they are word boundaries;
//! - a `{` that begins no repetition is a character; in `regex` it is an error;
//! - `\Q…\E` quotes, and `\101` is an octal escape; `regex` has neither.
//!
//! So a pattern is rewritten first. What Go refuses and `regex` would take (the flags `x`, `u` and `R`, look-alikes
//! such as `a**`) is refused where it would change the meaning, else taken.

use std::fmt::Write;

use regex::{Regex, RegexBuilder};

/// A pattern longer than this many bytes is refused.
const MAX_PATTERN_LEN: usize = 16 * 1024;

/// A compiled pattern bigger than this many bytes is refused.
const MAX_COMPILED_SIZE: usize = 4 * 1024 * 1024;

/// Groups and classes nested deeper than this are refused.
const MAX_NESTING: u32 = 200;

/// Compiles `pattern` as Go would.
///
/// # Errors
/// [`PatternError`] if it is no regular expression, or one that is too big.
pub(super) fn compile(pattern: &str) -> Result<Regex, PatternError> {
    if pattern.len() > MAX_PATTERN_LEN {
        return Err(PatternError::TooLong);
    }
    let rewritten = Rewriter::new(pattern).rewrite()?;
    RegexBuilder::new(&rewritten)
        .size_limit(MAX_COMPILED_SIZE)
        .dfa_size_limit(MAX_COMPILED_SIZE)
        .nest_limit(MAX_NESTING)
        .build()
        .map_err(PatternError::from)
}

/// Why a regular expression can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// An escape that Go does not know.
    #[error("the escape \\{escape} is not known in a Go (RE2) regular expression")]
    Escape {
        /// The character after the backslash.
        escape: char,
    },
    /// A flag that Go does not know.
    #[error("the flag `{flag}` is not known in a Go (RE2) regular expression; i, m, s and U are")]
    Flag {
        /// The flag.
        flag: char,
    },
    /// It compiles to too much.
    #[error("the regular expression compiles to more than {MAX_COMPILED_SIZE} bytes")]
    TooBig,
    /// It is longer than 16 KiB.
    #[error("the regular expression is longer than {MAX_PATTERN_LEN} bytes")]
    TooLong,
    /// It ends in a backslash.
    #[error("the regular expression ends in a backslash")]
    TrailingBackslash,
    /// Any other fault; the message of the regular expression engine, on one line.
    #[error("the regular expression can't be parsed: {message}")]
    Syntax {
        /// What is wrong.
        message: String,
    },
    /// A class without its end.
    #[error("the regular expression has a `[` without its `]`")]
    UnclosedClass,
}

impl From<regex::Error> for PatternError {
    fn from(error: regex::Error) -> Self {
        match error {
            regex::Error::CompiledTooBig(_) => Self::TooBig,
            // The engine shows the pattern over several lines; its last line is the reason.
            other => {
                let text = other.to_string();
                let message = text.lines().last().unwrap_or_default();
                Self::Syntax { message: message.strip_prefix("error: ").unwrap_or(message).to_owned() }
            }
        }
    }
}

/// The classes that `\d` and its like stand for, for use inside brackets.
fn perl_class(letter: char) -> Option<&'static str> {
    match letter {
        'd' => Some("[0-9]"),
        'D' => Some("[^0-9]"),
        's' => Some(r"[\t\n\x0C\r ]"),
        'S' => Some(r"[^\t\n\x0C\r ]"),
        'w' => Some("[0-9A-Za-z_]"),
        'W' => Some("[^0-9A-Za-z_]"),
        _ => None,
    }
}

struct Rewriter<'p> {
    rest: &'p str,
    output: String,
}

impl<'p> Rewriter<'p> {
    fn new(pattern: &'p str) -> Self {
        Self { rest: pattern, output: String::with_capacity(pattern.len() + 16) }
    }

    fn rewrite(mut self) -> Result<String, PatternError> {
        while let Some(character) = self.next() {
            match character {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '{' if !begins_repetition(self.rest) => self.literal('{'),
                '(' => self.group()?,
                other => self.output.push(other),
            }
        }
        Ok(self.output)
    }

    fn next(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        Some(character)
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Writes a character that stands for itself, inside brackets or outside.
    fn literal(&mut self, character: char) {
        if character.is_ascii() && !character.is_ascii_alphanumeric() {
            // Writing to a string does not fail.
            let _ = write!(self.output, "\\x{:02X}", u32::from(character));
        } else {
            self.output.push(character);
        }
    }

    /// After `(`: refuses flags that only `regex` knows.
    fn group(&mut self) -> Result<(), PatternError> {
        self.output.push('(');
        if self.rest.starts_with('?') && !self.rest.starts_with("?P<") && !self.rest.starts_with("?<") {
            let flags = self.rest[1..].chars().take_while(|&flag| flag != ':' && flag != ')');
            if let Some(flag) = flags.into_iter().find(|flag| !"imsU-".contains(*flag)) {
                return Err(PatternError::Flag { flag });
            }
        }
        Ok(())
    }

    /// After a backslash, outside brackets.
    fn escape(&mut self) -> Result<(), PatternError> {
        if self.eat("Q") {
            let quoted = self.rest.find("\\E").unwrap_or(self.rest.len());
            let (text, rest) = self.rest.split_at(quoted);
            text.chars().for_each(|character| self.literal(character));
            self.rest = rest.strip_prefix("\\E").unwrap_or(rest);
            return Ok(());
        }
        let Some(escape) = self.rest.chars().next() else {
            return Err(PatternError::TrailingBackslash);
        };
        let same_in_both = match escape {
            'A' => "^",
            'z' => "$",
            'b' => r"(?-u:\b)",
            'B' => r"(?-u:\B)",
            _ => "",
        };
        match escape {
            'A' | 'z' => {
                self.next();
                // As a group, so that the flag m does not change what it means.
                let _ = write!(self.output, "(?-m:{same_in_both})");
                Ok(())
            }
            'b' | 'B' => {
                self.next();
                self.output.push_str(same_in_both);
                Ok(())
            }
            _ => self.character_escape(),
        }
    }

    /// After a backslash: the escapes that are the same inside and outside brackets.
    fn character_escape(&mut self) -> Result<(), PatternError> {
        let Some(escape) = self.next() else {
            return Err(PatternError::TrailingBackslash);
        };
        if let Some(class) = perl_class(escape) {
            self.output.push_str(class);
            return Ok(());
        }
        match escape {
            'a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' | 'p' | 'P' => {
                self.output.push('\\');
                self.output.push(escape);
                // `\pL`, `\p{Greek}`, `\x7F`, `\x{10FFFF}`: take the braces along, they are no repetition.
                if matches!(escape, 'x' | 'p' | 'P') && self.rest.starts_with('{') {
                    let end = self.rest.find('}').map_or(self.rest.len(), |end| end + 1);
                    let (braces, rest) = self.rest.split_at(end);
                    self.output.push_str(braces);
                    self.rest = rest;
                }
                Ok(())
            }
            '0'..='7' => self.octal(escape),
            other if other.is_ascii() && !other.is_ascii_alphanumeric() => {
                self.literal(other);
                Ok(())
            }
            other => Err(PatternError::Escape { escape: other }),
        }
    }

    /// `\0`, `\12` or `\123`; a single digit that is not zero would be a back-reference, which Go does not have.
    fn octal(&mut self, first: char) -> Result<(), PatternError> {
        let is_octal = |digit: &char| ('0'..='7').contains(digit);
        let more = self.rest.chars().take(2).take_while(is_octal).count();
        if first != '0' && more == 0 {
            return Err(PatternError::Escape { escape: first });
        }
        let (digits, rest) = self.rest.split_at(more);
        let code = digits
            .bytes()
            .fold(u32::from(first) - u32::from('0'), |code, digit| code * 8 + u32::from(digit - b'0'));
        self.rest = rest;
        let _ = write!(self.output, "\\x{{{code:X}}}");
        Ok(())
    }

    /// After the second `[` of `[[:alpha:]]`. `regex` would take an unknown name for a nested class.
    fn posix_class(&mut self) -> Result<(), PatternError> {
        let end = self.rest.find(":]").map_or(0, |end| end + 2);
        let (class, rest) = self.rest.split_at(end);
        let name = class.trim_matches(':').trim_end_matches(":]");
        if !POSIX_CLASSES.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err(PatternError::Syntax { message: format!("unknown class [{class}") });
        }
        self.output.push('[');
        self.output.push_str(class);
        self.rest = rest;
        Ok(())
    }

    /// After `[`.
    fn class(&mut self) -> Result<(), PatternError> {
        self.output.push('[');
        if self.eat("^") {
            self.output.push('^');
        }
        let mut first = true;
        loop {
            let Some(character) = self.next() else {
                return Err(PatternError::UnclosedClass);
            };
            match character {
                ']' if !first => {
                    self.output.push(']');
                    return Ok(());
                }
                '\\' => self.character_escape()?,
                '[' if self.rest.starts_with(':') && self.rest.contains(":]") => self.posix_class()?,
                // A hyphen makes a range, unless it is the first or the last.
                '-' if !first && !self.rest.starts_with(']') => self.output.push('-'),
                other => self.literal(other),
            }
            first = false;
        }
    }
}

/// The names that may stand in `[[:name:]]`.
const POSIX_CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// Whether what follows a `{` makes it a repetition: `3}`, `3,}` or `3,5}`.
fn begins_repetition(rest: &str) -> bool {
    let Some((counts, _)) = rest.split_once('}') else {
        return false;
    };
    let (low, high) = counts.split_once(',').unwrap_or((counts, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !low.is_empty() && digits(low) && digits(high)
}

#[cfg(test)]
mod tests {
    use super::{PatternError, compile};

    /// Whether `pattern` matches, by Go 1.25's `regexp.MatchString`.
    const AS_IN_GO: &[(&str, &str, bool)] = &[
        (r"^(data|stringData)$", "data", true),
        (r"^(data|stringData)$", "metadata", false),
        (r"ass", "password", true),
        (r"^\d+$", "123", true),
        (r"^\d+$", "१२", false),
        (r"^\w$", "é", false),
        (r"^\W$", "é", true),
        (r"^[\w.]+$", "a.b", true),
        (r"^[^\W]+$", "ab", true),
        (r"^\s$", "\u{a0}", false),
        (r"^\s$", "\u{b}", false),
        (r"^[a[b]$", "[", true),
        (r"^[a&&b]$", "&", true),
        (r"^[a~~b]$", "~", true),
        (r"^[+--]$", ",", true),
        (r"^[]a]$", "]", true),
        (r"^[^]a]$", "b", true),
        (r"^[a-]$", "-", true),
        (r"^[[:alpha:]_]+$", "a_b", true),
        (r"^[[:alpha:]]+$", "é", false),
        (r"^\<a\>$", "<a>", true),
        (r"^a{$", "a{", true),
        (r"^a{,2}$", "a{,2}", true),
        (r"^a{2}$", "aa", true),
        (r"^a{1,}$", "aaa", true),
        (r"^\Qa.b\E$", "a.b", true),
        (r"^\Qa.b\E$", "axb", false),
        (r"\Qa.b", "a.b", true),
        (r"^\101$", "A", true),
        (r"^\0$", "\0", true),
        (r"^\x{41}\x42$", "AB", true),
        (r"^\p{Greek}$", "α", true),
        (r"^\pL$", "é", true),
        (r"(?i)^PASSWORD$", "password", true),
        (r"(?m)\Ab", "a\nb", false),
        (r"(?m)^b", "a\nb", true),
        (r"a\z", "a\n", false),
        (r"\bkey\b", "my-key", true),
        (r"\bkey\b", "mykey", false),
        (r"^(?P<name>a)$", "a", true),
        (r"^(?:a|b)$", "b", true),
        (r"^\_\-\/$", "_-/", true),
        (r"", "anything", true),
        (r"^.$", "\n", false),
        (r"^é\b", "é", false),
    ];

    #[test]
    fn patterns_mean_what_they_mean_in_go() {
        for (pattern, text, matches) in AS_IN_GO {
            assert_eq!(compile(pattern).unwrap().is_match(text), *matches, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn patterns_that_go_refuses_are_refused() {
        for pattern in [
            "(",
            "[",
            "[a",
            "a)",
            "*",
            r"\",
            r"\y",
            r"\1",
            r"\Z",
            "(?=a)",
            "(?x)a",
            "(?u)a",
            "[b-a]",
            "a{2,1}",
            r"\p{Nothing}",
            "(?P<a",
            "[[:nope:]]",
        ] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn messages_are_one_line() {
        for pattern in ["(", "a**b)", r"\p{Nothing}", "x{1,2"] {
            if let Err(error) = compile(pattern) {
                assert!(!error.to_string().contains('\n'), "{error}");
            }
        }
    }

    #[test]
    fn big_patterns_are_refused() {
        assert_eq!(compile(&"a".repeat(20_000)).unwrap_err(), PatternError::TooLong);
        assert_eq!(compile(r"(\pL{500}){500}").unwrap_err(), PatternError::TooBig);
        assert!(compile(&"(".repeat(5000)).is_err());
    }
}
