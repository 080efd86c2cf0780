//! A check of the numbers in SSH's RSA keys before the `age` crate reads them: version 0.12.1 panics at a number of nothing
//! but zero bytes, which RFC 4251, section 5, does not allow.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use zeroize::Zeroizing;

const RSA: &[u8] = b"ssh-rsa";

/// Whether the public key in `text` (`ssh-rsa AAAA…`) can be read without harm. What is no such key can.
pub(super) fn are_sound_in_public_key(text: &str) -> bool {
    let blob = text.split_once(' ').map_or("", |(_, rest)| rest);
    let end = blob.find(|character| !is_base64(character)).unwrap_or(blob.len());
    decode(&blob[..end]).is_none_or(|blob| are_sound(&blob))
}

/// Whether the private key in `text`, a file in OpenSSH's format, can be read without harm. Numbers under a passphrase are not
/// looked at.
pub(super) fn are_sound_in_private_key(text: &str) -> bool {
    let Some((_, body)) = text.split_once("-----BEGIN OPENSSH PRIVATE KEY-----") else { return true };
    let body = body.split_once("-----END").map_or(body, |(body, _)| body);
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    base64.extend(body.chars().filter(|character| is_base64(*character)));
    let Some(file) = decode(&base64) else { return true };
    let Some((public, private)) = parts(&file) else { return true };
    // The private part begins with a number, twice: eight bytes.
    are_sound(public) && private.get(8..).is_none_or(are_sound)
}

fn is_base64(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=')
}

fn decode(base64: &str) -> Option<Zeroizing<Vec<u8>>> {
    // The crate asks for padding in one of the two, and for none in the other.
    BASE64_STANDARD_NO_PAD.decode(base64.trim_end_matches('=')).ok().map(Zeroizing::new)
}

/// The public and the private part of a key file; the private one is a ciphertext if there is a passphrase.
fn parts(file: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = Fields(file.strip_prefix(b"openssh-key-v1\0")?);
    let (_cipher, _derivation, _options) = (fields.next()?, fields.next()?, fields.next()?);
    // How many keys there are.
    fields.0 = fields.0.get(4..)?;
    Some((fields.next()?, fields.next()?))
}

fn are_sound(key: &[u8]) -> bool {
    let mut fields = Fields(key);
    // The private part of a key ends with a comment and padding, which are no numbers: there are six at most.
    fields.next() != Some(RSA)
        || fields.take(6).all(|number| number.is_empty() || number.iter().any(|byte| *byte != 0))
}

/// Strings as SSH writes them: the length in four bytes, and as many bytes.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let (field, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        self.0 = rest;
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;

    use super::*;
    use crate::age::{Identities, Recipient};

    fn field(bytes: &[u8]) -> Vec<u8> {
        [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
    }

    fn private_key(public: &[u8], private: &[u8]) -> String {
        let head: Vec<u8> = [&b"none"[..], b"none", b""].iter().flat_map(|bytes| field(bytes)).collect();
        let parts = [b"openssh-key-v1\0", &head[..], &[0, 0, 0, 1], &field(public), &field(private)].concat();
        let text = BASE64_STANDARD.encode(parts);
        format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{text}\n-----END OPENSSH PRIVATE KEY-----\n")
    }

    #[test]
    fn a_number_of_zero_bytes_is_refused() {
        for (numbers, expected) in [
            ([&[0][..], &[5]], false),
            ([&[1], &[0, 0]], false),
            ([&[1], &[]], true),
            ([&[1], &[0, 200]], true),
        ] {
            let key = [field(RSA), field(numbers[0]), field(numbers[1])].concat();
            for base64 in [BASE64_STANDARD.encode(&key), BASE64_STANDARD_NO_PAD.encode(&key)] {
                let public = format!("ssh-rsa {base64} me@host");
                assert_eq!(are_sound_in_public_key(&public), expected, "{numbers:?}");
                assert!(public.parse::<Recipient>().is_err());
            }
            let sound = [field(RSA), field(&[3]), field(&[5])].concat();
            let inner = [&[7; 8], &key[..]].concat();
            for file in [private_key(&key, &[&[7; 8], &sound[..]].concat()), private_key(&sound, &inner)] {
                assert_eq!(are_sound_in_private_key(&file), expected, "{numbers:?}");
                let mut identities = Identities::new();
                identities.add(file.as_bytes(), "test");
                assert_eq!(identities.identities().count(), 0);
            }
        }
    }

    #[test]
    fn other_texts_are_left_to_whoever_reads_them() {
        let short = format!("ssh-rsa {}", BASE64_STANDARD.encode([0, 0, 0, 9, 1]));
        let ed25519 = [field(b"ssh-ed25519"), field(&[0; 32])].concat();
        let ed25519 = format!("ssh-ed25519 {}", BASE64_STANDARD.encode(ed25519));
        for text in ["", "ssh-rsa", "ssh-rsa !", "ssh-rsa AAA", &short, &ed25519] {
            assert!(are_sound_in_public_key(text), "{text}");
        }
        for text in ["", "-----BEGIN OPENSSH PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"]
        {
            assert!(are_sound_in_private_key(text), "{text}");
        }
    }
}
