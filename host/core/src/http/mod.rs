//! How addresses are written, matched and refused: URLs, patterns, methods, rules and IP addresses.
//!
//! The one principle behind it all: **what is matched is what is sent.** A [`CanonicalUrl`] has a single spelling;
//! patterns look at its decoded parts; the request that leaves carries exactly its text.

mod address;
mod connect;
mod host;
mod host_pattern;
mod method;
mod path_pattern;
mod raw;
mod rule;
mod scheme;
mod url;

#[cfg(test)]
mod tests;

pub use address::{AddressClass, AddressPolicy, AddressRefused};
pub use connect::{ConnectTo, InvalidConnectTo};
pub use host::{Host, InvalidHost};
pub use host_pattern::{HostPattern, InvalidHostPattern};
pub use method::{InvalidMethod, Method, MethodSet};
pub use path_pattern::{InvalidPathPattern, PathPattern};
pub use rule::{HttpRule, Mismatch};
pub use scheme::{InvalidScheme, Scheme};
pub use url::{CanonicalUrl, MAX_URL_BYTES, UrlError};

use crate::toml_text::{Section, TextError};

/// Whether `methods = ["*"]` may be written: an operator may say "any", a skill must say what it needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnyMethod {
    Allowed,
    Refused,
}

/// Reads the five keys of a rule from a `[[…http]]` section.
pub(crate) fn read_rule(section: &mut Section<'_>, any: AnyMethod) -> Result<HttpRule, TextError> {
    let scheme = section
        .take("scheme")
        .map(|item| item.parsed::<Scheme>())
        .transpose()?
        .unwrap_or_default();
    let host = section
        .require("host", "host = \"api.acme.com\"")?
        .parsed()?;
    let port = match section.take("port") {
        None => scheme.default_port(),
        Some(item) => match item.number::<u16>("a port from 1 to 65535")? {
            0 => return Err(item.error("a port is at least 1")),
            port => port,
        },
    };
    let methods = read_methods(section, any)?;
    let paths = section
        .require("paths", "paths = [\"/v1/**\"]")?
        .some_list()?;
    Ok(HttpRule {
        scheme,
        host,
        port,
        methods,
        paths,
    })
}

fn read_methods(section: &mut Section<'_>, any: AnyMethod) -> Result<MethodSet, TextError> {
    let item = section.require("methods", "methods = [\"GET\"]")?;
    if item.is_empty_array() {
        return Err(item.error("`methods` is empty, so the rule allows nothing"));
    }
    let items = item.array()?;
    let stars = items.iter().filter(|item| item.is("*")).count();
    match (items.first(), stars) {
        (Some(first), 1..) if any == AnyMethod::Refused => {
            Err(first.error("a manifest lists its methods one by one; `*` is only for grants"))
        }
        (Some(_), 1) if items.len() == 1 => Ok(MethodSet::Any),
        (Some(first), 1..) => Err(first.error("`*` stands alone: write `methods = [\"*\"]`")),
        _ => {
            let methods = items.iter().map(|item| item.parsed::<Method>());
            Ok(MethodSet::Listed(methods.collect::<Result<_, _>>()?))
        }
    }
}
