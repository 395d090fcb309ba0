//! `metier dev`: builds a skill, serves its tools, and does it again at each change.
//!
//! A change is one of content: the sources are read and compared ([`sources`]) whenever the system says that something happened
//! ([`watch`]). What a build writes beside the sources, such as a lockfile, is seen once and then stays the same. A build
//! that fails is told, and the last good skill goes on serving. Without `--grant` the skill has what its manifest asks for,
//! except what only a person can give: credentials, settings and directories.

mod bench;
mod journal;
mod serving;
mod sources;
mod watch;

use std::{fs, net::Ipv4Addr, sync::Arc};

use metier_core::{code::Code, fault::Fault};
use metier_market::folder::{FolderError, MANIFEST_FILE};
use metier_runtime::host::HostConfig;
use metier_server::dev::{ServeError, Tools};
use tokio::{net::TcpListener, sync::oneshot};

use super::{App, call::reach::Stores, skill_file};
use crate::{args::dev::Dev, errors::Failure, exit::Exit};
use bench::Bench;
use journal::{Calls, Journal};

/// Calls at once: a person, a script, and an agent or two.
const CALLS: u32 = 8;

/// Serves until Ctrl-C.
///
/// # Errors
/// [`Failure`] when it cannot begin: no skill's folder, a port that is taken. What fails later is told, and goes on.
pub fn run(app: App, args: Dev) -> Result<Exit, Failure> {
    let unreadable = |error| Failure::unreadable(&args.folder, &error);
    let folder = fs::canonicalize(&args.folder).map_err(unreadable)?;
    if !folder.join(MANIFEST_FILE).is_file() {
        let file = MANIFEST_FILE;
        return Err(FolderError::Missing { folder, file }.into());
    }
    let runtime = super::runtime()?;
    let ended = runtime.block_on(Box::pin(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await;
        let listener = listener.map_err(|error| no_port(args.port, &error))?;
        let address = listener
            .local_addr()
            .map_err(|error| no_port(args.port, &error))?;
        let journal = Arc::new(Journal::new(app.printer, address));
        let stores = Stores::all(&app.folders)?;
        let host = Arc::new(skill_file::host(&app, || HostConfig {
            calls: CALLS,
            ..stores.within(skill_file::config(&app), &journal)
        })?);
        let nothing = Fault::new(Code::Busy, "The skill is being built for the first time.");
        let tools = Arc::new(Tools::new(
            host.clone(),
            Err(nothing),
            Arc::new(Calls(journal.clone())),
        ));
        let bench = Bench::new(app, args, folder, host, tools.clone(), journal.clone());
        serve(listener, tools, bench).await
    }));
    // A build that still runs is not waited for.
    runtime.shutdown_background();
    ended
}

async fn serve(
    listener: TcpListener,
    tools: Arc<Tools>,
    mut bench: Bench,
) -> Result<Exit, Failure> {
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async {
        let _ = stopped.await;
    };
    let serving = metier_server::dev::serve(listener, tools, stopped);
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return ended.map(|()| Exit::Ok).map_err(|error| broken(&error)),
        never = bench.work() => match never {},
        signal = tokio::signal::ctrl_c() => signal.map_err(|error| {
            Fault::new(Code::HostInternal, format!("Ctrl-C cannot be heard: {error}."))
        })?,
    }
    drop(stop);
    serving
        .await
        .map(|()| Exit::Ok)
        .map_err(|error| broken(&error))
}

fn no_port(port: u16, error: &std::io::Error) -> Failure {
    let message = format!(
        "The port {port} on 127.0.0.1 cannot be listened on: {}.",
        error.kind()
    );
    Failure::usage(
        message,
        "Name another with --port, or leave it out for one that is free.",
    )
}

fn broken(error: &ServeError) -> Failure {
    Fault::new(
        Code::HostInternal,
        crate::errors::sentence(&error.to_string()),
    )
    .into()
}
