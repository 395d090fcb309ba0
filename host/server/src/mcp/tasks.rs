//! The tasks extension, `io.modelcontextprotocol/tasks`: a task is a run, its id the run's.

use metier_agent::{journal::Ending, state::State};
use metier_core::Code;
use metier_service::Right;
use metier_store::types::RunId;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CancelTaskParams, DetailedTask, GetTaskParams, GetTaskResult, JsonObject, Task,
        TaskPayload, TaskStatus, UpdateTaskParams,
    },
    service::RequestContext,
};
use serde::Serialize;
use serde_json::Value;

use super::{agents, errors::protocol, handler::Asked};
use crate::api::moment;

/// How often a client should ask, in milliseconds.
const POLL_MS: u64 = 1_000;

/// A run as a task. It is kept as long as its journal, so it says no end.
pub fn task(run: &RunId, state: &State) -> Task {
    let (began, now) = (
        moment::of_millis(state.began.0),
        moment::of_millis(state.now.0),
    );
    let task = Task::new(run.to_string(), TaskStatus::Working, began, now);
    task.with_poll_interval_ms(POLL_MS)
}

pub async fn get(
    asked: &Asked,
    request: GetTaskParams,
    context: &RequestContext<RoleServer>,
) -> Result<GetTaskResult, ErrorData> {
    let (run, state) = found(asked, &request.task_id, Right::See).await?;
    let mut task = task(&run, &state);
    let payload = match &state.ended {
        Some(ending) => over(&run, ending)?,
        None => {
            let input_requests = agents::asked_through(asked, context, &state).map_err(protocol)?;
            if input_requests.is_empty() && agents::waits_for_somebody(&state) {
                task.status_message = Some("It waits until somebody decides what it asks.".into());
            }
            match input_requests.is_empty() {
                true => TaskPayload::Working,
                false => TaskPayload::InputRequired { input_requests },
            }
        }
    };
    Ok(GetTaskResult::new(DetailedTask::new(task, payload)))
}

fn over(run: &RunId, ending: &Ending) -> Result<TaskPayload, ErrorData> {
    Ok(match ending {
        Ending::Completed { .. } => {
            let result = agents::of(run, agents::ended(ending)?);
            let result = object(&result);
            TaskPayload::Completed { result }
        }
        Ending::Failed { fault } => {
            let error = object(&protocol((**fault).clone()));
            TaskPayload::Failed { error }
        }
        Ending::Cancelled { .. } => TaskPayload::Cancelled,
    })
}

fn object(value: &impl Serialize) -> JsonObject {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => object,
        _ => JsonObject::new(),
    }
}

pub async fn update(asked: &Asked, request: UpdateTaskParams) -> Result<(), ErrorData> {
    let (run, _) = found(asked, &request.task_id, Right::Decide).await?;
    let answered = agents::answered(asked, &run, &request.input_responses).await;
    answered.map_err(protocol)
}

pub async fn cancel(asked: &Asked, request: CancelTaskParams) -> Result<(), ErrorData> {
    let (run, state) = found(asked, &request.task_id, Right::Call).await?;
    if state.ended.is_some() {
        // What is over is as cancelled as it can be.
        return Ok(());
    }
    let (service, caller) = (&asked.service, &asked.caller);
    let cancelled = service
        .cancel(caller, run, "A client cancelled its task.")
        .await;
    cancelled.map_err(protocol)
}

/// A run of the caller's tenant, of an agent their key is for. Any other is not there.
async fn found(asked: &Asked, task: &str, right: Right) -> Result<(RunId, State), ErrorData> {
    let needs = asked.service.needs(&asked.caller, right);
    needs.map_err(protocol)?;
    let nothing = || {
        let message = format!("There is no task `{}`.", metier_core::ids::shown(task));
        ErrorData::invalid_params(message, None)
    };
    let run: RunId = task.parse().map_err(|_| nothing())?;
    let (_, state) = match asked.service.run_state(&asked.caller, run).await {
        Err(fault) if fault.code == Code::NotFound => return Err(nothing()),
        found => found.map_err(protocol)?,
    };
    match agents::is_for(asked, &state.started.definition.terms().name) {
        true => Ok((run, state)),
        false => Err(nothing()),
    }
}
