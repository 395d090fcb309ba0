//! The sandbox: loads skills, gives each call exactly its reach, and tells what came of it.
//!
//! [`host::Host::call`] is the whole story of a call; read it first, then follow it down.
//!
//! *Architecture invariant*: this is the only crate that names wasmtime, [`store`] is the only place that makes a
//! `Store`, [`guest`] the only place that calls an export, and [`egress`] the only place a request leaves. Nothing here prints,
//! reads the environment or knows where a home directory is.

pub mod context;
pub mod guest;
pub mod host;
pub mod outcome;
pub mod registry;
pub mod store;
pub mod within;
pub mod world;

pub mod code_cache;
pub mod engine;
pub mod engines;
pub mod skill;
pub mod ticker;
pub mod values;

pub mod audit;
pub mod capabilities;
pub mod credentials;
pub mod egress;
pub mod meter;

pub mod bindings;
mod call_ids;
mod diagnosis;
mod disk;
mod faults;
mod permits;
pub mod text;
