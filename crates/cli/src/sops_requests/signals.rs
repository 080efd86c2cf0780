//! Signals while a plaintext lies in a file: it has to be removed before the program ends.

#[cfg(not(unix))]
use std::io;
#[cfg(not(unix))]
use std::process::{Child, ExitStatus};

use crate::failure::INTERRUPTED;
use crate::{Console, Failure};

/// What ends the waiting for a person.
#[cfg_attr(not(unix), allow(dead_code, reason = "there are no signals"))]
pub(crate) enum Event {
    /// A signal that ends programs, by its number.
    Ended(i32),
    /// There is something to read.
    Input,
    /// Ctrl-C.
    Interrupted,
}

/// That the program ends because of a signal: what a shell shows for a program that one has ended.
pub(crate) fn ended_by(signal: i32) -> Failure {
    Failure::message("stopped by a signal: nothing was written")
        .with_code(u8::try_from(128 + signal).unwrap_or(u8::MAX))
}

/// Asks at the terminal for the Enter key; `false` is the end of input.
///
/// # Errors
/// When a signal comes first.
pub(crate) fn ask_for_enter(
    question: &str,
    signals: &mut Signals,
    console: &mut Console<'_>,
) -> Result<bool, Failure> {
    console.ask(question);
    match signals.wait_for_input()? {
        Event::Input => {}
        Event::Interrupted => {
            console.note("\nnothing was written");
            return Err(Failure::told(INTERRUPTED));
        }
        Event::Ended(signal) => return Err(ended_by(signal)),
    }
    let mut byte = [0];
    while console.input().read(&mut byte)? > 0 {
        if byte == *b"\n" {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(unix)]
pub(crate) use unix::Signals;

#[cfg(unix)]
mod unix {
    use std::io::{self, Read};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;
    use std::process::{Child, ExitStatus};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::process::{Pid, Signal, kill_process};
    use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::{SigId, flag, low_level};

    use super::{Event, ended_by};
    use crate::Failure;

    /// How long an editor may take to close once it was told to.
    const PATIENCE: Duration = Duration::from_secs(3);

    /// Takes note of the signals that would end this program, as long as it exists.
    pub(crate) struct Signals {
        /// The number of a signal that ends; 0 is none. Ctrl-C is kept apart: of two signals that come at once the handler of the
        /// first may run last.
        ending: Arc<AtomicUsize>,
        /// Ctrl-C or Ctrl-\.
        interrupted: Arc<AtomicBool>,
        /// A byte comes out for each signal.
        wakes: UnixStream,
        registered: Vec<SigId>,
    }

    impl Signals {
        /// Begins to take note. The signals end nothing from now on.
        ///
        /// # Errors
        /// When the system does not let us.
        pub(crate) fn watch() -> io::Result<Self> {
            let (wakes, wake) = UnixStream::pair()?;
            let (ending, interrupted) = (Arc::default(), Arc::default());
            let mut signals = Self { ending, interrupted, wakes, registered: Vec::new() };
            // Caught, not ignored: what is ignored here would be ignored by the editor too.
            for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
                let number = usize::try_from(signal).unwrap_or_default();
                signals.registered.push(if matches!(signal, SIGINT | SIGQUIT) {
                    flag::register(signal, Arc::clone(&signals.interrupted))?
                } else {
                    flag::register_usize(signal, Arc::clone(&signals.ending), number)?
                });
                signals.registered.push(low_level::pipe::register(signal, wake.try_clone()?)?);
            }
            signals.registered.push(low_level::pipe::register(SIGCHLD, wake)?);
            Ok(signals)
        }

        /// Waits until the editor closes. Ctrl-C and Ctrl-\ in a terminal reach the editor too, and are its business; a signal
        /// that ends this program ends the editor first.
        ///
        /// # Errors
        /// When such a signal has come, or there is no telling what became of the editor.
        pub(crate) fn wait_for(&mut self, child: &mut Child) -> Result<ExitStatus, Failure> {
            loop {
                if let Some(status) = child.try_wait()? {
                    return self.ending().map_or(Ok(status), |signal| Err(ended_by(signal)));
                }
                if let Some(signal) = self.ending() {
                    close(child)?;
                    return Err(ended_by(signal));
                }
                self.sleep()?;
            }
        }

        /// Waits until a program ends. A signal that would end this one is handed on to it. Ctrl-C and Ctrl-\\ in a terminal reach
        /// it anyhow.
        ///
        /// # Errors
        /// When there is no telling what became of it.
        pub(crate) fn wait_and_forward(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
            loop {
                if let Some(status) = child.try_wait()? {
                    return Ok(status);
                }
                let forwarded = match self.ending() {
                    Some(SIGHUP) => Some(Signal::HUP),
                    Some(_) => Some(Signal::TERM),
                    None => None,
                };
                if let Some(signal) = forwarded {
                    self.ending.store(0, Ordering::SeqCst);
                    // It may have ended by itself this very moment.
                    _ = kill_process(Pid::from_child(child), signal);
                }
                self.sleep()?;
            }
        }

        /// Waits until there is something to read on standard input, or a signal comes.
        ///
        /// # Errors
        /// When the system can't wait.
        pub(crate) fn wait_for_input(&mut self) -> io::Result<Event> {
            // What was typed while the editor ran was meant for the editor.
            self.interrupted.store(false, Ordering::SeqCst);
            let input = io::stdin();
            loop {
                if let Some(signal) = self.ending() {
                    return Ok(Event::Ended(signal));
                }
                if self.interrupted.swap(false, Ordering::SeqCst) {
                    return Ok(Event::Interrupted);
                }
                let mut sources = [
                    PollFd::new(&input, PollFlags::IN),
                    PollFd::from_borrowed_fd(self.wakes.as_fd(), PollFlags::IN),
                ];
                match poll(&mut sources, None) {
                    Ok(_) | Err(rustix::io::Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
                let [has_input, has_signal] = sources.map(|source| !source.revents().is_empty());
                if has_signal {
                    self.sleep()?;
                } else if has_input {
                    return Ok(Event::Input);
                }
            }
        }

        /// Sleeps until a signal comes; it may have come already.
        fn sleep(&mut self) -> io::Result<()> {
            match self.wakes.read(&mut [0; 64]) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
                _ => Ok(()),
            }
        }

        fn ending(&self) -> Option<i32> {
            i32::try_from(self.ending.load(Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
        }
    }

    impl Drop for Signals {
        fn drop(&mut self) {
            for id in self.registered.drain(..) {
                low_level::unregister(id);
            }
        }
    }

    /// Closes the editor: kindly, then not.
    fn close(child: &mut Child) -> io::Result<()> {
        // It may have closed by itself this very moment.
        let _ = kill_process(Pid::from_child(child), Signal::TERM);
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if child.try_wait()?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        child.kill()?;
        child.wait().map(drop)
    }
}

/// There are no signals to take note of.
#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn watch() -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) fn wait_for(&mut self, child: &mut Child) -> Result<ExitStatus, Failure> {
        Ok(child.wait()?)
    }

    pub(crate) fn wait_and_forward(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
        child.wait()
    }

    pub(crate) fn wait_for_input(&mut self) -> io::Result<Event> {
        Ok(Event::Input)
    }
}
