//! Finding skills by words and facets.

use std::{collections::BTreeSet, time::Instant};

use metier_store::{
    search::{Facet, Found, MAX_RANKED, Search, SearchEntry, SearchQuery},
    sqlite::SqliteSearch,
};

fn entry(name: &str, description: &str, words: &str, facets: &[(Facet, &str)]) -> SearchEntry {
    SearchEntry {
        name: name.parse().unwrap(),
        description: description.into(),
        words: words.into(),
        facets: facets
            .iter()
            .map(|(facet, value)| (*facet, (*value).to_owned()))
            .collect(),
        standing: 0,
        shown: format!("shown of {name}"),
    }
}

fn query(text: &str, facets: &[(Facet, &str)]) -> SearchQuery {
    SearchQuery {
        text: text.into(),
        facets: facets
            .iter()
            .map(|(facet, value)| (*facet, (*value).to_owned()))
            .collect(),
        skip: 0,
        max: 20,
    }
}

fn names(found: &Found) -> Vec<&str> {
    found.hits.iter().map(|hit| hit.name.as_str()).collect()
}

/// Five skills that differ in what can be looked for.
async fn shelf() -> SqliteSearch {
    use Facet::{Capability, Effect, Language, Price, Publisher, Service};
    let index = SqliteSearch::in_memory().unwrap();
    let entries = vec![
        entry(
            "com.acme/salesforce",
            "Queries accounts of a CRM",
            "query describe",
            &[
                (Capability, "http"),
                (Effect, "read"),
                (Service, "*.salesforce.com"),
                (Language, "rust"),
                (Price, "free"),
                (Publisher, "com.acme"),
            ],
        ),
        entry(
            "com.acme/jira",
            "Updates issues",
            "search update transition",
            &[
                (Effect, "write"),
                (Service, "*.atlassian.net"),
                (Language, "rust"),
                (Publisher, "com.acme"),
            ],
        ),
        entry(
            "org.crm/contacts",
            "Contacts, also those of Salesforce",
            "list",
            &[(Effect, "read"), (Language, "python"), (Price, "paid")],
        ),
        entry(
            "org.decks/powerpoint",
            "Makes decks",
            "deck",
            &[(Effect, "read")],
        ),
        entry(
            "org.queries/sql",
            "Queries \"tables\"; NEAR(x) OR 50%",
            "query",
            &[(Effect, "read"), (Language, "go")],
        ),
    ];
    index.put(entries).await.unwrap();
    index
}

#[tokio::test]
async fn words_find_and_a_name_comes_first() {
    let index = shelf().await;
    let found = index.query(&query("salesforce", &[])).await.unwrap();
    assert_eq!(names(&found), ["com.acme/salesforce", "org.crm/contacts"]);
    assert_eq!(found.hits[0].shown, "shown of com.acme/salesforce");
    assert_eq!((found.total, found.corrected), (2, None));
    let found = index.query(&query("CRM quer", &[])).await.unwrap();
    assert_eq!(
        names(&found),
        ["com.acme/salesforce"],
        "the last word may be a beginning"
    );
    let found = index.query(&query("sales quer", &[])).await.unwrap();
    assert!(names(&found).is_empty(), "and only the last");
    let found = index.query(&query("", &[])).await.unwrap();
    assert_eq!(found.total, 5, "no words find everything");
}

#[tokio::test]
async fn typing_mistakes_are_mended_and_told() {
    let index = shelf().await;
    for (typed, meant) in [
        ("jria", "jira"),
        ("salesfroce", "salesforce"),
        ("salseforse", "salesforce"),
        ("powerpiont", "powerpoint"),
        ("acounts crm", "accounts crm"),
        ("tabels", "tables"),
    ] {
        let found = index.query(&query(typed, &[])).await.unwrap();
        assert_eq!(found.corrected.as_deref(), Some(meant), "{typed}");
        assert!(!found.hits.is_empty(), "{typed}");
    }
    for typed in ["jirra-like-nothing", "zzz", "jx", "salesfarcisms"] {
        let found = index.query(&query(typed, &[])).await.unwrap();
        assert!(found.hits.is_empty(), "{typed}");
    }
    let jira = "com.acme/jira".parse().unwrap();
    assert!(index.remove(&jira).await.unwrap());
    assert!(!index.remove(&jira).await.unwrap());
    let found = index.query(&query("jria", &[])).await.unwrap();
    assert_eq!(
        found.corrected, None,
        "nothing is mended to a word nobody has any more"
    );
}

