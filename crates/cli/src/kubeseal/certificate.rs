//! The certificate to seal for.

use ::sealkit::sealed_secrets::Certificate;
use time::OffsetDateTime;

use super::cluster;
use super::flags::Flags;
use super::notices::Notices;
use crate::certificate_source::CertificateSource;
use crate::{Console, Failure};

/// Where `--cert` says that the certificate is.
///
/// # Errors
/// When it says nothing: kubeseal then asks the cluster.
pub(super) fn source(flags: &Flags) -> Result<CertificateSource, Failure> {
    match &flags.cert {
        Some(location) => Ok(CertificateSource::parse(location)?),
        None => Err(Failure::message(format!(
            "no certificate to seal for: name its file or URL with --cert, or in SEALED_SECRETS_CERT. {}",
            cluster::how_to_fetch(&flags.cluster)
        ))),
    }
}

/// Reads the certificate. One that is not valid yet is taken, with a warning, as the controller takes it.
///
/// # Errors
/// When it can't be had or read, is not for an RSA key, or has expired.
pub(super) fn read(
    flags: &Flags,
    notices: &mut Notices,
    console: &mut Console<'_>,
) -> Result<Certificate, Failure> {
    let source = source(flags)?;
    let certificate = source.certificate(console)?;
    let now = OffsetDateTime::now_utc();
    certificate
        .check_validity(now)
        .map_err(|error| Failure::because(format!("can't seal with the certificate {source}"), error))?;
    if certificate.is_not_yet_valid(now) {
        notices.warn(format!(
            "the certificate {source} is not valid before {}",
            certificate.not_before().date()
        ));
    }
    Ok(certificate)
}
