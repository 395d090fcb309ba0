//! What is said to the server for one call.
//!
//! | revision | requests |
//! |---|---|
//! | 2026-07-28 | `tools/call` |
//! | before | `initialize`, `notifications/initialized`, `tools/call`, and `DELETE` where the server gave a session |
//!
//! A session is this call's alone, so that no call sees what another left there. A server that has lost it before the tool was called is
//! greeted once more; nothing else is said twice. Redirects are not followed: the address is what was attached and granted.

use metier_mcp_wire::{Outgoing, Reply, Revision, Way, plan::Plan, plan::Tool, reply, request};
use serde::de::IgnoredAny;
use serde_json::{Map, Value as Json};

use crate::bindings::exports::metier::skill::tools::Error;
use crate::bindings::metier::skill::fetch::{FetchError, Request, Response};
use crate::failure;

/// The id of the handshake.
const HELLO: u64 = 1;

/// The id of the call.
const CALL: u64 = 2;

/// How often a server is greeted that loses its sessions.
const GREETINGS: usize = 2;

/// Longest session, in bytes: it is a header of every request.
const MAX_SESSION: usize = 1_024;

/// How long is waited for a server to end a session, in milliseconds: the answer is there already.
const FAREWELL_MS: u32 = 2_000;

/// The result of the tool, as the server gave it.
pub fn call(
    plan: &Plan<IgnoredAny>,
    tool: &Tool<IgnoredAny>,
    arguments: &Map<String, Json>,
    send: impl FnMut(&Request) -> Result<Response, FetchError>,
) -> Result<Map<String, Json>, Error> {
    let mut talk = Talk {
        url: &plan.url,
        send,
    };
    if plan.revision.stands_alone() {
        let way = Way {
            revision: Some(plan.revision),
            session: None,
        };
        return talk.call(way, tool, arguments);
    }
    for _ in 1..GREETINGS {
        match talk.in_session(plan.session, tool, arguments) {
            Err(Ended::Lost) => {}
            Err(Ended::With(error)) => return Err(error),
            Ok(result) => return Ok(result),
        }
    }
    let last = talk.in_session(plan.session, tool, arguments);
    last.map_err(|ended| match ended {
        Ended::Lost => Error::Unavailable(
            "the server no longer knows the session it has just begun".to_owned(),
        ),
        Ended::With(error) => error,
    })
}

/// Why a session has no result.
enum Ended {
    /// The server does not know it.
    Lost,
    /// Anything else.
    With(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Ended::With(error)
    }
}

struct Talk<'p, S> {
    url: &'p str,
    send: S,
}

impl<S: FnMut(&Request) -> Result<Response, FetchError>> Talk<'_, S> {
    fn in_session(
        &mut self,
        is_ended: bool,
        tool: &Tool<IgnoredAny>,
        arguments: &Map<String, Json>,
    ) -> Result<Map<String, Json>, Ended> {
        let (revision, session) = self.greet()?;
        let way = Way {
            revision: Some(revision),
            session: session.as_deref(),
        };
        let told = self.post(way.notification("notifications/initialized"))?;
        if told.status == 404 && session.is_some() {
            return Err(Ended::Lost);
        }
        if !(200..300).contains(&told.status) {
            return Err(failure::of_answer(&told, HELLO).into());
        }
        let response = self.post(way.call(CALL, &tool.tool, arguments.clone(), &tool.headers))?;
        if response.status == 404 && session.is_some() {
            return Err(Ended::Lost);
        }
        if is_ended && session.is_some() {
            // What comes of it is the server's business: it forgets sessions in time.
            let mut farewell = self.request("DELETE", way.farewell());
            farewell.timeout_ms = Some(FAREWELL_MS);
            let _ = (self.send)(&farewell);
        }
        Ok(result(&response)?)
    }

    /// The revision the server chose, and the session it gave.
    fn greet(&mut self) -> Result<(Revision, Option<String>), Error> {
        let response = self.post(Way::initialize(HELLO))?;
        let greeting = read(&response, HELLO)?;
        let chosen = greeting.get("protocolVersion").and_then(Json::as_str);
        let revision = chosen
            .and_then(Revision::of)
            .filter(|revision| !revision.stands_alone())
            .ok_or_else(failure::another_revision)?;
        let session = failure::header(&response, request::SESSION);
        let is_plain = |text: &str| {
            text.len() <= MAX_SESSION && text.bytes().all(|byte| (b'!'..=b'~').contains(&byte))
        };
        match session {
            Some(text) if !is_plain(text) => Err(Error::Unavailable(
                "the server gave a session that no header can carry".to_owned(),
            )),
            session => Ok((revision, session.map(str::to_owned))),
        }
    }

    fn call(
        &mut self,
        way: Way<'_>,
        tool: &Tool<IgnoredAny>,
        arguments: &Map<String, Json>,
    ) -> Result<Map<String, Json>, Error> {
        let response = self.post(way.call(CALL, &tool.tool, arguments.clone(), &tool.headers))?;
        result(&response)
    }

    fn post(&mut self, outgoing: Outgoing) -> Result<Response, Error> {
        let request = self.request("POST", outgoing);
        (self.send)(&request).map_err(failure::of_fetch)
    }

    fn request(&self, method: &str, outgoing: Outgoing) -> Request {
        Request {
            method: method.to_owned(),
            url: self.url.to_owned(),
            headers: outgoing.headers,
            body: Some(outgoing.body).filter(|body| !body.is_empty()),
            timeout_ms: None,
            follow_redirects: 0,
        }
    }
}

fn result(response: &Response) -> Result<Map<String, Json>, Error> {
    read(response, CALL)
}

fn read(response: &Response, id: u64) -> Result<Map<String, Json>, Error> {
    if !(200..300).contains(&response.status) {
        return Err(failure::of_answer(response, id));
    }
    match reply::read(failure::media_type(response), &response.body, id) {
        Ok(Reply::Result(result)) => Ok(result),
        Ok(Reply::Error(error)) => Err(failure::of_protocol(&error)),
        Err(why) => Err(failure::of_unreadable(why)),
    }
}

#[cfg(test)]
mod tests;
