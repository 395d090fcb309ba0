//! Where agents and Wasm tools look by themselves.
//!
//! `agent-skills/index.json` is draft 0.2.0 of Agent Skills Discovery: one artifact a skill, its SKILL.md, with its digest. Two skills of the
//! same short name are one to such a client: the one that was published first is told, so that nobody takes a name over by coming later.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use metier_core::SkillName;
use metier_market::keeper::{self, registry::Record};
use serde_json::{Value, json};

use super::{
    MarketApp,
    base::Base,
    cached::{self, A_MINUTE},
    failure::problem,
};
use crate::problem::Problem;

const SCHEMA: &str = "https://schemas.agentskills.io/discovery/0.2.0/schema.json";

/// Skills in the index. Who wants more searches.
const MAX_SKILLS: usize = 1_000;

/// Skills that are looked at at once.
const AT_ONCE: usize = 500;

/// All routes.
pub fn router() -> Router<Arc<MarketApp>> {
    Router::new()
        .route("/.well-known/agent-skills/index.json", get(agent_skills))
        .route("/.well-known/wasm-pkg/registry.json", get(wasm_pkg))
}

async fn agent_skills(
    State(app): State<Arc<MarketApp>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // By short name: when the first version was published, and the newest.
    let mut skills: BTreeMap<String, (i64, Record)> = BTreeMap::new();
    let mut after: Option<SkillName> = None;
    while skills.len() < MAX_SKILLS {
        let names = app.market.skills(after.as_ref(), AT_ONCE);
        let Some(last) = names.last() else {
            break;
        };
        after = Some(last.clone());
        for name in &names {
            let newest = app.market.newest(name).await.map_err(problem)?;
            let newest = newest.filter(|(_, record)| record.facts.skill_md.is_some());
            let Some((first, newest)) = newest else {
                continue;
            };
            let short = name.short().to_owned();
            let is_first = skills.get(&short).is_none_or(|(there, _)| first < *there);
            if is_first {
                skills.insert(short, (first, newest));
            }
        }
    }
    let told: Vec<Value> = skills
        .values()
        .filter_map(|(_, record)| entry(record))
        .take(MAX_SKILLS)
        .collect();
    let told = json!({"$schema": SCHEMA, "skills": told});
    Ok(open(cached::json(&headers, &told, A_MINUTE)))
}

fn entry(record: &Record) -> Option<Value> {
    let (facts, words) = (&record.facts, record.facts.skill_md.as_ref()?);
    Some(json!({
        "name": facts.name.short(),
        "type": "skill-md",
        "description": words.description,
        "url": format!("/api/v1/market/skills/{}/{}/SKILL.md", facts.name, keeper::registry::tag(&facts.version)),
        "digest": words.digest,
    }))
}

/// What `wkg` reads to learn that this is an OCI registry, and how its names are ours.
async fn wasm_pkg(State(app): State<Arc<MarketApp>>, base: Base) -> Response {
    let oci = json!({"registry": base.host(), "namespacePrefix": app.settings.wkg_prefix});
    let mut response = Json(json!({
        "preferredProtocol": "oci",
        "oci": oci,
        // As older releases read it.
        "ociRegistry": base.host(),
        "ociNamespacePrefix": app.settings.wkg_prefix,
    }))
    .into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(A_MINUTE));
    headers.insert(header::VARY, HeaderValue::from_static("host"));
    open(response)
}

/// Pages of other origins may read it: it is public, and the same for all.
fn open(mut response: Response) -> Response {
    let all = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, all);
    response
}
