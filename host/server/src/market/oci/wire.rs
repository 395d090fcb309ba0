//! What requests to the registry have in common.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Path},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use metier_core::SkillName;
use metier_market::keeper::{Member, accounts::PublisherId, registry::Reader};
use serde::Deserialize;

use super::{OciError, OciResult};
use crate::market::{
    MarketApp,
    base::Base,
    who::{self, Who},
};

/// The skill a path names, and what else is in it.
pub struct At {
    /// The skill.
    pub skill: SkillName,
    /// The last part: a digest, a reference, an upload.
    pub rest: String,
}

#[derive(Deserialize)]
struct Parted {
    namespace: String,
    skill: String,
    #[serde(alias = "digest", alias = "reference", alias = "id", default)]
    rest: String,
}

impl FromRequestParts<Arc<MarketApp>> for At {
    type Rejection = OciError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<MarketApp>) -> OciResult<Self> {
        let path = Path::<Parted>::from_request_parts(parts, app).await;
        let Path(path) = path.map_err(|_| OciError::no_name())?;
        let skill = format!("{}/{}", path.namespace, path.skill).parse();
        Ok(At {
            skill: skill.map_err(|_| OciError::no_name())?,
            rest: path.rest,
        })
    }
}

/// Whoever may write to the skill of the path.
pub struct Writer {
    /// The skill and the rest of the path.
    pub at: At,
    /// Who writes.
    pub publisher: PublisherId,
}

impl FromRequestParts<Arc<MarketApp>> for Writer {
    type Rejection = OciError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<MarketApp>) -> OciResult<Self> {
        let at = At::from_request_parts(parts, app).await?;
        let Ok(base) = Base::from_request_parts(parts, app).await;
        let scope = format!("repository:{}:pull,push", at.skill);
        let refused = |why| Err(OciError::no_token(&base, Some(&scope), why));
        let denied = |whose: &str| {
            let message = format!("{whose} may not publish `{}`", at.skill);
            Err(OciError::new(StatusCode::FORBIDDEN, "DENIED", message))
        };
        let publisher = match who::who(app, &parts.headers).await? {
            Who::Publisher(member, _) => match who::may_push(app, &member.id, &at.skill).await? {
                true => member.id,
                false => return denied(&format!("`{}`", member.id)),
            },
            Who::Run(run, _) => match app.market.run_may_push(&run, &at.skill) {
                true => run.id,
                false => return denied("this run"),
            },
            Who::Unknown => return refused("the token is none, or none any more"),
            Who::Nobody => return refused("publishing needs a publisher's token"),
        };
        Ok(Writer { at, publisher })
    }
}

/// Whoever reads, by their token where they have one: what is not published is theirs alone.
pub struct Asks(pub Reader);

impl FromRequestParts<Arc<MarketApp>> for Asks {
    type Rejection = OciError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<MarketApp>) -> OciResult<Self> {
        Ok(Asks(match who::who(app, &parts.headers).await? {
            Who::Publisher(member, _) if member.keeps_the_market => Reader::Keeper,
            // What waits for a member of its namespace, that member reads, and nothing beside it.
            Who::Publisher(member, _) if awaits(parts, app, &member).await => Reader::Keeper,
            Who::Publisher(member, _) => Reader::Publisher(member.id),
            // Whose token has ended reads what everybody does, and so does a run: its token publishes, and does nothing else.
            Who::Nobody | Who::Unknown | Who::Run(..) => Reader::Anybody,
        }))
    }
}

/// Whether the path is of a file that waits for the approval of this member.
async fn awaits(parts: &mut Parts, app: &Arc<MarketApp>, member: &Member) -> bool {
    let Ok(at) = At::from_request_parts(parts, app).await else {
        return false;
    };
    let account = member.account.as_ref();
    let asked = account.and_then(|account| Some((account, at.rest.parse().ok()?)));
    asked.is_some_and(|(account, file)| app.market.may_read(account, &at.skill, &file))
}

/// A header as text; nothing where it is not there or no text.
pub fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// The first and the last byte of `0-99` or `bytes 0-99/200`.
pub fn span(told: &str) -> Option<(u64, u64)> {
    let told = told.strip_prefix("bytes").unwrap_or(told).trim_start();
    let told = told.split_once('/').map_or(told, |(span, _)| span);
    let (first, last) = told.split_once('-')?;
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten()
    };
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn spans_are_two_numbers_in_order() {
        for (told, found) in [
            ("0-99", Some((0, 99))),
            ("bytes 5-5/200", Some((5, 5))),
            ("5-4", None),
            ("-5", None),
            ("5-", None),
            ("+1-2", None),
            ("99999999999999999999-1", None),
            ("", None),
        ] {
            assert_eq!(span(told), found, "{told}");
        }
    }
}
