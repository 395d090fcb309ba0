//! What every surface calls: the tenants, keys, skills, agents, calls and runs of one host service.
//!
//! The HTTP API, MCP, the OpenAI-compatible endpoints, the console and the command line turn bytes into a [`Caller`] and a
//! request, and ask a [`Service`]. Who may do what is decided here and in the runtime, never by a surface; so is what is
//! written down about it.
//!
//! Everything that outlives the process is in the store's catalog as [`records`]: any host that shares the store serves the same
//! tenants.
//!
//! # Architecture invariant
//! This crate names no axum, no wasmtime and no database, and never prints.

pub mod faults;
pub mod identity;
pub mod records;

pub mod audit;
pub mod limits;
pub mod metrics;

pub mod hub;

pub mod agents;
pub mod directory;
pub mod installs;
pub mod market;
pub mod secrets;

pub mod accounts;

pub mod policy;

pub mod files;
pub mod runs;

pub mod begin;

pub mod hooks;
pub mod triggers;

pub mod books;
pub mod questions;
pub mod seal;

pub mod answered;

pub mod models;
pub mod run_tools;

mod asking;
mod bearers;
mod binding;
mod duty;
mod installing;
mod logins;
mod noting;
mod once;
mod random;
mod service;
mod sessions;

pub use identity::{Caller, Right, Role};
pub use installing::NewSkill;
pub use service::{CallRequest, Listed, Parts, Service};
