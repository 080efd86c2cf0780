//! Running a shell command for `exec-env` and `exec-file`: as which user, with which variables, and how it ends.

use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitStatus, Stdio};

use super::Job;
use super::codes::FAILED;
use crate::sops_requests::signals::Signals;
use crate::{Console, Failure};

/// How a program ends, to Go, that a signal has ended: -1, of which the system keeps the last eight bits.
const ENDED_BY_SIGNAL: u8 = 255;

/// A shell command that is ready to run.
pub(super) struct ShellCommand(Command);

impl ShellCommand {
    /// `command` with the variables of this process (unless it is `pristine`), then those of the user, then `values`.
    pub(super) fn new(
        command: &OsStr,
        pristine: bool,
        user: Option<&User>,
        values: impl IntoIterator<Item = (String, OsString)>,
        console: &Console<'_>,
    ) -> Self {
        let mut shell = shell(command);
        shell.env_clear();
        if !pristine {
            shell.envs(console.environment.variables());
        }
        shell.envs(user.into_iter().flat_map(User::variables));
        shell.envs(values);
        Self(shell)
    }

    /// Runs it and ends as it does.
    ///
    /// # Errors
    /// When it can't be run, or ends with anything but 0: then with that exit code.
    pub(super) fn run(mut self) -> Result<(), Failure> {
        let mut signals = Signals::watch()?;
        let mut child = self.0.spawn().map_err(cannot_run)?;
        let status = signals.wait_and_forward(&mut child)?;
        ended(status)
    }

    /// Starts it, without a standard input or output, and does not wait for it.
    ///
    /// # Errors
    /// When it can't be run.
    pub(super) fn start(mut self) -> Result<(), Failure> {
        self.0.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.0.spawn().map(drop).map_err(cannot_run)
    }

    /// Becomes it. Returns only if that fails.
    #[cfg(unix)]
    pub(super) fn replace_this_process(mut self) -> Failure {
        use std::os::unix::process::CommandExt;

        cannot_run(self.0.exec())
    }

    #[cfg(not(unix))]
    pub(super) fn replace_this_process(self) -> Failure {
        Failure::message("--same-process does not exist on this system").with_code(FAILED)
    }
}

fn ended(status: ExitStatus) -> Result<(), Failure> {
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => Err(Failure::told(u8::try_from(code & 0xff).unwrap_or(FAILED))),
        None => Err(Failure::told(ENDED_BY_SIGNAL)),
    }
}

fn cannot_run(error: std::io::Error) -> Failure {
    Failure::because("could not run the shell", error).with_code(FAILED)
}

#[cfg(not(windows))]
fn shell(command: &OsStr) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command);
    shell
}

#[cfg(windows)]
fn shell(command: &OsStr) -> Command {
    let mut shell = Command::new("cmd.exe");
    shell.arg("/C").arg(command);
    shell
}

/// Somebody to run a command as.
pub(super) struct User {
    name: String,
    #[cfg(unix)]
    account: nix::unistd::User,
}

impl User {
    /// The user that `--user` names.
    ///
    /// # Errors
    /// When there is no such user.
    pub(super) fn named(job: &Job<'_>) -> Result<Option<Self>, Failure> {
        job.values.text("user")?.map(Self::find).transpose()
    }

    /// The variables that tell programs who they are.
    fn variables(&self) -> Vec<(&'static str, OsString)> {
        vec![("HOME", self.home()), ("USER", self.name.clone().into()), ("LOGNAME", self.name.clone().into())]
    }

    #[cfg(unix)]
    fn find(name: &str) -> Result<Self, Failure> {
        let account = nix::unistd::User::from_name(name).map_err(std::io::Error::from)?;
        let account =
            account.ok_or_else(|| Failure::message(format!("there is no user {name}")).with_code(FAILED))?;
        Ok(Self { name: name.to_owned(), account })
    }

    #[cfg(unix)]
    fn home(&self) -> OsString {
        self.account.dir.clone().into_os_string()
    }

    /// Makes this process, for good, one of the user: with the user's groups, and without rights of its own.
    ///
    /// # Errors
    /// When that is not allowed.
    #[cfg(all(unix, not(any(target_vendor = "apple", target_os = "redox", target_os = "haiku"))))]
    pub(super) fn become_them(&self) -> Result<(), Failure> {
        use nix::unistd::{getgrouplist, setgid, setgroups, setuid};

        let account = &self.account;
        let switch = || {
            let name =
                std::ffi::CString::new(account.name.as_str()).map_err(|_| nix::errno::Errno::EINVAL)?;
            setgroups(&getgrouplist(&name, account.gid)?)?;
            setgid(account.gid)?;
            setuid(account.uid)
        };
        switch().map_err(|error| {
            let error = std::io::Error::from(error);
            Failure::because(format!("could not become the user {}", self.name), error).with_code(FAILED)
        })
    }

    #[cfg(all(unix, any(target_vendor = "apple", target_os = "redox", target_os = "haiku")))]
    pub(super) fn become_them(&self) -> Result<(), Failure> {
        let message = format!("--user can't be done on this system: run sops by `sudo -u {}`", self.name);
        Err(Failure::message(message).with_code(FAILED))
    }

    #[cfg(not(unix))]
    fn find(name: &str) -> Result<Self, Failure> {
        Err(Failure::message(format!("could not become the user {name}: not on this system"))
            .with_code(FAILED))
    }

    #[cfg(not(unix))]
    fn home(&self) -> OsString {
        OsString::new()
    }

    #[cfg(not(unix))]
    pub(super) fn become_them(&self) -> Result<(), Failure> {
        Ok(())
    }
}
