//! `metier market`: keeping one.

mod serve;

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
    }
}
