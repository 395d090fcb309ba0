//! `metier market` keeps one; the other commands here install from one and publish in one.

pub mod account;
mod agents;
mod approve;
mod before;
pub mod beside;
mod changes;
mod cosigned;
mod find;
mod grant;
pub mod info;
pub mod install;
pub mod keys;
mod lock;
mod members;
pub mod mirror;
mod namespace_key;
mod place;
mod placing;
pub mod publish;
mod queue;
pub mod search;
mod serve;
mod session;
mod trusted;
pub mod update;
pub mod verify;

use super::App;
use crate::{
    args::market::{Market, MarketAction},
    errors::Failure,
    exit::Exit,
};

/// Does what was asked.
///
/// # Errors
/// [`Failure`].
pub fn run(app: &App, args: &Market) -> Result<Exit, Failure> {
    match &args.action {
        MarketAction::Serve(args) => serve::run(app, args),
        MarketAction::Queue(args) => queue::run(app, args),
    }
}
