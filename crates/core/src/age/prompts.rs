//! Asking the user: for passphrases, and what plugins want to know.

use std::fmt;
use std::sync::Arc;

use ::age::secrecy::SecretString;
use ::age::{Callbacks, NoCallbacks};

/// A [`Callbacks`] of any type. Identities and recipients that need a person ask through it.
#[derive(Clone)]
pub struct Prompts(Arc<dyn Ask>);

impl Prompts {
    /// Asks through `callbacks`, for example [`UiCallbacks`](super::UiCallbacks) on a terminal.
    #[must_use]
    pub fn new(callbacks: impl Callbacks) -> Self {
        Self(Arc::new(callbacks))
    }
}

impl Default for Prompts {
    /// Asks nobody: what needs an answer fails.
    fn default() -> Self {
        Self::new(NoCallbacks)
    }
}

impl fmt::Debug for Prompts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Prompts")
    }
}

/// [`Callbacks`] without `Clone`, so that it can stand behind a pointer.
trait Ask: Send + Sync {
    fn display_message(&self, message: &str);
    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool>;
    fn request_public_string(&self, description: &str) -> Option<String>;
    fn request_passphrase(&self, description: &str) -> Option<SecretString>;
}

impl<C: Callbacks> Ask for C {
    fn display_message(&self, message: &str) {
        Callbacks::display_message(self, message);
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        Callbacks::confirm(self, message, yes, no)
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        Callbacks::request_public_string(self, description)
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        Callbacks::request_passphrase(self, description)
    }
}

impl Callbacks for Prompts {
    fn display_message(&self, message: &str) {
        self.0.display_message(message);
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        self.0.confirm(message, yes, no)
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        self.0.request_public_string(description)
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        self.0.request_passphrase(description)
    }
}
