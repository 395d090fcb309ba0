//! The run a call belongs to, as far as its guest can ask something of it.
//!
//! A skill may ask a model or call a tool of another skill. Both are effects of the run: paid from its budget, written
//! into its journal. So this crate only asks whether manifest, grant and scope allow it, and hands the wish to whoever
//! drives the run. A call without a run has [`NoRun`], which refuses both in words.

use std::time::Duration;

use futures::future::BoxFuture;
use metier_core::{Artifact, CallId, Code, Denial, Fault, RouteName, ToolRef};
use serde_json::Value;

/// A question to a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// By which route.
    pub route: RouteName,
    /// What it is told before.
    pub system: Option<String>,
    /// What it is asked.
    pub prompt: String,
    /// JSON Schema of the answer.
    pub schema: Option<Value>,
    /// Most tokens of the answer.
    pub max_tokens: Option<u32>,
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The text, or JSON where there was a schema.
    pub text: String,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
}

/// A call of another skill's tool.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerCall {
    /// The call that asks.
    pub caller: CallId,
    /// Which tool.
    pub tool: ToolRef,
    /// A JSON object.
    pub arguments: Value,
    /// What is left of the caller's own time.
    pub deadline: Duration,
}

/// What another skill's tool answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerReply {
    /// JSON text.
    pub value: String,
    /// Files it handed back.
    pub files: Vec<Artifact>,
}

/// Why a wish was not fulfilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfulfilled {
    /// It was refused before anything happened.
    Denied(Denial),
    /// It was begun and failed.
    Failed(Fault),
}

/// What the guest of a call can ask of the run around it. Dropping a future gives the wish up.
pub trait Within: Send + Sync {
    /// Asks a model.
    fn ask(&self, question: Question) -> BoxFuture<'_, Result<Reply, Unfulfilled>>;
    /// Calls a tool of another skill.
    fn call(&self, call: PeerCall) -> BoxFuture<'_, Result<PeerReply, Unfulfilled>>;
}

/// The call belongs to no run.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRun;

impl Within for NoRun {
    fn ask(&self, question: Question) -> BoxFuture<'_, Result<Reply, Unfulfilled>> {
        let what = format!("asked a model by the route `{}`", question.route);
        Box::pin(async move { Err(needs_a_run(&what)) })
    }

    fn call(&self, call: PeerCall) -> BoxFuture<'_, Result<PeerReply, Unfulfilled>> {
        let what = format!("called the tool `{}`", call.tool);
        Box::pin(async move { Err(needs_a_run(&what)) })
    }
}

fn needs_a_run(what: &str) -> Unfulfilled {
    let message = format!(
        "The skill {what}, which only works within a run of an agent or a chain: a run pays for it and remembers it."
    );
    Unfulfilled::Denied(Denial::new(Code::RunNeeded, message))
}
