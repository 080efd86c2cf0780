//! Base64 as Kubernetes resources hold it: the standard alphabet with padding, broken into lines or not.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Kubernetes' own reader takes a last character whose unused bits are not zero, so this one does too.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// `bytes` in base64.
pub(crate) fn encode(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// The bytes that `text` stands for; line breaks anywhere in it are left out, nothing else is. `None` if it is no
/// base64.
pub(crate) fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let is_line_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let joined;
    let text = if text.iter().any(is_line_break) {
        joined =
            Zeroizing::new(text.iter().copied().filter(|byte| !is_line_break(byte)).collect::<Vec<u8>>());
        joined.as_slice()
    } else {
        text
    };
    let mut bytes = Zeroizing::new(vec![0; base64::decoded_len_estimate(text.len())]);
    let length = ENGINE.decode_slice(text, &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn reads_what_kubernetes_reads() {
        assert_eq!(decode(b"aGk=").unwrap().as_slice(), b"hi");
        assert_eq!(decode(b"aG\r\nk=\n").unwrap().as_slice(), b"hi");
        assert_eq!(decode(b"aGl=").unwrap().as_slice(), b"hi", "trailing bits");
        assert_eq!(decode(b"").unwrap().as_slice(), b"");
        for bad in [&b"aGk"[..], b"aG k=", b"aGk=aGk=", b"a", b"_-==", b"aGk=\t", b"=", b"\xff\xff=="] {
            assert!(decode(bad).is_none(), "{bad:?}");
        }
        assert_eq!(encode(b"hi"), "aGk=");
    }
}
