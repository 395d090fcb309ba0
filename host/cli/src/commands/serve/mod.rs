//! `metier serve`: one process in front of every skill and every model.

pub mod config;

mod certificate;
mod handles;
mod issuers;
mod market;
mod numbers;

mod parts;
mod reload;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use metier_agent::driver::Shift;
use metier_core::{Code, Fault};
use metier_server::{App as Outside, Settings, listen, live::Live, mcp::stdio};
use metier_service::{Caller, Role, Service, agents::POOL, identity::IssuedKey, market::HttpLists};
use serde_json::json;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind},
    sync::watch,
};

use super::App;
use crate::{
    args::serve::{Config as ConfigArgs, ConfigAction, Mcp, Serve, ServiceOptions},
    errors::{Failure, sentence},
    exit::Exit,
    printer::Format,
    telemetry::{LogFormat, Telemetry},
};
use certificate::Shown;
use config::Config;
use numbers::Numbers;
use reload::Reloading;

/// How often it is looked what other hosts changed.
const LOOK: Duration = Duration::from_millis(500);

/// How often markets are asked what they revoked: what is revoked anywhere is called nowhere a minute later.
const ASK_MARKETS: Duration = Duration::from_secs(20);

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// [`Failure`] when it cannot begin.
pub fn run(app: &App, args: &Serve) -> Result<Exit, Failure> {
    let mut config = configured(&args.service)?;
    config.listen = args.listen.unwrap_or(config.listen);
    handles::take_all(&app.printer, config.limits.connections);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime =
        runtime.map_err(|error| host_fault(&format!("The runtime did not start: {error}.")))?;
    let ended = runtime.block_on(Box::pin(async {
        let telemetry = Telemetry::begin(app, &config.telemetry, args.log_format)?;
        let ended = serve(app, args, &config, &telemetry).await;
        telemetry.end(config.limits.grace.0).await;
        ended
    }));
    // A call into a database that does not answer is not waited for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

/// The file, with what the command line says over it.
pub fn configured(options: &ServiceOptions) -> Result<Config, Failure> {
    let mut config = match &options.config {
        Some(path) => Config::read(path)?,
        None => Config::default(),
    };
    let models = &mut config.models;
    models.routes = options.routes.clone().or(models.routes.take());
    models.prices = options.prices.clone().or(models.prices.take());
    Ok(config)
}

async fn serve(
    app: &App,
    args: &Serve,
    config: &Config,
    telemetry: &Telemetry,
) -> Result<Exit, Failure> {
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| no_address(config.listen, &error))?;
    let address = listener.local_addr();
    let address = address.map_err(|error| no_address(config.listen, &error))?;
    let shown = Shown::open(&config.tls)?;
    let numbers = Numbers::open(config).await?;
    let (service, living) = parts::service(app, &args.service, config, telemetry).await?;
    let service = Arc::new(service);
    let first = service.directory().first_key().await?;
    let (stop, stopped) = watch::channel(());
    let outside = Arc::new(Outside {
        service: service.clone(),
        settings: Live::new(settings(config)),
    });
    let limits = listen::Limits {
        connections: config.limits.connections,
        grace: config.limits.grace.0,
        open: service.metrics().connections().clone(),
        ..listen::Limits::default()
    };
    // Before anybody is told that it serves: a hang-up would end it else.
    let hangups = hangups()?;
    let scraped = numbers.as_ref().map(|numbers| numbers.address);
    tell(app, address, shown.is_some(), first, scraped)?;
    if !address.ip().is_loopback() && shown.is_none() {
        app.printer.warn(
            "keys and answers cross the network in the clear unless something in front speaks TLS; `[tls]` names a certificate",
        );
    }
    if !address.ip().is_loopback() && config.hosts.is_empty() {
        app.printer.warn(
            "`hosts` names nothing: requests from other machines are refused, whatever name they call this one by",
        );
    }
    let certificate = shown.as_ref().map(|shown| shown.certificate.clone());
    let router = outside.clone().router();
    let serving = listen::serve_over(listener, router, &limits, certificate, until(&stopped));
    let working = tokio::spawn(work(service.clone(), shift(config)?, until(&stopped)));
    let counting =
        numbers.map(|numbers| tokio::spawn(numbers.serve(outside.clone(), until(&stopped))));
    let booked = service.clone();
    let living_trail = living.trail.clone();
    let reloading = Reloading {
        args,
        config: config.clone(),
        outside,
        service: service.clone(),
        living,
        shown,
    };
    let ticking = tokio::spawn(tick(service.clone(), until(&stopped)));
    let telling = tokio::spawn(service.clone().tell_on(until(&stopped)));
    let lists = HttpLists::new("/".into(), Arc::new(SystemTime::now), living_trail);
    let asking = tokio::spawn(ask_markets(service.clone(), lists, until(&stopped)));
    let looking = tokio::spawn(look(service, until(&stopped)));
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return ended
            .map(|()| Exit::Ok)
            .map_err(|error| host_fault(&format!("The server failed: {error}."))),
        signal = told_to_end() => signal?,
        () = reloading.follow(app, hangups) => {}
    }
    app.printer.note("ending: what is under way has its time");
    drop(stop);
    let _ = serving.await;
    let _ = tokio::join!(working, looking, ticking, telling, asking);
    if let Some(counting) = counting {
        let _ = counting.await;
    }
    booked.booked().await;
    Ok(Exit::Ok)
}

