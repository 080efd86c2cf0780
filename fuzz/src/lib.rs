//! The laws that the fuzz targets hold sealkit to. A target feeds them; what must be true stands here.
#![forbid(unsafe_code)]

pub mod document;
pub mod edits;
pub mod sealed_secrets;
pub mod sops;
pub mod sops_parts;
