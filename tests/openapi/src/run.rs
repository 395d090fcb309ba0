//! One description, all the way.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use metier_core::package::MAX_TOOLS;
use metier_openapi::skill::{self, About, SkillError};
use metier_openapi::{Conversion, Document, Listing, Made, Server, convert_at};
use serde_json::Value;

/// What became of one description.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Operations it lists.
    pub operations: usize,
    /// Operations that became tools.
    pub made: usize,
    /// Schemas made and found valid.
    pub schemas: usize,
    /// Why operations were left out: kind and sentence.
    pub left_out: Vec<(&'static str, String)>,
    /// What was changed in those that were made, by kind.
    pub notes: Vec<&'static str>,
    /// Whether it needs `--server`.
    pub needs_server: bool,
    /// Why it does not convert.
    pub failure: Option<(&'static str, String)>,
}

/// Converts the description in a file.
pub fn file(path: &Path) -> Outcome {
    let read = std::fs::read(path);
    let attempt = catch_unwind(AssertUnwindSafe(|| match read {
        Ok(bytes) => description(&bytes),
        Err(error) => failed("unreadable file", error.to_string()),
    }));
    attempt.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        failed("panic", words.unwrap_or_default())
    })
}

fn failed(kind: &'static str, why: String) -> Outcome {
    Outcome {
        failure: Some((kind, why)),
        ..Outcome::default()
    }
}

fn description(bytes: &[u8]) -> Outcome {
    let document = match Document::parse(bytes) {
        Ok(document) => document,
        Err(error) => return failed("unreadable description", error.to_string()),
    };
    let listing = Listing::of(&document);
    let described = Server::of(&document);
    let needs_server = described.is_err();
    // What its author would say with `--server`.
    let server = described.or_else(|_| Server::at("https://api.example.com"));
    let conversion = convert_at(&document, &listing.operations, server);
    let problems = listing.problems.iter().chain(&conversion.left_out);
    let mut outcome = Outcome {
        operations: listing.operations.len() + listing.problems.len(),
        made: conversion.operations.len(),
        left_out: problems
            .map(|problem| (problem.reason.kind(), problem.to_string()))
            .collect(),
        notes: conversion
            .notes
            .iter()
            .map(|problem| problem.reason.kind())
            .collect(),
        needs_server,
        ..Outcome::default()
    };
    outcome.failure = verify(&document, conversion, &mut outcome);
    outcome
}

/// Everything that must hold of what was made.
fn verify(
    document: &Document,
    conversion: Conversion,
    outcome: &mut Outcome,
) -> Option<(&'static str, String)> {
    if outcome.made + outcome.left_out.len() != outcome.operations {
        return Some((
            "lost operations",
            format!("{} of {}", outcome.made, outcome.operations),
        ));
    }
    for one in &conversion.operations {
        for schema in schemas(one) {
            if let Err(why) = valid(schema) {
                return Some(("invalid schema", format!("{}: {why}", one.route)));
            }
            outcome.schemas += 1;
        }
    }
    skills(document, conversion)
}

fn schemas(one: &Made) -> impl Iterator<Item = &Value> {
    let operation = &one.operation;
    [
        Some(&operation.input_schema),
        operation.output_schema.as_ref(),
    ]
    .into_iter()
    .flatten()
}

/// By the meta-schema, and by making a validator of it: references lead somewhere, patterns are patterns.
fn valid(schema: &Value) -> Result<(), String> {
    jsonschema::draft202012::meta::validate(schema).map_err(|error| error.to_string())?;
    let made = jsonschema::draft202012::new(schema);
    made.map(drop).map_err(|error| error.to_string())
}

/// As many skills as the operations fill, each with files a host accepts.
fn skills(document: &Document, conversion: Conversion) -> Option<(&'static str, String)> {
    let Conversion {
        operations, server, ..
    } = conversion;
    let about = match ("com.example/corpus".parse(), "0.1.0".parse()) {
        (Ok(name), Ok(version)) => About { name, version },
        _ => return Some(("skill", "the name is none".to_owned())),
    };
    let mut waiting = vec![operations];
    while let Some(mut operations) = waiting.pop() {
        if operations.is_empty() {
            continue;
        }
        if operations.len() > MAX_TOOLS {
            waiting.push(operations.split_off(MAX_TOOLS));
        }
        let mut part = Conversion {
            operations,
            left_out: Vec::new(),
            notes: Vec::new(),
            server: server.clone(),
        };
        match skill::write(document, &about, &part) {
            Ok(_) => {}
            // Schemas fill a skill before tools do: its author would choose fewer.
            Err(SkillError::TooLarge(several)) if several > 1 => {
                waiting.push(part.operations.split_off(several / 2));
                waiting.push(part.operations);
            }
            Err(error) => return Some(("skill", error.to_string())),
        }
    }
    None
}
