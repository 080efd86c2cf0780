//! Where a command reads and writes: the standard streams and the environment, or a test's buffers.

use std::collections::HashMap;
use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, IsTerminal, Read, Write};

use anstream::{AutoStream, ColorChoice};
use clap::builder::StyledStr;

use crate::failure::chain;

/// The program's connections to the outside: standard streams and environment variables.
///
/// Data goes to the output through [`Console::print`]; words for people go to the message stream through
/// [`Console::error`], [`Console::warn`] and [`Console::note`]. A message stream that is closed is ignored: there is nobody
/// left to tell.
pub struct Console<'a> {
    /// The environment variables.
    pub environment: Environment,
    input: Box<dyn Read + 'a>,
    input_is_terminal: bool,
    input_was_taken: bool,
    output: Box<dyn Write + 'a>,
    output_is_terminal: bool,
    output_takes_colour: bool,
    messages: Box<dyn Write + 'a>,
    messages_are_seen: bool,
    messages_take_colour: bool,
}

impl Console<'static> {
    /// The standard streams and the environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let (input, output, messages) = (io::stdin(), io::stdout(), io::stderr());
        Self {
            environment: Environment::of_process(),
            input_is_terminal: input.is_terminal(),
            input_was_taken: false,
            output_is_terminal: output.is_terminal(),
            output_takes_colour: AutoStream::choice(&output) != ColorChoice::Never,
            messages_are_seen: messages.is_terminal(),
            messages_take_colour: AutoStream::choice(&messages) != ColorChoice::Never,
            // Not locked: a thread that panics has to get its message out.
            input: Box::new(input),
            output: Box::new(output),
            messages: Box::new(messages),
        }
    }
}

impl<'a> Console<'a> {
    /// A console over the given streams, without colour; none of them is a terminal.
    pub fn new(
        environment: Environment,
        input: impl Read + 'a,
        output: impl Write + 'a,
        messages: impl Write + 'a,
    ) -> Self {
        Self {
            environment,
            input: Box::new(input),
            input_is_terminal: false,
            input_was_taken: false,
            output: Box::new(output),
            output_is_terminal: false,
            output_takes_colour: false,
            messages: Box::new(messages),
            messages_are_seen: false,
            messages_take_colour: false,
        }
    }

    /// The standard input.
    pub fn input(&mut self) -> &mut dyn Read {
        &mut self.input
    }

    /// The standard input for somebody who reads it to its end. Nothing if somebody has already, and nobody types more.
    pub fn take_input(&mut self) -> Option<&mut dyn Read> {
        let is_there = self.input_is_terminal || !self.input_was_taken;
        self.input_was_taken = true;
        is_there.then_some(&mut *self.input as &mut dyn Read)
    }

    /// Whether a person would have to type what [`Console::input`] reads.
    #[must_use]
    pub fn input_is_terminal(&self) -> bool {
        self.input_is_terminal
    }

    /// Whether a person sees what [`Console::print`] writes, as it is written.
    #[must_use]
    pub fn output_is_terminal(&self) -> bool {
        self.output_is_terminal
    }

    /// Whether a person sees messages as they come, and so can be asked something.
    #[must_use]
    pub fn messages_are_seen(&self) -> bool {
        self.messages_are_seen
    }

    /// Writes data to standard output, unchanged.
    ///
    /// # Errors
    /// When the output can't be written, or its reader has closed it ([`OutputClosed`] in the chain).
    pub fn print(&mut self, data: &[u8]) -> Result<(), OutputError> {
        self.output.write_all(data).map_err(OutputError::from)
    }

    /// Writes styled text to standard output, with colours only where a terminal shows them.
    ///
    /// # Errors
    /// As [`Console::print`].
    pub fn print_styled(&mut self, text: &StyledStr) -> Result<(), OutputError> {
        let text = if self.output_takes_colour { text.ansi().to_string() } else { text.to_string() };
        self.print(text.as_bytes())?;
        self.flush()
    }

    /// Hands over to the system what [`Console::print`] has buffered.
    ///
    /// # Errors
    /// As [`Console::print`].
    pub fn flush(&mut self) -> Result<(), OutputError> {
        self.output.flush().map_err(OutputError::from)
    }

