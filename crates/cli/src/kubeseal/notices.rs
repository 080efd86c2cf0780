//! What the user should know beside the result.

use std::fmt::Display;

use crate::Console;

/// Warnings that wait until the outcome is known: after a failure, they come after its `error:` line, with which the
/// message stream has to begin.
#[derive(Default)]
pub(super) struct Notices(Vec<String>);

impl Notices {
    /// Adds a warning.
    pub(super) fn warn(&mut self, message: impl Display) {
        self.0.push(message.to_string());
    }

    /// Tells the user.
    pub(super) fn tell(self, console: &mut Console<'_>) {
        for message in self.0 {
            console.warn(message);
        }
    }
}
