//! What a model is asked: the conversation so far, the tools, the shape of the answer.

use metier_core::nearest::nearest;
use serde_json::{Value, json};

use crate::{
    definition::{Agent, Ask, Definition},
    expression::{ExpressionError, Scope, Template},
    journal::{PinnedTool, Reply, Slot, Words},
    models::{Message, ModelRequest, ResponseSchema, Role, ToolChoice, ToolDefinition},
    naming::{builtin, wire_name},
    state::{Conversation, Progress, State},
};

/// Tools one search gives back.
const FOUND: usize = 8;

/// What a model is told when its conversation has to be shortened.
const SUMMARISE: &str = "The conversation is about to be shortened: everything after the first prompt will be replaced by what you write now. \
Write down for yourself what was found (with exact ids, names, numbers and digests of files), what was done, what was refused, and what is left to do.";

/// What the model is asked in an agent's turn, or for a summary.
pub fn request(state: &State, slot: Slot, max_tokens: u32) -> ModelRequest {
    let (Progress::Agent(conversation), Definition::Agent(agent)) =
        (&state.progress, &state.started.definition)
    else {
        return ModelRequest::default();
    };
    let mut messages = conversation.messages.clone();
    let is_summary = slot == Slot::Summary;
    if is_summary {
        messages.push(Message::text(Role::User, SUMMARISE));
    }
    let schema = agent.terms.output_schema.clone().filter(|_| !is_summary);
    ModelRequest {
        messages,
        tools: tools(state, agent, conversation),
        tool_choice: match is_summary {
            true => ToolChoice::None,
            false => ToolChoice::Auto,
        },
        response: schema.map(|schema| ResponseSchema {
            name: "output".to_owned(),
            schema,
        }),
        max_tokens: Some(max_tokens),
        temperature: agent.temperature,
        ..ModelRequest::default()
    }
}

/// What opens an agent's conversation: instructions, what was said before, the prompt.
///
/// # Errors
/// [`ExpressionError`] where a `${…}` of the file cannot be evaluated over this input.
pub fn opening(
    agent: &Agent,
    input: &Value,
    history: Vec<Message>,
) -> Result<Vec<Message>, ExpressionError> {
    let scope = Scope::new().with("input", input.clone());
    let filled = |text: &str| -> Result<String, ExpressionError> {
        Ok(match Template::text(text)?.fill(&scope)? {
            Value::String(text) => text,
            other => other.to_string(),
        })
    };
    let prompt = match &agent.prompt {
        Some(prompt) => filled(prompt)?,
        None => match input {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        },
    };
    let mut messages = vec![Message::text(Role::System, filled(&agent.instructions)?)];
    messages.extend(history);
    messages.push(Message::text(Role::User, prompt));
    Ok(messages)
}

/// What the model is asked in a step of a chain.
pub fn of_step(words: &Words, ask: &Ask, max_tokens: u32) -> ModelRequest {
    let system = words.system.iter();
    let mut messages: Vec<Message> = system
        .map(|system| Message::text(Role::System, system))
        .collect();
    messages.push(Message::text(Role::User, &words.prompt));
    ModelRequest {
        messages,
        response: ask.schema.clone().map(|schema| ResponseSchema {
            name: "output".to_owned(),
            schema,
        }),
        max_tokens: Some(max_tokens),
        temperature: ask.temperature,
        ..ModelRequest::default()
    }
}

/// What a skill asks a model within its call.
pub fn of_skill(words: &Words, max_tokens: u32) -> ModelRequest {
    let asked = Ask {
        model: String::new(),
        system: None,
        prompt: String::new(),
        schema: words.schema.clone(),
        max_tokens,
        temperature: None,
    };
    of_step(words, &asked, max_tokens)
}

/// The tools a model sees: all of them, or the search and what it found.
fn tools(state: &State, agent: &Agent, conversation: &Conversation) -> Vec<ToolDefinition> {
    let all = &state.started.tools;
    let is_long = all.len() > usize::from(agent.terms.limits.listed_tools);
    let listed = all
        .iter()
        .filter(|(name, _)| !is_long || conversation.found.contains(name));
    let mut tools: Vec<_> = listed
        .map(|(name, pinned)| ToolDefinition {
            name: wire_name(name),
            description: pinned.description.clone(),
            input_schema: pinned.input_schema.clone(),
        })
        .collect();
    if is_long {
        tools.push(search_tools(all.len()));
    }
    if agent.memory.notes {
        tools.extend(notes());
    }
    tools
}

