//! Requests that are not covered.
//!
//! A rule is taken apart into its paths, and each path into its methods: one path with one method is covered when some rule held, with the same
//! scheme, port and credential, means its host, its path and its method. So it does not matter how rules are split, joined, ordered or
//! named. It is never said of a pattern that several held ones cover it together.

use std::collections::{BTreeMap, BTreeSet};

use metier_core::{
    Method,
    http::{HttpRule, MethodSet, PathPattern},
    manifest::{HttpAsk, Located},
};

/// The paths and methods of `asked` that `held` does not cover, as rules.
pub(super) fn beyond(
    asked: &[Located<HttpAsk>],
    held: &[Located<HttpAsk>],
) -> Vec<Located<HttpAsk>> {
    asked.iter().flat_map(|ask| rest(ask, held)).collect()
}

fn rest(ask: &Located<HttpAsk>, held: &[Located<HttpAsk>]) -> Vec<Located<HttpAsk>> {
    let rule = &ask.rule;
    let same_place = |other: &&Located<HttpAsk>| {
        other.credential == ask.credential
            && other.rule.scheme == rule.scheme
            && other.rule.port == rule.port
            && other.rule.host.covers(&rule.host)
    };
    let held: Vec<&HttpRule> = held
        .iter()
        .filter(same_place)
        .map(|ask| &ask.rule)
        .collect();
    // Most paths are covered by the same few rules: what those leave is worked out once.
    let mut left_by: BTreeMap<Vec<usize>, Option<MethodSet>> = BTreeMap::new();
    // Paths that lack the same methods are one rule again.
    let mut lacking: BTreeMap<Vec<String>, (MethodSet, Vec<PathPattern>)> = BTreeMap::new();
    for path in &rule.paths {
        let covers = |rule: &&HttpRule| rule.paths.iter().any(|held| held.covers(path));
        let numbered = held.iter().enumerate();
        let covering: Vec<usize> = numbered
            .filter(|(_, rule)| covers(rule))
            .map(|(number, _)| number)
            .collect();
        let left = left_by.entry(covering).or_insert_with_key(|covering| {
            left(
                &rule.methods,
                covering.iter().map(|number| &held[*number].methods),
            )
        });
        if let Some(methods) = left {
            let (_, paths) = lacking
                .entry(key(methods))
                .or_insert_with(|| (methods.clone(), Vec::new()));
            paths.push(path.clone());
        }
    }
    let rules = lacking.into_values().map(|(methods, paths)| {
        let rule = HttpRule {
            methods,
            paths,
            ..rule.clone()
        };
        Located::new(
            HttpAsk {
                rule,
                credential: ask.credential.clone(),
            },
            ask.line,
        )
    });
    rules.collect()
}

/// The methods that none of `held` has.
fn left<'m>(asked: &MethodSet, held: impl Iterator<Item = &'m MethodSet>) -> Option<MethodSet> {
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for set in held {
        match set {
            MethodSet::Any => return None,
            MethodSet::Listed(methods) => known.extend(methods.iter().map(Method::as_str)),
        }
    }
    let MethodSet::Listed(asked) = asked else {
        return Some(MethodSet::Any);
    };
    let left: Vec<Method> = asked
        .iter()
        .filter(|method| !known.contains(method.as_str()))
        .cloned()
        .collect();
    (!left.is_empty()).then_some(MethodSet::Listed(left))
}

fn key(methods: &MethodSet) -> Vec<String> {
    match methods {
        MethodSet::Any => Vec::new(),
        MethodSet::Listed(methods) => methods.iter().map(Method::to_string).collect(),
    }
}