/// Serves one client on standard input and output, until it goes. Runs are worked on meanwhile.
///
/// # Errors
/// [`Failure`] when it cannot begin.
pub fn mcp(app: &App, args: &Mcp) -> Result<Exit, Failure> {
    let config = configured(&args.service)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime =
        runtime.map_err(|error| host_fault(&format!("The runtime did not start: {error}.")))?;
    let ended = runtime.block_on(Box::pin(async {
        let telemetry = Telemetry::begin(app, &config.telemetry, LogFormat::Pretty)?;
        let (service, living) = parts::service(app, &args.service, &config, &telemetry).await?;
        let service = Arc::new(service);
        let (stop, stopped) = watch::channel(());
        let lists = HttpLists::new("/".into(), Arc::new(SystemTime::now), living.trail);
        let asking = tokio::spawn(ask_markets(service.clone(), lists, until(&stopped)));
        let looking = tokio::spawn(look(service.clone(), until(&stopped)));
        let working = tokio::spawn(work(service.clone(), shift(&config)?, until(&stopped)));
        let caller = Caller {
            role: Role::Operator,
            ..Caller::operator_of(args.tenant.clone())
        };
        let served = stdio(service.clone(), caller).await;
        drop(stop);
        let _ = tokio::join!(working, asking, looking);
        service.booked().await;
        telemetry.end(config.limits.grace.0).await;
        served
            .map(|()| Exit::Ok)
            .map_err(|error| host_fault(&sentence(&error.to_string())))
    }));
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

fn settings(config: &Config) -> Settings {
    Settings {
        hosts: config.hosts.clone(),
        origins: config.origins.clone(),
        max_body: usize::try_from(config.limits.body.bytes()).unwrap_or(usize::MAX),
        timeout: config.limits.request.0,
    }
}

fn shift(config: &Config) -> Result<Shift, Failure> {
    let host = super::runs::host_id()?;
    let pool = POOL
        .parse()
        .map_err(|error| host_fault(&format!("{error}.")))?;
    Ok(Shift {
        at_once: config.limits.runs,
        ..Shift::of(host, pool)
    })
}

/// Ready when the sender is gone.
fn until(stopped: &watch::Receiver<()>) -> impl Future<Output = ()> + Send + 'static {
    let mut stopped = stopped.clone();
    async move { while stopped.changed().await.is_ok() {} }
}

