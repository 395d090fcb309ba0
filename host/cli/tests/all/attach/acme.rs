//! An MCP server of both kinds: `/mcp` speaks 2026-07-28, `/old` 2025-11-25 with sessions and streams of events.

use serde_json::{Value, json};

use super::server::{Asked, Said, Server};

/// The token it wants at `/closed`.
pub const TOKEN: &str = "acme-token-0123456789";

/// The session it gives.
const SESSION: &str = "session-1";

pub fn start() -> Server {
    Server::start(|asked| match asked.path.as_str() {
        "/mcp" => alone(asked),
        "/closed" if asked.header("authorization") == format!("Bearer {TOKEN}") => alone(asked),
        "/closed" => Said::json(401, &json!({"error": "invalid_token"})),
        "/old" => in_session(asked),
        "/moved" => Said::nothing(307).with("location", "http://169.254.169.254/latest"),
        "/page" => Said {
            body: b"<html>Welcome</html>".to_vec(),
            ..Said::nothing(200).with("content-type", "text/html")
        },
        _ => Said::nothing(404),
    })
}

fn alone(asked: &Asked) -> Said {
    let meta = &asked.body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"];
    let is_right = asked.header("mcp-protocol-version") == "2026-07-28"
        && meta == "2026-07-28"
        && asked.header("mcp-method") == asked.calls();
    if !is_right {
        return Said::error(asked, 400, -32020, "headers and body differ");
    }
    match asked.calls() {
        "server/discover" => Said::result(
            asked,
            json!({"resultType": "complete", "supportedVersions": ["2025-11-25", "2026-07-28"], "capabilities": {"tools": {}},
                "ttlMs": 0, "cacheScope": "private",
                "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "acme", "version": "3.1"}}}),
        ),
        "tools/list" => page(asked),
        "tools/call" if asked.header("mcp-name") == asked.body["params"]["name"] => call(asked),
        "tools/call" => Said::error(asked, 400, -32020, "headers and body differ"),
        _ => Said::error(asked, 404, -32601, "no such method"),
    }
}

fn in_session(asked: &Asked) -> Said {
    if asked.method == "DELETE" {
        return Said::nothing(204);
    }
    if asked.calls() == "initialize" {
        let result = json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "acme", "version": "2"}});
        let mut said = Said::result(asked, result).into_events();
        said.headers.push(("mcp-session-id", SESSION.to_owned()));
        return said;
    }
    if asked.header("mcp-session-id") != SESSION {
        return Said::error(asked, 400, -32000, "Bad Request: no valid session");
    }
    match asked.calls() {
        "notifications/initialized" => Said::nothing(202),
        "tools/list" => page(asked).into_events(),
        "tools/call" => call(asked).into_events(),
        _ => Said::error(asked, 200, -32601, "no such method"),
    }
}

/// Three pages.
fn page(asked: &Asked) -> Said {
    let (tools, next) = match asked.body["params"]["cursor"].as_str() {
        None => (
            json!([add(), plain("note", json!({"destructiveHint": false}))]),
            Some("two"),
        ),
        Some("two") => (
            json!([
                plain("wipe", Value::Null),
                plain("files.read", json!({"readOnlyHint": true}))
            ]),
            Some("three"),
        ),
        _ => (
            json!([
                plain("draw", json!({"readOnlyHint": true})),
                plain("bad name!", Value::Null)
            ]),
            None,
        ),
    };
    let mut result = json!({"tools": tools});
    if let Some(next) = next {
        result["nextCursor"] = json!(next);
    }
    Said::result(asked, result)
}

pub fn add() -> Value {
    json!({
        "name": "add", "title": "Add", "description": "Adds two numbers.\u{202e}",
        "inputSchema": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "required": ["a", "b"],
            "properties": {"a": {"type": "integer", "description": "One."}, "b": {"type": "integer", "description": "Another."}}},
        "outputSchema": {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]},
        "annotations": {"readOnlyHint": true},
    })
}

fn plain(name: &str, annotations: Value) -> Value {
    json!({
        "name": name, "description": format!("Does {name}."), "annotations": annotations,
        "inputSchema": {"type": "object", "properties": {"text": {"type": "string", "description": "What."}}},
    })
}

fn call(asked: &Asked) -> Said {
    let params = &asked.body["params"];
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let said = params["arguments"]["text"].as_str().unwrap_or_default();
    let result = match params["name"].as_str().unwrap_or_default() {
        "add" => {
            let sum = params["arguments"]["a"].as_i64().unwrap_or(0)
                + params["arguments"]["b"].as_i64().unwrap_or(0);
            json!({"content": text("as text"), "structuredContent": {"sum": sum}})
        }
        "draw" => {
            json!({"content": [{"type": "image", "mimeType": "image/png", "data": "aGVsbG8="}]})
        }
        "files.read" => return odd(asked, said),
        name => json!({"content": text(&format!("{name}: {said}"))}),
    };
    Said::result(asked, result)
}

/// What servers do that do not keep to the protocol, or have nothing good to say.
fn odd(asked: &Asked, how: &str) -> Said {
    let other = |id: Value| {
        Said::json(
            200,
            &json!({"jsonrpc": "2.0", "id": id, "result": {"content": []}}),
        )
    };
    match how {
        "failed" => Said::result(
            asked,
            json!({"content": [{"type": "text", "text": "no such file"}], "isError": true}),
        ),
        "wrong id" => other(json!(99)),
        "redirect" => Said::nothing(307).with("location", "http://169.254.169.254/latest"),
        "busy" => Said::nothing(429).with("retry-after", "17"),
        "cut off" => Said {
            length: Some(1_000),
            ..other(json!(2))
        },
        "large" => Said::result(
            asked,
            json!({"content": [{"type": "text", "text": "x".repeat(200_000)}]}),
        ),
        "huge" => Said::result(
            asked,
            json!({"content": [{"type": "text", "text": "x".repeat(64 << 20)}]}),
        ),
        "deep" => Said {
            body: format!(
                "{{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}",
                "[".repeat(1 << 20)
            )
            .into_bytes(),
            ..other(json!(2))
        },
        "asks" => Said::result(
            asked,
            json!({"resultType": "input_required", "inputRequests": {"a": {"method": "elicitation/create"}}}),
        ),
        "refused" => Said::error(asked, 200, -32602, "Invalid\u{1b}[2J arguments"),
        "page" => Said {
            body: b"<html>".to_vec(),
            ..Said::nothing(502)
        },
        other => Said::result(asked, json!({"content": [{"type": "text", "text": other}]})),
    }
}
