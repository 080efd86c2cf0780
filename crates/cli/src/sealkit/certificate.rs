//! The certificates that commands work on.

use clap::Args;
use sealkit::sealed_secrets::Certificate;

use crate::certificate_source::{CertificateSource, Expired};
use crate::{Console, Failure};

/// The environment variable that stands in for `--cert`.
const VARIABLE: &str = "SEALED_SECRETS_CERT";

/// The arguments that say what to seal to.
#[derive(Args, PartialEq)]
#[command(next_help_heading = "Certificate")]
pub(super) struct CertificateArguments {
    /// The cluster's certificate: a file, or an http, https or file URL [default: $SEALED_SECRETS_CERT]
    #[arg(long, value_name = "FILE|URL")]
    cert: Option<String>,

    /// Seal even if the certificate has expired
    #[arg(long)]
    allow_expired: bool,
}

impl CertificateArguments {
    /// Whether the arguments say nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.cert.is_none() && !self.allow_expired
    }

    /// Reads or fetches the certificate.
    ///
    /// # Errors
    /// When none is named, or it can't be sealed to.
    pub(super) fn read(&self, console: &mut Console<'_>) -> Result<Certificate, Failure> {
        let expired = if self.allow_expired { Expired::Accept } else { Expired::Refuse };
        Ok(source(self.cert.as_deref(), console)?.certificate_for_sealing(expired, console)?)
    }
}

/// Where a certificate is: as the command line says, else as the environment does.
///
/// # Errors
/// When neither does, or it can't be there.
pub(super) fn source(given: Option<&str>, console: &Console<'_>) -> Result<CertificateSource, Failure> {
    let variable;
    let location = match given {
        Some(location) => location,
        None => {
            variable = console.environment.get(VARIABLE).ok_or_else(|| {
                Failure::usage(format!(
                    "there is no certificate: name a file or URL, on the command line or in {VARIABLE}"
                ))
            })?;
            variable.to_str().ok_or_else(|| Failure::usage(format!("{VARIABLE} is not valid UTF-8")))?
        }
    };
    if location == "-" { Ok(CertificateSource::Stdin) } else { Ok(CertificateSource::parse(location)?) }
}
