//! Lists over HTTP: one that is known is not sent again.

use std::{
    sync::{Arc, Mutex},
    time::SystemTime,
};

use metier_core::{Code, Digest, EgressRecord};
use metier_market::{revoked::Target, trust::TrustRoot};
use metier_runtime::egress::EgressAudit;
use metier_service::market::{HttpLists, ListSource, Market, Settings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{FakeMarket, ago, first, install, somebody};
use crate::scene::Scene;

const DAY: u64 = 86_400;

struct Unheard;

impl EgressAudit for Unheard {
    fn record(&self, _: EgressRecord) {}
}

/// A market's list on this machine, and the tags it was asked with.
struct Shelf {
    list: Arc<Mutex<Vec<u8>>>,
    asked: Arc<Mutex<Vec<Option<String>>>>,
    market: Market,
}

impl Shelf {
    async fn open(market: &FakeMarket, list: Vec<u8>) -> Shelf {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let list = Arc::new(Mutex::new(list));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (told, heard) = (list.clone(), asked.clone());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
                let tag = head
                    .lines()
                    .find_map(|line| line.strip_prefix("if-none-match: "));
                let tag = tag.map(str::to_owned);
                let body: Vec<u8> = told.lock().unwrap().clone();
                let is_known = tag == Some(format!("\"{}\"", Digest::of(&body)));
                heard.lock().unwrap().push(tag);
                let answer = match is_known {
                    true => b"HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n".to_vec(),
                    false => {
                        let length = body.len();
                        let head = format!(
                            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
                        );
                        [head.into_bytes(), body].concat()
                    }
                };
                let _ = stream.write_all(&answer).await;
            }
        });
        let root = market.root();
        let root = TrustRoot::new(
            format!("http://{address}").parse().unwrap(),
            root.review,
            root.revocation,
            root.log,
        );
        let market = Market {
            root: root.unwrap(),
            namespaces: Vec::new(),
            addresses: Vec::new(),
            ca_file: None,
        };
        Shelf {
            list,
            asked,
            market,
        }
    }

    fn lists(&self) -> HttpLists {
        HttpLists::new("/".into(), Arc::new(SystemTime::now), Arc::new(Unheard))
    }

    async fn trusted_by(&self, scene: &Scene) {
        let settings = Settings {
            markets: vec![Arc::new(self.market.clone())],
            ..Settings::default()
        };
        scene
            .service
            .vouching()
            .use_settings(settings)
            .await
            .unwrap();
    }

    fn asked(&self) -> Vec<Option<String>> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

#[tokio::test]
async fn a_list_that_a_host_has_is_not_sent_again_and_stays_in_force() {
    let (market, bytes, published) = first();
    let empty = market.list(1, ago(60), DAY, &[]);
    let shelf = Shelf::open(&market, empty.clone()).await;
    let store = metier_store::open(&metier_store::StoreUrl::SqliteMemory)
        .await
        .unwrap();
    let scene = Scene::over(store.clone()).await;
    shelf.trusted_by(&scene).await;
    install(&scene, &bytes, &market.receipt(&published))
        .await
        .unwrap();
    let lists = shelf.lists();
    for _ in 0..2 {
        scene.service.look_for_revocations(&lists).await;
    }
    let tag = format!("\"{}\"", Digest::of(&empty));
    assert_eq!(shelf.asked(), [None, Some(tag.clone())]);
    // The next process knows it from the store.
    let next = Scene::over(store.clone()).await;
    shelf.trusted_by(&next).await;
    next.service.look_for_revocations(&shelf.lists()).await;
    assert_eq!(shelf.asked(), [Some(tag.clone())]);
    // Another one is sent, and obeyed; known from then on, it stays in force.
    let digest = Digest::of(&bytes);
    *shelf.list.lock().unwrap() = market.list(2, ago(60), DAY, &[Target::Digest { digest }]);
    for _ in 0..2 {
        next.service.look_for_revocations(&lists).await;
        let caller = somebody("local", metier_service::Role::Caller, &[]);
        let refused = next.call(&caller, "math.add").await.result.unwrap_err();
        assert_eq!(refused.code, Code::SkillRevoked);
    }
    let asked = shelf.asked();
    assert_eq!(asked[0], Some(tag));
    assert_ne!(asked[0], asked[1]);
    // Told that it is known without having asked, nobody takes nothing for a list.
    let nothing = shelf.lists().fetch(&shelf.market, None).await;
    assert!(nothing.unwrap().is_some());
}
