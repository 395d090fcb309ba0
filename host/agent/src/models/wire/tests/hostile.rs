//! A model that wishes us ill, or whoever sits between: every limit holds, and says so.

use super::{
    super::limits::{
        MAX_CONTENT_BYTES, MAX_ERROR_BYTES, MAX_EVENT_BYTES, MAX_PARTS, MAX_TOOL_CALLS,
        MAX_WIRE_BYTES,
    },
    fixture::{candidate, question},
};
use crate::{
    models::{FailureKind, ModelEvent, ModelFailure, wire::Decoder},
    routes::Format,
};
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};

fn decoder(format: Format, status: u16, kind: &'static str) -> Decoder {
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
    Decoder::new(&candidate(format), &question(), 400, status, &headers)
}

fn sse(format: Format) -> Decoder {
    decoder(format, 200, "text/event-stream")
}

/// Pushes events until they are refused or there are no more.
fn push(
    decoder: &mut Decoder,
    events: impl IntoIterator<Item = Value>,
) -> Result<(), ModelFailure> {
    events.into_iter().try_for_each(|event| {
        decoder.push(format!("data: {event}\n\n").as_bytes(), &mut Vec::new())
    })
}

fn words(format: Format, text: &str) -> Value {
    match format {
        Format::Anthropic => {
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": text}})
        }
        Format::OpenaiResponses => {
            json!({"type": "response.output_text.delta", "output_index": 0, "delta": text})
        }
        Format::Gemini => json!({"candidates": [{"content": {"parts": [{"text": text}]}}]}),
        _ => json!({"choices": [{"index": 0, "delta": {"content": text}}]}),
    }
}

