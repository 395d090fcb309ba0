//! The driver: does what the reducer says, and writes down what came of it.
//!
//! [`Runs`] is what every surface calls: start a run, decide a question, cancel, fork, look. A host that should also do the
//! work calls [`Runs::work`], or [`Runs::rest`] for one run. What a run needs of the world is behind [`Tools`] and
//! [`Model`](crate::models::Model); time and new ids come in as functions.
//!
//! # Order
//! An intent is durable before its effect begins, and the effect's end is durable before anything follows from it. A
//! batch that the store may or may not have taken is sent again under the same operation id until the store says
//! which. A host that lost its lease drops everything at once: the run is another one's.

mod batch;
mod inbox;
mod journal;
mod oversize;
mod patience;
mod perform;
mod ports;
mod run;
mod runs;
mod session;
mod snapshot;
mod within;
mod work;

pub use crate::decide::Wish;
pub use inbox::{Decision, DecisionError};
pub use ports::{Clock, Ids, NoWatch, ToolCall, ToolEnd, Tools, Watch};
pub use run::Rest;
pub use runs::{NewRun, Parts, RunError, Runs, Timeline};
pub use session::{HISTORY_BYTES, History, Session};
pub use within::{Asks, From};
pub use work::{LEASE, Shift};
