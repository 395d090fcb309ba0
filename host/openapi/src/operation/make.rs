//! One operation as a plan has it.

use std::collections::BTreeSet;

use metier_core::http::PathPattern;
use metier_core::{Effect, Method};
use metier_openapi_plan::{Operation, Place as In, Type, check};
use serde_json::Value;

use super::arguments::Arguments;
use super::parameter::{self, Described, Inputs};
use super::path::{Route, pattern};
use super::{Listed, answer, body, names, words};
use crate::document::Document;
use crate::pointer::Place;
use crate::problem::{Problem, Reason};
use crate::security::{self, Requirement};
use crate::server::Server;

/// An operation that can be called.
#[derive(Clone, Debug)]
pub struct Made {
    /// What the component needs.
    pub operation: Operation,
    /// What calling it does to the world.
    pub effect: Effect,
    /// Its route as described: `GET /pets/{id}`.
    pub route: String,
    /// Whether it should no longer be used.
    pub deprecated: bool,
    /// Where it is sent.
    pub server: Server,
    /// Who may call it.
    pub(crate) security: Vec<Requirement>,
}

impl Made {
    /// The path its requests have, as a manifest writes it.
    pub fn path_pattern(&self) -> String {
        let whole = format!("{}{}", self.server.path, pattern(&self.operation.path));
        if whole.is_empty() {
            "/".to_owned()
        } else {
            whole
        }
    }
}

/// Makes an operation; what was changed on the way comes with it.
///
/// `servers` is the description's server, or why there is none.
pub(crate) fn make(
    document: &Document,
    listed: &Listed<'_>,
    server: &Result<Server, crate::server::ServerError>,
) -> Result<(Made, Vec<Problem>), Problem> {
    let problem = |reason| Problem::new(&listed.name(), Place::At(&listed.pointer), reason);
    let method: Method = match listed.method.parse() {
        Ok(method) if listed.method != "QUERY" => method,
        _ => return Err(problem(Reason::Method(listed.method.clone()))),
    };
    let (server, own) = server_of(listed, server).map_err(|error| problem(error.into()))?;
    let mut inputs = parameter::read(document, listed)?;
    let mut notes = std::mem::take(&mut inputs.notes);
    let security = without_keys(document, listed, &mut inputs);
    let mut made = request(document, listed, &inputs, &mut notes)?;
    made.base_url = own.then(|| server.base_url.clone());
    made.tool = listed.tool.clone();
    made.title = words::title(listed);
    made.description = words::description(listed);
    made.method = method.as_str().to_owned();
    let answer = answer::read(document, listed);
    made.accept = answer.accept;
    made.output_schema = answer.schema;
    notes.extend(answer.notes);
    let wanted = names::wanted(listed);
    if !listed.named && wanted != listed.tool {
        notes.push(problem(Reason::Renamed {
            tool: listed.tool.clone(),
            wanted,
        }));
    }
    check::operation(&made).map_err(|error| problem(Reason::Plan(error.to_string())))?;
    let made = Made {
        effect: words::effect(&listed.method),
        route: listed.route(),
        deprecated: listed.deprecated,
        server,
        security,
        operation: made,
    };
    // What the manifest could not ask for could never be sent.
    let asked = made.path_pattern().parse::<PathPattern>();
    asked.map_err(|error| problem(Reason::Path(error.to_string())))?;
    Ok((made, notes))
}

/// Takes out the parameters that are keys; the ways to call the operation, of which they may be the only trace.
fn without_keys(
    document: &Document,
    listed: &Listed<'_>,
    inputs: &mut Inputs<'_>,
) -> Vec<Requirement> {
    let secrets = security::parameters(document);
    let mut ways = security::requirements(document, listed.operation);
    let known = ways.iter().any(|way| way.scheme.is_ok());
    let mut keys: Vec<_> = inputs
        .authorization
        .iter()
        .map(|name| (In::Header, *name))
        .collect();
    inputs.parameters.retain(|one| {
        let secret = secrets.contains(&(one.place as u8, one.name.to_ascii_lowercase()));
        if secret && one.required {
            keys.push((one.place, one.name));
        }
        !(secret || known && is_secret(one))
    });
    if ways.is_empty() && !security::is_said(document, listed.operation) {
        ways.extend(security::implied(document, &keys));
    }
    ways
}

