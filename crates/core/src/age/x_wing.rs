//! X-Wing: ML-KEM-768 (FIPS 203) and X25519 (RFC 7748) in one key encapsulation, secure while either of them is.
//!
//! The construction is draft-connolly-cfrg-xwing-kem; as HPKE's KEM 0x647a it is MLKEM768-X25519 of draft-ietf-hpke-pq. The
//! crate `x-wing` can't stand beside `age` 0.12 in one program (docs/decisions/post-quantum-age.md), so the few lines that
//! tie the two together are here. Everything below them is the same crates that `age` uses.

use hpke::generic_array::typenum::{Sum, U32, U64, U128, U1024, Unsigned};
use hpke::kem::SharedSecret;
use hpke::rand_core::{CryptoRng, RngCore};
use hpke::{Deserializable, HpkeError, Kem, Serializable};
use ml_kem::kem::Decapsulate;
use ml_kem::{EncapsulateDeterministic, EncodedSizeUser, KemCore, MlKem768};
use sha3_0_10::digest::{ExtendableOutput, Update, XofReader};
use sha3_0_10::{Digest, Sha3_256, Shake256};
use x25519_dalek::{PublicKey as X25519Public, StaticSecret as X25519Secret};
use zeroize::Zeroizing;

/// The label that ends what the two shared secrets are hashed with: a drawing of an X-wing.
const LABEL: &[u8; 6] = br"\.//^\";

/// ML-KEM-768's encapsulation key and ciphertext, and X25519's keys, in bytes.
const ML_KEM_KEY_LEN: usize = 1184;
const ML_KEM_CIPHERTEXT_LEN: usize = 1088;
const X25519_LEN: usize = 32;

type EncapsulationKey = <MlKem768 as KemCore>::EncapsulationKey;
type DecapsulationKey = <MlKem768 as KemCore>::DecapsulationKey;

/// The KEM, for HPKE. It has no authenticated modes.
pub(super) struct XWing;

/// A private key: 32 bytes, from which both private keys are made.
#[derive(Clone)]
pub(super) struct PrivateKey(Zeroizing<[u8; 32]>);

impl PrivateKey {
    /// Any 32 bytes are a key.
    pub(super) fn new(seed: Zeroizing<[u8; 32]>) -> Self {
        Self(seed)
    }

    pub(super) fn seed(&self) -> &[u8; 32] {
        &self.0
    }

    fn expand(&self) -> (DecapsulationKey, X25519Secret) {
        let mut reader = Shake256::default().chain(*self.0).finalize_xof();
        let mut part = || {
            let mut bytes = Zeroizing::new([0; 32]);
            reader.read(&mut *bytes);
            bytes
        };
        let (d, z, x25519) = (part(), part(), part());
        let (decapsulation, _) = MlKem768::generate_deterministic((&*d).into(), (&*z).into());
        (decapsulation, X25519Secret::from(*x25519))
    }
}

/// A public key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PublicKey {
    ml_kem: EncapsulationKey,
    x25519: X25519Public,
}

/// What is sent: a ciphertext of ML-KEM and a public key of X25519.
#[derive(Clone)]
pub(super) struct Encapsulated {
    ml_kem: Box<[u8; ML_KEM_CIPHERTEXT_LEN]>,
    x25519: X25519Public,
}

impl Kem for XWing {
    type PublicKey = PublicKey;
    type PrivateKey = PrivateKey;
    type EncappedKey = Encapsulated;
    type NSecret = U32;

    const KEM_ID: u16 = 0x647a;

    fn sk_to_pk(private: &PrivateKey) -> PublicKey {
        let (ml_kem, x25519) = private.expand();
        PublicKey { ml_kem: ml_kem.encapsulation_key().clone(), x25519: X25519Public::from(&x25519) }
    }

