//! Who asks: HTTP Basic, or a token that the registry says where to get (the distribution specification's token authentication).

use std::collections::HashMap;

use http::{HeaderValue, header};
use serde::Deserialize;
use url::Url;

use super::{Remote, Result};
use crate::client::{Broken, Network, Request};

/// Longest answer with a token, in bytes.
const MAX_TOKEN: usize = 256 << 10;

#[derive(Deserialize)]
struct Issued {
    #[serde(default)]
    token: Option<String>,
    /// The same by its name in OAuth 2; some tell both.
    #[serde(default)]
    access_token: Option<String>,
}

/// What opens the registry after it asked `told` who it is; nothing where there is nothing to say.
pub async fn answer(remote: &Remote, told: &str, scope: &str) -> Result<Option<HeaderValue>> {
    let (scheme, rest) = told.split_once(' ').unwrap_or((told, ""));
    let basic = remote.login.as_ref().and_then(|login| login.header());
    match scheme.to_ascii_lowercase().as_str() {
        "basic" => Ok(basic),
        "bearer" => issued(remote, &parameters(rest), scope, basic)
            .await
            .map(Some),
        _ => Ok(None),
    }
}

async fn issued(
    remote: &Remote,
    told: &HashMap<String, String>,
    scope: &str,
    basic: Option<HeaderValue>,
) -> Result<HeaderValue> {
    let realm = told.get("realm").map(String::as_str).unwrap_or_default();
    let no_realm = || remote.shape("it does not say over https where tokens are issued");
    let mut url = Url::parse(realm).map_err(|_| no_realm())?;
    if let Some(service) = told.get("service") {
        url.query_pairs_mut().append_pair("service", service);
    }
    url.query_pairs_mut().append_pair("scope", scope);
    let (network, path) = line(&url).ok_or_else(no_realm)?;
    let network = network.map_err(|Broken(why)| remote.away(&why))?;
    let mut request = Request::get(path);
    if let Some(basic) = basic {
        request.headers.insert(header::AUTHORIZATION, basic);
    }
    let answer = remote.through(&network, request).await?;
    if !answer.status.is_success() {
        return Err(remote.refused("get a token", answer).await);
    }
    let told = remote.whole(answer, MAX_TOKEN).await?;
    let read: Result<Issued, _> = serde_json::from_slice(&told);
    let issued = read.ok();
    let token = issued.and_then(|issued| issued.token.or(issued.access_token));
    let token = token.ok_or_else(|| remote.shape("it gave no token"))?;
    let value = HeaderValue::try_from(format!("Bearer {token}"));
    let mut value = value.map_err(|_| remote.shape("its token is none"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The way to an address elsewhere, and the rest of it; nothing where that is plain HTTP to another machine.
pub fn line(url: &Url) -> Option<(Result<Network, Broken>, String)> {
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    origin.set_fragment(None);
    let network = Network::new(origin.as_str().parse().ok()?);
    let path = url.path().trim_start_matches('/');
    let path = match url.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    Some((network, path))
}

/// `realm="https://…",service="…"`
fn parameters(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut rest = text;
    while let Some((name, behind)) = rest.split_once('=') {
        let name = name.trim_matches([' ', ',']).to_ascii_lowercase();
        let (value, behind) = match behind.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => behind.split_once(',').unwrap_or((behind, "")),
        };
        found.insert(name, value.to_owned());
        rest = behind;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::parameters;

    #[test]
    fn what_a_registry_asks_is_read() {
        let read = parameters(
            r#"realm="https://auth.example/token?a=b",service=r.example, scope="repository:x:pull,push""#,
        );
        let at = |name: &str| read.get(name).map(String::as_str);
        assert_eq!(at("realm"), Some("https://auth.example/token?a=b"));
        assert_eq!(at("service"), Some("r.example"));
        assert_eq!(at("scope"), Some("repository:x:pull,push"));
        for odd in ["", "=", "realm", "realm=\"", "=\"\"=,\"="] {
            parameters(odd);
        }
    }
}
