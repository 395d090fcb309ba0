//! Publishing and installing skills; for now, packing one into a file.
//!
//! *Architecture invariant*: nothing here prints or reads the environment; files are named by the caller.

pub mod pack;
