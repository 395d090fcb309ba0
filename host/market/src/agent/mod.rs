//! An agent or a chain as a package: its file, the files that file reads, and each skill it uses pinned by version and digest.
//!
//! A [`Package`] is one file of canonical JSON, and its identity is its SHA-256, as a skill's is that of its component:
//!
//! ```json
//! {"files":{"review.md":"…"},"kind":"agent","text":"[agent]\nname = …","v":1}
//! ```
//!
//! `text` is the definition as its author wrote it, with what makes it one thing everywhere written into its own tables ([`pinned`]): the
//! `namespace`, and in each `[skills.ALIAS]` the `name`, `version = "=1.2.3"` and `digest` of the skill, `file = "ALIAS.wasm"` and
//! `grant = "ALIAS.grant.toml"`. So the pins are what a host checks anyway when it loads a skill, what was signed is what runs, and an install
//! changes no byte of it. A package holds no grant: who installs it grants.
//!
//! What a package is bound to ([`Package::of_file`]): every skill is pinned to one version and one digest; every file is one that the
//! definition reads, lies beside it, and is none that a host looks for by itself.
//!
//! # Consent
//! Each skill keeps its own record, and its authority is never joined with that of another: one that reads mail and one that sends requests
//! are two things to say yes to, not one that does both. [`Record`] hashes definition, words and terms of the agent apart, and
//! names the record of each skill. [`compare`] classes an update by the highest class of its parts, and each reason says whose it is.

mod bundle;
mod change;
mod file;
mod path;
mod pins;
mod record;
mod says;
mod terms;
#[cfg(test)]
pub(crate) mod tests;

pub use bundle::{Bundle, OtherPin};
pub use change::{compare, compare_unshown};
pub use file::{MAX_FILES, MAX_PACKAGE, MAX_SKILLS, Package, PackageError, Pin};
pub use pins::pinned;
pub use record::Record;
pub(crate) use record::words;
pub use says::sentences;
