//! What somebody said yes to when they installed a skill, and what an update changes of it.
//!
//! A [`Record`] has the digest of each part that consent is about — code, words, schemas, effects, authority, price, other files —
//! and one of the whole, which the lock keeps. [`compare`] classes an update by what the parts *mean*:
//!
//! | class | what changed | what happens |
//! |---|---|---|
//! | [`Class::Auto`] | nothing that consent is about, or it asks for less | installed after the cooldown |
//! | [`Class::ReviewText`] | words or schemas that a model reads | held until somebody read the difference |
//! | [`Class::ReconsentPrice`] | it costs more, or otherwise | held until somebody says yes |
//! | [`Class::Reconsent`] | it may do more, or says something else of what its tools do | held until somebody says yes |
//!
//! # When authority is wider
//! Wherever there is a request that [`metier_core::authorize`] allows with the new manifest and refused with the old one, under any
//! grant and any run. The other way there may be doubt: two old rules that cover a new one only together do not cover it here. Names of
//! credentials, buckets, keys and routes are what grants are written in, so another name is another thing; a rule that no longer
//! names a credential is wider too, for it then goes out without the operator's account, to whoever's account the skill likes.
//! The order of rules, their split into several, and the spelling of sizes mean nothing and change nothing.
//!
//! An effect that is said to be *less* is wider as well: approvals and ceilings that stopped the tool would let it pass.

mod authority;
mod change;
mod contents;
mod diff;
mod price;
mod record;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use change::may;
pub use change::{Change, Class, Part, Reason, compare};
pub use contents::{Contents, ContentsError, MAX_NAMES, MAX_PATHS, MAX_RULES};
pub(crate) use diff::lines;
pub use diff::visible;
pub use record::Record;
