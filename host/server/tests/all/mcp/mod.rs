//! The Model Context Protocol, as bytes of HTTP and with rmcp's own client.

mod agents;
mod client;
mod protocol;
mod skills;
mod tools;

use serde_json::{Value, json};

use crate::{scene::Scene, wire::Reply};

/// The revision without sessions.
pub const NEW: &str = "2026-07-28";

/// The one before.
pub const OLD: &str = "2025-11-25";

/// A skill with a record, a text, words on its way, and no end.
pub const OFFICE: &str = r#"(component
  (import "metier:skill/progress@0.1.0" (instance $progress
    (export "report" (func (param "message" string) (param "fraction" (option f64))))))
  (core module $memory
    (memory (export "memory") 1)
    (data (i32.const 16) "half way")
    (data (i32.const 32) "Hello.")
    (data (i32.const 64) "\20\00\00\00\06\00\00\00"))
  (core instance $memory (instantiate $memory))
  (core func $report (canon lower (func $progress "report") (memory (core memory $memory "memory"))))
  (core module $m
    (import "host" "report" (func $report (param i32 i32 i32 f64)))
    (func (export "greet") (result i32) (i32.const 64))
    (func (export "point") (param i32) (result i32) (i32.const 64))
    (func (export "work") (result i32)
      (call $report (i32.const 16) (i32.const 8) (i32.const 1) (f64.const 0.5))
      (i32.const 1))
    (func (export "spin") (loop $on (br $on))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "report" (func $report))))))
  (type $size' (record (field "left" u32) (field "top" u32)))
  (export $size "size" (type $size'))
  (func (export "greet") (result string)
    (canon lift (core func $i "greet") (memory (core memory $memory "memory"))))
  (func (export "point") (param "scale" u32) (result $size)
    (canon lift (core func $i "point") (memory (core memory $memory "memory"))))
  (func (export "work") (result u32) (canon lift (core func $i "work")))
  (func (export "spin") (canon lift (core func $i "spin"))))"#;

/// `component` with sections behind it.
pub fn packed(component: &str, sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut text = component.trim_end().strip_suffix(')').unwrap().to_owned();
    for (name, data) in sections {
        let data: String = data.iter().map(|byte| format!("\\{byte:02x}")).collect();
        text += &format!("(@custom \"{name}\" \"{data}\")");
    }
    wat::parse_str(text + ")").unwrap()
}

impl Scene {
    /// Installs a skill for a tenant.
    pub async fn install(&self, tenant: &str, alias: &str, bytes: Vec<u8>) {
        let caller = metier_service::Caller::operator_of(tenant.parse().unwrap());
        let alias = Some(alias.parse().unwrap());
        let installed = self
            .service
            .install(
                &caller,
                alias,
                metier_service::NewSkill::unsigned(bytes, None),
            )
            .await;
        installed.unwrap();
    }

    /// One request of MCP in the newer revision.
    pub async fn mcp(&self, key: &str, method: &str, params: Value) -> Reply {
        let headers = headers(key, NEW, method, &params);
        let body = message(method, stamped(params)).to_string();
        self.send("POST /mcp", &headers, body.as_bytes()).await
    }

    /// One request of MCP in the older revision.
    pub async fn mcp_before(&self, key: &str, method: &str, params: Value) -> Reply {
        let headers = headers(key, OLD, method, &params);
        let body = message(method, params).to_string();
        self.send("POST /mcp", &headers, body.as_bytes()).await
    }

    /// A call of a tool.
    pub async fn tool(&self, key: &str, name: &str, arguments: Value) -> Value {
        let params = json!({"name": name, "arguments": arguments});
        let reply = self.mcp(key, "tools/call", params).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json
    }
}

/// What a client of this revision sends with a request.
pub fn headers(key: &str, version: &str, method: &str, params: &Value) -> String {
    let name = ["name", "uri", "taskId"].map(|field| params[field].as_str());
    let name = name.into_iter().flatten().next();
    let name = name.map_or_else(String::new, |name| format!("mcp-name: {name}\r\n"));
    format!(
        "authorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\nmcp-protocol-version: {version}\r\n\
         mcp-method: {method}\r\n{name}"
    )
}

/// A request of JSON-RPC.
pub fn message(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

/// Parameters with what the newer revision wants in each request.
pub fn stamped(mut params: Value) -> Value {
    let meta = &mut params["_meta"];
    meta["io.modelcontextprotocol/protocolVersion"] = json!(NEW);
    let capabilities = &mut meta["io.modelcontextprotocol/clientCapabilities"];
    if capabilities.is_null() {
        *capabilities = json!({});
    }
    params
}
