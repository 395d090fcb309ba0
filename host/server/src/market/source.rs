//! Where a request comes from.
//!
//! From whoever is connected; behind a proxy that the operator names, from the last address in `X-Forwarded-For` that is no such proxy. What
//! others write there is nobody's address: anybody can.

use std::{convert::Infallible, net::IpAddr, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use metier_market::keeper::sessions::Source;

use super::MarketApp;
use crate::listen::Peer;

/// Where it comes from.
pub struct From(pub Source);

impl FromRequestParts<Arc<MarketApp>> for From {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<MarketApp>,
    ) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>();
        let source = peer.map(|peer| source(peer.0, &parts.headers, &app.settings.proxies));
        Ok(From(source.unwrap_or(Source::UNKNOWN)))
    }
}

fn source(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> Source {
    let mut nearest = peer;
    let told = headers.get_all("x-forwarded-for").iter();
    let told = told.filter_map(|told| told.to_str().ok());
    let told: Vec<&str> = told.flat_map(|told| told.split(',')).collect();
    for further in told.into_iter().rev() {
        if !proxies.contains(&nearest.to_canonical()) {
            break;
        }
        match further.trim().parse() {
            Ok(further) => nearest = further,
            Err(_) => break,
        }
    }
    nearest.into()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::net::IpAddr;

    use axum::http::HeaderMap;

    use super::source;

    #[test]
    fn only_what_a_named_proxy_says_counts() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = [address("127.0.0.1"), address("192.0.2.9")];
        for (peer, told, found) in [
            ("127.0.0.1", "", "127.0.0.1"),
            ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
            ("::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"),
            // What a client made up stands before what the proxy saw.
            ("127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
            ("127.0.0.1", "203.0.113.7, 192.0.2.9", "203.0.113.7"),
            ("127.0.0.1", "nonsense", "127.0.0.1"),
            ("203.0.113.8", "198.51.100.1", "203.0.113.8"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", told.parse().unwrap());
            let from = source(address(peer), &headers, &proxies);
            assert_eq!(from, address(found).into(), "{peer} {told}");
        }
    }
}
