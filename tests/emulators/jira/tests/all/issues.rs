//! Issues are made, changed, moved and found.

use metier_emulator_kit::client::ask;
use serde_json::json;

use crate::Site;

#[tokio::test]
async fn an_issue_is_made_changed_moved_and_found() {
    let site = Site::start();
    let fields = json!({ "fields": { "project": { "key": "ABC" }, "issuetype": { "name": "Task" }, "summary": "New" } });
    let made = site.put("POST", "/issue", &fields).await;
    assert_eq!((made.status, &made.json()["key"]), (201, &json!("ABC-3")));
    let change = json!({ "fields": { "summary": "Newer", "labels": ["a"] } });
    assert_eq!(site.put("PUT", "/issue/ABC-3", &change).await.status, 204);
    let moved = json!({ "transition": { "id": "11" } });
    assert_eq!(
        site.put("POST", "/issue/ABC-3/transitions", &moved)
            .await
            .status,
        204
    );
    assert_eq!(
        site.put("POST", "/issue/ABC-3/transitions", &moved)
            .await
            .status,
        400
    );
    let query = json!({ "jql": "status = \"In Progress\"", "fields": ["summary", "status"] });
    let found = site.put("POST", "/search/jql", &query).await.json();
    assert_eq!(found["issues"][0]["fields"]["summary"], "Newer");
    assert_eq!(
        (found["issues"].as_array().unwrap().len(), &found["isLast"]),
        (1, &json!(true))
    );
    let counts = site.emulator.book().counts();
    assert_eq!(
        (counts.seen, counts.applied),
        (4, 3),
        "the search is no write, the second move was refused"
    );
}

#[tokio::test]
async fn fields_are_listed_with_commas_or_one_by_one() {
    let site = Site::start();
    for query in ["fields=summary,status", "fields=summary&fields=status"] {
        let read = site.get(&format!("/issue/ABC-1?{query}")).await;
        let mut fields: Vec<_> = read["fields"].as_object().unwrap().keys().collect();
        fields.sort();
        assert_eq!(fields, ["status", "summary"], "{query}");
        let found = site
            .get(&format!("/search/jql?jql=key=ABC-1&{query}"))
            .await;
        assert_eq!(found["issues"][0]["fields"], read["fields"], "{query}");
    }
}

#[tokio::test]
async fn a_change_with_one_wrong_field_changes_nothing() {
    let site = Site::start();
    let before = site.emulator.state();
    let change = json!({ "fields": { "summary": "x", "zzz": 1 } });
    let refused = site.put("PUT", "/issue/ABC-1", &change).await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.text().contains("Field 'zzz' cannot be set"),
        "{}",
        refused.text()
    );
    assert_eq!(site.emulator.state(), before);
}

#[tokio::test]
async fn the_same_changes_make_the_same_site_and_a_repeated_key_no_other() {
    let (once, twice) = (Site::start(), Site::start());
    let comment = json!({ "body": "Seen." }).to_string();
    let key = [("idempotency-key", "\"k-1\"")];
    let first = once
        .send("POST", "/issue/ABC-1/comment", &key, comment.as_bytes())
        .await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(
            twice
                .send("POST", "/issue/ABC-1/comment", &key, comment.as_bytes())
                .await
                .json(),
        );
    }
    assert_eq!(answers[0]["id"], first.json()["id"]);
    assert_eq!((&answers[1], &answers[2]), (&answers[0], &answers[0]));
    assert_eq!(once.emulator.state(), twice.emulator.state());
    assert_eq!(
        twice.emulator.state()["issues"][0]["comments"],
        json!(["Seen."])
    );
    assert_eq!(
        twice.get("/issue/ABC-1/comment").await["comments"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn nobody_comes_in_without_the_token_and_nothing_of_it_is_noted() {
    let site = Site::start();
    for headers in [&[][..], &[("authorization", "Basic YTpi")]] {
        let answer = ask(
            site.emulator.addr(),
            "DELETE",
            "/rest/api/3/issue/ABC-1",
            headers,
            b"",
        )
        .await;
        assert_eq!(answer.unwrap().status, 401);
    }
    assert_eq!(site.emulator.book().counts().requests, 0);
    assert_eq!(site.emulator.state()["issues"].as_array().unwrap().len(), 2);
}