#[tokio::test]
async fn facets_narrow_are_counted_and_widen_within_a_kind() {
    let index = shelf().await;
    let found = index
        .query(&query(
            "",
            &[(Facet::Effect, "read"), (Facet::Language, "rust")],
        ))
        .await
        .unwrap();
    assert_eq!(names(&found), ["com.acme/salesforce"]);
    let found = index
        .query(&query(
            "",
            &[(Facet::Language, "rust"), (Facet::Language, "go")],
        ))
        .await
        .unwrap();
    assert_eq!(found.total, 3);
    assert_eq!(
        found.facets[&Facet::Language],
        [("rust".to_owned(), 2), ("go".to_owned(), 1)]
    );
    let found = index
        .query(&query("queries", &[(Facet::Service, "*.salesforce.com")]))
        .await
        .unwrap();
    assert_eq!(names(&found), ["com.acme/salesforce"]);
    let found = index
        .query(&query(
            "",
            &[(Facet::Service, "*.SALESFORCE.com\" OR facets:x")],
        ))
        .await
        .unwrap();
    assert_eq!(found.total, 0);
    let found = index.query(&query("rust", &[])).await.unwrap();
    assert_eq!(found.total, 0, "a facet is no word");
}

#[tokio::test]
async fn any_text_is_a_query() {
    let index = shelf().await;
    let long = "query ".repeat(10_000);
    for text in [
        "\"",
        "' OR 1=1 --",
        "NEAR(query tables)",
        "a* AND",
        "{name}: x",
        "\0",
        "ä\u{301}",
        &long,
    ] {
        index.query(&query(text, &[])).await.unwrap();
    }
    let found = index.query(&query("query OR deck", &[])).await.unwrap();
    assert!(found.hits.is_empty(), "OR is a word like others: {found:?}");
    let too_many: BTreeSet<(Facet, String)> = (0..25)
        .map(|number| (Facet::Service, number.to_string()))
        .collect();
    let query = SearchQuery {
        facets: too_many,
        ..SearchQuery::default()
    };
    index.query(&query).await.unwrap_err();
}

#[tokio::test]
async fn replacing_and_standing() {
    let index = shelf().await;
    let mut liked = entry("org.crm/contacts", "Salesforce contacts", "list", &[]);
    liked.standing = 900;
    let mut other = entry("org.crm/others", "Salesforce contacts", "list", &[]);
    other.standing = 1;
    index.put(vec![other, liked]).await.unwrap();
    let found = index.query(&query("contacts list", &[])).await.unwrap();
    assert_eq!(names(&found), ["org.crm/contacts", "org.crm/others"]);
    let found = index.query(&query("also", &[])).await.unwrap();
    assert_eq!(
        found.total, 0,
        "what is replaced is not found by its old words"
    );
    let found = index.query(&query("", &[])).await.unwrap();
    assert_eq!(
        names(&found)[0],
        "org.crm/contacts",
        "the best standing first"
    );
    let first = query("", &[]);
    let second = SearchQuery {
        skip: 4,
        max: 2,
        ..first
    };
    assert_eq!(index.query(&second).await.unwrap().hits.len(), 2);
    index.clear().await.unwrap();
    assert_eq!(index.query(&query("", &[])).await.unwrap().total, 0);
}

#[tokio::test]
async fn an_index_lasts_and_a_foreign_or_damaged_one_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.db");
    let (index, is_new) = SqliteSearch::open(&path).unwrap();
    assert!(is_new);
    let one = entry("com.acme/one", "One", "", &[]);
    index.put(vec![one]).await.unwrap();
    drop(index);
    let (index, is_new) = SqliteSearch::open(&path).unwrap();
    assert!(!is_new);
    assert_eq!(index.query(&query("one", &[])).await.unwrap().total, 1);
    drop(index);
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.path().join(format!("search.db{suffix}")));
    }
    std::fs::write(
        &path,
        "no database at all, and longer than a header".repeat(100),
    )
    .unwrap();
    let (index, is_new) = SqliteSearch::open(&path).unwrap();
    assert!(is_new);
    assert_eq!(index.query(&query("one", &[])).await.unwrap().total, 0);
}

const VERBS: [&str; 24] = [
    "query",
    "update",
    "create",
    "delete",
    "list",
    "search",
    "read",
    "write",
    "export",
    "import",
    "sync",
    "merge",
    "send",
    "receive",
    "convert",
    "render",
    "validate",
    "summarize",
    "translate",
    "schedule",
    "approve",
    "archive",
    "publish",
    "monitor",
];
const THINGS: [&str; 30] = [
    "accounts",
    "issues",
    "tickets",
    "invoices",
    "orders",
    "contacts",
    "records",
    "documents",
    "decks",
    "tables",
    "messages",
    "calendars",
    "events",
    "tasks",
    "projects",
    "reports",
    "files",
    "images",
    "payments",
    "customers",
    "leads",
    "products",
    "prices",
    "shipments",
    "employees",
    "contracts",
    "metrics",
    "alerts",
    "logs",
    "users",
];
const LANGUAGES: [&str; 5] = ["rust", "go", "python", "javascript", "c"];

