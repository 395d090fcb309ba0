//! Limits as a manifest asks for them and a grant caps them.

use std::{fmt::Display, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    toml_text::{Section, TextError},
    units::{ByteSize, Span},
};

/// The `[limits]` section of a manifest (what the skill asks for) or of a grant (the operator's ceilings). What is left out
/// is not asked for, or left at the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct LimitsAsk {
    /// `memory = "64MiB"`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteSize>,
    /// `table-elements = 65536`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_elements: Option<u64>,
    /// `cpu = "5s"`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Span>,
    /// `wall = "60s"`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall: Option<Span>,
    /// `log-bytes = "64KiB"`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_bytes: Option<ByteSize>,
    /// `artifact-bytes = "32MiB"`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_bytes: Option<ByteSize>,
    /// `requests = 100`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u32>,
    /// `request-bytes = "8MiB"`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_bytes: Option<ByteSize>,
    /// `response-bytes = "32MiB"`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_bytes: Option<ByteSize>,
    /// `result-bytes = "4MiB"`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_bytes: Option<ByteSize>,
}

/// Reads a `[limits]` section.
pub(crate) fn read_limits(section: &mut Section<'_>) -> Result<LimitsAsk, TextError> {
    Ok(LimitsAsk {
        memory: amount(section, "memory")?,
        table_elements: count(section, "table-elements")?,
        cpu: amount(section, "cpu")?,
        wall: amount(section, "wall")?,
        log_bytes: amount(section, "log-bytes")?,
        artifact_bytes: amount(section, "artifact-bytes")?,
        requests: count(section, "requests")?,
        request_bytes: amount(section, "request-bytes")?,
        response_bytes: amount(section, "response-bytes")?,
        result_bytes: amount(section, "result-bytes")?,
    })
}

fn amount<T: FromStr<Err: Display>>(
    section: &mut Section<'_>,
    key: &'static str,
) -> Result<Option<T>, TextError> {
    section
        .take(key)
        .map(|item| item.parsed_scalar())
        .transpose()
}

fn count<T: TryFrom<i64>>(
    section: &mut Section<'_>,
    key: &'static str,
) -> Result<Option<T>, TextError> {
    section
        .take(key)
        .map(|item| item.number("a whole number of at least 0"))
        .transpose()
}
