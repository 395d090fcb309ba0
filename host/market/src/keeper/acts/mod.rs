//! What publishers and operators do: each ends in one leaf of the log.

mod error;
mod gate;
mod list;
mod names;
mod publish;
mod publishers;
mod queue;
mod skills;

pub(super) use self::gate::{Gate, seconds};
pub use self::{
    error::ActError,
    list::ListFile,
    names::{Checked, Terms},
    publish::{Outcome, Submission},
    queue::{Decision, Queue, Waiting},
};
