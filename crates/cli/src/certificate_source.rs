//! A certificate's bytes from wherever the user says they are: a file or a URL.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealkit::sealed_secrets::{Certificate, CertificateError};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::console::Console;
use crate::input::{ReadError, Source, Text, read_file};

/// The largest certificate file or answer that is read, in bytes: 1 MiB.
pub const LIMIT: usize = 1 << 20;

/// Where a certificate is.
#[derive(Clone, PartialEq, Eq)]
pub enum CertificateSource {
    /// In a file.
    File(PathBuf),
    /// On standard input.
    Stdin,
    /// Behind an `http:` or `https:` URL.
    Url(String),
}

impl CertificateSource {
    /// What a user means by `location`: a file name, or an `http:`, `https:` or `file:` URL. `-` is a file name here; a
    /// front end in which it means standard input says so itself.
    ///
    /// # Errors
    /// When it is a URL of another kind, or a `file:` URL that names another machine.
    pub fn parse(location: &str) -> Result<Self, CertificateSourceError> {
        let Some((scheme, rest)) = location.split_once(':') else {
            return Ok(Self::File(location.into()));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => Ok(Self::Url(location.to_owned())),
            "file" => file_of_url(rest)
                .map(Self::File)
                .ok_or_else(|| CertificateSourceError::FileUrl { url: shown(location) }),
            _ if rest.starts_with("//") && scheme.len() > 1 => {
                Err(CertificateSourceError::Scheme { scheme: scheme.to_owned(), url: shown(location) })
            }
            // A Windows drive letter, or a file name with a colon in it.
            _ => Ok(Self::File(location.into())),
        }
    }

    /// Reads or fetches it: PEM or DER as it comes, at most [`LIMIT`] bytes.
    ///
    /// # Errors
    /// When it can't be read or fetched, or is larger than the limit.
    pub fn read(&self, console: &mut Console<'_>) -> Result<Zeroizing<Vec<u8>>, CertificateSourceError> {
        match self {
            Self::File(path) => Ok(read_file(path, LIMIT)?),
            Self::Stdin => Ok(Source::Stdin.read(console)?),
            Self::Url(url) => fetch(url).map_err(|error| {
                let url = shown(url);
                match error {
                    // Both say the whole URL.
                    ureq::Error::BadUri(_) => CertificateSourceError::MalformedUrl { url },
                    ureq::Error::RequireHttpsOnly(_) => CertificateSourceError::Unprotected { url },
                    error => CertificateSourceError::Fetch { url, error: Box::new(error) },
                }
            }),
        }
    }

    /// Reads or fetches the certificate, whatever its dates are. A file may be PEM (in UTF-8, or in the UTF-16 that `>` writes
    /// in Windows PowerShell) or DER; of several certificates the first one counts.
    ///
    /// # Errors
    /// As [`CertificateSource::read`], and when there is no certificate in it, or none that values can be sealed to.
    pub fn certificate(&self, console: &mut Console<'_>) -> Result<Certificate, CertificateSourceError> {
        let bytes = self.read(console)?;
        let certificate = match bytes.as_slice() {
            [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0xEF, 0xBB, 0xBF, ..] => match Text::decode(&bytes) {
                Ok(text) => Certificate::parse(text.text.as_bytes()),
                Err(_) => Certificate::parse(bytes),
            },
            _ => Certificate::parse(bytes),
        };
        certificate.map_err(|error| self.unusable(error))
    }

    /// Reads or fetches a certificate to seal to; warns of one that is not valid yet.
    ///
    /// # Errors
    /// As [`CertificateSource::certificate`], and when the certificate has expired and `expired` does not accept that.
    pub fn certificate_for_sealing(
        &self,
        expired: Expired,
        console: &mut Console<'_>,
    ) -> Result<Certificate, CertificateSourceError> {
        let certificate = self.certificate(console)?;
        let certificate = match expired {
            Expired::Accept => certificate.accept_expired(),
            Expired::Refuse => certificate,
        };
        let now = OffsetDateTime::now_utc();
        certificate.check_validity(now).map_err(|error| self.unusable(error))?;
        if certificate.is_not_yet_valid(now) {
            console.warn(format_args!(
                "the certificate {self} is not valid before {}",
                certificate.not_before().date()
            ));
        }
        if let Self::Url(url) = self
            && !is_https(url)
        {
            console.warn(format_args!(
                "{self} is plain http, where anybody on the way can put in another certificate: check that the \
                 cluster's key is {}",
                certificate.key_fingerprint()
            ));
        }
        Ok(certificate)
    }

    fn unusable(&self, error: CertificateError) -> CertificateSourceError {
        CertificateSourceError::Certificate { source_name: self.to_string(), error }
    }
}

/// What becomes of a certificate whose last day has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expired {
    /// It is used all the same: the user has said so.
    Accept,
    /// It is an error.
    Refuse,
}

/// Without a user's name and password: as it is shown to people.
impl fmt::Debug for CertificateSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CertificateSource({self})")
    }
}

impl fmt::Display for CertificateSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Stdin => Source::Stdin.fmt(formatter),
            Self::Url(url) => formatter.write_str(&shown(url)),
        }
    }
}

