//! Where recorded calls are replayed before a version is published.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use metier_runtime::host::Host;

use crate::review::{HostReplay, NoReplay, Replay, Replayed};

/// A sandbox for files nobody trusts yet.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// Loads the file and replays its fixtures.
    async fn replay(&self, skill: &[u8]) -> Replayed;
}

/// A host's.
pub struct HostSandbox(pub Arc<Host>);

/// None: a person has to look at everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSandbox;

#[async_trait]
impl Sandbox for HostSandbox {
    async fn replay(&self, skill: &[u8]) -> Replayed {
        HostReplay(&self.0).replay(skill).await
    }
}

#[async_trait]
impl Sandbox for NoSandbox {
    async fn replay(&self, skill: &[u8]) -> Replayed {
        NoReplay.replay(skill).await
    }
}

impl fmt::Debug for dyn Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sandbox")
    }
}

/// For the gate.
pub(super) struct In<'s>(pub &'s dyn Sandbox);

impl Replay for In<'_> {
    async fn replay(&self, skill: &[u8]) -> Replayed {
        self.0.replay(skill).await
    }
}
