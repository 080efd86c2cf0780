//! One value ⇄ `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`.
//!
//! Every value of a file is encrypted by itself with AES-256-GCM (NIST SP 800-38D) under the file's data key, with a
//! nonce of 32 bytes and the key path of the value as associated data. `data`, `iv` and `tag` are standard base64.
//!
//! A [`Cipher`] is bound to one data key and expands it once, so make one for a whole file.

use std::fmt;

use aes_gcm::AesGcm;
use aes_gcm::aead::array::{Array, ArraySize};
use aes_gcm::aead::consts::{U12, U16, U32};
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::aes::Aes256;
use base64::Engine;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::{Zeroize, Zeroizing};

use super::data_key::DataKey;
use super::payload;
use crate::document::Value;

/// What every encrypted value begins with.
const PREFIX: &str = "ENC[AES256_GCM,data:";

/// The nonce's size in bytes when sealkit encrypts. GCM's usual 12 are read, too.
const NONCE_LEN: usize = 32;

/// The authentication tag's size in bytes.
const TAG_LEN: usize = 16;

/// Nonces taken from the operating system at once: a system call for each value would cost more than encrypting it.
const NONCE_BATCH: usize = 64;

/// Padded standard base64 that, like Go's, does not insist on the unused bits of the last character being zero.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Encrypts and decrypts the values of one file.
pub struct Cipher {
    gcm: AesGcm<Aes256, U32>,
    aes: Aes256,
    nonces: NoncePool,
    scratch: Zeroizing<Vec<u8>>,
}

impl Cipher {
    /// A cipher under `data_key`.
    #[must_use]
    pub fn new(data_key: &DataKey) -> Self {
        let aes = Aes256::new(data_key.as_array().into());
        Self {
            gcm: AesGcm::from(aes.clone()),
            aes,
            nonces: NoncePool::default(),
            scratch: Zeroizing::default(),
        }
    }

    /// Encrypts `value` and appends `ENC[…]` to `output`.
    ///
    /// `associated_data` is the value's key path, each component followed by a colon (see [`Walk`](super::Walk)).
    /// An empty string stays an empty string, as in sops: nothing is appended for it.
    ///
    /// # Errors
    /// [`CipherError::NotEncryptable`] for null, lists and mappings, which SOPS leaves in the clear;
    /// [`CipherError::IntegerOutOfRange`] for an integer past 64 bits with sign, which sops could not read back;
    /// [`CipherError::Randomness`] if the operating system gives no random bytes.
    pub fn encrypt(
        &mut self,
        value: &Value,
        associated_data: &str,
        output: &mut String,
    ) -> Result<(), CipherError> {
        self.encrypt_as(value, None, associated_data, output)
    }

    /// [`Self::encrypt`], with `number` for the text of a number: any that reads as `value`.
    pub(super) fn encrypt_as(
        &mut self,
        value: &Value,
        number: Option<&str>,
        associated_data: &str,
        output: &mut String,
    ) -> Result<(), CipherError> {
        let value_type = ValueType::of(value)?;
        self.scratch.clear();
        match value {
            Value::Float(_) | Value::Integer(_) if number.is_some() => {
                self.scratch.extend_from_slice(number.unwrap_or_default().as_bytes());
            }
            Value::String(text) => self.scratch.extend_from_slice(text.as_bytes()),
            Value::Bytes(bytes) => self.scratch.extend_from_slice(bytes),
            other => {
                if let Some(bytes) = other.canonical_bytes() {
                    self.scratch.extend_from_slice(&bytes);
                }
            }
        }
        self.seal_scratch(value_type, associated_data, output)
    }

    /// Encrypts the text of a comment (without its `#`) and appends `ENC[…]` to `output`.
    ///
    /// `associated_data` is the key path of the mapping or list that the comment stands in. An empty comment stays empty.
    ///
    /// # Errors
    /// [`CipherError::Randomness`] if the operating system gives no random bytes.
    pub fn encrypt_comment(
        &mut self,
        text: &str,
        associated_data: &str,
        output: &mut String,
    ) -> Result<(), CipherError> {
        self.scratch.clear();
        self.scratch.extend_from_slice(text.as_bytes());
        self.seal_scratch(ValueType::Comment, associated_data, output)
    }

