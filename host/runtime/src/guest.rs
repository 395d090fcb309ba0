//! The only place that calls a guest.

use metier_core::{Code, Effect, Fault, package};
use serde_json::value::RawValue;
use wasmtime::component::{ComponentNamedList, Instance, Lift, Lower, TypedFunc, Val};
use wasmtime::{Store, component::ComponentExportIndex};

use crate::bindings::{Tool as Listed, types};
use crate::skill::{Entry, Skill, Tool};
use crate::store::CallState;
use crate::values::{
    DEFAULT_VALUE_MEMORY, EncodeError, FunctionShape, Returned, SkillError, ValueError,
};

/// Arguments, checked and ready: nothing is instantiated for a call that could not succeed.
pub enum Prepared<'a> {
    /// Values for a typed export.
    Typed(&'a ComponentExportIndex, &'a FunctionShape, Vec<Val>),
    /// JSON text for `metier:skill/tools.call`.
    Dynamic(&'a ComponentExportIndex, &'a str, &'a str),
}

/// Why a guest gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// It answered with an error of its own.
    #[error("the skill answered with an error")]
    Answered(SkillError),
    /// It answered with an error of a type of its own, here as JSON.
    #[error("the skill answered with an error: {0}")]
    AnsweredOther(String),
    /// Instantiating it failed: an import, or a trap in its start-up code.
    #[error("the skill did not start: {0:#}")]
    Start(wasmtime::Error),
    /// It trapped, or the host stopped it.
    #[error("the skill was stopped: {0:#}")]
    Stopped(wasmtime::Error),
    /// Its answer is larger than the call may return.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// A tool that promises JSON answered with something else.
    #[error("the answer is not JSON: {0}")]
    NotJson(String),
}

/// Why arguments were not accepted; nothing was run.
#[derive(Debug, thiserror::Error)]
pub enum ArgumentsError {
    /// They do not fit the tool's types.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// Not JSON, or not an object.
    #[error("the arguments are not a JSON object: {0}")]
    NotJson(String),
    /// Larger than a call may bring.
    #[error("the arguments are larger than {0} bytes")]
    TooLarge(u64),
}

/// Arguments of more than `max` bytes are refused before anything waits for them.
///
/// # Errors
/// [`ArgumentsError::TooLarge`].
pub fn check_size(arguments: &str, max: u64) -> Result<(), ArgumentsError> {
    match arguments.len() as u64 <= max {
        true => Ok(()),
        false => Err(ArgumentsError::TooLarge(max)),
    }
}

/// Check `arguments` against the tool's types.
///
/// # Errors
/// The place in the JSON, what was expected there and what was found.
pub fn prepare<'a>(
    tool: &'a Tool,
    arguments: &'a str,
    max: u64,
) -> Result<Prepared<'a>, ArgumentsError> {
    check_size(arguments, max)?;
    match &tool.entry {
        Entry::Typed { index, shape } => {
            let values = shape.arguments(arguments, DEFAULT_VALUE_MEMORY)?;
            Ok(Prepared::Typed(index, shape, values))
        }
        Entry::Dynamic { index } => {
            check_object(arguments)?;
            Ok(Prepared::Dynamic(index, tool.info.name.as_str(), arguments))
        }
    }
}

/// A tool that takes JSON text still gets an object, whole and well formed.
fn check_object(arguments: &str) -> Result<(), ArgumentsError> {
    let text: &RawValue = serde_json::from_str(arguments)
        .map_err(|error| ArgumentsError::NotJson(error.to_string()))?;
    match text.get().starts_with('{') {
        true => Ok(()),
        false => Err(ArgumentsError::NotJson("at $: expected an object".into())),
    }
}

/// Instantiate, call, and turn the answer into JSON of at most `max` bytes.
///
/// # Errors
/// See [`GuestError`].
pub async fn run(
    store: &mut Store<CallState>,
    skill: &Skill,
    prepared: Prepared<'_>,
    max: u64,
) -> Result<String, GuestError> {
    let instance = skill
        .pre()
        .instantiate_async(&mut *store)
        .await
        .map_err(GuestError::Start)?;
    match prepared {
        Prepared::Typed(index, shape, values) => {
            typed(store, &instance, index, shape, &values, max).await
        }
        Prepared::Dynamic(index, name, arguments) => {
            dynamic(store, &instance, index, (name, arguments), max).await
        }
    }
}