async fn work(service: Arc<Service>, shift: Shift, shutdown: impl Future<Output = ()> + Send) {
    if let Err(error) = service.runs().work(shift, shutdown).await {
        tracing::error!(%error, "no run is taken up any more");
    }
}

async fn tick(service: Arc<Service>, shutdown: impl Future<Output = ()> + Send) {
    service.tick_on(shutdown).await;
}

async fn ask_markets(service: Arc<Service>, lists: HttpLists, shutdown: impl Future<Output = ()>) {
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        service.look_for_revocations(&lists).await;
        tokio::select! {
            () = &mut shutdown => return,
            () = tokio::time::sleep(ASK_MARKETS) => {}
        }
    }
}

async fn look(service: Arc<Service>, shutdown: impl Future<Output = ()>) {
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        service.hub().tidy();
        if let Err(fault) = service.look().await {
            tracing::warn!(%fault, "what other hosts changed is not known now");
        }
    }
}

fn tell(
    app: &App,
    address: SocketAddr,
    is_secure: bool,
    first: Option<IssuedKey>,
    scraped: Option<SocketAddr>,
) -> Result<(), Failure> {
    let scraped = scraped.map(|address| format!("http://{address}/metrics"));
    let url = match is_secure {
        true => format!("https://{address}"),
        false => format!("http://{address}"),
    };
    let key = first.map(|issued| issued.key);
    if app.printer.format == Format::Json {
        let mut line = json!({"kind": "serving", "address": url, "admin_key": key});
        if let Some(scraped) = scraped {
            line["metrics"] = json!(scraped);
        }
        return app.print(&format!("{line}\n"));
    }
    let mut text = format!("serving at {url}, the console at {url}/console\n");
    if let Some(scraped) = scraped {
        text.push_str(&format!("numbers at {scraped}\n"));
    }
    if let Some(key) = key {
        text.push_str(&format!(
            "\nThe administrator's key, shown this once:\n\n  export METIER_URL={url}\n  export METIER_KEY={key}\n\n\
             Then, for instance: metier admin skill install --allow-unsigned SKILL.wasm\n"
        ));
    }
    app.print(&text)
}

/// What has the configuration read again.
fn hangups() -> Result<Signal, Failure> {
    let hangups = tokio::signal::unix::signal(SignalKind::hangup());
    hangups.map_err(|error| host_fault(&format!("Signals cannot be heard: {error}.")))
}

/// Ctrl-C, or what a service manager sends.
pub(super) async fn told_to_end() -> Result<(), Failure> {
    let unheard = |error: std::io::Error| host_fault(&format!("Signals cannot be heard: {error}."));
    let mut terminate = tokio::signal::unix::signal(SignalKind::terminate()).map_err(unheard)?;
    tokio::select! {
        signal = tokio::signal::ctrl_c() => signal.map_err(unheard),
        _ = terminate.recv() => Ok(()),
    }
}

pub(super) fn no_address(address: SocketAddr, error: &std::io::Error) -> Failure {
    let message = format!("{address} cannot be listened on: {}.", error.kind());
    Failure::usage(message, "Name another address with --listen.")
}

pub(super) fn host_fault(message: &str) -> Failure {
    Fault::new(Code::HostInternal, message).into()
}

/// `metier config`: mistakes found, or keys shown.
///
/// # Errors
/// [`Failure`] with the first mistake.
pub fn config(app: &App, args: &ConfigArgs) -> Result<Exit, Failure> {
    match &args.action {
        ConfigAction::Check { file } => {
            let config = Config::read(file)?;
            config.store()?;
            parts::models(&config)?;
            config.market.settings()?;
            app.printer.note(&format!("{} is sound.", file.display()));
        }
        ConfigAction::Show { file: None } => app.print(config::COMMENTED)?,
        ConfigAction::Show { file: Some(file) } => {
            let text = toml::to_string(&Config::read(file)?)
                .map_err(|error| host_fault(&format!("{error}.")))?;
            app.print(&text)?;
        }
    }
    Ok(Exit::Ok)
}
