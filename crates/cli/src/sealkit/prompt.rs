//! Values that a person types, unseen.

use std::io;

use zeroize::Zeroizing;

use crate::failure::INTERRUPTED;
use crate::input::Source;
use crate::{Console, Failure};

/// A value: asked for at the terminal, or all of standard input, byte for byte, if that is no terminal.
///
/// # Errors
/// When nobody answers, or the input can't be read.
pub(crate) fn value(question: &str, console: &mut Console<'_>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if !console.input_is_terminal() {
        return Ok(Source::Stdin.read(console)?);
    }
    Ok(Zeroizing::new(ask(question)?.as_bytes().to_vec()))
}

/// A password: asked for at the terminal, or the one line of standard input if that is no terminal.
///
/// # Errors
/// When nobody answers, the input can't be read, or it is no text of one line.
pub(crate) fn password(question: &str, console: &mut Console<'_>) -> Result<Zeroizing<String>, Failure> {
    if console.input_is_terminal() {
        return ask(question);
    }
    let input = Source::Stdin.read(console)?;
    let line = std::str::from_utf8(&input)
        .map_err(|_| Failure::message("the password on standard input is not UTF-8"))?;
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(Failure::message(
            "there is no password: give it on standard input, or start sealkit at a terminal",
        ));
    }
    if line.contains(['\n', '\r']) {
        return Err(Failure::message("the password on standard input has more than one line"));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

fn ask(question: &str) -> Result<Zeroizing<String>, Failure> {
    let asked = interruptibly(|| rpassword::prompt_password(question))?;
    asked.map(Zeroizing::new).map_err(|error| match error.kind() {
        // Ctrl-C. There is nothing to say to the person who typed it.
        io::ErrorKind::Interrupted => Failure::told(INTERRUPTED),
        _ => Failure::because("could not ask at the terminal", error),
    })
}

/// Lets `ask` return when it raises an interrupt, so that it can give the terminal its echo back. Outside of it an interrupt
/// ends the program, as ever.
#[cfg(unix)]
fn interruptibly<T>(ask: impl FnOnce() -> T) -> Result<T, Failure> {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use signal_hook::consts::SIGINT;

    let ends_the_program = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register_conditional_default(SIGINT, Arc::clone(&ends_the_program))?;
    let answer = ask();
    ends_the_program.store(true, Ordering::SeqCst);
    Ok(answer)
}

#[cfg(not(unix))]
fn interruptibly<T>(ask: impl FnOnce() -> T) -> Result<T, Failure> {
    Ok(ask())
}
