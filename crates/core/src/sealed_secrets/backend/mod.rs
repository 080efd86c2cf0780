//! The cryptography below the format, from one of two libraries: RSA-OAEP with SHA-256 (RFC 8017), AES-GCM
//! (NIST SP 800-38D), and what making a certificate takes.
//!
//! The two are tested against each other. A failure carries no reason, so that nobody can pass one on.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(feature = "pure-rust")]
mod pure_rust;

use zeroize::Zeroizing;

#[cfg(not(any(feature = "aws-lc-rs", feature = "pure-rust")))]
compile_error!("sealkit needs a cryptography back end: enable the feature `aws-lc-rs` or `pure-rust`");

/// Bytes in an AES-GCM nonce.
pub(super) const NONCE_LENGTH: usize = 12;

/// Bytes in an AES-GCM tag.
pub(super) const TAG_LENGTH: usize = 16;

/// The sizes of RSA moduli, in bits, that both back ends take.
pub(super) const KEY_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Whose code does the cryptography.
///
/// The default is AWS-LC where the feature `aws-lc-rs` is on, whatever other features are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// AWS-LC: constant-time RSA. Feature `aws-lc-rs`, on by default.
    #[cfg(feature = "aws-lc-rs")]
    AwsLc,
    /// The crates `rsa` and `aes-gcm`: no C compiler needed. Feature `pure-rust`.
    ///
    /// RSA private-key operations are blinded but not constant-time (RUSTSEC-2023-0071): let no stranger time them.
    #[cfg(feature = "pure-rust")]
    PureRust,
}

impl Backend {
    /// The back ends in this build, the default one first.
    pub const ALL: &[Self] = &[
        #[cfg(feature = "aws-lc-rs")]
        Self::AwsLc,
        #[cfg(feature = "pure-rust")]
        Self::PureRust,
    ];

    pub(super) fn provider(self) -> &'static dyn Provider {
        match self {
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLc => &aws_lc::AwsLc,
            #[cfg(feature = "pure-rust")]
            Self::PureRust => &pure_rust::PureRust,
        }
    }
}

impl Default for Backend {
    fn default() -> Self {
        Self::ALL[0]
    }
}

/// A key or message that the back end can't take, or a ciphertext that is not authentic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rejected;

/// What a back end does.
pub(super) trait Provider: Sync {
    /// Prepares the public key in a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7) in DER.
    fn public_key(&self, spki: &[u8]) -> Result<Box<dyn EncryptingKey>, Rejected>;

    /// Prepares the private key in a PrivateKeyInfo (RFC 5208) in DER, and checks that its numbers belong together.
    fn private_key(&self, pkcs8: &[u8]) -> Result<Box<dyn DecryptingKey>, Rejected>;

    /// Makes a private key of 2048, 3072, 4096 or 8192 bits: a PrivateKeyInfo in DER.
    fn generate(&self, bits: usize) -> Result<Zeroizing<Vec<u8>>, Rejected>;

    /// Signs by RSASSA-PKCS1-v1_5 with SHA-256, under the key in a PrivateKeyInfo in DER.
    fn sign(&self, pkcs8: &[u8], message: &[u8]) -> Result<Vec<u8>, Rejected>;

    /// Encrypts `data` where it stands by AES-GCM, under a key of 16, 24 or 32 bytes, and returns the tag.
    fn aead_seal(
        &self,
        key: &[u8],
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<[u8; TAG_LENGTH], Rejected>;

    /// Decrypts `data`, ciphertext and tag, where it stands, and returns how long the plaintext at its start is.
    /// What is left in `data` after a failure is of no use to anybody.
    fn aead_open(
        &self,
        key: &[u8],
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<usize, Rejected>;
}

/// An RSA public key, ready for use.
pub(super) trait EncryptingKey: Send + Sync {
    /// RSAES-OAEP-ENCRYPT with SHA-256 in both places. `ciphertext` is as long as the modulus.
    fn encrypt(&self, label: &[u8], message: &[u8], ciphertext: &mut [u8]) -> Result<(), Rejected>;
}

/// An RSA private key, ready for use.
pub(super) trait DecryptingKey: Send + Sync {
    /// RSAES-OAEP-DECRYPT with SHA-256 in both places.
    fn decrypt(&self, label: &[u8], ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, Rejected>;
}

#[cfg(test)]
mod tests;
