//! A question as Responses has it.

use metier_agent::models::{Message, ModelRequest, ResponseSchema, Role};
use serde_json::value::RawValue;

use super::input;
use crate::{
    app::App,
    openai::{
        asked::{Asked, HARMLESS, metadata, tokens},
        call::Posted,
        failure::Failure,
        fields::{Fields, Usual},
        tools,
    },
};

/// Parameters that are taken where they say what holds anyway.
const USUAL: [(&str, Usual); 5] = [
    ("store", Usual::Truth(false)),
    ("background", Usual::Truth(false)),
    ("truncation", Usual::Text("disabled")),
    ("top_p", Usual::Number(1.0)),
    ("top_logprobs", Usual::Number(0.0)),
];

/// What is asked.
pub struct Question {
    /// The question.
    pub asked: Asked,
    /// What the answer repeats of it.
    pub echo: Echo,
}

/// Parts of a question that its answer has, too, as they were written.
#[derive(Default)]
pub struct Echo {
    pub instructions: Option<String>,
    pub tools: Option<Box<RawValue>>,
    pub tool_choice: Option<Box<RawValue>>,
    pub format: Option<Box<RawValue>>,
    pub max_output_tokens: Option<u32>,
    pub temperature: Option<f64>,
    pub parallel: bool,
}

/// Reads the body.
///
/// # Errors
/// For the first thing that is wrong, or that this host cannot do.
pub fn question(app: &App, posted: &Posted) -> Result<Question, Failure> {
    let mut fields = Fields::of_body(&posted.body)?;
    let stored = ["previous_response_id", "conversation", "prompt"];
    if let Some(name) = stored.iter().find(|name| fields.raw(name).is_some()) {
        let message =
            format!("'{name}' cannot be used: nothing is stored here. Send the whole input.");
        return Err(Failure::unsupported(*name, message));
    }
    let model = fields.need("model")?;
    let instructions: Option<String> = fields.get("instructions")?;
    let mut request = ModelRequest::default();
    let told = instructions.as_deref();
    let told = told.map(|text| Message::text(Role::System, text));
    request.messages.extend(told);
    input::read(
        app,
        &posted.caller.tenant,
        fields.need("input")?,
        &mut request.messages,
    )?;
    let mut echo = Echo {
        tools: fields.peek("tools"),
        tool_choice: fields.peek("tool_choice"),
        ..Echo::default()
    };
    tools::tools(&mut fields, None, &mut request)?;
    (request.response, echo.format) = text(&mut fields)?;
    request.max_tokens = tokens(&mut fields, "max_output_tokens")?;
    request.temperature = fields.within("temperature", 0.0, 2.0)?;
    let stream = fields.get("stream")?.unwrap_or(false);
    let metadata = metadata(&mut fields)?;
    reasoning(&mut fields)?;
    include(&mut fields)?;
    fields.usual(&USUAL)?;
    fields.harmless(&HARMLESS);
    // About tools of OpenAI's, and about the size of pieces.
    fields.harmless(&["max_tool_calls", "stream_options"]);
    fields.done()?;
    Ok(Question {
        echo: Echo {
            instructions,
            max_output_tokens: request.max_tokens,
            temperature: request.temperature,
            parallel: !request.one_call_at_a_time,
            ..echo
        },
        asked: Asked {
            model,
            request,
            stream,
            metadata,
        },
    })
}

type Shape = (Option<ResponseSchema>, Option<Box<RawValue>>);

fn text(fields: &mut Fields<'_>) -> Result<Shape, Failure> {
    let Some(text) = fields.get::<&RawValue>("text")? else {
        return Ok((None, None));
    };
    let mut text = Fields::of(text, "text")?;
    let echo = text.peek("format");
    let format = text.raw("format");
    let shape = format.map(|format| tools::shape(format, "text.format", None));
    let shape = shape.transpose()?.flatten();
    text.usual(&[("verbosity", Usual::Text("medium"))])?;
    text.done()?;
    Ok((shape, echo))
}

/// How much is thought is a matter of the candidate's options; a summary is given where there is one.
fn reasoning(fields: &mut Fields<'_>) -> Result<(), Failure> {
    let Some(reasoning) = fields.get::<&RawValue>("reasoning")? else {
        return Ok(());
    };
    let mut reasoning = Fields::of(reasoning, "reasoning")?;
    reasoning.harmless(&["summary", "generate_summary"]);
    reasoning.done()
}

/// What else is wanted: sealed thoughts, which are always there. Of tools that are not there, nothing can be.
fn include(fields: &mut Fields<'_>) -> Result<(), Failure> {
    let include: Option<Vec<String>> = fields.get("include")?;
    let mut include = include.unwrap_or_default().into_iter();
    match include.any(|what| what == "message.output_text.logprobs") {
        true => Err(Failure::unsupported(
            "include",
            "There are no probabilities of tokens.",
        )),
        false => Ok(()),
    }
}