/// Words by which a description says that a parameter is a secret.
const SECRET_WORDS: [&str; 5] = ["authentic", "authoriz", "oauth", "api key", "access token"];

/// Whether a parameter is a secret by its own words: some descriptions have both a security scheme and a parameter for it.
fn is_secret(parameter: &Described<'_>) -> bool {
    let words = parameter.description.to_ascii_lowercase();
    let says = || SECRET_WORDS.iter().any(|word| words.contains(word));
    let name = parameter.name.to_ascii_lowercase().replace(['-', '_'], "");
    let meant = match name.as_str() {
        "key" => words.contains("api key"),
        "token" | "accesstoken" | "authtoken" | "oauthtoken" | "apikey" => says(),
        _ => false,
    };
    meant && matches!(parameter.place, In::Query | In::Header)
}

/// Where it is sent, and whether that is its own place rather than the description's.
fn server_of(
    listed: &Listed<'_>,
    server: &Result<Server, crate::server::ServerError>,
) -> Result<(Server, bool), crate::server::ServerError> {
    let holders = [listed.operation, listed.item];
    let servers = holders.into_iter().find_map(|holder| holder.get("servers"));
    let filled = |servers: &&Value| {
        servers
            .as_array()
            .is_some_and(|servers| !servers.is_empty())
    };
    let Some(servers) = servers.filter(filled) else {
        return Ok((server.clone()?, false));
    };
    let own = Server::own(servers, server.as_ref().ok())?;
    let differs = server.as_ref().ok() != Some(&own);
    Ok((own, differs))
}

/// Path, parameters and body, with the schema of their arguments.
fn request<'d>(
    document: &'d Document,
    listed: &Listed<'d>,
    inputs: &Inputs<'d>,
    notes: &mut Vec<Problem>,
) -> Result<Operation, Problem> {
    let problem = |reason| Problem::new(&listed.name(), Place::At(&listed.pointer), reason);
    let in_path = inputs.parameters.iter().filter(|one| one.place == In::Path);
    let described: BTreeSet<&str> = in_path.map(|one| one.name).collect();
    let route = Route::of(listed.path, &described).map_err(&problem)?;
    let mut arguments = Arguments::new(document);
    let mut made = Operation::default();
    for one in &inputs.parameters {
        let moved = route.moved.get(one.name).filter(|_| one.place == In::Path);
        if one.place == In::Path && moved.is_none() && !route.names.contains(one.name) {
            let reason = Reason::Ignored(one.name.to_owned(), "the path has no such parameter");
            notes.push(Problem::new(
                &listed.name(),
                Place::At(&one.pointer),
                reason,
            ));
            continue;
        }
        let added = arguments.parameter(one);
        let mut added = added
            .map_err(|error| Problem::new(&listed.name(), Place::At(&one.pointer), error.into()))?;
        if let Some(field) = moved {
            (added.place, added.name) = (In::Query, field.clone());
            added.style = metier_openapi_plan::Style::Form;
        }
        made.parameters.push(added);
    }
    for name in route
        .names
        .iter()
        .filter(|name| !described.contains(name.as_str()))
    {
        notes.push(problem(Reason::Undescribed(name.clone())));
        made.parameters.push(arguments.undescribed(name));
    }
    made.body = body::read(document, listed, inputs, &mut arguments)?;
    (made.path, made.query) = (route.template, route.query);
    let finished = arguments.finish().map_err(|error| problem(error.into()))?;
    made.input_schema = finished.schema;
    let told = finished.notes.into_iter();
    notes.extend(
        told.map(|(place, note)| Problem::new(&listed.name(), Place::At(&place), note.into())),
    );
    made.parameters.iter_mut().for_each(settle);
    Ok(made)
}

/// A path parameter is never null or missing.
fn settle(parameter: &mut metier_openapi_plan::Parameter) {
    if parameter.place == In::Path {
        parameter.types.retain(|kind| *kind != Type::Null);
    }
}
