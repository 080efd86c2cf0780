//! Shamir's secret sharing over GF(2^8), as sops splits a data key between key groups.
//!
//! Each byte of the secret is the value at 0 of a random polynomial of its own; a share holds the polynomials' values at one
//! other place, and that place as its last byte. The field is AES's, modulo x^8 + x^4 + x^3 + x + 1. (HashiCorp Vault's
//! implementation is the origin of the format.)
//!
//! Arithmetic takes the same time for all values: no branch and no table depends on a secret (GHSA-vq4h-9ghm-qmrr).

use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::Zeroizing;

/// The most shares that a secret can be split into: places are bytes, and 0 is the secret's.
pub(super) const MAX_SHARES: usize = 255;

/// Splits `secret` into `shares` shares, of which any `threshold` give it back.
///
/// # Errors
/// [`ShamirError`] unless 2 ≤ threshold ≤ shares ≤ 255 and the secret is not empty, or if the operating system gives no random
/// bytes.
pub(super) fn split(
    secret: &[u8],
    shares: usize,
    threshold: usize,
) -> Result<Vec<Zeroizing<Vec<u8>>>, ShamirError> {
    if threshold < 2 || threshold > shares || shares > MAX_SHARES || secret.is_empty() {
        return Err(ShamirError::Threshold { threshold, shares });
    }
    let mut coefficients = Zeroizing::new(vec![0; threshold - 1]);
    let mut parts: Vec<Zeroizing<Vec<u8>>> =
        (0..shares).map(|_| Zeroizing::new(Vec::with_capacity(secret.len() + 1))).collect();
    for byte in secret {
        SysRng.try_fill_bytes(&mut coefficients).map_err(|_| ShamirError::Randomness)?;
        for (part, place) in parts.iter_mut().zip(1..=u8::MAX) {
            // Horner's method, from the highest power down.
            let above = coefficients.iter().fold(0, |sum, coefficient| multiply(sum ^ coefficient, place));
            part.push(above ^ byte);
        }
    }
    for (part, place) in parts.iter_mut().zip(1..=u8::MAX) {
        part.push(place);
    }
    Ok(parts)
}

/// The secret that `shares` were split from. With fewer shares than its threshold, or with damaged ones, it is another one:
/// nothing in a share tells.
///
/// # Errors
/// [`ShamirError`] if there are fewer than two, if their sizes differ, or if two stand for one place.
pub(super) fn combine<S: AsRef<[u8]>>(shares: &[S]) -> Result<Zeroizing<Vec<u8>>, ShamirError> {
    let shares: Vec<&[u8]> = shares.iter().map(AsRef::as_ref).collect();
    let len = shares.first().map_or(0, |share| share.len());
    if shares.len() < 2 || len < 2 {
        return Err(ShamirError::TooFew);
    }
    if shares.iter().any(|share| share.len() != len) {
        return Err(ShamirError::Sizes);
    }
    let places: Vec<u8> = shares.iter().map(|share| share[len - 1]).collect();
    let mut seen = [false; 256];
    for place in &places {
        // At place 0 a share would be the secret itself; no splitter makes one.
        if *place == 0 || std::mem::replace(&mut seen[usize::from(*place)], true) {
            return Err(ShamirError::Places);
        }
    }
    // Lagrange's basis at 0 is the same for every byte.
    let basis: Vec<u8> = places
        .iter()
        .map(|own| {
            places
                .iter()
                .filter(|other| *other != own)
                .fold(1, |product, other| multiply(product, multiply(*other, inverse(other ^ own))))
        })
        .collect();
    let mut secret = Zeroizing::new(Vec::with_capacity(len - 1));
    for index in 0..len - 1 {
        let terms = shares.iter().zip(&basis).map(|(share, factor)| multiply(share[index], *factor));
        secret.push(terms.fold(0, |sum, term| sum ^ term));
    }
    Ok(secret)
}

/// The product in the field, in constant time.
fn multiply(mut left: u8, mut right: u8) -> u8 {
    let mut product = 0;
    for _ in 0..8 {
        product ^= left & 0u8.wrapping_sub(right & 1);
        let reduction = 0x1b & 0u8.wrapping_sub(left >> 7);
        left = (left << 1) ^ reduction;
        right >>= 1;
    }
    product
}

/// The inverse in the field, in constant time: the 254th power. 0 gives 0.
fn inverse(value: u8) -> u8 {
    // 254 = 2 + 4 + 8 + … + 128
    let mut power = value;
    let mut product = 1;
    for _ in 0..7 {
        power = multiply(power, power);
        product = multiply(product, power);
    }
    product
}

