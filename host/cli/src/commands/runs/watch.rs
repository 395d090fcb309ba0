//! `metier runs watch ID`: the timeline of a run that some process works on, as it grows, until the run rests.

use std::time::Duration;

use metier_agent::{driver::Runs, journal::Seq};
use metier_core::{Code, Fault};
use metier_store::types::{RunId, RunState};
use serde_json::json;

use super::{failed, manage, session, stored, timeline};
use crate::{
    args::runs::StoreOptions, commands::App, errors::Failure, exit::Exit, printer::Format,
};

/// How often the store is asked for more. A person sees half a second; a store does not feel two questions a second.
const POLL: Duration = Duration::from_millis(500);

/// How long a run may be due without any host taking it up before nobody is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Prints events until the run has ended or waits for somebody.
pub async fn watch(app: &App, options: &StoreOptions, run: RunId) -> Result<Exit, Failure> {
    let store = session::to_look(app, options).await?;
    let runs = manage::over(store.clone());
    let mut seen = Seq(0);
    let mut idle = Duration::ZERO;
    loop {
        let row = store.run(&run).await.map_err(stored)?.ok_or_else(|| {
            Fault::new(Code::NotFound, format!("There is no run {run}."))
                .with_hint("`metier runs list` shows the runs there are.")
        })?;
        let now = store.now().await.map_err(stored)?;
        let before = seen;
        print(app, &runs, &run, &mut seen).await?;
        // What was written after the row was read is looked at in the next round.
        let is_whole = seen.0 <= row.head.0;
        let rests = matches!(row.state, RunState::Done { .. } | RunState::Waiting);
        if rests && is_whole {
            return rested(app, &runs, &run).await;
        }
        idle = match (seen == before, &row.state) {
            (true, RunState::Due { at: free } | RunState::Held { until: free, .. })
                if *free <= now =>
            {
                idle + POLL
            }
            _ => Duration::ZERO,
        };
        if idle >= PATIENCE {
            app.printer.note(&format!(
                "No host has gone on with it for {} s; `metier runs resume {run}` does.",
                PATIENCE.as_secs()
            ));
            return Ok(Exit::Ok);
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Interrupted),
        }
    }
}

async fn print(app: &App, runs: &Runs, run: &RunId, seen: &mut Seq) -> Result<(), Failure> {
    for (seq, entry) in runs.events(run, *seen).await.map_err(failed)? {
        *seen = seq;
        if app.printer.format == Format::Json {
            // Each with its number: who begins to listen in the middle has to know where that is.
            let event = json!({"seq": seq, "entry": entry});
            app.print(&format!("{event}\n"))?;
        } else if let Some(line) = timeline::line(seq, &entry) {
            app.print(&format!("{line}\n"))?;
        }
    }
    Ok(())
}

/// The last line: what it used, and what it waits for.
async fn rested(app: &App, runs: &Runs, run: &RunId) -> Result<Exit, Failure> {
    let state = runs.timeline(run).await.map_err(failed)?.state;
    for question in state.questions.keys() {
        app.printer.note(&format!(
            "It waits for somebody: metier approvals show {run}/{question}"
        ));
    }
    app.printer.note(&timeline::summary(&state));
    Ok(Exit::Ok)
}