    /// Tells the user of an error and of its causes.
    pub fn error(&mut self, error: &(dyn Error + 'static)) {
        let mut causes = chain(error);
        let first = causes.next().map(printable).unwrap_or_default();
        let mut text = format!("{} {first}\n", self.label("error:", "\u{1b}[1m\u{1b}[31m"));
        let mut previous = first;
        for cause in causes {
            let cause = printable(cause);
            // Some libraries paste the cause into the message: saying it once is enough.
            if !previous.ends_with(&cause) {
                text.push_str(&format!("  caused by: {cause}\n"));
            }
            previous = cause;
        }
        self.write_message(&text);
    }

    /// Tells the user of something that they should look at, on a line `warning: …`.
    pub fn warn(&mut self, message: impl fmt::Display) {
        let label = self.label("warning:", "\u{1b}[1m\u{1b}[33m");
        self.write_message(&format!("{label} {}\n", printable(message)));
    }

    /// Tells the user something, on a line of its own.
    pub fn note(&mut self, message: impl fmt::Display) {
        self.write_message(&format!("{}\n", printable(message)));
    }

    /// Asks the user something, and leaves the cursor behind the question.
    pub fn ask(&mut self, question: &str) {
        self.write_message(question);
    }

    /// Shows styled text to the user, with colours only where a terminal shows them.
    pub fn styled_message(&mut self, text: &StyledStr) {
        let text = if self.messages_take_colour { text.ansi().to_string() } else { text.to_string() };
        self.write_message(&text);
    }

    fn label(&self, word: &str, style: &str) -> String {
        if self.messages_take_colour { format!("{style}{word}\u{1b}[0m") } else { word.to_owned() }
    }

    fn write_message(&mut self, text: &str) {
        // Nobody reads: there is no one left to tell that.
        let _ = self.messages.write_all(text.as_bytes()).and_then(|()| self.messages.flush());
    }
}

/// `text` with its control characters escaped, all but line ends: names and keys come from files, and what they hold must
/// not move a terminal's cursor or turn the text around.
fn printable(text: impl fmt::Display) -> String {
    let mut shown = String::new();
    for character in text.to_string().chars() {
        let turns_text =
            matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character != '\n' && (character.is_control() || turns_text) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// The environment variables that the program sees.
#[derive(Clone, Debug)]
pub struct Environment(Variables);

#[derive(Clone)]
enum Variables {
    Process,
    Given(HashMap<OsString, OsString>),
}

impl fmt::Debug for Variables {
    /// Values stay out: private keys come in by the environment.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process => formatter.write_str("Process"),
            Self::Given(variables) => formatter.debug_set().entries(variables.keys()).finish(),
        }
    }
}

impl Environment {
    /// The variables of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self(Variables::Process)
    }

    /// These variables and no others.
    pub fn given<K: Into<OsString>, V: Into<OsString>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(Variables::Given(
            variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        ))
    }

    /// The value of the variable `name`; an empty one counts as not set.
    #[must_use]
    pub fn get(&self, name: impl AsRef<OsStr>) -> Option<OsString> {
        self.get_even_empty(name).filter(|value| !value.is_empty())
    }

    /// All variables.
    #[must_use]
    pub fn variables(&self) -> Vec<(OsString, OsString)> {
        match &self.0 {
            Variables::Process => std::env::vars_os().collect(),
            Variables::Given(variables) => {
                variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
            }
        }
    }

    /// The value of the variable `name`, even if it is empty.
    #[must_use]
    pub fn get_even_empty(&self, name: impl AsRef<OsStr>) -> Option<OsString> {
        match &self.0 {
            Variables::Process => std::env::var_os(name),
            Variables::Given(variables) => variables.get(name.as_ref()).cloned(),
        }
    }
}

/// Standard output could not be written.
#[derive(Debug, thiserror::Error)]
#[error("could not write to standard output")]
pub struct OutputError(#[source] Box<dyn Error + Send + Sync>);

/// The reader of standard output has gone: there is nothing to do, and nothing to say.
#[derive(Debug, thiserror::Error)]
#[error("the reader has closed it")]
pub struct OutputClosed;

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self(Box::new(OutputClosed))
        } else {
            Self(Box::new(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{Console, Environment};

    #[test]
    fn what_files_hold_does_not_steer_a_terminal() {
        let mut messages = Vec::new();
        let mut console =
            Console::new(Environment::given::<&str, &str>([]), io::empty(), io::sink(), &mut messages);
        console.warn("a\u{1b}[2Jb");
        console.note("two\nlines\r\u{202e}");
        console.error(&io::Error::other("\u{9b}é"));
        drop(console);
        assert_eq!(
            String::from_utf8(messages).unwrap(),
            "warning: a\\u{1b}[2Jb\ntwo\nlines\\r\\u{202e}\nerror: \\u{9b}é\n"
        );
    }
}
