//! Recorded calls: replayed against the real skill, and recorded from a live service.

use std::path::Path;
use std::sync::Arc;

use metier_core::Code;
use metier_e2e::{Guest, TestHost};
use metier_market::fixtures::{self, Expected, Files, Fixture, Mismatch, Named, Report};
use metier_runtime::skill::Skill;
use serde_json::{Value, json};

async fn load(host: &TestHost, guest: Guest) -> Arc<Skill> {
    host.host().load(guest.into_bytes()).await.unwrap()
}

fn named(name: &str, fixture: Value) -> Named {
    Named::parse(
        name.parse().unwrap(),
        fixture.to_string().as_bytes(),
        &Files::default(),
    )
}

fn of_folder(folder: &Path) -> Vec<Named> {
    let mut fixtures: Vec<Named> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
            Named::parse(name, &std::fs::read(&path).unwrap(), &Files::default())
        })
        .collect();
    fixtures.sort_by(|a, b| a.name.cmp(&b.name));
    fixtures
}

fn salesforce_fixtures() -> Vec<Named> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../skills/salesforce/fixtures");
    of_folder(&folder)
}

async fn replay(host: &TestHost, skill: &Arc<Skill>, fixtures: &[Named]) -> Report {
    fixtures::replay(host.host(), skill, fixtures).await
}

fn mismatches(report: &Report) -> Vec<&Mismatch> {
    report
        .fixtures
        .iter()
        .flat_map(|one| &one.mismatches)
        .collect()
}

#[tokio::test]
async fn the_salesforce_skill_does_what_was_recorded() {
    let host = TestHost::start();
    let skill = load(&host, crate::salesforce::packed().await).await;
    let fixtures = salesforce_fixtures();
    assert!(fixtures.len() >= 8, "{} fixtures", fixtures.len());
    let report = replay(&host, &skill, &fixtures).await;
    assert!(report.passed(), "{:#?}", mismatches(&report));
    let requests: u32 = report.fixtures.iter().map(|one| one.usage.requests).sum();
    assert!(
        requests >= 8,
        "the skill talked to its recordings: {requests}"
    );
}

/// What a recording is for: each way in which a skill can change is seen.
#[tokio::test]
async fn another_request_answer_or_error_is_told() {
    let host = TestHost::start();
    let skill = load(&host, crate::salesforce::packed().await).await;
    let query = |change: fn(&mut Fixture)| {
        let mut all = salesforce_fixtures();
        all.retain(|named| named.name.as_str() == "query");
        change(all[0].fixture.as_mut().unwrap());
        all
    };
    let soql: fn(&mut Fixture) = |fixture| {
        fixture
            .arguments
            .insert("soql".into(), "SELECT Id FROM Lead".into());
    };
    let report = replay(&host, &skill, &query(soql)).await;
    let found = mismatches(&report);
    assert!(
        matches!(found[0], Mismatch::Unexpected { closest: Some((1, differences)), .. }
            if differences[0].at == "query q"),
        "{found:#?}"
    );
    assert!(
        matches!(found[1], Mismatch::NotSent { number: 1, .. }),
        "{found:#?}"
    );
    assert!(
        matches!(found[2], Mismatch::Failed { expected: None, .. }),
        "{found:#?}"
    );

    let answer: fn(&mut Fixture) = |fixture| {
        fixture.expected = Some(Expected::Answer(json!({"rows": []})));
    };
    let report = replay(&host, &skill, &query(answer)).await;
    assert!(matches!(mismatches(&report)[..], [Mismatch::Answer { .. }]));

    let error: fn(&mut Fixture) = |fixture| {
        fixture.expected = Some(Expected::Error {
            code: Code::NotFound,
            message: None,
        });
    };
    let report = replay(&host, &skill, &query(error)).await;
    assert!(matches!(
        mismatches(&report)[..],
        [Mismatch::Answered {
            expected: Code::NotFound,
            ..
        }]
    ));

    let twice: fn(&mut Fixture) = |fixture| {
        let exchange = fixture.exchanges[0].clone();
        fixture.exchanges.push(exchange);
    };
    let report = replay(&host, &skill, &query(twice)).await;
    assert!(matches!(
        mismatches(&report)[..],
        [Mismatch::NotSent { number: 2, .. }]
    ));
}

