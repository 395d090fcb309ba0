//! `metier`: inspect skills, call their tools, keep their secrets.
//!
//! This crate turns words into calls of the libraries and their answers into text. It decides nothing about what a skill may do.
//!
//! # Architecture invariant
//! This is the only crate that prints ([`printer`]), the only one that reads the environment ([`environment`]) and the only one
//! that knows where a home directory is ([`folders`]). Every failure becomes text and an exit code in one file ([`errors`]).
//!
//! # Reading order
//! [`app`] is what happens; [`args`] the command line; [`commands`] one file or folder per command; [`flags`] makes a
//! tool's schema a command line; [`languages`] builds source; [`render`] shows answers; the rest is small.

mod app;

mod args;
mod commands;

mod flags;
mod given;
mod json;
mod languages;
mod render;
mod spinner;
mod telemetry;
mod text;

mod audit_file;
mod grant_file;
mod vault;

mod environment;
mod folders;
mod templates;

mod details;
mod errors;
mod exit;
mod printer;
mod terminal;

use std::process::ExitCode;

fn main() -> ExitCode {
    app::run(
        std::env::args_os().collect(),
        environment::Environment::Process,
    )
}
