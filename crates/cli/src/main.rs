//! sealkit
fn main() {}
