//! TLS of the service itself.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Extension, Router, routing::get};
use metier_server::{
    listen,
    tls::{Certificate, OverTls},
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::wire::PATIENCE;

/// A certificate of a name, and its key; PEM and as it is compared.
struct Pair {
    chain: String,
    key: String,
    der: CertificateDer<'static>,
}

impl Pair {
    fn new() -> Pair {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        Pair {
            chain: made.cert.pem(),
            key: made.signing_key.serialize_pem(),
            der: made.cert.der().clone(),
        }
    }
}

struct Server {
    address: SocketAddr,
    certificate: Arc<Certificate>,
}

impl Server {
    async fn start(pair: &Pair, limits: listen::Limits) -> Server {
        let certificate = Certificate::of(pair.chain.as_bytes(), pair.key.as_bytes());
        let certificate = Arc::new(certificate.unwrap_or_else(|error| panic!("{error}")));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let hello = get(|_: Extension<OverTls>| async { "hello" });
        let (router, shown) = (Router::new().route("/", hello), certificate.clone());
        tokio::spawn(async move {
            let never = std::future::pending();
            listen::serve_over(listener, router, &limits, Some(shown), never).await
        });
        Server {
            address,
            certificate,
        }
    }

    /// A connection that trusts these certificates.
    async fn connect(&self, trusted: &[&Pair]) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        for pair in trusted {
            roots.add(pair.der.clone()).unwrap();
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
    }
}

/// One request on a connection that stays open.
async fn hello(stream: &mut TlsStream<TcpStream>) {
    let request = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut told = Vec::new();
    while !told.ends_with(b"hello") {
        let read = tokio::time::timeout(PATIENCE, stream.read_buf(&mut told)).await;
        assert!(read.unwrap().unwrap() > 0, "{told:?}");
    }
    assert!(told.starts_with(b"HTTP/1.1 200"));
}

fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    let (_, session) = stream.get_ref();
    session.peer_certificates().unwrap()[0].clone().into_owned()
}

#[tokio::test]
async fn a_client_is_shown_the_certificate_and_speaks_http_1() {
    let pair = Pair::new();
    let server = Server::start(&pair, listen::Limits::default()).await;
    let mut stream = server.connect(&[&pair]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    hello(&mut stream).await;
    let stranger = server.connect(&[&Pair::new()]).await;
    assert!(stranger.is_err());
    // Whoever speaks plain HTTP is told nothing.
    let mut plain = TcpStream::connect(server.address).await.unwrap();
    plain
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut told = Vec::new();
    let read = tokio::time::timeout(PATIENCE, plain.read_to_end(&mut told)).await;
    drop(read.unwrap());
    assert!(!told.starts_with(b"HTTP"), "{told:?}");
}

#[tokio::test]
async fn another_certificate_is_shown_and_no_connection_dropped() {
    let (one, two) = (Pair::new(), Pair::new());
    let server = Server::start(&one, listen::Limits::default()).await;
    let mut before = server.connect(&[&one]).await.unwrap();
    hello(&mut before).await;
    let replace = |chain: &str, key: &str| {
        let replaced = server.certificate.replace(chain.as_bytes(), key.as_bytes());
        replaced.map_err(|error| error.to_string())
    };
    replace(&two.chain, &two.key).unwrap();
    let mut after = server.connect(&[&one, &two]).await.unwrap();
    assert_eq!(shown(&after), two.der);
    hello(&mut after).await;
    hello(&mut before).await;
    // What is no certificate, or has another key, changes nothing.
    for (chain, key) in [
        (one.chain.as_str(), two.key.as_str()),
        ("", &one.key),
        (&one.chain, ""),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            &one.key,
        ),
        (&one.key, &one.key),
    ] {
        let why = replace(chain, key).unwrap_err();
        assert!(!why.contains("BEGIN"), "{why}");
    }
    let last = server.connect(&[&one, &two]).await.unwrap();
    assert_eq!(shown(&last), two.der);
}

#[tokio::test]
async fn a_slow_handshake_is_ended_and_counts_as_a_connection() {
    let pair = Pair::new();
    let slow = listen::Limits {
        header_timeout: Duration::from_millis(100),
        ..listen::Limits::default()
    };
    let server = Server::start(&pair, slow).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut told = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, silent.read_to_end(&mut told)).await;
    assert!(ended.is_ok() && told.is_empty(), "{told:?}");

    let single = listen::Limits {
        connections: 1,
        ..listen::Limits::default()
    };
    let server = Server::start(&pair, single).await;
    let first = TcpStream::connect(server.address).await.unwrap();
    let trusted = [&pair];
    let mut second = Box::pin(server.connect(&trusted));
    let early = tokio::time::timeout(Duration::from_millis(300), &mut second).await;
    assert!(early.is_err(), "it is shaken hands with beyond the limit");
    drop(first);
    let second = tokio::time::timeout(PATIENCE, second).await.unwrap();
    hello(&mut second.unwrap()).await;
}
