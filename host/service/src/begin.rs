//! From a definition to everything a run of it depends on.

use std::collections::BTreeSet;

use metier_agent::{
    ask, defaults,
    definition::{Agent, Definition, Name, Work},
    driver::{History, Runs, Session},
    journal::Started,
    routes::Routes,
};
use metier_core::{Code, Fault, PrincipalId, TenantId};
use serde_json::Value;

use crate::{
    faults::{of_run, sentence},
    run_tools::Pinned,
};

/// The routes and who starts it, and nothing else yet: no input, skills, tools or prices.
///
/// # Errors
/// `model-no-candidate` when a route is not there.
pub fn unfilled(
    definition: &Definition,
    routes: &Routes,
    principal: PrincipalId,
) -> Result<Started, Fault> {
    let named = routes_of(definition).into_iter().map(|name| {
        let route = routes.route(name).map_err(|error| no_route(&error))?;
        Ok((name.to_owned(), route))
    });
    Ok(Started {
        definition: definition.clone(),
        input: Value::Null,
        principal,
        skills: Default::default(),
        tools: Default::default(),
        routes: named.collect::<Result<_, Fault>>()?,
        prices: Default::default(),
        folder: None,
        session: None,
        tainted: false,
        opening: Vec::new(),
    })
}

/// The same with an input and the conversation it continues.
///
/// # Errors
/// `expression-failed` when the prompt cannot be made of the input.
pub fn filled(started: Started, input: Value, earlier: History) -> Result<Started, Fault> {
    let History { messages, tainted } = earlier;
    let opening = match &started.definition {
        Definition::Agent(agent) => ask::opening(agent, &input, messages).map_err(|error| {
            let message = sentence(&format!("The prompt: {error}"));
            Fault::new(Code::ExpressionFailed, message)
        })?,
        Definition::Chain(_) => Vec::new(),
    };
    Ok(Started {
        input,
        opening,
        tainted,
        ..started
    })
}

/// The input with what the schema fills in.
///
/// # Errors
/// `invalid-arguments` when it does not fit.
pub fn input(definition: &Definition, given: Value) -> Result<Value, Fault> {
    let schema = definition.terms().input_schema.as_ref();
    let input = defaults::filled(schema, given);
    ask::fits(schema, &input).map_err(|why| {
        let message = format!("The input does not fit the definition: {why}.");
        Fault::new(Code::InvalidArguments, message)
            .with_hint("Give JSON that fits the input schema of the definition.")
    })?;
    Ok(input)
}

/// Adds a skill that was pinned, and the routes it may ask by.
///
/// # Errors
/// As [`unfilled`].
pub fn add(
    started: &mut Started,
    alias: &Name,
    pinned: Pinned,
    routes: &Routes,
) -> Result<(), Fault> {
    started.skills.insert(alias.clone(), pinned.skill);
    started.tools.extend(pinned.tools);
    // A skill that asks by another route is told that this run does not have it.
    let had = pinned.routes.iter().map(|route| route.as_str());
    for name in had.filter(|name| routes.has(name)) {
        let route = routes.route(name).map_err(|error| no_route(&error))?;
        started.routes.insert(name.to_owned(), route);
    }
    Ok(())
}

/// What was said before in the session of this name; nothing where none is named.
///
/// # Errors
/// `invalid-arguments` when the definition keeps no sessions, or the store's.
pub async fn history(
    runs: &Runs,
    definition: &Definition,
    tenant: TenantId,
    principal: PrincipalId,
    session: Option<&Name>,
) -> Result<History, Fault> {
    let Some(name) = session else {
        return Ok(History::default());
    };
    let agent = with_sessions(definition)?;
    let session = Session {
        tenant,
        agent: agent.terms.name.clone(),
        principal,
        name: name.clone(),
    };
    let said = runs.history(&session).await;
    said.map_err(|error| of_run(&error))
}

fn with_sessions(definition: &Definition) -> Result<&Agent, Fault> {
    let (message, hint) = match definition {
        Definition::Agent(agent) if agent.memory.session => return Ok(agent),
        Definition::Agent(_) => (
            "The agent keeps no sessions.",
            "Write `session = true` under [memory] in its file, or name no session.",
        ),
        Definition::Chain(_) => (
            "A chain has no sessions: nothing is said in it.",
            "Name no session.",
        ),
    };
    Err(Fault::new(Code::InvalidArguments, message).with_hint(hint))
}

fn routes_of(definition: &Definition) -> BTreeSet<&str> {
    match definition {
        Definition::Agent(agent) => BTreeSet::from([agent.model.as_str()]),
        Definition::Chain(chain) => chain
            .steps
            .iter()
            .filter_map(|step| match &step.work {
                Work::Model(asked) => Some(asked.model.as_str()),
                _ => None,
            })
            .collect(),
    }
}

fn no_route(error: &dyn std::fmt::Display) -> Fault {
    let hint = "The operator names the routes file with --routes or in `metier.toml`, or puts routes.toml beside the definition.";
    Fault::new(Code::ModelNoCandidate, sentence(&error.to_string())).with_hint(hint)
}
