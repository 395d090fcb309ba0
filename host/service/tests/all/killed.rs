//! A process that is killed while it writes: nothing that was acknowledged is lost.
//!
//! The process is this test program again ([`writer_process`]). It says on its standard output what it wrote, one number a line.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use metier_core::{PrincipalId, TenantId};
use metier_service::audit::{
    Event, Expected, HeadKey, KeyChange, Notes, Settings, Trail, What, verify,
};

const DATA: &str = "METIER_AUDIT_DATA";

/// Not a test of its own: the process that the other starts.
#[test]
#[ignore = "a process of the other test"]
fn writer_process() {
    let Ok(data) = std::env::var(DATA) else {
        return;
    };
    let settings = Settings {
        segment_bytes: 20_000,
        ..Settings::in_data(Path::new(&data))
    };
    let trail = Trail::open(&settings).unwrap();
    let mut out = std::io::stdout();
    loop {
        trail.note(&Event {
            what: What::Key {
                change: KeyChange::Made,
                key: "0123456789abcdef",
                role: metier_service::Role::Viewer,
            },
            tenant: Some(&TenantId::local()),
            principal: Some(&PrincipalId::local()),
            request: None,
        });
        writeln!(out, "wrote {}", trail.head().seq).unwrap();
    }
}

#[test]
fn a_process_that_is_killed_loses_no_record() {
    let data = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "killed::writer_process",
                "--ignored",
                "--nocapture",
            ])
            .env(DATA, data.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = 0;
        for line in (&mut told).take(300 + round * 177) {
            acknowledged = number(&line.unwrap()).unwrap_or(acknowledged);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said before it died was written as well.
        for line in told.map_while(Result::ok) {
            acknowledged = number(&line).unwrap_or(acknowledged);
        }
        let key = HeadKey::read(&data.path().join("audit.key")).unwrap();
        let expected = Expected {
            key: Some(key),
            ..Expected::default()
        };
        let verified = verify(&data.path().join("audit/1"), &expected).unwrap();
        assert!(verified.is_whole(), "{:?}", verified.findings);
        assert!(acknowledged > 200 && verified.head.seq >= acknowledged);
    }
}

/// A line that was cut short by the death says nothing.
fn number(line: &str) -> Option<u64> {
    let number = line.strip_prefix("wrote ")?;
    number.parse().ok()
}
