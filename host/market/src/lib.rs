//! From a skill's folder to one file and back; publishing and installing it, and the agents that use it.
//!
//! *Architecture invariant*: nothing here prints or reads the environment; files are named by the caller.

pub mod agent;
pub mod client;
pub mod consent;
pub mod distribution;
pub mod fixtures;
pub mod folder;
pub mod index;
pub mod keeper;
pub mod kind;
pub mod learn;
pub mod lint;
pub mod log;
pub mod pack;
pub mod receipt;
pub mod review;
pub mod revoked;
pub mod secrets;
pub mod skill_md;
pub mod state;
pub mod trust;
pub mod unpack;
pub mod ware;
