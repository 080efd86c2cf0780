//! A plaintext with its `sops` block in it, for people who want to look at the block, or to change it, while they edit the file.

use zeroize::Zeroizing;

use super::block::Block;
use super::error::FileError;
use super::file::{EncryptedFile, Plaintext};
use super::metadata::Metadata;
use crate::document::{Document, Edits, Format};

impl EncryptedFile {
    /// The file's plaintext with its `sops` block where the encrypted file has it.
    ///
    /// # Errors
    /// [`FileError::Parse`] for a binary file, which has no place for the block; else only if the values make no valid text.
    pub fn plaintext_with_block(&self, plaintext: &Plaintext) -> Result<Zeroizing<String>, FileError> {
        with_block(plaintext.as_bytes(), plaintext.format(), self.metadata())
    }
}

/// The plaintext with a `sops` block that says what `metadata` does.
///
/// # Errors
/// As [`EncryptedFile::plaintext_with_block`].
pub fn with_block(
    plaintext: &[u8],
    format: Format,
    metadata: &Metadata,
) -> Result<Zeroizing<String>, FileError> {
    let document = Document::parse(plaintext, format)?;
    let mut edits = Edits::new(&document);
    for root in document.roots() {
        Block::of(format).write(&mut edits, root, metadata, None)?;
    }
    Ok(edits.apply()?)
}

/// Takes the `sops` block out of a plaintext that shows it.
///
/// # Errors
/// [`FileError::Parse`] for text that is not of the format, [`FileError::MetadataMissing`] if there is no block,
/// [`FileError::Metadata`] if it can't be read.
pub fn split_block(text: &[u8], format: Format) -> Result<(Zeroizing<String>, Metadata), FileError> {
    let document = Document::parse(text, format)?;
    let block = Block::of(format);
    let metadata = block.read(&document)?.ok_or(FileError::MetadataMissing)?;
    let mut edits = Edits::new(&document);
    for root in document.roots() {
        block.remove(&mut edits, root);
    }
    Ok((edits.apply()?, metadata))
}

#[cfg(test)]
mod tests {
    use super::super::{AgeKey, KeyGroup, MasterKey, Metadata, SelectionRule};
    use super::{split_block, with_block};
    use crate::document::Format;

    #[test]
    fn the_block_comes_and_goes() {
        let key = MasterKey::Age(AgeKey::new("age1x"));
        let metadata = Metadata::new(vec![KeyGroup::new(vec![key])], SelectionRule::default());
        for (text, format) in [
            ("a: 1 # one\n---\nb: 2\n", Format::Yaml),
            ("{\"a\": 1}\n", Format::Json),
            ("a=1\n", Format::Dotenv),
            ("[a]\nb = 1\n", Format::Ini),
        ] {
            let shown = with_block(text.as_bytes(), format, &metadata).unwrap();
            assert!(shown.contains("age1x"), "{}", *shown);
            let (plaintext, found) = split_block(shown.as_bytes(), format).unwrap();
            assert_eq!((plaintext.as_str(), &found), (text, &metadata));
        }
    }
}
