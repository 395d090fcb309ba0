//! Signatures as Amazon's own library (botocore 1.44) makes them for the same requests at the same second.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use http::Method;

use super::*;

const PLAIN: &str = "5e4ce7b36ba37b78a5d5f9fd08e6b7b54ba6879d651aa46ec9e1d6fa24ebe30a";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const BRACES: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

fn signed(target: &str, digest: &'static str, session: Option<&str>) -> HeaderMap {
    let secret = |text: &str| Secret::new(text);
    let signer = Signer::new(
        secret("AKIDEXAMPLE"),
        secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        session.map(secret),
        "eu-central-1",
        "bedrock",
    );
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(DIGEST, HeaderValue::from_static(digest));
    // Not signed, and replaced.
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(TOKEN, HeaderValue::from_static("the skill's own"));
    let outgoing = Outgoing {
        method: &Method::POST,
        authority: "bedrock-runtime.eu-central-1.amazonaws.com",
        target,
        // 2026-11-28, 10:15:30 UTC.
        now: UNIX_EPOCH + Duration::from_secs(1_795_860_930),
    };
    signer.unwrap().sign(&mut headers, &outgoing).unwrap();
    headers
}

#[test]
fn signatures_are_amazons() {
    let model = "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream";
    for (target, digest, session, signature) in [
        (
            model,
            PLAIN,
            None,
            "ef89fcef5e3bdaf79f63441d8d2353ed5f0210855e6ffb09c11f23c70580c8f8",
        ),
        (
            "/model/amazon.nova-pro-v1%3A0/converse",
            BRACES,
            Some("tok/en=="),
            "3792e4a5af289e48a9d5fbf62738ac5e5295f2f298441a57771e48541139d3ef",
        ),
        (
            "/x?b=2&a=%20y&a=1",
            EMPTY,
            None,
            "35841f890283f999ed93b11c2a523022d92b6d4609b73dcc1553f165b01817bf",
        ),
    ] {
        let headers = signed(target, digest, session);
        assert_eq!(headers[DATE], "20261128T101530Z");
        let authorization = headers[header::AUTHORIZATION].to_str().unwrap();
        assert!(
            authorization.ends_with(&format!("Signature={signature}")),
            "{target}: {authorization}"
        );
        assert_eq!(
            headers.get(TOKEN).map(|token| token.to_str().unwrap()),
            session
        );
    }
}

#[test]
fn without_its_bodys_digest_nothing_is_signed() {
    let signer = Signer::new(Secret::new("id"), Secret::new("key"), None, "r", "s").unwrap();
    let outgoing = Outgoing {
        method: &Method::GET,
        authority: "a",
        target: "/",
        now: UNIX_EPOCH,
    };
    for digest in [None, Some("UNSIGNED-PAYLOAD"), Some("abc")] {
        let mut headers = HeaderMap::new();
        headers.extend(digest.map(|digest| (DIGEST, HeaderValue::from_static(digest))));
        assert_eq!(
            signer.sign(&mut headers, &outgoing),
            Err(Unsigned::NoDigest)
        );
        assert!(!headers.contains_key(header::AUTHORIZATION));
    }
}

#[test]
fn days_are_those_of_the_calendar() {
    for (seconds, day) in [
        (0, "19700101"),
        (951_782_400, "20000229"),
        (1_709_164_800, "20240229"),
        (4_107_542_399, "21000228"),
        (4_107_542_400, "21000301"),
    ] {
        assert_eq!(stamp(UNIX_EPOCH + Duration::from_secs(seconds)).0, day);
    }
}
