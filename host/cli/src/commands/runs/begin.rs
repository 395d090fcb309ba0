//! `metier run FILE`: from a file to a run, and with it until it rests.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf, absolute},
    sync::Arc,
};

use metier_agent::{
    definition::Definition,
    driver::{NewRun, Rest},
    journal::{Ending, Seq, Started},
    routes::Routes,
};
use metier_core::{Code, Fault, PrincipalId, TenantId};
use metier_service::begin;
use metier_store::types::RunId;
use serde_json::Value;

use super::{
    failed,
    live::Live,
    mistaken, models,
    session::{self, Session},
    timeline,
};
use crate::{
    args::runs::Run,
    commands::{App, call::artifacts, skill_file},
    errors::{Failure, sentence},
    exit::Exit,
    given,
};

/// Largest definition, prompt file or schema, in bytes.
const MAX_TEXT: u64 = 1 << 20;

/// Runs a definition.
///
/// # Errors
/// [`Failure`] when nothing was begun; how the run itself ended is told here.
pub fn run(app: &App, args: &Run) -> Result<Exit, Failure> {
    let (definition, folder) = read(&args.file)?;
    let input = begin::input(&definition, input(&args.input)?)?;
    let name = definition.terms().name.as_str();
    crate::commands::runtime()?.block_on(async {
        let models = models::of(app, &args.models, &args.vault, &folder, name)?;
        if let Some(recording) = &models.replayed {
            app.printer.note(&format!(
                "No model is asked: the answers recorded in {} are given again.",
                recording.display()
            ));
        }
        let live = Arc::new(Live::new(app.printer));
        let store = session::store(app, &args.store).await?;
        let session = Session::open(app, store, &args.vault, models.model, live)?;
        let (tenant, principal) = (TenantId::local(), PrincipalId::local());
        let named = args.session.as_ref();
        let earlier = begin::history(&session.runs, &definition, tenant, principal, named).await?;
        let started = unfilled(&definition, &models.routes, &folder)?;
        let mut started = begin::filled(started, input, earlier)?;
        started.session = args.session.as_ref().map(|name| name.as_str().to_owned());
        started.prices = models.prices;
        pin(app, &session, &mut started, &models.routes, &folder).await?;
        let id = RunId::new(session::ids()());
        let run = session
            .runs
            .start(NewRun {
                id: Some(id),
                tenant: TenantId::local(),
                pool: session::pool_of(id)?,
                started,
            })
            .await
            .map_err(failed)?;
        app.printer.note(&format!("run {run} · {name}"));
        follow(app, &session, run, args.artifacts.as_deref()).await
    })
}

/// A definition with everything it is made of.
pub struct Whole {
    /// Its own text.
    pub text: String,
    /// What that says.
    pub definition: Definition,
    /// The folder it lies in.
    pub folder: PathBuf,
    /// Every file it reads, by its name there.
    pub files: BTreeMap<String, String>,
}

/// Reads a definition and says which folder it lies in.
pub fn read(file: &Path) -> Result<(Definition, PathBuf), Failure> {
    let whole = whole(file)?;
    Ok((whole.definition, whole.folder))
}

/// Reads a definition, and what it reads.
pub fn whole(file: &Path) -> Result<Whole, Failure> {
    let own = text(file)?;
    let folder = absolute(file).map_err(|error| Failure::unreadable(file, &error))?;
    let folder = folder.parent().map(Path::to_owned).unwrap_or_default();
    let files = RefCell::new(BTreeMap::new());
    let beside = |name: &str| -> Result<String, String> {
        let text = text(&folder.join(name))
            .map_err(|failure| failure.fault.message.trim_end_matches('.').to_owned())?;
        files.borrow_mut().insert(name.to_owned(), text.clone());
        Ok(text)
    };
    let definition = Definition::parse(&own, &beside).map_err(|error| mistaken(file, &error))?;
    Ok(Whole {
        text: own,
        definition,
        folder,
        files: files.into_inner(),
    })
}

/// The text of a file, up to a limit.
pub fn text(file: &Path) -> Result<String, Failure> {
    given::file(file, "The text", MAX_TEXT)
}

fn input(given: &str) -> Result<Value, Failure> {
    let text = given::text(given, "The input", MAX_TEXT)?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(
            format!("The input is no JSON: {error}."),
            "Give JSON, @FILE, or - for standard input.",
        )
    })
}

