//! What the front ends `sealkit` and `sops` do alike with SOPS files.

pub(crate) mod editor;
pub(crate) mod keys;
pub(crate) mod private_directory;
pub(crate) mod signals;
