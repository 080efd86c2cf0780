//! Command lines that are read and not yet carried out.

use std::ffi::OsString;
use std::fmt;

use crate::front_end::FrontEnd;
use crate::{Console, Environment, Failure, kubeseal, sealkit, sops};

/// What a command line asks for. Reading one looks at the words and the environment alone, and does nothing.
///
/// Two are equal if the same would be done. `Debug` shows the front end only: command lines can hold secrets.
#[derive(PartialEq)]
pub struct Request(Asked);

#[derive(PartialEq)]
enum Asked {
    Kubeseal(Box<kubeseal::Flags>),
    Sealkit(sealkit::Arguments),
    Sops(sops::Request),
}

impl Request {
    /// Reads a command line that begins with the name that the program was started under.
    ///
    /// # Errors
    /// A command line that makes no sense; also the texts of `--help` and `--version`, which are no errors (exit code 0).
    pub fn read(
        arguments: impl IntoIterator<Item = OsString>,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let (front_end, arguments) = FrontEnd::pick(arguments.into_iter().collect());
        Ok(Self(match front_end {
            FrontEnd::Kubeseal => Asked::Kubeseal(Box::new(kubeseal::Flags::read(&arguments, environment)?)),
            FrontEnd::Sealkit => Asked::Sealkit(sealkit::read(&arguments)?),
            FrontEnd::Sops => Asked::Sops(sops::Request::read(&arguments, environment)?),
        }))
    }

    /// The front end that reads it.
    #[must_use]
    pub fn front_end(&self) -> FrontEnd {
        match &self.0 {
            Asked::Kubeseal(_) => FrontEnd::Kubeseal,
            Asked::Sealkit(_) => FrontEnd::Sealkit,
            Asked::Sops(_) => FrontEnd::Sops,
        }
    }

    /// Does what is asked for.
    ///
    /// # Errors
    /// Whatever went wrong.
    pub fn carry_out(&self, console: &mut Console<'_>) -> Result<(), Failure> {
        match &self.0 {
            Asked::Kubeseal(flags) => kubeseal::run(flags, console),
            Asked::Sealkit(arguments) => sealkit::run(arguments, console),
            Asked::Sops(request) => sops::run(request, console),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Request").field(&self.front_end()).finish()
    }
}
