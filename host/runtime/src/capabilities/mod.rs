//! What a skill can reach, one folder per capability.

pub mod artifacts;
pub mod kv;
