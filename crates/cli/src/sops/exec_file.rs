//! `sops exec-file`.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use zeroize::Zeroizing;

use super::Job;
use super::codes::FAILED;
use super::decrypt::decrypted;
use super::exec::{ShellCommand, User};
use super::input::Input;
use crate::sops_requests::private_directory::PrivateDirectory;
use crate::{Console, Failure};

/// What the file is called if the command line does not say.
const FILE_NAME: &str = "tmp-file";

/// `sops exec-file FILE COMMAND`
pub(super) fn run(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let [file, command] = job.words else {
        return Err(Failure::message("exec-file needs a file and a command, the command in one word")
            .with_code(FAILED));
    };
    let name = file_name(job)?;
    let input = Input::named(Some(file), job.values)?;
    let plaintext = decrypted(job, &input, console)?;
    let user = User::named(job)?;
    if let Some(user) = &user {
        user.become_them()?;
    }
    console.flush()?;
    let directory = PrivateDirectory::create(console)?;
    let background = job.values.switch("background");
    // A pipe would have to be written to by somebody, and we are gone by then.
    let uses_file = background || job.values.switch("no-fifo") || cfg!(windows);
    let written = if uses_file {
        Written::file(directory.write(name.as_os_str(), &plaintext)?)
    } else {
        Written::pipe(&directory.path().join(&name), plaintext)?
    };
    let command = with_file_name(command, &written.path)?;
    if background {
        return start(&command, user.as_ref(), directory, console);
    }
    let outcome = ShellCommand::new(&command, false, user.as_ref(), [], console).run();
    written.finish();
    outcome
}

/// The name of the temporary file: a name in its folder, and no way out of it.
fn file_name(job: &Job<'_>) -> Result<PathBuf, Failure> {
    let Some(name) = job.values.path("filename") else { return Ok(PathBuf::from(FILE_NAME)) };
    let mut parts = name.components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(_)), None) => Ok(name),
        _ => Err(Failure::message(format!(
            "--filename names the file in a folder of its own, and {} is no such name",
            name.display()
        ))
        .with_code(FAILED)),
    }
}

/// `command` with the file's name for each `{}`.
fn with_file_name(command: &OsString, path: &Path) -> Result<OsString, Failure> {
    let not_text = || Failure::message("the command is not valid UTF-8").with_code(FAILED);
    let command = command.to_str().ok_or_else(not_text)?;
    let path = path.to_str().ok_or_else(not_text)?;
    Ok(command.replace("{}", path).into())
}

/// Starts the command without waiting for it. Whoever runs it removes the file once it has ended.
fn start(
    command: &OsString,
    user: Option<&User>,
    directory: PrivateDirectory,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let mut script = OsString::from("( ");
    script.push(command);
    script.push("\n); rm -rf -- \"$SOPS_EXEC_FILE_FOLDER\"");
    let folder = directory.path().as_os_str().to_owned();
    let values = [("SOPS_EXEC_FILE_FOLDER".to_owned(), folder)];
    ShellCommand::new(&script, false, user, values, console).start()?;
    directory.keep();
    Ok(())
}

/// The plaintext, where the command finds it.
struct Written {
    path: PathBuf,
    #[cfg(unix)]
    writer: Option<std::thread::JoinHandle<()>>,
}

impl Written {
    fn file(path: PathBuf) -> Self {
        Self {
            path,
            #[cfg(unix)]
            writer: None,
        }
    }

    /// A pipe that gives the plaintext to the first who reads it.
    #[cfg(unix)]
    fn pipe(path: &Path, plaintext: Zeroizing<Vec<u8>>) -> Result<Self, Failure> {
        use std::io::Write;

        nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRUSR | nix::sys::stat::Mode::S_IWUSR)
            .map_err(std::io::Error::from)?;
        let name = path.to_owned();
        let writer = std::thread::spawn(move || {
            // Opening waits for a reader. One that goes away early has what it wanted.
            if let Ok(mut pipe) = std::fs::OpenOptions::new().write(true).open(name) {
                _ = pipe.write_all(&plaintext);
            }
        });
        Ok(Self { path: path.to_owned(), writer: Some(writer) })
    }

    #[cfg(not(unix))]
    fn pipe(path: &Path, _: Zeroizing<Vec<u8>>) -> Result<Self, Failure> {
        Err(Failure::message(format!("could not make a pipe {}", path.display())).with_code(FAILED))
    }

    /// Ends the writing, for which there is no reader any more.
    fn finish(self) {
        #[cfg(unix)]
        if let Some(writer) = self.writer {
            use std::os::unix::fs::OpenOptionsExt;

            let flags = nix::fcntl::OFlag::O_NONBLOCK.bits();
            while !writer.is_finished() {
                drop(std::fs::OpenOptions::new().read(true).custom_flags(flags).open(&self.path));
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            _ = writer.join();
        }
    }
}
