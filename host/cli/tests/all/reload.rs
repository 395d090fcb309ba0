//! `metier serve` reads its configuration again, and shows another certificate, while it is at work.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};
use serde_json::{Value, json};

use crate::{sandbox::Sandbox, service::Serving};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn authority(serving: &Serving) -> String {
    let (_, authority) = serving.url.split_once("://").unwrap();
    authority.to_owned()
}

/// The status of a request by this name.
fn status(serving: &Serving, host: &str) -> String {
    let mut stream = TcpStream::connect(authority(serving)).unwrap();
    let request = format!("GET /livez HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).unwrap();
    told.split(' ').nth(1).unwrap_or_default().to_owned()
}

/// The next thing it says in JSON.
fn next(said: &mut impl Iterator<Item = String>) -> Value {
    let line = said.find(|line| line.starts_with('{')).unwrap();
    serde_json::from_str(&line).unwrap()
}

#[test]
fn a_hang_up_has_the_configuration_read_again() {
    let sandbox = Sandbox::new();
    sandbox.write("metier.toml", "hosts = []\n");
    let mut serving = Serving::start_with(&sandbox, &["--config", "metier.toml"]);
    let mut said = serving.said();
    let name = "metier.acme.example";
    assert_eq!(status(&serving, name), "403");
    sandbox.write(
        "metier.toml",
        "hosts = [\"metier.acme.example\"]\nstore = \"sqlite:other.db\"\n[limits]\nruns = 7\nkey-rate = 90\n",
    );
    serving.signal("HUP");
    let expected = json!({
        "kind": "reloaded", "changed": ["hosts", "limits.key-rate"], "at_the_next_start": ["limits.runs", "store"],
    });
    assert_eq!(next(&mut said), expected);
    assert_eq!(status(&serving, name), "204");
    // A mistake changes nothing, wherever it is.
    for wrong in [
        "hosts = []\nhots = []\n",
        "hosts = []\n[models]\nroutes = \"nowhere.toml\"\n",
        "hosts = []\n[[issuer]]\nurl = \"http://login.example\"\naudience = \"metier\"\nrole = \"viewer\"\n",
    ] {
        sandbox.write("metier.toml", wrong);
        serving.signal("HUP");
        let told = next(&mut said);
        let message = told["error"]["message"].as_str().unwrap_or_default();
        assert!(
            message.starts_with("The configuration is not changed: "),
            "{told}"
        );
        assert_eq!(status(&serving, name), "204", "{wrong}");
    }
    sandbox.write("metier.toml", "hosts = []\n");
    serving.signal("HUP");
    next(&mut said);
    assert_eq!(status(&serving, name), "403");
    serving.terminate();
}

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

    fn write(&self, sandbox: &Sandbox) {
        sandbox.write("metier.crt", &self.chain);
        sandbox.write("metier.key", &self.key);
    }
}

type Connection = StreamOwned<ClientConnection, TcpStream>;

fn connect(serving: &Serving, trusted: &Pair) -> std::io::Result<Connection> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.der.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let session = ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = TcpStream::connect(authority(serving)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut connection = StreamOwned::new(session, socket);
    ask(&mut connection)?;
    Ok(connection)
}

/// One request; the connection stays open.
fn ask(connection: &mut Connection) -> std::io::Result<()> {
    connection.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let mut told = Vec::new();
    let mut byte = [0];
    while !told.ends_with(b"\r\n\r\n") {
        connection.read_exact(&mut byte)?;
        told.extend(byte);
    }
    assert!(told.starts_with(b"HTTP/1.1 204"), "{told:?}");
    Ok(())
}

#[test]
fn a_certificate_is_replaced_while_connections_stay() {
    let sandbox = Sandbox::new();
    let (one, two) = (Pair::new(), Pair::new());
    one.write(&sandbox);
    sandbox.write(
        "metier.toml",
        "[tls]\ncertificate = \"metier.crt\"\nkey = \"metier.key\"\n",
    );
    let mut serving = Serving::start_with(&sandbox, &["--config", "metier.toml"]);
    assert!(serving.url.starts_with("https://"), "{}", serving.url);
    let mut said = serving.said();
    let mut before = connect(&serving, &one).unwrap();
    two.write(&sandbox);
    serving.signal("HUP");
    // The files are looked at as well, so it may be told twice.
    while next(&mut said)["kind"] != "reloaded" {}
    connect(&serving, &two).unwrap();
    assert!(connect(&serving, &one).is_err());
    ask(&mut before).unwrap();
    // The key of another: the certificate that is shown stays.
    sandbox.write("metier.key", &one.key);
    serving.signal("HUP");
    while !next(&mut said)["error"]["message"].is_string() {}
    connect(&serving, &two).unwrap();
    ask(&mut before).unwrap();
    // Without a signal it is found out by itself.
    let three = Pair::new();
    three.write(&sandbox);
    let until = Instant::now() + PATIENCE;
    while connect(&serving, &three).is_err() {
        assert!(Instant::now() < until, "it is not shown");
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(before);
    serving.terminate();
}

#[test]
fn a_certificate_without_its_key_is_no_configuration() {
    let sandbox = Sandbox::new();
    sandbox.write("half.toml", "[tls]\ncertificate = \"metier.crt\"\n");
    let half = sandbox.metier(&["config", "check", "half.toml"]);
    assert_eq!(half.code, 2, "{half:?}");
    sandbox.write(
        "none.toml",
        "[tls]\ncertificate = \"x.crt\"\nkey = \"x.key\"\n",
    );
    let none = sandbox.metier(&["serve", "--config", "none.toml", "--listen", "127.0.0.1:0"]);
    assert!(none.code != 0 && none.stderr.contains("x.crt"), "{none:?}");
}
