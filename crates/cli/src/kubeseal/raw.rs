//! `--raw`: one value sealed, and nothing around it.

use ::sealkit::sealed_secrets::{Certificate, Scope, hybrid};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::flags::Flags;
use super::notices::Notices;
use super::{input, kubeconfig, output};
use crate::atomic_file::NewFile;
use crate::input::Source;
use crate::{Console, Failure};

/// Seals the value of `--from-file` or standard input, and prints it in base64.
pub(super) fn run(
    flags: &Flags,
    certificate: &Certificate,
    notices: &mut Notices,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let scope = flags.scope;
    let name = match (&flags.name, scope) {
        (None, Scope::Strict) => {
            return Err(Failure::message(
                "--raw needs --name: strict sealing binds the value to the Secret's name. \
                 With --scope namespace-wide or cluster-wide it goes without",
            ));
        }
        (name, _) => name.as_deref().unwrap_or_default(),
    };
    let namespace = match scope {
        Scope::ClusterWide => String::new(),
        _ => namespace(flags, console)?,
    };
    let value = value(flags, notices, console)?;
    let sealed = hybrid::seal(&value, certificate.public_key(), &scope.label(&namespace, name))?;
    output::write(
        flags.sealed_secret_file.as_deref(),
        STANDARD.encode(sealed).as_bytes(),
        NewFile::PrivateIfNew,
        console,
    )
}

fn namespace(flags: &Flags, console: &Console<'_>) -> Result<String, Failure> {
    match &flags.namespace {
        Some(namespace) => Ok(namespace.clone()),
        None => kubeconfig::namespace(&flags.cluster, &console.environment).map_err(|error| {
            Failure::because(format!("--raw with --scope {} needs --namespace", flags.scope), error)
        }),
    }
}

fn value(
    flags: &Flags,
    notices: &mut Notices,
    console: &mut Console<'_>,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if let Some(file) = &flags.secret_file {
        // kubeseal opens this file, does not read it, and seals standard input: that it is there, it checks.
        input::file(file)?;
        notices.warn("--secret-file is not read with --raw: name the value's file with --from-file");
    }
    let [item] = flags.from_file.as_slice() else {
        if flags.from_file.is_empty() {
            return from_stdin(notices, console);
        }
        return Err(Failure::message(
            "--raw seals one value: give one --from-file, and quote a comma in its name",
        ));
    };
    // `key=file`: the key is for those who use kubectl's spelling.
    let file = item.split_once('=').map_or(item.as_str(), |(_, file)| file);
    Ok(input::file(file)?)
}

fn from_stdin(notices: &mut Notices, console: &mut Console<'_>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if console.input_is_terminal() {
        console.note("(reading the value from the terminal: end it with Ctrl-D; a line break before that is part of it)");
    }
    let value = Source::Stdin.read(console)?;
    if value.is_empty() {
        notices.warn("the value is empty");
    } else if value.ends_with(b"\n") {
        notices.warn(
            "the value ends in a line break, which is sealed with it: printf %s, unlike echo, adds none",
        );
    }
    Ok(value)
}
