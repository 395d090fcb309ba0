//! Who is logged in to decide about the queue.
//!
//! The cookie is a number nobody can guess, which this process alone knows: a restart, an hour and a half, or logging out ends it. The token
//! of who keeps the market stays here, and is looked up at each request: one that is taken away ends the session.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use metier_core::{Code, Digest, Fault};
use metier_market::{keeper::sessions, state::Account};

use super::frame::Failure;
use crate::{
    console::session::{Fields, cookies, is_token, not_ours},
    guard,
    market::{MarketApp, failure::problem},
    problem::Problem,
};

/// What the cookie is called.
pub const COOKIE: &str = "metier_queue";

/// How long a session lasts.
pub const LASTS: Duration = Duration::from_secs(90 * 60);

/// Sessions at once; whoever was there longest makes room.
const MAX_SESSIONS: usize = 64;

/// Where somebody logs in.
pub const LOGIN: &str = "/queue/login";

struct Kept {
    token: String,
    csrf: String,
    ends: Instant,
}

/// Everybody who is logged in, by the digest of their cookie.
#[derive(Default)]
pub struct Desk {
    kept: Mutex<BTreeMap<Digest, Kept>>,
}

impl Desk {
    /// Begins a session for a token that was looked at; the cookie's value.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn begin(&self, token: &str, now: Instant) -> Result<String, Problem> {
        let (cookie, csrf) = (random()?, random()?);
        let mut kept = self.kept();
        kept.retain(|_, session| session.ends > now);
        if kept.len() >= MAX_SESSIONS {
            let oldest = kept.iter().min_by_key(|(_, session)| session.ends);
            let oldest = oldest.map(|(digest, _)| *digest);
            oldest.map(|oldest| kept.remove(&oldest));
        }
        let session = Kept {
            token: token.to_owned(),
            csrf,
            ends: now + LASTS,
        };
        kept.insert(Digest::of(cookie.as_bytes()), session);
        Ok(cookie)
    }

    /// Ends one.
    pub fn end(&self, cookie: &str) {
        self.kept().remove(&Digest::of(cookie.as_bytes()));
    }

    /// The token and the word for forms of one that goes on.
    fn look(&self, cookie: &str, now: Instant) -> Option<(String, String)> {
        let kept = self.kept();
        let session = kept.get(&Digest::of(cookie.as_bytes()))?;
        (session.ends > now).then(|| (session.token.clone(), session.csrf.clone()))
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<Digest, Kept>> {
        self.kept.lock().unwrap_or_else(|error| error.into_inner())
    }
}

/// A text nobody can guess.
///
/// # Errors
/// When the system has no random numbers.
pub fn random() -> Result<String, Problem> {
    let text = sessions::random();
    Ok(text.map_err(|_| Fault::new(Code::HostInternal, "The system has no random numbers."))?)
}

/// Whose token it is, when it is that of who keeps the market.
///
/// # Errors
/// The accounts'.
pub async fn keeper(app: &MarketApp, token: &str) -> Result<Option<Account>, Problem> {
    let member = app.market.whose(token).await.map_err(problem)?;
    let member = member.filter(|member| member.keeps_the_market);
    Ok(member.and_then(|member| member.account))
}

/// Who keeps the market, logged in.
pub struct Keeper {
    /// Their account.
    pub account: Account,
    /// What each of their forms carries.
    pub csrf: String,
    /// Their cookie.
    pub cookie: String,
}

/// Nobody is logged in, or something went wrong.
pub enum NotIn {
    /// They log in first.
    Login,
    /// As on other pages.
    Failure(Failure),
}

impl From<Problem> for NotIn {
    fn from(problem: Problem) -> Self {
        NotIn::Failure(problem.into())
    }
}

impl IntoResponse for NotIn {
    fn into_response(self) -> Response {
        match self {
            NotIn::Login => Redirect::to(LOGIN).into_response(),
            NotIn::Failure(failure) => failure.into_response(),
        }
    }
}

impl FromRequestParts<Arc<MarketApp>> for Keeper {
    type Rejection = NotIn;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<MarketApp>) -> Result<Self, NotIn> {
        let desk = parts.extensions.get::<Arc<Desk>>().ok_or(NotIn::Login)?;
        let now = Instant::now();
        let mut known = cookies(&parts.headers, COOKIE)
            .filter_map(|cookie| Some((cookie.to_owned(), desk.look(cookie, now)?)));
        let (cookie, (token, csrf)) = known.next().ok_or(NotIn::Login)?;
        let account = keeper(app, &token).await?.ok_or(NotIn::Login)?;
        Ok(Keeper {
            account,
            csrf,
            cookie,
        })
    }
}

/// Of a form that a page of this market sent.
impl FromRequest<Arc<MarketApp>> for Fields {
    type Rejection = NotIn;

    async fn from_request(request: Request, _: &Arc<MarketApp>) -> Result<Self, NotIn> {
        match is_own(&request) {
            true => Ok(Fields::read(request).await?),
            false => Err(not_ours().into()),
        }
    }
}

/// A browser says which page a form is of; one of elsewhere is not of this market.
fn is_own(request: &Request) -> bool {
    let host = guard::authority(request.uri(), request.headers());
    let host = host.map(|host| host.to_string());
    let mut origins = request.headers().get_all(header::ORIGIN).iter();
    origins.all(|origin| {
        let origin = origin.to_str().ok();
        let told = origin.and_then(|origin| origin.split_once("://"));
        told.is_some_and(|(_, told)| Some(told) == host.as_deref())
    })
}

/// A form of who keeps the market, with the word of their session.
pub struct Posted {
    /// Who.
    pub keeper: Keeper,
    /// What.
    pub fields: Fields,
}

impl FromRequest<Arc<MarketApp>> for Posted {
    type Rejection = NotIn;

    async fn from_request(request: Request, app: &Arc<MarketApp>) -> Result<Self, NotIn> {
        let (mut parts, body) = request.into_parts();
        let keeper = Keeper::from_request_parts(&mut parts, app).await?;
        let request = Request::from_parts(parts, body);
        let fields = Fields::from_request(request, app).await?;
        match is_token(fields.get("csrf"), &keeper.csrf) {
            true => Ok(Posted { keeper, fields }),
            false => Err(not_ours().into()),
        }
    }
}

/// Whether a login form is one this browser was given.
pub fn is_given(headers: &HeaderMap, name: &str, fields: &Fields) -> bool {
    cookies(headers, name).any(|cookie| is_token(fields.get("csrf"), cookie))
}

/// The status of a login that was refused.
pub const REFUSED: StatusCode = StatusCode::UNAUTHORIZED;

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::time::{Duration, Instant};

    use super::{Desk, LASTS, MAX_SESSIONS};

    #[test]
    fn a_session_ends_by_time_by_word_and_for_want_of_room() {
        let (desk, now) = (Desk::default(), Instant::now());
        let first = desk.begin("token", now).unwrap();
        assert_eq!(desk.look(&first, now).unwrap().0, "token");
        assert!(desk.look("other", now).is_none());
        assert!(desk.look(&first, now + LASTS).is_none());
        let later = now + Duration::from_secs(1);
        let rest: Vec<String> = (0..MAX_SESSIONS)
            .map(|_| desk.begin("token", later).unwrap())
            .collect();
        assert!(desk.look(&first, later).is_none(), "it made room");
        assert!(rest.iter().all(|one| desk.look(one, later).is_some()));
        desk.end(&rest[0]);
        assert!(desk.look(&rest[0], later).is_none());
    }
}
