//! What publishers and operators do: each ends in one leaf of the log.

mod act;
mod agents;
mod error;
mod gate;
mod key_changes;
mod list;
mod members;
mod names;
mod narrow;
mod proofs;
mod publish;
mod publishers;
mod queue;
mod second;
mod skills;

pub use self::{
    act::ActLimits,
    error::ActError,
    key_changes::Said,
    list::{ListFile, Told},
    names::Terms,
    proofs::Checked,
    publish::{Outcome, Submission},
    queue::{Decision, Queue, Waiting, WaitsFor},
};
pub(super) use self::{
    act::{Acts, Done},
    gate::{Gate, seconds},
};
