//! The crate as others use it: files from the corpus, the laws of authority, and the facts its documentation claims.

mod corpus;
mod invariants;
mod pages;
