//! A question as either format asks it.

use std::{collections::BTreeMap, sync::Arc};

use metier_agent::models::{Message, ModelRequest, Part, Role, ToolChoice};

use super::{
    agent, call::Posted, failure::Failure, fields::Fields, live, said::Saying, target::Target,
};
use crate::app::App;

/// Fields that change nothing about an answer, in either format.
pub const HARMLESS: [&str; 5] = [
    "user",
    "service_tier",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
];

/// The question.
#[derive(Debug)]
pub struct Asked {
    /// Of whom.
    pub model: String,
    /// What.
    pub request: ModelRequest,
    /// Whether the answer is told as it comes.
    pub stream: bool,
    /// What the client notes about it.
    pub metadata: BTreeMap<String, String>,
}

/// Who answers, and what.
pub struct Answering {
    /// The answer.
    pub saying: Saying,
    /// The run it is of.
    pub run: Option<metier_store::types::RunId>,
}

impl Asked {
    /// Asks the route or the agent.
    ///
    /// # Errors
    /// `model_not_found`, what an agent does not take, or why it cannot begin.
    pub async fn ask(self, app: &Arc<App>, posted: &Posted) -> Result<Answering, Failure> {
        match Target::of(&self.model)? {
            Target::Route(route) => {
                let (caller, id) = (&posted.caller, &posted.id);
                let asking = app.service.ask(caller, id, &route, self.request);
                let asking = asking.map_err(|fault| Failure::from(fault).no_model())?;
                Ok(Answering {
                    saying: match self.stream {
                        true => live::saying(asking),
                        false => live::whole(asking),
                    },
                    run: None,
                })
            }
            Target::Agent(name) => {
                let text = self.text_for_an_agent()?;
                let session = self.metadata.get("session").map(String::as_str);
                agent::saying(app, posted, name, text, session, self.stream).await
            }
        }
    }

    /// The last thing the user said. An agent brings everything else itself.
    fn text_for_an_agent(&self) -> Result<String, Failure> {
        let request = &self.request;
        let brings = [
            (!request.tools.is_empty(), "tools"),
            (request.tool_choice != ToolChoice::Auto, "tool_choice"),
            (request.one_call_at_a_time, "parallel_tool_calls"),
            (request.response.is_some(), "response_format"),
            (request.max_tokens.is_some(), "max_tokens"),
            (request.temperature.is_some(), "temperature"),
            (request.seed.is_some(), "seed"),
            (!request.stop.is_empty(), "stop"),
            (has_system(&request.messages), "instructions"),
        ];
        if let Some((_, name)) = brings.into_iter().find(|(is_there, _)| *is_there) {
            let message = format!(
                "An agent has its own `{name}`: it takes what the user says and nothing else."
            );
            return Err(Failure::unsupported(name, message));
        }
        let last = request.messages.last();
        let said = last.filter(|message| {
            let is_text = |part: &Part| matches!(part, Part::Text { .. });
            message.role == Role::User && message.parts.iter().all(is_text)
        });
        let said = said.ok_or_else(|| {
            let message = "An agent is given the last message, which has to be text of the user.";
            Failure::unsupported("messages", message)
        })?;
        Ok(said.words())
    }
}

fn has_system(messages: &[Message]) -> bool {
    messages.iter().any(|message| message.role == Role::System)
}

/// The client's notes.
///
/// # Errors
/// When they are no texts.
pub fn metadata(fields: &mut Fields<'_>) -> Result<BTreeMap<String, String>, Failure> {
    Ok(fields.get("metadata")?.unwrap_or_default())
}

/// Most tokens of the answer: at least one.
///
/// # Errors
/// When it is no such number.
pub fn tokens(fields: &mut Fields<'_>, name: &str) -> Result<Option<u32>, Failure> {
    let tokens = fields.get::<u32>(name)?;
    match tokens {
        Some(0) => {
            let path = fields.path(name);
            let message = format!("'{path}' is at least 1.");
            Err(Failure::invalid(path, message))
        }
        tokens => Ok(tokens),
    }
}