    /// Decrypts one `ENC[…]`.
    ///
    /// White space after it is ignored, since a block scalar ends in a newline. An empty text is an empty string.
    ///
    /// # Errors
    /// [`CipherError::Malformed`] if this is no `ENC[…]`; [`CipherError::Authentication`] if it was changed, belongs to
    /// another key path or another data key; [`CipherError::Payload`] if what was encrypted is not of its type.
    pub fn decrypt(&self, text: &str, associated_data: &str) -> Result<Decrypted, CipherError> {
        self.decrypt_with_number(text, associated_data).map(|(decrypted, _)| decrypted)
    }

    /// [`Self::decrypt`], and the text of a number as it was encrypted.
    pub(super) fn decrypt_with_number(
        &self,
        text: &str,
        associated_data: &str,
    ) -> Result<(Decrypted, Option<Zeroizing<String>>), CipherError> {
        if text.is_empty() {
            return Ok((Decrypted::Value(Value::string("")), None));
        }
        let parts = Parts::parse(text)?;
        let value_type = parts.value_type;
        let mut bytes = Zeroizing::new(Vec::new());
        self.open(&parts, associated_data, &mut bytes)?;
        if value_type == ValueType::Comment {
            return payload::text(bytes)
                .map(|text| (Decrypted::Comment(text), None))
                .map_err(|_| CipherError::Payload { value_type: ValueType::Comment });
        }
        let number = match value_type {
            ValueType::Float | ValueType::Integer => payload::text(bytes.clone()).ok(),
            _ => None,
        };
        payload::parse(value_type, bytes).map(|value| (Decrypted::Value(value), number))
    }

    /// Encrypts what is in the scratch buffer, in place.
    fn seal_scratch(
        &mut self,
        value_type: ValueType,
        associated_data: &str,
        output: &mut String,
    ) -> Result<(), CipherError> {
        if self.scratch.is_empty() {
            return Ok(());
        }
        let nonce = self.nonces.next()?;
        let tag = self
            .gcm
            .encrypt_inout_detached(
                &nonce.into(),
                associated_data.as_bytes(),
                InOutBuf::from(self.scratch.as_mut_slice()),
            )
            .map_err(|_| CipherError::TooLong)?;
        output.reserve(PREFIX.len() + self.scratch.len().div_ceil(3) * 4 + 100);
        output.push_str(PREFIX);
        BASE64.encode_string(self.scratch.as_slice(), output);
        output.push_str(",iv:");
        BASE64.encode_string(nonce, output);
        output.push_str(",tag:");
        BASE64.encode_string(tag, output);
        output.push_str(",type:");
        output.push_str(value_type.as_str());
        output.push(']');
        Ok(())
    }

    /// Decodes and decrypts into `bytes`.
    fn open(
        &self,
        parts: &Parts<'_>,
        associated_data: &str,
        bytes: &mut Zeroizing<Vec<u8>>,
    ) -> Result<(), CipherError> {
        let mut nonce = [0; NONCE_LEN];
        let nonce_len = decode_short(parts.nonce, &mut nonce).ok_or(CipherError::Malformed { part: "iv" })?;
        let mut tag = [0; TAG_LEN];
        if decode_short(parts.tag, &mut tag) != Some(TAG_LEN) {
            return Err(CipherError::Malformed { part: "tag" });
        }
        BASE64.decode_vec(parts.data, bytes).map_err(|_| CipherError::Malformed { part: "data" })?;
        let associated_data = associated_data.as_bytes();
        let nonce = &nonce[..nonce_len];
        match nonce_len {
            32 => open_in_place(&self.gcm, nonce, associated_data, bytes, &tag),
            16 => {
                open_in_place(&AesGcm::<_, U16>::from(self.aes.clone()), nonce, associated_data, bytes, &tag)
            }
            12 => {
                open_in_place(&AesGcm::<_, U12>::from(self.aes.clone()), nonce, associated_data, bytes, &tag)
            }
            length => Err(CipherError::NonceLength { length }),
        }
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Cipher([REDACTED])")
    }
}

