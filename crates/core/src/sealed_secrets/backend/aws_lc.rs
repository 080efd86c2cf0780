//! AWS-LC, through `aws-lc-rs`.

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::{KeyRejected, Unspecified};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
    PrivateDecryptingKey, PublicEncryptingKey,
};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use zeroize::Zeroizing;

use super::{DecryptingKey, EncryptingKey, NONCE_LENGTH, Provider, Rejected, TAG_LENGTH};

pub(super) struct AwsLc;

impl Provider for AwsLc {
    fn public_key(&self, spki: &[u8]) -> Result<Box<dyn EncryptingKey>, Rejected> {
        Ok(Box::new(OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(spki)?)?))
    }

    fn private_key(&self, pkcs8: &[u8]) -> Result<Box<dyn DecryptingKey>, Rejected> {
        Ok(Box::new(OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(pkcs8)?)?))
    }

    fn generate(&self, bits: usize) -> Result<Zeroizing<Vec<u8>>, Rejected> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            8192 => KeySize::Rsa8192,
            _ => return Err(Rejected),
        };
        let der: Pkcs8V1Der<'_> = PrivateDecryptingKey::generate(size)?.as_der()?;
        Ok(Zeroizing::new(der.as_ref().to_vec()))
    }

    fn sign(&self, pkcs8: &[u8], message: &[u8]) -> Result<Vec<u8>, Rejected> {
        let key = KeyPair::from_pkcs8(pkcs8)?;
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(signature)
    }

    fn aead_seal(
        &self,
        key: &[u8],
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<[u8; TAG_LENGTH], Rejected> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let tag = aead_key(key)?.seal_in_place_separate_tag(nonce, Aad::from(aad), data)?;
        tag.as_ref().try_into().map_err(|_| Rejected)
    }

    fn aead_open(
        &self,
        key: &[u8],
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<usize, Rejected> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        Ok(aead_key(key)?.open_in_place(nonce, Aad::from(aad), data)?.len())
    }
}

fn aead_key(key: &[u8]) -> Result<LessSafeKey, Rejected> {
    let algorithm = match key.len() {
        16 => &AES_128_GCM,
        24 => &AES_192_GCM,
        32 => &AES_256_GCM,
        _ => return Err(Rejected),
    };
    Ok(LessSafeKey::new(UnboundKey::new(algorithm, key)?))
}

impl EncryptingKey for OaepPublicEncryptingKey {
    fn encrypt(&self, label: &[u8], message: &[u8], ciphertext: &mut [u8]) -> Result<(), Rejected> {
        self.encrypt(&OAEP_SHA256_MGF1SHA256, message, ciphertext, Some(label))?;
        Ok(())
    }
}

impl DecryptingKey for OaepPrivateDecryptingKey {
    fn decrypt(&self, label: &[u8], ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, Rejected> {
        let mut message = Zeroizing::new(vec![0; self.min_output_size()]);
        let length = self.decrypt(&OAEP_SHA256_MGF1SHA256, ciphertext, &mut message, Some(label))?.len();
        message.truncate(length);
        Ok(message)
    }
}

impl From<Unspecified> for Rejected {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

impl From<KeyRejected> for Rejected {
    fn from(_: KeyRejected) -> Self {
        Self
    }
}
