//! Runs one emulated site until it is killed, or until its standard input ends.

use clap::Parser;
use metier_emulator_jira::{Emulator, Options, TOKEN, USER};
use metier_emulator_kit::program;
use serde_json::json;

/// A Jira Cloud site on loopback.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    program: program::Common,
    /// Begin with no issue; otherwise there are ABC-1 and ABC-2.
    #[arg(long)]
    empty: bool,
}

fn main() -> anyhow::Result<()> {
    let Arguments { program, empty } = Arguments::parse();
    let emulator = Emulator::start(Options {
        port: program.port,
        tls_hosts: program.tls_hosts.clone(),
        empty,
    })?;
    program.log(emulator.book())?;
    program.certificate(emulator.served())?;
    program.run(&json!({
        "address": emulator.addr().to_string(),
        "port": emulator.addr().port(),
        "tls_hosts": program.tls_hosts,
        "ca_file": program.ca_out,
        "username": USER,
        "token": TOKEN,
    }))
}
