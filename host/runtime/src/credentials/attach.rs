//! What is added to a request, and what must not come back.

use std::{fmt, sync::Arc, time::SystemTime};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use metier_core::grant::CredentialSpec;
use zeroize::Zeroizing;

use super::{
    NotVisible, Secret,
    sigv4::{Signer, Unsigned},
};
use crate::egress::scrub::Echoes;

/// A credential in the form in which it goes out. `Debug` shows where it goes, not what it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Attach {
    /// In a header, in place of whatever the skill put there.
    Header(HeaderName, HeaderValue),
    /// In the query, in place of parameters of that name.
    Query(String, Secret),
    /// As a signature over the request.
    Signature(Arc<Signer>),
}

/// What of a request a credential may have to look at.
pub struct Outgoing<'r> {
    /// The method.
    pub method: &'r Method,
    /// Host and port, as in the `Host` field.
    pub authority: &'r str,
    /// Path and query.
    pub target: &'r str,
    /// The time of sending.
    pub now: SystemTime,
}

impl Attach {
    /// How a secret of this kind goes out; for the OAuth kinds `secret` is the access token.
    ///
    /// # Errors
    /// [`NotVisible`] when it cannot be part of a header.
    pub fn form(spec: &CredentialSpec, secret: &Secret) -> Result<Self, NotVisible> {
        match spec {
            CredentialSpec::Basic { username } => {
                let pair = basic_pair(username, secret);
                Ok(Attach::Header(
                    header::AUTHORIZATION,
                    pair.header_value("Basic ")?,
                ))
            }
            CredentialSpec::ApiKeyHeader { header } => {
                let name =
                    HeaderName::from_bytes(header.as_str().as_bytes()).map_err(|_| NotVisible)?;
                Ok(Attach::Header(name, secret.header_value("")?))
            }
            CredentialSpec::ApiKeyQuery { parameter } => {
                Ok(Attach::Query(parameter.clone(), secret.clone()))
            }
            // It needs more than one secret; its issuer makes it.
            CredentialSpec::SigV4 { .. } => Err(NotVisible),
            CredentialSpec::Bearer
            | CredentialSpec::OAuth2ClientCredentials { .. }
            | CredentialSpec::OAuth2RefreshToken { .. }
            | CredentialSpec::OAuth2User { .. }
            | CredentialSpec::OAuth2JwtBearer { .. } => Ok(Attach::Header(
                header::AUTHORIZATION,
                secret.header_value("Bearer ")?,
            )),
        }
    }

    /// Puts it on a request; gives back the new path and query when they changed.
    ///
    /// # Errors
    /// [`Unsigned`] when the request cannot be signed.
    pub fn apply(
        &self,
        headers: &mut HeaderMap,
        outgoing: &Outgoing<'_>,
    ) -> Result<Option<Zeroizing<String>>, Unsigned> {
        match self {
            Attach::Header(name, value) => {
                headers.insert(name.clone(), value.clone());
                Ok(None)
            }
            Attach::Query(parameter, secret) => {
                Ok(Some(with_parameter(outgoing.target, parameter, secret)))
            }
            Attach::Signature(signer) => signer.sign(headers, outgoing).map(|()| None),
        }
    }
}

impl fmt::Debug for Attach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Attach::Header(name, _) => write!(f, "Header({name}: ***)"),
            Attach::Query(parameter, _) => write!(f, "Query({parameter}=***)"),
            Attach::Signature(_) => f.write_str("Signature(***)"),
        }
    }
}

/// RFC 7617: Base64 of `user:password`.
pub fn basic_pair(username: &str, password: &Secret) -> Secret {
    let pair = Zeroizing::new([username, ":", password.expose()].concat());
    Secret::new(STANDARD.encode(pair.as_bytes()))
}

/// Parameters of that name, however they are escaped, are dropped: services disagree on which of two counts.
fn with_parameter(target: &str, parameter: &str, secret: &Secret) -> Zeroizing<String> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let same = |pair: &&str| {
        url::form_urlencoded::parse(pair.as_bytes())
            .next()
            .is_some_and(|(name, _)| name == parameter)
    };
    let kept = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !same(pair));
    let mut new = Zeroizing::new(String::with_capacity(
        target.len() + 3 * secret.expose().len() + 128,
    ));
    new.push_str(path);
    for (at, pair) in kept.enumerate() {
        new.push(if at == 0 { '?' } else { '&' });
        new.push_str(pair);
    }
    let separator = if new.contains('?') { '&' } else { '?' };
    new.push(separator);
    for (at, text) in [parameter, secret.expose()].into_iter().enumerate() {
        new.push_str(if at == 0 { "" } else { "=" });
        new.extend(url::form_urlencoded::byte_serialize(text.as_bytes()));
    }
    new
}

/// A credential ready for one request.
#[derive(Clone)]
pub struct Attached {
    /// What goes out.
    pub attach: Attach,
    /// What must not come back.
    pub echoes: Arc<Echoes>,
    /// Grows with each renewal, so that a 401 for an old token does not renew a new one.
    pub generation: u64,
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attached")
            .field("attach", &self.attach)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Secret, with_parameter};

    #[test]
    fn a_key_in_the_query_replaces_the_skills_own() {
        let key = Secret::new("k&y");
        let with = |target: &str| with_parameter(target, "key", &key).to_string();
        assert_eq!(with("/v1"), "/v1?key=k%26y");
        assert_eq!(with("/v1?"), "/v1?key=k%26y");
        assert_eq!(
            with("/v1?a=1&key=mine&b=%20&k%65y=mine&key"),
            "/v1?a=1&b=%20&key=k%26y"
        );
    }
}
