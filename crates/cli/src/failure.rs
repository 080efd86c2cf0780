//! An error on its way out of the program: one function turns it into a message and an exit code.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use crate::console::{Console, OutputClosed};

/// Exit code: the job could not be done.
pub const FAILED: u8 = 1;
/// Exit code: the command line itself is wrong.
pub const USAGE: u8 = 2;
/// Exit code: the job was done for some of the files, and not for those that the messages name.
pub const PARTLY_FAILED: u8 = 3;
/// Exit code of `cert check`: the certificate expires too soon, has expired, or is not yet valid.
pub const CERTIFICATE_NEEDS_ATTENTION: u8 = 4;
/// Exit code of `exec`: the program is there and can't be run. What a shell answers, too.
pub const NOT_EXECUTABLE: u8 = 126;
/// Exit code of `exec`: there is no such program. What a shell answers, too.
pub const NOT_FOUND: u8 = 127;
/// Exit code: somebody typed Ctrl-C at a question. What a shell shows for a program ended by SIGINT.
pub const INTERRUPTED: u8 = 130;
/// Exit code: whoever read standard output has closed it. What a shell shows for a program ended by SIGPIPE.
pub const OUTPUT_CLOSED: u8 = 141;

/// Why a command did not do its job, and the exit code that says so.
///
/// Every error turns into one (with exit code 1) by `?`; [`Failure::with_code`] sets another code. It is no
/// [`Error`] itself, so that this conversion can exist.
#[derive(Debug)]
pub struct Failure {
    cause: Cause,
    code: u8,
}

#[derive(Debug)]
enum Cause {
    /// An error, printed with the chain of its causes.
    Error(Box<dyn Error + Send + Sync>),
    /// What clap says about a command line; also `--help` and `--version`, which are no errors.
    CommandLine(Box<clap::Error>),
    /// The command has already told the user.
    Told,
}

impl Failure {
    /// A failure with a message of its own, for which no typed error exists.
    ///
    /// `message` is lower case, without a full stop, and holds no secret.
    #[must_use]
    pub fn message(message: impl Into<String>) -> Self {
        Self::from(Message { message: message.into(), source: None })
    }

    /// A failure with a message of its own, and the error that led to it.
    #[must_use]
    pub fn because(message: impl Into<String>, cause: impl Error + Send + Sync + 'static) -> Self {
        Self::from(Message { message: message.into(), source: Some(Box::new(cause)) })
    }

    /// A command line that does not make sense: exit code 2.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::message(message).with_code(USAGE)
    }

    /// What clap answered to a command line: an error (exit code 2), or the text of `--help` or `--version` (exit code 0).
    #[must_use]
    pub fn command_line(error: clap::Error) -> Self {
        let code = if error.use_stderr() { USAGE } else { 0 };
        Self { cause: Cause::CommandLine(Box::new(error)), code }
    }

    /// A failure that the command has already told the user about; only the exit code is left to give.
    #[must_use]
    pub fn told(code: u8) -> Self {
        Self { cause: Cause::Told, code }
    }

    /// The same failure with another exit code.
    #[must_use]
    pub fn with_code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// The same failure as the cause of a wider one: `message` says what could not be done because of it.
    #[must_use]
    pub fn under(self, message: impl Into<String>) -> Self {
        match self.cause {
            Cause::Error(error) => {
                let message = Message { message: message.into(), source: Some(error) };
                Self { cause: Cause::Error(Box::new(message)), code: self.code }
            }
            _ => self,
        }
    }

    /// The exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        if self.is_closed_output() { OUTPUT_CLOSED } else { self.code }
    }

    /// Whether the output's reader has gone, so that there is nobody to tell.
    fn is_closed_output(&self) -> bool {
        matches!(&self.cause, Cause::Error(error) if chain(error.as_ref()).any(<dyn Error>::is::<OutputClosed>))
    }

    /// Tells the user, and gives the exit code back.
    ///
    /// An error is printed as `error: …`, followed by a line `  caused by: …` for each of its causes.
    #[must_use]
    pub fn report(&self, console: &mut Console<'_>) -> ExitCode {
        match &self.cause {
            Cause::Told => {}
            Cause::Error(_) if self.is_closed_output() => {}
            Cause::Error(error) => console.error(error.as_ref()),
            Cause::CommandLine(error) if error.use_stderr() => console.styled_message(&error.render()),
            Cause::CommandLine(error) => {
                if let Err(closed) = console.print_styled(&error.render()) {
                    return Self::from(closed).report(console);
                }
            }
        }
        ExitCode::from(self.code())
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { cause: Cause::Error(Box::new(error)), code: FAILED }
    }
}

/// `error` and its causes, outermost first.
pub fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

#[derive(Debug)]
struct Message {
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl fmt::Display for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Error for Message {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
