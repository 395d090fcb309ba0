//! `/v0.1/servers`: the same skills as the MCP Registry's API tells of servers, for clients and aggregators that read it.
//!
//! A skill is no server by itself: its package says that `metier` runs it. What the fields are is the registry's
//! [`server.json`](https://github.com/modelcontextprotocol/registry) of 2025-12-11.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use metier_core::{Digest, SkillName};
use metier_market::{
    keeper::{
        Cursor, MarketError, Summary,
        registry::{Record, tag},
    },
    kind::Kind,
};
use metier_store::search::{Facet, SearchQuery};
use semver::Version;
use serde::Deserialize;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    MarketApp,
    base::Base,
    cached::{self, A_MINUTE, ASK_AGAIN},
};

/// What `server` is.
const SCHEMA: &str = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";

/// The registry's own part of what is told of a version.
const OFFICIAL: &str = "io.modelcontextprotocol.registry/official";

/// Versions on one page where nothing is said, and at most, as the official registry has it.
const PAGE: usize = 30;
const MAX_PAGE: usize = 100;

/// Longest description of a server, in characters.
const MAX_DESCRIPTION: usize = 100;

/// All routes.
pub fn router() -> Router<Arc<MarketApp>> {
    Router::new()
        .route("/v0.1/servers", get(list))
        .route("/v0.1/servers/{name}/versions", get(versions))
        .route("/v0.1/servers/{name}/versions/{version}", get(version))
}

/// Why there is no answer: `{"error": "…"}`.
struct Refused(StatusCode, &'static str);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

impl From<MarketError> for Refused {
    fn from(error: MarketError) -> Self {
        tracing::error!(%error, "the market could not answer");
        Refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The registry cannot answer now",
        )
    }
}

const NO_SERVER: Refused = Refused(StatusCode::NOT_FOUND, "Server not found");

#[derive(Debug, Default, Deserialize)]
struct Asked {
    cursor: Option<String>,
    limit: Option<usize>,
    search: Option<String>,
    updated_since: Option<String>,
    version: Option<String>,
}

async fn list(
    State(app): State<Arc<MarketApp>>,
    base: Base,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let unreadable = |_| Refused(StatusCode::BAD_REQUEST, "The parameters cannot be read");
    let Query(asked) = asked.map_err(unreadable)?;
    let limit = asked.limit.unwrap_or(PAGE);
    if limit == 0 {
        return Err(Refused(StatusCode::BAD_REQUEST, "limit is at least 1"));
    }
    let limit = limit.min(MAX_PAGE);
    let since = asked.updated_since.as_deref().map(moment).transpose()?;
    let wanted = Wanted {
        since,
        version: asked.version.as_deref(),
    };
    let (told, next) = match asked.search.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => found(&app, &base, text, &wanted, asked.cursor.as_deref(), limit).await?,
        None => listed(&app, &base, &wanted, asked.cursor.as_deref(), limit).await?,
    };
    let mut metadata = json!({"count": told.len()});
    if let Some(next) = next {
        metadata["nextCursor"] = json!(next);
    }
    let told = json!({"servers": told, "metadata": metadata});
    Ok(cached::json(&headers, &told, A_MINUTE))
}

/// Which versions are wanted.
struct Wanted<'a> {
    since: Option<i64>,
    version: Option<&'a str>,
}

impl Wanted<'_> {
    fn is(&self, record: &Record, is_latest: bool) -> bool {
        let is_new = self.since.is_none_or(|since| record.at >= since);
        let is_version = match self.version {
            None => true,
            Some("latest") => is_latest,
            Some(exact) => record.facts.version.to_string() == exact,
        };
        is_new && is_version
    }
}

/// All there are in the order of their names, from where a cursor was left.
async fn listed(
    app: &MarketApp,
    base: &Base,
    wanted: &Wanted<'_>,
    cursor: Option<&str>,
    limit: usize,
) -> Result<(Vec<Value>, Option<String>), Refused> {
    let mut after = cursor
        .filter(|text| !text.is_empty())
        .map(read)
        .transpose()?;
    let mut told = Vec::new();
    loop {
        let shelf = app.market.shelf(after.as_ref(), limit).await?;
        if shelf.is_empty() {
            return Ok((told, None));
        }
        for versions in &shelf {
            let Some(first) = versions.first().filter(|first| is_server(first)) else {
                after = last(versions).or(after);
                continue;
            };
            let latest = latest(app, &first.facts.name).await?;
            for record in versions {
                let is_latest = latest == Some(record.manifest);
                after = Some(Cursor {
                    skill: record.facts.name.clone(),
                    version: Some(record.facts.version.clone()),
                });
                if wanted.is(record, is_latest) {
                    told.push(entry(base, record, is_latest));
                    if told.len() == limit {
                        return Ok((told, after.as_ref().map(written)));
                    }
                }
            }
        }
    }
}

