//! Runs one emulated org until it is killed, or until its standard input ends.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use metier_emulator_salesforce::{Clock, Emulator, Options, Sizes};
use serde_json::json;

/// A Salesforce org on loopback.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Serve https with a certificate for this name; repeat it for more names.
    #[arg(long = "tls", value_name = "HOST")]
    tls_hosts: Vec<String>,
    /// Write the certificate of the authority to trust here.
    #[arg(long, value_name = "FILE", requires = "tls_hosts")]
    ca_out: Option<PathBuf>,
    /// Write the private key of the connected app here.
    #[arg(long, value_name = "FILE")]
    key_out: Option<PathBuf>,
    /// What token answers give as the address of the API.
    #[arg(long, value_name = "URL")]
    instance_url: Option<String>,
    /// What the records are made from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many accounts; contacts are twice and opportunities two and a half times as many.
    #[arg(long, default_value_t = 1_200)]
    accounts: usize,
    /// Hold the clock at this many seconds since 1970.
    #[arg(long, value_name = "SECONDS")]
    now: Option<i64>,
    /// Rows in a page at most.
    #[arg(long, default_value_t = 2_000)]
    page: usize,
    /// Seconds an access token is good for.
    #[arg(long, default_value_t = 7_200)]
    token_seconds: i64,
    /// Write one line of JSON here for every request that has arrived, and for every one that is about to be answered.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Keep running when standard input ends; otherwise that stops it, so as not to outlive the
    /// program that started it.
    #[arg(long)]
    detached: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let emulator = Emulator::start(options(&arguments))?;
    if let Some(path) = &arguments.log {
        let opened = emulator.book().log_to(path);
        opened.with_context(|| format!("cannot open {}", path.display()))?;
    }
    if let (Some(path), Some(pem)) = (&arguments.ca_out, emulator.ca_pem()) {
        std::fs::write(path, pem).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let (Some(path), Some(pem)) = (&arguments.key_out, emulator.private_key_pem()) {
        write_private(path, pem).with_context(|| format!("cannot write {}", path.display()))?;
    }
    announce(&emulator, &arguments)?;
    if arguments.detached {
        loop {
            std::thread::park();
        }
    }
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

fn options(arguments: &Arguments) -> Options {
    let accounts = arguments.accounts;
    Options {
        port: arguments.port,
        tls_hosts: arguments.tls_hosts.clone(),
        instance_url: arguments.instance_url.clone(),
        seed: arguments.seed,
        sizes: Sizes {
            accounts,
            contacts: accounts * 2,
            opportunities: accounts * 5 / 2,
            cases: accounts,
        },
        clock: arguments.now.map_or_else(Clock::system, Clock::held),
        page: arguments.page,
        token_seconds: arguments.token_seconds,
        ..Options::default()
    }
}

/// One line of JSON with all a client needs.
fn announce(emulator: &Emulator, arguments: &Arguments) -> anyhow::Result<()> {
    let client = emulator
        .clients()
        .first()
        .context("there is no connected app")?;
    let line = json!({
        "address": emulator.addr().to_string(),
        "port": emulator.addr().port(),
        "instance_url": emulator.instance_url(),
        "tls_hosts": arguments.tls_hosts,
        "ca_file": arguments.ca_out,
        "key_file": arguments.key_out,
        "client_id": client.id,
        "client_secret": client.secret,
        "refresh_token": client.refresh_token,
        "username": emulator.users().first(),
    });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// A key only its owner reads, as hosts demand of the files they take secrets from.
fn write_private(path: &std::path::Path, pem: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(pem.as_bytes())
}
