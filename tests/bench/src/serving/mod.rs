//! The host service against programs that do the same work: its HTTP API, MCP, and the gateway to models.
//!
//! Every server is a process of its own that does nothing else; the load is this one's. What is compared is the processor time of the
//! server's process for each call, alternating, the median of the repetitions.

mod crowd;
mod gateway;
mod http;
mod load;
mod mcp;
mod native;
mod process;
mod stage;
mod stdio;

use anyhow::Result;

use crate::Effort;
use crate::report::Row;

pub use native::serve as native;

/// A tool call over HTTP.
pub fn http(effort: Effort) -> Result<Vec<Row>> {
    runtime()?.block_on(http::measure(effort))
}

/// A tool call over MCP, and the start of a server.
pub fn mcp(effort: Effort) -> Result<Vec<Row>> {
    let mut rows = runtime()?.block_on(mcp::measure(effort))?;
    rows.extend(stdio::measure(effort)?);
    Ok(rows)
}

/// What the gateway adds to a model's answer.
pub fn gateway(effort: Effort) -> Result<Vec<Row>> {
    runtime()?.block_on(gateway::measure(effort))
}

/// Many who watch, and more than can be served.
pub fn crowd(effort: Effort) -> Result<Vec<Row>> {
    runtime()?.block_on(crowd::measure(effort))
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

/// A row whose bar is at most this.
fn at_most(
    name: String,
    bare: String,
    metier: String,
    figure: f64,
    unit: &'static str,
    bar: f64,
) -> Row {
    Row {
        name,
        bare,
        metier,
        figure,
        unit,
        bar,
        at_least: false,
    }
}
