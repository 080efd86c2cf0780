//! New key files, as `age-keygen` writes them.

use ::age::secrecy::ExposeSecret;
use ::age::x25519;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use super::hybrid::{HybridIdentity, InvalidHybridKey};

/// A new identity, and the file to keep it in.
pub struct KeyFile {
    /// The recipient, to be given to others.
    pub recipient: String,
    /// The file: two lines of comment, and the secret key.
    pub contents: Zeroizing<String>,
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("KeyFile").field("recipient", &self.recipient).finish_non_exhaustive()
    }
}

/// What kind of identity to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeygenKind {
    /// Post-quantum: ML-KEM-768 and X25519. Needs sops 3.11 or age 1.3 wherever it is used.
    Hybrid,
    /// X25519, which every age program knows.
    X25519,
}

/// Makes a new identity.
///
/// # Errors
/// [`InvalidHybridKey::Randomness`] if the operating system gives no random bytes.
pub fn keygen(kind: KeygenKind) -> Result<KeyFile, InvalidHybridKey> {
    let (recipient, secret) = match kind {
        KeygenKind::Hybrid => {
            let identity = HybridIdentity::generate()?;
            (identity.recipient().to_string(), identity.reveal())
        }
        KeygenKind::X25519 => {
            let identity = x25519::Identity::generate();
            (identity.to_public().to_string(), identity.to_string())
        }
    };
    let now = OffsetDateTime::now_utc();
    let now = now.replace_nanosecond(0).unwrap_or(now);
    let created = now.format(&Rfc3339).unwrap_or_default();
    let comment = format!("# created: {created}\n# public key: {recipient}\n");
    // Of its full length at once: growing leaves what was there in freed memory.
    let secret = secret.expose_secret();
    let mut contents = Zeroizing::new(String::with_capacity(comment.len() + secret.len() + 1));
    for part in [&comment, secret, "\n"] {
        contents.push_str(part);
    }
    Ok(KeyFile { recipient, contents })
}
