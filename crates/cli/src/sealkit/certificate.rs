//! The certificates that commands work on.

use crate::certificate_source::CertificateSource;
use crate::{Console, Failure};

/// The environment variable that stands in for `--cert`.
const VARIABLE: &str = "SEALED_SECRETS_CERT";

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
