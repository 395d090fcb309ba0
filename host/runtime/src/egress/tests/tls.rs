//! Step 7 over TLS: trust, names, HTTP/2.

use std::{net::SocketAddr, path::Path, sync::Arc};

use axum::{Router, extract::Request, routing::get, serve::Listener};
use metier_core::code::Code;
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::support::*;
use crate::egress::EgressError;

struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (tcp, peer) = self.listener.accept().await.unwrap();
            if let Ok(tls) = self.acceptor.accept(tcp).await {
                return (tls, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A server for `name` whose authority is written to `ca.pem`.
async fn serve_tls(directory: &Path, name: &str, alpn: &[&[u8]]) -> SocketAddr {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(directory.join("ca.pem"), authority.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()])
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    let chain = vec![CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tls = Tls {
        listener,
        acceptor: TlsAcceptor::from(Arc::new(config)),
    };
    let router = Router::new().route(
        "/",
        get(|request: Request| async move {
            let host = request.headers().get("host").cloned();
            let authority = request.uri().authority().map(ToString::to_string);
            format!("{:?} {:?} {:?}", request.version(), host, authority)
        }),
    );
    tokio::spawn(async move { axum::serve(tls, router).await.unwrap() });
    address
}

fn https(server: SocketAddr) -> String {
    format!("https://{HOST}:{}/", server.port())
}

const REACH: &str = "addresses = [\"127.0.0.0/8\"]\nca-file = \"ca.pem\"";

#[tokio::test]
async fn https_speaks_http2_where_offered_and_http1_elsewhere() {
    let dir = TempDir::new().unwrap();
    for (alpn, version) in [
        (&[&b"h2"[..], b"http/1.1"][..], "HTTP/2.0"),
        (&[b"http/1.1"], "HTTP/1.1"),
        (&[], "HTTP/1.1"),
    ] {
        let server = serve_tls(dir.path(), HOST, alpn).await;
        let rig = Setup::to(server, "https")
            .with_reach(REACH)
            .directory(dir.path())
            .rig();
        let seen = rig.get(&https(server)).await.unwrap().text();
        assert!(
            seen.starts_with(version) && seen.contains(&format!("{HOST}:{}", server.port())),
            "{seen}"
        );
        assert_eq!(
            rig.get(&https(server)).await.unwrap().text(),
            seen,
            "over the pooled connection"
        );
    }
}

#[tokio::test]
async fn a_certificate_nobody_trusts_is_refused() {
    let dir = TempDir::new().unwrap();
    let server = serve_tls(dir.path(), HOST, &[]).await;
    let trusting = Setup::to(server, "https")
        .with_reach(REACH)
        .directory(dir.path())
        .rig();
    assert!(trusting.get(&https(server)).await.is_ok());
    // Same connections, same address, but a rule without the ca-file: the pooled connection is not for it.
    let strict = Setup::to(server, "https").rig_on(trusting.egress.clone());
    let error = strict.get(&https(server)).await.unwrap_err();
    assert!(matches!(error, EgressError::Tls(_)), "{error:?}");
    assert_eq!(error.code(), Code::UpstreamUnreachable);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let dir = TempDir::new().unwrap();
    let server = serve_tls(dir.path(), "other.example", &[]).await;
    let rig = Setup::to(server, "https")
        .with_reach(REACH)
        .directory(dir.path())
        .rig();
    let error = rig.get(&https(server)).await.unwrap_err();
    assert!(matches!(error, EgressError::Tls(_)), "{error:?}");
}

#[tokio::test]
async fn the_name_in_the_url_is_checked_wherever_the_connection_leads() {
    let dir = TempDir::new().unwrap();
    let server = serve_tls(dir.path(), HOST, &[]).await;
    let reach = format!("{REACH}\nconnect = \"{server}\"");
    let rig = Setup::to("127.0.0.1:443".parse().unwrap(), "https")
        .with_reach(&reach)
        .directory(dir.path())
        .rig();
    assert!(rig.get(&format!("https://{HOST}/")).await.is_ok());
}

#[tokio::test]
async fn a_ca_file_is_read_again_when_it_changes_and_a_bad_one_is_the_operators() {
    let dir = TempDir::new().unwrap();
    let old = serve_tls(dir.path(), HOST, &[]).await;
    let rig = Setup::to(old, "https")
        .with_reach(REACH)
        .directory(dir.path())
        .rig();
    assert!(rig.get(&https(old)).await.is_ok());
    std::fs::write(dir.path().join("ca.pem"), "no certificate").unwrap();
    let error = rig.get(&https(old)).await.unwrap_err();
    assert_eq!(error.code(), Code::GrantInvalid);
    std::fs::remove_file(dir.path().join("ca.pem")).unwrap();
    assert_eq!(
        rig.get(&https(old)).await.unwrap_err().code(),
        Code::GrantInvalid
    );
}

#[tokio::test]
async fn plain_http_to_a_tls_port_and_tls_to_a_plain_one_fail_cleanly() {
    let dir = TempDir::new().unwrap();
    let tls = serve_tls(dir.path(), HOST, &[]).await;
    let rig = Setup::to(tls, "http").rig();
    assert!(rig.get(&url(tls, "/")).await.is_err());
    let plain = serve(Router::new()).await;
    let rig = Setup::to(plain, "https").rig();
    let error = rig.get(&https(plain)).await.unwrap_err();
    assert!(matches!(error, EgressError::Tls(_)), "{error:?}");
}
