//! What the metadata API answers where it does not do as asked: the same problems as the service's.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use metier_core::{Code, Fault, fault::sentence};
use metier_market::{
    keeper::{
        MarketError, acts::ActError, ledger::LedgerError, registry::RegistryError,
        sessions::LoginRefused,
    },
    review::Report,
    state::{MemberRefused, PublisherRefused, Refused},
};
use metier_store::StoreError;

use crate::problem::{PROBLEM_JSON, Problem};

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
        MarketError::Registry(RegistryError::Elsewhere(_)) => return elsewhere(&error),
        _ => "The market cannot answer now.",
    };
    tracing::error!(%error, "the market could not answer");
    Fault::new(Code::HostInternal, message).into()
}

/// Its files are kept where they are not to be had now.
fn elsewhere(error: &MarketError) -> Problem {
    tracing::error!(%error, "the market could not answer");
    let message = "The market cannot reach its files now, and nothing was done.";
    let hint =
        "Try again in a minute. Where it stays so, tell who keeps the market: its log says why.";
    let fault = Fault::new(Code::StorageUnavailable, message).with_hint(hint);
    let fault = fault.with_retry_after(Duration::from_secs(60));
    Problem::of(StatusCode::SERVICE_UNAVAILABLE, fault)
}

/// Why something was not done.
pub enum NotDone {
    /// As everywhere.
    Problem(Problem),
    /// The review's findings.
    Findings(Box<Report>),
}

impl From<Problem> for NotDone {
    fn from(problem: Problem) -> Self {
        NotDone::Problem(problem)
    }
}

impl From<ActError> for NotDone {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Refused(report) => NotDone::Findings(report),
            other => NotDone::Problem(not_done(other)),
        }
    }
}

impl IntoResponse for NotDone {
    fn into_response(self) -> Response {
        match self {
            NotDone::Problem(problem) => problem.into_response(),
            NotDone::Findings(report) => findings(&report),
        }
    }
}

/// Problem details with one member more: what the review found.
fn findings(report: &Report) -> Response {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let code = Code::RequestRefused;
    let body = BTreeMap::from([
        (
            "type",
            serde_json::json!(format!("urn:metier:error:{code}")),
        ),
        ("title", serde_json::json!("Unprocessable Entity")),
        ("status", serde_json::json!(status.as_u16())),
        (
            "detail",
            serde_json::json!("The review refuses this version."),
        ),
        ("code", serde_json::json!(code.as_str())),
        ("blame", serde_json::json!(code.blame().to_string())),
        (
            "hint",
            serde_json::json!("Each finding says what to do about it."),
        ),
        ("rules", serde_json::json!(report.rules)),
        ("findings", serde_json::json!(report.findings)),
    ]);
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let mut response = (status, body).into_response();
    response.extensions_mut().insert(code);
    let media_type = HeaderValue::from_static(PROBLEM_JSON);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    response
}

fn not_done(error: ActError) -> Problem {
    let message = sentence(&error.to_string());
    let fault = |code| Problem::from(Fault::new(code, message.clone()));
    match error {
        ActError::Denied(_) => fault(Code::Forbidden),
        ActError::Missing(_) => fault(Code::NotFound),
        ActError::Conflict(_) => fault(Code::Conflict),
        ActError::Invalid(_) => fault(Code::InvalidArguments),
        ActError::Full(full) => {
            let wait = Duration::from_secs(full.wait);
            let fault = Fault::new(Code::RateLimited, message);
            fault.with_retry_after(wait).into()
        }
        ActError::Busy(_) => fault(Code::Busy),
        ActError::Ledger(LedgerError::Refused(why)) => fault(of_refused(&why)),
        ActError::Ledger(LedgerError::Leaf(_)) => fault(Code::InvalidArguments),
        ActError::Ledger(error) => problem(error.into()),
        ActError::Market(MarketError::Registry(
            RegistryError::ManifestUnknown | RegistryError::BlobUnknown(_),
        )) => {
            let hint = "Push the component, its config and its manifest to `/v2/` first.";
            let message = "The manifest was not pushed.";
            Fault::new(Code::NotFound, message).with_hint(hint).into()
        }
        ActError::Market(MarketError::Registry(
            RegistryError::ManifestInvalid(_) | RegistryError::ManifestBlobUnknown(_),
        )) => fault(Code::InvalidArguments),
        ActError::Market(error) => problem(error),
        ActError::Refused(_) => fault(Code::RequestRefused),
    }
}

fn of_refused(why: &Refused) -> Code {
    match why {
        Refused::NoNamespace(_) | Refused::NoVersion(..) => Code::NotFound,
        Refused::Taken(..) | Refused::Below(..) => Code::Forbidden,
        Refused::Publisher(PublisherRefused::Shape(_) | PublisherRefused::SignedThen(_)) => {
            Code::InvalidArguments
        }
        Refused::Publisher(PublisherRefused::Missing(_))
        | Refused::Member(MemberRefused::Missing(_)) => Code::NotFound,
        Refused::Member(
            MemberRefused::NoOwner(..)
            | MemberRefused::NoPublisher(..)
            | MemberRefused::NoMember(..)
            | MemberRefused::SelfApproval(_)
            | MemberRefused::SameSecond(_),
        ) => Code::Forbidden,
        Refused::BadSignature(..)
        | Refused::ForeignKey(..)
        | Refused::KeyTimes(_)
        | Refused::BuildMetadata(..) => Code::InvalidArguments,
        _ => Code::Conflict,
    }
}

/// Why somebody was not let in.
pub fn not_let_in(error: &LoginRefused) -> Problem {
    let message = sentence(&error.to_string());
    match error {
        LoginRefused::Challenge | LoginRefused::Signature => {
            let hint =
                "Ask for a new challenge, and sign it for the address in the market's trust root.";
            Fault::new(Code::Unauthenticated, message)
                .with_hint(hint)
                .into()
        }
        LoginRefused::Taken(_) => Fault::new(Code::Forbidden, message).into(),
        LoginRefused::TooManyHere(_, wait) => {
            let hint = "Answer the challenges you have, or wait. Where many share the address of a proxy, the market is started with `--proxy`.";
            Fault::new(Code::RateLimited, message)
                .with_retry_after(*wait)
                .with_hint(hint)
                .into()
        }
        LoginRefused::TooMany => Fault::new(Code::RateLimited, message).into(),
        LoginRefused::Unavailable(error) => {
            tracing::error!(%error, "nobody can be let in");
            Fault::new(Code::HostInternal, "The market cannot answer now.").into()
        }
    }
}
