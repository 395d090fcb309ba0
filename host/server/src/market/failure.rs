//! What the metadata API answers where it does not do as asked: the same problems as the service's.

use axum::response::{IntoResponse, Response};
use metier_core::{Code, Fault};
use metier_market::keeper::{MarketError, registry::RegistryError};
use metier_store::StoreError;

use crate::problem::Problem;

/// There is nothing at this path.
pub struct NotThere;

impl IntoResponse for NotThere {
    fn into_response(self) -> Response {
        not_there("There is nothing at this path.").into_response()
    }
}

/// What is not there, in a sentence.
pub fn not_there(message: &str) -> Problem {
    let hint = "The catalogue and `/api/v1/market/search` find what there is.";
    Fault::new(Code::NotFound, message).with_hint(hint).into()
}

/// What a mistake of the market's own is told as. Details are for its log.
pub fn problem(error: MarketError) -> Problem {
    let message = match &error {
        MarketError::Search(StoreError::Invalid(what)) => {
            return Fault::new(
                Code::InvalidArguments,
                format!("It cannot be looked for: {what}."),
            )
            .into();
        }
        MarketError::Registry(RegistryError::ManifestUnknown | RegistryError::NameUnknown) => {
            return not_there("There is no such skill or version.");
        }
        _ => "The market cannot answer now.",
    };
    tracing::error!(%error, "the market could not answer");
    Fault::new(Code::HostInternal, message).into()
}