/// A recording gives no reach: the manifest is asked first.
#[tokio::test]
async fn a_request_the_manifest_does_not_ask_for_is_refused_in_a_rehearsal_too() {
    let host = TestHost::start();
    let skill = load(&host, crate::salesforce::packed().await).await;
    let fixture = named(
        "elsewhere",
        json!({
            "tool": "describe",
            "arguments": {"object": "Account"},
            "config": {"instance-url": "https://evil.example"},
            "exchanges": [{
                "request": {"method": "GET", "url": "https://evil.example/services/data/v62.0/sobjects/Account/describe"},
                "response": {"status": 200, "body": {"json": {}}},
            }],
            "answer": {},
        }),
    );
    let report = replay(&host, &skill, &[fixture]).await;
    let found = mismatches(&report);
    assert!(
        matches!(
            found[0],
            Mismatch::NotAllowed {
                number: 1,
                code: Code::HttpNotDeclared,
                ..
            }
        ),
        "{found:#?}"
    );
    assert_eq!(host.records().egress_all().last().unwrap().address, None);
}

#[tokio::test]
async fn what_is_recorded_from_a_service_replays_and_holds_no_secret() {
    let org = crate::salesforce::Org::new().await;
    let (grant, credentials) = org.granted();
    let skill = org
        .host
        .host()
        .load(crate::salesforce::packed().await.into_bytes())
        .await
        .unwrap();
    let call = named(
        "query",
        json!({"tool": "query", "arguments": {"soql": "SELECT Id, Name FROM Account LIMIT 2"}}),
    );
    let fixture = call.fixture.clone().unwrap();
    let recorded = fixtures::record(
        org.host.host(),
        &skill,
        &call,
        &fixture,
        (grant, credentials),
    )
    .await
    .unwrap();
    let text = fixtures::write(&recorded.fixture);
    assert_eq!(
        fixtures::parse(text.as_bytes(), &Files::default()).unwrap(),
        recorded.fixture
    );
    assert_eq!(recorded.fixture.exchanges.len(), 1);
    assert!(
        !text.to_lowercase().contains("bearer") && !text.contains("00D"),
        "{text}"
    );
    // Without the service it is the same.
    drop(org);
    let host = TestHost::start();
    let skill = load(&host, crate::salesforce::packed().await).await;
    let again = Named {
        name: call.name,
        fixture: fixtures::parse(text.as_bytes(), &Files::default()),
    };
    let report = replay(&host, &skill, &[again]).await;
    assert!(report.passed(), "{:#?}", mismatches(&report));
}

/// Time and chance are part of what a call is told; held, they are always the same.
#[tokio::test]
async fn two_rehearsals_see_the_same_time_and_the_same_chance() {
    let host = TestHost::start();
    let skill = load(&host, Guest::named("capabilities")).await;
    let mut seen = Vec::new();
    for tool in ["system.now", "system.random"] {
        let fixture = json!({"tool": tool, "time": "2030-02-03T04:05:06Z"});
        let fixture = fixtures::parse(fixture.to_string().as_bytes(), &Files::default()).unwrap();
        let mut answers = Vec::new();
        for _ in 0..2 {
            let run = fixtures::run(host.host(), &skill, &fixture, None);
            answers.push(run.await.unwrap().outcome.result.unwrap());
        }
        assert_eq!(answers[0], answers[1], "{tool}");
        seen.push(answers.remove(0));
    }
    assert!(seen[0].contains("1896321906"), "{}", seen[0]);
    // Live, both differ.
    let live = host.install(Guest::named("capabilities"), "").await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(host.call(&live, "system.random", json!({})).await.json());
    }
    assert_ne!(answers[0], answers[1]);
    assert_ne!(answers[0].to_string(), seen[1]);
    let now = host.call(&live, "system.now", json!({})).await.json();
    assert!(!now.to_string().contains("1896321906"));
}

