//! A message as the header and body of a `POST`.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value as Json, json};

use crate::{Revision, plan::Promoted};

/// What the server is told of who asks.
const CLIENT: &str = "metier";

/// Begins and ends a header value that could not be sent as it is.
const ENCODED: (&str, &str) = ("=?base64?", "?=");

/// The header that carries a session.
pub const SESSION: &str = "mcp-session-id";

/// The header and body of a `POST`.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// JSON.
    pub body: Vec<u8>,
}

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way<'w> {
    /// The revision agreed on; `None` until then.
    pub revision: Option<Revision>,
    /// The session, where the server gave one.
    pub session: Option<&'w str>,
}

impl Way<'_> {
    /// Before anything is agreed on.
    pub const FIRST: Way<'static> = Way {
        revision: None,
        session: None,
    };

    /// A request with an id, which is answered.
    pub fn request(self, id: u64, method: &str, params: Map<String, Json>) -> Outgoing {
        self.message(Some(id), method, params)
    }

    /// A notification, which is not.
    pub fn notification(self, method: &str) -> Outgoing {
        self.message(None, method, Map::new())
    }

    /// What a client says first, where there is a handshake.
    pub fn initialize(id: u64) -> Outgoing {
        let params = json!({
            "protocolVersion": Revision::SHAKING_HANDS.as_str(),
            "capabilities": {},
            "clientInfo": client(),
        });
        Way::FIRST.request(id, "initialize", members(params))
    }

    /// A call of a tool by its name on the server.
    pub fn call(
        self,
        id: u64,
        tool: &str,
        arguments: Map<String, Json>,
        promoted: &[Promoted],
    ) -> Outgoing {
        let own = match self.stands_alone() {
            true => params_as_headers(&arguments, promoted),
            false => Vec::new(),
        };
        let params = members(json!({"name": tool, "arguments": arguments}));
        let mut outgoing = self.request(id, "tools/call", params);
        outgoing.headers.extend(own);
        outgoing
    }

    /// The end of a session, a `DELETE`; its body is empty.
    pub fn farewell(self) -> Outgoing {
        Outgoing {
            headers: self.agreed(),
            body: Vec::new(),
        }
    }

    fn stands_alone(self) -> bool {
        self.revision.is_some_and(Revision::stands_alone)
    }

    fn message(self, id: Option<u64>, method: &str, mut params: Map<String, Json>) -> Outgoing {
        let mut headers = vec![
            header("content-type", "application/json"),
            header("accept", "application/json, text/event-stream"),
        ];
        headers.extend(self.agreed());
        if let Some(revision) = self.revision.filter(|revision| revision.stands_alone()) {
            headers.push(header("mcp-method", method));
            if let Some(name) = params.get("name").and_then(Json::as_str) {
                headers.push(("mcp-name".to_owned(), encoded(name)));
            }
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": revision.as_str(),
                "io.modelcontextprotocol/clientInfo": client(),
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            params.insert("_meta".to_owned(), meta);
        }
        let mut message = members(json!({"jsonrpc": "2.0", "method": method}));
        if let Some(id) = id {
            message.insert("id".to_owned(), Json::from(id));
        }
        if !params.is_empty() {
            message.insert("params".to_owned(), Json::Object(params));
        }
        Outgoing {
            headers,
            body: Json::Object(message).to_string().into_bytes(),
        }
    }

    fn agreed(self) -> Vec<(String, String)> {
        let revision = self
            .revision
            .map(|revision| header("mcp-protocol-version", revision.as_str()));
        let session = self.session.map(|session| header(SESSION, session));
        revision.into_iter().chain(session).collect()
    }
}

fn client() -> Json {
    json!({"name": CLIENT, "version": env!("CARGO_PKG_VERSION")})
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn members(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(members) => members,
        _ => Map::new(),
    }
}

/// Arguments that the tool's schema wants as headers as well (`x-mcp-header`).
fn params_as_headers(
    arguments: &Map<String, Json>,
    promoted: &[Promoted],
) -> Vec<(String, String)> {
    let value = |promoted: &Promoted| {
        let (first, rest) = promoted.path.split_first()?;
        let value = arguments.get(first)?;
        let value = rest.iter().try_fold(value, |value, step| value.get(step))?;
        match value {
            Json::String(text) => Some(encoded(text)),
            Json::Bool(_) | Json::Number(_) => Some(value.to_string()),
            _ => None,
        }
    };
    let named = |promoted: &Promoted| {
        let name = format!("mcp-param-{}", promoted.header.to_ascii_lowercase());
        Some((name, value(promoted)?))
    };
    promoted.iter().filter_map(named).collect()
}