/// Whether `text` looks like an encrypted value: it begins with `ENC[AES256_GCM,data:`.
#[must_use]
pub fn is_encrypted(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// What an `ENC[…]` turned out to hold. `Debug` shows the kind only.
#[derive(Clone, PartialEq)]
pub enum Decrypted {
    /// The text of a comment, without its `#`. In a list, sops writes encrypted comments as items.
    Comment(Zeroizing<String>),
    /// A value.
    Value(Value),
}

impl fmt::Debug for Decrypted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comment(_) => formatter.write_str("Comment([REDACTED])"),
            Self::Value(value) => formatter.debug_tuple("Value").field(value).finish(),
        }
    }
}

/// The `type` of an encrypted value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueType {
    /// `bool`
    Boolean,
    /// `bytes`: never written, since sops stores bytes as `str`.
    Bytes,
    /// `comment`
    Comment,
    /// `float`
    Float,
    /// `int`
    Integer,
    /// `str`: text, or bytes that are no text.
    String,
    /// `time`
    Timestamp,
}

impl ValueType {
    /// The type as it stands in `type:…`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "bool",
            Self::Bytes => "bytes",
            Self::Comment => "comment",
            Self::Float => "float",
            Self::Integer => "int",
            Self::String => "str",
            Self::Timestamp => "time",
        }
    }

    fn of(value: &Value) -> Result<Self, CipherError> {
        match value {
            Value::Null | Value::Sequence(_) | Value::Mapping(_) => {
                Err(CipherError::NotEncryptable { kind: value.kind() })
            }
            Value::Boolean(_) => Ok(Self::Boolean),
            Value::Integer(integer) if i64::try_from(*integer).is_err() => {
                Err(CipherError::IntegerOutOfRange)
            }
            Value::Integer(_) => Ok(Self::Integer),
            Value::Float(_) => Ok(Self::Float),
            Value::Timestamp(_) => Ok(Self::Timestamp),
            Value::String(_) | Value::Bytes(_) => Ok(Self::String),
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Boolean, Self::Bytes, Self::Comment, Self::Float, Self::Integer, Self::String, Self::Timestamp]
            .into_iter()
            .find(|value_type| value_type.as_str() == name)
    }
}

/// Why a value could not be encrypted or decrypted. The caller knows which value it was, and says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CipherError {
    /// The tag does not match.
    #[error(
        "the value does not authenticate: it was changed or moved to another key, or the data key is not its own"
    )]
    Authentication,
    /// An integer below -2^63 or above 2^63 - 1.
    #[error("the integer does not fit into 64 bits, so sops could not read it back; write it as a string")]
    IntegerOutOfRange,
    /// Not an `ENC[…]`, or not a whole one.
    #[error(
        "not an encrypted value: expected ENC[AES256_GCM,data:…,iv:…,tag:…,type:…], and its {part} is wrong"
    )]
    Malformed {
        /// The part that is missing or broken.
        part: &'static str,
    },
    /// A nonce of a size that nobody writes.
    #[error("the value's iv is {length} bytes long; 32, 16 and 12 can be read")]
    NonceLength {
        /// The size in bytes.
        length: usize,
    },
    /// Null, a list or a mapping.
    #[error("{kind} can't be encrypted by itself")]
    NotEncryptable {
        /// What it is.
        kind: &'static str,
    },
    /// The decrypted bytes are not a value of the type that is written beside them.
    #[error("the value decrypts, but what it holds is not of its type, {}", value_type.as_str())]
    Payload {
        /// The type.
        value_type: ValueType,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Randomness,
    /// More than 64 GiB.
    #[error("the value is longer than AES-GCM can encrypt")]
    TooLong,
    /// A `type:…` that no version of sops writes.
    #[error("the value's type is not one of str, int, float, bool, bytes, time and comment")]
    UnknownType,
}

/// The parts of an `ENC[…]`, still encoded.
struct Parts<'a> {
    data: &'a str,
    nonce: &'a str,
    tag: &'a str,
    value_type: ValueType,
}