/// Everything a run depends on but its input, its skills and its prices.
pub fn unfilled(
    definition: &Definition,
    routes: &Routes,
    folder: &Path,
) -> Result<Started, Failure> {
    Ok(Started {
        folder: Some(folder.display().to_string()),
        ..begin::unfilled(definition, routes, PrincipalId::local())?
    })
}

/// Loads the skills a definition names and pins them, with their grants.
pub async fn pin(
    app: &App,
    session: &Session,
    started: &mut Started,
    routes: &Routes,
    folder: &Path,
) -> Result<(), Failure> {
    let terms = started.definition.terms().clone();
    for (alias, using) in &terms.skills {
        let bytes = skill_file::read_vouched(app, &folder.join(&using.file))?;
        let grant = match &using.grant {
            None => None,
            Some(path) => {
                let path = folder.join(path);
                let home = path.parent().unwrap_or(folder).display().to_string();
                crate::grant_file::read(&path)?;
                Some((text(&path)?, home))
            }
        };
        let pinned = session.tools.pin(alias, using, &terms.taint, grant, bytes);
        begin::add(started, alias, pinned.await?, routes)?;
    }
    Ok(())
}

/// Goes with a run until it rests, and tells how.
pub async fn follow(
    app: &App,
    session: &Session,
    run: RunId,
    save: Option<&Path>,
) -> Result<Exit, Failure> {
    let pool = session::pool_of(run)?;
    let mut looked = None;
    loop {
        let rested = session.runs.rest(&session.host, &pool);
        let rest = tokio::select! {
            rest = rested => rest.map_err(failed)?,
            _ = tokio::signal::ctrl_c() => {
                app.printer.note(&format!("interrupted; `metier runs resume {run}` goes on"));
                return Ok(Exit::Interrupted);
            }
        };
        match rest {
            Some(Rest::Ended(ending)) => return ended(app, session, run, &ending, save).await,
            Some(Rest::Asks(questions)) => {
                asks(app, run, &questions);
                return Ok(Exit::Ok);
            }
            Some(Rest::Stuck) => return Ok(Exit::Ok),
            Some(Rest::Waits(_)) => {}
            // It has ended, waits for somebody, or another process holds it. Nothing new is read again.
            None if looked == Some(session.runs.head(&run).await.map_err(failed)?) => {}
            None => {
                let state = session.runs.state(&run).await.map_err(failed)?;
                looked = Some(state.head);
                if let Some(ending) = &state.ended {
                    return ended(app, session, run, ending, save).await;
                }
                if !state.questions.is_empty() {
                    let questions: Vec<Seq> = state.questions.keys().copied().collect();
                    asks(app, run, &questions);
                    return Ok(Exit::Ok);
                }
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

fn asks(app: &App, run: RunId, questions: &[Seq]) {
    app.printer.note("\nIt waits for somebody's decision:");
    for question in questions {
        app.printer
            .note(&format!("  metier approvals show {run}/{question}"));
    }
    app.printer.note(&format!(
        "After `metier approvals approve` or `deny`, `metier runs resume {run}` goes on."
    ));
}

async fn ended(
    app: &App,
    session: &Session,
    run: RunId,
    ending: &Ending,
    save: Option<&Path>,
) -> Result<Exit, Failure> {
    let told = session.runs.timeline(&run).await.map_err(failed)?;
    let files = timeline::files(&told.entries);
    let tenant = TenantId::local();
    let saved = artifacts::save(save, &files, &tenant, Some(&*session.artifacts)).await?;
    for (at, file) in files.iter().enumerate() {
        let place = match saved.get(at) {
            Some(saved) => saved.path.display().to_string(),
            None => file.digest.to_string(),
        };
        app.printer.note(&format!(
            "file: {} · {place}",
            crate::text::one_line(&file.name)
        ));
    }
    app.printer.note(&timeline::summary(&told.state));
    match ending {
        Ending::Completed { output } => {
            let text = match output {
                Value::String(text) if app.printer.format == crate::printer::Format::Human => {
                    crate::text::lines(text)
                }
                other => format!("{other:#}"),
            };
            app.print(&format!("{}\n", text.trim_end()))?;
            Ok(Exit::Ok)
        }
        Ending::Failed { fault } => {
            let failure = Failure::from((**fault).clone());
            failure.tell(&app.printer);
            Ok(failure.exit)
        }
        Ending::Cancelled { by, why } => {
            let message = format!("The run was cancelled by {by}: {why}");
            let failure = Failure::from(Fault::new(Code::Cancelled, sentence(&message)));
            failure.tell(&app.printer);
            Ok(failure.exit)
        }
    }
}
