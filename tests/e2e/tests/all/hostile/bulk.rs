//! Too much, and too slowly.

use metier_core::audit::EgressOutcome;
use metier_core::{Blame, Code};

use super::scene::{Web, bytes, limit};

const FEW_REQUESTS: &str = "[limits]\nrequests = 10\n";

#[tokio::test]
pub async fn a_storm_of_requests() {
    let web = Web::new(FEW_REQUESTS).await;
    let ended = web.run("storm", "http://api.test/open 1000").await;
    assert!(ended.kept_out().contains("after 10"), "{}", ended.text());
    assert_eq!(web.upstream.seen().len(), 10);
}

#[tokio::test]
pub async fn a_storm_all_at_once() {
    let web = Web::new(FEW_REQUESTS).await;
    let ended = web.run("storm-at-once", "http://api.test/open 200").await;
    assert!(
        ended.outcome.result.is_err() || ended.text().starts_with("kept out"),
        "{:?}",
        ended.outcome.result
    );
    assert!(
        web.upstream.seen().len() <= 10,
        "{}",
        web.upstream.seen().len()
    );
}

/// Refused requests count as well: probing has an end.
#[tokio::test]
pub async fn a_storm_of_refused_requests() {
    let web = Web::new(FEW_REQUESTS).await;
    let urls: Vec<String> = (0..100)
        .map(|number| format!("http://host-{number}.test/"))
        .collect();
    let ended = web.nothing_leaves("get", &urls.join("\n")).await;
    assert!(ended.outcome.usage.requests > 10);
    assert!(
        ended.outcome.denials.len() <= 32,
        "{}",
        ended.outcome.denials.len()
    );
    let asked_policy = ended
        .denials()
        .iter()
        .filter(|code| **code == Code::HttpNotGranted)
        .count();
    assert_eq!(
        asked_policy, 5,
        "ten requests are five hosts by two doors; after them, the policy is not even asked"
    );
    assert_eq!(ended.egress.len(), 11, "the storm is not one of records");
}

#[tokio::test]
pub async fn a_storm_of_unreadable_requests() {
    let web = Web::new(FEW_REQUESTS).await;
    let ended = web.run("get", &["http://[x/"; 100].join("\n")).await;
    assert!(ended.outcome.usage.requests > 10);
    assert!(ended.egress.len() <= 11, "{} records", ended.egress.len());
}

#[tokio::test]
pub async fn a_body_read_slowly() {
    let web = Web::new(&limit("wall", "300ms")).await;
    web.run("read-slowly", "http://api.test/drip")
        .await
        .failed(Code::SkillWallExceeded, Blame::Skill);
}

#[tokio::test]
pub async fn a_body_written_slowly() {
    let web = Web::new(&limit("wall", "300ms")).await;
    web.run("write-slowly", "http://api.test/open")
        .await
        .failed(Code::SkillWallExceeded, Blame::Skill);
    assert!(web.upstream.seen().iter().all(|seen| seen.length < 300));
}

#[tokio::test]
pub async fn a_body_that_never_ends() {
    let web = Web::new(&limit("wall", "300ms")).await;
    web.run("download", "http://api.test/stall")
        .await
        .failed(Code::SkillWallExceeded, Blame::Skill);
}

#[tokio::test]
pub async fn an_endless_upload() {
    let web = Web::new(&limit("request-bytes", "64KiB")).await;
    let ended = web.run("upload", "http://api.test/open 100000000").await;
    ended.kept_out();
    let code = Code::SkillRequestBytesExceeded;
    assert_eq!(
        ended.egress.last().unwrap().outcome,
        EgressOutcome::Failed { code }
    );
    assert!(
        web.upstream
            .seen()
            .iter()
            .all(|seen| seen.length as u64 <= bytes("64KiB"))
    );
}

#[tokio::test]
pub async fn a_huge_download() {
    let web = Web::new(&limit("response-bytes", "64KiB")).await;
    let ended = web.run("download", "http://api.test/bytes/100000000").await;
    ended.kept_out();
    let code = Code::SkillResponseBytesExceeded;
    assert_eq!(
        ended.egress.last().unwrap().outcome,
        EgressOutcome::Failed { code }
    );
    assert!(
        ended.denials().contains(&code),
        "the caller learns of a limit hit in the middle of a body"
    );
    assert!(
        ended.outcome.usage.response_bytes < bytes("1MiB"),
        "{:?}",
        ended.outcome.usage
    );
}

/// However much it asks for at once, it gets what there is.
#[tokio::test]
pub async fn a_greedy_read() {
    let web = Web::new("").await;
    let ended = web
        .run("read-greedily", "http://api.test/bytes/100000")
        .await;
    assert_eq!(ended.text(), "got in: 100000");
}
