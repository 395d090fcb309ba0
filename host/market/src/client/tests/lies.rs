//! One lie each.

use std::io;

use http::StatusCode;
use metier_core::Code;

use super::{
    super::{MAX_COMPONENT, check_revoked, fingerprint, meet, trust, trusted},
    Ask, Client, ClientError, FirstKey, Kept, Scene, install,
    script::Lie,
    shop::{Shop, weather},
};
use crate::{
    agent::Package,
    consent::Contents,
    kind::Kind,
    log::LogFault,
    receipt::ReceiptFault,
    revoked::{Entry, ListRefused, Target},
    trust::{Moment, tests::day},
};

const COMPONENT: &str = "v2/";
const RECEIPT: &str = "receipts/";
const INDEX: &str = "index/";
const CHECKPOINT: &str = "log/checkpoint";

async fn refused(path: &str, lie: Lie) -> ClientError {
    let scene = Scene::new();
    scene.script.lie(path, lie);
    let error = scene.install().await.unwrap_err();
    let components = scene.client.kept().folder().join("components");
    let kept = std::fs::read_dir(components).map_or(0, Iterator::count);
    let wrong_component = path == COMPONENT && kept > 0;
    assert!(!wrong_component, "something of it was kept: {error}");
    // Afterwards an honest market is believed again.
    scene.script.be_honest();
    scene.install().await.unwrap();
    error
}

#[tokio::test]
async fn an_honest_market_is_asked_twice_for_a_version() {
    let scene = Scene::new();
    let witness = scene.client.advance().await.unwrap();
    scene.client.index(&weather(), Ask::WhenCold).await.unwrap();
    scene.script.asked();
    let index = scene.client.index(&weather(), Ask::WhenCold).await.unwrap();
    let line = index.lines().last().unwrap();
    let fetched = scene.client.fetch(line, &witness, FirstKey::Remembered);
    assert_eq!(fetched.await.unwrap().proven.index, line.leaf);
    assert_eq!(scene.script.asked().len(), 2);
    // What is kept is not fetched again.
    let again = scene.client.fetch(line, &witness, FirstKey::Remembered);
    again.await.unwrap();
    assert_eq!(scene.script.asked().len(), 1);
}

#[tokio::test]
async fn an_index_is_not_sent_twice() {
    let scene = Scene::new();
    let first = scene.client.index(&weather(), Ask::Always).await.unwrap();
    assert_eq!(
        scene.client.index(&weather(), Ask::Always).await.unwrap(),
        first
    );
    assert_eq!(scene.script.asked().len(), 2, "asked whether it changed");
    scene.script.shop().publish("1.1.0", |_| {});
    let newer = scene.client.index(&weather(), Ask::Always).await.unwrap();
    assert_eq!(newer.lines().len(), 2);
    let lie = Lie::Status(StatusCode::NOT_MODIFIED, String::new());
    let other = Scene::new();
    other.script.lie(INDEX, lie);
    let error = other
        .client
        .index(&weather(), Ask::Always)
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Shape { .. }), "{error}");
}

#[tokio::test]
async fn a_page_of_html_is_told_as_one() {
    for path in [RECEIPT, INDEX] {
        let error = refused(path, Lie::Html).await;
        assert!(error.to_string().contains("a page of HTML"), "{error}");
        assert_eq!(error.fault().code, Code::UpstreamInvalidAnswer);
    }
    let error = refused(CHECKPOINT, Lie::Html).await;
    assert!(matches!(error, ClientError::Log(LogFault::NoCheckpoint)));
    let portal = Lie::Status(StatusCode::BAD_GATEWAY, "<html>".to_owned());
    let error = refused(INDEX, portal).await;
    assert!(error.to_string().contains("a page of HTML"), "{error}");
}

#[tokio::test]
async fn other_bytes_than_the_digest_are_refused() {
    let error = refused(COMPONENT, Lie::Flipped).await;
    assert!(matches!(error, ClientError::OtherBytes { .. }), "{error}");
    assert_eq!(error.fault().code, Code::SkillUnverified);
}

