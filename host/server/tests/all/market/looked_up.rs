//! Looking up proofs over HTTPS and in DNS: from whom, and what counts as an answer.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, response::Redirect, routing::get};
use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{
        Name, RData, Record,
        rdata::{SOA, TXT},
    },
};
use metier_market::{
    keeper::proof::{Lookup, MAX_PROOF},
    state::ProofMethod,
};
use metier_runtime::egress::{EgressConfig, Resolve, Resolving};
use metier_server::{
    listen,
    market::{dns::DnsLookup, lookup::Domains},
    tls::Certificate,
};
use tempfile::TempDir;
use tokio::net::{TcpListener, UdpSocket};

struct Domain {
    address: SocketAddr,
    lookup: Domains,
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
            lookup: Domains::default().reaching(file, "127.0.0.0/8"),
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
    let nobody = Domains::default().reaching("/nowhere/ca.pem".into(), "127.0.0.0/8");
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
    let lookup = Domains::new(EgressConfig {
        resolver: Arc::new(Inside),
        ..EgressConfig::default()
    });
    let place = format!("https://evil.example:{}/there", domain.address.port());
    let refused = lookup.lines(ProofMethod::Https, &place).await.unwrap_err();
    assert!(refused.contains("address"), "{refused}");
}

/// The record of a zone.
fn zone() -> Record {
    let name = |text: &str| Name::from_ascii(text).unwrap();
    let soa = SOA::new(name("ns.test."), name("who.test."), 1, 2, 3, 4, 5);
    Record::from_rdata(name("test."), 60, RData::SOA(soa))
}

/// What a name server has of some names; of others it knows that there is nothing, or does not know.
fn answer(question: &[u8]) -> Vec<u8> {
    let asked = Message::from_vec(question).unwrap();
    let query = asked.queries[0].clone();
    let name = query.name().clone();
    let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
    answer.add_query(query);
    let texts: &[&[&str]] = match name.to_ascii().to_lowercase().as_str() {
        "_metier.there.test." => &[&["a line; ", "in two strings"], &["another"]],
        "_metier.nothing.test." => {
            answer.add_authority(zone());
            &[]
        }
        // A resolver that reaches nobody.
        "_metier.empty.test." => &[],
        "_metier.broken.test." => {
            answer.metadata.response_code = ResponseCode::ServFail;
            &[]
        }
        "_metier.refused.test." => {
            answer.metadata.response_code = ResponseCode::Refused;
            &[]
        }
        "_metier.nobody.test." => {
            answer.add_authority(zone());
            answer.metadata.response_code = ResponseCode::NXDomain;
            &[]
        }
        _ => {
            answer.metadata.response_code = ResponseCode::NXDomain;
            &[]
        }
    };
    for text in texts {
        let text = text.iter().map(|part| (*part).to_owned());
        let data = RData::TXT(TXT::new(text.collect()));
        answer.add_answer(Record::from_rdata(name.clone(), 3_600, data));
    }
    answer.to_vec().unwrap()
}

#[tokio::test]
async fn records_are_lines_and_a_resolver_that_does_not_know_says_nothing() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let (asked, mut count) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut question = [0; 1_024];
        loop {
            let (length, from) = socket.recv_from(&mut question).await.unwrap();
            asked.send(()).unwrap();
            let answer = answer(&question[..length]);
            socket.send_to(&answer, from).await.unwrap();
        }
    });
    let lookup = Domains::default().with_dns(DnsLookup::at(address).unwrap());
    assert!(lookup.can(ProofMethod::Dns));
    let look = async |name: &str| lookup.lines(ProofMethod::Dns, name).await;
    let there = ["a line; in two strings", "another"];
    assert_eq!(look("_metier.there.test").await.unwrap(), there);
    let before = count.len();
    // What was found is asked for anew each time, although it may be kept for an hour.
    assert_eq!(look("_metier.there.test").await.unwrap(), there);
    assert!(count.len() > before);
    while count.try_recv().is_ok() {}
    for nothing in ["_metier.nothing.test", "_metier.nobody.test"] {
        assert_eq!(look(nothing).await.unwrap(), Vec::<String>::new());
    }
    for unknown in [
        "_metier.broken.test",
        "_metier.refused.test",
        "_metier.empty.test",
        "_metier.elsewhere.test",
        "no name..",
    ] {
        look(unknown).await.unwrap_err();
    }
    assert!(
        Domains::default()
            .lines(ProofMethod::Dns, "_metier.there.test")
            .await
            .is_err()
    );
}

/// Whoever wants to answer in the place of a resolver has to guess how the name was written, too.
#[tokio::test]
async fn an_answer_to_another_spelling_is_none() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let (asked, mut spelled) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut question = [0; 1_024];
        loop {
            let (length, from) = socket.recv_from(&mut question).await.unwrap();
            let question = &mut question[..length];
            let message = Message::from_vec(question).unwrap();
            asked.send(message.queries[0].name().to_ascii()).unwrap();
            // Behind the head, which has numbers alone.
            question[12..].make_ascii_lowercase();
            let answer = answer(question);
            socket.send_to(&answer, from).await.unwrap();
        }
    });
    let lookup = Domains::default().with_dns(DnsLookup::at(address).unwrap());
    let there = lookup.lines(ProofMethod::Dns, "_metier.there.test").await;
    there.unwrap_err();
    let spelled = spelled.recv().await.unwrap();
    assert_ne!(spelled, spelled.to_lowercase());
}
