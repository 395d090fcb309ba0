//! Runs emulated model providers until it is killed, or until its standard input ends.

use clap::Parser;
use metier_emulator_kit::program;
use metier_emulator_models::{ACCESS_KEY_ID, Emulator, KEY, Options};
use serde_json::json;

/// Model providers on loopback.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    program: program::Common,
    /// The key that questions have to carry.
    #[arg(long, default_value = KEY)]
    key: String,
}

fn main() -> anyhow::Result<()> {
    let Arguments { program, key } = Arguments::parse();
    let emulator = Emulator::start(Options {
        port: program.port,
        tls_hosts: program.tls_hosts.clone(),
        key: Some(key.clone()),
    })?;
    program.log(emulator.book())?;
    program.certificate(emulator.served())?;
    program.run(&json!({
        "address": emulator.addr().to_string(),
        "port": emulator.addr().port(),
        "tls_hosts": program.tls_hosts,
        "ca_file": program.ca_out,
        "key": key,
        "access_key_id": ACCESS_KEY_ID,
    }))
}
