//! What a driver needs of the world.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use metier_core::{Artifact, CallId, Fault, NanoDollars, PrincipalId, TenantId};
use metier_store::types::RunId;

use super::within::Asks;
use crate::{
    journal::{Entry, Millis, PinnedSkill, PinnedTool, Seq},
    models::Delta,
};

/// The time. A test holds it.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// New ids: 128 bits nobody can guess, beginning with the time so that they sort.
pub type Ids = Arc<dyn Fn() -> u128 + Send + Sync>;

/// One call of a tool, as the journal has it.
#[derive(Clone, Debug)]
pub struct ToolCall {
    /// For whom.
    pub tenant: TenantId,
    /// In whose name.
    pub principal: PrincipalId,
    /// In which run.
    pub run: RunId,
    /// The skill, pinned.
    pub skill: PinnedSkill,
    /// The tool, pinned.
    pub tool: PinnedTool,
    /// JSON text, an object.
    pub arguments: String,
    /// Whether the run has read what others write.
    pub tainted: bool,
    /// The same for every attempt at this call: `RUN/SEQ`.
    pub idempotency_key: String,
    /// The call of another skill that asked for it.
    pub caller: Option<CallId>,
    /// How many calls it is below one that no skill asked for.
    pub depth: u16,
    /// What is left of that call's time.
    pub deadline: Option<Duration>,
    /// What the tool's skill may ask of the run while the call is under way.
    pub asks: Asks,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct ToolEnd {
    /// The answer as JSON text, or why there is none.
    pub result: Result<String, Fault>,
    /// Files it handed back.
    pub artifacts: Vec<Artifact>,
    /// What its publisher asks for it; nothing where it failed.
    pub price: NanoDollars,
}

/// The tools of a run, behind `Host::call`.
#[async_trait]
pub trait Tools: Send + Sync {
    /// Calls one. Dropping the future ends the call.
    async fn call(&self, call: ToolCall) -> ToolEnd;

    /// Keeps an answer that is too large for a conversation, as a file.
    ///
    /// # Errors
    /// A fault of the host's storage.
    async fn keep(
        &self,
        tenant: &TenantId,
        name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<Artifact, Fault>;
}

/// Hears what happens, as it happens. Called from async code: take it and return.
pub trait Watch: Send + Sync {
    /// An event is durable.
    fn event(&self, run: RunId, seq: Seq, entry: &Entry);
    /// A model says something; nothing of it is durable yet.
    fn delta(&self, run: RunId, effect: Seq, delta: Delta);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWatch;

impl Watch for NoWatch {
    fn event(&self, _: RunId, _: Seq, _: &Entry) {}
    fn delta(&self, _: RunId, _: Seq, _: Delta) {}
}
