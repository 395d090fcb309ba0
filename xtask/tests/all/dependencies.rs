//! Who may depend on what: the bans of ARCHITECTURE.md.

use crate::graph::{Dependency, MEMBERS, everything, linked_into};

const DATABASES: [&str; 15] = [
    "deadpool-postgres",
    "diesel",
    "heed",
    "libsqlite3-sys",
    "mongodb",
    "mysql_async",
    "postgres",
    "redb",
    "redis",
    "rocksdb",
    "rusqlite",
    "sled",
    "sqlx",
    "sqlx-core",
    "tokio-postgres",
];

/// What does IO, keeps time, draws random numbers or runs guests.
const IMPURE: [&str; 19] = [
    "anyhow",
    "aws-lc-rs",
    "axum",
    "cap-std",
    "chrono",
    "futures",
    "getrandom",
    "hyper",
    "jiff",
    "mio",
    "rand",
    "reqwest",
    "rustix",
    "rustls",
    "socket2",
    "tempfile",
    "time",
    "tokio",
    "wasmtime",
];

/// Members whose own `Cargo.toml` names a package that satisfies `banned`.
fn who_names(banned: impl Fn(&Dependency) -> bool) -> Vec<&'static str> {
    let members = MEMBERS.iter();
    let naming = members.filter(|(_, package)| package.dependencies.iter().any(&banned));
    naming.map(|(name, _)| name.as_str()).collect()
}

fn links_none_of<const N: usize>(member: &str, banned: [&str; N]) {
    let linked = linked_into(member);
    for banned in banned {
        assert!(!linked.contains(banned), "{member} links {banned}");
    }
}

/// One crate wraps the sandbox, so that one crate has to be read to trust it. The benchmark measures against it bare.
#[test]
fn only_the_runtime_and_the_benchmark_name_wasmtime() {
    let named = who_names(|d| d.name.starts_with("wasmtime"));
    assert_eq!(named, ["metier-bench", "metier-runtime"]);
}

/// A policy that can do IO, read a clock or block cannot be tested as a table.
#[test]
fn core_links_nothing_that_does_io_keeps_time_or_runs_guests() {
    links_none_of("metier-core", IMPURE);
    links_none_of("metier-core", ["fastrand", "tracing"]);
}

/// A description is a stranger's: what reads it can fetch nothing, open nothing and run nothing.
#[test]
fn the_openapi_generator_links_nothing_that_does_io_keeps_time_or_runs_guests() {
    links_none_of("metier-openapi", IMPURE);
}

/// Routes belong to the server crate, and to what imitates other people's servers.
#[test]
fn only_the_server_emulators_and_tests_name_axum() {
    let named = who_names(|d| d.name == "axum" && d.is_normal());
    let strangers: Vec<_> = named
        .into_iter()
        .filter(|name| !name.starts_with("metier-emulator-"))
        .filter(|name| !matches!(*name, "metier-bench" | "metier-e2e" | "metier-server"))
        .collect();
    assert!(
        strangers.is_empty(),
        "{strangers:?} name axum outside their tests"
    );
}

/// A database is named in one place: what it promises is checked there and nowhere else.
#[test]
fn only_the_store_names_a_database() {
    let named = who_names(|d| DATABASES.contains(&d.name.as_str()));
    let strangers: Vec<_> = named
        .into_iter()
        .filter(|name| *name != "metier-store")
        .collect();
    assert!(strangers.is_empty(), "{strangers:?} name a database");
}

/// Spans are `tracing`'s everywhere: who collects them is the command line's affair.
#[test]
fn only_the_command_line_names_opentelemetry() {
    let named = who_names(|d| d.name.contains("opentelemetry"));
    assert_eq!(named, ["metier-cli"]);
}

/// The agent reaches tools and models through traits: what it cannot link it cannot go round.
#[test]
fn the_agent_links_no_sandbox_and_no_network() {
    links_none_of(
        "metier-agent",
        ["wasmtime", "axum", "reqwest", "hyper-util"],
    );
}

/// One TLS stack, one crypto library: what is not linked cannot be misconfigured.
#[test]
fn there_is_one_tls_stack() {
    let all = everything();
    for banned in ["native-tls", "openssl", "openssl-sys", "hyper-tls"] {
        assert!(!all.contains(banned), "{banned} is in the graph");
    }
    let linked = linked_into("metier-cli");
    assert!(
        !linked.contains("ring"),
        "metier links a second crypto library, ring"
    );
}

/// A database is reached over the same TLS as everything else.
#[test]
fn the_store_links_one_tls_stack() {
    links_none_of(
        "metier-store",
        [
            "native-tls",
            "openssl",
            "openssl-sys",
            "postgres-native-tls",
            "ring",
        ],
    );
    assert!(linked_into("metier-store").contains("aws-lc-rs"));
}

/// A library says what went wrong in an enum its caller can match; `anyhow` is for programs.
#[test]
fn libraries_have_their_own_errors() {
    let named = who_names(|d| d.name == "anyhow" && d.is_normal());
    for library in [
        "metier-core",
        "metier-runtime",
        "metier-store",
        "metier-agent",
        "metier-market",
        "metier-openapi",
        "metier-service",
        "metier-server",
    ] {
        assert!(
            !named.contains(&library),
            "{library} names anyhow outside its tests"
        );
    }
}

/// `cargo xtask` is there in seconds on a fresh machine.
#[test]
fn xtask_is_built_from_little() {
    let linked = linked_into("xtask");
    let ours: Vec<_> = linked
        .iter()
        .filter(|name| name.starts_with("metier"))
        .collect();
    assert!(ours.is_empty(), "xtask links {ours:?}");
    assert!(linked.len() <= 60, "xtask links {} packages", linked.len());
}

/// The layers: core below runtime and store, below market and agent, below the service, below the server, below the command line.
#[test]
fn dependencies_between_our_crates_point_one_way() {
    let allowed: [(&str, &[&str]); 9] = [
        ("metier-core", &[]),
        ("metier-openapi", &["metier-core", "metier-openapi-plan"]),
        ("metier-runtime", &["metier-core"]),
        ("metier-store", &["metier-core"]),
        ("metier-agent", &["metier-core", "metier-store"]),
        (
            "metier-market",
            &[
                "metier-core",
                "metier-runtime",
                "metier-store",
                "metier-agent",
            ],
        ),
        (
            "metier-service",
            &[
                "metier-core",
                "metier-runtime",
                "metier-store",
                "metier-agent",
                "metier-market",
            ],
        ),
        (
            "metier-server",
            &[
                "metier-core",
                "metier-runtime",
                "metier-store",
                "metier-agent",
                "metier-market",
                "metier-service",
            ],
        ),
        (
            "metier-cli",
            &[
                "metier-core",
                "metier-runtime",
                "metier-store",
                "metier-agent",
                "metier-market",
                "metier-openapi",
                "metier-openapi-plan",
                "metier-mcp-wire",
                "metier-service",
                "metier-server",
            ],
        ),
    ];
    for (member, below) in allowed {
        let dependencies = MEMBERS[member].dependencies.iter();
        for ours in dependencies.filter(|d| d.name.starts_with("metier") && d.is_normal()) {
            assert!(
                below.contains(&ours.name.as_str()),
                "{member} depends on {}",
                ours.name
            );
        }
    }
}
