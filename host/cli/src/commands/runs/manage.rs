//! `metier runs`: what there is, what happened, go on, end, fork.

use std::path::Path;

use metier_agent::{
    driver::{NoWatch, Parts, Runs},
    journal::Seq,
    models::{Answer, FailureKind, Model, ModelFailure, Question, Sink},
};
use metier_core::{PrincipalId, TenantId};
use metier_store::{
    Store,
    types::{Page, RunFilter, RunId, RunRow, RunState, Time},
};
use serde_json::json;
use std::sync::Arc;

use super::{
    begin, failed,
    live::Live,
    models,
    session::{self, Session},
    stored, timeline, watch,
};
use crate::{
    args::runs::{Runs as Args, RunsAction},
    commands::App,
    errors::Failure,
    exit::Exit,
    printer::Format,
};

/// Does what was asked with runs.
pub fn run(app: &App, args: &Args) -> Result<Exit, Failure> {
    crate::commands::runtime()?.block_on(async {
        match &args.action {
            RunsAction::List { limit } => list(app, args, *limit).await,
            RunsAction::Show { run } => show(app, args, run).await,
            RunsAction::Watch { run } => watch::watch(app, &args.store, *run).await,
            RunsAction::Cancel { run, why } => cancel(app, args, run, why).await,
            RunsAction::Fork { run, at } => fork(app, args, run, *at).await,
            RunsAction::Resume {
                run,
                artifacts,
                models: options,
                vault,
            } => {
                let store = session::store(app, &args.store).await?;
                let told = over(store.clone()).timeline(run).await.map_err(failed)?;
                let folder = told.state.started.folder.clone().unwrap_or_default();
                let name = told.state.started.definition.terms().name.as_str();
                let models = models::of(app, options, vault, Path::new(&folder), name)?;
                let live = Arc::new(Live::new(app.printer));
                let session = Session::open(app, store, vault, models.model, live)?;
                begin::follow(app, &session, *run, artifacts.as_deref()).await
            }
        }
    })
}

async fn reader(app: &App, args: &Args) -> Result<Runs, Failure> {
    Ok(over(session::to_look(app, &args.store).await?))
}

async fn writer(app: &App, args: &Args) -> Result<Runs, Failure> {
    Ok(over(session::store(app, &args.store).await?))
}

/// Runs that are only looked at and written to: nothing is done here.
pub fn over(store: Arc<dyn Store>) -> Runs {
    Runs::new(Parts {
        store,
        tools: Arc::new(NoTools),
        models: Arc::new(NoModel),
        watch: Arc::new(NoWatch),
        clock: session::clock(),
        ids: session::ids(),
    })
}

async fn list(app: &App, args: &Args, limit: usize) -> Result<Exit, Failure> {
    let store = session::to_look(app, &args.store).await?;
    let filter = RunFilter {
        tenant: Some(TenantId::local()),
        ..RunFilter::default()
    };
    let page = Page {
        after: None,
        max: limit,
    };
    let rows = store.runs(&filter, page).await.map_err(stored)?;
    let now = store.now().await.map_err(stored)?;
    if app.printer.format == Format::Json {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| json!({"run": row.run.to_string(), "name": label(row, "name"), "state": state(row, now), "events": row.head.0}))
            .collect();
        app.print(&format!("{}\n", json!(rows)))?;
        return Ok(Exit::Ok);
    }
    if rows.is_empty() {
        app.printer
            .note("There are no runs. `metier run FILE` begins one.");
    }
    for row in rows {
        let line = format!(
            "{}  {:<10} {:>5} events  {}\n",
            row.run,
            state(&row, now),
            row.head.0,
            label(&row, "name")
        );
        app.print(&line)?;
    }
    Ok(Exit::Ok)
}

fn label(row: &RunRow, name: &str) -> String {
    let found = row.labels.iter().find(|(key, _)| key.as_str() == name);
    found.map_or_else(String::new, |(_, value)| crate::text::one_line(value))
}

fn state(row: &RunRow, now: Time) -> String {
    match &row.state {
        RunState::Held { until, .. } if *until > now => "running".to_owned(),
        // Its host is gone, and whoever comes next may have it.
        RunState::Held { .. } | RunState::Due { .. } => "due".to_owned(),
        RunState::Waiting => "waiting".to_owned(),
        RunState::Done { outcome } => outcome.to_string(),
    }
}

async fn show(app: &App, args: &Args, run: &RunId) -> Result<Exit, Failure> {
    let runs = reader(app, args).await?;
    let told = runs.timeline(run).await.map_err(failed)?;
    if app.printer.format == Format::Json {
        let entries = json!(told.entries);
        app.print(&format!("{entries}\n"))?;
        return Ok(Exit::Ok);
    }
    for (seq, entry) in (1..).zip(&told.entries) {
        if let Some(line) = timeline::line(Seq(seq), entry) {
            app.print(&format!("{line}\n"))?;
        }
    }
    for file in timeline::files(&told.entries) {
        let name = crate::text::one_line(&file.name);
        app.print(&format!(
            "file  {name} · {} bytes · {}\n",
            file.size, file.digest
        ))?;
    }
    app.print(&format!("      {}\n", timeline::summary(&told.state)))?;
    Ok(Exit::Ok)
}

async fn cancel(app: &App, args: &Args, run: &RunId, why: &str) -> Result<Exit, Failure> {
    let runs = writer(app, args).await?;
    let cancelled = runs.cancel(run, PrincipalId::local(), why).await;
    cancelled.map_err(failed)?;
    app.printer.note(&format!(
        "It ends as soon as a host has it: `metier runs resume {run}`."
    ));
    Ok(Exit::Ok)
}

async fn fork(app: &App, args: &Args, run: &RunId, at: u64) -> Result<Exit, Failure> {
    let runs = writer(app, args).await?;
    let id = RunId::new(session::ids()());
    let fork = runs.fork(run, id, Seq(at), session::pool_of(id)?).await;
    let fork = fork.map_err(failed)?;
    app.print(&format!("{fork}\n"))?;
    app.printer
        .note(&format!("`metier runs resume {fork}` goes on with it."));
    Ok(Exit::Ok)
}

/// No tool is called from a command that only looks.
struct NoTools;

#[async_trait::async_trait]
impl metier_agent::driver::Tools for NoTools {
    async fn call(&self, _: metier_agent::driver::ToolCall) -> metier_agent::driver::ToolEnd {
        metier_agent::driver::ToolEnd {
            result: Err(nothing_here()),
            artifacts: Vec::new(),
            price: metier_core::NanoDollars::default(),
        }
    }

    async fn keep(
        &self,
        _: &TenantId,
        _: &str,
        _: &str,
        _: Vec<u8>,
    ) -> Result<metier_core::Artifact, metier_core::Fault> {
        Err(nothing_here())
    }
}

fn nothing_here() -> metier_core::Fault {
    metier_core::Fault::new(
        metier_core::Code::HostInternal,
        "No tool is called from here.",
    )
}

/// Nor is a model asked.
struct NoModel;

impl Model for NoModel {
    fn ask<'a>(
        &'a self,
        _: &'a Question,
        _: &'a dyn Sink,
    ) -> futures::future::BoxFuture<'a, Result<Answer, ModelFailure>> {
        let failure = ModelFailure::new(FailureKind::NoCandidate, "No model is asked from here.");
        Box::pin(async move { Err(failure) })
    }
}
