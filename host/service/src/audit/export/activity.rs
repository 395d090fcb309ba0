//! Calls, what was refused, runs, and requests.

use serde_json::{Value, json};

use super::parts::{
    API_ACTIVITY, Activity, Filling, HTTP_ACTIVITY, OTHER, Status, UNKNOWN, object,
};
use crate::audit::Record;

/// A call that ended.
pub fn call(record: Record) -> Value {
    let effect = text(&record, "effect");
    let activity: Activity<'_> = match effect.as_str() {
        "read" => (2, "Read"),
        other => (OTHER, other),
    };
    let status = match record.rest.contains_key("code") {
        true => Status::Failure,
        false => Status::Success,
    };
    let mut event = Filling::of(record, &API_ACTIVITY, activity, status);
    event.take("effect");
    let digest = event.take_text("digest");
    let name = event.take_text("skill").or_else(|| digest.clone());
    let resource = json!({"type": "skill", "name": name, "uid": digest});
    let service = json!({"name": name, "uid": digest});
    api(&mut event, "tool", Some(service));
    event.set("resources", json!([resource]));
    event.end()
}

/// What was refused before it began.
pub fn denied(record: Record) -> Value {
    let mut event = Filling::of(record, &API_ACTIVITY, UNKNOWN, Status::Denied);
    api(&mut event, "tool", None);
    event.end()
}

/// What a policy said.
pub fn policy(record: Record) -> Value {
    let decision = text(&record, "decision");
    let status = match decision.as_str() {
        "denied" => Status::Denied,
        _ => Status::Success,
    };
    let mut event = Filling::of(record, &API_ACTIVITY, UNKNOWN, status);
    api(&mut event, "tool", None);
    event.end()
}

/// A run that was changed.
pub fn run(record: Record) -> Value {
    let change = text(&record, "change");
    let activity: Activity<'_> = match change.as_str() {
        "started" | "forked" => (1, "Create"),
        _ => (3, "Update"),
    };
    let mut event = Filling::of(record, &API_ACTIVITY, activity, Status::Success);
    let run = event.take_text("run");
    event.set("resources", json!([{"type": "run", "uid": run}]));
    api(&mut event, "change", None);
    event.end()
}

/// A trigger that started something, or did not, or a message that was refused.
pub fn fired(record: Record) -> Value {
    let outcome = text(&record, "outcome");
    let (activity, status): (Activity<'_>, _) = match outcome.as_str() {
        "started" => ((1, "Create"), Status::Success),
        "failed" => ((1, "Create"), Status::Failure),
        "overlapped" | "missed" => ((OTHER, outcome.as_str()), Status::Success),
        _ => (UNKNOWN, Status::Denied),
    };
    let mut event = Filling::of(record, &API_ACTIVITY, activity, status);
    if let Some(run) = event.take_text("run") {
        event.set("resources", json!([{"type": "run", "uid": run}]));
    }
    api(&mut event, "trigger", None);
    event.end()
}

/// An event that was given up, or sent again after that.
pub fn delivery(record: Record) -> Value {
    let outcome = text(&record, "outcome");
    let status = match outcome.as_str() {
        "redelivered" => Status::Success,
        _ => Status::Failure,
    };
    let mut event = Filling::of(record, &API_ACTIVITY, (OTHER, &outcome), status);
    api(&mut event, "endpoint", None);
    event.end()
}

/// The operation is what the record has as `operation`, or else the right that was missing.
fn api(event: &mut Filling, operation: &str, service: Option<Value>) {
    event.actor();
    let principal = event.record().principal.clone();
    let source = principal.unwrap_or_else(|| "unknown".into());
    event.set("src_endpoint", json!({"name": source}));
    let operation = event.take_text(operation);
    let operation = operation.or_else(|| event.take_text("right"));
    let mut api = object(json!({"operation": operation.unwrap_or_else(|| "unknown".into())}));
    api.extend(service.map(|service| ("service".to_owned(), service)));
    let request = event.record().request.clone();
    api.extend(request.map(|id| ("request".to_owned(), json!({"uid": id}))));
    if let Some(code) = event.take("code") {
        event.set("status_code", code.clone());
        api.insert("response".to_owned(), json!({"error": code}));
    }
    event.set("api", api.into());
}

/// A request that left, or was refused.
pub fn egress(record: Record) -> Value {
    let method = text(&record, "method");
    let status = match text(&record, "outcome").as_str() {
        "answered" => Status::Success,
        "denied" => Status::Denied,
        _ => Status::Failure,
    };
    let mut event = Filling::of(record, &HTTP_ACTIVITY, activity(&method), status);
    let target = event.take_text("target").unwrap_or_default();
    let mut request = object(json!({"length": event.take("request-bytes")}));
    if activity(&method).0 != OTHER {
        request.insert("http_method".into(), method.into());
        event.take("method");
    }
    let id = event.record().request.clone();
    request.extend(id.map(|id| ("uid".to_owned(), id.into())));
    let url = url(&target);
    request.extend(url.clone().map(|url| ("url".to_owned(), url)));
    event.set("http_request", request.into());
    event.set_some("message", url.is_none().then(|| target.into()));
    event.set("src_endpoint", json!({"svc_name": "metier"}));
    let address = event.take("address");
    let destination = destination(url.as_ref(), address);
    event.set_some("dst_endpoint", destination);
    if let Some(code) = event.take("status") {
        let micros = event.take("wall-us").and_then(|micros| micros.as_u64());
        let length = event.take("response-bytes");
        let latency = micros.map(|micros| micros / 1000);
        let response = json!({"code": code, "length": length, "latency": latency});
        event.set("http_response", response);
    }
    let code = event.take("code");
    event.set_some("status_code", code);
    event.end()
}

fn activity(method: &str) -> Activity<'_> {
    match method {
        "CONNECT" => (1, "Connect"),
        "DELETE" => (2, "Delete"),
        "GET" => (3, "Get"),
        "HEAD" => (4, "Head"),
        "OPTIONS" => (5, "Options"),
        "POST" => (6, "Post"),
        "PUT" => (7, "Put"),
        "TRACE" => (8, "Trace"),
        "PATCH" => (9, "Patch"),
        other => (OTHER, other),
    }
}

/// Nothing for a target that could not be read as a URL.
fn url(target: &str) -> Option<Value> {
    let uri: http::Uri = target.parse().ok()?;
    let (scheme, host) = (uri.scheme_str()?, uri.host()?);
    let port = uri.port_u16().unwrap_or(match scheme {
        "http" => 80,
        _ => 443,
    });
    Some(json!({
        "url_string": target, "scheme": scheme, "hostname": host, "port": port, "path": uri.path(),
    }))
}

fn destination(url: Option<&Value>, address: Option<Value>) -> Option<Value> {
    let url = url?;
    let mut endpoint = object(json!({"hostname": url["hostname"], "port": url["port"]}));
    endpoint.extend(address.map(|address| ("ip".to_owned(), address)));
    Some(endpoint.into())
}

fn text(record: &Record, name: &str) -> String {
    let text = record.rest.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
