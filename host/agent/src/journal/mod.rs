//! What happened in a run, in order: the only thing that is kept of it, and enough to rebuild everything else.
//!
//! An [`Entry`] is one event and when it was written. The events before an entry, and nothing else, decide what the entry
//! means: no clock, no random number and no file is read while a journal is read again. An effect on the world is
//! written twice, as [`Event::Intended`] before it is begun and as [`Event::Settled`] once its end is known; the sequence
//! number of the first names the effect, and `RUN/SEQ` is its idempotency key.
//!
//! # Format
//! The body of an entry is JSON: `{"v":1,"at":MILLISECONDS,"event":{"kind":…}}`. A text of more than [`INLINE_BYTES`] stands in
//! a blob, and `{"$blob":"sha256:…"}` in its place. A number of fields may be added to an event without a new version;
//! a reader refuses a version it does not know ([`CodecError::Newer`]) rather than guess.

mod blobs;
mod codec;
mod event;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use blobs::INLINE_BYTES;
pub(crate) use codec::Packed;
pub use codec::{Blobs, CodecError, Draft, Encoded, encode};
pub use event::{
    Act, Cost, Ending, Event, Intent, Outcome, PinnedSkill, PinnedTool, Question, QuestionKind,
    Reply, Settlement, Slot, Started, StepPassed, Verdict, Words, Worst,
};

/// The version of the format that is written.
pub const VERSION: u16 = 1;

/// An event's place in its run, from 1; it also names the effect the event begins.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl std::fmt::Display for Seq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0, f)
    }
}

/// Milliseconds since 1970 (UTC).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// This long later.
    #[must_use]
    pub fn after(self, span: std::time::Duration) -> Millis {
        Millis(
            self.0
                .saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        )
    }

    /// How long from `earlier` to here; nothing when it is later.
    pub fn since(self, earlier: Millis) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// One event, and when it was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When, by the clock of the host that wrote it; never earlier than the entry before.
    pub at: Millis,
    /// What happened.
    pub event: Event,
}
