//! What must not run any more: a list, signed, numbered and expiring, and what of the installed it hits.
//!
//! The list is derived from the log: what is revoked, and versions whose publisher's signature is void. It travels as one file ([`sign`], [`Seen::accept`]) so that a host needs nothing
//! else, and an air-gapped one can be given it. The signature is over the SHA-256 of the list's canonical text, and says version and times
//! once more.
//!
//! A client remembers what it has [`Seen`]: an older list is refused, and so is another one of the same version. One that has expired is
//! still taken, since what it revokes stays revoked, and comes as [`Accepted::Expired`]: the caller says so loudly, and its policy decides
//! whether anything runs without a fresh one.
//!
//! ```
//! use metier_market::{revoked::{Accepted, List, Seen, sign}, trust::{Algorithm, KeyPair, Revocation, SigningKey}};
//! let key = SigningKey::<Revocation>::new(KeyPair::generate(Algorithm::Ed25519)?);
//! let list = List::new(7, "2026-11-30T12:00:00Z".parse()?, "2026-12-01T12:00:00Z".parse()?, vec![])?;
//! let file = sign(&list, &key)?;
//! let mut seen = Seen::default();
//! let accepted = seen.accept(file.as_bytes(), &key.verifying(), "2026-11-30T13:00:00Z".parse()?)?;
//! assert_eq!(accepted, Accepted::Fresh(list));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod file;
mod list;
mod places;
mod range;
mod target;

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod tests;

pub use file::{Accepted, ListRefused, MAX_FILE, MAX_SKEW, Seen, sign};
pub use list::{Entry, Installed, List, ListError, MAX_ENTRIES, MAX_LIFE};
pub use places::Revoked;
pub use range::{Range, RangeError};
pub use target::{Capability, Target, UnknownCapability};