fn call(format: Format, at: usize) -> Value {
    match format {
        Format::Anthropic => {
            json!({"type": "content_block_start", "index": at, "content_block": {"type": "tool_use", "id": format!("c{at}"), "name": "f", "input": {}}})
        }
        Format::OpenaiResponses => {
            json!({"type": "response.output_item.done", "output_index": at, "item": {"type": "function_call", "call_id": format!("c{at}"), "name": "f", "arguments": "{}"}})
        }
        Format::Gemini => {
            json!({"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {}}}]}}]})
        }
        _ => {
            json!({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": at, "id": format!("c{at}"), "function": {"name": "f", "arguments": "{}"}}]}}]})
        }
    }
}

const TEXTUAL: [Format; 4] = [
    Format::OpenaiChat,
    Format::OpenaiResponses,
    Format::Anthropic,
    Format::Gemini,
];

#[test]
fn ten_megabytes_of_words_are_too_many() {
    let piece = "x".repeat(64 << 10);
    for format in TEXTUAL {
        let events = (0..160).map(|_| words(format, &piece));
        let failure = push(&mut sse(format), events).unwrap_err();
        assert_eq!(failure.kind, FailureKind::TooLarge, "{}", format.as_str());
        let enough = (0..MAX_CONTENT_BYTES / piece.len()).map(|_| words(format, &piece));
        push(&mut sse(format), enough).unwrap();
    }
}

#[test]
fn a_thousand_tool_calls_are_too_many() {
    for format in TEXTUAL {
        let failure = push(&mut sse(format), (0..1_000).map(|at| call(format, at))).unwrap_err();
        assert_eq!(failure.kind, FailureKind::TooLarge, "{}", format.as_str());
        assert!(
            failure.message.contains("tool calls"),
            "{}",
            failure.message
        );
        push(
            &mut sse(format),
            (0..MAX_TOOL_CALLS).map(|at| call(format, at)),
        )
        .unwrap();
    }
}

#[test]
fn endless_thoughts_are_too_many_parts() {
    let thought = |at: usize| json!({"type": "content_block_start", "index": at, "content_block": {"type": "thinking", "thinking": ""}});
    let failure = push(&mut sse(Format::Anthropic), (0..=MAX_PARTS).map(thought)).unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooLarge);
}

#[test]
fn a_line_without_end_is_given_up() {
    let mut decoder = sse(Format::OpenaiChat);
    let piece = vec![b'x'; 1 << 20];
    let mut pieces = 0..(MAX_EVENT_BYTES >> 20) + 2;
    let failure = pieces
        .try_for_each(|_| decoder.push(&piece, &mut Vec::new()))
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooLarge);
}

/// Comments mean nothing and cost nothing, but not for ever.
#[test]
fn a_stream_that_says_nothing_for_ever_is_given_up() {
    let mut decoder = sse(Format::OpenaiChat);
    let piece = ": still here\n\n".repeat(1 << 16);
    let mut pieces = 0..=MAX_WIRE_BYTES / piece.len() + 1;
    let failure = pieces
        .try_for_each(|_| decoder.push(piece.as_bytes(), &mut Vec::new()))
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooLarge);
}

#[test]
fn an_error_of_any_length_is_read_at_its_beginning() {
    let mut decoder = decoder(Format::OpenaiChat, 500, "text/plain");
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..16 {
        decoder.push(&piece, &mut Vec::new()).unwrap();
    }
    assert!(decoder.kept_bytes() <= MAX_ERROR_BYTES);
    assert_eq!(
        decoder.finish(&mut Vec::new()).unwrap_err().kind,
        FailureKind::Overloaded
    );
}

#[test]
fn arguments_nested_too_deeply_stay_text() {
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let arguments = crate::models::Arguments::from_text(&deep);
    assert_eq!(arguments, crate::models::Arguments::Raw(deep));
}

#[test]
fn an_event_nested_too_deeply_is_malformed() {
    let deep = format!("data: {}\n\n", "[".repeat(100_000));
    for format in TEXTUAL {
        let failure = sse(format)
            .push(deep.as_bytes(), &mut Vec::new())
            .unwrap_err();
        assert_eq!(failure.kind, FailureKind::Malformed);
    }
}

/// Ids that are empty, endless or taken, and names that are endless, do not reach the journal.
#[test]
fn ids_name_one_call_and_names_end() {
    let mut events = Vec::new();
    let mut decoder = sse(Format::OpenaiChat);
    let long = "x".repeat(10_000);
    for (at, id) in ["", "a", "a", "metier-call-1", &long]
        .into_iter()
        .enumerate()
    {
        let event = json!({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": at, "id": id, "function": {"name": long, "arguments": "{}"}}]}}]});
        decoder
            .push(format!("data: {event}\n\n").as_bytes(), &mut events)
            .unwrap();
    }
    let ids: std::collections::BTreeSet<_> = events
        .iter()
        .map(|event| match event {
            ModelEvent::ToolCallBegun { id, name, .. } => {
                assert!(id.len() <= 256 && name.len() <= 256);
                id.clone()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids.len(), 5, "{ids:?}");
}

/// Numbers where texts belong, lists where objects belong: nothing panics, and nothing is made of it.
#[test]
fn json_of_the_wrong_shape_never_panics() {
    let shapes = [
        json!(null),
        json!(1),
        json!("x"),
        json!([]),
        json!([[]]),
        json!({}),
        json!(-1),
        json!(1e300),
    ];
    for format in TEXTUAL {
        for good in [words(format, "x"), call(format, 0)] {
            for at in 0..12 {
                for shape in &shapes {
                    let mut bad = good.clone();
                    let mut left = at;
                    replace(&mut bad, &mut left, shape);
                    let mut decoder = sse(format);
                    let pushed = push(&mut decoder, [bad.clone(), bad]);
                    let ended = decoder.finish(&mut Vec::new());
                    assert!(pushed.is_err() || ended.is_err() || decoder.is_done());
                }
            }
        }
    }
}

/// Replaces the value that is visited `left`-th.
fn replace(value: &mut Value, left: &mut usize, with: &Value) {
    if *left == 0 {
        *value = with.clone();
    }
    *left = left.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, left, with)),
        Value::Object(map) => map
            .values_mut()
            .for_each(|value| replace(value, left, with)),
        _ => {}
    }
}
