//! OpenAPI's styles: lists and objects as text, as RFC 6570 has them.
//!
//! | style | list, object | exploded |
//! |---|---|---|
//! | `simple` | `a,b` · `k,v,l,w` | `a,b` · `k=v,l=w` |
//! | `label` | `.a,b` · `.k,v,l,w` | `.a.b` · `.k=v.l=w` |
//! | `matrix` | `;n=a,b` · `;n=k,v,l,w` | `;n=a;n=b` · `;k=v;l=w` |
//! | `form` | `n=a,b` · `n=k,v,l,w` | `n=a&n=b` · `k=v&l=w` |
//! | `spaceDelimited`, `pipeDelimited`, `tabDelimited` | `n=a%20b` … | as `form` |
//! | `deepObject` | `n[0]=a` · `n[k]=v` | the same |
//!
//! Neither standard says what a list within a list is: it is written as JSON text, except in `deepObject`, which goes on:
//! `n[k][0]=a`.

use metier_openapi_plan::Style;
use serde_json::Value as Json;

use crate::arguments::{invalid, shown};
use crate::bindings::metier::skill::types::Error;

/// How one value is written.
pub struct Writing<'w> {
    /// What the caller knows it as.
    pub argument: &'w str,
    /// What the request knows it as.
    pub name: &'w str,
    /// The style.
    pub style: Style,
    /// Whether members are written on their own.
    pub explode: bool,
}

/// A value as text: itself, or JSON.
pub fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// A value in a path or a header; `encode` is given each member.
pub fn in_path(
    writing: &Writing<'_>,
    value: &Json,
    encode: impl Fn(&str) -> Result<String, Error>,
) -> Result<String, Error> {
    let explode = writing.explode;
    let name = encode_name(writing.name);
    let (before, between) = match writing.style {
        Style::Label => (".", if explode { "." } else { "," }),
        Style::Matrix => (";", if explode { ";" } else { "," }),
        _ => ("", ","),
    };
    let named = writing.style == Style::Matrix;
    let members = match value {
        Json::Array(elements) => {
            let written = elements.iter().map(|element| encode(&text(element)));
            let written: Vec<String> = written.collect::<Result<_, _>>()?;
            match named && explode {
                true => written
                    .iter()
                    .map(|element| format!("{name}={element}"))
                    .collect(),
                false => written,
            }
        }
        Json::Object(members) => {
            let equals = if explode { "=" } else { "," };
            let pair = |(key, value): (&String, &Json)| {
                Ok(format!("{}{equals}{}", encode(key)?, encode(&text(value))?))
            };
            members
                .iter()
                .map(pair)
                .collect::<Result<Vec<_>, Error>>()?
        }
        scalar => {
            let written = encode(&text(scalar))?;
            return Ok(match named {
                true => format!(";{name}={written}"),
                false => format!("{before}{written}"),
            });
        }
    };
    if members.is_empty() {
        return Ok(String::new());
    }
    let joined = members.join(between);
    Ok(match named && !explode {
        true => format!(";{name}={joined}"),
        false => format!("{before}{joined}"),
    })
}

fn encode_name(name: &str) -> String {
    super::encode::strict(name)
}

/// A value in a query, a form or cookies: encoded names with encoded values. An empty list or object is none at all.
///
/// An exploded object writes names of the caller's choosing: those in `taken` are refused.
pub fn pairs(
    writing: &Writing<'_>,
    value: &Json,
    encode: fn(&str) -> String,
    taken: &[&str],
) -> Result<Vec<(String, String)>, Error> {
    let name = encode_name(writing.name);
    let delimiter = match writing.style {
        Style::SpaceDelimited => "%20",
        Style::PipeDelimited => "%7C",
        Style::TabDelimited => "%09",
        _ => ",",
    };
    Ok(match value {
        Json::Array(_) | Json::Object(_) if writing.style == Style::DeepObject => {
            let mut pairs = Vec::new();
            deep(name, value, encode, &mut pairs);
            pairs
        }
        Json::Array(elements) => {
            let written = elements.iter().map(|element| encode(&text(element)));
            match writing.explode {
                true => written.map(|element| (name.clone(), element)).collect(),
                false => one(name, written.collect(), delimiter),
            }
        }
        Json::Object(members) if writing.explode => {
            if let Some(clash) = members.keys().find(|key| taken.contains(&key.as_str())) {
                return Err(invalid(format!(
                    "the argument `{}` may not have the member `{}`, which is an argument of its own",
                    writing.argument,
                    shown(clash)
                )));
            }
            members
                .iter()
                .map(|(key, value)| (encode_name(key), encode(&text(value))))
                .collect()
        }
        Json::Object(members) => {
            let written = members
                .iter()
                .flat_map(|(key, value)| [encode(key), encode(&text(value))]);
            one(name, written.collect(), delimiter)
        }
        scalar => vec![(name, encode(&text(scalar)))],
    })
}

fn one(name: String, written: Vec<String>, delimiter: &str) -> Vec<(String, String)> {
    match written.is_empty() {
        true => Vec::new(),
        false => vec![(name, written.join(delimiter))],
    }
}

/// `name[key]=value`, with brackets encoded: a query cannot have them.
fn deep(name: String, value: &Json, encode: fn(&str) -> String, pairs: &mut Vec<(String, String)>) {
    match value {
        Json::Object(members) => {
            for (key, value) in members {
                deep(
                    format!("{name}%5B{}%5D", encode_name(key)),
                    value,
                    encode,
                    pairs,
                );
            }
        }
        Json::Array(elements) => {
            for (at, value) in elements.iter().enumerate() {
                deep(format!("{name}%5B{at}%5D"), value, encode, pairs);
            }
        }
        scalar => pairs.push((name, encode(&text(scalar)))),
    }
}
