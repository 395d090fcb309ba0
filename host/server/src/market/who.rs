//! Who publishes: a token, as a bearer or as the password of whatever name, which is how clients of registries send it.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use axum::{extract::FromRequestParts, http::request::Parts};
use base64::{Engine, engine::general_purpose::STANDARD};
use metier_core::{Code, Fault, SkillName};
use metier_market::{
    keeper::{MarketError, Member, accounts::PublisherId, runs::RunBearer},
    state::Account,
};

use super::{MarketApp, failure::problem};
use crate::problem::Problem;

/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 4_096;

/// The token of nobody, which the token endpoint gives out for reading.
pub const NOBODY: &str = "anonymous";

/// Who asks.
#[derive(Debug, PartialEq, Eq)]
pub enum Who {
    /// Nobody who says so.
    Nobody,
    /// Somebody whose token is none, or none any more.
    Unknown,
    /// Somebody who was let in, and their token.
    Publisher(Member, String),
    /// A run of a CI service, and its token.
    Run(RunBearer, String),
}

/// Finds out who asks.
///
/// # Errors
/// The accounts'.
pub async fn who(app: &MarketApp, headers: &HeaderMap) -> Result<Who, MarketError> {
    let mut told = headers.get_all(header::AUTHORIZATION).iter();
    let (told, more) = (told.next(), told.next());
    let Some(told) = told else {
        return Ok(Who::Nobody);
    };
    let token = told.to_str().ok().and_then(token);
    let Some(token) = token.filter(|token| more.is_none() && token.len() <= MAX_TOKEN) else {
        return Ok(Who::Unknown);
    };
    if token.is_empty() || token == NOBODY {
        return Ok(Who::Nobody);
    }
    if let Some(run) = app.market.run_of(&token) {
        return Ok(Who::Run(run, token));
    }
    let member = app.market.whose(&token).await?;
    Ok(member.map_or(Who::Unknown, |member| Who::Publisher(member, token)))
}

/// Whether the publisher may push files of the skill.
///
/// # Errors
/// The accounts'.
pub async fn may_push(
    app: &MarketApp,
    publisher: &PublisherId,
    skill: &SkillName,
) -> Result<bool, MarketError> {
    app.market.may_push(publisher, skill).await
}

/// An account that asks for something to be done.
pub struct Caller {
    /// The account.
    pub account: Account,
    /// Whether it keeps the market.
    pub keeps_the_market: bool,
}

impl Caller {
    /// Makes sure that who keeps the market asks.
    ///
    /// # Errors
    /// When somebody else does.
    pub fn keeper(self) -> Result<Account, Problem> {
        match self.keeps_the_market {
            true => Ok(self.account),
            false => {
                Err(Fault::new(Code::Forbidden, "Only who keeps the market may do this.").into())
            }
        }
    }
}

impl FromRequestParts<Arc<MarketApp>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<MarketApp>) -> Result<Self, Problem> {
        let unknown = |message: &str| {
            let hint = "`metier login` gets a token: they are good for an hour.";
            Problem::from(Fault::new(Code::Unauthenticated, message).with_hint(hint))
        };
        let member = match who(app, &parts.headers).await.map_err(problem)? {
            Who::Publisher(member, _) => member,
            Who::Run(..) => return Err(only_publishes()),
            Who::Nobody => return Err(unknown("This needs a token.")),
            Who::Unknown => return Err(unknown("The token is none, or none any more.")),
        };
        let account = member.account.ok_or_else(|| {
            let message = "The name in the market's file of publishers is none of an account.";
            let hint = "Accounts have 1 to 64 of a-z 0-9 with single hyphens between.";
            Problem::from(Fault::new(Code::Forbidden, message).with_hint(hint))
        })?;
        Ok(Caller {
            account,
            keeps_the_market: member.keeps_the_market,
        })
    }
}

/// Whoever asks to publish.
pub enum Author {
    /// An account.
    Account(Caller),
    /// A run of a CI service.
    Run(RunBearer),
}

impl FromRequestParts<Arc<MarketApp>> for Author {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<MarketApp>) -> Result<Self, Problem> {
        match who(app, &parts.headers).await.map_err(problem)? {
            Who::Run(run, _) => Ok(Author::Run(run)),
            _ => Ok(Author::Account(
                Caller::from_request_parts(parts, app).await?,
            )),
        }
    }
}

fn only_publishes() -> Problem {
    let message = "The token of a run publishes, and does nothing else.";
    let hint = "`metier login` gets one of an account.";
    Fault::new(Code::Forbidden, message).with_hint(hint).into()
}

fn token(told: &str) -> Option<String> {
    let (scheme, rest) = told.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(rest).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (_, password) = decoded.split_once(':')?;
    Some(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn a_token_is_a_bearer_or_a_password() {
        for (told, found) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Basic YW55Om9mOnRoZW0=", Some("of:them")),
            ("Basic Og==", Some("")),
            ("Basic %%%", None),
            ("Basic YWJj", None),
            ("Digest x", None),
            ("abc", None),
        ] {
            assert_eq!(token(told).as_deref(), found, "{told}");
        }
    }
}
