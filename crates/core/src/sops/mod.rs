//! The SOPS file format: values encrypted one by one, under a data key that is wrapped for master keys.
//!
//! The format is defined by getsops/sops; this module follows its version 3.13.

mod binary;
mod block;
mod cipher;
mod config;
mod data_key;
mod decrypt;
mod encrypt;
mod error;
mod file;
mod flat;
mod go_regex;
mod leaves;
mod mac;
mod master_key;
mod metadata;
mod parallel;
mod payload;
mod selection;
mod shamir;
mod shown_block;
mod simple;
mod stash;
mod update_keys;
mod windows_lines;

pub use cipher::{Cipher, CipherError, Decrypted, ValueType, is_encrypted};
pub use config::{
    CONFIG_FILE_NAME, Config, ConfigError, ConfigWarning, CreationRule, Found, Stores, find_config,
};
pub use data_key::{DATA_KEY_LEN, DataKey, DataKeyError, GroupOutcome, KeyOutcome, NotRecovered};
pub use error::FileError;
pub use file::{
    Encrypted, EncryptedFile, MacCheck, Plaintext, Warning, WhenNothingSelected, encrypt_file,
    encrypt_file_as,
};
pub use flat::{DOTENV_PREFIX, FlatError, flatten, unflatten};
pub use go_regex::PatternError;
pub use mac::{Mac, MacDigest, MacError, MacScope};
pub use master_key::{AgeKey, ForeignKey, KeyGroup, MasterKey, MasterKeyError};
pub use metadata::{FORMAT_VERSION, LastModified, METADATA_KEY, Metadata, MetadataError};
pub use selection::{DEFAULT_UNENCRYPTED_SUFFIX, Selection, SelectionError, SelectionRule, Walk};
pub use shamir::ShamirError;
pub use shown_block::{split_block, with_block};
pub use simple::encrypt;
pub use update_keys::{GroupChanges, KeyChanges, NobodyLeft};
