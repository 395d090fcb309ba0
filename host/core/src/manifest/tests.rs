//! What a manifest means once read.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::{
    files::Access,
    http::{MethodSet, Scheme},
    units::{ByteSize, Span},
};

const FULL: &str = include_str!("../../../../tests/corpus/manifest/valid/full.toml");

#[test]
fn everything_written_is_read() {
    let manifest = Manifest::parse(FULL).unwrap();
    let skill = manifest.skill.as_ref().unwrap();
    assert_eq!((skill.name.short(), skill.version.major), ("salesforce", 0));
    assert_eq!(skill.license.as_deref(), Some("Apache-2.0"));
    assert_eq!(manifest.display_name(), "com.metier/salesforce");

    assert_eq!(manifest.tools.len(), 3);
    assert_eq!(manifest.effect_of(&"query".parse().unwrap()), Effect::Read);
    assert_eq!(
        manifest.effect_of(&"records.create-one".parse().unwrap()),
        Effect::Write
    );
    assert_eq!(
        manifest.effect_of(&"unheard-of".parse().unwrap()),
        Effect::Destructive
    );

    let capabilities = &manifest.capabilities;
    let http = &capabilities.http[0];
    assert_eq!(
        (http.rule.scheme, http.rule.port, http.rule.paths.len()),
        (Scheme::Https, 443, 2)
    );
    assert_eq!(http.credential.as_ref().unwrap().as_str(), "salesforce");
    let plain = &capabilities.http[1];
    assert_eq!((plain.rule.scheme, plain.rule.port), (Scheme::Http, 8080));
    assert!(matches!(&plain.rule.methods, MethodSet::Listed(methods) if methods.len() == 1));
    assert_eq!(capabilities.kv.as_ref().unwrap().buckets.len(), 2);
    assert_eq!(capabilities.files[1].access, Access::ReadWrite);
    assert!(capabilities.artifacts.is_some() && capabilities.log.is_some());
    assert_eq!(capabilities.config.as_ref().unwrap().keys.len(), 2);

    assert_eq!(manifest.limits.memory, Some(ByteSize::mib(48)));
    assert_eq!(manifest.limits.cpu, Some(Span::seconds(2)));
    assert_eq!(manifest.limits.request_bytes, Some(ByteSize(65_536)));
    assert_eq!(
        manifest.pricing.words(),
        "$0.002 for each call that answers; the first 100 calls are free; never more than $20.00 a month"
    );
}

#[test]
fn each_item_knows_its_line() {
    let manifest = Manifest::parse(FULL).unwrap();
    let line_of = |needle: &str| FULL.lines().position(|line| line == needle).unwrap() + 1;
    assert_eq!(manifest.tools["query"].line, line_of("[tools.query]"));
    assert_eq!(
        manifest.tools["delete_all"].line,
        line_of("[tools.delete_all]")
    );
    assert_eq!(
        manifest.capabilities.http[0].line,
        line_of("[[capabilities.http]]")
    );
    assert!(manifest.capabilities.http[1].line > manifest.capabilities.http[0].line);
    assert_eq!(
        manifest.capabilities.kv.as_ref().unwrap().line,
        line_of("[capabilities.kv]")
    );
    assert_eq!(
        manifest.capabilities.log.as_ref().unwrap().line,
        line_of("[capabilities.log]")
    );
    assert_eq!(manifest.pricing.line, line_of("[pricing]"));
}

#[test]
fn the_empty_manifest_asks_for_nothing() {
    let empty = Manifest::empty();
    assert_eq!(empty.capabilities, Capabilities::default());
    assert!(empty.tools.is_empty() && empty.name().is_none());
    assert_eq!(empty.display_name(), "the skill");
}

#[test]
fn leaving_a_section_out_is_not_asking() {
    let smallest = "[skill]\nname = \"com.acme/x\"\nversion = \"0.1.0\"\n";
    assert_eq!(
        Manifest::parse(smallest).unwrap().capabilities,
        Capabilities::default()
    );
}

#[test]
fn a_mistake_is_told_by_line_column_and_what_was_meant() {
    let error =
        Manifest::parse("[skill]\nname = \"com.acme/x\"\nversion = \"0.1.0\"\n\n[capabilites]\n")
            .unwrap_err();
    assert_eq!((error.line(), error.column()), (5, 2));
    assert_eq!(
        error.message(),
        "unknown key `capabilites` at the top of the file"
    );
    assert_eq!(error.hint(), Some("did you mean `capabilities`?"));
}

#[test]
fn an_endless_text_is_refused_before_it_is_read() {
    let long = "#".repeat(crate::toml_text::MAX_TEXT_BYTES + 1);
    assert!(
        Manifest::parse(&long)
            .unwrap_err()
            .message()
            .contains("longer than")
    );
}