    /// HPKE derives keys by hashing, which age does not use: an age key is the seed itself.
    fn derive_keypair(keying_material: &[u8]) -> (PrivateKey, PublicKey) {
        let mut seed = Zeroizing::new([0; 32]);
        let mut reader = Shake256::default()
            .chain(keying_material)
            .chain(b"HPKE-v1KEM")
            .chain(Self::KEM_ID.to_be_bytes())
            .chain([0, 13])
            .chain(b"DeriveKeyPair")
            .chain([0, 32])
            .finalize_xof();
        reader.read(&mut *seed);
        let private = PrivateKey(seed);
        let public = Self::sk_to_pk(&private);
        (private, public)
    }

    fn encap<R: CryptoRng + RngCore>(
        recipient: &PublicKey,
        sender: Option<(&PrivateKey, &PublicKey)>,
        random: &mut R,
    ) -> Result<(SharedSecret<Self>, Encapsulated), HpkeError> {
        if sender.is_some() {
            return Err(HpkeError::EncapError);
        }
        let mut message = Zeroizing::new([0; 32]);
        random.fill_bytes(&mut *message);
        let mut ephemeral = Zeroizing::new([0; X25519_LEN]);
        random.fill_bytes(&mut *ephemeral);
        let (ciphertext, ml_kem_secret) = recipient
            .ml_kem
            .encapsulate_deterministic((&*message).into())
            .map(|(ciphertext, secret)| (ciphertext, Zeroizing::new(<[u8; 32]>::from(secret))))
            .map_err(|()| HpkeError::EncapError)?;

        let ephemeral = X25519Secret::from(*ephemeral);
        let share = X25519Public::from(&ephemeral);
        let x25519_secret = ephemeral.diffie_hellman(&recipient.x25519);
        if !x25519_secret.was_contributory() {
            return Err(HpkeError::EncapError);
        }
        let secret = combine(&*ml_kem_secret, x25519_secret.as_bytes(), &share, &recipient.x25519);
        Ok((secret, Encapsulated { ml_kem: Box::new(ciphertext.into()), x25519: share }))
    }

    fn decap(
        private: &PrivateKey,
        sender: Option<&PublicKey>,
        encapsulated: &Encapsulated,
    ) -> Result<SharedSecret<Self>, HpkeError> {
        if sender.is_some() {
            return Err(HpkeError::DecapError);
        }
        let (ml_kem, x25519) = private.expand();
        // A point of low order gives a secret that everybody knows.
        let x25519_secret = x25519.diffie_hellman(&encapsulated.x25519);
        if !x25519_secret.was_contributory() {
            return Err(HpkeError::DecapError);
        }
        let ml_kem_secret = ml_kem
            .decapsulate(&(*encapsulated.ml_kem).into())
            .map(|secret| Zeroizing::new(<[u8; 32]>::from(secret)))
            .map_err(|()| HpkeError::DecapError)?;
        let public = X25519Public::from(&x25519);
        Ok(combine(&*ml_kem_secret, x25519_secret.as_bytes(), &encapsulated.x25519, &public))
    }
}

/// The hash of both secrets and of what X25519 does not bind by itself.
fn combine(
    ml_kem_secret: &[u8],
    x25519_secret: &[u8],
    share: &X25519Public,
    recipient: &X25519Public,
) -> SharedSecret<XWing> {
    let mut hash = Sha3_256::new();
    for part in [ml_kem_secret, x25519_secret, share.as_bytes(), recipient.as_bytes(), LABEL] {
        Digest::update(&mut hash, part);
    }
    let mut secret = SharedSecret::default();
    Digest::finalize_into(hash, &mut secret.0);
    secret
}

impl PartialEq for PrivateKey {
    fn eq(&self, other: &Self) -> bool {
        subtle::ConstantTimeEq::ct_eq(&self.0[..], &other.0[..]).into()
    }
}

impl Eq for PrivateKey {}

impl Eq for PublicKey {}

impl Serializable for PrivateKey {
    type OutputSize = U32;

