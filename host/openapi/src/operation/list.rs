//! Every operation of a description, in one walk that looks at nothing else.

use std::collections::BTreeMap;

use metier_core::nearest::nearest;
use serde_json::{Map, Value};

use super::names;
use crate::document::Document;
use crate::pointer::Place;
use crate::problem::{Problem, Reason};

/// Members of a path item that are operations. `trace` is found so that it can be refused by name.
const METHODS: [&str; 9] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace", "query",
];

/// One operation.
#[derive(Clone, Debug)]
pub struct Listed<'d> {
    /// The name of its tool: unique in the description, whichever operations are chosen.
    pub tool: String,
    /// Whether whoever selected the operation gave the tool its name.
    pub named: bool,
    /// Its `operationId`, as written.
    pub id: Option<&'d str>,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path as written.
    pub path: &'d str,
    /// Where it is: `/paths/~1pets/get`.
    pub pointer: String,
    /// One line on what it does.
    pub summary: String,
    /// Whether it should no longer be used.
    pub deprecated: bool,
    pub(crate) item: &'d Map<String, Value>,
    pub(crate) operation: &'d Map<String, Value>,
}

impl Listed<'_> {
    /// `GET /pets/{id}`: unique, and what a person recognises.
    pub fn route(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// How problems name it: `getPet (GET /pets/{id})`.
    pub fn name(&self) -> String {
        match self.id {
            Some(id) => format!("{} ({})", crate::text::line(id, 80), self.route()),
            None => self.route(),
        }
    }
}

/// The operations of a description, and what of it is none.
#[derive(Debug, Default)]
pub struct Listing<'d> {
    /// In the order of the paths and their methods.
    pub operations: Vec<Listed<'d>>,
    /// What looked like operations.
    pub problems: Vec<Problem>,
}

/// Longest summary in a list, in characters.
const MAX_SUMMARY: usize = 100;

impl<'d> Listing<'d> {
    /// Every operation of `document`.
    pub fn of(document: &'d Document) -> Self {
        let mut listing = Listing::default();
        let Some(paths) = document.root().get("paths").and_then(Value::as_object) else {
            return listing;
        };
        for (path, item) in paths.iter().filter(|(path, _)| path.starts_with('/')) {
            listing.item(document, path, item);
        }
        names::assign(&mut listing.operations);
        listing
    }

    fn item(&mut self, document: &'d Document, path: &'d str, written: &'d Value) {
        let root = Place::At("/paths");
        let place = root.member(path);
        let item = match document.follow(written) {
            Ok(item) => item,
            Err(error) => return self.problem(path, place, Reason::Reference(error)),
        };
        let Some(item) = item.as_object() else {
            return self.problem(path, place, Reason::NotAnObject);
        };
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                self.operation(item, path, method, operation, place.member(method));
            }
        }
        let more = item.get("additionalOperations").and_then(Value::as_object);
        let here = place.member("additionalOperations");
        for (method, operation) in more.into_iter().flatten() {
            self.operation(item, path, method, operation, here.member(method));
        }
    }

    fn operation(
        &mut self,
        item: &'d Map<String, Value>,
        path: &'d str,
        method: &str,
        operation: &'d Value,
        place: Place<'_>,
    ) {
        let method = crate::text::line(&method.to_ascii_uppercase(), MAX_METHOD);
        let Some(operation) = operation.as_object() else {
            let name = format!("{method} {path}");
            return self.problem(&name, place, Reason::NotAnObject);
        };
        let text = |key: &str| operation.get(key).and_then(Value::as_str);
        let filled = |key: &str| text(key).filter(|text| !text.trim().is_empty());
        let summary = filled("summary").or_else(|| filled("description"));
        let plain = crate::text::prose(summary.unwrap_or(""), 2 * MAX_SUMMARY);
        self.operations.push(Listed {
            tool: String::new(),
            named: false,
            id: filled("operationId"),
            method,
            path,
            pointer: place.to_string(),
            summary: crate::text::line(&plain, MAX_SUMMARY),
            deprecated: operation.get("deprecated") == Some(&Value::Bool(true)),
            item,
            operation,
        });
    }

    fn problem(&mut self, name: &str, place: Place<'_>, reason: Reason) {
        self.problems.push(Problem::new(name, place, reason));
    }
}

/// Longest method, in characters.
const MAX_METHOD: usize = 32;

/// No operation, or more than one, by a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfound {
    /// None.
    #[error("the description has no operation `{asked}`{}", hint(.nearest))]
    Unknown {
        /// What was asked for.
        asked: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// Several have the id.
    #[error("`{asked}` is the id of several operations; name one by its route: {routes}")]
    Ambiguous {
        /// What was asked for.
        asked: String,
        /// Theirs.
        routes: String,
    },
}

fn hint(nearest: &Option<String>) -> String {
    match nearest {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => "; `metier openapi SPEC --list` prints them".to_owned(),
    }
}

/// Most routes quoted in one sentence.
const MAX_ROUTES: usize = 5;

/// Most names compared for a hint: the comparison is not free.
const MAX_COMPARED: usize = 20_000;

/// Finds operations by any of their names: tool, `operationId`, or route such as `GET /pets`. Made once for many questions.
pub(crate) struct Finder<'l, 'd> {
    listing: &'l Listing<'d>,
    by_id: BTreeMap<&'d str, Vec<usize>>,
    by_name: BTreeMap<String, usize>,
}

impl<'l, 'd> Finder<'l, 'd> {
    pub(crate) fn new(listing: &'l Listing<'d>) -> Self {
        let mut by_id: BTreeMap<&'d str, Vec<usize>> = BTreeMap::new();
        let mut by_name = BTreeMap::new();
        for (index, operation) in listing.operations.iter().enumerate() {
            by_name.insert(operation.route(), index);
            by_name.insert(operation.tool.clone(), index);
            if let Some(id) = operation.id {
                by_id.entry(id).or_default().push(index);
            }
        }
        Finder {
            listing,
            by_id,
            by_name,
        }
    }

    pub(crate) fn find(&self, asked: &str) -> Result<&'l Listed<'d>, Unfound> {
        let asked = asked.trim();
        let operations = &self.listing.operations;
        let sharers = self.by_id.get(asked).map_or(&[][..], Vec::as_slice);
        let index = match sharers {
            [_, _, ..] => return Err(self.ambiguous(asked, sharers)),
            [only] => Some(only),
            [] => self.by_name.get(asked),
        };
        let found = index.and_then(|index| operations.get(*index));
        found.ok_or_else(|| self.unknown(asked))
    }

    fn ambiguous(&self, asked: &str, sharers: &[usize]) -> Unfound {
        let sharers = sharers.iter().take(MAX_ROUTES);
        let operations = sharers.filter_map(|index| self.listing.operations.get(*index));
        let routes: Vec<String> = operations.map(|one| format!("`{}`", one.route())).collect();
        Unfound::Ambiguous {
            asked: crate::text::line(asked, 80),
            routes: crate::text::line(&routes.join(", "), 400),
        }
    }

    fn unknown(&self, asked: &str) -> Unfound {
        let ids = self.by_id.keys().copied();
        let names = self.by_name.keys().map(String::as_str);
        let meant = nearest(asked, ids.chain(names).take(MAX_COMPARED));
        Unfound::Unknown {
            asked: crate::text::line(asked, 80),
            nearest: meant.map(|name| crate::text::line(name, 200)),
        }
    }
}
