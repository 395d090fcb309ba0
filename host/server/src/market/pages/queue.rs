//! What waits for a person: shown with what each finding rests on, and decided.
//!
//! For who keeps the market alone, by their token. Every form carries the word of its session, and is of this market's own pages.

use std::{sync::Arc, time::Instant};

use axum::{
    Extension, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use maud::{Markup, html};
use metier_market::{
    keeper::{
        acts::{Decision, Outcome, Submission, Waiting, WaitsFor},
        registry::RegistryError,
    },
    review::{Finding, Severity},
    state::Account,
};
use serde::Deserialize;

use super::{
    POLICY, changes,
    desk::{self, COOKIE, Desk, Keeper, LASTS, LOGIN, NotIn, Posted},
    frame::{Failure, page as framed, panel},
    says,
};
use crate::{
    console::{
        session::{self, Fields, is_secure, not_ours},
        text,
    },
    market::{
        MarketApp,
        failure::{NotDone, not_there},
    },
    problem::Problem,
};

/// A login form is one of this browser's: its word is in this cookie too.
const FORM_COOKIE: &str = "metier_queue_login";

/// How long a login page may be left open, in seconds.
const OPEN_FOR: u64 = 60 * 60;

/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 4_096;

/// All routes.
pub fn router() -> Router<Arc<MarketApp>> {
    Router::new()
        .route("/queue", get(list))
        .route(LOGIN, get(login).post(log_in))
        .route("/queue/logout", post(log_out))
        .route("/queue/{id}", get(show))
        .route("/queue/{id}/approve", post(approve))
        .route("/queue/{id}/refuse", post(refuse))
        .layer(middleware::map_response(fenced))
        .layer(Extension(Arc::new(Desk::default())))
}

async fn fenced(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let policy = HeaderValue::from_static(POLICY);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    let nothing = HeaderValue::from_static("no-store");
    headers.insert(header::CACHE_CONTROL, nothing);
    response
}

async fn login(headers: HeaderMap) -> Result<Response, Failure> {
    form(&headers, StatusCode::OK, None)
}

fn form(headers: &HeaderMap, status: StatusCode, wrong: Option<&str>) -> Result<Response, Failure> {
    let token = desk::random()?;
    let body = html! {
        section.login {
            h1 { "The queue" }
            p { "Give the token of who keeps the market." }
            @if let Some(wrong) = wrong { p.problem role="alert" id="wrong" { (wrong) } }
            form method="post" action=(LOGIN) {
                input type="hidden" name="csrf" value=(token);
                label for="token" { "Token" }
                input id="token" name="token" type="password" required autofocus autocomplete="current-password"
                    spellcheck="false" aria-describedby=[wrong.map(|_| "wrong")];
                button.primary type="submit" { "Log in" }
            }
            p.aside { "The first start of " code { "metier market serve" } " shows it once." }
        }
    };
    let cookie = session::set(FORM_COOKIE, &token, OPEN_FOR, is_secure(headers));
    let page = framed("Log in", body);
    Ok((status, [(header::SET_COOKIE, cookie)], page).into_response())
}

async fn log_in(
    State(app): State<Arc<MarketApp>>,
    Extension(desk): Extension<Arc<Desk>>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Failure> {
    if !desk::is_given(&headers, FORM_COOKIE, &fields) {
        return Err(not_ours().into());
    }
    let token = fields.get("token").trim();
    let keeper = match token.len() <= MAX_TOKEN {
        true => desk::keeper(&app, token).await?,
        false => None,
    };
    if keeper.is_none() {
        let wrong = "This is not the token of who keeps the market.";
        return form(&headers, desk::REFUSED, Some(wrong));
    }
    let cookie = desk.begin(token, Instant::now())?;
    let cookie = session::set(COOKIE, &cookie, LASTS.as_secs(), is_secure(&headers));
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/queue")).into_response())
}

async fn log_out(
    Extension(desk): Extension<Arc<Desk>>,
    headers: HeaderMap,
    posted: Posted,
) -> Response {
    desk.end(&posted.keeper.cookie);
    let cookie = session::set(COOKIE, "", 0, is_secure(&headers));
    ([(header::SET_COOKIE, cookie)], Redirect::to(LOGIN)).into_response()
}

#[derive(Deserialize)]
struct Asked {
    done: Option<String>,
}

async fn list(State(app): State<Arc<MarketApp>>, uri: Uri, keeper: Keeper) -> Html<String> {
    let waiting = app.market.queue().waiting();
    let asked = Query::<Asked>::try_from_uri(&uri);
    let done = asked.ok().and_then(|Query(asked)| asked.done);
    let body = html! {
        (heading(&keeper, html! { h1 { "Waits for a person" } }))
        @if let Some(words) = notice(done.as_deref()) { p.notice role="status" { (words) } }
        @if waiting.is_empty() { div.empty.alone { p.lead { "Nothing waits." } } }
        div.cards { @for waiting in &waiting { (card(waiting)) } }
    };
    framed("Queue", body)
}

/// By the word a redirect says it with: nobody can make the page say anything else.
fn notice(done: Option<&str>) -> Option<&'static str> {
    match done? {
        "published" => Some("It is published."),
        "passed-on" => {
            Some("It waits for another member of its namespace, who approves of it too.")
        }
        "refused" => Some("It is refused: who sends the same again is told why."),
        _ => None,
    }
}

fn heading(keeper: &Keeper, title: Markup) -> Markup {
    html! {
        div.heading {
            div.titles { (title) }
            form method="post" action="/queue/logout" {
                (word(keeper))
                span.muted { (keeper.account) " " }
                button.quiet type="submit" { "Log out" }
            }
        }
    }
}

/// The field that makes a form one of this session's.
fn word(keeper: &Keeper) -> Markup {
    html! { input type="hidden" name="csrf" value=(keeper.csrf); }
}

fn card(waiting: &Waiting) -> Markup {
    let submission = &waiting.submission;
    let path = format!("/queue/{}", text::encoded(&waiting.id));
    html! {
        article.card {
            div.heading {
                h2 { a href=(path) { (submission.name) } }
                span.muted.small { (text::line(&submission.version.to_string(), 60)) }
            }
            p { (text::many(waiting.report.findings.len(), "finding", "findings")) ", sent by " (waiting.by) }
            @if waiting.waits_for == WaitsFor::Member { p { span.tag.waits { "for another member of " (submission.name.namespace()) } } }
            p.bottom.muted.small { "waits since " (waiting.at) }
        }
    }
}

fn found(app: &MarketApp, id: &str) -> Result<Waiting, Problem> {
    let waiting = app.market.queue().get(id);
    waiting.ok_or_else(|| not_there("Nothing of this id waits."))
}

async fn show(
    State(app): State<Arc<MarketApp>>,
    Path(id): Path<String>,
    keeper: Keeper,
) -> Result<Html<String>, Failure> {
    let waiting = found(&app, &id)?;
    let submission = &waiting.submission;
    let title = format!("{} {}", submission.name, submission.version);
    let sent = sent(&app, submission).await;
    let body = html! {
        (heading(&keeper, html! {
            p.crumbs { a href="/queue" { "Queue" } " /" }
            h1 { (text::line(&title, 200)) }
        }))
        @if let Some(why) = &waiting.refused { p.lead { strong { "Refused." } " " (text::line(why.as_str(), 300)) } }
        dl.facts.panel {
            div { dt { "Sent by" } dd { (waiting.by) } }
            @if let Some(run) = &waiting.run {
                div.wide-fact { dt { "In" } dd { (text::line(&run.words(), 600)) ", as the market saw it" } }
            }
            div { dt { "Waits since" } dd { (waiting.at) } }
            div { dt { "Rules of" } dd { (text::line(&waiting.report.rules, 60)) } }
            div.wide-fact { dt { "Component" } dd { code { (waiting.report.component) } } }
            div.wide-fact { dt { "OCI manifest" } dd { code { (submission.manifest) } } }
        }
        (panel("findings", "What the review found", findings(&waiting.report.findings)))
        (sent)
        @if waiting.refused.is_none() { (decisions(&app, &keeper, &waiting)) }
    };
    Ok(framed(&title, body))
}

/// What it says of itself, and what it changes: who decides reads what others would. That it cannot be read hides nothing else.
async fn sent(app: &MarketApp, submission: &Submission) -> Markup {
    let registry = app.market.registry();
    let (name, manifest) = (&submission.name, &submission.manifest);
    let looked = async {
        let record = registry.record_of(name, manifest).await?;
        let described = registry.look_into(&record).await?;
        Ok::<_, RegistryError>((record, described))
    };
    let (record, described) = match looked.await {
        Ok(found) => found,
        Err(error) => {
            let why = text::line(&error.to_string(), 300);
            return html! { p.problem role="alert" { "What was sent cannot be read: " (why) } };
        }
    };
    let newest = app.market.newest(name).await.ok().flatten();
    let changed = match newest {
        Some((_, old)) => Some(changes::against(app, &old, &record).await),
        None => None,
    };
    html! {
        (says::panels(app, &record, &described, "Pushed").await)
        @if let Some(changed) = changed { (panel("changes", "What it changes", changed)) }
    }
}

/// Each with its place and its evidence. All of it was written by a publisher.
fn findings(findings: &[Finding]) -> Markup {
    html! {
        table.stack {
            caption.unseen { "Findings" }
            thead { tr { th scope="col" { "Rule" } th scope="col" { "Leads to" } th scope="col" { "What is there" } } }
            tbody { @for finding in findings {
                tr {
                    th scope="row" { code { (text::line(&finding.rule, 80)) } }
                    td { span class={ "tag " (class(finding.severity)) } { (finding.severity.words()) } }
                    td {
                        p.muted.small { (text::line(&finding.place, 300)) }
                        pre { (text::shown(&finding.evidence)) }
                        p.small { (text::prose(&finding.mend)) }
                    }
                }
            } }
        }
    }
}

fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "read",
        Severity::Human => "waits",
        Severity::Refuse => "destructive",
    }
}

