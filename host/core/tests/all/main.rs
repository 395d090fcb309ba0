//! The crate as others use it: files from the corpus, the laws of authority, and the facts its documentation claims.

mod allocations;
mod corpus;
mod examples;
mod fuzz_inputs;
mod invariants;
mod laws;
mod pages;
mod urls;
