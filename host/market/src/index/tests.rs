//! The index as it is read, resolved and locked, and what it must refuse.
#![expect(clippy::unwrap_used, reason = "tests")]

mod files;
mod locks;
mod resolving;

use metier_core::{Digest, Price, SkillName};

use super::{IndexFile, Line, Market, Markets};

/// A moment, and a day.
const NOW: u64 = 1_800_000_000;
const DAY: u64 = 86_400;

fn weather() -> SkillName {
    "com.acme/weather".parse().unwrap()
}

/// A version that is a week old.
fn line(version: &str, leaf: u64) -> Line {
    let digest = |what: &str| Digest::of(format!("{what} {version}").as_bytes());
    Line {
        name: weather(),
        kind: Default::default(),
        vers: version.parse().unwrap(),
        component: digest("component"),
        manifest: digest("manifest"),
        size: 1_000,
        authority: digest("authority"),
        words: digest("words"),
        price: Price::Free,
        security_fix: false,
        yanked: None,
        void: None,
        published: NOW - 7 * DAY,
        leaf,
    }
}

/// These versions, in the order they were published.
fn index(versions: &[&str]) -> IndexFile {
    index_of(
        versions
            .iter()
            .zip(10..)
            .map(|(version, leaf)| line(version, leaf))
            .collect(),
    )
}

fn index_of(lines: Vec<Line>) -> IndexFile {
    let log_size = lines.iter().map(|line| line.leaf + 1).max().unwrap_or(0);
    IndexFile::new(weather(), lines, log_size).unwrap()
}

fn market(host: &str) -> Market {
    Market {
        address: format!("https://{host}/").parse().unwrap(),
        origin: format!("{host}/log").parse().unwrap(),
    }
}

/// A public market for everything, and one of our own for `com.acme`.
fn two_markets() -> Markets {
    Markets::only(market("public.example")).with("com.acme".parse().unwrap(), market("own.example"))
}
