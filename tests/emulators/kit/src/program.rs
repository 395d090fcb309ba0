//! An emulator as a program: where it listens, what it says, when it ends.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::Value;

use crate::{Book, Served};

/// The arguments every emulator has.
#[derive(Clone, Debug, clap::Args)]
pub struct Common {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Serve https with a certificate for this name; repeat it for more names.
    #[arg(long = "tls", value_name = "HOST")]
    pub tls_hosts: Vec<String>,
    /// Write the certificate of the authority to trust here.
    #[arg(long, value_name = "FILE", requires = "tls_hosts")]
    pub ca_out: Option<PathBuf>,
    /// Write one line of JSON here for every request that has arrived, and for every one that is about to be answered.
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Keep running when standard input ends; otherwise that stops it, so as not to outlive the program that started it.
    #[arg(long)]
    pub detached: bool,
}

impl Common {
    /// Open the log, before anything is asked.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn log(&self, book: &Book) -> anyhow::Result<()> {
        let Some(path) = &self.log else { return Ok(()) };
        book.log_to(path)
            .with_context(|| format!("cannot open {}", path.display()))
    }

    /// Write the certificate.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn certificate(&self, served: &Served) -> anyhow::Result<()> {
        let (Some(path), Some(pem)) = (&self.ca_out, served.ca_pem()) else {
            return Ok(());
        };
        std::fs::write(path, pem).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Say in one line of JSON what a client needs, and run until standard input ends, or for ever.
    ///
    /// # Errors
    /// When standard input or output are broken.
    pub fn run(&self, line: &Value) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()?;
        drop(out);
        if self.detached {
            loop {
                std::thread::park();
            }
        }
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
        Ok(())
    }
}
