//! Redirects: each hop is a new request through the whole pipeline.
//!
//! So a redirect leads nowhere a request could not have gone by itself: policy, address, credential are decided anew, and a
//! step down to plain `http` needs a rule that grants it. What changes between hops follows RFC 9110, section 15.4.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header};
use metier_core::http::CanonicalUrl;

use super::{Body, Egress, EgressCall, EgressError, whole};

/// Most hops that are followed, whatever the skill asks for: longer chains are loops.
pub const MAX_REDIRECTS: u8 = 10;

/// An answer and where it came from.
#[derive(Debug)]
pub struct Followed {
    /// The last answer; a redirect itself when there were more than may be followed.
    pub response: Response<Body>,
    /// The URL that gave it.
    pub url: String,
}

struct Hop {
    method: String,
    url: String,
    headers: HeaderMap,
    body: Option<Bytes>,
}

impl Egress {
    /// Sends a request and follows up to `hops` redirects, at most [`MAX_REDIRECTS`].
    ///
    /// # Errors
    /// [`EgressError`], also when a hop is refused.
    pub async fn follow(
        &self,
        call: &Arc<EgressCall>,
        method: &str,
        url: &str,
        headers: HeaderMap,
        body: Option<Bytes>,
        hops: u8,
    ) -> Result<Followed, EgressError> {
        let mut hop = Hop {
            method: method.to_owned(),
            url: url.to_owned(),
            headers,
            body,
        };
        for left in (0..=hops.min(MAX_REDIRECTS)).rev() {
            let (headers, body) = (hop.headers.clone(), hop.body.clone().unwrap_or_default());
            let response = self
                .send_to(call, &hop.method, &hop.url, headers, whole(body))
                .await?;
            match hop.next(&response)? {
                Some(next) if left > 0 => hop = next,
                _ => {
                    return Ok(Followed {
                        response,
                        url: hop.url,
                    });
                }
            }
        }
        // The loop returns when nothing is left.
        Err(EgressError::InvalidAnswer(
            "it redirects for ever".to_owned(),
        ))
    }
}

impl Hop {
    /// The request an answer asks for; none when it is no redirect.
    fn next(&self, response: &Response<Body>) -> Result<Option<Hop>, EgressError> {
        let changes_method = match response.status() {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == "POST",
            StatusCode::SEE_OTHER => self.method != "HEAD",
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => false,
            _ => return Ok(None),
        };
        let Some(location) = response.headers().get(header::LOCATION) else {
            return Ok(None);
        };
        let bad = |why: String| {
            EgressError::InvalidAnswer(format!("it redirects to an address that is none: {why}"))
        };
        let location = location
            .to_str()
            .map_err(|_| bad("it is not ASCII".to_owned()))?;
        let from = CanonicalUrl::parse(&self.url).map_err(|error| bad(error.to_string()))?;
        let to = from
            .join(location)
            .map_err(|error| bad(error.to_string()))?;
        Ok(Some(self.towards(&from, &to, changes_method)))
    }

    fn towards(&self, from: &CanonicalUrl, to: &CanonicalUrl, changes_method: bool) -> Hop {
        let mut headers = self.headers.clone();
        let elsewhere = (from.scheme(), from.authority()) != (to.scheme(), to.authority());
        if elsewhere {
            // What the skill said to one service is not for another.
            headers.remove(header::COOKIE);
            headers.remove(header::REFERER);
        }
        if changes_method {
            let about_the_body: Vec<_> = headers
                .keys()
                .filter(|name| name.as_str().starts_with("content-"))
                .cloned()
                .collect();
            for name in about_the_body {
                headers.remove(name);
            }
        }
        Hop {
            method: if changes_method {
                "GET".to_owned()
            } else {
                self.method.clone()
            },
            url: to.as_str().to_owned(),
            headers,
            body: self.body.clone().filter(|_| !changes_method),
        }
    }
}
