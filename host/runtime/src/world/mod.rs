//! What a call finds around it: services, time, chance and storage; as they are, or held still.
//!
//! An installed skill lives in a [`World`]. The default is the real one. In another, requests are answered by a recording
//! ([`Upstream::Recorded`]), the clock and the random numbers are the same each time ([`Time::Held`]), and storage is its own.
//! Nothing else differs: the same load, the same authority, the same limits, the same store, the same guest call. A world is
//! bound to the installed skill and not to a call, so that a skill installed for a rehearsal cannot be called live by
//! forgetting an argument.

mod clock;
mod held;

use std::sync::Arc;
use std::time::SystemTime;

use metier_core::policy;
use wasmtime_wasi::WasiCtxBuilder;

use crate::capabilities::artifacts::ArtifactStore;
use crate::capabilities::kv::KvStore;
use crate::egress::Upstream;

pub(crate) use clock::{link, link_async};
pub use held::HeldTime;

/// What a call finds around it.
#[derive(Clone, Default)]
pub struct World {
    /// Who answers requests.
    pub upstream: Upstream,
    /// Clocks and random numbers.
    pub time: Time,
    /// Key-value data; the host's where there is none.
    pub kv: Option<Arc<dyn KvStore>>,
    /// Artifacts; the host's where there is none.
    pub artifacts: Option<Arc<dyn ArtifactStore>>,
    /// Who is told what the skill asks for.
    pub witness: Option<Arc<dyn Witness>>,
}

/// Clocks and random numbers, as a guest sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Time {
    /// The real ones.
    #[default]
    Live,
    /// Every call begins at this moment and draws the same numbers.
    Held(SystemTime),
}

/// Is told each question a skill puts to its authority, before it is decided. It cannot answer.
pub trait Witness: Send + Sync {
    /// This was asked for.
    fn asked(&self, request: &policy::Request<'_>);
}

impl World {
    /// The held time of one call; none in real time.
    pub(crate) fn begin(&self) -> Option<HeldTime> {
        match self.time {
            Time::Live => None,
            Time::Held(start) => Some(HeldTime::new(start)),
        }
    }
}

/// Clocks and chance of one call.
pub(crate) fn set(wasi: &mut WasiCtxBuilder, time: Option<&HeldTime>) {
    if let Some(time) = time {
        time.set(wasi);
    }
}
