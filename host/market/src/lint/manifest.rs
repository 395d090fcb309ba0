//! Rules about skill.toml.

use metier_core::hidden;
use metier_core::http::{HostPattern, HttpRule, MethodSet};
use metier_core::{Manifest, Price};

use super::{Findings, Subject};
use crate::folder::MANIFEST_FILE;

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    if let Some(text) = &subject.manifest_text {
        hidden(text, findings);
    }
    if let Some(manifest) = &subject.manifest {
        about(manifest, findings);
        price(manifest, findings);
        for ask in &manifest.capabilities.http {
            if let Some(why) = over_broad(&ask.rule) {
                let place = format!("{MANIFEST_FILE}:{}", ask.line);
                findings.add("manifest/over-broad-http", place, why);
            }
        }
    }
}

pub(super) fn hidden(text: &str, findings: &mut Findings) {
    if let Some(found) = hidden::find(text) {
        let message = format!("There is {found}, which a reader does not see.");
        let place = format!("{MANIFEST_FILE}:{}", found.line);
        findings.add("manifest/hidden-characters", place, message);
    }
}

fn about(manifest: &Manifest, findings: &mut Findings) {
    // A manifest that can be read has a name.
    let Some(skill) = &manifest.skill else {
        return;
    };
    if skill.name.namespace() == "com.example" {
        findings.add(
            "manifest/example-name",
            MANIFEST_FILE,
            "The namespace is still `com.example`: put a domain of yours, backwards.",
        );
    }
    if skill.description.is_none() {
        findings.add(
            "manifest/no-description",
            MANIFEST_FILE,
            "`[skill]` has no description.",
        );
    }
}

fn price(manifest: &Manifest, findings: &mut Findings) {
    if let Price::Paid(tariff) = &manifest.pricing.value
        && tariff.monthly_cap.is_none()
    {
        let place = format!("{MANIFEST_FILE}:{}", manifest.pricing.line);
        let message = format!(
            "It costs {}, without end: add a `monthly-cap`.",
            manifest.pricing.words()
        );
        findings.add("manifest/price-without-cap", place, message);
    }
}

/// What an operator would not like to sign.
fn over_broad(rule: &HttpRule) -> Option<String> {
    let (HostPattern::OneBelow(domain) | HostPattern::Below(domain)) = &rule.host else {
        let everywhere = rule.paths.iter().any(|path| path.to_string() == "/**");
        let everything = everywhere && changes(&rule.methods);
        return everything.then(|| {
            format!(
                "It asks to change anything on {}: name the paths, or ask for GET alone.",
                rule.host
            )
        });
    };
    if !domain.contains('.') {
        return Some(format!(
            "`{}` is every host of a top-level domain: name the domain.",
            rule.host
        ));
    }
    let everywhere = rule.paths.iter().any(|path| path.to_string() == "/**");
    everywhere.then(|| {
        format!(
            "It asks for every path on every host of `{}`: name the paths.",
            rule.host
        )
    })
}

fn changes(methods: &MethodSet) -> bool {
    match methods {
        MethodSet::Any => true,
        MethodSet::Listed(all) => all
            .iter()
            .any(|method| !matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS")),
    }
}
