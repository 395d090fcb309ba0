//! What becomes of what was revoked.

use std::time::Duration;

use futures::future::BoxFuture;
use metier_agent::driver::Shift;
use metier_core::{Code, Digest};
use metier_market::revoked::{Capability, Target};
use metier_service::{
    NewSkill, Role,
    agents::{POOL, Source, StartRequest},
    market::{KeptList, ListSource, Market, Running, Settings, Stale, Standing},
};

use super::{FakeMarket, ago, component, first, install, now, trust, trusting};
use crate::{
    events::CHAIN,
    scene::{SKILL, Scene, admin, somebody},
};

const DAY: u64 = 86_400;

fn of(bytes: &[u8]) -> Target {
    let digest = Digest::of(bytes);
    Target::Digest { digest }
}

fn versions(range: &str) -> Target {
    Target::Versions {
        name: "com.acme/adds".parse().unwrap(),
        versions: range.parse().unwrap(),
    }
}

/// Whether the skill is still called.
async fn is_called(scene: &Scene) -> Result<(), Code> {
    let caller = somebody("local", Role::Caller, &[]);
    let outcome = scene.call(&caller, "math.add").await;
    outcome.result.map(drop).map_err(|fault| fault.code)
}

async fn installed() -> (Scene, FakeMarket, Vec<u8>) {
    let (market, bytes, published) = first();
    let scene = trusting(&[&market]).await;
    install(&scene, &bytes, &market.receipt(&published))
        .await
        .unwrap();
    is_called(&scene).await.unwrap();
    (scene, market, bytes)
}

#[tokio::test]
async fn what_a_list_names_is_called_no_more() {
    let (scene, market, bytes) = installed().await;
    let service = &scene.service;
    let named = [
        of(&bytes),
        versions(">=1.0.0, <1.1.0"),
        Target::Publisher {
            namespace: "com.acme".parse().unwrap(),
        },
    ];
    let mut version = 0;
    for target in named {
        version += 1;
        let list = market.list(version, ago(60), DAY, std::slice::from_ref(&target));
        assert!(service.import_revocations(&admin(), &list).await.unwrap());
        assert_eq!(is_called(&scene).await, Err(Code::SkillRevoked), "{target}");
        version += 1;
        let none = market.list(version, ago(60), DAY, &[]);
        service.import_revocations(&admin(), &none).await.unwrap();
        assert_eq!(is_called(&scene).await, Ok(()), "{target}");
    }
    let others = [
        of(b"another file"),
        versions(">=1.1.0"),
        Target::Publisher {
            namespace: "com.acme.sub".parse().unwrap(),
        },
        Target::Capability {
            capability: Capability::Http,
        },
    ];
    let list = market.list(version + 1, ago(60), DAY, &others);
    service.import_revocations(&admin(), &list).await.unwrap();
    assert_eq!(is_called(&scene).await, Ok(()));
}

#[tokio::test]
async fn what_is_revoked_is_not_installed() {
    let (market, bytes, published) = first();
    let scene = trusting(&[&market]).await;
    let list = market.list(1, ago(60), DAY, &[of(&bytes)]);
    scene
        .service
        .import_revocations(&admin(), &list)
        .await
        .unwrap();
    let refused = install(&scene, &bytes, &market.receipt(&published)).await;
    assert_eq!(refused.unwrap_err().code, Code::SkillRevoked);
    let new = NewSkill::unsigned(bytes, None);
    let alias = Some("math".parse().unwrap());
    let refused = scene.service.install(&admin(), alias, new).await;
    assert_eq!(refused.unwrap_err().code, Code::SkillRevoked);
}

#[tokio::test]
async fn another_markets_names_are_its_own_and_digests_are_everybodys() {
    let (scene, market, bytes) = installed().await;
    let other = FakeMarket::new("other.example");
    trust(&scene, &[&market, &other], Settings::default()).await;
    let list = other.list(1, ago(60), DAY, &[versions("*")]);
    scene
        .service
        .import_revocations(&admin(), &list)
        .await
        .unwrap();
    assert_eq!(is_called(&scene).await, Ok(()));
    let list = other.list(2, ago(60), DAY, &[of(&bytes)]);
    scene
        .service
        .import_revocations(&admin(), &list)
        .await
        .unwrap();
    assert_eq!(is_called(&scene).await, Err(Code::SkillRevoked));
}

