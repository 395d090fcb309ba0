//! The REST API as a client meets it.

use metier_emulator_salesforce::Options;
use serde_json::{Value as Json, json};

use crate::client::Client;

const ACCOUNT: &str = "/services/data/v62.0/sobjects/Account";

#[tokio::test]
async fn versions_are_public_and_everything_else_needs_a_token() {
    let mut client = Client::start();
    client.token = "wrong".to_owned();
    let versions = client.get("/services/data").await;
    assert_eq!(versions.status, 200);
    assert!(
        versions
            .json()
            .as_array()
            .unwrap()
            .iter()
            .any(|version| version["version"] == "62.0")
    );
    for path in [
        "/services/data/v62.0",
        "/services/data/v62.0/limits",
        "/services/data/v62.0/nonsense",
        ACCOUNT,
    ] {
        let answer = client.get(path).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (401, "INVALID_SESSION_ID"),
            "{path}"
        );
        assert_eq!(answer.json()[0]["message"], "Session expired or invalid");
    }
}

#[tokio::test]
async fn resources_limits_and_descriptions_are_there_with_and_without_a_slash() {
    let client = Client::start();
    for path in [
        "",
        "/limits",
        "/sobjects",
        "/sobjects/Account",
        "/sobjects/account/describe",
    ] {
        for slash in ["", "/"] {
            let answer = client
                .get(&format!("/services/data/v62.0{path}{slash}"))
                .await;
            assert_eq!(answer.status, 200, "{path}{slash}");
            let usage = answer.headers["sforce-limit-info"].to_str().unwrap();
            assert_eq!(
                usage,
                format!("api-usage={}/15000000", client.emulator.api_calls())
            );
        }
    }
    let described = client.get(&format!("{ACCOUNT}/describe")).await.json();
    let owner = described["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["name"] == "OwnerId")
        .unwrap();
    assert_eq!(
        (
            &owner["type"],
            &owner["referenceTo"][0],
            &owner["relationshipName"]
        ),
        (&json!("reference"), &json!("User"), &json!("Owner"))
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let client = Client::start();
    for path in [
        "/services/data/v99.0/limits",
        "/services/data/62.0/limits",
        "/services/data/v62.0/sobjects/Spaceship",
        "/services/data/v62.0/sobjects/Account/0015g00000zzzzzAAA",
        "/nowhere",
    ] {
        let answer = client.get(path).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (404, "NOT_FOUND"),
            "{path}"
        );
    }
    assert_eq!(
        client.send("PUT", ACCOUNT, "{}").await.code(),
        "METHOD_NOT_ALLOWED"
    );
}

#[tokio::test]
async fn a_record_lives_and_dies() {
    let client = Client::start();
    let made = client
        .send(
            "POST",
            ACCOUNT,
            r#"{"Name":"Ünïcode & Sons","NumberOfEmployees":7}"#,
        )
        .await;
    assert_eq!((made.status, &made.json()["success"]), (201, &json!(true)));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        made.headers["location"].to_str().unwrap(),
        format!("{ACCOUNT}/{id}")
    );
    let read = client
        .get(&format!(
            "{ACCOUNT}/{id}?fields=Name,NumberOfEmployees,Owner.Name"
        ))
        .await;
    assert_eq!(read.json()["Name"], "Ünïcode & Sons");
    assert_eq!(read.json()["Owner"]["Name"], "Ada Admin");
    assert_eq!(
        client
            .send("PATCH", &format!("{ACCOUNT}/{id}"), r#"{"Name":"Plain"}"#)
            .await
            .status,
        204
    );
    assert_eq!(
        client.get(&format!("{ACCOUNT}/{id}")).await.json()["Name"],
        "Plain"
    );
    assert_eq!(
        client
            .get(&format!("{ACCOUNT}/{id}?fields=Nope"))
            .await
            .code(),
        "INVALID_FIELD"
    );
    assert_eq!(
        client
            .send("DELETE", &format!("{ACCOUNT}/{id}"), "")
            .await
            .status,
        204
    );
    let gone = client.get(&format!("{ACCOUNT}/{id}")).await;
    assert_eq!(
        (gone.status, gone.code().as_str()),
        (404, "ENTITY_IS_DELETED")
    );
}

#[tokio::test]
async fn bad_writes_change_nothing() {
    let client = Client::start();
    let count =
        async || client.query("SELECT COUNT() FROM Account").await.json()["totalSize"].clone();
    let before = count().await;
    for (body, code) in [
        ("{}", "REQUIRED_FIELD_MISSING"),
        ("[1]", "JSON_PARSER_ERROR"),
        ("{\"Name\":", "JSON_PARSER_ERROR"),
        (r#"{"Name":"x","Nope":1}"#, "INVALID_FIELD"),
    ] {
        let answer = client.send("POST", ACCOUNT, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code));
    }
    assert_eq!(
        client.send("POST", ACCOUNT, "{}").await.json()[0]["fields"],
        json!(["Name"])
    );
    assert_eq!(count().await, before);
}

#[tokio::test]
async fn pages_are_followed_to_the_end() {
    let client = Client::with(Options {
        page: 220,
        ..Options::default()
    });
    let mut answer = client.query("SELECT Id FROM Account").await.json();
    let mut ids: Vec<Json> = Vec::new();
    let mut pages = 1;
    loop {
        assert_eq!(answer["totalSize"], 500);
        ids.extend(
            answer["records"]
                .as_array()
                .unwrap()
                .iter()
                .map(|record| record["Id"].clone()),
        );
        let Some(next) = answer["nextRecordsUrl"].as_str() else {
            break;
        };
        assert_eq!(answer["done"], false);
        answer = client.get(next).await.json();
        pages += 1;
    }
    assert_eq!((pages, ids.len(), &answer["done"]), (3, 500, &json!(true)));
    let distinct: std::collections::HashSet<_> = ids.iter().map(Json::to_string).collect();
    assert_eq!(distinct.len(), 500);
    for locator in [
        "nonsense",
        "01g5g0000000009AAA-200",
        "01g5g0000000001AAA-999",
    ] {
        assert_eq!(
            client
                .get(&format!("/services/data/v62.0/query/{locator}"))
                .await
                .code(),
            "INVALID_QUERY_LOCATOR"
        );
    }
}

#[tokio::test]
async fn a_client_may_ask_for_smaller_pages() {
    let client = Client::start();
    let path = "/services/data/v62.0/query?q=SELECT+Id+FROM+Account";
    for (options, rows) in [
        ("batchSize=250", 250),
        ("batchSize=5", 200),
        ("batchSize=9999", 500),
        ("nonsense", 500),
    ] {
        let answer = client
            .try_send("GET", path, &[("sforce-query-options", options)], "")
            .await
            .unwrap();
        assert_eq!(
            answer.json()["records"].as_array().unwrap().len(),
            rows,
            "{options}"
        );
    }
}

#[tokio::test]
async fn searches_find_records() {
    let client = Client::start();
    let name = client
        .query("SELECT Name FROM Account LIMIT 1")
        .await
        .json()["records"][0]["Name"]
        .as_str()
        .unwrap()
        .to_owned();
    let find = name.replace(' ', "+");
    let found = client
        .get(&format!(
            "/services/data/v62.0/search?q=FIND+%7B%22{find}%22%7D+RETURNING+Account(Id,Name)"
        ))
        .await;
    assert_eq!(found.json()["searchRecords"][0]["Name"], name);
    let found = client
        .get(&format!(
            "/services/data/v62.0/parameterizedSearch?q={find}&sobject=Account&Account.fields=Name"
        ))
        .await;
    assert_eq!(found.json()["searchRecords"][0]["Name"], name);
    assert_eq!(
        client
            .get("/services/data/v62.0/search?q=FIND")
            .await
            .code(),
        "MALFORMED_SEARCH"
    );
}

#[tokio::test]
async fn the_day_has_an_end() {
    let client = Client::with(Options {
        daily_limit: 2,
        ..Options::default()
    });
    for expected in [200, 200, 403] {
        assert_eq!(
            client.get("/services/data/v62.0/limits").await.status,
            expected
        );
    }
    assert_eq!(
        client.get("/services/data/v62.0/limits").await.code(),
        "REQUEST_LIMIT_EXCEEDED"
    );
}

#[tokio::test]
async fn requests_are_recorded() {
    let client = Client::start();
    client.query("SELECT Id FROM User").await;
    let recorded = client.emulator.requests().all();
    assert_eq!(recorded.len(), 1);
    assert_eq!(
        (recorded[0].method.as_str(), recorded[0].path.as_str()),
        ("GET", "/services/data/v62.0/query")
    );
    assert_eq!(recorded[0].query, "q=SELECT+Id+FROM+User");
    assert_eq!(
        recorded[0].header("authorization"),
        Some(&*format!("Bearer {}", client.token))
    );
}
