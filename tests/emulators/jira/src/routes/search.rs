//! What only looks: searches, people, and what the site is.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::{Answer, Shared, body, json as answer, list};
use crate::jql;
use crate::refused::Refused;
use crate::site::{PEOPLE, TYPES};
use crate::view::View;

/// The largest page.
const MAX_PAGE: usize = 100;

/// A page when nothing is said.
const PAGE: usize = 50;

pub(super) async fn by_query(
    State(shared): State<Shared>,
    Path(version): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Answer {
    let view = shared.view(&version, &headers)?;
    let one = |name: &str| {
        let found = query.iter().find(|(known, _)| known == name);
        found.map(|(_, text)| text.as_str())
    };
    let asked = json!({
        "jql": one("jql"), "nextPageToken": one("nextPageToken"),
        "maxResults": one("maxResults").and_then(|text| text.parse::<u64>().ok()), "fields": list(&query, "fields"),
    });
    found(&shared, &view, &asked)
}

pub(super) async fn by_body(
    State(shared): State<Shared>,
    Path(version): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let view = shared.view(&version, &headers)?;
    found(&shared, &view, &body(&bytes)?)
}

/// Token paging, as Jira Cloud has had it since it took the old search away.
fn found(shared: &Shared, view: &View, asked: &Value) -> Answer {
    let query = jql::Query::parse(asked["jql"].as_str().unwrap_or_default())
        .map_err(|why| Refused::whole(400, format!("Error in the JQL Query: {why}")))?;
    let fields = asked["fields"].as_array().into_iter().flatten();
    let mut names: Vec<&str> = fields.filter_map(Value::as_str).collect();
    if names.is_empty() {
        names.push("id");
    }
    let token = asked["nextPageToken"].as_str().unwrap_or("0");
    let start: usize = token
        .parse()
        .map_err(|_| Refused::whole(400, "The page token is not valid."))?;
    let asked_for = asked["maxResults"].as_u64().filter(|size| *size > 0);
    let size = asked_for.map_or(PAGE, |size| {
        usize::try_from(size).unwrap_or(MAX_PAGE).min(MAX_PAGE)
    });
    let site = shared.site();
    let issues = query.of(&site.issues);
    let end = start.saturating_add(size).min(issues.len());
    let page = issues.get(start..end).unwrap_or_default();
    let shown: Vec<Value> = page.iter().map(|issue| view.issue(issue, &names)).collect();
    Ok(answer(
        200,
        match end < issues.len() {
            true => json!({ "issues": shown, "isLast": false, "nextPageToken": end.to_string() }),
            false => json!({ "issues": shown, "isLast": true }),
        },
    ))
}

pub(super) async fn removed() -> Refused {
    Refused::whole(
        410,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.",
    )
}

pub(super) async fn assignable(
    State(shared): State<Shared>,
    Path(version): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Answer {
    if !query.contains_key("project") && !query.contains_key("issueKey") {
        return Err(Refused::whole(
            400,
            "Either the project or the issueKey must be given.",
        ));
    }
    people(&shared.view(&version, &headers)?, &query)
}

pub(super) async fn users(
    State(shared): State<Shared>,
    Path(version): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Answer {
    people(&shared.view(&version, &headers)?, &query)
}

fn people(view: &View, query: &HashMap<String, String>) -> Answer {
    let wanted = query
        .get("query")
        .map(|text| text.to_lowercase())
        .unwrap_or_default();
    let fits =
        |name: &str, mail: &str| name.to_lowercase().contains(&wanted) || mail.contains(&wanted);
    let found = PEOPLE.iter().filter(|(_, name, mail)| fits(name, mail));
    Ok(answer(200, found.map(|(id, ..)| view.person(id)).collect()))
}

pub(super) async fn server(
    State(shared): State<Shared>,
    Path(version): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let view = shared.view(&version, &headers)?;
    let site = view.base.split("/rest").next();
    Ok(answer(
        200,
        json!({
            "baseUrl": site, "version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud",
        }),
    ))
}

pub(super) async fn myself(
    State(shared): State<Shared>,
    Path(version): Path<String>,
    headers: HeaderMap,
) -> Answer {
    Ok(answer(
        200,
        shared.view(&version, &headers)?.person(PEOPLE[0].0),
    ))
}

pub(super) async fn project(
    State(shared): State<Shared>,
    Path(version): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let view = shared.view(&version, &headers)?;
    let types = TYPES.iter().enumerate();
    let types: Vec<Value> = types
        .map(|(id, name)| json!({ "id": id.to_string(), "name": name }))
        .collect();
    Ok(answer(
        200,
        json!({
            "self": format!("{}/project/10000", view.base), "id": "10000", "key": "ABC", "name": "Alphabet",
            "issueTypes": types,
        }),
    ))
}

pub(super) async fn fields() -> Answer {
    let names = [
        "summary",
        "description",
        "assignee",
        "status",
        "labels",
        "attachment",
    ];
    let field = |name: &&str| json!({ "id": name, "name": name, "custom": false });
    Ok(answer(200, names.iter().map(field).collect()))
}