    fn write_exact(&self, output: &mut [u8]) {
        output.copy_from_slice(&*self.0);
    }
}

impl Deserializable for PrivateKey {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        let mut seed = Zeroizing::new([0; 32]);
        check_len::<Self>(bytes)?;
        seed.copy_from_slice(bytes);
        Ok(Self(seed))
    }
}

impl Serializable for PublicKey {
    type OutputSize = Sum<U1024, Sum<U128, U64>>;

    fn write_exact(&self, output: &mut [u8]) {
        let (ml_kem, x25519) = output.split_at_mut(ML_KEM_KEY_LEN);
        ml_kem.copy_from_slice(&self.ml_kem.as_bytes());
        x25519.copy_from_slice(self.x25519.as_bytes());
    }
}

impl Deserializable for PublicKey {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        check_len::<Self>(bytes)?;
        let (ml_kem, x25519) = bytes.split_at(ML_KEM_KEY_LEN);
        let encoded = ml_kem.try_into().map_err(|_| HpkeError::ValidationError)?;
        let key = EncapsulationKey::from_bytes(&encoded);
        // FIPS 203, section 7.2: a key whose numbers are not reduced is none. The crate reduces them silently.
        if key.as_bytes().as_slice() != ml_kem {
            return Err(HpkeError::ValidationError);
        }
        Ok(Self { ml_kem: key, x25519: x25519_public(x25519)? })
    }
}

impl Serializable for Encapsulated {
    type OutputSize = Sum<U1024, Sum<U64, U32>>;

    fn write_exact(&self, output: &mut [u8]) {
        let (ml_kem, x25519) = output.split_at_mut(ML_KEM_CIPHERTEXT_LEN);
        ml_kem.copy_from_slice(&*self.ml_kem);
        x25519.copy_from_slice(self.x25519.as_bytes());
    }
}

impl Deserializable for Encapsulated {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        check_len::<Self>(bytes)?;
        let (ml_kem, x25519) = bytes.split_at(ML_KEM_CIPHERTEXT_LEN);
        let ml_kem = Box::new(ml_kem.try_into().map_err(|_| HpkeError::ValidationError)?);
        Ok(Self { ml_kem, x25519: x25519_public(x25519)? })
    }
}

fn x25519_public(bytes: &[u8]) -> Result<X25519Public, HpkeError> {
    let bytes: [u8; X25519_LEN] = bytes.try_into().map_err(|_| HpkeError::ValidationError)?;
    Ok(X25519Public::from(bytes))
}

fn check_len<T: Serializable>(bytes: &[u8]) -> Result<(), HpkeError> {
    let expected = T::OutputSize::USIZE;
    if bytes.len() == expected { Ok(()) } else { Err(HpkeError::IncorrectInputLength(expected, bytes.len())) }
}

#[cfg(test)]
mod tests {
    use hpke::rand_core::{CryptoRng, Error, RngCore};
    use hpke::{Deserializable, Kem, Serializable};
    use sha2::Digest;

    use super::{Encapsulated, PrivateKey, PublicKey, XWing};

