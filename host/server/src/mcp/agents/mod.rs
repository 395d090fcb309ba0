//! Agents and chains as tools: `agent__NAME` starts a run and answers what it answers.
//!
//! A client that speaks the tasks extension is told of the run at once and asks for it with [`tasks`](super::tasks); for any other
//! the call lasts as long as the run. Such a client's run ends with its call, unless the call has an idempotency key: the same call
//! again then finds the run where it is.
//!
//! What a run asks a person is asked through the client when its key may decide and the client can show a form, and waits for
//! somebody else when not.

mod known;
mod questions;
mod wait;

use std::sync::Arc;

use metier_agent::{definition::Name, journal::Ending, naming::wire_name, state::State};
use metier_core::{Code, Effect, Fault};
use metier_service::{
    agents::{Agent, StartRequest},
    directory::now,
};
use metier_store::types::RunId;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CreateTaskResult,
        InputRequiredResult, Tool,
    },
    service::RequestContext,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    RUN,
    call::{idempotency_key, valued},
    errors::{called, meta, protocol},
    handler::Asked,
    tasks,
    tools::annotations,
};
pub use known::Known;
pub use questions::{answered, asked_through};
use wait::Rest;

/// What an agent's tool begins with, as if it were a skill's alias.
const ALIAS: &str = "agent";

/// How long a client may take to come back with a person's answer, in milliseconds. The question itself may expire sooner.
const MAX_THOUGHT_MS: u64 = 24 * 60 * 60 * 1_000;

/// What request states are sealed for.
const PURPOSE: &str = "mcp/request-state";

/// An agent the caller may use.
pub struct Found {
    pub name: Name,
    agent: Arc<Agent>,
}

/// The agents as tools. One whose definition cannot be read is left out, and the host's log says why.
pub async fn tools(asked: &Asked) -> Result<Vec<Tool>, Fault> {
    let mut tools = Vec::new();
    for found in all(asked)? {
        match asked.shared.agents.of(asked, &found).await {
            Ok(known) => tools.push(tool(&found, &known)),
            Err(fault) => tracing::warn!(%fault, "an agent is left out"),
        }
    }
    Ok(tools)
}

fn tool(found: &Found, known: &known::Shape) -> Tool {
    let name = wire_name(&dotted(&found.name));
    let mut tool = Tool::new(name, known.description.clone(), known.input.clone());
    tool.output_schema = known.output.clone();
    // Whatever its tools do, and nobody knows before which it will call.
    tool.with_annotations(annotations(Effect::Destructive))
}

/// The agent a tool's name means.
pub fn find(asked: &Asked, tool: &str) -> Result<Option<Found>, Fault> {
    if !tool.starts_with("agent__") && !tool.starts_with("agent.") {
        return Ok(None);
    }
    let mut all = all(asked)?.into_iter();
    Ok(all.find(|found| {
        let name = dotted(&found.name);
        name == tool || wire_name(&name) == tool
    }))
}

/// None where a skill has the alias: its tools have these names.
fn all(asked: &Asked) -> Result<Vec<Found>, Fault> {
    let is_taken = ALIAS
        .parse()
        .is_ok_and(|alias| asked.service.skill(&asked.caller, &alias).is_ok());
    if is_taken {
        return Ok(Vec::new());
    }
    let all = asked.service.agents(&asked.caller)?.into_iter();
    let parsed = all.filter_map(|(name, agent)| {
        let name = name.parse().ok()?;
        Some(Found { name, agent })
    });
    Ok(parsed.filter(|found| is_for(asked, &found.name)).collect())
}

/// Whether the key is for this agent.
pub fn is_for(asked: &Asked, agent: &Name) -> bool {
    asked.caller.is_for(&dotted(agent))
}

fn dotted(name: &Name) -> String {
    format!("{ALIAS}.{}", name.as_str())
}

