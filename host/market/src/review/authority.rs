//! What a skill asks for, beside what it shows to need.

use metier_core::{
    CanonicalUrl, Method,
    files::Access,
    http::HostPattern,
    manifest::{Capabilities, words},
};

use super::report::Findings;
use crate::{
    consent::Contents,
    fixtures::{self, Files},
    folder::MANIFEST_FILE,
};

pub(super) fn check(contents: &Contents, findings: &mut Findings) {
    let asks = &contents.manifest().capabilities;
    everything(asks, findings);
    let sent = recorded(contents);
    for ask in &asks.http {
        if sent
            .iter()
            .any(|(method, url)| ask.rule.matches(method, url))
        {
            continue;
        }
        let alone = Capabilities {
            http: vec![ask.clone()],
            ..Capabilities::default()
        };
        let sentences = words::sentences(&alone);
        let first = sentences.first().map_or("", |(_, sentence)| sentence);
        let evidence = format!("no recorded call sends {first}");
        findings.add(
            "authority/unused",
            &format!("{MANIFEST_FILE}:{}", ask.line),
            &evidence,
        );
    }
}

fn everything(asks: &Capabilities, findings: &mut Findings) {
    for ask in asks
        .http
        .iter()
        .filter(|ask| ask.rule.host == HostPattern::Any)
    {
        let place = format!("{MANIFEST_FILE}:{}", ask.line);
        findings.add(
            "authority/everything",
            &place,
            &format!("it may send {}", ask.rule),
        );
    }
    let root = asks
        .files
        .iter()
        .filter(|ask| ask.path.as_str() == "/" && ask.access == Access::ReadWrite);
    for ask in root {
        findings.add(
            "authority/everything",
            &format!("{MANIFEST_FILE}:{}", ask.line),
            "it may change every file it sees",
        );
    }
}

/// The requests of all fixtures that can be read.
fn recorded(contents: &Contents) -> Vec<(Method, CanonicalUrl)> {
    let packed = contents.files().iter();
    let files = Files::of_packed(packed.map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    let mut sent = Vec::new();
    for (path, bytes) in contents.files() {
        let own = path
            .strip_prefix(fixtures::FOLDER)
            .is_some_and(|rest| rest.starts_with('/'));
        if own && let Ok(fixture) = fixtures::parse(bytes, &files) {
            sent.extend(
                fixture
                    .exchanges
                    .into_iter()
                    .map(|exchange| (exchange.request.method, exchange.request.url)),
            );
        }
    }
    sent
}
