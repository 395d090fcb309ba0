//! `/api/v1/market`: what there is, as JSON.
//!
//! | request | what |
//! |---|---|
//! | `GET /search?q=&skip=&max=&kind=&capability=&effect=&service=&language=&price=&publisher=` | skills, and what they can be chosen by further; a facet may be said several times |
//! | `GET /skills/NAME` | a skill's versions, the newest first, and what is told of the newest |
//! | `GET /skills/NAME/VERSION` | everything the version's file says, its tools with their schemas |
//! | `GET /skills/NAME/VERSION/SKILL.md` | its words |

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    extract::{FromRequestParts, Path, State},
    http::{HeaderMap, StatusCode, Uri, request::Parts},
    response::Response,
    routing::get,
};
use metier_core::SkillName;
use metier_market::keeper::{
    Summary,
    registry::{Record, Reference, tag},
};
use metier_store::search::{Facet, MAX_HITS, SearchQuery};
use semver::Version;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    MarketApp,
    cached::{self, A_MINUTE, ASK_AGAIN, FOR_EVER},
    failure::{not_there, problem},
};
use crate::problem::Problem;

/// Hits on a page where nothing is said.
const HITS: usize = 20;

/// All routes.
pub fn router() -> Router<Arc<MarketApp>> {
    Router::new()
        .route("/api/v1/market/search", get(search))
        .route("/api/v1/market/skills/{namespace}/{skill}", get(skill))
        .route(
            "/api/v1/market/skills/{namespace}/{skill}/{version}",
            get(version),
        )
        .route(
            "/api/v1/market/skills/{namespace}/{skill}/{version}/SKILL.md",
            get(skill_md),
        )
}

/// The skill and the version of a path.
pub struct Named {
    /// The skill.
    pub skill: SkillName,
    /// The version, where there is one.
    pub version: Option<Version>,
}

#[derive(Deserialize)]
struct Parted {
    namespace: String,
    skill: String,
    version: Option<String>,
}

impl FromRequestParts<Arc<MarketApp>> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<MarketApp>) -> Result<Self, Problem> {
        let nothing = || not_there("There is no such skill or version.");
        let path = Path::<Parted>::from_request_parts(parts, app).await;
        let Path(path) = path.map_err(|_| nothing())?;
        let skill = format!("{}/{}", path.namespace, path.skill).parse();
        let version = path.version.map(|text| match text.parse() {
            Ok(Reference::Version(version)) => Ok(version),
            // In a path a version may have its `+`.
            _ => text.parse::<Version>().map_err(|_| nothing()),
        });
        Ok(Named {
            skill: skill.map_err(|_| nothing())?,
            version: version.transpose()?,
        })
    }
}

/// What is looked for, from behind the `?`.
///
/// # Errors
/// A number that is none.
pub fn query(uri: &Uri) -> Result<SearchQuery, Problem> {
    let mut query = SearchQuery {
        max: HITS,
        ..SearchQuery::default()
    };
    for (name, value) in pairs(uri) {
        match name.as_str() {
            "q" => query.text = value,
            "skip" => query.skip = number(&value)?,
            "max" => query.max = number(&value)?.min(MAX_HITS),
            name => {
                if let Some(facet) = Facet::named(name).filter(|_| !value.is_empty()) {
                    query.facets.insert((facet, value));
                }
            }
        }
    }
    Ok(query)
}

fn pairs(uri: &Uri) -> Vec<(String, String)> {
    let query = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
    query.map(|query| query.0).unwrap_or_default()
}

fn number(text: &str) -> Result<usize, Problem> {
    text.parse().map_err(|_| {
        Problem::http(
            StatusCode::BAD_REQUEST,
            "`skip` and `max` are numbers.",
            "Leave them out for the first page.",
        )
    })
}

async fn search(
    State(app): State<Arc<MarketApp>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = app.market.find(&query(&uri)?).await.map_err(problem)?;
    let hits = found.hits.iter();
    let hits: Vec<Summary> = hits.filter_map(|hit| Summary::read(&hit.shown)).collect();
    let facets: BTreeMap<&str, Vec<Value>> = found
        .facets
        .iter()
        .map(|(facet, values)| {
            let values = values.iter();
            let told = values.map(|(value, count)| json!({"value": value, "count": count}));
            (facet.name(), told.collect())
        })
        .collect();
    let told = json!({
        "skills": hits,
        "total": found.total,
        "at-least": found.is_cut,
        "corrected": found.corrected,
        "facets": facets,
    });
    Ok(cached::json(&headers, &told, A_MINUTE))
}

/// Versions of a skill; there is at least one.
///
/// # Errors
/// Where there is no such skill.
pub async fn versions(app: &MarketApp, skill: &SkillName) -> Result<Vec<Record>, Problem> {
    let versions = app.market.versions(skill).await.map_err(problem)?;
    match versions.is_empty() {
        true => Err(not_there("There is no such skill.")),
        false => Ok(versions),
    }
}

async fn skill(
    State(app): State<Arc<MarketApp>>,
    named: Named,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let versions = versions(&app, &named.skill).await?;
    let newest = app.market.newest(&named.skill).await.map_err(problem)?;
    let told = json!({
        "name": named.skill,
        "newest": newest.map(|(_, record)| Summary::of(&record)),
        "versions": versions.iter().map(in_short).collect::<Vec<_>>(),
    });
    Ok(cached::json(&headers, &told, ASK_AGAIN))
}

fn in_short(record: &Record) -> Value {
    json!({
        "version": record.facts.version,
        "manifest": record.manifest,
        "component": record.component,
        "size": record.size,
        "at": record.at,
    })
}

async fn record(app: &MarketApp, named: &Named) -> Result<Record, Problem> {
    let nothing = || not_there("There is no such version.");
    let version = named.version.as_ref().ok_or_else(nothing)?;
    let found = app.market.record(&named.skill, version).await;
    found.map_err(problem)
}

async fn version(
    State(app): State<Arc<MarketApp>>,
    named: Named,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let record = record(&app, &named).await?;
    let looked = app.market.registry().look_into(&record).await;
    let described = looked.map_err(|error| problem(error.into()))?;
    let base = format!("/v2/{}", named.skill);
    let told = json!({
        "name": record.facts.name,
        "kind": record.facts.kind,
        "version": record.facts.version,
        "description": record.facts.description,
        "license": record.facts.license,
        "homepage": record.facts.homepage,
        "language": record.facts.language,
        "paid": record.facts.paid,
        "capabilities": record.facts.capabilities,
        "services": record.facts.services,
        "manifest": record.manifest,
        "component": record.component,
        "size": record.size,
        "at": record.at,
        "download": format!("{base}/blobs/{}", record.component),
        "oci": format!("{base}/manifests/{}", tag(&record.facts.version)),
        "skill-toml": record.facts.kind.is_skill().then_some(&described.manifest_text),
        "definition": described.agent.as_ref().map(|package| package.text()),
        "skills": record.facts.skills,
        "skill-md": described.skill_md,
        "tools": described.tools,
    });
    Ok(cached::json(&headers, &told, ASK_AGAIN))
}

async fn skill_md(
    State(app): State<Arc<MarketApp>>,
    named: Named,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let record = record(&app, &named).await?;
    let looked = app.market.registry().look_into(&record).await;
    let described = looked.map_err(|error| problem(error.into()))?;
    let text = described.skill_md.clone();
    let text = text.ok_or_else(|| not_there("This version carries no SKILL.md."))?;
    let media_type = "text/markdown; charset=utf-8";
    Ok(cached::answer(
        &headers,
        media_type,
        text.into_bytes(),
        FOR_EVER,
    ))
}
