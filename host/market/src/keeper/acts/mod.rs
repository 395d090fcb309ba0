//! What publishers and operators do: each ends in one leaf of the log.

mod act;
mod agents;
mod error;
mod gate;
mod key_changes;
mod list;
mod names;
mod narrow;
mod proofs;
mod publish;
mod publishers;
mod queue;
mod skills;

pub use self::{
    act::ActLimits,
    error::ActError,
    list::{ListFile, Told},
    names::Terms,
    proofs::Checked,
    publish::{Outcome, Submission},
    queue::{Decision, Queue, Waiting},
};
pub(super) use self::{
    act::{Acts, Done},
    gate::{Gate, seconds},
};
