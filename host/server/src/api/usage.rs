//! `/usage`: what was booked.

use std::sync::Arc;

use axum::{Json as Answer, extract::State};
use metier_store::types::{Time, UsageFilter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{List, moment};
use crate::{
    app::App,
    body::Params,
    gate::Who,
    problem::{Problem, ProblemDetails},
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(usage))
}

/// What was booked on one account.
#[derive(Serialize, ToSchema)]
struct Booked {
    /// The account: `model/NAME`, or `model/NAME/skill/ALIAS` where a skill asked; `skill/NAME` for what a skill's publisher asks for its calls
    account: String,
    /// 10⁻⁹ US dollars.
    nano_dollars: i64,
    /// In how many lines.
    lines: u64,
}

/// From when to when, and of which run.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    from: Option<String>,
    to: Option<String>,
    run: Option<String>,
}

/// Add up what was booked
#[utoipa::path(get, path = "/usage", tag = "usage", params(
    ("from" = Option<String>, Query, description = "RFC 3339"), ("to" = Option<String>, Query, description = "RFC 3339, exclusive"),
    ("run" = Option<String>, Query,),
), responses(
    (status = 200, body = List<Booked>),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn usage(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Params(span): Params<Span>,
) -> Result<Answer<List<Booked>>, Problem> {
    let moment = |text: Option<String>| -> Result<Option<Time>, Problem> {
        text.as_deref().map(moment::read).transpose()
    };
    let filter = UsageFilter {
        tenant: None,
        run: span.run.as_deref().map(super::runs::id_of).transpose()?,
        from: moment(span.from)?,
        to: moment(span.to)?,
    };
    let usage = app.service.usage(&caller, filter).await?;
    Ok(List::whole(usage.into_iter().map(|usage| Booked {
        account: usage.account.to_string(),
        nano_dollars: usage.amount.0,
        lines: usage.lines,
    })))
}