fn search_tools(count: usize) -> ToolDefinition {
    ToolDefinition {
        name: builtin::SEARCH_TOOLS.to_owned(),
        description: format!(
            "There are {count} tools, too many to list. Find some by words of what they do; their schemas come back and they can be called from then on."
        ),
        input_schema: json!({
            "type": "object",
            "properties": {"query": {"type": "string", "description": "Words, for instance `jira comment`."}},
            "required": ["query"],
            "additionalProperties": false,
        }),
    }
}

fn notes() -> [ToolDefinition; 3] {
    let text = |description: &str| json!({"type": "string", "description": description});
    let object = |name: &str, field: Value| json!({"type": "object", "properties": {name: field}, "required": [name], "additionalProperties": false});
    let definition = |name: &str, description: &str, input_schema: Value| ToolDefinition {
        name: name.to_owned(),
        description: description.to_owned(),
        input_schema,
    };
    [
        definition(
            builtin::SAVE_NOTE,
            "Keep a note for later runs.",
            object("text", text("What to remember, in whole sentences.")),
        ),
        definition(
            builtin::SEARCH_NOTES,
            "Find notes that earlier runs kept.",
            object("query", text("Words the note has.")),
        ),
        definition(
            builtin::FORGET_NOTE,
            "Forget a note.",
            object("id", text("The note's id, as a search gave it.")),
        ),
    ]
}

/// The answer to a search for tools.
pub(crate) fn found_tools(state: &State, index: u16, arguments: &Value) -> Reply {
    let query = arguments["query"]
        .as_str()
        .unwrap_or_default()
        .to_lowercase();
    let words: Vec<&str> = query
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let mut scored: Vec<_> = state
        .started
        .tools
        .iter()
        .map(|(name, pinned)| (score(&words, name, pinned), name))
        .filter(|(score, _)| *score > 0)
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let found: Vec<String> = scored
        .into_iter()
        .take(FOUND)
        .map(|(_, name)| name.clone())
        .collect();
    let text = match found.is_empty() {
        true => nothing_found(state, &query),
        false => described(state, &found),
    };
    Reply {
        index,
        text,
        is_error: false,
        found,
    }
}

/// Words in a tool's name count more than words in its description.
fn score(words: &[&str], name: &str, pinned: &PinnedTool) -> usize {
    let (name, description) = (name.to_lowercase(), pinned.description.to_lowercase());
    let of_word = |word: &&str| {
        3 * usize::from(name.contains(*word)) + usize::from(description.contains(*word))
    };
    words.iter().map(of_word).sum()
}

fn nothing_found(state: &State, query: &str) -> String {
    let names = state.started.tools.keys().map(String::as_str);
    match nearest(query, names) {
        Some(meant) => format!("No tool has these words. The nearest name is {meant}."),
        None => "No tool has these words. Try fewer or other ones.".to_owned(),
    }
}

fn described(state: &State, found: &[String]) -> String {
    let tools = found.iter().filter_map(|name| {
        let pinned = state.started.tools.get(name)?;
        Some(json!({
            "name": wire_name(name),
            "description": pinned.description,
            "input-schema": pinned.input_schema,
        }))
    });
    Value::Array(tools.collect()).to_string()
}

/// What a model's last words are as output: text, or JSON where there is a schema. `Err` is a sentence for the model.
pub fn output(schema: Option<&Value>, words: &str) -> Result<Value, String> {
    let Some(schema) = schema else {
        return Ok(Value::String(words.to_owned()));
    };
    let value: Value = serde_json::from_str(unfenced(words)).map_err(|error| {
        format!("Your answer has to be JSON and nothing else, and it is not: {error}. Give the whole answer again.")
    })?;
    fits(Some(schema), &value).map(|()| value).map_err(|why| {
        format!("Your answer does not fit the schema: {why}. Give the whole answer again.")
    })
}

/// Whether a value fits a schema; everything fits none.
pub fn fits(schema: Option<&Value>, value: &Value) -> Result<(), String> {
    let Some(schema) = schema else { return Ok(()) };
    let validator = jsonschema::draft202012::new(schema).map_err(|error| error.to_string())?;
    let first = validator.iter_errors(value).next();
    match first {
        None => Ok(()),
        Some(error) => Err(format!("{error} at `{}`", error.instance_path())),
    }
}

/// Models like to put JSON between fences although they were asked not to.
fn unfenced(words: &str) -> &str {
    let words = words.trim();
    let inside = words
        .strip_prefix("```json")
        .or_else(|| words.strip_prefix("```"))
        .and_then(|rest| rest.strip_suffix("```"));
    inside.map_or(words, str::trim)
}