/// A text as a header carries it: base64 where it could not be read back as it is.
fn encoded(text: &str) -> String {
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let bytes = text.as_bytes();
    let is_carried = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    let looks_encoded = text.starts_with(ENCODED.0) && text.ends_with(ENCODED.1);
    let plain = is_carried && !looks_encoded && !blank(bytes.first()) && !blank(bytes.last());
    match plain {
        true => text.to_owned(),
        false => format!("{}{}{}", ENCODED.0, BASE64_STANDARD.encode(text), ENCODED.1),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde_json::{Value as Json, json};

    use super::{Outgoing, Promoted, Way, encoded, members};
    use crate::Revision;

    fn value<'o>(outgoing: &'o Outgoing, name: &str) -> Option<&'o str> {
        let mut named = outgoing.headers.iter().filter(|(other, _)| other == name);
        let first = named.next().map(|(_, value)| value.as_str());
        assert!(named.next().is_none(), "{name} twice");
        first
    }

    fn body(outgoing: &Outgoing) -> Json {
        serde_json::from_slice(&outgoing.body).unwrap()
    }

    const ALONE: Way<'static> = Way {
        revision: Some(Revision::V2026_07_28),
        session: None,
    };

    /// A server compares these headers with the body and refuses what differs.
    #[test]
    fn a_request_that_stands_alone_says_twice_what_it_is() {
        let promoted = [
            Promoted {
                header: "Region".to_owned(),
                path: vec!["where".to_owned(), "region".to_owned()],
            },
            Promoted {
                header: "Missing".to_owned(),
                path: vec!["no".to_owned()],
            },
        ];
        let arguments = members(json!({"where": {"region": "Süd"}}));
        let outgoing = ALONE.call(2, "größe", arguments, &promoted);
        assert_eq!(value(&outgoing, "mcp-protocol-version"), Some("2026-07-28"));
        assert_eq!(value(&outgoing, "mcp-method"), Some("tools/call"));
        assert_eq!(
            value(&outgoing, "mcp-name"),
            Some("=?base64?Z3LDtsOfZQ==?=")
        );
        assert_eq!(
            value(&outgoing, "mcp-param-region"),
            Some("=?base64?U8O8ZA==?=")
        );
        assert_eq!(value(&outgoing, "mcp-param-missing"), None);
        let body = body(&outgoing);
        assert_eq!(
            (&body["id"], &body["method"]),
            (&json!(2), &json!("tools/call"))
        );
        let meta = &body["params"]["_meta"];
        assert_eq!(
            meta["io.modelcontextprotocol/protocolVersion"],
            "2026-07-28"
        );
        assert_eq!(
            meta["io.modelcontextprotocol/clientCapabilities"],
            json!({})
        );
        assert_eq!(body["params"]["arguments"]["where"]["region"], "Süd");
    }

    #[test]
    fn a_request_of_a_session_carries_it_and_no_more() {
        let way = Way {
            revision: Some(Revision::V2025_06_18),
            session: Some("s-1"),
        };
        let outgoing = way.call(2, "add", members(json!({"a": 1})), &[]);
        assert_eq!(value(&outgoing, "mcp-session-id"), Some("s-1"));
        assert_eq!(value(&outgoing, "mcp-protocol-version"), Some("2025-06-18"));
        assert_eq!(value(&outgoing, "mcp-method"), None);
        assert_eq!(
            body(&outgoing)["params"],
            json!({"name": "add", "arguments": {"a": 1}})
        );
        let first = Way::initialize(1);
        assert_eq!(value(&first, "mcp-protocol-version"), None);
        assert_eq!(body(&first)["params"]["protocolVersion"], "2025-11-25");
        let told = way.notification("notifications/initialized");
        assert_eq!(
            body(&told),
            json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
        );
    }

    #[test]
    fn what_a_header_cannot_carry_is_encoded() {
        for (text, written) in [
            ("add", "add"),
            ("two words", "two words"),
            ("", ""),
            (" led", "=?base64?IGxlZA==?="),
            ("a\r\nb", "=?base64?YQ0KYg==?="),
            ("=?base64?x?=", "=?base64?PT9iYXNlNjQ/eD89?="),
        ] {
            assert_eq!(encoded(text), written);
        }
    }
}
