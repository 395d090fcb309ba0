//! Media types: which of several a body is sent as, and how.

use metier_openapi_plan::BodyKind;

/// The type without parameters, in lower case: `Application/JSON; charset=utf-8` → `application/json`.
pub(super) fn essence(media_type: &str) -> String {
    let head = media_type.split([';', ',']).next().unwrap_or("");
    head.trim().to_ascii_lowercase()
}

/// Whether it is written as JSON.
pub(super) fn is_json(media_type: &str) -> bool {
    let essence = essence(media_type);
    essence.ends_with("/json") || essence.ends_with("+json") || essence.ends_with("-json")
}

/// How a body of a type is made, and in which order types are preferred; nothing for those that need more than arguments.
fn rank(media_type: &str) -> Option<(u8, BodyKind)> {
    let essence = essence(media_type);
    Some(match essence.as_str() {
        "application/json" => (0, BodyKind::Json),
        "application/x-www-form-urlencoded" => (4, BodyKind::Form),
        "multipart/form-data" => (5, BodyKind::Multipart),
        "*/*" | "application/*" | "" => (3, BodyKind::Json),
        "text/json" => (1, BodyKind::Json),
        // A patch in operations is harder to write than the document itself.
        "application/json-patch+json" => (3, BodyKind::Json),
        "application/jsonl" | "application/x-ndjson" | "application/json-seq" => {
            (6, BodyKind::Text)
        }
        _ if is_json(&essence) => (2, BodyKind::Json),
        _ if essence.starts_with("text/") => (6, BodyKind::Text),
        _ if [
            "xml",
            "yaml",
            "graphql",
            "javascript",
            "sparql-query",
            "sql",
        ]
        .iter()
        .any(|word| essence.ends_with(word)) =>
        {
            (7, BodyKind::Text)
        }
        _ if essence.starts_with("multipart/") => return None,
        _ if essence.contains('/') => (8, BodyKind::Binary),
        _ => return None,
    })
}

/// The best of several types: how the body is made, the type it is sent as, and the one it is described under.
pub(super) fn choose<'m>(
    described: impl Iterator<Item = &'m str>,
) -> Option<(BodyKind, String, &'m str)> {
    let ranked = described.filter_map(|media_type| Some((rank(media_type)?, media_type)));
    let ((_, kind), media_type) = ranked.min_by_key(|((rank, _), _)| *rank)?;
    Some((kind, sent_as(media_type, kind), media_type))
}

/// A type that can stand in a header: no wildcard, no list, nothing unprintable.
fn sent_as(media_type: &str, kind: BodyKind) -> String {
    let essence = essence(media_type);
    let plain = !essence.contains('*') && is_plain(&essence);
    match kind {
        BodyKind::Json if !plain => "application/json".to_owned(),
        BodyKind::Text if !plain => "text/plain".to_owned(),
        BodyKind::Binary if !plain => "application/octet-stream".to_owned(),
        BodyKind::Form => "application/x-www-form-urlencoded".to_owned(),
        BodyKind::Multipart => "multipart/form-data".to_owned(),
        // Parameters can be part of what a service tells versions apart by.
        _ if is_plain(media_type) => media_type.trim().to_owned(),
        _ => essence,
    }
}

fn is_plain(media_type: &str) -> bool {
    media_type
        .bytes()
        .all(|byte| (b' '..=b'~').contains(&byte) && byte != b',')
        && media_type.contains('/')
}

/// The `Accept` header for answers of these types.
pub(super) fn accept<'m>(described: impl Iterator<Item = &'m str>) -> Option<String> {
    let usable = |media_type: &&str| is_plain(media_type) && !media_type.contains('*');
    let types: Vec<&str> = described.filter(usable).map(str::trim).collect();
    let json = types.iter().find(|media_type| is_json(media_type));
    match json {
        Some(json) => Some((*json).to_owned()),
        None if types.is_empty() => None,
        None => Some(types.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use metier_openapi_plan::BodyKind;

    use super::{accept, choose};

    #[test]
    fn json_is_preferred_and_wildcards_are_made_definite() {
        for (described, kind, sent) in [
            (
                &["application/xml", "application/json; charset=utf-8"][..],
                BodyKind::Json,
                "application/json; charset=utf-8",
            ),
            (
                &["multipart/form-data", "application/x-www-form-urlencoded"],
                BodyKind::Form,
                "application/x-www-form-urlencoded",
            ),
            (&["application/*+json"], BodyKind::Json, "application/json"),
            (&["*/*"], BodyKind::Json, "application/json"),
            (&["image/*"], BodyKind::Binary, "application/octet-stream"),
            (&["text/xml"], BodyKind::Text, "text/xml"),
            (
                &[
                    "application/json-patch+json",
                    "application/merge-patch+json",
                ],
                BodyKind::Json,
                "application/merge-patch+json",
            ),
        ] {
            let chosen = choose(described.iter().copied()).map(|(kind, sent, _)| (kind, sent));
            assert_eq!(chosen, Some((kind, sent.to_owned())), "{described:?}");
        }
        assert_eq!(choose(["multipart/mixed"].into_iter()), None);
        assert_eq!(
            accept(["text/csv", "application/json"].into_iter()).as_deref(),
            Some("application/json")
        );
        assert_eq!(
            accept(["text/csv", "*/*"].into_iter()).as_deref(),
            Some("text/csv")
        );
        assert_eq!(accept(["*/*"].into_iter()), None);
    }
}
