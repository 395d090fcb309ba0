//! The audit trail: every call, denial, request, change and login of a host as a chain of records that nobody can change unseen.
//!
//! Each host process keeps a trail of its own, in a folder below [`Settings::root`]: segments `00000001.jsonl` and so on, one record
//! a line, each with the hash of the one before ([`record`]). A record is with the operating system before the caller's answer is
//! sent, so a host that is killed loses none; it is on the disk at most a second later, and `head.json` says under a key how far
//! the trail goes. [`verify()`] finds out offline whether it is as it was written, and says what it cannot find out.
//!
//! A crash may leave a part of a record. The next host sets it aside in a `.torn` file, says so in the log and in the trail, and
//! goes on from the last whole record. Segments are never deleted here: an operator moves the full ones away, and gives the last
//! record of them to [`verify()`].
//!
//! Records have names, digests, codes and counts. They have no arguments, answers, bodies or secrets; of texts only grants.
//!
//! When records cannot be written, new calls are refused, unless [`WhenFull`] says otherwise.

pub mod record;

mod calls;
mod event;
mod head;
mod recover;
mod segments;
mod trail;
mod writer;

pub mod export;
pub mod pace;
pub mod search;
pub mod verify;

#[cfg(test)]
mod tests;

pub use event::{
    AccountChange, AgentChange, Decision, Event, Health, HostState, KeyChange, NoNotes, Notes,
    PolicyChange, RunChange, SecretChange, SkillChange, TenantChange, TriggerChange, What,
};
pub use head::HeadKey;
pub use record::Head;
pub use search::{Filter, Found, Record};
pub use segments::trails;
pub use trail::{MAX_TRAILS, SEGMENT_BYTES, SYNC_EVERY, Settings, Trail, WhenFull, size};
pub use verify::{Expected, Finding, Verified, verify};
