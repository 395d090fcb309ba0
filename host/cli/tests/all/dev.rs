//! `metier dev`: a folder without source, edited while it is served.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::sandbox::Sandbox;

/// Longer than a build of a component takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

const WAT: &str = include_str!("guests/teaching.wat");

struct Session {
    child: Child,
    lines: Receiver<Value>,
}

impl Session {
    fn start(sandbox: &Sandbox, more: &[&str]) -> Session {
        let words = [&["dev", "teaching", "--output", "json"], more].concat();
        let mut child = sandbox.command(&words).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        thread::spawn(move || {
            for line in stdout.lines() {
                let _ = send.send(serde_json::from_str(&line.unwrap()).unwrap());
            }
        });
        Session { child, lines }
    }

    /// The next line of this kind; the others are passed over.
    fn next(&self, kind: &str) -> Value {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap();
            if line["kind"] == kind {
                return line;
            }
        }
    }

    /// Ctrl-C; the exit code.
    fn interrupt(mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn folder(sandbox: &Sandbox) {
    fs::create_dir_all(sandbox.path("teaching")).unwrap();
    sandbox.write("teaching/skill.toml", include_str!("guests/skill.toml"));
    sandbox.write(
        "teaching/SKILL.md",
        "---\nname: teaching\ndescription: Teaches.\n---\n\n# Teaching\n",
    );
    sandbox.write("teaching/component.wasm", wat::parse_str(WAT).unwrap());
}

fn add(address: &Value) -> String {
    let address = address.as_str().unwrap().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let body = r#"{"a": 5, "b": 3}"#;
    let head = format!(
        "POST /tools/add HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.rsplit("\r\n").next().unwrap().to_owned()
}

#[test]
fn an_edit_is_served_and_a_broken_one_is_not() {
    let sandbox = Sandbox::new();
    folder(&sandbox);
    let session = Session::start(&sandbox, &[]);
    let first = session.next("serving");
    assert_eq!(first["skill"], "com.acme/teaching");
    assert_eq!(first["granted"], Value::Array(Vec::new()));
    let address = &first["address"];
    assert!(address.as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert_eq!(add(address), "8");
    let call = session.next("call");
    assert_eq!(call["tool"], "add");
    assert!(call["usage"]["wall-us"].is_u64());

    let edited = WAT.replace(
        "i32.add (local.get 0) (local.get 1)",
        "i32.sub (local.get 0) (local.get 1)",
    );
    assert_ne!(edited, WAT);
    sandbox.write("teaching/component.wasm", wat::parse_str(edited).unwrap());
    let second = session.next("serving");
    assert_eq!(second["address"], *address);
    assert_ne!(second["digest"], first["digest"]);
    assert_eq!(add(address), "2");

    sandbox.write("teaching/component.wasm", "no component");
    let failed = session.next("failed");
    assert_eq!(
        (&failed["error"]["code"], &failed["serving"]),
        (&"skill-not-a-component".into(), &true.into())
    );
    assert_eq!(add(address), "2", "the last good one");

    // A folder that was not there when the session began.
    sandbox.write("teaching/component.wasm", wat::parse_str(WAT).unwrap());
    assert_eq!(session.next("serving")["digest"], first["digest"]);
    fs::create_dir(sandbox.path("teaching/assets")).unwrap();
    sandbox.write("teaching/assets/new.txt", "1");
    session.next("serving");
    sandbox.write("teaching/assets/new.txt", "2");
    let last = session.next("serving");
    assert_ne!(last["digest"], first["digest"]);
    assert_eq!(add(address), "8");
    assert_eq!(session.interrupt(), 0);
}

#[test]
fn nothing_is_served_before_the_first_good_build() {
    let sandbox = Sandbox::new();
    folder(&sandbox);
    sandbox.write("teaching/component.wasm", "no component");
    let session = Session::start(&sandbox, &[]);
    assert_eq!(session.next("failed")["serving"], false);
    sandbox.write("teaching/component.wasm", wat::parse_str(WAT).unwrap());
    assert_eq!(add(&session.next("serving")["address"]), "8");
}

#[test]
fn a_folder_of_no_skill_is_refused_at_once() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("empty")).unwrap();
    let ran = sandbox.metier(&["dev", "empty"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (11, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("has no skill.toml"), "{}", ran.stderr);
}