/// A call of an agent's tool.
pub async fn call(
    asked: &Asked,
    found: Found,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let key = idempotency_key(&context.meta);
    let answers = request.input_responses.unwrap_or_default();
    let run = match request.request_state {
        Some(state) => {
            let run = opened(asked, &found, &state)?;
            let heard = answered(asked, &run, &answers).await;
            heard.map(|()| run).map_err(protocol)?
        }
        None => {
            let arguments = Value::Object(request.arguments.unwrap_or_default());
            match start(asked, &found, arguments, key.clone()).await {
                Ok(run) => run,
                Err(fault) => return called(fault).map(CallToolResponse::Complete),
            }
        }
    };
    let client = context.client_capabilities();
    if client.is_some_and(|client| client.supports_tasks()) {
        let state = asked.service.run_state(&asked.caller, run).await;
        let (_, state) = state.map_err(protocol)?;
        let task = CreateTaskResult::new(tasks::task(&run, &state));
        return Ok(CallToolResponse::Task(task));
    }
    let rest = tokio::select! {
        biased;
        () = context.ct.cancelled() => return left(asked, &run, key.is_some()).await,
        rest = wait::until_it_rests(asked, &run, &answers, &context) => rest,
    };
    match rest {
        Ok(Rest::Ended(ending)) => ended(&ending).map(|result| of(&run, result).into()),
        Ok(Rest::Asks(questions)) => {
            let sealed = sealed(asked, &found, &run).map_err(protocol)?;
            Ok(InputRequiredResult::new(Some(questions), Some(sealed)).into())
        }
        Err(fault) => called(fault).map(|result| of(&run, result).into()),
    }
}

/// What becomes of a run whose client went away.
async fn left(asked: &Asked, run: &RunId, is_kept: bool) -> Result<CallToolResponse, ErrorData> {
    if !is_kept {
        let (service, caller) = (&asked.service, &asked.caller);
        match service.cancel(caller, *run, "Its client went away.").await {
            // It ended at the same time.
            Err(fault) if fault.code == Code::Conflict => {}
            cancelled => cancelled.map_err(protocol)?,
        }
    }
    Err(ErrorData::internal_error("The call was cancelled.", None))
}

async fn start(
    asked: &Asked,
    found: &Found,
    arguments: Value,
    idempotency_key: Option<String>,
) -> Result<RunId, Fault> {
    let known = asked.shared.agents.of(asked, found).await?;
    let request = StartRequest {
        agent: found.name.clone(),
        version: None,
        input: known.input_of(arguments),
        session: None,
        idempotency_key,
    };
    asked.service.start(&asked.caller, request).await
}

/// What a run that is over answers.
pub fn ended(ending: &Ending) -> Result<CallToolResult, ErrorData> {
    match ending {
        Ending::Completed { output } => Ok(valued(output.to_string())),
        Ending::Failed { fault } => called((**fault).clone()),
        Ending::Cancelled { by, why } => {
            let message = format!("The run was cancelled by {by}: {why}");
            called(Fault::new(Code::Conflict, message).with_hint("Call again for a new run."))
        }
    }
}

/// With the run it is of.
pub fn of(run: &RunId, mut result: CallToolResult) -> CallToolResult {
    let meta = result.meta.get_or_insert_with(|| meta(RUN, Value::Null));
    meta.insert(RUN.to_owned(), json!(run.to_string()));
    result
}

/// What a client hands back: of which run, to whom it was given, for what, and until when it counts.
#[derive(Serialize, Deserialize)]
struct Held {
    run: String,
    principal: String,
    agent: String,
    until: u64,
}

/// The run, in a form that its client can hand back and neither read nor change.
fn sealed(asked: &Asked, found: &Found, run: &RunId) -> Result<String, Fault> {
    let held = Held {
        run: run.to_string(),
        principal: asked.caller.principal.to_string(),
        agent: found.name.as_str().to_owned(),
        until: now().saturating_add(MAX_THOUGHT_MS),
    };
    let bytes = serde_json::to_vec(&held)
        .map_err(|error| Fault::new(Code::HostInternal, error.to_string()))?;
    let seal = asked.service.seal();
    seal.close(&asked.caller.tenant, PURPOSE, bytes)
}

fn opened(asked: &Asked, found: &Found, state: &str) -> Result<RunId, ErrorData> {
    let seal = asked.service.seal();
    let bytes = seal.open_text(&asked.caller.tenant, PURPOSE, state);
    let held = bytes.and_then(|bytes| serde_json::from_slice::<Held>(&bytes).ok());
    let held = held.filter(|held| {
        held.principal == asked.caller.principal.to_string()
            && held.agent == found.name.as_str()
            && now() < held.until
    });
    let run = held.and_then(|held| held.run.parse().ok());
    run.ok_or_else(|| {
        let message =
            "The request state is none of this service's for this caller and tool, or is too old.";
        ErrorData::invalid_params(message, None)
    })
}

/// Whether a run waits for a person only.
pub fn waits_for_somebody(state: &State) -> bool {
    state.ended.is_none() && !state.questions.is_empty()
}
