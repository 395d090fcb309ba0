//! Runs one emulated account until it is killed, or until its standard input ends.

use clap::Parser;
use metier_emulator_calendar::{CLIENT_ID, CLIENT_SECRET, Emulator, Options, REFRESH_TOKEN, USER};
use metier_emulator_kit::program;
use serde_json::json;

/// A Google Calendar account on loopback.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    program: program::Common,
}

fn main() -> anyhow::Result<()> {
    let Arguments { program } = Arguments::parse();
    let emulator = Emulator::start(Options {
        port: program.port,
        tls_hosts: program.tls_hosts.clone(),
    })?;
    program.log(emulator.book())?;
    program.certificate(emulator.served())?;
    program.run(&json!({
        "address": emulator.addr().to_string(),
        "port": emulator.addr().port(),
        "tls_hosts": program.tls_hosts,
        "ca_file": program.ca_out,
        "username": USER,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": REFRESH_TOKEN,
        "access_token": emulator.issue_token(),
    }))
}
