//! The arguments of `sealkit seal` that say what a new Secret holds.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use super::super::prompt;
use crate::secret_builder::{Values, docker_config, env_file, files, kinds, tls_pair};
use crate::{Console, Failure};

/// The values of a new Secret and its type.
#[derive(Args, PartialEq)]
#[command(next_help_heading = "A new Secret, instead of one from a file")]
pub(super) struct BuildArguments {
    /// A value, as it stands; others on this machine can see it in the list of processes
    #[arg(long, value_name = "KEY=VALUE")]
    from_literal: Vec<OsString>,

    /// A file's contents as a value, under its own name or KEY; of a directory, every file
    #[arg(long, value_name = "[KEY=]PATH")]
    from_file: Vec<OsString>,

    /// Values from the NAME=value lines of a file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from_literal", "from_file"])]
    from_env_file: Vec<PathBuf>,

    /// Ask for the value of KEY without showing it; if standard input is no terminal, it is the value
    #[arg(long, value_name = "KEY")]
    prompt: Vec<String>,

    /// The Secret's type [default: Opaque, or as the flags below say]
    #[arg(long = "type", value_name = "TYPE", conflicts_with_all = KINDS)]
    secret_type: Option<String>,

    /// A registry's user: makes a Secret of type kubernetes.io/dockerconfigjson
    #[arg(long, value_name = "NAME", help_heading = "Special kinds of Secret")]
    docker_username: Option<String>,

    /// The registry user's password; asked for if it is left out
    #[arg(
        long,
        value_name = "PASSWORD",
        requires = "docker_username",
        help_heading = "Special kinds of Secret"
    )]
    docker_password: Option<String>,

    /// The registry user's mail address
    #[arg(
        long,
        value_name = "ADDRESS",
        requires = "docker_username",
        help_heading = "Special kinds of Secret"
    )]
    docker_email: Option<String>,

    /// The registry [default: Docker Hub]
    #[arg(long, value_name = "URL", requires = "docker_username", help_heading = "Special kinds of Secret")]
    docker_server: Option<String>,

    /// Docker's own config.json instead
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "docker_username",
        help_heading = "Special kinds of Secret"
    )]
    docker_config: Option<PathBuf>,

    /// A PEM certificate with its chain: makes a Secret of type kubernetes.io/tls
    #[arg(long, value_name = "FILE", requires = "tls_key", help_heading = "Special kinds of Secret")]
    tls_cert: Option<PathBuf>,

    /// The certificate's PEM private key
    #[arg(long, value_name = "FILE", requires = "tls_cert", help_heading = "Special kinds of Secret")]
    tls_key: Option<PathBuf>,

    /// A user's name: makes a Secret of type kubernetes.io/basic-auth
    #[arg(long, value_name = "NAME", help_heading = "Special kinds of Secret")]
    basic_auth_username: Option<String>,

    /// The user's password; asked for if it is left out
    #[arg(
        long,
        value_name = "PASSWORD",
        requires = "basic_auth_username",
        help_heading = "Special kinds of Secret"
    )]
    basic_auth_password: Option<String>,

    /// A private SSH key: makes a Secret of type kubernetes.io/ssh-auth
    #[arg(long, value_name = "FILE", help_heading = "Special kinds of Secret")]
    ssh_key: Option<PathBuf>,
}

/// The flags that each say what kind of Secret it is.
const KINDS: [&str; 5] = ["docker_username", "docker_config", "tls_cert", "basic_auth_username", "ssh_key"];

/// A new Secret's values and its type.
pub(super) struct Built {
    pub(super) values: Values,
    /// None is `Opaque` to Kubernetes.
    pub(super) secret_type: Option<String>,
}

impl BuildArguments {
    /// Whether there is none of these arguments: the Secret comes from a file.
    pub(super) fn is_empty(&self) -> bool {
        self.from_literal.is_empty()
            && self.from_file.is_empty()
            && self.from_env_file.is_empty()
            && self.prompt.is_empty()
            && self.secret_type.is_none()
            && self.kinds().count() == 0
    }

