#![expect(clippy::unwrap_used, reason = "tests")]
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use super::{Message, Scheme, TOLERANCE, Unsigned, check, delivery};

const STANDARD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A message as its signer's documentation has it.
#[derive(Clone)]
struct Sample {
    scheme: Scheme,
    secret: &'static str,
    at: u64,
    headers: Vec<(&'static str, String)>,
    body: &'static str,
}

fn standard() -> Sample {
    let pairs = [
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        (
            "webhook-signature",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
    ];
    Sample {
        scheme: Scheme::Standard,
        secret: STANDARD,
        at: 1_614_265_330,
        headers: owned(&pairs),
        body: r#"{"test": 2432232314}"#,
    }
}

fn github() -> Sample {
    let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let pairs = [
        ("x-hub-signature-256", signature),
        ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
    ];
    Sample {
        scheme: Scheme::Github,
        secret: "It's a Secret to Everybody",
        at: 0,
        headers: owned(&pairs),
        body: "Hello, World!",
    }
}

fn slack() -> Sample {
    let signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    let pairs = [
        ("x-slack-request-timestamp", "1531420618"),
        ("x-slack-signature", signature),
    ];
    Sample {
        scheme: Scheme::Slack,
        secret: "8f742231b10e8888abcd99yyyzzz85a5",
        at: 1_531_420_618,
        headers: owned(&pairs),
        body: "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    }
}

const STRIPE: &str = "v1=a334aa8e27772c26f1aa9a531d8a1c8711b1f910e4037f5625a2733706f1e511";

fn stripe() -> Sample {
    let signature = format!("t=1492774577,v0=00,{STRIPE}");
    Sample {
        scheme: Scheme::Stripe,
        secret: "whsec_test_secret0123",
        at: 1_492_774_577,
        headers: owned(&[("stripe-signature", &signature)]),
        body: r#"{"id":"evt_1"}"#,
    }
}

fn owned(pairs: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

impl Sample {
    fn checked(&self) -> Result<Option<String>, Unsigned> {
        self.under(&[self.secret])
    }

    fn under(&self, secrets: &[&str]) -> Result<Option<String>, Unsigned> {
        let keys = secrets.iter().map(|text| self.scheme.key(text).unwrap());
        let keys: Vec<Vec<u8>> = keys.collect();
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        let message = Message {
            headers: &headers,
            body: self.body.as_bytes(),
        };
        check(self.scheme, &keys, message, self.at)
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
    }
}

fn all() -> [Sample; 4] {
    [standard(), github(), slack(), stripe()]
}

#[test]
fn what_each_signer_documents_is_accepted() {
    let id = Some("msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned());
    assert_eq!(standard().checked(), Ok(id));
    let id = Some("72d3162e-cc78-11e3-81ab-4c9367dc0958".to_owned());
    assert_eq!(github().checked(), Ok(id));
    assert_eq!(slack().checked(), Ok(None));
    assert_eq!(stripe().checked(), Ok(None));
}

#[test]
fn another_body_or_secret_or_none_is_refused() {
    for mut sample in all() {
        assert_eq!(sample.under(&[OTHER]), Err(Unsigned::Forged));
        assert_eq!(sample.under(&[]), Err(Unsigned::Forged));
        sample.body = "{}";
        assert_eq!(sample.checked(), Err(Unsigned::Forged));
    }
}

#[test]
fn either_of_two_secrets_will_do_while_both_count() {
    for sample in all() {
        assert!(sample.under(&[OTHER, sample.secret]).is_ok());
        assert!(sample.under(&[sample.secret, OTHER]).is_ok());
    }
}

#[test]
fn a_header_that_is_not_there_or_there_twice_is_refused() {
    for sample in all() {
        for (name, value) in &sample.headers {
            let mut without = sample.clone();
            without.headers.retain(|(known, _)| known != name);
            assert_eq!(without.checked(), Err(Unsigned::Absent), "{name}");
            let mut twice = sample.clone();
            twice.headers.push((name, value.clone()));
            assert_eq!(twice.checked(), Err(Unsigned::Twice), "{name}");
        }
    }
}

#[test]
fn clocks_may_be_five_minutes_apart_and_no_more() {
    for sample in [standard(), slack(), stripe()] {
        let apart = |seconds: i64| {
            let at = sample.at.checked_add_signed(seconds).unwrap();
            let sample = Sample {
                at,
                ..sample.clone()
            };
            sample.checked().map(drop)
        };
        let tolerance = TOLERANCE.cast_signed();
        assert_eq!((apart(tolerance), apart(-tolerance)), (Ok(()), Ok(())));
        assert_eq!(apart(tolerance + 1), Err(Unsigned::Skewed));
        assert_eq!(apart(-tolerance - 1), Err(Unsigned::Skewed));
    }
}

#[test]
fn headers_that_cannot_be_read_are_refused() {
    let with = |mut sample: Sample, name, value: &str| {
        sample.set(name, value);
        sample.checked().unwrap_err()
    };
    for time in [
        "",
        "-1",
        "+1614265330",
        "1614265330.0",
        "9999999999999",
        "0x60",
    ] {
        let refused = with(standard(), "webhook-timestamp", time);
        assert_eq!(refused, Unsigned::Malformed, "{time:?}");
    }
    // A full stop would move what is signed from one part to another.
    for id in ["", "msg.1", &"x".repeat(200), "a b"] {
        let refused = with(standard(), "webhook-id", id);
        assert_eq!(refused, Unsigned::Malformed, "{id:?}");
    }
    let right = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    for signature in ["", "v1", "v1,", "v1,!!!", &format!("v1a,{right}"), right] {
        let refused = with(standard(), "webhook-signature", signature);
        assert_eq!(refused, Unsigned::Forged, "{signature:?}");
    }
    let time = "t=1492774577";
    for header in [
        "",
        STRIPE,
        time,
        &format!("{time},v1="),
        &format!("{time},v1=zz"),
    ] {
        let refused = with(stripe(), "stripe-signature", header);
        assert_ne!(refused, Unsigned::Absent, "{header:?}");
    }
    let twice = format!("{time},{time},{STRIPE}");
    assert_eq!(with(stripe(), "stripe-signature", &twice), Unsigned::Twice);
    let sha1 = "sha1=757107ea0eb2509fc211221cce984b8a37570b6d";
    assert_eq!(
        with(github(), "x-hub-signature-256", sha1),
        Unsigned::Forged
    );
}

#[test]
fn one_of_several_signatures_is_enough_but_not_of_any_number() {
    let behind = |before: usize| {
        let mut sample = standard();
        let other = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= ".repeat(before);
        let right = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        sample.set("webhook-signature", &format!("{other}{right}"));
        sample.checked().is_ok()
    };
    assert!(behind(1) && behind(7));
    assert!(!behind(8));
}

#[test]
fn a_message_is_known_by_its_id_or_by_what_it_is() {
    let (none, mut timed) = (HeaderMap::new(), HeaderMap::new());
    timed.insert("x-slack-request-timestamp", HeaderValue::from_static("1"));
    let of = |scheme, headers, body: &'static str| {
        let message = Message {
            headers,
            body: body.as_bytes(),
        };
        let read = serde_json::from_str(body).unwrap_or(json!(null));
        delivery(scheme, None, message, &read)
    };
    assert_eq!(of(Scheme::Slack, &none, r#"{"event_id": "Ev1"}"#), "Ev1");
    assert_eq!(of(Scheme::Stripe, &none, r#"{"id": "evt_1"}"#), "evt_1");
    let plain = of(Scheme::Slack, &none, "{}");
    assert_eq!(plain, of(Scheme::Slack, &none, "{}"));
    assert_ne!(plain, of(Scheme::Slack, &timed, "{}"));
    assert_ne!(plain, of(Scheme::Slack, &none, "[]"));
    let spaced = of(Scheme::Stripe, &none, r#"{"id": "no id"}"#);
    assert_eq!(spaced.len(), 64);
    // What its signer did not sign makes no message another one.
    let unsigned = of(Scheme::Stripe, &timed, r#"{"id": "no id"}"#);
    assert_eq!(unsigned, spaced);
}
