#![expect(clippy::unwrap_used, reason = "tests")]
use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;
use FailureKind::*;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &'static str)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    };
    pairs.iter().map(pair).collect()
}

#[test]
fn errors_as_providers_put_them() {
    for (status, body, kind) in [
        (
            401,
            r#"{"error":{"message":"Incorrect API key","type":"invalid_request_error","code":"invalid_api_key"}}"#,
            Auth,
        ),
        (
            429,
            r#"{"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}}"#,
            RateLimited,
        ),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            Exhausted,
        ),
        (
            400,
            r#"{"error":{"message":"This model's maximum context length is 8192 tokens","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
            ContextTooLong,
        ),
        (
            400,
            r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However …","type":"BadRequestError","code":400}"#,
            ContextTooLong,
        ),
        (
            400,
            r#"{"error":{"message":"The response was filtered","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
            ContentFilter,
        ),
        (
            404,
            r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment does not exist."}}"#,
            NoSuchModel,
        ),
        (404, r#"{"error":"model 'x' not found"}"#, NoSuchModel),
        (
            422,
            r#"{"detail":[{"loc":["body","seed"],"msg":"extra fields not permitted"}]}"#,
            InvalidRequest,
        ),
        (
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Overloaded,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
            ContextTooLong,
        ),
        (
            403,
            r#"{"type":"error","error":{"type":"permission_error","message":"no"}}"#,
            Auth,
        ),
        (
            500,
            r#"{"type":"error","error":{"type":"api_error","message":"Internal"}}"#,
            Overloaded,
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"Resource has been exhausted","status":"RESOURCE_EXHAUSTED"}}"#,
            RateLimited,
        ),
        (
            400,
            r#"[{"error":{"code":400,"message":"API key not valid","status":"INVALID_ARGUMENT"}}]"#,
            InvalidRequest,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#,
            ContextTooLong,
        ),
        (
            503,
            r#"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#,
            Overloaded,
        ),
        (502, "<html>Bad gateway</html>", Overloaded),
        (302, "", Malformed),
        (418, "\u{0}", InvalidRequest),
    ] {
        let failure = refused(status, &HeaderMap::new(), body.as_bytes());
        assert_eq!(failure.kind, kind, "{status} {body}");
        assert_eq!(failure.status, Some(status), "{body}");
        assert!(
            failure.message.ends_with('.') && !failure.message.contains('\n'),
            "{}",
            failure.message
        );
    }
}

#[test]
fn bedrock_names_its_errors_in_a_header() {
    for (status, name, kind) in [
        (
            429,
            "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/",
            RateLimited,
        ),
        (400, "ValidationException", InvalidRequest),
        (403, "AccessDeniedException", Auth),
        (424, "ModelErrorException", Overloaded),
        (429, "ModelNotReadyException", Overloaded),
        (408, "ModelTimeoutException", Timeout),
        (400, "ServiceQuotaExceededException", Exhausted),
    ] {
        let failure = refused(
            status,
            &headers(&[("x-amzn-errortype", name)]),
            br#"{"message":"m"}"#,
        );
        assert_eq!(failure.kind, kind, "{name}");
    }
    let too_long = br#"{"message":"Input is too long for requested model."}"#;
    let failure = refused(
        400,
        &headers(&[("x-amzn-errortype", "ValidationException")]),
        too_long,
    );
    assert_eq!(failure.kind, ContextTooLong);
}

#[test]
fn the_wait_is_as_the_provider_tells() {
    let date = ("date", "Sat, 28 Nov 2026 10:00:00 GMT");
    for (pairs, ms) in [
        (&[("retry-after", "7")][..], Some(7_000)),
        (&[("retry-after", "1.5")], Some(1_500)),
        (
            &[("retry-after-ms", "250"), ("retry-after", "9")],
            Some(250),
        ),
        (
            &[("retry-after", "Sat, 28 Nov 2026 10:00:30 GMT"), date],
            Some(30_000),
        ),
        (&[("retry-after", "Sat, 28 Nov 2026 10:00:30 GMT")], None),
        (&[("retry-after", "-3")], None),
        (&[("retry-after", "soon")], None),
        (&[("retry-after", "99999999999")], Some(MAX_RETRY_AFTER_MS)),
        (&[], None),
    ] {
        assert_eq!(
            refused(429, &headers(pairs), b"{}").retry_after_ms,
            ms,
            "{pairs:?}"
        );
    }
    let gemini = br#"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"17.2s"}]}}"#;
    assert_eq!(
        refused(429, &HeaderMap::new(), gemini).retry_after_ms,
        Some(17_200)
    );
}

#[test]
fn what_a_provider_says_is_one_short_line() {
    let long = serde_json::json!({"error": {"message": format!("a\n\u{7}{}", "x".repeat(10_000))}});
    let failure = refused(400, &HeaderMap::new(), &serde_json::to_vec(&long).unwrap());
    assert!(failure.message.chars().count() <= super::super::limits::MAX_QUOTED_CHARACTERS + 1);
    assert!(!failure.message.contains(['\n', '\u{7}']));
}
