//! The answer to one message, out of JSON or a stream of events.

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::sse;

/// How a server answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// With a result.
    Result(Map<String, Json>),
    /// With an error of the protocol.
    Error(RpcError),
}

/// An error of the protocol.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct RpcError {
    /// Which.
    pub code: i64,
    /// In words.
    #[serde(default)]
    pub message: String,
    /// More about it.
    #[serde(default)]
    pub data: Json,
}

/// What came is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Nothing came.
    Empty,
    /// A stream that ended before the answer.
    CutOff,
    /// The server asked something instead: the method it called.
    Asks(String),
    /// Answers to something else, or no messages at all.
    NoAnswer,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    id: Option<Json>,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    result: Option<Map<String, Json>>,
    #[serde(default)]
    error: Option<RpcError>,
}

/// The answer to the message with this id. Notifications, and answers to other messages, are passed over.
///
/// # Errors
/// [`Unreadable`].
pub fn read(media_type: &str, body: &[u8], id: u64) -> Result<Reply, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|_| Unreadable::NoAnswer)?;
    if text.trim().is_empty() {
        return Err(Unreadable::Empty);
    }
    if !is_event_stream(media_type) {
        return found(messages(text), id).unwrap_or(Err(Unreadable::NoAnswer));
    }
    let events = sse::data(text);
    let messages = events.iter().flat_map(|data| messages(data)).collect();
    found(messages, id).unwrap_or(Err(Unreadable::CutOff))
}

fn is_event_stream(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("text/event-stream")
}

/// One, or a batch of them as 2025-03-26 has it; none where it is neither.
fn messages(text: &str) -> Vec<Message> {
    match text.trim_start().starts_with('[') {
        true => serde_json::from_str(text).unwrap_or_default(),
        false => serde_json::from_str(text).into_iter().collect(),
    }
}

fn found(messages: Vec<Message>, id: u64) -> Option<Result<Reply, Unreadable>> {
    let mut refused = None;
    let mut asks = None;
    for message in messages {
        let is_ours = message.id.as_ref().and_then(Json::as_u64) == Some(id);
        match (message.method, message.result, message.error) {
            (Some(method), _, _) if message.id.is_some() && method != "ping" => {
                asks = asks.or(Some(Unreadable::Asks(method)));
            }
            (None, Some(result), None) if is_ours => return Some(Ok(Reply::Result(result))),
            (None, None, Some(error)) if is_ours => return Some(Ok(Reply::Error(error))),
            // A server that could not read whose message it was.
            (None, None, Some(error)) if message.id.is_none_or(|id| id.is_null()) => {
                refused = Some(Reply::Error(error));
            }
            _ => {}
        }
    }
    refused.map(Ok).or(asks.map(Err))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::{Reply, Unreadable, read};

    const JSON: &str = "application/json; charset=utf-8";
    const EVENTS: &str = "Text/Event-Stream;charset=utf-8";

    fn result(name: &str) -> Result<Reply, Unreadable> {
        let result = json!({"x": name});
        Ok(Reply::Result(result.as_object().unwrap().clone()))
    }

    #[test]
    fn the_answer_is_found_by_its_id() {
        let one = r#"{"jsonrpc":"2.0","id":2,"result":{"x":"a"}}"#;
        assert_eq!(read(JSON, one.as_bytes(), 2), result("a"));
        let batch = format!(r#"[{{"jsonrpc":"2.0","id":1,"result":{{"x":"b"}}}},{one}]"#);
        assert_eq!(read(JSON, batch.as_bytes(), 2), result("a"));
        let stream = format!(
            "event: message\ndata: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{{}}}}\n\n\
             : keep-alive\n\ndata: {{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{\"x\":\"old\"}}}}\n\n\
             data: {{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}}\n\nid: 4\ndata:{one}\n\n"
        );
        assert_eq!(read(EVENTS, stream.as_bytes(), 2), result("a"));
    }

    #[test]
    fn an_error_is_the_answer_where_nobody_else_can_be_meant() {
        for id in ["2", "null"] {
            let text = format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32602,"message":"no"}}}}"#
            );
            let Ok(Reply::Error(error)) = read(JSON, text.as_bytes(), 2) else {
                panic!("{text}")
            };
            assert_eq!((error.code, error.message.as_str()), (-32602, "no"));
        }
        let without = br#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"no"}}"#;
        assert!(matches!(read(JSON, without, 2), Ok(Reply::Error(_))));
    }

    #[test]
    fn what_is_no_answer_is_not_taken_for_one() {
        for (media_type, body, why) in [
            (JSON, "", Unreadable::Empty),
            (JSON, "<html>", Unreadable::NoAnswer),
            (
                JSON,
                r#"{"jsonrpc":"2.0","id":3,"result":{}}"#,
                Unreadable::NoAnswer,
            ),
            (
                JSON,
                r#"{"jsonrpc":"2.0","id":"2","result":{}}"#,
                Unreadable::NoAnswer,
            ),
            (
                JSON,
                r#"{"jsonrpc":"2.0","id":2,"result":[]}"#,
                Unreadable::NoAnswer,
            ),
            (
                JSON,
                r#"{"jsonrpc":"2.0","id":2,"id":2,"result":{}}"#,
                Unreadable::NoAnswer,
            ),
            (
                JSON,
                r#"{"id":2,"result":{},"error":{"code":1,"message":""}}"#,
                Unreadable::NoAnswer,
            ),
            (
                EVENTS,
                "data: {\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}\n\n",
                Unreadable::CutOff,
            ),
            (
                EVENTS,
                "data: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}",
                Unreadable::CutOff,
            ),
            (
                EVENTS,
                "data: {\"jsonrpc\":\"2.0\",\"id\":\"e\",\"method\":\"elicitation/create\"}\n\n",
                Unreadable::Asks("elicitation/create".to_owned()),
            ),
        ] {
            assert_eq!(read(media_type, body.as_bytes(), 2), Err(why), "{body}");
        }
        let deep = format!("{{\"id\":2,\"result\":{{\"a\":{}", "[".repeat(100_000));
        assert_eq!(read(JSON, deep.as_bytes(), 2), Err(Unreadable::NoAnswer));
    }
}
