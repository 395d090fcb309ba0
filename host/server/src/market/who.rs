//! Who publishes: a token, as a bearer or as the password of whatever name, which is how clients of registries send it.

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use metier_core::SkillName;
use metier_market::keeper::accounts::{AccountsError, PublisherId};

use super::MarketApp;

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
    /// A publisher, and their token.
    Publisher(PublisherId, String),
}

/// Finds out who asks.
///
/// # Errors
/// The accounts'.
pub async fn who(app: &MarketApp, headers: &HeaderMap) -> Result<Who, AccountsError> {
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
    let publisher = app.market.accounts().whose(&token).await?;
    Ok(publisher.map_or(Who::Unknown, |publisher| Who::Publisher(publisher, token)))
}

/// Whether the publisher may write to the skill.
///
/// # Errors
/// The accounts'.
pub async fn may_publish(
    app: &MarketApp,
    publisher: &PublisherId,
    skill: &SkillName,
) -> Result<bool, AccountsError> {
    let accounts = app.market.accounts();
    accounts.may_publish(publisher, skill.namespace()).await
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
