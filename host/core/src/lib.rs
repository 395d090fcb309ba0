//! What a skill asks for, what an operator grants, and the pure function that decides.
//!
//! This crate is the vocabulary every other crate speaks: identifiers, the manifest a skill carries, the grant
//! an operator writes, the narrowing a run adds, and [`authorize`], which intersects the three. Deny by
//! default in every layer: what no rule allows is refused, and the refusal says which rule is missing and who can
//! add it.
//!
//! # Architecture invariant
//! This crate never does IO, never reads a clock or an environment, has no async, and does not depend on
//! wasmtime, tokio or axum. Everything it knows arrives as an argument, and the same arguments always give the same
//! answer. `tests/all/invariants.rs` holds that.
//!
//! # Reading order
//! [`ids`], [`effect`], [`code`], [`fault`] are the words; [`http`] is how addresses are written and matched;
//! [`manifest`], [`grant`], [`run`] are the three layers; [`policy`] decides; [`limits`], [`call`], [`audit`] and
//! [`package`] are what the runtime carries around it.

pub mod ids;

pub mod effect;
pub mod units;

pub mod code;
pub mod fault;
pub mod nearest;

pub mod http;
