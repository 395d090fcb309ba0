//! `/accounts`: which accounts of their own a user has connected. Connecting one takes a browser: the console's page Accounts.

use std::sync::Arc;

use axum::{Json as Answer, extract::State, http::StatusCode};
use metier_core::{Code, Fault};
use metier_service::accounts::Account;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::List;
use crate::{
    app::App,
    body::Named,
    gate::Who,
    problem::{Problem, ProblemDetails},
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(disconnect))
}

/// An account that the key's user may connect.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
struct AccountBody {
    /// The skill that works with it.
    skill: String,
    /// What the skill's grant calls it.
    credential: String,
    /// At whose place the user agrees.
    issuer: String,
    /// What is asked for.
    scope: Option<String>,
    /// The only hosts it is sent to.
    hosts: Vec<String>,
    /// Whether the user has connected it.
    connected: bool,
}

impl From<Account> for AccountBody {
    fn from(account: Account) -> Self {
        AccountBody {
            skill: account.alias.as_str().to_owned(),
            credential: account.credential.to_string(),
            issuer: account.issuer,
            scope: account.scope,
            hosts: account.hosts,
            connected: account.connected,
        }
    }
}

/// List the accounts that the key's user may connect
#[utoipa::path(get, path = "/accounts", tag = "accounts", responses(
    (status = 200, body = List<AccountBody>),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<Arc<App>>,
    Who(caller): Who,
) -> Result<Answer<List<AccountBody>>, Problem> {
    let accounts = app.service.accounts(&caller).await?;
    Ok(List::whole(accounts.into_iter().map(AccountBody::from)))
}

/// Forget an account of the key's user, and ask the issuer to take the token back
#[utoipa::path(delete, path = "/accounts/{skill}/{credential}", tag = "accounts", params(
    ("skill" = String, Path,),
    ("credential" = String, Path,),
), responses(
    (status = 204),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn disconnect(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named((skill, credential)): Named<(String, String)>,
) -> Result<StatusCode, Problem> {
    let skill = skill.parse().map_err(|_| super::nothing_there())?;
    let credential = credential.parse().map_err(|_| super::nothing_there())?;
    // To its end, whether the client waits for it or not.
    let forgetting =
        tokio::spawn(async move { app.service.disconnect(&caller, &skill, &credential).await });
    let broken_off =
        |error: tokio::task::JoinError| Fault::new(Code::HostInternal, error.to_string());
    forgetting.await.map_err(broken_off)??;
    Ok(StatusCode::NO_CONTENT)
}
