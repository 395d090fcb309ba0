//! What agents remember.

use metier_core::ids::TenantId;
use metier_store::types::*;

use crate::fixture::{Fixture, key, tenant};

async fn save(f: &Fixture, id: &str, text: &str, tags: &[&str]) {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    let memo = Memo {
        id: key(id),
        text: text.into(),
        tags,
        at: Time(0),
    };
    f.store
        .save(&TenantId::local(), &key("agent"), &memo)
        .await
        .unwrap();
}

async fn search(f: &Fixture, query: &str) -> Vec<String> {
    let found = f
        .store
        .search(&TenantId::local(), &key("agent"), query, 10)
        .await
        .unwrap();
    found.iter().map(|memo| memo.id.to_string()).collect()
}

pub async fn memories_are_found_by_words(f: &Fixture) {
    save(
        f,
        "1",
        "The renewals of Acme are due in Q3",
        &["salesforce", "big-deal"],
    )
    .await;
    save(f, "2", "Acme prefers decks with few words", &[]).await;
    save(f, "3", "Größe der Müller GmbH: 50 Leute", &[]).await;
    assert_eq!(
        search(f, "acme renewal").await,
        ["1", "2"],
        "more words first; a word may go on"
    );
    assert_eq!(search(f, "DEAL").await, ["1"], "tags count");
    assert_eq!(search(f, "müll größe").await, ["3"]);
    assert_eq!(
        search(f, "nothing of it").await.len(),
        1,
        "`of` is a word like any other"
    );
    assert_eq!(search(f, "absent").await, [""; 0]);
    save(f, "2", "Forget the decks", &[]).await;
    assert_eq!(
        search(f, "words").await,
        [""; 0],
        "what was replaced is not found"
    );
    let found = f
        .store
        .search(&TenantId::local(), &key("agent"), "q3", 10)
        .await
        .unwrap();
    assert_eq!(
        (&*found[0].text, &found[0].tags[1]),
        ("The renewals of Acme are due in Q3", &"big-deal".to_owned())
    );
    assert!(found[0].at.0 > 0);
    assert_eq!(
        f.store
            .search(&TenantId::local(), &key("agent"), "acme decks", 1)
            .await
            .unwrap()
            .len(),
        1
    );

    assert!(
        f.store
            .forget(&TenantId::local(), &key("agent"), &key("2"))
            .await
            .unwrap()
    );
    assert!(
        !f.store
            .forget(&TenantId::local(), &key("agent"), &key("2"))
            .await
            .unwrap()
    );
    assert_eq!(search(f, "decks").await, [""; 0]);
}

pub async fn any_text_is_a_query(f: &Fixture) {
    save(
        f,
        "1",
        "near and far: it's 1e5 \"quoted\" OR not",
        &["a&b", "c|d"],
    )
    .await;
    for query in [
        "",
        " ",
        "\"",
        "'",
        "near(",
        "NOT near",
        "near AND",
        "a:*",
        "* -near ^",
        "1e5",
        "\0",
        "!(|&)<->",
        "\\",
    ] {
        search(f, query).await;
    }
    assert_eq!(search(f, "NOT").await, ["1"]);
    assert_eq!(search(f, "1e5").await, ["1"]);
    assert_eq!(search(f, &"word ".repeat(10_000)).await, [""; 0]);
}

pub async fn no_scope_sees_another(f: &Fixture) {
    save(f, "1", "secret", &[]).await;
    let (acme, local, agent, other) = (
        tenant("acme"),
        TenantId::local(),
        key("agent"),
        key("agent/ada"),
    );
    for (tenant, scope) in [(&acme, &agent), (&local, &other), (&acme, &other)] {
        assert_eq!(
            f.store.search(tenant, scope, "secret", 10).await.unwrap(),
            []
        );
        assert!(!f.store.forget(tenant, scope, &key("1")).await.unwrap());
        let memo = Memo {
            id: key("1"),
            text: "secret too".into(),
            tags: vec![],
            at: Time(0),
        };
        f.store.save(tenant, scope, &memo).await.unwrap();
    }
    let found = f.store.search(&local, &agent, "secret", 10).await.unwrap();
    assert_eq!((found.len(), &*found[0].text), (1, "secret"));
}
