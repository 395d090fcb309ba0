//! Looking up proofs over HTTPS: from whom, and what counts as an answer.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, response::Redirect, routing::get};
use metier_market::{
    keeper::proof::{Lookup, MAX_PROOF},
    state::ProofMethod,
};
use metier_runtime::egress::{EgressConfig, Resolve, Resolving};
use metier_server::{listen, market::lookup::WebLookup, tls::Certificate};
use tempfile::TempDir;
use tokio::net::TcpListener;

struct Domain {
    address: SocketAddr,
    lookup: WebLookup,
    _folder: TempDir,
}

impl Domain {
    async fn open() -> Domain {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let certificate = Certificate::of(chain.as_bytes(), key.as_bytes());
        let certificate = certificate.unwrap_or_else(|error| panic!("{error}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/there", get(|| async { "a line\r\nanother\n" }))
            .route("/moved", get(|| async { Redirect::temporary("/there") }))
            .route("/large", get(|| async { "x".repeat(MAX_PROOF + 1) }));
        tokio::spawn(async move {
            let limits = listen::Limits::default();
            let never = std::future::pending();
            listen::serve_over(
                listener,
                router,
                &limits,
                Some(Arc::new(certificate)),
                never,
            )
            .await
        });
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, &chain).unwrap();
        Domain {
            address,
            lookup: WebLookup::default().reaching(file, "127.0.0.0/8"),
            _folder: folder,
        }
    }

    async fn look(&self, path: &str) -> Result<Vec<String>, String> {
        let place = format!("https://localhost:{}{path}", self.address.port());
        self.lookup.lines(ProofMethod::Https, &place).await
    }
}

#[tokio::test]
async fn a_file_is_its_lines_and_no_file_is_none() {
    let domain = Domain::open().await;
    assert_eq!(domain.look("/there").await.unwrap(), ["a line", "another"]);
    assert_eq!(domain.look("/nothing").await.unwrap(), Vec::<String>::new());
    for unknown in ["/moved", "/large"] {
        domain.look(unknown).await.unwrap_err();
    }
    let plain = format!("http://localhost:{}/there", domain.address.port());
    domain
        .lookup
        .lines(ProofMethod::Https, &plain)
        .await
        .unwrap_err();
    let nobody = WebLookup::default().reaching("/nowhere/ca.pem".into(), "127.0.0.0/8");
    let place = format!("https://localhost:{}/there", domain.address.port());
    nobody.lines(ProofMethod::Https, &place).await.unwrap_err();
    assert!(!domain.lookup.can(ProofMethod::Dns));
}

/// A domain of an attacker names an address inside.
struct Inside;

impl Resolve for Inside {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        Box::pin(async { Ok(vec!["127.0.0.1".parse().unwrap()]) })
    }
}

#[tokio::test]
async fn the_market_knocks_on_no_door_of_its_own_network() {
    let domain = Domain::open().await;
    let lookup = WebLookup::new(EgressConfig {
        resolver: Arc::new(Inside),
        ..EgressConfig::default()
    });
    let place = format!("https://evil.example:{}/there", domain.address.port());
    let refused = lookup.lines(ProofMethod::Https, &place).await.unwrap_err();
    assert!(refused.contains("address"), "{refused}");
}