    /// Draft-connolly-cfrg-xwing-kem, appendix C: seed, randomness, shared secret, and the SHA-256 of public key and ciphertext.
    const VECTORS: [[&str; 5]; 3] = [
        [
            "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
            "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2\
             35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
            "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384",
            "2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb",
            "17cd532d657e44c897ca6583e548a5424fc70bf54f99515a4d2bcf99e3469f33",
        ],
        [
            "badfd6dfaac359a5efbb7bcc4b59d538df9a04302e10c8bc1cbf1a0b3a5120ea",
            "17cda7cfad765f5623474d368ccca8af0007cd9f5e4c849f167a580b14aabdef\
             aee7eef47cb0fca9767be1fda69419dfb927e9df07348b196691abaeb580b32d",
            "f2e86241c64d60f6649fbc6c5b7d17180b780a3f34355e64a85749949c45f150",
            "c42ba5f8430d7d2c83739338203819f090e8303ce9c8b02107c272bfa5376916",
            "1661ea86d608a1924ba30840cb0a65f13ae051e3aec9cf0f064efc0bc92f2154",
        ],
        [
            "ef58538b8d23f87732ea63b02b4fa0f4873360e2841928cd60dd4cee8cc0d4c9",
            "22a96188d032675c8ac850933c7aff1533b94c834adbb69c6115bad4692d8619\
             f90b0cdf8a7b9c264029ac185b70b83f2801f2f4b3f70c593ea3aeeb613a7f1b",
            "953f7f4e8c5b5049bdc771d1dffada0dd961477d1a2ae0988baa7ea6898d893f",
            "6b080d6b84f095342092fa7a22423e58bd681397ad0ef00eac92bd254db4fa95",
            "d3ca5578500344b5896cffc4fd740c9311946b82951df155e6fd86a7966b43c6",
        ],
    ];

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    fn hash(bytes: &[u8]) -> Vec<u8> {
        sha2::Sha256::digest(bytes).to_vec()
    }

    /// Gives the bytes of a vector for random ones.
    struct Fixed(Vec<u8>);

    impl RngCore for Fixed {
        fn next_u32(&mut self) -> u32 {
            unreachable!("only bytes are asked for")
        }

        fn next_u64(&mut self) -> u64 {
            unreachable!("only bytes are asked for")
        }

        fn fill_bytes(&mut self, output: &mut [u8]) {
            let rest = self.0.split_off(output.len());
            output.copy_from_slice(&std::mem::replace(&mut self.0, rest));
        }

        fn try_fill_bytes(&mut self, output: &mut [u8]) -> Result<(), Error> {
            self.fill_bytes(output);
            Ok(())
        }
    }

    impl CryptoRng for Fixed {}

    #[test]
    fn the_vectors_of_the_draft_hold() {
        for [seed, randomness, secret, public_hash, ciphertext_hash] in VECTORS {
            let private = PrivateKey::from_bytes(&bytes(seed)).unwrap();
            let public = XWing::sk_to_pk(&private);
            assert_eq!(hash(&public.to_bytes()), bytes(public_hash));
            let (shared, encapsulated) = XWing::encap(&public, None, &mut Fixed(bytes(randomness))).unwrap();
            assert_eq!(shared.0.as_slice(), bytes(secret));
            assert_eq!(hash(&encapsulated.to_bytes()), bytes(ciphertext_hash));
            let shared = XWing::decap(&private, None, &encapsulated).unwrap();
            assert_eq!(shared.0.as_slice(), bytes(secret));
        }
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let private = PrivateKey::from_bytes(&[1; 32]).unwrap();
        let mut public = XWing::sk_to_pk(&private).to_bytes();
        assert!(PublicKey::from_bytes(&public).is_ok());
        assert!(PublicKey::from_bytes(&public[1..]).is_err());
        assert!(PrivateKey::from_bytes(&[1; 31]).is_err());
        assert!(Encapsulated::from_bytes(&[1; 1119]).is_err());
        // Two numbers of 12 bits, both 4095, where 3328 is the highest.
        public[..3].fill(0xff);
        assert!(PublicKey::from_bytes(&public).is_err());
    }

    #[test]
    fn points_of_low_order_are_refused() {
        let private = PrivateKey::from_bytes(&[1; 32]).unwrap();
        let mut public = XWing::sk_to_pk(&private).to_bytes();
        public[1184..].fill(0);
        let public = PublicKey::from_bytes(&public).unwrap();
        assert!(XWing::encap(&public, None, &mut Fixed(vec![7; 64])).is_err());
        let low_order = Encapsulated::from_bytes(&[0; 1120]).unwrap();
        assert!(XWing::decap(&private, None, &low_order).is_err());
    }
}