/// A certificate could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateSourceError {
    /// There is no certificate, or none that values can be sealed to.
    #[error("can't use the certificate {source_name}")]
    Certificate {
        /// Its file or URL.
        source_name: String,
        /// What is wrong with it.
        #[source]
        error: CertificateError,
    },
    /// The URL did not answer with a certificate.
    #[error("could not fetch the certificate from {url}")]
    Fetch {
        /// The URL.
        url: String,
        /// What went wrong.
        #[source]
        error: Box<ureq::Error>,
    },
    /// A `file:` URL that means no file here.
    #[error("{url} is no file on this machine: write file:///path/to/cert.pem, or just the path")]
    FileUrl {
        /// The URL.
        url: String,
    },
    /// It begins like a URL and is none.
    #[error("{url} is not a valid URL")]
    MalformedUrl {
        /// What there is, without credentials.
        url: String,
    },
    /// The file can't be read.
    #[error("could not read the certificate")]
    Read(#[from] ReadError),
    /// A URL of a kind that we can't fetch.
    #[error("can't fetch a certificate by {scheme}: {url} is neither a file nor an http, https or file URL")]
    Scheme {
        /// What stands before the colon.
        scheme: String,
        /// The URL.
        url: String,
    },
    /// An https server that sends us on to plain http.
    #[error("{url} redirects to plain http, where anybody on the way could put in another certificate")]
    Unprotected {
        /// The URL that we began with.
        url: String,
    },
}

/// `url` for people to read: without a user's name and password, query and fragment, which may be credentials.
fn shown(url: &str) -> String {
    let url = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

fn is_https(url: &str) -> bool {
    url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
}

/// The path in a `file:` URL (RFC 8089), given what follows its colon.
fn file_of_url(rest: &str) -> Option<PathBuf> {
    let path = match rest.strip_prefix("//") {
        Some(rest) => rest.strip_prefix("localhost").filter(|path| path.starts_with('/')).unwrap_or(rest),
        None => rest,
    };
    if !path.starts_with('/') {
        return None;
    }
    let path = percent_encoding::percent_decode_str(path).decode_utf8().ok()?.into_owned();
    // `/C:/cert.pem` is a file on drive C:.
    let drive =
        cfg!(windows) && matches!(path.as_bytes(), [b'/', letter, b':', ..] if letter.is_ascii_alphabetic());
    Some(Path::new(if drive { &path[1..] } else { &path }).to_owned())
}

/// What a web server answers to GET `url`, as it comes.
fn fetch(url: &str) -> Result<Zeroizing<Vec<u8>>, ureq::Error> {
    let mut response = agent(url).get(url).call()?;
    response.body_mut().with_config().limit(LIMIT as u64).read_to_vec().map(Zeroizing::new)
}

fn agent(url: &str) -> ureq::Agent {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(60)))
        .timeout_connect(Some(Duration::from_secs(15)))
        // Redirects included.
        .https_only(is_https(url))
        .max_redirects(3)
        .user_agent(concat!("sealkit/", env!("CARGO_PKG_VERSION")));
    #[cfg(feature = "aws-lc-rs")]
    let agent = if is_https(url) { agent.tls_config(tls()) } else { agent };
    agent.build().into()
}

/// TLS that trusts what this machine trusts: a company's own authority is in its store, not in ours.
#[cfg(feature = "aws-lc-rs")]
fn tls() -> ureq::tls::TlsConfig {
    use std::sync::Arc;

    use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

    let trusted = rustls_native_certs::load_native_certs().certs;
    let trusted: Vec<_> =
        trusted.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .root_certs(RootCerts::Specific(Arc::new(trusted)))
        .build()
}

#[cfg(test)]
mod tests {
    use super::{CertificateSource, CertificateSourceError};

    fn file(location: &str) -> String {
        match CertificateSource::parse(location).unwrap() {
            CertificateSource::File(path) => path.into_os_string().into_string().unwrap(),
            other => panic!("taken for {other:?}"),
        }
    }

    #[test]
    fn credentials_in_urls_are_never_shown() {
        let shown = |url: &str| {
            CertificateSource::parse(url).map_or_else(|error| error.to_string(), |url| url.to_string())
        };
        assert_eq!(shown("https://me:hunter2@x:1/c.pem?token=hunter2#a"), "https://x:1/c.pem");
        assert_eq!(shown("http://x"), "http://x");
        for url in ["s3://me:hunter2@x/c.pem", "file://me:hunter2@x/c.pem"] {
            assert!(!shown(url).contains("hunter2"), "{}", shown(url));
        }
    }

    #[test]
    fn https_stays_https() {
        assert!(super::is_https("HTTPS://x") && !super::is_https("http://x") && !super::is_https("é"));
        assert!(super::agent("https://x").config().https_only());
        assert!(!super::agent("http://x").config().https_only());
    }

    #[test]
    fn files_are_told_from_urls() {
        assert_eq!(file("pub.pem"), "pub.pem");
        assert_eq!(file("C:\\keys\\pub.pem"), "C:\\keys\\pub.pem");
        assert_eq!(file("odd:name.pem"), "odd:name.pem");
        assert_eq!(file("file:///keys/my%20pub.pem"), "/keys/my pub.pem");
        assert_eq!(file("FILE:/keys/pub.pem"), "/keys/pub.pem");
        assert_eq!(file("file://localhost/keys/pub.pem"), "/keys/pub.pem");
        assert!(matches!(CertificateSource::parse("HTTPS://x/cert.pem"), Ok(CertificateSource::Url(_))));
        assert!(matches!(
            CertificateSource::parse("s3://x/cert.pem"),
            Err(CertificateSourceError::Scheme { .. })
        ));
        assert!(matches!(
            CertificateSource::parse("file://host/c.pem"),
            Err(CertificateSourceError::FileUrl { .. })
        ));
        assert!(matches!(
            CertificateSource::parse("file:relative.pem"),
            Err(CertificateSourceError::FileUrl { .. })
        ));
    }
}