    /// Puts the values together; asks for those that are asked for.
    ///
    /// # Errors
    /// When kubectl or the API server would refuse such a Secret, a file can't be read, or nobody answers.
    pub(super) fn build(&self, console: &mut Console<'_>) -> Result<Built, Failure> {
        let mut kinds = self.kinds();
        let kind = kinds.next();
        if let (Some(first), Some(second)) = (kind, kinds.next()) {
            return Err(Failure::usage(format!(
                "{first} and {second} make different kinds of Secret: use one of them"
            )));
        }
        if self.answers_wanted() > 1 && !console.input_is_terminal() {
            return Err(Failure::usage(
                "standard input can stand for one value only: give the others in other ways",
            ));
        }
        let mut values = Values::default();
        for literal in &self.from_literal {
            values.add_literal(literal.as_encoded_bytes())?;
        }
        for argument in &self.from_file {
            files::add(&mut values, argument)?;
        }
        for path in &self.from_env_file {
            env_file::add(&mut values, path, &console.environment)?;
        }
        for key in &self.prompt {
            // Before somebody types a value in vain.
            values.check_new(key)?;
            let value = prompt::value(&format!("Value of {key}: "), console)?;
            if value.is_empty() {
                console.warn(format_args!("the value of {key} is empty, and is sealed so"));
            }
            values.add(key, value)?;
        }
        warn_of_newlines(&values, console);
        let secret_type = match kind {
            Some(_) => Some(self.add_kind(&mut values, console)?),
            None => self.secret_type.as_deref().filter(|given| !given.is_empty()),
        };
        secret_type.map_or(Ok(()), |secret_type| kinds::check(secret_type, &values))?;
        Ok(Built { secret_type: secret_type.map(str::to_owned), values })
    }

    fn kinds(&self) -> impl Iterator<Item = &'static str> {
        [
            (self.docker_username.is_some(), "--docker-username"),
            (self.docker_config.is_some(), "--docker-config"),
            (self.tls_cert.is_some(), "--tls-cert"),
            (self.basic_auth_username.is_some(), "--basic-auth-username"),
            (self.ssh_key.is_some(), "--ssh-key"),
        ]
        .into_iter()
        .filter_map(|(given, flag)| given.then_some(flag))
    }

    /// How many values are asked for.
    fn answers_wanted(&self) -> usize {
        self.prompt.len()
            + usize::from(self.docker_username.is_some() && self.docker_password.is_none())
            + usize::from(self.basic_auth_username.is_some() && self.basic_auth_password.is_none())
    }

    /// Adds what the flags for a special kind of Secret say, and gives its type back.
    fn add_kind(&self, values: &mut Values, console: &mut Console<'_>) -> Result<&'static str, Failure> {
        if let Some(username) = &self.docker_username {
            let password = password(self.docker_password.as_ref(), console)?;
            let server = self.docker_server.as_deref().unwrap_or(docker_config::DEFAULT_SERVER);
            if username.is_empty() || password.is_empty() || server.is_empty() {
                return Err(Failure::usage("a registry's address, user and password can't be empty"));
            }
            let email = self.docker_email.as_deref().unwrap_or_default();
            values.add(
                kinds::DOCKER_CONFIG_JSON_KEY,
                docker_config::write(server, username, &password, email),
            )?;
            return Ok(kinds::DOCKER_CONFIG_JSON);
        }
        if let Some(path) = &self.docker_config {
            add_file(values, kinds::DOCKER_CONFIG_JSON_KEY, path)?;
            return Ok(kinds::DOCKER_CONFIG_JSON);
        }
        if let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) {
            tls_pair::add(values, certificate, key)?;
            return Ok(kinds::TLS);
        }
        if let Some(username) = &self.basic_auth_username {
            let password = password(self.basic_auth_password.as_ref(), console)?;
            values.add("username", Zeroizing::new(username.as_bytes().to_vec()))?;
            values.add("password", Zeroizing::new(password.as_bytes().to_vec()))?;
            return Ok(kinds::BASIC_AUTH);
        }
        if let Some(path) = &self.ssh_key {
            add_file(values, "ssh-privatekey", path)?;
        }
        Ok(kinds::SSH_AUTH)
    }
}

fn add_file(values: &mut Values, key: &str, path: &Path) -> Result<(), Failure> {
    Ok(values.add(key, crate::input::read_file(path, crate::input::LIMIT)?)?)
}

fn password(given: Option<&String>, console: &mut Console<'_>) -> Result<Zeroizing<String>, Failure> {
    match given {
        Some(password) => Ok(Zeroizing::new(password.clone())),
        None => prompt::password("Password: ", console),
    }
}

/// Values of one line that end in a newline: `echo` and editors put it there, and programs then fail to log in.
fn warn_of_newlines(values: &Values, console: &mut Console<'_>) {
    for (key, value) in values.iter() {
        let newlines = value.iter().filter(|byte| **byte == b'\n').count();
        if newlines == 1 && value.ends_with(b"\n") {
            console.warn(format_args!(
                "the value of {key} ends in a newline, which becomes part of the secret; \
                 printf %s writes text without one"
            ));
        }
    }
}
