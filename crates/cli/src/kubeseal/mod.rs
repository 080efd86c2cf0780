//! The command line of `kubeseal`: its flags, its environment variables, its output and its exit codes.
//!
//! docs/compatibility.md lists where we differ on purpose.

mod certificate;
mod cluster;
mod environment;
mod flag_values;
mod flags;
mod input;
mod kubeconfig;
mod merge;
mod notices;
mod output;
mod raw;
mod seal;
mod unseal;

pub(crate) use self::flags::{Flags, command};
use self::notices::Notices;
use crate::{Console, Failure};

/// The kubeseal that this front end stands in for. Scripts ask for it.
const KUBESEAL_VERSION: &str = "v0.36.6";

/// Does what the flags ask for, and says what of the command line has no effect.
pub(crate) fn run(flags: &Flags, console: &mut Console<'_>) -> Result<(), Failure> {
    if flags.version {
        console.note(format!("sealkit {}, in the place of kubeseal", env!("CARGO_PKG_VERSION")));
        return Ok(console.print(format!("kubeseal version: {KUBESEAL_VERSION}\n").as_bytes())?);
    }
    if flags.help {
        return Ok(console.print_styled(&command().render_help())?);
    }
    let mut notices = Notices::default();
    remark(flags, &mut notices);
    let outcome = act(flags, &mut notices, console);
    match outcome {
        Ok(()) => {
            notices.tell(console);
            Ok(())
        }
        Err(failure) => {
            // The error goes first. Its exit code is what is left to hand over.
            let _ = failure.report(console);
            notices.tell(console);
            Err(Failure::told(failure.code()))
        }
    }
}

/// Does what the flags ask for. Where they ask for several things, kubeseal's order of them decides.
fn act(flags: &Flags, notices: &mut Notices, console: &mut Console<'_>) -> Result<(), Failure> {
    if !flags.from_file.is_empty() && !flags.raw {
        return Err(Failure::message("--from-file needs --raw"));
    }
    if flags.recovery_unseal {
        return unseal::run(flags, notices, console);
    }
    if flags.validate {
        return Err(cluster::validate(flags));
    }
    if flags.re_encrypt {
        return Err(cluster::re_encrypt(flags));
    }
    if flags.fetch_cert {
        return cluster::fetch_certificate(flags, console);
    }
    let certificate = certificate::read(flags, notices, console)?;
    if let Some(path) = &flags.merge_into {
        return merge::run(flags, path, &certificate, notices, console);
    }
    if flags.raw {
        return raw::run(flags, &certificate, notices, console);
    }
    seal::run(flags, &certificate, notices, console)
}

/// Says what of the command line has no effect.
fn remark(flags: &Flags, notices: &mut Notices) {
    if flags.rotate {
        notices.warn("--rotate is the old name of --re-encrypt");
    }
    if !flags.recovery_private_key.is_empty() && !flags.recovery_unseal {
        notices.warn("--recovery-private-key has no effect without --recovery-unseal");
    }
    for word in flags.ignored.iter().filter(|word| !word.is_empty()) {
        notices.warn(format!("{} has no effect: a file is read with --secret-file", word.display()));
    }
}
