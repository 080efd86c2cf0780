//! The sealkit program as a library.
#![forbid(unsafe_code)]
