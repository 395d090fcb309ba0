//! The plan: operations of an HTTP API as data, which a component turns into requests without knowing the API.
//!
//! A plan is `assets/operations.json` of a skill. `metier openapi` writes it from a description; the component in
//! `skills/openapi` reads it. Everything a description leaves open — servers, references, names, defaults of `style` and
//! `explode` — is settled in it, so that a call needs no knowledge of OpenAPI.
//!
//! The format is strict: unknown members are errors, `version` is 1, and every list is bounded. [`Plan::from_json`] reads
//! and checks; [`Plan::to_json`] writes the one canonical text of a plan, in which a single operation is found without
//! reading the others (see [`document`]).
//!
//! *Architecture invariant*: nothing here does IO, and nothing but serde is needed.

pub mod check;
pub mod document;
mod operation;
mod path;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use check::PlanError;
pub use operation::{
    Body, BodyKind, Constraint, Field, Fixed, Operation, Operator, Parameter, Place, Style, Type,
};
pub use path::{Path, PathError, Step};

/// Where a skill keeps its plan among its packed files.
pub const RESOURCE: &str = "assets/operations.json";

/// The configuration key that replaces [`Plan::base_url`].
pub const BASE_URL_KEY: &str = "base-url";

/// The version of the format.
pub const VERSION: u32 = 1;

/// Operations of one API.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// What every path is put behind: `https://acme.example/rest`, absolute, without query, fragment, user or a slash at the end.
    pub base_url: String,
    /// Whether an operator may or must say another base URL, with the configuration key [`BASE_URL_KEY`].
    pub base_url_config: BaseUrlConfig,
    /// One tool each, in the order tools are listed in.
    pub operations: Vec<Operation>,
}

/// What the configuration has to say about the base URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaseUrlConfig {
    /// Nothing: the plan's is the only one, and configuration is not asked.
    #[default]
    Fixed,
    /// It may replace the plan's.
    Optional,
    /// It must be set: the plan's is an example (`https://your-domain.example`).
    Required,
}
