//! The only place a request leaves the process.
//!
//! Whatever a skill sends, by `wasi:http` or by `fetch`, goes through [`Egress::send`], and there through these steps in this
//! order, one file each:
//!
//! 1. one spelling: the URL and the method are canonical or refused (`metier_core::http`);
//! 2. authority: manifest ∩ grant ∩ run say yes (`metier_core::policy`), and the request is counted, refused or not;
//! 3. resolve the name, unless the rule says where to connect (`resolve`);
//! 4. every address is checked, and the ones that pass are pinned: nothing is resolved again (`route`);
//! 5. the head loses what is not the skill's to say (`head`), and gets the key by which a repeated request is known (`repeat`);
//! 6. the credential is attached (`crate::credentials`);
//! 7. a pooled connection to the pinned address carries it (`pool`, `connect`, `tls`, `upload`);
//! 8. time and bytes are bounded both ways (`exchange`, `upload`, `download`);
//! 9. echoes of the credential are blotted out of what comes back (`scrub`, `download`);
//! 10. it is written down, whatever became of it (`record`).
//!
//! A call of a rehearsal is answered by a recording instead of steps 3, 4, 6 and 7, or somebody listens (`recorded`).
//!
//! A redirect is an answer like any other. [`Egress::follow`] goes after it with new requests, each through all the steps.
//!
//! # Repeating
//! A request is repeated in two cases. Connecting failed: the next pinned address is tried, up to three. The answer was
//! 401, a credential was attached, and the body was empty or at most 64 KiB and wholly sent: once, if renewing the
//! credential gave another one. What the skill sees is the last answer; the record is one.

mod call;
mod config;
mod connect;
mod download;
mod error;
mod exchange;
mod head;
mod pool;
mod record;
mod recorded;
mod redirect;
mod repeat;
mod resolve;
mod route;
pub(crate) mod scrub;
mod span;
mod tls;
mod token;
mod upload;

#[cfg(test)]
pub(crate) mod tests;