/// A file of the fixture is an artifact before the call: the arguments name it, and the guest reads it by digest.
#[tokio::test]
async fn a_fixture_hands_files_over_and_gets_files_back() {
    let host = TestHost::start();
    let skill = load(&host, Guest::named("capabilities")).await;
    let file = |text: &str| -> Files {
        let file = ("orders.csv".to_owned(), text.as_bytes().to_vec());
        [file].into_iter().collect()
    };
    let read = json!({
        "tool": "output.read-artifact",
        "files": ["orders.csv"],
        "arguments": {"digest": ["file:orders.csv"]},
        "answer": "id,pieces\n",
    });
    let named = |text: &str| {
        let bytes = read.to_string();
        Named::parse("read".parse().unwrap(), bytes.as_bytes(), &file(text))
    };
    let report = replay(&host, &skill, &[named("id,pieces\n")]).await;
    assert!(report.passed(), "{:#?}", mismatches(&report));
    let report = replay(&host, &skill, &[named("other\n")]).await;
    assert!(matches!(mismatches(&report)[..], [Mismatch::Answer { .. }]));
}

/// Each thing that is written down about a file is compared.
#[tokio::test]
async fn a_file_handed_back_with_another_name_type_size_or_digest_is_told() {
    let host = TestHost::start();
    let skill = load(&host, Guest::named("capabilities")).await;
    let digest = metier_core::Digest::of(b"text").to_string();
    let fixture = |artifact: Value| {
        named(
            "put",
            json!({
                "tool": "output.put-artifact",
                "arguments": {"name": "a.txt", "media-type": "text/plain", "body": "text"},
                "answer": digest,
                "artifacts": [artifact],
            }),
        )
    };
    let whole = json!({"name": "a.txt", "digest": digest, "media-type": "text/plain", "size": 4});
    let short = json!({"name": "a.txt", "digest": digest});
    for right in [whole.clone(), short] {
        let report = replay(&host, &skill, &[fixture(right)]).await;
        assert!(report.passed(), "{:#?}", mismatches(&report));
    }
    for (key, other) in [
        ("name", json!("b.txt")),
        ("media-type", json!("text/csv")),
        ("size", json!(5)),
        ("digest", json!(metier_core::Digest::of(b"other"))),
    ] {
        let mut wrong = whole.clone();
        wrong[key] = other;
        let report = replay(&host, &skill, &[fixture(wrong)]).await;
        let found = mismatches(&report);
        let [Mismatch::Artifacts { differences }] = &found[..] else {
            panic!("{key}: {found:#?}")
        };
        assert_eq!(differences.len(), 1, "{differences:?}");
        assert!(differences[0].at.ends_with(key), "{differences:?}");
    }
}

/// What is recorded with a file replays without anything but its folder.
#[tokio::test]
async fn a_call_with_files_is_recorded_with_their_digests() {
    let host = TestHost::start();
    let skill = load(&host, Guest::named("capabilities")).await;
    let files: Files = [("orders.csv".to_owned(), b"id\n".to_vec())]
        .into_iter()
        .collect();
    let arguments = json!({"digest": [metier_core::Digest::of(b"id\n")]});
    let fixture = Fixture::typed_in(
        "output.read-artifact".parse().unwrap(),
        arguments.as_object().unwrap().clone(),
        &files,
    )
    .unwrap();
    let call = Named {
        name: "read".parse().unwrap(),
        fixture: Ok(fixture.clone()),
    };
    let grant = metier_core::Grant::parse(
        "skill = \"test.metier/capabilities\"\ntools = [\"*\"]\n[artifacts]\n",
    )
    .unwrap();
    let sources = metier_runtime::credentials::SecretSources::files_only(host.folder());
    let credentials = host.host().credentials(&grant, sources);
    let recorded =
        fixtures::record(host.host(), &skill, &call, &fixture, (grant, credentials)).await;
    let text = fixtures::write(&recorded.unwrap().fixture);
    let written: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(written["arguments"], json!({"digest": ["file:orders.csv"]}));
    assert_eq!(
        written["files"][0]["digest"],
        json!(metier_core::Digest::of(b"id\n"))
    );
    assert_eq!(written["answer"], "id\n");
    let changed: Files = [("orders.csv".to_owned(), b"other\n".to_vec())]
        .into_iter()
        .collect();
    let problem = fixtures::parse(text.as_bytes(), &changed)
        .unwrap_err()
        .to_string();
    assert!(problem.contains("another than was recorded"), "{problem}");
}
