//! `sealkit cert`: what a sealing certificate is, and how long it is good for.

use clap::{Args, Subcommand, ValueEnum};
use sealkit::document::{Mapping, Value, to_json};
use sealkit::sealed_secrets::Certificate;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::certificate;
use crate::failure::CERTIFICATE_NEEDS_ATTENTION;
use crate::{Console, Failure};

const SHOW_EXAMPLE: &str = "\
Example:
  sealkit cert show pub-sealed-secrets.pem";

const CHECK_EXAMPLE: &str = "\
Example, for a nightly job:
  sealkit cert check --warn-days 60 clusters/*/pub-sealed-secrets.pem

Exit code: 0 all is well, 4 a certificate needs attention, 1 one can't be read.";

/// Look at sealing certificates
#[derive(Args, PartialEq)]
pub(super) struct CertArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(PartialEq, Subcommand)]
enum Command {
    Check(CheckArguments),
    Show(ShowArguments),
}

/// Check that certificates are valid, and stay so for some time
#[derive(Args, PartialEq)]
#[command(after_help = CHECK_EXAMPLE)]
struct CheckArguments {
    /// The certificates, by file or http, https or file URL [default: $SEALED_SECRETS_CERT]
    #[arg(value_name = "FILE|URL")]
    certificates: Vec<String>,

    /// How many days a certificate has to stay valid
    #[arg(long, value_name = "N", default_value_t = 30, allow_negative_numbers = true, value_parser = days)]
    warn_days: u32,
}

/// Show a certificate's key, its dates and its fingerprints
#[derive(Args, PartialEq)]
#[command(after_help = SHOW_EXAMPLE)]
struct ShowArguments {
    /// The certificate, by file or http, https or file URL [default: $SEALED_SECRETS_CERT]
    #[arg(value_name = "FILE|URL")]
    certificate: Option<String>,

    /// The format to print
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: ShowFormat,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum ShowFormat {
    Json,
    Text,
}

/// A number of days on the command line.
pub(super) fn days(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| match text.strip_prefix('-') {
        Some(_) => "a number of days must be positive",
        None => "this is no number of days",
    })
}

pub(super) fn run(arguments: &CertArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    match &arguments.command {
        Command::Check(arguments) => check(arguments, console),
        Command::Show(arguments) => show(arguments, console),
    }
}

fn show(arguments: &ShowArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let certificate = certificate::source(arguments.certificate.as_deref(), console)?.certificate(console)?;
    let facts = facts(&certificate);
    let text = match arguments.output {
        ShowFormat::Json => {
            let mapping: Mapping = facts.into_iter().map(|(_, name, value)| (name, value)).collect();
            to_json(&Value::Mapping(mapping)).to_string()
        }
        ShowFormat::Text => facts
            .into_iter()
            .map(|(label, _, value)| match (&value, value.as_str()) {
                (Value::Integer(number), _) => format!("{label:<17}{number}\n"),
                (_, None | Some("")) => format!("{label:<17}(none)\n"),
                (_, Some(text)) => format!("{label:<17}{text}\n"),
            })
            .collect(),
    };
    Ok(console.print(text.as_bytes())?)
}

/// What there is to say of a certificate: a label for people, a name for programs, the fact.
fn facts(certificate: &Certificate) -> Vec<(&'static str, &'static str, Value)> {
    let sha256: Vec<String> = certificate.sha256().iter().map(|byte| format!("{byte:02X}")).collect();
    let now = OffsetDateTime::now_utc();
    vec![
        ("Subject", "subject", Value::from(certificate.subject())),
        ("Valid from", "notBefore", Value::from(rfc3339(certificate.not_before()))),
        ("Valid until", "notAfter", Value::from(rfc3339(certificate.not_after()))),
        ("State", "state", Value::from(State::of(certificate, now, 0).name())),
        ("RSA key, bits", "keyBits", Value::Integer(certificate.public_key().bits() as i128)),
        ("Key fingerprint", "keyFingerprint", Value::from(certificate.key_fingerprint().to_string())),
        ("SHA-256", "sha256", Value::from(sha256.join(":"))),
    ]
}

fn check(arguments: &CheckArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let sources = match arguments.certificates.as_slice() {
        [] => vec![certificate::source(None, console)?],
        given => given.iter().map(|one| certificate::source(Some(one), console)).collect::<Result<_, _>>()?,
    };
    let mut unreadable = false;
    let mut attention = false;
    for source in sources {
        let certificate = match source.certificate(console) {
            Ok(certificate) => certificate,
            Err(error) => {
                console.error(&error);
                unreadable = true;
                continue;
            }
        };
        let now = OffsetDateTime::now_utc();
        let state = State::of(&certificate, now, arguments.warn_days);
        let sentence = match state {
            State::Expired => format!("{source}: expired on {}", certificate.not_after().date()),
            State::NotYetValid => format!("{source}: not valid before {}", certificate.not_before().date()),
            State::ExpiresSoon | State::Valid => {
                let days = (certificate.not_after() - now).whole_days();
                format!("{source}: valid until {}, {days} days left", certificate.not_after().date())
            }
        };
        if state == State::Valid {
            console.print(format!("{sentence}\n").as_bytes())?;
        } else {
            console.warn(sentence);
            attention = true;
        }
    }
    match (unreadable, attention) {
        (true, _) => Err(Failure::told(crate::failure::FAILED)),
        (false, true) => Err(Failure::told(CERTIFICATE_NEEDS_ATTENTION)),
        (false, false) => Ok(()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Expired,
    ExpiresSoon,
    NotYetValid,
    Valid,
}

impl State {
    fn of(certificate: &Certificate, now: OffsetDateTime, warn_days: u32) -> Self {
        let left = certificate.not_after() - now;
        if left.is_negative() {
            Self::Expired
        } else if certificate.is_not_yet_valid(now) {
            Self::NotYetValid
        } else if left < time::Duration::days(warn_days.into()) {
            Self::ExpiresSoon
        } else {
            Self::Valid
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::ExpiresSoon => "expires soon",
            Self::NotYetValid => "not yet valid",
            Self::Valid => "valid",
        }
    }
}

fn rfc3339(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_else(|_| time.to_string())
}