use std::{sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use metier_core::{
    http::{CanonicalUrl, Method},
    ids::CredentialName,
    policy::{Authority, HttpAllowed},
};
use tracing::Instrument;

pub use call::{EgressAudit, EgressCall};
pub use config::{Clock, EgressConfig};
pub use error::{EgressError, Waiting};
pub use recorded::{Answered, Asked, Exchanges, Tap, Upstream};
pub use redirect::{Followed, MAX_REDIRECTS};
pub use repeat::RequestKeys;
pub use resolve::{Resolve, Resolving, SystemResolver, Unresolved};
pub use span::Traceparent;
use {
    download::{Download, Patience, Source},
    exchange::exchange,
    head::Head,
    pool::Pool,
    record::Record,
    recorded::Listening,
    route::{Reach, Route},
    scrub::Scrubber,
    tls::Roots,
    upload::Upload,
};

use crate::credentials::Attached;

/// A body, either way: streamed, never held whole.
pub type Body = UnsyncBoxBody<Bytes, EgressError>;

/// The way out. Clones share connections.
#[derive(Clone)]
pub struct Egress {
    inner: Arc<Inner>,
}

struct Inner {
    config: EgressConfig,
    pool: Pool,
    roots: Roots,
}

/// A request that was allowed.
struct Wish {
    method: Method,
    url: CanonicalUrl,
    headers: HeaderMap,
    body: Body,
}

/// An answer whose head has come, and what its body needs.
struct Answer {
    response: Response<Source>,
    attached: Option<Attached>,
    listening: Option<Listening>,
}

impl Egress {
    /// Opens nothing and loads nothing yet.
    pub fn new(config: EgressConfig) -> Self {
        let pool = Pool::new(config.max_connections, config.connect_timeout);
        Egress {
            inner: Arc::new(Inner {
                config,
                pool,
                roots: Roots::default(),
            }),
        }
    }

    /// Sends one request through the pipeline and gives back the answer, whatever its status.
    ///
    /// # Errors
    /// [`EgressError`]; the answer's body fails with one as well.
    pub async fn send(
        &self,
        call: &Arc<EgressCall>,
        request: Request<Body>,
    ) -> Result<Response<Body>, EgressError> {
        let (parts, body) = request.into_parts();
        self.send_to(
            call,
            parts.method.as_str(),
            &parts.uri.to_string(),
            parts.headers,
            body,
        )
        .await
    }

    async fn send_to(
        &self,
        call: &Arc<EgressCall>,
        method: &str,
        url: &str,
        headers: HeaderMap,
        body: Body,
    ) -> Result<Response<Body>, EgressError> {
        let mut record = Record::begin(call, (self.inner.config.clock)(), method);
        let deadline = call.deadline.map(tokio::time::Instant::from_std);
        let answering = self.answer(call, method, url, headers, body, &mut record);
        let span = span::begin(method);
        let answering = answering.instrument(span.clone());
        let answered = match deadline {
            None => answering.await,
            Some(deadline) => tokio::time::timeout_at(deadline, answering)
                .await
                .unwrap_or(Err(EgressError::Deadline)),
        };
        let status = answered
            .as_ref()
            .map(|answer| answer.response.status().as_u16());
        span::ended(&span, status);
        match answered {
            Ok(answer) => Ok(self.hand_back(call, answer, deadline, record)),
            Err(error) => {
                record.failed(&error);
                Err(error)
            }
        }
    }

    /// Steps 1 to 9, up to the head of the answer.
    async fn answer(
        &self,
        call: &Arc<EgressCall>,
        method: &str,
        url: &str,
        headers: HeaderMap,
        body: Body,
        record: &mut Record,
    ) -> Result<Answer, EgressError> {
        let counted = count(call, record);
        let (method, url) = one_spelling(method, url, record)?;
        counted?;
        let allowed = authority(call, &method, &url)?;
        record.allowed();
        span::allowed(&url);
        let wish = Wish {
            method,
            url,
            headers,
            body,
        };
        match &call.upstream {
            Upstream::Recorded(exchanges) => {
                recall(call, &**exchanges, &allowed, wish, record).await
            }
            Upstream::Network | Upstream::Tapped(_) => {
                self.over_the_network(call, &allowed, wish, record).await
            }
        }
    }

    /// Steps 3 to 9 over the network.
    async fn over_the_network(
        &self,
        call: &Arc<EgressCall>,
        allowed: &HttpAllowed<'_>,
        wish: Wish,
        record: &mut Record,
    ) -> Result<Answer, EgressError> {
        let keys = call.keys.as_deref();
        let key = keys.and_then(|keys| keys.next(&wish.method, &wish.url));
        let route = self.route(call, &wish.url, allowed).await?;
        let here = self.traceparent(&wish.url);
        let (mut head, listening, body) = wish.head(&call.upstream)?;
        if let Some(key) = key {
            head.known_by(key);
        }
        if let Some(here) = here {
            head.traced_by(here);
        }
        let now = (self.inner.config.clock)();
        let attached = attach(call, allowed.credential, &mut head, now, record).await?;
        let upload = Upload::new(body, call.meter.clone(), head.length(), attached.is_some());
        let upload = Arc::new(upload);
        record.upload = Some(upload.clone());
        let mut response = self.exchange(&route, &head, &upload, record).await?;
        let mut attached = attached;
        if let (StatusCode::UNAUTHORIZED, Some(old), Some(name)) =
            (response.status(), &attached, allowed.credential)
            && upload.is_repeatable()
            && let Some(new) = call.credentials.renew(name, old, call).await
        {
            head.attach(&new.attach, (self.inner.config.clock)())?;
            attached = Some(new);
            response = self.exchange(&route, &head, &upload, record).await?;
        }
        let mut response = response.map(Source::Network);
        clean(&mut response, attached.as_ref(), attached.is_some())?;
        if call.keys.is_some() {
            response.headers_mut().remove(repeat::IDEMPOTENCY_KEY);
        }
        record.answered(response.status().as_u16());
        Ok(Answer {
            response,
            attached,
            listening,
        })
    }

    fn traceparent(&self, url: &CanonicalUrl) -> Option<http::HeaderValue> {
        let traceparent = self.inner.config.traceparent.as_ref()?;
        traceparent(url.host())
    }

    async fn route(
        &self,
        call: &EgressCall,
        url: &CanonicalUrl,
        allowed: &HttpAllowed<'_>,
    ) -> Result<Route, EgressError> {
        let reach = Reach {
            connect: allowed.connect,
            addresses: allowed.address_policy(),
            ca_file: allowed
                .ca_file
                .map(|file| call.credentials.directory().join(file)),
        };
        Route::find(&*self.inner.config.resolver, &self.inner.roots, url, &reach).await
    }

    async fn exchange(
        &self,
        route: &Route,
        head: &Head,
        upload: &Upload,
        record: &mut Record,
    ) -> Result<Response<Incoming>, EgressError> {
        let patience = self.inner.config.first_byte_timeout;
        let (address, response) = exchange(&self.inner.pool, route, head, upload, patience).await?;
        record.address = Some(address);
        Ok(response)
    }

    /// Step 10 happens when the body has come to its end or is dropped.
    fn hand_back(
        &self,
        call: &EgressCall,
        answer: Answer,
        deadline: Option<tokio::time::Instant>,
        record: Record,
    ) -> Response<Body> {
        let scrubber = answer
            .attached
            .map(|attached| Scrubber::new(attached.echoes));
        let patience = Patience::new(self.inner.config.idle_timeout, deadline);
        let (mut parts, body) = answer.response.into_parts();
        parts.extensions.clear();
        let body = Download::new(body, scrubber, call.meter.clone(), patience, record);
        let body = match answer.listening {
            None => body.boxed_unsync(),
            Some(listening) => {
                listening.answer(parts.status, parts.headers.clone(), body.boxed_unsync())
            }
        };
        Response::from_parts(parts, body)
    }
}

impl Wish {
    /// Step 5; whoever listens hears what is left, and the body as it goes.
    fn head(self, upstream: &Upstream) -> Result<(Head, Option<Listening>, Body), EgressError> {
        let Wish {
            method,
            url,
            headers,
            body,
        } = self;
        let head = Head::new(http_method(&method)?, &url, headers, &body)?;
        let listening = Listening::begin(upstream, method.as_str(), url.as_str(), head.headers());
        let body = match &listening {
            None => body,
            Some(listening) => listening.request(body),
        };
        Ok((head, listening, body))
    }
}

/// Instead of steps 3, 4, 6 and 7: the recording answers. No name is resolved and no credential attached; what is stripped
/// from an answer because a credential would have been is stripped all the same.
async fn recall(
    call: &EgressCall,
    exchanges: &dyn Exchanges,
    allowed: &HttpAllowed<'_>,
    wish: Wish,
    record: &mut Record,
) -> Result<Answer, EgressError> {
    let (method, url) = (wish.method.to_string(), wish.url.as_str().to_owned());
    let (head, _, body) = wish.head(&call.upstream)?;
    let upload = Upload::new(body, call.meter.clone(), head.length(), false);
    let upload = Arc::new(upload);
    record.upload = Some(upload.clone());
    let body = upload.attempt().collect().await?.to_bytes();
    let headers = head.headers().clone();
    let asked = Asked {
        method,
        url,
        headers,
        body,
    };
    let answered = exchanges
        .answer(asked)
        .ok_or_else(|| EgressError::Unreachable("the recording has no such request".to_owned()))?;
    let body = Source::Recorded(Full::new(answered.body));
    let mut response = Response::new(body);
    *response.status_mut() = answered.status;
    *response.headers_mut() = answered.headers;
    clean(&mut response, None, allowed.credential.is_some())?;
    record.answered(response.status().as_u16());
    Ok(Answer {
        response,
        attached: None,
        listening: None,
    })
}

/// Step 1.
fn one_spelling(
    method: &str,
    url: &str,
    record: &mut Record,
) -> Result<(Method, CanonicalUrl), EgressError> {
    let invalid = |error: &dyn std::error::Error| EgressError::InvalidRequest(error.to_string());
    let url = CanonicalUrl::parse(url).map_err(|error| {
        record.target = error.to_string();
        invalid(&error)
    })?;
    record.target = url.without_query().to_owned();
    Ok((
        method.parse::<Method>().map_err(|error| invalid(&error))?,
        url,
    ))
}

/// Every attempt counts, also one that is refused or cannot be read: a storm of them is a storm. The attempt that passes the
/// ceiling is written down; those after it are only counted, or the storm would be one of records.
fn count(call: &EgressCall, record: &mut Record) -> Result<(), EgressError> {
    let was_over = call.meter.requests_exceeded();
    call.meter.take_request().inspect_err(|_| {
        if was_over {
            record.discard();
        }
    })?;
    Ok(())
}

/// Step 2.
fn authority<'c>(
    call: &'c EgressCall,
    method: &Method,
    url: &CanonicalUrl,
) -> Result<HttpAllowed<'c>, EgressError> {
    Ok(Authority::new(&call.manifest, &call.grant, &call.run).http(method, url)?)
}

