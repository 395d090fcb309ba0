//! The sparse index: one small file for each skill, one line for each version, and what follows from it.
//!
//! A client needs nothing else to resolve `com.acme/salesforce@^1.2`: it fetches one file from the one market its configuration names
//! for that namespace ([`Markets`]), reads it ([`IndexFile`]), and [`resolve`]s. What was resolved is written down in `metier.lock`
//! ([`Lock`]) with its digest, so that the next resolution on another machine is the same.
//!
//! # Nothing here is trusted
//! A market's index is a convenience: what a version is, is proven by its receipt (both signatures and the inclusion proof of the
//! leaf its line names). So an index that lies gets as far as the receipt. What the index alone can do is to hide versions, and
//! three things stand against that: a file ends with a line that says what it should hold, the log size in that line may not lie
//! before a leaf that was locked already, and a version that was locked may not disappear or change.
//!
//! ```
//! use metier_market::index::{IndexFile, Requirement, Rules, resolve};
//! let file = IndexFile::new("com.acme/weather".parse()?, Vec::new(), 0)?;
//! let read = IndexFile::read(&"com.acme/weather".parse()?, file.write().as_bytes())?;
//! let wanted: Requirement = "com.acme/weather@^1.2".parse()?;
//! let error = resolve(&wanted, &read, &Rules::at(1_800_000_000)).unwrap_err();
//! assert_eq!(error.to_string(), "com.acme/weather has no versions");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod file;
mod line;
mod lock;
mod markets;
mod placed;
mod requirement;
mod resolve;
#[cfg(test)]
mod tests;

pub use file::{IndexError, IndexFile, MAX_FILE_BYTES, MAX_LINE_BYTES, MAX_LINES};
pub use line::{InvalidLine, Line, MAX_WHY_CHARACTERS};
pub use lock::{Lock, LockError, Locked};
pub use markets::{Address, InvalidMarket, Market, Markets, Namespace, NoMarket, Origin};
pub use placed::{At, InvalidWord, Placed, Word};
pub use requirement::{InvalidRequirement, Requirement};
pub use resolve::{
    DEFAULT_COOLDOWN, PassedOver, Prefer, ResolveError, Resolved, Rules, Why, resolve,
};
