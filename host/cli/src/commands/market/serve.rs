//! `metier market serve`: one process that keeps a market.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use metier_core::{Code, Fault};
use metier_market::{
    index::Address,
    keeper::{
        self, MarketError,
        accounts::{AccountsError, FileAccounts, IssuedToken},
        elsewhere,
        registry::{RegistryError, RegistryLimits},
        sandbox::HostSandbox,
    },
};
use metier_server::{
    listen,
    market::{
        MarketApp, MarketSettings,
        dns::DnsLookup,
        lookup::Domains,
        trusted::{self, PublishedKeys},
    },
};
use metier_store::depot::{DepotError, Warehouse};
use serde_json::json;
use tokio::net::TcpListener;

use super::place::registry;
use crate::{
    args::market::MarketServe,
    commands::{
        App,
        serve::{host_fault, no_address, told_to_end},
        skill_file,
    },
    errors::{Failure, sentence},
    exit::Exit,
    printer::Format,
    telemetry::{Config, Telemetry},
};

/// How often it is looked for uploads nobody goes on with.
const SWEEP: Duration = Duration::from_secs(60);

/// How often it is looked whose proof is to be looked for again: once a day, and sooner where it was not there.
const LOOK_AGAIN: Duration = Duration::from_secs(3_600);

/// How often files are looked for that nothing published leads to: more often only where they are to go sooner.
const COLLECT: Duration = Duration::from_secs(3_600);