fn http_method(method: &Method) -> Result<http::Method, EgressError> {
    method
        .as_str()
        .parse()
        .map_err(|_| EgressError::InvalidRequest("its method is no HTTP method".to_owned()))
}

/// Step 6.
async fn attach(
    call: &Arc<EgressCall>,
    name: Option<&CredentialName>,
    head: &mut Head,
    now: SystemTime,
    record: &mut Record,
) -> Result<Option<Attached>, EgressError> {
    let Some(name) = name else { return Ok(None) };
    record.credential = Some(name.clone());
    let attached = call.credentials.get(name, call).await?;
    head.attach(&attached.attach, now)?;
    Ok(Some(attached))
}

/// Step 9 for the head of the answer: what cannot be scrubbed is refused, what can is scrubbed.
fn clean(
    response: &mut Response<Source>,
    attached: Option<&Attached>,
    with_credential: bool,
) -> Result<(), EgressError> {
    let encoded = response
        .headers()
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity")
        || response
            .headers()
            .get(header::TRANSFER_ENCODING)
            .is_some_and(|encoding| encoding != "chunked");
    if with_credential && encoded && !response.body().is_end_stream() {
        return Err(EgressError::InvalidAnswer(
            "it is compressed although that was not asked for".to_owned(),
        ));
    }
    head::strip_answer(response.headers_mut(), with_credential);
    if let Some(attached) = attached {
        attached.echoes.scrub_headers(response.headers_mut());
    }
    Ok(())
}

/// A body that is there already; empty for none.
pub fn whole(body: impl Into<Bytes>) -> Body {
    Full::new(body.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}
