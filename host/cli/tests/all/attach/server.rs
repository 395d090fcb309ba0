//! A small HTTP server that says what a test wants, and remembers what it was asked.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};

/// A request.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    pub body: Value,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The method of the message.
    pub fn calls(&self) -> &str {
        self.body["method"].as_str().unwrap_or_default()
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Said {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// What `Content-Length` says, where that is not so.
    pub length: Option<usize>,
}

impl Said {
    pub fn json(status: u16, body: &Value) -> Said {
        Said {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string().into_bytes(),
            length: None,
        }
    }

    pub fn nothing(status: u16) -> Said {
        Said {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            length: None,
        }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Said {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// A result for the message that was asked.
    pub fn result(asked: &Asked, result: Value) -> Said {
        Said::json(
            200,
            &json!({"jsonrpc": "2.0", "id": asked.body["id"], "result": result}),
        )
    }

    pub fn error(asked: &Asked, status: u16, code: i64, message: &str) -> Said {
        let error = json!({"code": code, "message": message});
        Said::json(
            status,
            &json!({"jsonrpc": "2.0", "id": asked.body["id"], "error": error}),
        )
    }

    /// The same as events, behind a notification.
    pub fn into_events(self) -> Said {
        let note = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}});
        let body = String::from_utf8(self.body).unwrap();
        Said {
            headers: vec![("content-type", "text/event-stream".to_owned())],
            body: format!(
                "event: message\nid: 1\ndata: {note}\n\nevent: message\ndata: {body}\n\n"
            )
            .into_bytes(),
            ..self
        }
    }
}

/// A server at work until the test ends.
pub struct Server {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub fn start(answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (asked.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, answer) = (seen.clone(), answer.clone());
                thread::spawn(move || serve(&stream, &seen, &*answer));
            }
        });
        Server { port, asked }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What was asked since the last time this was.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

/// Whatever goes wrong on a connection ends it.
fn serve(
    stream: &TcpStream,
    seen: &Mutex<Vec<Asked>>,
    answer: &dyn Fn(&Asked) -> Said,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let asked = read(&mut reader)?;
        seen.lock().unwrap().push(asked.clone());
        let said = answer(&asked);
        let mut head = format!("HTTP/1.1 {} X\r\n", said.status);
        for (name, value) in &said.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = said.length.unwrap_or(said.body.len());
        head.push_str(&format!("content-length: {length}\r\n\r\n"));
        let mut stream = stream;
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(&said.body).ok()?;
        if length != said.body.len() {
            return None;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Asked> {
    let mut line = || {
        let mut line = String::new();
        let read = reader.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let header = line()?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|it| it.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        method,
        path,
        headers,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    })
}