fn decisions(app: &MarketApp, keeper: &Keeper, waiting: &Waiting) -> Markup {
    let path = format!("/queue/{}", text::encoded(&waiting.id));
    let approvers = app.market.approvers(&waiting.id);
    let body = html! {
        div.panel-body {
            @match &approvers {
                Some(approvers) => {
                    p { "The market has nothing against it. By the 2-person rule of its namespace it waits for " (one_of(approvers)) ", who approves with a key of their own:" }
                    pre { "metier namespace approve " (waiting.submission.name) "@" (text::line(&waiting.submission.version.to_string(), 60)) }
                }
                None => form method="post" action={ (path) "/approve" } {
                    (word(keeper))
                    p { "It is published as it is, and stays in the log for ever. Where its namespace has the 2-person rule, it waits for a member first." }
                    button.primary type="submit" { "Publish it" }
                },
            }
            form.inline method="post" action={ (path) "/refuse" } {
                (word(keeper))
                label for="why" { "Reason" }
                input id="why" name="why" required maxlength="300" spellcheck="true" placeholder="for its publisher";
                button.danger type="submit" { "Refuse it" }
            }
        }
    };
    panel("decide", "Decide", body)
}

/// `ada or bob`.
fn one_of(approvers: &[Account]) -> String {
    let names: Vec<&str> = approvers.iter().map(Account::as_str).collect();
    match names.is_empty() {
        true => "another member, of whom none has a key that is good".to_owned(),
        false => names.join(" or "),
    }
}

