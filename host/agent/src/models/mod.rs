//! Models: one message form, an adapter per wire format, and one thing to ask them all.
//!
//! - [`Message`], [`ModelRequest`], [`Completion`]: the form that the journal keeps;
//! - [`Model`]: what a run asks; the providers behind a route, or a recording, answer it;
//! - [`Transport`]: how a request leaves, implemented by a surface over egress.
//!
//! Adapters are pure: a request becomes bytes, bytes become events. Nothing here opens a connection or knows a key.

mod answer;
mod event;
mod exchange;
mod failure;
mod message;
mod model;
mod origin;
mod pace;
mod recorded;
mod request;
mod routed;
mod transport;
pub mod wire;

pub use answer::{Completion, StopReason, Usage};
pub use event::{Deaf, Delta, ModelEvent, Sink};
pub use failure::{FailureKind, ModelFailure};
pub use message::{
    Arguments, FORM_VERSION, Media, MediaSource, Message, NotRunnable, Part, Reasoning, ResultPart,
    Role, ToolCall, ToolResult,
};
pub use model::{Answer, Model, Question};
pub use origin::Origin;
pub use pace::Pace;
pub use recorded::{Recorded, Recorder, RecordingError};
pub use request::{ModelRequest, ResponseSchema, ToolChoice, ToolDefinition};
pub use routed::{MAX_SIDE_BY_SIDE, Routed};
pub use transport::{Transport, TransportFailure, WireRequest, WireResponse};