#[tokio::test]
async fn a_component_of_another_size_is_refused() {
    for lie in [Lie::Longer, Lie::Half, Lie::Endless] {
        let error = refused(COMPONENT, lie).await;
        assert!(matches!(error, ClientError::OtherSize { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_component_larger_than_any_is_not_begun() {
    let mut shop = Shop::with(&[]);
    shop.publish("1.0.0", |publication| publication.size = MAX_COMPONENT + 1);
    let error = Scene::of(shop).install().await.unwrap_err();
    assert!(matches!(error, ClientError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_told_as_one() {
    for path in [COMPONENT, RECEIPT, INDEX, CHECKPOINT] {
        let error = refused(path, Lie::Cut).await;
        assert!(
            matches!(error, ClientError::CutOff { .. }),
            "{path}: {error}"
        );
    }
    let error = refused(RECEIPT, Lie::Told(99_999)).await;
    assert!(error.to_string().contains("99999 bytes"), "{error}");
}

#[tokio::test]
async fn an_index_that_was_cut_is_refused() {
    let error = refused(INDEX, Lie::Half).await;
    assert!(matches!(error, ClientError::Index { .. }), "{error}");
}

#[tokio::test]
async fn answers_without_end_are_not_waited_for() {
    for path in [RECEIPT, INDEX, CHECKPOINT] {
        let error = refused(path, Lie::Endless).await;
        assert!(matches!(error, ClientError::TooLarge { .. }), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_market_that_never_answers_is_given_up() {
    for path in [COMPONENT, RECEIPT, INDEX] {
        let error = refused(path, Lie::Never).await;
        assert_eq!(error.fault().code, Code::UpstreamTimeout, "{error}");
    }
}

#[tokio::test]
async fn the_index_of_another_skill_is_refused() {
    let other = Shop::with(&["1.0.0"])
        .index(&weather())
        .replace("weather", "whether");
    let error = refused(INDEX, Lie::Bytes(other.into_bytes())).await;
    assert!(error.to_string().contains("com.acme/whether"), "{error}");
}

#[tokio::test]
async fn a_receipt_of_another_version_is_refused() {
    let scene = Scene::of(Shop::with(&["1.0.0", "1.1.0"]));
    let receipt = {
        let shop = scene.script.shop();
        let size = shop.leaves.len() as u64;
        serde_json::to_vec(&shop.receipt(&shop.versions[0], size)).unwrap()
    };
    scene.script.lie(RECEIPT, Lie::Bytes(receipt));
    let error = scene.install().await.unwrap_err();
    let shop = scene.script.shop();
    let other = ReceiptFault::OtherComponent {
        wanted: shop.versions[0].line.component,
        found: shop.versions[1].line.component,
    };
    assert!(matches!(error, ClientError::Receipt(fault) if fault == other));
}

#[tokio::test]
async fn an_index_that_says_something_else_than_the_log_is_refused() {
    for change in [
        |line: &mut crate::index::Line| line.security_fix = true,
        |line: &mut crate::index::Line| line.vers = "1.0.1".parse().unwrap(),
        |line: &mut crate::index::Line| line.words = line.manifest,
        |line: &mut crate::index::Line| line.authority = line.manifest,
    ] {
        let scene = Scene::new();
        change(&mut scene.script.shop().versions[0].line);
        let error = scene.install().await.unwrap_err();
        assert!(matches!(error, ClientError::OtherVersion { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_says_something_else_than_its_leaf_is_refused() {
    for (what, lie) in [
        (
            "authority",
            (|publication| publication.authority = publication.manifest)
                as fn(&mut crate::state::Publication),
        ),
        ("words", |publication| {
            publication.words = publication.manifest
        }),
    ] {
        let mut shop = Shop::with(&[]);
        shop.publish("1.0.0", lie);
        let error = Scene::of(shop).install().await.unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        assert_eq!(error.fault().code, Code::SkillUnverified);
    }
}

#[tokio::test]
async fn a_market_that_is_another_one_is_not_trusted() {
    let scene = Scene::new();
    let here = "https://market.example".parse().unwrap();
    let stranger = meet(&*scene.script, &here).await.unwrap();
    assert_eq!(
        stranger.fingerprint,
        fingerprint(&scene.script.shop().root())
    );
    let elsewhere = "https://other.example".parse().unwrap();
    let error = meet(&*scene.script, &elsewhere).await.unwrap_err();
    assert!(matches!(error, ClientError::Elsewhere { .. }), "{error}");
    scene.script.lie(".well-known", Lie::Html);
    let error = meet(&*scene.script, &here).await.unwrap_err();
    assert!(error.to_string().contains("HTML"), "{error}");
    // Trusted once, never replaced.
    let kept = Kept::of(scene.home.path(), &here);
    trust(&kept, &stranger).unwrap();
    trust(&kept, &stranger).unwrap();
    let other = Scene::new();
    let other = meet(&*other.script, &here).await.unwrap();
    let error = trust(&kept, &other).unwrap_err();
    assert!(matches!(error, ClientError::OtherKeys { .. }), "{error}");
    assert_eq!(trusted(&kept).unwrap(), Some(stranger.root));
}

#[tokio::test]
async fn keys_that_begin_anew_are_refused_until_somebody_looked() {
    let scene = Scene::new();
    scene.install().await.unwrap();
    {
        let mut shop = scene.script.shop();
        shop.recover();
        shop.publish("1.1.0", |_| {});
    }
    let witness = scene.client.advance().await.unwrap();
    let index = scene.client.index(&weather(), Ask::Always).await.unwrap();
    let line = index.lines().last().unwrap();
    let fetch = |said| scene.client.fetch(line, &witness, said);
    let error = fetch(FirstKey::Remembered).await.unwrap_err();
    let ClientError::OtherFirstKey { found, known, .. } = error else {
        panic!("{error}");
    };
    assert!(fetch(FirstKey::Accepted(known)).await.is_err());
    assert!(
        fetch(FirstKey::Accepted(found))
            .await
            .unwrap()
            .proven
            .recovered
    );
    fetch(FirstKey::Remembered).await.unwrap();
}

fn revoked() -> Entry {
    Entry {
        target: Target::Versions {
            name: weather(),
            versions: "<2.0.0".parse().unwrap(),
        },
        why: "it leaks".parse().unwrap(),
        at: day(19),
    }
}

#[tokio::test]
async fn the_revocation_list_never_goes_back() {
    let now: Moment = day(21);
    let scene = Scene::new();
    let old = scene
        .script
        .shop()
        .answer(&super::super::Request::get("revocations"))
        .1;
    scene.script.shop().revoked.push(revoked());
    scene.script.shop().list_version = 8;
    let accepted = scene.client.revocations(now).await.unwrap();
    let fetched = scene.install().await.unwrap();
    let error = check_revoked(accepted.list(), &fetched.contents).unwrap_err();
    assert_eq!(error.fault().code, Code::SkillRevoked);
    assert!(error.to_string().contains("it leaks"), "{error}");
    scene.script.lie("revocations", Lie::Bytes(old));
    let error = scene.client.revocations(now).await.unwrap_err();
    assert!(matches!(
        error,
        ClientError::Revocations(ListRefused::Older { found: 7, seen: 8 })
    ));
    scene.script.be_honest();
    scene.script.lie("revocations", Lie::Html);
    let error = scene.client.revocations(now).await.unwrap_err();
    assert!(matches!(error, ClientError::Revocations(_)), "{error}");
}

#[tokio::test]
async fn a_list_that_has_not_changed_is_the_one_that_is_kept() {
    let now: Moment = day(21);
    let scene = Scene::new();
    scene.script.shop().revoked.push(revoked());
    let first = scene.client.revocations(now).await.unwrap();
    let again = scene.client.revocations(now).await.unwrap();
    assert_eq!(first, again);
    // Told that it is known when nothing was asked of the kind, nobody takes nothing for a list.
    let stranger = Scene::new();
    let lie = Lie::Status(StatusCode::NOT_MODIFIED, String::new());
    stranger.script.lie("revocations", lie);
    stranger.client.revocations(now).await.unwrap_err();
}

#[tokio::test]
async fn two_installs_at_once_are_two_installs() {
    let scene = Scene::of(Shop::with(&["1.0.0", "1.1.0", "1.2.0"]));
    let other: Client = super::client(&scene.script, &scene.home);
    let (one, two) = tokio::join!(install(&scene.client), install(&other));
    let bytes = |fetched: Result<_, ClientError>| {
        let fetched: crate::client::Fetched = fetched.unwrap();
        fetched.component().unwrap()
    };
    assert_eq!(bytes(one), bytes(two));
    let witness = scene.client.advance().await.unwrap();
    let index = scene.client.index(&weather(), Ask::WhenCold).await.unwrap();
    let all = scene
        .client
        .fetch_all::<Contents>(index.lines(), &witness, FirstKey::Remembered);
    let versions: Vec<String> = all
        .await
        .into_iter()
        .map(|fetched| fetched.unwrap().contents.version().to_string())
        .collect();
    assert_eq!(versions, ["1.0.0", "1.1.0", "1.2.0"]);
}

#[tokio::test]
async fn a_disk_that_takes_nothing_is_told_and_nothing_is_half_there() {
    let scene = Scene::new();
    let root = scene.script.shop().root();
    std::fs::write(scene.home.path().join("file"), "").unwrap();
    let kept = Kept::of(
        &scene.home.path().join("file"),
        &root.address.as_str().parse().unwrap(),
    );
    let client = Client::new(scene.script.clone(), root, kept).unwrap();
    let error = install(&client).await.unwrap_err();
    assert_eq!(error.fault().code, Code::StorageUnavailable, "{error}");
    let full = ClientError::Disk {
        what: "it".to_owned(),
        error: io::ErrorKind::StorageFull.into(),
    };
    assert_eq!(full.fault().code, Code::StorageFull);
}

#[tokio::test]
async fn a_kept_component_that_was_changed_is_fetched_again() {
    let scene = Scene::new();
    let fetched = scene.install().await.unwrap();
    let digest = *fetched.contents.component();
    let bytes = fetched.component().unwrap();
    std::fs::write(scene.client.kept().component_place(&digest), "other").unwrap();
    assert_eq!(scene.client.kept().component(&digest), None);
    assert!(fetched.component().is_err(), "it is not taken for the one");
    let again = scene.install().await.unwrap();
    assert_eq!(again.component().unwrap(), bytes);
}

#[tokio::test]
async fn what_a_market_says_is_made_visible() {
    let scene = Scene::new();
    let problem = "{\"code\":\"not-found\",\"detail\":\"No\\u202e such\\u001b[2J\"}";
    let lie = Lie::Status(StatusCode::NOT_FOUND, problem.to_owned());
    scene.script.lie(INDEX, lie);
    let fault = scene.install().await.unwrap_err().fault();
    assert_eq!(fault.code, Code::NotFound);
    assert!(
        !fault.message.contains(['\u{202e}', '\u{1b}']),
        "{:?}",
        fault.message
    );
}

#[tokio::test]
async fn an_agent_is_not_installed_as_a_skill_whoever_says_so() {
    let scene = Scene::of(Shop::with(&[]));
    scene
        .script
        .shop()
        .publish("1.0.0", |publication| publication.kind = Kind::Agent);
    let error = scene.install().await.unwrap_err();
    assert!(
        matches!(error, ClientError::OtherContents { what: "kind", .. }),
        "{error}"
    );
    // The log says agent, the index says skill.
    let other = Scene::of(Shop::with(&[]));
    other
        .script
        .shop()
        .publish("1.0.0", |publication| publication.kind = Kind::Agent);
    other.script.shop().versions[0].line.kind = Kind::Skill;
    let error = other.install().await.unwrap_err();
    assert!(matches!(error, ClientError::OtherVersion { .. }), "{error}");
    // And a skill's file is no package, whatever all of them say.
    let witness = scene.client.advance().await.unwrap();
    let mut line = scene.script.shop().versions[0].line.clone();
    line.kind = Kind::Agent;
    let error = scene
        .client
        .fetch_as::<Package>(&line, &witness, FirstKey::Remembered)
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Agent(_)), "{error}");
}
