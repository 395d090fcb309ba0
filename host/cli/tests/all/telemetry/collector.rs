//! A collector on loopback: OTLP over HTTP, read with the official protocol buffers.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value as Any},
};
use prost::Message;
use serde_json::{Value, json};

/// A span as it came.
#[derive(Clone, Debug)]
pub struct Span {
    pub name: String,
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub kind: &'static str,
    pub attributes: BTreeMap<String, Value>,
}

impl Span {
    pub fn get(&self, name: &str) -> Value {
        self.attributes.get(name).cloned().unwrap_or_default()
    }
}

/// Everything that came.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub heads: Vec<String>,
    pub services: BTreeSet<String>,
    pub spans: Vec<Span>,
}

pub struct Collector {
    address: SocketAddr,
    told: Arc<Mutex<Told>>,
}

impl Collector {
    pub fn start() -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let told = Arc::<Mutex<Told>>::default();
        let heard = told.clone();
        // Ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let heard = heard.clone();
                thread::spawn(move || while hear(&stream, &heard).is_some() {});
            }
        });
        Collector { address, told }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn told(&self) -> Told {
        self.told.lock().unwrap().clone()
    }
}

/// One request; nothing at the end of the connection.
fn hear(stream: &TcpStream, told: &Mutex<Told>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse::<usize>().unwrap())
    });
    let mut body = vec![0; length?];
    reader.read_exact(&mut body).ok()?;
    let mut told = told.lock().unwrap();
    if head.starts_with("POST /v1/traces ") {
        read(&body, &mut told);
    }
    told.heads.push(head);
    drop(told);
    let mut stream = stream;
    let answer =
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(answer.as_bytes()).ok()
}

fn read(body: &[u8], told: &mut Told) {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    for group in request.resource_spans {
        let attributes = attributes(&group.resource.unwrap().attributes);
        let service = attributes["service.name"].as_str().unwrap().to_owned();
        told.services.insert(service);
        for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            told.spans.push(Span {
                kind: match span.kind {
                    2 => "server",
                    3 => "client",
                    _ => "internal",
                },
                name: span.name,
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                attributes: self::attributes(&span.attributes),
            });
        }
    }
}

fn attributes(pairs: &[KeyValue]) -> BTreeMap<String, Value> {
    let pairs = pairs.iter().map(|pair| {
        let value = pair.value.as_ref().and_then(|value| value.value.as_ref());
        let value = match value {
            Some(Any::StringValue(text)) => json!(text),
            Some(Any::IntValue(number)) => json!(number),
            Some(Any::DoubleValue(number)) => json!(number),
            Some(Any::BoolValue(is)) => json!(is),
            other => json!(format!("{other:?}")),
        };
        (pair.key.clone(), value)
    });
    pairs.collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
