//! Finding skills in a large market.

use std::time::Instant;

use anyhow::Result;
use metier_store::{
    search::{Facet, Search, SearchEntry, SearchQuery},
    sqlite::SqliteSearch,
};

use crate::{Effort, report::Row, stats};

/// Skills in it.
const SKILLS: usize = 100_000;

/// Put in at a time.
const BATCH: usize = 5_000;

const VERBS: [&str; 24] = [
    "query",
    "update",
    "create",
    "delete",
    "list",
    "search",
    "read",
    "write",
    "export",
    "import",
    "sync",
    "merge",
    "send",
    "receive",
    "convert",
    "render",
    "validate",
    "summarize",
    "translate",
    "schedule",
    "approve",
    "archive",
    "publish",
    "monitor",
];
const THINGS: [&str; 30] = [
    "accounts",
    "issues",
    "tickets",
    "invoices",
    "orders",
    "contacts",
    "records",
    "documents",
    "decks",
    "tables",
    "messages",
    "calendars",
    "events",
    "tasks",
    "projects",
    "reports",
    "files",
    "images",
    "payments",
    "customers",
    "leads",
    "products",
    "prices",
    "shipments",
    "employees",
    "contracts",
    "metrics",
    "alerts",
    "logs",
    "users",
];
const LANGUAGES: [&str; 5] = ["rust", "go", "python", "javascript", "c"];

/// A skill of a market that is large: few words that everybody has, many that few have.
fn generated(number: usize) -> Result<SearchEntry> {
    let mix = |salt: usize| {
        number
            .wrapping_mul(0x9E37_79B9)
            .wrapping_add(salt * 0x85EB_CA6B)
            >> 7
    };
    let (verb, thing) = (VERBS[mix(1) % 24], THINGS[mix(2) % 30]);
    let service = format!("service{}", mix(3) % 4_000);
    let publisher = format!("com.publisher{}", mix(4) % 8_000);
    let mut made = entry(
        &format!("{publisher}/{service}-{thing}-{number}"),
        &format!(
            "Lets an agent {verb} {thing} of {service} and {} them by {}",
            VERBS[mix(5) % 24],
            THINGS[mix(6) % 30]
        ),
        &(0..6)
            .map(|tool| {
                format!(
                    "{}_{} {}s the {} of a workspace. ",
                    VERBS[mix(7 + tool) % 24],
                    THINGS[mix(20 + tool) % 30],
                    VERBS[mix(7 + tool) % 24],
                    THINGS[mix(20 + tool) % 30]
                )
            })
            .collect::<String>(),
        &[
            (Facet::Capability, "http"),
            (
                Facet::Capability,
                ["kv", "files", "model", "log"][mix(8) % 4],
            ),
            (
                Facet::Effect,
                ["read", "write", "idempotent", "destructive"][mix(9) % 4],
            ),
            (Facet::Service, &format!("api.{service}.example")),
            (Facet::Language, LANGUAGES[mix(10) % 5]),
            (
                Facet::Price,
                ["free", "paid"][usize::from(mix(11) % 10 == 0)],
            ),
            (Facet::Publisher, &publisher),
        ],
    )?;
    made.standing = u16::try_from(mix(12) % 1_000)?;
    made.shown = "x".repeat(600);
    Ok(made)
}

fn entry(
    name: &str,
    description: &str,
    words: &str,
    facets: &[(Facet, &str)],
) -> Result<SearchEntry> {
    Ok(SearchEntry {
        name: name.parse()?,
        description: description.into(),
        words: words.into(),
        facets: facets
            .iter()
            .map(|(facet, value)| (*facet, (*value).to_owned()))
            .collect(),
        standing: 0,
        shown: format!("shown of {name}"),
    })
}

fn query(text: &str, facets: &[(Facet, &str)]) -> SearchQuery {
    SearchQuery {
        text: text.into(),
        facets: facets
            .iter()
            .map(|(facet, value)| (*facet, (*value).to_owned()))
            .collect(),
        skip: 0,
        max: 20,
    }
}

/// What people ask for: whole words, beginnings, mistakes, facets, nothing.
fn queries(count: usize) -> Vec<SearchQuery> {
    let mut queries = Vec::new();
    for number in 0..count {
        let (verb, thing) = (VERBS[number % 24], THINGS[number * 7 % 30]);
        let service = format!("service{}", number * 9);
        let typo = format!("serivce{}", number * 9);
        queries.extend([
            query(verb, &[]),
            query(&format!("{verb} {thing}"), &[]),
            query(&service, &[]),
            query(&typo, &[]),
            query(&thing[..3], &[]),
            query(&thing[..1], &[]),
            query(&format!("{service} {verb} {}", &thing[..4]), &[]),
            query(
                thing,
                &[
                    (Facet::Language, LANGUAGES[number % 5]),
                    (Facet::Price, "paid"),
                ],
            ),
            query(
                "",
                &[
                    (Facet::Effect, "read"),
                    (Facet::Language, LANGUAGES[number % 5]),
                ],
            ),
            query("", &[]),
            query(&format!("{} workspac", thing.replace('s', "z")), &[]),
            query(&format!("agent workspace {verb} {thing} the"), &[]),
        ]);
    }
    queries
}

/// Milliseconds of each search.
async fn searched(skills: usize, queries: &[SearchQuery]) -> Result<Vec<f64>> {
    let folder = tempfile::tempdir()?;
    let (index, _) = SqliteSearch::open(&folder.path().join("search.db"))?;
    for from in (0..skills).step_by(BATCH) {
        let batch: Result<Vec<_>> = (from..from + BATCH).map(generated).collect();
        index.put(batch?).await?;
    }
    let mut took = Vec::new();
    for query in queries {
        let began = Instant::now();
        index.query(query).await?;
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(took)
}

/// The 95th percentile, over a hundred thousand skills.
pub fn measure(effort: Effort) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let divide = usize::try_from(effort.divide)?;
    let queries = queries(400 / divide);
    let took = runtime.block_on(searched(SKILLS / divide, &queries))?;
    let p50 = stats::percentile(took.clone(), 0.5);
    Ok(vec![Row {
        name: format!(
            "{} searches over {} skills: p95",
            took.len(),
            SKILLS / divide
        ),
        bare: String::new(),
        metier: format!("{p50:.1} ms p50"),
        figure: stats::percentile(took, 0.95),
        unit: "ms",
        bar: 20.0,
        at_least: false,
    }])
}