async fn approve(
    State(app): State<Arc<MarketApp>>,
    Path(id): Path<String>,
    _posted: Posted,
) -> Result<Redirect, NotIn> {
    let done = match decide(app, id, Decision::Approve).await? {
        Some(Outcome::Waits(_)) => "/queue?done=passed-on",
        _ => "/queue?done=published",
    };
    Ok(Redirect::to(done))
}

async fn refuse(
    State(app): State<Arc<MarketApp>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Redirect, NotIn> {
    let why = posted.fields.get("why").trim().parse();
    let why = why.map_err(|error: metier_market::state::InvalidReason| {
        let message = metier_core::fault::sentence(&error.to_string());
        Problem::unreadable(
            StatusCode::BAD_REQUEST,
            message,
            "Go back, and say why in a sentence.",
        )
    })?;
    decide(app, id, Decision::Refuse(why)).await?;
    Ok(Redirect::to("/queue?done=refused"))
}

/// A browser that goes away ends the waiting, and not the work.
async fn decide(
    app: Arc<MarketApp>,
    id: String,
    decision: Decision,
) -> Result<Option<Outcome>, Problem> {
    let decided = crate::market::trade::to_its_end(async move {
        let decided = app.market.decide(&id, decision).await;
        decided.map_err(NotDone::from)
    });
    decided.await.map_err(|not_done| match not_done {
        NotDone::Problem(problem) => problem,
        NotDone::Findings(report) => {
            let rules: Vec<&str> = report
                .findings
                .iter()
                .map(|found| found.rule.as_str())
                .collect();
            let message = format!("The review refuses it by now: {}.", rules.join(", "));
            Problem::http(
                StatusCode::UNPROCESSABLE_ENTITY,
                message,
                "Refuse it, and say why.",
            )
        }
    })
}