impl<'a> Parts<'a> {
    fn parse(text: &'a str) -> Result<Self, CipherError> {
        let malformed = |part| CipherError::Malformed { part };
        let rest = text.strip_prefix(PREFIX).ok_or(malformed("beginning"))?;
        let rest = rest.trim_ascii_end().strip_suffix(']').ok_or(malformed("end"))?;
        // No part of it holds a comma: looking for one character is quicker than for `,iv:`.
        let (data, rest) = rest.split_once(',').ok_or(malformed("iv"))?;
        let rest = rest.strip_prefix("iv:").ok_or(malformed("iv"))?;
        let (nonce, rest) = rest.split_once(',').ok_or(malformed("tag"))?;
        let rest = rest.strip_prefix("tag:").ok_or(malformed("tag"))?;
        let (tag, rest) = rest.split_once(',').ok_or(malformed("type"))?;
        let name = rest.strip_prefix("type:").ok_or(malformed("type"))?;
        if data.is_empty() {
            return Err(malformed("data"));
        }
        let value_type = ValueType::named(name).ok_or(CipherError::UnknownType)?;
        Ok(Self { data, nonce, tag, value_type })
    }
}

/// Decodes base64 of at most `N` bytes without allocating; the number of bytes.
fn decode_short<const N: usize>(text: &str, output: &mut [u8; N]) -> Option<usize> {
    BASE64.decode_slice(text, output).ok()
}

fn open_in_place<N: ArraySize>(
    gcm: &AesGcm<Aes256, N>,
    nonce: &[u8],
    associated_data: &[u8],
    bytes: &mut [u8],
    tag: &[u8; TAG_LEN],
) -> Result<(), CipherError> {
    let nonce =
        Array::<u8, N>::try_from(nonce).map_err(|_| CipherError::NonceLength { length: nonce.len() })?;
    gcm.decrypt_inout_detached(&nonce, associated_data, InOutBuf::from(bytes), &(*tag).into())
        .map_err(|_| CipherError::Authentication)
}

/// Random nonces, a batch at a time.
struct NoncePool {
    bytes: [u8; NONCE_LEN * NONCE_BATCH],
    used: usize,
}

impl Default for NoncePool {
    fn default() -> Self {
        Self { bytes: [0; NONCE_LEN * NONCE_BATCH], used: NONCE_BATCH }
    }
}

