//! YAML: reading it into nodes, the typing of plain scalars, and writing scalars.

mod comments;
pub(super) mod edit;
mod reader;
mod scalar;
mod schema;
mod tree;

pub use comments::CommentPlace;
pub(super) use reader::read;
pub(super) use scalar::is_plain_character;
pub use schema::Schema;
pub(super) use schema::{is_string, resolve};
pub use tree::to_yaml;
pub(super) use tree::{spaces, write_key, write_scalar};
