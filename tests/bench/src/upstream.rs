//! A slow upstream in a process of its own, so that its memory is not counted as the host's.

#![expect(clippy::print_stdout, reason = "tells its parent the port")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What every request is answered with, once the delay is over.
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// One that runs until it is dropped.
pub struct Upstream {
    child: Child,
    port: String,
}

impl Upstream {
    /// Start one that thinks for `delay_ms` before each answer.
    pub fn start(delay_ms: u64) -> Result<Upstream> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["upstream", &delay_ms.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take();
        let mut upstream = Upstream {
            child,
            port: String::new(),
        };
        BufReader::new(output.context("no output")?).read_line(&mut upstream.port)?;
        Ok(upstream)
    }

    /// The port it listens on.
    pub fn port(&self) -> &str {
        self.port.trim()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serve on a free loopback port, print it, and end when standard input closes.
pub fn serve(delay_ms: u64) -> Result<()> {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        println!("{}", listener.local_addr()?.port());
        loop {
            let (connection, _) = listener.accept().await?;
            tokio::spawn(answer(connection, Duration::from_millis(delay_ms)));
        }
    })
}

async fn answer(mut connection: TcpStream, delay: Duration) -> Result<()> {
    let mut request = [0; 1_024];
    while connection.read(&mut request).await? > 0 {
        tokio::time::sleep(delay).await;
        connection.write_all(ANSWER).await?;
    }
    Ok(())
}
