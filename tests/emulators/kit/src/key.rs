//! The `Idempotency-Key` header: a quoted string by the draft, a bare one by custom.

use axum::http::HeaderMap;

pub(crate) fn of(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("idempotency-key")?.to_str().ok()?.trim();
    let bare = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
        .unwrap_or(value);
    (!bare.is_empty()).then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn with_and_without_quotes_it_is_the_same_key() {
        for (value, key) in [
            ("\"a-1\"", Some("a-1")),
            ("a-1", Some("a-1")),
            ("\"\"", None),
        ] {
            let headers = HeaderMap::from_iter([(
                "idempotency-key".parse().unwrap(),
                value.parse().unwrap(),
            )]);
            assert_eq!(of(&headers).as_deref(), key, "{value}");
        }
        assert_eq!(of(&HeaderMap::new()), None);
    }
}
