//! Trusted publishing: whose runs publish in a namespace, and the tokens they get for their ID tokens.
//!
//! | request | what comes of it |
//! |---|---|
//! | `POST /api/v1/market/namespaces/NAME/publishers` `{publisher, signature, second}` | `201 {leaf, at}`; an owner has signed it, and another one where the 2-person rule is on; needs a token, as the next |
//! | `POST /api/v1/market/namespaces/NAME/publisher-ends` `{publisher, since, signature}` | `201 {leaf, at}`; without a signature the domain is looked at |
//! | `POST /api/v1/market/oidc/tokens` `{token, namespace, key}` | `{token, expires, run}`: it publishes for a quarter of an hour, and does nothing else |
//!
//! ID tokens are verified as a service verifies those of its users ([`metier_service::identity::token`]): keys come by discovery, and the
//! audience is the market's address, alone or with the key of the run ([`metier_market::keeper::runs::audience`]).

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::SystemTime};

use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use metier_core::{Code, Fault, audit::EgressRecord, fault::sentence, http::Host};
use metier_market::{
    keeper::runs::{Exchange, ExchangeRefused, IdToken, IdTokens, audience},
    state::{Namespace, PublisherChange, PublisherEnding},
    trust::KeyHint,
};
use metier_runtime::egress::EgressAudit;
use metier_service::identity::{
    keys::HttpKeys,
    token::{Issuer, Tokens, is_this_machine, safe_url},
};
use serde_json::Value;
use url::Url;

use super::{
    MarketApp,
    body::Body,
    doors::{about, alone, created, namespace},
    failure::NotDone,
    source::From,
    trade::to_its_end,
    who::Caller,
};
use crate::problem::Problem;

/// Issuers of CI services that everybody knows.
pub const ISSUERS: [&str; 2] = [
    "https://token.actions.githubusercontent.com",
    "https://gitlab.com",
];

/// All routes.
pub fn router() -> Router<Arc<MarketApp>> {
    let below = "/api/v1/market/namespaces/{name}";
    Router::new()
        .route("/api/v1/market/oidc/tokens", post(exchange))
        .route(&format!("{below}/publishers"), post(add))
        .route(&format!("{below}/publisher-ends"), post(end))
}

/// Verifies ID tokens of issuers by the keys they publish.
pub struct PublishedKeys {
    tokens: Tokens,
    market: Url,
    /// Issuers that are taken for these namespaces, and those below them, alone.
    only: HashMap<String, Vec<Namespace>>,
}

impl PublishedKeys {
    /// Of these issuers, for a market at this address.
    ///
    /// # Errors
    /// When one of them can never be asked, in words.
    pub fn of(issuers: &[String], market: &Url) -> Result<PublishedKeys, String> {
        let issuers = issuers
            .iter()
            .map(|url| Issuer::read_only(url.clone(), audience(market, None)));
        let issuers: Vec<Issuer> = issuers.collect();
        for issuer in &issuers {
            check_issuer(&issuer.url)?;
        }
        let clock = Arc::new(SystemTime::now);
        // Nothing is named by a file here.
        let source = HttpKeys::new(PathBuf::from("/"), clock, Arc::new(Unwritten));
        let clock = Arc::new(|| {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let since = since.unwrap_or_default().as_millis();
            u64::try_from(since).unwrap_or(u64::MAX)
        });
        Ok(PublishedKeys {
            tokens: Tokens::new(issuers, Arc::new(source), clock),
            market: market.clone(),
            only: HashMap::new(),
        })
    }

    /// Takes the tokens of one of them for these namespaces, and those below them, alone; for all where none is named.
    #[must_use]
    pub fn only_for(mut self, issuer: String, namespaces: Vec<Namespace>) -> PublishedKeys {
        if !namespaces.is_empty() {
            self.only.entry(issuer).or_default().extend(namespaces);
        }
        self
    }

    fn is_for(&self, issuer: &str, namespace: &Namespace) -> bool {
        let Some(only) = self.only.get(issuer) else {
            return true;
        };
        let mut above = namespace.above();
        only.contains(namespace) || above.any(|above| only.contains(&above))
    }
}

/// Whether this can be an issuer of a CI service that an operator names: by the name of its host, as its tokens write it. An address is
/// anybody's tomorrow; only this machine is itself.
///
/// # Errors
/// Why not, in words.
pub fn check_issuer(issuer: &str) -> Result<(), String> {
    let url = safe_url(issuer)?;
    if issuer.contains(['?', '@', '*']) {
        return Err(format!("{issuer} has more than a host and a path"));
    }
    if matches!(url.host(), Host::Ip(_)) && !is_this_machine(url.host()) {
        return Err(format!("{issuer} has an address, and no name"));
    }
    let host = url.host().to_string();
    let rest = issuer.split_once("://").map_or("", |(_, rest)| rest);
    // `https://GitLab.com` is nobody's `iss`.
    let is_named = matches!(url.host(), Host::Name(_));
    match !is_named || rest.starts_with(&host) {
        true => Ok(()),
        false => Err(format!(
            "{issuer} is not written as its tokens write it: {host}"
        )),
    }
}

