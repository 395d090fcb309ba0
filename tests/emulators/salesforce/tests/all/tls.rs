//! https with the authority it hands out, and with no other.

use std::sync::Arc;

use metier_emulator_salesforce::{Emulator, Options};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;

fn connector(ca_pem: Option<&str>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = ca_pem {
        roots
            .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
            .unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    TlsConnector::from(Arc::new(
        config.with_root_certificates(roots).with_no_client_auth(),
    ))
}

async fn versions(
    emulator: &Emulator,
    connector: &TlsConnector,
    host: &'static str,
) -> Result<String, std::io::Error> {
    let stream = tokio::net::TcpStream::connect(emulator.addr()).await?;
    let mut stream = connector
        .connect(ServerName::try_from(host).unwrap(), stream)
        .await?;
    stream
        .write_all(
            format!("GET /services/data HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")
                .as_bytes(),
        )
        .await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    Ok(text)
}

#[tokio::test]
async fn its_names_verify_against_its_authority_only() {
    let hosts = ["acme.my.salesforce.com", "login.salesforce.com"];
    let options = Options {
        tls_hosts: hosts.map(str::to_owned).to_vec(),
        ..Options::default()
    };
    let emulator = Emulator::start(options).unwrap();
    assert_eq!(
        emulator.instance_url(),
        format!("https://acme.my.salesforce.com:{}", emulator.addr().port())
    );
    let trusting = connector(emulator.ca_pem());
    for host in hosts {
        assert!(
            versions(&emulator, &trusting, host)
                .await
                .unwrap()
                .starts_with("HTTP/1.1 200")
        );
    }
    assert!(
        versions(&emulator, &trusting, "evil.example")
            .await
            .is_err()
    );
    assert!(
        versions(&emulator, &connector(None), hosts[0])
            .await
            .is_err()
    );
}