/// A skill of a market that is large: few words that everybody has, many that few have.
fn generated(number: usize) -> SearchEntry {
    let mix = |salt: usize| {
        number
            .wrapping_mul(0x9E37_79B9)
            .wrapping_add(salt * 0x85EB_CA6B)
            >> 7
    };
    let (verb, thing) = (VERBS[mix(1) % 24], THINGS[mix(2) % 30]);
    let service = format!("service{}", mix(3) % 4_000);
    let publisher = format!("com.publisher{}", mix(4) % 8_000);
    let mut made = entry(
        &format!("{publisher}/{service}-{thing}-{number}"),
        &format!(
            "Lets an agent {verb} {thing} of {service} and {} them by {}",
            VERBS[mix(5) % 24],
            THINGS[mix(6) % 30]
        ),
        &(0..6)
            .map(|tool| {
                format!(
                    "{}_{} {}s the {} of a workspace. ",
                    VERBS[mix(7 + tool) % 24],
                    THINGS[mix(20 + tool) % 30],
                    VERBS[mix(7 + tool) % 24],
                    THINGS[mix(20 + tool) % 30]
                )
            })
            .collect::<String>(),
        &[
            (Facet::Capability, "http"),
            (
                Facet::Capability,
                ["kv", "files", "model", "log"][mix(8) % 4],
            ),
            (
                Facet::Effect,
                ["read", "write", "idempotent", "destructive"][mix(9) % 4],
            ),
            (Facet::Service, &format!("api.{service}.example")),
            (Facet::Language, LANGUAGES[mix(10) % 5]),
            (
                Facet::Price,
                ["free", "paid"][usize::from(mix(11) % 10 == 0)],
            ),
            (Facet::Publisher, &publisher),
        ],
    );
    made.standing = (mix(12) % 1_000) as u16;
    made.shown = "x".repeat(600);
    made
}

/// The bar: p95 of at most 20 ms over 100,000 skills. `cargo test --release -p metier-store --test all -- --ignored hundred_thousand --nocapture`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: half a minute, and meant for an optimised build"]
async fn a_hundred_thousand_skills_are_searched_in_twenty_milliseconds() {
    const SKILLS: usize = 100_000;
    let folder = tempfile::tempdir().unwrap();
    let (index, _) = SqliteSearch::open(&folder.path().join("search.db")).unwrap();
    let began = Instant::now();
    for from in (0..SKILLS).step_by(5_000) {
        index
            .put((from..from + 5_000).map(generated).collect())
            .await
            .unwrap();
    }
    eprintln!("{SKILLS} skills put in {:?}", began.elapsed());
    let mut queries = Vec::new();
    for number in 0..400_usize {
        let (verb, thing) = (VERBS[number % 24], THINGS[number * 7 % 30]);
        let service = format!("service{}", number * 9);
        let typo = format!("serivce{}", number * 9);
        queries.extend([
            query(verb, &[]),
            query(&format!("{verb} {thing}"), &[]),
            query(&service, &[]),
            query(&typo, &[]),
            query(&thing[..3], &[]),
            query(&thing[..1], &[]),
            query(&format!("{service} {verb} {}", &thing[..4]), &[]),
            query(
                thing,
                &[
                    (Facet::Language, LANGUAGES[number % 5]),
                    (Facet::Price, "paid"),
                ],
            ),
            query(
                "",
                &[
                    (Facet::Effect, "read"),
                    (Facet::Language, LANGUAGES[number % 5]),
                ],
            ),
            query("", &[]),
            query(&format!("{} workspac", thing.replace('s', "z")), &[]),
            query(&format!("agent workspace {verb} {thing} the"), &[]),
        ]);
    }
    let mut took = Vec::new();
    let mut slowest = Vec::new();
    for query in &queries {
        let began = Instant::now();
        let found = index.query(query).await.unwrap();
        assert!(found.total <= MAX_RANKED);
        took.push(began.elapsed());
        slowest.push((began.elapsed(), query.text.clone(), found.total));
    }
    took.sort_unstable();
    slowest.sort();
    let at = |part: usize| took[took.len() * part / 100];
    eprintln!(
        "{} searches: p50 {:?}, p95 {:?}, p99 {:?}",
        took.len(),
        at(50),
        at(95),
        at(99)
    );
    eprintln!("slowest: {:?}", &slowest[slowest.len() - 12..]);
    assert!(at(95).as_millis() <= 20, "p95 is {:?}", at(95));
}