/// How long requests under way have at the end.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// [`Failure`] when it cannot begin.
pub fn run(app: &App, args: &MarketServe) -> Result<Exit, Failure> {
    let url = args.url.as_deref().map(origin).transpose()?;
    named(args.listen, url.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime =
        runtime.map_err(|error| host_fault(&format!("The runtime did not start: {error}.")))?;
    let ended = runtime.block_on(Box::pin(async {
        let telemetry = Telemetry::begin(app, &Config::default(), args.log_format)?;
        let ended = serve(app, args, url).await;
        telemetry.end(GRACE).await;
        ended
    }));
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

async fn serve(app: &App, args: &MarketServe, url: Option<String>) -> Result<Exit, Failure> {
    if args.allow_any_namespace && !(args.listen.ip().is_loopback() && url.is_none()) {
        return Err(Failure::usage(
            "`--allow-any-namespace` is for a market that listens on this machine alone.",
            "Leave it out, or listen on 127.0.0.1 without `--url`.",
        ));
    }
    let listener = TcpListener::bind(args.listen).await;
    let listener = listener.map_err(|error| no_address(args.listen, &error))?;
    let address = listener.local_addr();
    let address = address.map_err(|error| no_address(args.listen, &error))?;
    let data = data(app, args)?;
    let here = url.clone().unwrap_or_else(|| format!("http://{address}"));
    let (market, issued) = open(app, &data, args, &here).await?;
    let market = Arc::new(market);
    tell(app, address, url.as_deref(), issued)?;
    if args.allow_any_namespace {
        app.printer.warn(
            "every namespace is taken as it is claimed, without a proof: nobody should install from this market who is not on this machine",
        );
    }
    if url.is_some() && args.proxies.is_empty() {
        app.printer.note(
            "all logins count as of one address where a proxy stands in front: `--proxy` names it, and they count as of where they come from",
        );
    }
    let settings = MarketSettings {
        url,
        proxies: args.proxies.iter().map(IpAddr::to_canonical).collect(),
        ..MarketSettings::default()
    };
    let outside = Arc::new(MarketApp {
        market: market.clone(),
        settings,
    });
    let limits = listen::Limits {
        grace: GRACE,
        ..listen::Limits::default()
    };
    let proving = tokio::spawn(prove(market.clone()));
    let tending = tokio::spawn(tend(market, args.keep_unpublished));
    let shutdown = async {
        // Where signals cannot be heard it ends at once, and says so.
        if let Err(failure) = told_to_end().await {
            failure.tell(&app.printer);
        }
        app.printer.note("ending: what is under way has its time");
    };
    let served = listen::serve(listener, outside.router(), &limits, shutdown).await;
    tending.abort();
    proving.abort();
    served
        .map(|()| Exit::Ok)
        .map_err(|error| host_fault(&format!("The server failed: {error}.")))
}

async fn open(
    app: &App,
    data: &std::path::Path,
    args: &MarketServe,
    address: &str,
) -> Result<(keeper::Market, Option<IssuedToken>), Failure> {
    let named = address.parse();
    let named = named.map_err(|error| no_market_at(address, &error))?;
    std::fs::create_dir_all(data)
        .map_err(|error| Failure::unwritable(&format!("`{}`", data.display()), &error))?;
    let accounts = FileAccounts::open(&data.join("publishers.toml"));
    let (accounts, issued) = accounts.map_err(|error| no_accounts(&error))?;
    let issuers = trusted::ISSUERS.map(str::to_owned).into_iter();
    let named_issuers = args.issuers.iter().map(|named| named.url.clone());
    let issuers: Vec<String> = issuers.chain(named_issuers).collect();
    let id_tokens = PublishedKeys::of(&issuers, &named).map_err(|why| {
        Failure::usage(
            sentence(&why),
            "`--id-tokens-of` takes the address that `iss` is in a token: https://ci.acme.example",
        )
    })?;
    let id_tokens = args.issuers.iter().fold(id_tokens, |all, named| {
        all.only_for(named.url.clone(), named.namespaces.clone())
    });
    let options = keeper::Options {
        limits: RegistryLimits {
            blob: args.max_component.bytes(),
            total: args.max_total.map(|size| size.bytes()),
            each: Some(args.max_publisher.bytes()),
            grace: args.keep_unpublished,
            ..RegistryLimits::default()
        },
        address: Some(named),
        id_tokens: Arc::new(id_tokens),
        any_namespace: args.allow_any_namespace,
        lookup: Arc::new(domains(args)?),
        // Without network and without anything granted: what is replayed here, nobody trusts yet.
        sandbox: Arc::new(HostSandbox(Arc::new(skill_file::host(app, || {
            skill_file::config(app)
        })?))),
        ..keeper::Options::default()
    };
    let accounts = Arc::new(accounts);
    let market = match warehouse(app, args)? {
        Some(place) => keeper::Market::open_over(data, accounts, options, place).await,
        None => keeper::Market::open(data, accounts, options),
    };
    Ok((market.map_err(|error| no_market(&error))?, issued))
}

/// Where proofs are looked up. A machine that asks nobody for names can still look under HTTPS where it is told addresses otherwise.
fn domains(args: &MarketServe) -> Result<Domains, Failure> {
    let dns = match args.resolver {
        Some(address) => DnsLookup::at(address)
            .map_err(|why| host_fault(&format!("{address} cannot be asked for names: {why}.")))?,
        None => match DnsLookup::of_system() {
            Ok(dns) => dns,
            Err(why) => {
                tracing::warn!(
                    why,
                    "proofs are not looked up in DNS: name a resolver with --resolver"
                );
                return Ok(Domains::default());
            }
        },
    };
    Ok(Domains::default().with_dns(dns))
}

/// Where files are kept that are not in the folder.
fn warehouse(app: &App, args: &MarketServe) -> Result<Option<Arc<dyn Warehouse>>, Failure> {
    let wrong = |error: DepotError| no_market(&MarketError::Registry(error.into()));
    if let Some(address) = &args.registry {
        let behind = elsewhere::Behind::new(registry(app, address)?).map_err(wrong)?;
        return Ok(Some(Arc::new(behind)));
    }
    let Some(bucket) = &args.blobs else {
        return Ok(None);
    };
    let bucket = elsewhere::open(bucket, app.environment.all()).map_err(wrong)?;
    Ok(Some(Arc::new(bucket)))
}

/// Finds what was pushed when an earlier process was killed, and then ends uploads nobody goes on with, and files nobody publishes.
async fn tend(market: Arc<keeper::Market>, unpublished: Duration) {
    if let Err(error) = market.index_all().await {
        tracing::error!(%error, "the index is not whole: search does not find everything");
    }
    let (mut collect, each) = (Instant::now(), COLLECT.min(unpublished));
    loop {
        tokio::time::sleep(SWEEP).await;
        market.registry().sweep();
        if let Err(error) = market.sweep_id_tokens().await {
            tracing::error!(%error, "ID tokens that are over could not be forgotten");
        }
        if Instant::now() >= collect {
            collect_files(&market).await;
            collect = Instant::now() + each;
        }
    }
}

/// Looks for the proofs of namespaces every day, however long domains take to answer.
async fn prove(market: Arc<keeper::Market>) {
    loop {
        look_again(&market).await;
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Removes files that nothing published leads to.
async fn collect_files(market: &keeper::Market) {
    match market.collect().await {
        Ok(collected) => {
            if collected.files > 0 {
                tracing::info!(
                    files = collected.files,
                    bytes = collected.bytes,
                    "files that were pushed and not published are gone"
                );
            }
            for what in &collected.told {
                tracing::warn!(what, "not all of a file is gone");
            }
        }
        Err(error) => {
            tracing::error!(%error, "files that were pushed and not published could not be removed");
        }
    }
}

/// Looks for the proofs of all namespaces.
async fn look_again(market: &keeper::Market) {
    match market.check_proofs().await {
        Ok(checked) if checked.looked == 0 => {}
        Ok(checked) => tracing::info!(
            looked = checked.looked,
            frozen = checked.frozen,
            thawed = checked.thawed,
            "the proofs of namespaces were looked for"
        ),
        Err(error) => tracing::error!(%error, "the proofs of namespaces could not be looked for"),
    }
}

fn data(app: &App, args: &MarketServe) -> Result<PathBuf, Failure> {
    if let Some(data) = &args.data {
        return Ok(data.clone());
    }
    app.folders
        .market()
        .map_err(|error| Failure::usage(sentence(&error.to_string()), "Name a folder with --data."))
}

/// An address without a path, as a registry is named.
fn origin(url: &str) -> Result<String, Failure> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let host = rest.map(|rest| rest.trim_end_matches('/'));
    let is_host = |host: &&str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
        !host.is_empty() && host.bytes().all(is_plain)
    };
    // As clients read it: what they refuse, nobody could install from.
    let is_one = url.parse::<Address>().is_ok();
    match host.filter(is_host).filter(|_| is_one) {
        Some(_) => Ok(url.trim_end_matches('/').to_owned()),
        None => Err(Failure::usage(
            "`--url` is no address of a market.",
            "Write `https://`, the host and where it is needed the port, and no path. Plain http is for 127.0.0.1 and localhost.",
        )),
    }
}

/// The address goes into the market's trust root for good. That of a network nobody could name for it, and plain http no client takes.
fn named(listen: SocketAddr, url: Option<&str>) -> Result<(), Failure> {
    match listen.ip().is_loopback() || url.is_some() {
        true => Ok(()),
        false => Err(Failure::usage(
            format!(
                "A market that listens on {listen} has to know what it is called from elsewhere: its trust root says so for good."
            ),
            "Name the address of what speaks TLS in front of it: --url https://market.acme.example",
        )),
    }
}

fn no_market_at(address: &str, error: &impl std::fmt::Display) -> Failure {
    Failure::usage(
        format!("`{address}` cannot be a market's address: {error}."),
        "Name it with --url https://market.acme.example",
    )
}

fn tell(
    app: &App,
    address: SocketAddr,
    url: Option<&str>,
    issued: Option<IssuedToken>,
) -> Result<(), Failure> {
    let here = format!("http://{address}");
    let url = url.unwrap_or(&here);
    let token = issued.map(|issued| issued.token);
    if app.printer.format == Format::Json {
        let line = json!({"kind": "serving", "address": here, "url": url, "token": token});
        return app.print(&format!("{line}\n"));
    }
    let mut text = format!("serving a market at {url}\n");
    if let Some(token) = token {
        text.push_str(&format!(
            "\nThe token of who keeps the market, shown this once:\n\n  {token}\n"
        ));
    }
    app.print(&text)
}

fn no_accounts(error: &AccountsError) -> Failure {
    Failure::usage(
        sentence(&error.to_string()),
        "`publishers.toml` in the market's folder has a `[[publisher]]` table for each, with `name`, `token-sha256` and `namespaces`.",
    )
}

fn no_market(error: &MarketError) -> Failure {
    let code = match error {
        MarketError::Registry(RegistryError::Full) => Code::StorageFull,
        MarketError::Registry(RegistryError::Elsewhere(_)) => {
            let hint = "Look whether it is there and reachable from here, and whether the credentials in the environment may read, write, list and delete there.";
            let fault = Fault::new(Code::StorageUnavailable, sentence(&error.to_string()));
            return fault.with_hint(hint).into();
        }
        _ => Code::StorageUnavailable,
    };
    Fault::new(code, sentence(&error.to_string())).into()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::{named, origin};

    #[test]
    fn a_market_on_a_network_says_what_it_is_called() {
        let listen = |text: &str| text.parse().unwrap();
        for (address, url, fits) in [
            ("0.0.0.0:6385", None, false),
            ("[::]:6385", None, false),
            ("192.168.1.5:6385", None, false),
            ("0.0.0.0:6385", Some("https://market.acme.example"), true),
            ("127.0.0.1:0", None, true),
            ("[::1]:6385", None, true),
        ] {
            assert_eq!(named(listen(address), url).is_ok(), fits, "{address}");
        }
    }

    #[test]
    fn an_address_of_a_market_has_no_path() {
        for url in [
            "https://market.acme.example",
            "http://[::1]:6385/",
            "http://127.0.0.1:1",
        ] {
            assert!(origin(url).is_ok(), "{url}");
        }
        for url in [
            "market.acme.example",
            "https://",
            "https://x/y",
            "https://x\"y",
            "ftp://x",
            "https://u@x",
            "http://x:1",
            "https://x:99999",
            "https://[x",
        ] {
            assert!(origin(url).is_err(), "{url}");
        }
    }
}
