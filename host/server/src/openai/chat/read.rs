//! A question as Chat Completions has it.

use metier_agent::models::ModelRequest;
use serde_json::value::RawValue;

use super::messages;
use crate::{
    app::App,
    openai::{
        asked::{Asked, HARMLESS, metadata, tokens},
        call::Posted,
        failure::Failure,
        fields::{Fields, Usual, read},
        tools,
    },
};

/// Most texts to stop before, as OpenAI has it.
const MAX_STOP: usize = 4;

/// Parameters that are taken where they say what holds anyway.
const USUAL: [(&str, Usual); 10] = [
    ("n", Usual::Number(1.0)),
    ("store", Usual::Truth(false)),
    ("logprobs", Usual::Truth(false)),
    ("top_logprobs", Usual::Number(0.0)),
    ("top_p", Usual::Number(1.0)),
    ("presence_penalty", Usual::Number(0.0)),
    ("frequency_penalty", Usual::Number(0.0)),
    ("logit_bias", Usual::Empty),
    ("verbosity", Usual::Text("medium")),
    ("functions", Usual::Empty),
];

/// What is asked.
pub struct Chat {
    /// The question.
    pub asked: Asked,
    /// Whether a stream ends with what was used.
    pub usage: bool,
}

/// Reads the body.
///
/// # Errors
/// For the first thing that is wrong, or that this host cannot do.
pub fn chat(app: &App, posted: &Posted) -> Result<Chat, Failure> {
    let mut fields = Fields::of_body(&posted.body)?;
    let model = fields.need("model")?;
    let mut request = ModelRequest {
        messages: messages::read(app, &posted.caller.tenant, fields.need("messages")?)?,
        ..ModelRequest::default()
    };
    tools::tools(&mut fields, Some("function"), &mut request)?;
    if let Some(format) = fields.raw("response_format") {
        request.response = tools::shape(format, "response_format", Some("json_schema"))?;
    }
    let newer = tokens(&mut fields, "max_completion_tokens")?;
    request.max_tokens = newer.or(tokens(&mut fields, "max_tokens")?);
    request.temperature = fields.within("temperature", 0.0, 2.0)?;
    request.seed = fields.get("seed")?;
    request.stop = stop(&mut fields)?;
    let stream = fields.get("stream")?.unwrap_or(false);
    let usage = stream_options(&mut fields)?;
    let metadata = metadata(&mut fields)?;
    modalities(&mut fields)?;
    fields.usual(&USUAL)?;
    fields.harmless(&HARMLESS);
    // Only makes an answer come sooner.
    fields.harmless(&["prediction"]);
    fields.done()?;
    Ok(Chat {
        asked: Asked {
            model,
            request,
            stream,
            metadata,
        },
        usage,
    })
}

fn stop(fields: &mut Fields<'_>) -> Result<Vec<String>, Failure> {
    let Some(raw) = fields.raw("stop") else {
        return Ok(Vec::new());
    };
    let stop = match raw.get().starts_with('"') {
        true => vec![read(raw, "stop")?],
        false => read::<Vec<String>>(raw, "stop")?,
    };
    if stop.len() > MAX_STOP || stop.iter().any(String::is_empty) {
        let message = format!("'stop' is one text or up to {MAX_STOP}, none of them empty.");
        return Err(Failure::invalid("stop", message));
    }
    Ok(stop)
}

fn stream_options(fields: &mut Fields<'_>) -> Result<bool, Failure> {
    let Some(options) = fields.get::<&RawValue>("stream_options")? else {
        return Ok(false);
    };
    let mut options = Fields::of(options, "stream_options")?;
    let usage = options.get("include_usage")?.unwrap_or(false);
    options.harmless(&["include_obfuscation"]);
    options.done()?;
    Ok(usage)
}

fn modalities(fields: &mut Fields<'_>) -> Result<(), Failure> {
    let asked: Option<Vec<String>> = fields.get("modalities")?;
    match asked.is_none_or(|asked| asked == ["text"]) {
        true => Ok(()),
        false => Err(Failure::unsupported("modalities", "Answers are text.")),
    }
}
