//! `/audit`: what was written down.

use std::sync::Arc;

use axum::{Json as Answer, extract::State};
use metier_service::audit::{Filter, Record, search::MAX_PAGE};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{List, moment};
use crate::{
    app::App,
    body::Params,
    gate::Who,
    problem::{Problem, ProblemDetails},
};

/// Records of a page unless another number is asked for.
const PAGE: usize = 50;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(search))
}

/// A record of the audit trail.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditRecord)]
struct RecordBody {
    /// Its number in its host's trail.
    seq: u64,
    /// When.
    at: String,
    /// What sort of thing happened: `call`, `denied`, `grant` and so on.
    kind: String,
    /// Whose it is.
    tenant: Option<String>,
    /// Who did it.
    principal: Option<String>,
    /// In which request; of a call, its id.
    request: Option<String>,
    /// Its hash, which the next record stands on.
    hash: String,
    /// What its kind has, by the names of the trail.
    #[schema(value_type = Object)]
    details: Map<String, Value>,
}

impl From<Record> for RecordBody {
    fn from(record: Record) -> Self {
        RecordBody {
            seq: record.seq,
            at: moment::of_millis(record.at),
            kind: record.kind,
            tenant: record.tenant,
            principal: record.principal,
            request: record.request,
            hash: record.hash,
            details: record.rest,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    kind: Option<String>,
    principal: Option<String>,
    text: Option<String>,
    from: Option<String>,
    to: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// Search the audit trail, the newest first. A page may have fewer records than asked for, or none, and still name a next one
#[utoipa::path(get, path = "/audit", tag = "audit", params(
    ("kind" = Option<String>, Query, description = "Of this kind"),
    ("principal" = Option<String>, Query, description = "By this principal"),
    ("text" = Option<String>, Query, description = "With this text anywhere, as JSON has it"),
    ("from" = Option<String>, Query, description = "RFC 3339"),
    ("to" = Option<String>, Query, description = "RFC 3339, exclusive"),
    ("cursor" = Option<String>, Query, description = "Where the page begins: `next` of the one before"),
    ("limit" = Option<usize>, Query, description = "At most so many, up to 500"),
), responses(
    (status = 200, body = List<RecordBody>),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn search(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Params(wanted): Params<Wanted>,
) -> Result<Answer<List<RecordBody>>, Problem> {
    let filter = Filter {
        tenant: Some(caller.tenant.clone()),
        kind: wanted.kind,
        principal: wanted.principal,
        text: wanted.text,
        from: millis(wanted.from)?,
        to: millis(wanted.to)?,
    };
    let max = wanted.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let found = app
        .service
        .records(&caller, filter, wanted.cursor, max)
        .await?;
    Ok(Answer(List {
        items: found.records.into_iter().map(RecordBody::from).collect(),
        next: found.next,
    }))
}

/// Milliseconds since 1970; before, there is nothing.
fn millis(text: Option<String>) -> Result<Option<u64>, Problem> {
    let time = text.as_deref().map(moment::read).transpose()?;
    Ok(time.map(|time| u64::try_from(time.0 / 1_000).unwrap_or(0)))
}
