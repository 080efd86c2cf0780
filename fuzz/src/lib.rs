//! The laws that the fuzz targets hold sealkit to. A target feeds them; what must be true stands here.
#![forbid(unsafe_code)]

pub mod command_lines;
pub mod conversion;
pub mod document;
pub mod edits;
pub mod key_groups;
pub mod sealed_secrets;
pub mod sops;
pub mod sops_parts;