impl NoncePool {
    fn next(&mut self) -> Result<[u8; NONCE_LEN], CipherError> {
        if self.used == NONCE_BATCH {
            SysRng.try_fill_bytes(&mut self.bytes).map_err(|_| CipherError::Randomness)?;
            self.used = 0;
        }
        let mut nonce = [0; NONCE_LEN];
        let bytes = &mut self.bytes[self.used * NONCE_LEN..][..NONCE_LEN];
        nonce.copy_from_slice(bytes);
        // A used nonce must not come again, whatever happens to the counter.
        bytes.zeroize();
        self.used += 1;
        Ok(nonce)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use base64::Engine;
    use serde_json::Value as Json;

    use super::{
        BASE64, Cipher, CipherError, Decrypted, NONCE_BATCH, NONCE_LEN, Parts, ValueType, is_encrypted,
    };
    use crate::document::Value;
    use crate::sops::DataKey;

    fn cipher() -> Cipher {
        let key: Vec<u8> = (0..32).collect();
        Cipher::new(&DataKey::from_bytes(&key).unwrap())
    }

    /// Values encrypted by sops' own code, and their canonical bytes.
    fn vectors() -> Vec<(String, Vec<u8>, String, String)> {
        let rows: Vec<Json> =
            serde_json::from_str(include_str!("../../../../test-vectors/sops/values.json")).unwrap();
        let text = |row: &Json, name: &str| row[name].as_str().unwrap().to_owned();
        let bytes = |hex: String| {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        };
        rows.iter()
            .map(|row| {
                (text(row, "type"), bytes(text(row, "value")), text(row, "aad"), text(row, "ciphertext"))
            })
            .collect()
    }

    fn bytes(decrypted: &Decrypted) -> Vec<u8> {
        match decrypted {
            Decrypted::Comment(text) => text.as_bytes().to_vec(),
            Decrypted::Value(value) => value.canonical_bytes().unwrap().to_vec(),
        }
    }

    #[test]
    fn what_sops_encrypted_is_decrypted_to_the_same_type_and_bytes() {
        let cipher = cipher();
        for (value_type, expected, path, text) in vectors() {
            assert!(is_encrypted(&text));
            let decrypted = cipher.decrypt(&text, &path).unwrap();
            assert_eq!(bytes(&decrypted), expected, "{value_type}");
            let as_expected = match &decrypted {
                Decrypted::Comment(_) => value_type == "comment",
                Decrypted::Value(value) => ValueType::of(value).unwrap().as_str() == value_type,
            };
            assert!(as_expected, "{value_type}: {decrypted:?}");
        }
    }

    #[test]
    fn what_is_encrypted_decrypts_to_itself() {
        let mut cipher = cipher();
        for (_, _, path, text) in vectors() {
            let decrypted = cipher.decrypt(&text, &path).unwrap();
            let mut again = "before ".to_owned();
            match &decrypted {
                Decrypted::Comment(text) => cipher.encrypt_comment(text, &path, &mut again).unwrap(),
                Decrypted::Value(value) => cipher.encrypt(value, &path, &mut again).unwrap(),
            }
            let again = again.strip_prefix("before ").unwrap();
            assert_eq!(again.len(), text.len());
            assert_ne!(again, text);
            assert_eq!(bytes(&cipher.decrypt(again, &path).unwrap()), bytes(&decrypted));
        }
    }

    #[test]
    fn no_nonce_comes_twice() {
        let mut cipher = cipher();
        let mut seen = HashSet::new();
        // More than the operating system is asked for at once.
        for _ in 0..3 * NONCE_BATCH {
            let mut text = String::new();
            cipher.encrypt(&Value::string("secret"), "a:", &mut text).unwrap();
            let nonce = BASE64.decode(Parts::parse(&text).unwrap().nonce).unwrap();
            assert_eq!(nonce.len(), NONCE_LEN);
            // Nonces that overlap, or that were wiped before their use, have zeros in a row.
            assert!(!nonce.windows(8).any(|bytes| bytes == [0; 8]), "{nonce:?}");
            assert!(seen.insert(nonce));
        }
    }

    #[test]
    fn a_number_keeps_the_text_that_it_is_given() {
        let mut cipher = cipher();
        let numbers = [(Value::Float(1.5), "1.50"), (Value::Integer(16), "+16")];
        for (value, written) in numbers {
            let mut text = String::new();
            cipher.encrypt_as(&value, Some(written), "a:", &mut text).unwrap();
            let (_, number) = cipher.decrypt_with_number(&text, "a:").unwrap();
            assert_eq!(number.unwrap().as_str(), written);
        }
        let mut text = String::new();
        cipher.encrypt_as(&Value::string("1.5"), Some("1.50"), "a:", &mut text).unwrap();
        let (decrypted, number) = cipher.decrypt_with_number(&text, "a:").unwrap();
        assert_eq!((decrypted, number), (Decrypted::Value(Value::string("1.5")), None));
    }

    #[test]
    fn empty_texts_stay_empty() {
        let mut cipher = cipher();
        let mut output = String::new();
        cipher.encrypt(&Value::string(""), "a:", &mut output).unwrap();
        cipher.encrypt_comment("", "a:", &mut output).unwrap();
        assert_eq!(output, "");
        assert_eq!(cipher.decrypt("", "a:").unwrap(), Decrypted::Value(Value::string("")));
    }

    #[test]
    fn values_without_ciphertext_are_refused() {
        let mut cipher = cipher();
        let mut encrypt = |value: Value| cipher.encrypt(&value, "a:", &mut String::new());
        assert_eq!(encrypt(Value::Null), Err(CipherError::NotEncryptable { kind: "null" }));
        assert_eq!(encrypt(Value::Sequence(vec![])), Err(CipherError::NotEncryptable { kind: "a list" }));
        assert_eq!(encrypt(Value::Integer(1 << 63)), Err(CipherError::IntegerOutOfRange));
        encrypt(Value::Integer((1 << 63) - 1)).unwrap();
    }

    #[test]
    fn a_value_is_bound_to_its_path_and_key() {
        let mut cipher = cipher();
        let mut text = String::new();
        cipher.encrypt(&Value::string("secret"), "a:b:", &mut text).unwrap();
        for path in ["", "a:", "a:b", "b:a:", "a:b::"] {
            assert_eq!(cipher.decrypt(&text, path), Err(CipherError::Authentication), "{path}");
        }
        let other = Cipher::new(&DataKey::from_bytes(&[9; 32]).unwrap());
        assert_eq!(other.decrypt(&text, "a:b:"), Err(CipherError::Authentication));
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let mut cipher = cipher();
        let mut text = String::new();
        cipher.encrypt(&Value::string("secret!"), "a:", &mut text).unwrap();
        for place in 0..text.len() {
            for replacement in [b'A', b'B', b',', b']', b'=', b'\n'] {
                let mut changed = text.clone().into_bytes();
                if changed[place] == replacement {
                    continue;
                }
                changed[place] = replacement;
                let changed = String::from_utf8(changed).unwrap();
                let same_bits = text.as_bytes()[place + 1..].starts_with(b"=");
                match cipher.decrypt(&changed, "a:") {
                    Err(_) => {}
                    // The last character before the padding has bits that stand for nothing.
                    Ok(value) => assert!(same_bits && value == Decrypted::Value(Value::string("secret!"))),
                }
            }
            assert!(cipher.decrypt(&text[..place], "a:").is_err() || place == 0);
        }
    }

    #[test]
    fn texts_of_another_shape_are_refused() {
        let cipher = cipher();
        let (_, _, path, text) = vectors().swap_remove(0);
        cipher.decrypt(&format!("{text}\n"), &path).unwrap();
        for (from, to, error) in [
            ("ENC", "enc", CipherError::Malformed { part: "beginning" }),
            ("type:str", "type:string", CipherError::UnknownType),
            (",iv:", ",nonce:", CipherError::Malformed { part: "iv" }),
            (",tag:", ",t:", CipherError::Malformed { part: "tag" }),
            ("]", "", CipherError::Malformed { part: "end" }),
            ("]", "] # x", CipherError::Malformed { part: "end" }),
            ("data:", "data:*", CipherError::Malformed { part: "data" }),
            ("iv:", "iv:AAAA", CipherError::Malformed { part: "iv" }),
            ("tag:", "tag:AAAA", CipherError::Malformed { part: "tag" }),
            ("type:str", "type:int", CipherError::Payload { value_type: ValueType::Integer }),
        ] {
            assert_eq!(cipher.decrypt(&text.replacen(from, to, 1), &path), Err(error), "{to}");
        }
        let short = "ENC[AES256_GCM,data:AAAA,iv:AAAAAAAA,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]";
        assert_eq!(cipher.decrypt(short, ""), Err(CipherError::NonceLength { length: 6 }));
    }

    #[test]
    fn usual_nonces_are_read() {
        // AES-256-GCM of "seal" under the key 00…1f, the AAD "a:" and nonces of bytes 0, 1, 2…, by Python's cryptography.
        let cipher = cipher();
        for text in [
            "ENC[AES256_GCM,data:NGe3dw==,iv:AAECAwQFBgcICQoL,tag:J4/bY1IAiXD5/mAbXfIVUA==,type:str]",
            "ENC[AES256_GCM,data:FAnBGg==,iv:AAECAwQFBgcICQoLDA0ODw==,tag:1S2k/UJOND6Cn3n1SWEtSQ==,type:str]",
        ] {
            assert_eq!(
                cipher.decrypt(text, "a:").unwrap(),
                Decrypted::Value(Value::string("seal")),
                "{text}"
            );
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let cipher = cipher();
        assert_eq!(format!("{cipher:?}"), "Cipher([REDACTED])");
        let (_, _, path, text) = vectors().swap_remove(0);
        assert_eq!(format!("{:?}", cipher.decrypt(&text, &path)), "Ok(Value([REDACTED]))");
        let (_, _, path, text) = vectors().pop().unwrap();
        assert!(!format!("{:?}", cipher.decrypt(&text, &path)).contains("top"));
    }
}
