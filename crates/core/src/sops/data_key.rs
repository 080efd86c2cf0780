//! The data key: one random AES-256 key for each file, wrapped for every master key.

use std::fmt;

use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::Zeroizing;

/// The data key's size in bytes.
pub const DATA_KEY_LEN: usize = 32;

/// The key that a file's values are encrypted under. Wiped when dropped; prints `[REDACTED]`.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey(Zeroizing<[u8; DATA_KEY_LEN]>);

impl DataKey {
    /// A new random key.
    ///
    /// # Errors
    /// [`DataKeyError::Randomness`] if the operating system gives no random bytes.
    pub fn generate() -> Result<Self, DataKeyError> {
        let mut key = Self(Zeroizing::new([0; DATA_KEY_LEN]));
        SysRng.try_fill_bytes(&mut *key.0).map_err(|_| DataKeyError::Randomness)?;
        Ok(key)
    }

    /// The key in `bytes`, which are 32.
    ///
    /// # Errors
    /// [`DataKeyError::Length`] if they are not.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DataKeyError> {
        let mut key = Self(Zeroizing::new([0; DATA_KEY_LEN]));
        if bytes.len() != DATA_KEY_LEN {
            return Err(DataKeyError::Length { length: bytes.len() });
        }
        key.0.copy_from_slice(bytes);
        Ok(key)
    }

    pub(super) fn as_array(&self) -> &[u8; DATA_KEY_LEN] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DataKey([REDACTED])")
    }
}

/// Why there is no data key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataKeyError {
    /// Not 32 bytes.
    #[error("a data key is 32 bytes long, and this one is {length}")]
    Length {
        /// The size in bytes.
        length: usize,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Randomness,
}