#[tokio::test]
async fn a_list_that_is_no_list_of_a_trusted_market_changes_nothing() {
    let (scene, market, bytes) = installed().await;
    let service = &scene.service;
    let in_force = market.list(5, ago(60), DAY, &[of(&bytes)]);
    service
        .import_revocations(&admin(), &in_force)
        .await
        .unwrap();
    let stranger = FakeMarket::new("market.example");
    let mut bent = market.list(6, ago(60), DAY, &[of(&bytes)]);
    let at = bent.windows(6).position(|text| text == b"expire").unwrap();
    bent[at + 12] ^= 1;
    for (what, list) in [
        ("an older one", market.list(4, ago(60), DAY, &[])),
        (
            "another one of the same version",
            market.list(5, ago(60), DAY, &[]),
        ),
        ("another market's", stranger.list(6, ago(60), DAY, &[])),
        ("a changed one", bent),
        (
            "one of the future",
            market.list(7, now().plus(Duration::from_secs(3 * DAY)), DAY, &[]),
        ),
        ("HTML", b"<html>busy</html>".to_vec()),
        ("nothing", Vec::new()),
    ] {
        let refused = service.import_revocations(&admin(), &list).await;
        assert_eq!(
            refused.err().map(|fault| fault.code),
            Some(Code::SkillUnverified),
            "{what}"
        );
        assert_eq!(is_called(&scene).await, Err(Code::SkillRevoked), "{what}");
    }
    assert!(
        !service
            .import_revocations(&admin(), &in_force)
            .await
            .unwrap()
    );
    let operator = somebody("local", Role::Operator, &[]);
    let refused = service.import_revocations(&operator, &in_force).await;
    assert_eq!(refused.unwrap_err().code, Code::Forbidden);
}

#[tokio::test]
async fn a_list_that_is_too_old_is_what_the_operator_says_it_is() {
    let (scene, market, bytes) = installed().await;
    let strict = || Settings {
        stale: Stale::Refuse,
        ..Settings::default()
    };
    trust(&scene, &[&market], strict()).await;
    assert_eq!(
        is_called(&scene).await,
        Err(Code::SkillUnverified),
        "there is none"
    );
    let service = &scene.service;
    let list = market.list(1, ago(2 * DAY), DAY, &[]);
    service.import_revocations(&admin(), &list).await.unwrap();
    assert_eq!(
        is_called(&scene).await,
        Err(Code::SkillUnverified),
        "it expired"
    );
    let told = service.revocations(&admin()).await.unwrap().lists;
    assert!(matches!(told[0].standing, Standing::Expired(_)), "{told:?}");
    trust(&scene, &[&market], Settings::default()).await;
    assert_eq!(is_called(&scene).await, Ok(()));
    trust(&scene, &[&market], strict()).await;
    let list = market.list(2, ago(60), DAY, &[]);
    service.import_revocations(&admin(), &list).await.unwrap();
    assert_eq!(is_called(&scene).await, Ok(()));
    // What it revokes is revoked however old it is.
    let list = market.list(3, ago(2 * DAY), DAY, &[of(&bytes)]);
    service.import_revocations(&admin(), &list).await.unwrap();
    assert_eq!(is_called(&scene).await, Err(Code::SkillRevoked));
    let told = service.revocations(&admin()).await.unwrap();
    assert_eq!(told.affected.len(), 1, "{told:?}");
}

#[tokio::test]
async fn all_hosts_of_a_store_obey_what_one_of_them_saw() {
    let (market, bytes, published) = first();
    let store = metier_store::open(&metier_store::StoreUrl::SqliteMemory)
        .await
        .unwrap();
    let (one, other) = (Scene::over(store.clone()).await, Scene::over(store).await);
    for scene in [&one, &other] {
        trust(scene, &[&market], Settings::default()).await;
    }
    install(&one, &bytes, &market.receipt(&published))
        .await
        .unwrap();
    other.service.look().await.unwrap();
    is_called(&other).await.unwrap();
    let from = Fixed(market.list(1, ago(60), DAY, &[of(&bytes)]));
    one.service.look_for_revocations(&from).await;
    assert_eq!(is_called(&one).await, Err(Code::SkillRevoked));
    other.service.look().await.unwrap();
    assert_eq!(is_called(&other).await, Err(Code::SkillRevoked));
}

struct Fixed(Vec<u8>);

impl ListSource for Fixed {
    fn fetch<'a>(
        &'a self,
        _: &'a Market,
        _: Option<Digest>,
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, String>> {
        Box::pin(async { Ok(Some(self.0.clone())) })
    }
}

struct Unreachable;

impl ListSource for Unreachable {
    fn fetch<'a>(
        &'a self,
        _: &'a Market,
        _: Option<Digest>,
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, String>> {
        Box::pin(async { Err("it does not answer".to_owned()) })
    }
}

#[tokio::test]
async fn a_market_that_is_not_reached_revokes_nothing_and_restores_nothing() {
    let (scene, market, bytes) = installed().await;
    scene.service.look_for_revocations(&Unreachable).await;
    assert_eq!(is_called(&scene).await, Ok(()));
    let list = market.list(1, ago(60), DAY, &[of(&bytes)]);
    scene.service.look_for_revocations(&Fixed(list)).await;
    scene.service.look_for_revocations(&Unreachable).await;
    assert_eq!(is_called(&scene).await, Err(Code::SkillRevoked));
}

