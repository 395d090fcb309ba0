//! `metier run FILE`: from a file to a run, and with it until it rests.

use std::{
    path::{Path, PathBuf, absolute},
    sync::Arc,
};

use metier_agent::{
    ask, defaults,
    definition::{Definition, Work},
    driver::{self, History, NewRun, Rest, Runs},
    journal::{Ending, Seq, Started},
    routes::Routes,
};
use metier_core::{Code, Fault, PrincipalId, TenantId};
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
    let schema = definition.terms().input_schema.as_ref();
    let input = defaults::filled(schema, input(&args.input)?);
    ask::fits(schema, &input).map_err(|why| {
        let message = format!("The input does not fit the definition: {why}.");
        Fault::new(Code::InvalidArguments, message)
            .with_hint("Give it with --input, as JSON that fits the file's input schema.")
    })?;
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
        let earlier = history(&session.runs, &definition, args).await?;
        let mut started = started(&definition, &input, &models.routes, &folder, earlier)?;
        started.session = args.session.as_ref().map(|name| name.as_str().to_owned());
        started.prices = models.prices;
        pin(&session, &mut started, &models.routes, &folder).await?;
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

/// Reads a definition and says which folder it lies in.
pub fn read(file: &Path) -> Result<(Definition, PathBuf), Failure> {
    let definition = text(file)?;
    let folder = absolute(file)
        .map_err(|error| Failure::unreadable(file, &error))?
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default();
    let beside = |name: &str| -> Result<String, String> {
        text(&folder.join(name))
            .map_err(|failure| failure.fault.message.trim_end_matches('.').to_owned())
    };
    let definition =
        Definition::parse(&definition, &beside).map_err(|error| mistaken(file, &error))?;
    Ok((definition, folder))
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

/// What was said in the session that is meant.
async fn history(runs: &Runs, definition: &Definition, args: &Run) -> Result<History, Failure> {
    let Some(name) = &args.session else {
        return Ok(History::default());
    };
    match definition {
        Definition::Agent(agent) if agent.memory.session => {
            let session = driver::Session {
                tenant: TenantId::local(),
                agent: agent.terms.name.clone(),
                principal: PrincipalId::local(),
                name: name.clone(),
            };
            runs.history(&session).await.map_err(failed)
        }
        Definition::Agent(_) => Err(Failure::usage(
            "The agent keeps no sessions.",
            "Write `session = true` under [memory] in its file, or leave --session out.",
        )),
        Definition::Chain(_) => Err(Failure::usage(
            "A chain has no sessions: nothing is said in it.",
            "Leave --session out.",
        )),
    }
}

/// Everything a run depends on but its skills and prices.
fn started(
    definition: &Definition,
    input: &Value,
    routes: &Routes,
    folder: &Path,
    earlier: History,
) -> Result<Started, Failure> {
    let History { messages, tainted } = earlier;
    let opening = match definition {
        Definition::Agent(agent) => ask::opening(agent, input, messages).map_err(|error| {
            Fault::new(
                Code::ExpressionFailed,
                sentence(&format!("The prompt: {error}")),
            )
        })?,
        Definition::Chain(_) => Vec::new(),
    };
    Ok(Started {
        input: input.clone(),
        opening,
        tainted,
        ..unfilled(definition, routes, folder)?
    })
}

/// The same without an input.
pub fn unfilled(
    definition: &Definition,
    routes: &Routes,
    folder: &Path,
) -> Result<Started, Failure> {
    let mut named: Vec<&str> = match definition {
        Definition::Agent(agent) => vec![agent.model.as_str()],
        Definition::Chain(chain) => chain
            .steps
            .iter()
            .filter_map(|step| match &step.work {
                Work::Model(asked) => Some(asked.model.as_str()),
                _ => None,
            })
            .collect(),
    };
    named.sort_unstable();
    named.dedup();
    let pinned = named.into_iter().map(|name| {
        let route = routes.route(name).map_err(|error| no_route(&error))?;
        Ok((name.to_owned(), route))
    });
    Ok(Started {
        definition: definition.clone(),
        input: Value::Null,
        principal: PrincipalId::local(),
        skills: Default::default(),
        tools: Default::default(),
        routes: pinned.collect::<Result<_, Fault>>()?,
        prices: Default::default(),
        folder: Some(folder.display().to_string()),
        session: None,
        tainted: false,
        opening: Vec::new(),
    })
}

fn no_route(error: &dyn std::fmt::Display) -> Fault {
    let hint = "Name the routes file with --routes, or put routes.toml beside the definition.";
    Fault::new(Code::ModelNoCandidate, sentence(&error.to_string())).with_hint(hint)
}

/// Loads the skills a definition names and pins them, with their grants.
pub async fn pin(
    session: &Session,
    started: &mut Started,
    routes: &Routes,
    folder: &Path,
) -> Result<(), Failure> {
    let terms = started.definition.terms().clone();
    for (alias, using) in &terms.skills {
        let bytes = skill_file::read(&folder.join(&using.file))?;
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
        let pinned = pinned.await?;
        started.skills.insert(alias.clone(), pinned.skill);
        started.tools.extend(pinned.tools);
        // A skill that asks by another route is told that this run does not have it.
        let had = pinned.routes.iter().map(|route| route.as_str());
        for name in had.filter(|name| routes.has(name)) {
            let route = routes.route(name).map_err(|error| no_route(&error))?;
            started.routes.insert(name.to_owned(), route);
        }
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