async fn typed(
    store: &mut Store<CallState>,
    instance: &Instance,
    index: &ComponentExportIndex,
    shape: &FunctionShape,
    values: &[Val],
    max: u64,
) -> Result<String, GuestError> {
    let missing = || {
        GuestError::Stopped(wasmtime::format_err!(
            "an export resolved at load is missing"
        ))
    };
    let function = instance.get_func(&mut *store, index).ok_or_else(missing)?;
    let mut results = shape.result_slots();
    function
        .call_async(&mut *store, values, &mut results)
        .await
        .map_err(GuestError::Stopped)?;
    match shape.returned(&results, clamp(max)).map_err(unencodable)? {
        Returned::Ok(json) => Ok(json),
        Returned::StandardError(error) => Err(GuestError::Answered(error)),
        Returned::OtherError(json) => Err(GuestError::AnsweredOther(json)),
    }
}

fn unencodable(error: EncodeError) -> GuestError {
    match error {
        EncodeError::TooLarge { limit } => GuestError::TooLarge(limit as u64),
        other => GuestError::Stopped(wasmtime::Error::new(other)),
    }
}

fn clamp(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

async fn dynamic(
    store: &mut Store<CallState>,
    instance: &Instance,
    index: &ComponentExportIndex,
    arguments: (&str, &str),
    max: u64,
) -> Result<String, GuestError> {
    type Answer = (Result<String, types::Error>,);
    let function: TypedFunc<(&str, &str), Answer> =
        function(store, instance, index).map_err(GuestError::Start)?;
    let (answer,) = function
        .call_async(&mut *store, arguments)
        .await
        .map_err(GuestError::Stopped)?;
    let json = answer.map_err(|error| GuestError::Answered(error.into()))?;
    if json.len() as u64 > max {
        return Err(GuestError::TooLarge(max));
    }
    match serde_json::from_str::<&RawValue>(&json) {
        Ok(_) => Ok(json),
        Err(error) => Err(GuestError::NotJson(error.to_string())),
    }
}

fn function<Params, Answer>(
    store: &mut Store<CallState>,
    instance: &Instance,
    index: &ComponentExportIndex,
) -> wasmtime::Result<TypedFunc<Params, Answer>>
where
    Params: ComponentNamedList + Lower,
    Answer: ComponentNamedList + Lift,
{
    instance.get_typed_func(store, index)
}

/// The name under which asking for tools is recorded.
pub(crate) const LIST_TOOLS: &str = "list-tools";

/// Ask a component whose tools are data what they are. Only ever called while packing.
///
/// # Errors
/// As [`run`].
pub async fn list_tools(
    store: &mut Store<CallState>,
    skill: &Skill,
    index: &ComponentExportIndex,
) -> Result<Vec<Listed>, GuestError> {
    let instance = skill
        .pre()
        .instantiate_async(&mut *store)
        .await
        .map_err(GuestError::Start)?;
    let list: TypedFunc<(), (Vec<Listed>,)> =
        function(store, &instance, index).map_err(GuestError::Start)?;
    let (tools,) = list
        .call_async(&mut *store, ())
        .await
        .map_err(GuestError::Stopped)?;
    Ok(tools)
}

/// A listed tool, checked, as it is packed. Its effect is the manifest's to state.
///
/// # Errors
/// `skill-invalid-result` when the name or a schema is none.
pub fn frozen_tool(listed: Listed) -> Result<package::Tool, Fault> {
    let invalid = |why: String| {
        Fault::new(
            Code::SkillInvalidResult,
            format!("The tool `{}` {why}.", listed.name),
        )
    };
    let schema = |text: &str| {
        serde_json::from_str(text)
            .map_err(|error| invalid(format!("has a schema that is not JSON: {error}")))
    };
    Ok(package::Tool {
        name: listed
            .name
            .parse()
            .map_err(|error| invalid(format!("cannot be called that: {error}")))?,
        title: None,
        description: listed.description.clone(),
        input_schema: schema(&listed.input_schema)?,
        output_schema: listed.output_schema.as_deref().map(schema).transpose()?,
        effect: Effect::default(),
    })
}

impl From<types::Error> for SkillError {
    fn from(error: types::Error) -> SkillError {
        use types::Error as E;
        match error {
            E::InvalidInput(text) => SkillError::InvalidInput(text),
            E::Unauthorized(text) => SkillError::Unauthorized(text),
            E::Denied(text) => SkillError::Denied(text),
            E::NotFound(text) => SkillError::NotFound(text),
            E::Conflict(text) => SkillError::Conflict(text),
            E::RateLimited(limit) => SkillError::RateLimited {
                message: limit.message,
                retry_after_seconds: limit.retry_after_seconds,
            },
            E::Unavailable(text) => SkillError::Unavailable(text),
            E::Internal(text) => SkillError::Internal(text),
        }
    }
}
