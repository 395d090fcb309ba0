#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener},
    thread,
    time::Duration,
};

use super::{Patience, Place, Server};

/// Far less than a server takes that never answers.
const SHORT: Duration = Duration::from_millis(100);

/// Longer than any test runs.
const LONG: Duration = Duration::from_secs(3_600);

/// Asks a server that says this again and again to whatever it is asked, and never closes.
fn said_of(endless: &'static [u8], patience: Patience) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let mut asked = [0; 64 << 10];
                while stream.read(&mut asked).is_ok_and(|read| read > 0) {
                    if stream.write_all(endless).is_err() {
                        break;
                    }
                }
            });
        }
    });
    let place = Place::parse(&format!("http://127.0.0.1:{port}/mcp")).unwrap();
    let mut server = Server::new(&place, None).unwrap();
    server.patience = patience;
    let runtime = crate::commands::runtime().unwrap();
    let failure = runtime.block_on(server.listed()).unwrap_err();
    failure.fault.message
}

#[test]
fn a_server_that_never_answers_is_not_waited_for() {
    let patience = |one, all| Patience { one, all };
    let silent = said_of(b"", patience(SHORT, LONG));
    assert!(silent.contains("does not answer"), "{silent}");
    // A head, and a body that does not come.
    let slow = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: wait\n\n";
    let slow = said_of(slow, patience(SHORT, LONG));
    assert!(slow.contains("does not answer"), "{slow}");
    let silent = said_of(b"", patience(LONG, SHORT));
    assert!(silent.contains("takes too long"), "{silent}");
}