/// Those with words in them, the best first; a cursor is how many were told.
async fn found(
    app: &MarketApp,
    base: &Base,
    text: &str,
    wanted: &Wanted<'_>,
    cursor: Option<&str>,
    limit: usize,
) -> Result<(Vec<Value>, Option<String>), Refused> {
    let bad = |_| {
        Refused(
            StatusCode::BAD_REQUEST,
            "The cursor is none of this registry",
        )
    };
    let skip: usize = cursor.map_or(Ok(0), str::parse).map_err(bad)?;
    let query = SearchQuery {
        text: text.to_owned(),
        skip,
        max: limit,
        facets: [(Facet::Kind, Kind::Skill.to_string())].into(),
    };
    let found = app.market.find(&query).await?;
    let mut told = Vec::new();
    for hit in &found.hits {
        let Some(summary) = Summary::read(&hit.shown) else {
            continue;
        };
        for record in app.market.versions(&hit.name).await? {
            let is_latest = record.facts.version == summary.version;
            // One of each, where nothing else is said.
            let is_meant = is_latest || wanted.version.is_some();
            if is_meant && wanted.is(&record, is_latest) {
                told.push(entry(base, &record, is_latest));
            }
        }
    }
    let end = skip + found.hits.len();
    let next = (end < found.total).then(|| end.to_string());
    Ok((told, next))
}

fn name_of(name: &str) -> Result<SkillName, Refused> {
    name.parse().map_err(|_| NO_SERVER)
}

async fn all_of(app: &MarketApp, name: &str) -> Result<Vec<Record>, Refused> {
    let versions = app.market.versions(&name_of(name)?).await?;
    match versions.first().is_some_and(is_server) {
        true => Ok(versions),
        false => Err(NO_SERVER),
    }
}

/// An agent is none: nothing that speaks this protocol starts it.
fn is_server(record: &Record) -> bool {
    record.facts.kind == Kind::Skill
}

/// Behind the last of these.
fn last(versions: &[Record]) -> Option<Cursor> {
    versions.last().map(|record| Cursor {
        skill: record.facts.name.clone(),
        version: Some(record.facts.version.clone()),
    })
}

/// The newest version nothing is said against.
async fn latest(app: &MarketApp, skill: &SkillName) -> Result<Option<Digest>, Refused> {
    let newest = app.market.newest(skill).await?;
    Ok(newest.map(|(_, record)| record.manifest))
}

async fn versions(
    State(app): State<Arc<MarketApp>>,
    base: Base,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let mut versions = all_of(&app, &name).await?;
    let latest = latest(&app, &name_of(&name)?).await?;
    versions.sort_by_key(|record| std::cmp::Reverse(record.at));
    let told: Vec<Value> = versions
        .iter()
        .map(|record| entry(&base, record, latest == Some(record.manifest)))
        .collect();
    let told = json!({"metadata": {"count": told.len()}, "servers": told});
    Ok(cached::json(&headers, &told, ASK_AGAIN))
}

async fn version(
    State(app): State<Arc<MarketApp>>,
    base: Base,
    Path((name, version)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let versions = all_of(&app, &name).await?;
    let latest = latest(&app, &name_of(&name)?).await?;
    let is_asked = |record: &&Record| match version.as_str() {
        "latest" => latest == Some(record.manifest),
        exact => record.facts.version.to_string() == exact,
    };
    let record = versions.iter().find(is_asked).ok_or(NO_SERVER)?;
    let told = entry(&base, record, latest == Some(record.manifest));
    Ok(cached::json(&headers, &told, ASK_AGAIN))
}

/// A version as the registry tells it.
fn entry(base: &Base, record: &Record, is_latest: bool) -> Value {
    let facts = &record.facts;
    let description = facts.description.as_deref().unwrap_or(facts.name.as_str());
    let description: String = description.chars().take(MAX_DESCRIPTION).collect();
    let at = written_moment(record.at);
    let mut server = json!({
        "$schema": SCHEMA,
        "name": facts.name,
        "description": description,
        "version": facts.version,
        "packages": [{
            "registryType": "oci",
            "registryBaseUrl": base.0,
            "identifier": format!("{}/{}:{}", base.host(), facts.name, tag(&facts.version)),
            "version": facts.version,
            "fileSha256": record.component.to_hex(),
            "runtimeHint": "metier",
            "transport": {"type": "stdio"},
        }],
    });
    if let Some(homepage) = &facts.homepage {
        server["websiteUrl"] = json!(homepage);
    }
    json!({
        "server": server,
        "_meta": {OFFICIAL: {
            "status": "active",
            "publishedAt": at,
            "updatedAt": at,
            "isLatest": is_latest,
        }},
    })
}

/// Where a list was left, as the official registry writes it.
fn written(cursor: &Cursor) -> String {
    let version = cursor.version.as_ref();
    let version = version.map_or(String::new(), Version::to_string);
    format!("{}:{version}", cursor.skill)
}

fn read(text: &str) -> Result<Cursor, Refused> {
    let read = || {
        let (skill, version) = text.split_once(':')?;
        Some(Cursor {
            skill: skill.parse().ok()?,
            version: Some(version.parse().ok()?),
        })
    };
    read().ok_or(Refused(
        StatusCode::BAD_REQUEST,
        "The cursor is none of this registry",
    ))
}

/// Microseconds since 1970 of a moment.
fn moment(text: &str) -> Result<i64, Refused> {
    let moment = OffsetDateTime::parse(text, &Rfc3339);
    let micros = moment.map(|moment| moment.unix_timestamp_nanos() / 1_000);
    let bad = Refused(
        StatusCode::BAD_REQUEST,
        "updated_since is a moment of RFC 3339",
    );
    micros
        .ok()
        .and_then(|micros| i64::try_from(micros).ok())
        .ok_or(bad)
}

fn written_moment(micros: i64) -> Option<String> {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000);
    moment.ok()?.format(&Rfc3339).ok()
}
