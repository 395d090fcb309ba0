//! The tools of an MCP server as the tools of a skill, from a plan packed with the component.
//!
//! This file is the glue: what the host calls, and what is asked of the host (`fetch`, packed files and artifacts). All the rest is
//! plain functions with native tests, in the order of a call: [`talk`] speaks with the server, [`answer`] reads what its tool
//! answered and [`failure`] says what went wrong. What is on the wire is `metier-mcp-wire`'s.
//!
//! The skill sends no credential and could not: the host attaches it after its rules said yes. It asks the server nothing but to
//! call a tool: which tools there are was settled when the server was attached.

mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "mcp",
        generate_all,
        additional_derives: [PartialEq],
    });
}

mod answer;
mod failure;
mod talk;

use bindings::exports::metier::skill::tools::{Error, Guest, Tool};
use bindings::metier::skill::{artifacts, fetch, resources};
use metier_mcp_wire::{Plan, PlanError, RESOURCE, plan::MAX_PLAN_BYTES};
use serde_json::{Map, Value as Json};

/// How much of the plan is read at a time, in bytes: as much as the host gives.
const PIECE: u32 = 1 << 20;

struct Mcp;

impl Guest for Mcp {
    fn list_tools() -> Vec<Tool> {
        // There is no error to answer with: a plan that cannot be read has no tools, and packing says so.
        let Ok(plan) = Plan::from_json(&packed()) else {
            return Vec::new();
        };
        let tool = |tool: metier_mcp_wire::plan::Tool| Tool {
            name: tool.name,
            description: tool.description,
            input_schema: tool.input_schema.to_string(),
            output_schema: tool
                .output_schema
                .map(|schema| answer::widened(schema).to_string()),
        };
        plan.tools.into_iter().map(tool).collect()
    }

    fn call(name: String, arguments: String) -> Result<String, Error> {
        let plan = Plan::for_a_call(&packed()).map_err(|error| damaged(&error))?;
        let mut tools = plan.tools.iter();
        let tool = tools
            .find(|tool| tool.name == name)
            .ok_or_else(|| Error::NotFound(format!("there is no tool `{name}`")))?;
        let arguments = members(&arguments)?;
        let result = talk::call(&plan, tool, &arguments, fetch::fetch)?;
        answer::read(&name, result, artifacts::put)
    }
}

/// What was packed, or its beginning where it is larger than a plan may be.
fn packed() -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() <= MAX_PLAN_BYTES {
        match resources::read(RESOURCE, bytes.len() as u64, PIECE) {
            Some(piece) if !piece.is_empty() => bytes.extend_from_slice(&piece),
            _ => break,
        }
    }
    bytes
}

fn damaged(error: &PlanError) -> Error {
    Error::Internal(format!("{RESOURCE} of this skill cannot be used: {error}"))
}

fn members(arguments: &str) -> Result<Map<String, Json>, Error> {
    serde_json::from_str(arguments)
        .map_err(|error| Error::InvalidInput(format!("the arguments are no JSON object: {error}")))
}

#[expect(unsafe_code, reason = "generated: the functions the host calls")]
mod exports {
    use crate::{Mcp, bindings};

    bindings::export!(Mcp with_types_in bindings);
}
