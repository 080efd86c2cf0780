//! The crates `rsa` and `aes-gcm`: no C in them.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::aes::Aes192;
use aes_gcm::aes::cipher::consts::U12;
use aes_gcm::{Aes128Gcm, Aes256Gcm, AesGcm};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::der::Decode;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, SubjectPublicKeyInfoRef};
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::{BigUint, Oaep, RsaPrivateKey, RsaPublicKey, pkcs1};
use zeroize::Zeroizing;

use super::{DecryptingKey, EncryptingKey, KEY_BITS, NONCE_LENGTH, Provider, Rejected, TAG_LENGTH};

pub(super) struct PureRust;

impl Provider for PureRust {
    fn public_key(&self, spki: &[u8]) -> Result<Box<dyn EncryptingKey>, Rejected> {
        let spki = SubjectPublicKeyInfoRef::from_der(spki).or(Err(Rejected))?;
        let key = pkcs1::RsaPublicKey::from_der(spki.subject_public_key.raw_bytes()).or(Err(Rejected))?;
        // The crate's own reader stops at 4,096 bits.
        let key = RsaPublicKey::new_with_max_size(
            BigUint::from_bytes_be(key.modulus.as_bytes()),
            BigUint::from_bytes_be(key.public_exponent.as_bytes()),
            *KEY_BITS.end(),
        );
        Ok(Box::new(key.or(Err(Rejected))?))
    }

    fn private_key(&self, pkcs8: &[u8]) -> Result<Box<dyn DecryptingKey>, Rejected> {
        Ok(Box::new(RsaPrivateKey::from_pkcs8_der(pkcs8).or(Err(Rejected))?))
    }

    fn generate(&self, bits: usize) -> Result<Zeroizing<Vec<u8>>, Rejected> {
        if !matches!(bits, 2048 | 3072 | 4096 | 8192) {
            return Err(Rejected);
        }
        let key = RsaPrivateKey::new(&mut OsRng, bits).or(Err(Rejected))?;
        Ok(key.to_pkcs8_der().or(Err(Rejected))?.to_bytes())
    }

    fn sign(&self, pkcs8: &[u8], message: &[u8]) -> Result<Vec<u8>, Rejected> {
        let key = RsaPrivateKey::from_pkcs8_der(pkcs8).or(Err(Rejected))?;
        Ok(SigningKey::<Sha256>::new(key).try_sign(message).or(Err(Rejected))?.to_vec())
    }

    fn aead_seal(
        &self,
        key: &[u8],
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<[u8; TAG_LENGTH], Rejected> {
        match key.len() {
            16 => aead_seal::<Aes128Gcm>(key, nonce, aad, data),
            24 => aead_seal::<Aes192Gcm>(key, nonce, aad, data),
            32 => aead_seal::<Aes256Gcm>(key, nonce, aad, data),
            _ => Err(Rejected),
        }
    }

    fn aead_open(
        &self,
        key: &[u8],
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<usize, Rejected> {
        match key.len() {
            16 => aead_open::<Aes128Gcm>(key, nonce, aad, data),
            24 => aead_open::<Aes192Gcm>(key, nonce, aad, data),
            32 => aead_open::<Aes256Gcm>(key, nonce, aad, data),
            _ => Err(Rejected),
        }
    }
}

type Aes192Gcm = AesGcm<Aes192, U12>;

fn aead_seal<A: KeyInit + AeadInOut>(
    key: &[u8],
    nonce: &[u8; NONCE_LENGTH],
    aad: &[u8],
    data: &mut [u8],
) -> Result<[u8; TAG_LENGTH], Rejected> {
    let cipher = A::new_from_slice(key).or(Err(Rejected))?;
    let nonce = nonce.as_slice().try_into().or(Err(Rejected))?;
    let tag = cipher.encrypt_inout_detached(nonce, aad, data.into()).or(Err(Rejected))?;
    tag.as_slice().try_into().or(Err(Rejected))
}

fn aead_open<A: KeyInit + AeadInOut>(
    key: &[u8],
    nonce: &[u8; NONCE_LENGTH],
    aad: &[u8],
    data: &mut [u8],
) -> Result<usize, Rejected> {
    let cipher = A::new_from_slice(key).or(Err(Rejected))?;
    let nonce = nonce.as_slice().try_into().or(Err(Rejected))?;
    let (data, tag) = data.split_last_chunk_mut::<TAG_LENGTH>().ok_or(Rejected)?;
    let tag = tag.as_slice().try_into().or(Err(Rejected))?;
    let length = data.len();
    cipher.decrypt_inout_detached(nonce, aad, data.into(), tag).or(Err(Rejected))?;
    Ok(length)
}

impl EncryptingKey for RsaPublicKey {
    fn encrypt(&self, label: &[u8], message: &[u8], ciphertext: &mut [u8]) -> Result<(), Rejected> {
        let sealed = self.encrypt(&mut OsRng, oaep(label)?, message).or(Err(Rejected))?;
        if sealed.len() != ciphertext.len() {
            return Err(Rejected);
        }
        ciphertext.copy_from_slice(&sealed);
        Ok(())
    }
}

impl DecryptingKey for RsaPrivateKey {
    fn decrypt(&self, label: &[u8], ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, Rejected> {
        self.decrypt_blinded(&mut OsRng, oaep(label)?, ciphertext).map(Zeroizing::new).or(Err(Rejected))
    }
}

/// The `rsa` crate takes labels that are text; those of Sealed Secrets are.
fn oaep(label: &[u8]) -> Result<Oaep, Rejected> {
    Ok(Oaep::new_with_label::<Sha256, _>(std::str::from_utf8(label).or(Err(Rejected))?))
}