#[tokio::test]
async fn a_list_that_is_lost_stays_in_force() {
    let (market, bytes, published) = first();
    let store = metier_store::open(&metier_store::StoreUrl::SqliteMemory)
        .await
        .unwrap();
    let scene = Scene::over(store.clone()).await;
    trust(&scene, &[&market], Settings::default()).await;
    install(&scene, &bytes, &market.receipt(&published))
        .await
        .unwrap();
    let list = market.list(1, ago(60), DAY, &[of(&bytes)]);
    scene
        .service
        .import_revocations(&admin(), &list)
        .await
        .unwrap();
    // The entry names a newer file, which is not there.
    let lost = KeptList {
        origin: "market.example".into(),
        file: Digest::of(b"lost"),
        seen: Default::default(),
    };
    let key = Digest::of(b"market.example").to_string();
    let (kind, key) = ("revocations".parse().unwrap(), key.parse().unwrap());
    let text = serde_json::to_vec(&lost).unwrap();
    let any = metier_store::types::Expect::Any;
    store
        .put(&kind, &key, any, Some(&text), None)
        .await
        .unwrap();
    scene.service.look().await.unwrap();
    assert_eq!(is_called(&scene).await, Err(Code::SkillRevoked));
}

/// A run of a chain that is not taken up by anybody.
async fn waiting_run(scene: &Scene) -> metier_store::types::RunId {
    let source = Source {
        text: CHAIN.into(),
        files: Default::default(),
    };
    scene.service.deploy(&admin(), source).await.unwrap();
    let request = StartRequest {
        agent: "sums".parse().unwrap(),
        version: None,
        input: serde_json::json!({}),
        session: None,
        idempotency_key: None,
    };
    scene.service.start(&admin(), request).await.unwrap()
}

async fn work(scene: &Scene) {
    let shift = Shift::of("host".parse().unwrap(), POOL.parse().unwrap());
    let a_moment = tokio::time::sleep(Duration::from_millis(400));
    scene.service.runs().work(shift, a_moment).await.unwrap();
}

#[tokio::test]
async fn everything_that_is_touched_is_listed_and_its_runs_are_cancelled() {
    let (scene, market, bytes) = installed().await;
    let service = &scene.service;
    let run = waiting_run(&scene).await;
    let other = NewSkill::unsigned(wat::parse_str(SKILL).unwrap(), None);
    let alias = Some("untouched".parse().unwrap());
    service.install(&admin(), alias, other).await.unwrap();
    let list = market.list(1, ago(60), DAY, &[of(&bytes)]);
    service.import_revocations(&admin(), &list).await.unwrap();
    let told = service.revocations(&admin()).await.unwrap();
    assert_eq!(told.lists[0].entries, 1);
    let [hit] = <[_; 1]>::try_from(told.affected).unwrap();
    assert_eq!((hit.tenant.as_str(), hit.alias.as_str()), ("local", "math"));
    assert_eq!(hit.skill, "com.acme/adds 1.0.0");
    assert!(
        hit.why.contains("it sends what it reads elsewhere"),
        "{}",
        hit.why
    );
    assert_eq!((hit.agents, hit.runs), (vec!["sums".to_owned()], vec![run]));
    let of_another = somebody("acme", Role::Operator, &[]);
    assert!(
        service
            .revocations(&of_another)
            .await
            .unwrap()
            .affected
            .is_empty()
    );
    work(&scene).await;
    let state = service.runs().state(&run).await.unwrap();
    let ended = format!("{:?}", state.ended);
    assert!(
        ended.contains("Cancelled") && ended.contains("revoked"),
        "{ended}"
    );
}

#[tokio::test]
async fn a_host_that_comes_back_cancels_what_was_revoked_meanwhile() {
    let (market, bytes, published) = first();
    let store = metier_store::open(&metier_store::StoreUrl::SqliteMemory)
        .await
        .unwrap();
    let one = Scene::over(store.clone()).await;
    trust(&one, &[&market], Settings::default()).await;
    install(&one, &bytes, &market.receipt(&published))
        .await
        .unwrap();
    let run = waiting_run(&one).await;
    // The host took the list and was killed before it looked at any run.
    let list = market.list(1, ago(60), DAY, &[of(&bytes)]);
    let vouching = one.service.vouching();
    vouching.take(&market.market(), &list).await.unwrap();
    drop(one);
    let next = Scene::over(store).await;
    trust(&next, &[&market], Settings::default()).await;
    next.service.look().await.unwrap();
    work(&next).await;
    let state = next.service.runs().state(&run).await.unwrap();
    let ended = format!("{:?}", state.ended);
    assert!(ended.contains("Cancelled"), "{ended}");
}

#[tokio::test]
async fn a_run_that_goes_on_calls_nothing_that_was_revoked() {
    let (scene, market, bytes) = installed().await;
    let settings = Settings {
        running: Running::Continue,
        ..Settings::default()
    };
    trust(&scene, &[&market], settings).await;
    let run = waiting_run(&scene).await;
    let list = market.list(1, ago(60), DAY, &[of(&bytes)]);
    scene
        .service
        .import_revocations(&admin(), &list)
        .await
        .unwrap();
    work(&scene).await;
    let state = scene.service.runs().state(&run).await.unwrap();
    let ended = format!("{:?}", state.ended);
    assert!(
        ended.contains("Failed") && ended.contains("revoked"),
        "{ended}"
    );
    assert_eq!(component("1.0.0"), bytes);
}
