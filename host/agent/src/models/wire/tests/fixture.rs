//! An answer in a file: a status line, headers, an empty line, and the body's bytes.

use std::path::{Path, PathBuf};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use crate::{
    models::{Message, ModelEvent, ModelFailure, ModelRequest, Role, wire::Decoder},
    routes::{Candidate, Format},
};

pub const FORMATS: [Format; 6] = [
    Format::OpenaiChat,
    Format::OpenaiResponses,
    Format::Anthropic,
    Format::Bedrock,
    Format::AzureOpenai,
    Format::Gemini,
];

/// One answer.
pub struct Fixture {
    pub name: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Fixture {
    pub fn is_stream(&self) -> bool {
        let kind = self.headers["content-type"].to_str().unwrap();
        kind.contains("stream")
    }
}

/// What became of it.
#[derive(Debug, PartialEq, Serialize)]
pub struct Decoded {
    pub events: Vec<ModelEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<ModelFailure>,
}

pub fn folder(format: Format) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/models");
    root.join(format.as_str())
}

/// All answers of a provider, by name.
pub fn all(format: Format) -> Vec<Fixture> {
    let files = std::fs::read_dir(folder(format)).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|file| file.extension().is_some_and(|kind| kind == "http"))
        .collect();
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn read(file: &Path) -> Fixture {
    let bytes = std::fs::read(file).unwrap();
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        (
            name.parse::<HeaderName>().unwrap(),
            HeaderValue::from_str(value).unwrap(),
        )
    });
    Fixture {
        name: file.file_stem().unwrap().to_str().unwrap().to_owned(),
        status,
        headers: headers.collect(),
        body: bytes[end + 2..].to_vec(),
    }
}

pub fn candidate(format: Format) -> Candidate {
    let (model, base_url) = match format {
        Format::OpenaiChat => ("gpt-5.2", "https://api.openai.com/v1"),
        Format::OpenaiResponses => ("gpt-5.2", "https://api.openai.com/v1"),
        Format::Anthropic => ("claude-sonnet-4-5", "https://api.anthropic.com"),
        Format::AzureOpenai => ("my-deployment", "https://acme.openai.azure.com/openai/v1"),
        Format::Bedrock => (
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
            "https://bedrock-runtime.eu-central-1.amazonaws.com",
        ),
        Format::Gemini => (
            "gemini-3-pro",
            "https://generativelanguage.googleapis.com/v1beta",
        ),
    };
    let json = serde_json::json!({
        "name": format.as_str(), "format": format, "model": model, "base-url": base_url,
        "context": 200_000, "max-output": 1024,
    });
    serde_json::from_value(json).unwrap()
}

/// A question of one sentence.
pub fn question() -> ModelRequest {
    ModelRequest {
        messages: vec![Message::text(Role::User, "Well?")],
        ..ModelRequest::default()
    }
}

/// The answer, arriving in these pieces.
pub fn decode<'p>(
    format: Format,
    fixture: &Fixture,
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> Decoded {
    let mut decoder = Decoder::new(
        &candidate(format),
        &question(),
        400,
        fixture.status,
        &fixture.headers,
    );
    let mut events = Vec::new();
    let mut pieces = pieces.into_iter();
    let failure = pieces
        .try_for_each(|piece| decoder.push(piece, &mut events))
        .and_then(|()| decoder.finish(&mut events))
        .err();
    Decoded { events, failure }
}
