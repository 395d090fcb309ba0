//! Finding skills by words and facets.

use std::collections::BTreeSet;

use metier_store::{
    search::{Facet, Found, Search, SearchEntry, SearchQuery},
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