impl std::fmt::Debug for PublishedKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PublishedKeys")
    }
}

#[async_trait]
impl IdTokens for PublishedKeys {
    fn issuers(&self, namespace: &Namespace) -> Vec<String> {
        let issuers = self.tokens.issuers();
        let theirs = issuers.filter(|issuer| self.is_for(issuer, namespace));
        theirs.map(str::to_owned).collect()
    }

    async fn verify(&self, token: &str, key: KeyHint) -> Option<IdToken> {
        let bound = audience(&self.market, Some(key));
        match self.tokens.claims(token, &bound).await {
            Ok(claims) => Some(IdToken {
                issuer: claims.issuer,
                claims: claims.claims,
            }),
            Err(why) => {
                tracing::info!(why, "an ID token does not open");
                None
            }
        }
    }
}

/// Which keys an issuer publishes is of no interest later.
struct Unwritten;

impl EgressAudit for Unwritten {
    fn record(&self, _: EgressRecord) {}
}

async fn exchange(
    State(app): State<Arc<MarketApp>>,
    From(source): From,
    Body(exchange): Body<Exchange>,
) -> Result<Response, Problem> {
    let token = app.market.exchange(&exchange, source).await;
    let token = token.map_err(|error| not_taken(&error))?;
    Ok(Json(token).into_response())
}

async fn add(
    State(app): State<Arc<MarketApp>>,
    Path(name): Path<String>,
    caller: Caller,
    Body(body): Body<Value>,
) -> Result<Response, NotDone> {
    let (change, said): (PublisherChange, _) = about(&namespace(&name)?, body)?;
    let appended = to_its_end(async move {
        let added = app.market.add_publisher(&caller.account, change, said);
        Ok(added.await?)
    });
    let appended = appended.await?;
    Ok(created(&appended))
}

async fn end(
    State(app): State<Arc<MarketApp>>,
    Path(name): Path<String>,
    caller: Caller,
    Body(body): Body<Value>,
) -> Result<Response, NotDone> {
    let (ending, said): (PublisherEnding, _) = about(&namespace(&name)?, body)?;
    let appended = to_its_end(async move {
        let signature = alone(said)?;
        let ended = app.market.end_publisher(&caller.account, ending, signature);
        Ok(ended.await?)
    });
    let appended = appended.await?;
    Ok(created(&appended))
}

/// Why a run was not let in.
fn not_taken(error: &ExchangeRefused) -> Problem {
    let fault = |code, hint: &str| {
        let fault = Fault::new(code, sentence(&error.to_string()));
        Problem::from(fault.with_hint(hint))
    };
    match error {
        ExchangeRefused::Closed => fault(
            Code::Unauthenticated,
            "It has to be of an issuer this market takes, for this market's address as its audience, alone or with `#` and the key of the run, signed by a key the issuer publishes now, and not over. The market's log says what was missing.",
        ),
        ExchangeRefused::Taken => {
            fault(Code::Unauthenticated, "Ask the CI service for another one.")
        }
        ExchangeRefused::Shape(_) => fault(
            Code::Unauthenticated,
            "Ask the CI service for an ID token with `jti`, `iat` and `exp`.",
        ),
        ExchangeRefused::Strangers(..) => fault(
            Code::Forbidden,
            "Publish from a push, a release or by hand, when the change is in.",
        ),
        ExchangeRefused::Nobody(_) => fault(
            Code::Forbidden,
            "`metier namespace publisher list` shows whom the namespace trusts; its owner adds one with `metier namespace publisher add`.",
        ),
        ExchangeRefused::Key => fault(
            Code::InvalidArguments,
            "Make a key, use it in this run, and forget it.",
        ),
        ExchangeRefused::TooMany(_, _, wait) => {
            let fault = Fault::new(Code::RateLimited, sentence(&error.to_string()));
            let hint = "One run needs one ID token, whatever it publishes.";
            fault.with_hint(hint).with_retry_after(*wait).into()
        }
        ExchangeRefused::TooManyHere(wait) => {
            let fault = Fault::new(Code::RateLimited, sentence(&error.to_string()));
            let hint = "See what the earlier refusals said, and wait. Where many share the address of a proxy, the market is started with `--proxy`.";
            fault.with_hint(hint).with_retry_after(*wait).into()
        }
        ExchangeRefused::Busy => fault(Code::Busy, "Try again later."),
        ExchangeRefused::Unavailable(error) => {
            tracing::error!(%error, "an ID token cannot be taken");
            Fault::new(Code::HostInternal, "The market cannot answer now.").into()
        }
    }
}