/// Why a secret can't be split, or shares can't be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShamirError {
    /// Two shares for one place, or one for the secret's own.
    #[error("two shares of the data key are the same one")]
    Places,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Randomness,
    /// Shares of several sizes.
    #[error("the shares of the data key differ in size, so they are not of one key")]
    Sizes,
    /// A threshold that can't be.
    #[error(
        "{shares} key groups can't have a threshold of {threshold}: it is at least 2 and at most their number"
    )]
    Threshold {
        /// How many shares are needed.
        threshold: usize,
        /// How many there are.
        shares: usize,
    },
    /// Fewer than two shares, or empty ones.
    #[error("fewer than two shares of the data key were recovered")]
    TooFew,
}

#[cfg(test)]
mod tests {
    use super::{ShamirError, combine, inverse, multiply, split};

    #[test]
    fn the_field_is_that_of_aes() {
        // FIPS 197, section 4.2.
        assert_eq!(multiply(0x57, 0x83), 0xc1);
        assert_eq!(multiply(0x57, 0x13), 0xfe);
        for value in 1..=u8::MAX {
            assert_eq!(multiply(value, inverse(value)), 1);
            assert_eq!(multiply(value, 1), value);
            assert_eq!(multiply(value, 0), 0);
        }
        assert_eq!(inverse(0), 0);
    }

    #[test]
    fn any_threshold_of_shares_gives_the_secret_back() {
        let secret: Vec<u8> = (0..=255).collect();
        let shares = split(&secret, 5, 3).unwrap();
        for share in &shares {
            assert_eq!(share.len(), secret.len() + 1);
        }
        for first in 0..5 {
            for second in 0..5 {
                for third in 0..5 {
                    if first == second || second == third || first == third {
                        continue;
                    }
                    let chosen = [&shares[first], &shares[second], &shares[third]];
                    assert_eq!(*combine(&chosen.map(|share| share.as_slice())).unwrap(), secret);
                }
            }
        }
        assert_eq!(*combine(&shares).unwrap(), secret);
        assert_ne!(*combine(&shares[..2]).unwrap(), secret);
    }

    #[test]
    fn as_many_shares_as_there_are_places() {
        let shares = split(b"secret", 255, 255).unwrap();
        assert_eq!(*combine(&shares).unwrap(), b"secret".to_vec());
        assert_eq!(shares[254].last(), Some(&255));
    }

    #[test]
    fn shares_of_sops_own_code_are_read() {
        // Of the 32 bytes 00 01 … 1f, three shares of which two are needed, by the package shamir of sops 3.13.3.
        let shares = SHARES_OF_SOPS.map(|hex| {
            (0..hex.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                .collect::<Vec<_>>()
        });
        let secret: Vec<u8> = (0..32).collect();
        for pair in [[0, 1], [1, 2], [2, 0]] {
            assert_eq!(*combine(&pair.map(|index: usize| shares[index].as_slice())).unwrap(), secret);
        }
    }

    const SHARES_OF_SOPS: [&str; 3] = [
        "fe57ac9ebbec4746b5819903144e1c145d1278f67f1f44091bbc9ecd6f25acfe01",
        "e7ad452261cc84856902371b3c8b2a398a17c6c2c201b22b1e4809acfa6d61c602",
        "19fbebbfde25c5c4d48aa41324c83822c714ac27a90be0351ded8d7a8955d32703",
    ];

    #[test]
    fn impossible_requests_are_errors() {
        for (shares, threshold) in [(2, 1), (2, 3), (256, 2), (0, 0), (1, 1)] {
            assert_eq!(
                split(b"x", shares, threshold).unwrap_err(),
                ShamirError::Threshold { threshold, shares }
            );
        }
        assert!(split(b"", 2, 2).is_err());
        assert_eq!(combine::<&[u8]>(&[]).unwrap_err(), ShamirError::TooFew);
        assert_eq!(combine(&[b"ab"]).unwrap_err(), ShamirError::TooFew);
        assert_eq!(combine(&[b"a", b"b"]).unwrap_err(), ShamirError::TooFew);
        assert_eq!(combine(&[&b"ab"[..], b"abc"]).unwrap_err(), ShamirError::Sizes);
        assert_eq!(combine(&[b"ab", b"cb"]).unwrap_err(), ShamirError::Places);
        assert_eq!(combine(&[b"a\0", b"cb"]).unwrap_err(), ShamirError::Places);
    }
}
