//! Secrets that are, and some that are not.

use super::{find, find_in, is_secret_name, redact, run::Runs};

/// Put together here, so that no scanner takes this file for a leak.
fn token(begin: &str, length: usize) -> String {
    let body = "a1B2c3D4e5F6g7H8i9J0";
    let mut token = begin.to_owned();
    while token.len() < length {
        token.push_str(body);
    }
    token.truncate(length.max(begin.len()));
    token
}

#[test]
fn known_tokens_are_found_wherever_they_stand() {
    for (begin, length, kind) in super::TOKENS {
        let secret = token(begin, length);
        for text in [
            secret.clone(),
            format!("key is {secret}, keep it"),
            format!("{{\"x\":\"{secret}\"}}"),
        ] {
            let (clean, kinds) = redact(&text);
            assert_eq!(kinds, [kind], "{text}");
            assert!(!clean.contains(&secret), "{clean}");
            assert!(find(&clean).is_empty(), "redacting is done once: {clean}");
        }
    }
}

#[test]
fn keys_sessions_and_named_values_are_found() {
    let jwt = format!("eyJ{}.{}.{}", token("", 30), token("", 40), token("", 30));
    for text in [
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----".to_owned(),
        jwt,
        format!("00D5g00000Abcde!{}", token("AQ", 40)),
        format!("Authorization: Bearer {}", token("", 30)),
        "https://admin:hunter2@example.com/".to_owned(),
        "client_secret=correct-horse-battery".to_owned(),
        "\"api_key\": \"0123456789abcdef\"".to_owned(),
    ] {
        assert_eq!(find(&text).len(), 1, "{text}");
    }
}

#[test]
fn ordinary_words_are_none() {
    for text in [
        "The password is asked for when you log in.",
        "sk-learn and task-force-member-number-one-of-the-week",
        "{\"token\": \"next\", \"password\": \"\", \"id\": \"00D5g00000Abcde\"}",
        "https://example.com/a:b@c",
        "Bearer tokens are described in RFC 6750",
        "REDACTED",
        "AKIAN",
    ] {
        assert!(find(text).is_empty(), "{text}: {:?}", find(text));
    }
    assert!(is_secret_name("X-API-Key") && !is_secret_name("next_page_token"));
}

/// Texts each word of which begins a secret that never comes: the longest way to nothing.
#[test]
fn the_work_is_in_proportion_to_the_text() {
    const TIMES: usize = 5_000;
    for begin in [
        "sk-",
        "eyJ-",
        "eyJ.",
        "00D-",
        "a-",
        "-",
        "a=",
        "password=http-",
        "Bearer ",
        "://",
        "x:@://",
        "-----BEGIN ",
        "ghp_-!",
        "password-",
    ] {
        for end in ["", "!", "\": ", " password: http"] {
            let text = format!("{}{}", begin.repeat(TIMES), end.repeat(TIMES));
            let mut runs = Runs::of(&text);
            find_in(&text, &mut runs);
            assert!(
                runs.read <= 2 * text.len(),
                "{begin}: {} for {}",
                runs.read,
                text.len()
            );
        }
    }
}

/// Without the bound on the work, this would take hours.
#[test]
fn a_megabyte_of_beginnings_is_looked_through() {
    for begin in ["sk-", "eyJ-", "password=http-"] {
        assert!(find(&begin.repeat(1_000_000 / begin.len())).is_empty());
    }
}

/// One name may begin at each of the hyphens before it, and the gap behind it may be long.
#[test]
fn a_name_is_looked_at_within_a_bound() {
    let gap = " ".repeat(100_000);
    let text = format!("{}password{gap}: http", "-".repeat(100_000));
    assert!(find(&text).is_empty());
    assert_eq!(find("-p-a-s-s-w-o-r-d-: correct-horse").len(), 1);
}

/// What is known about a run holds for whatever begins inside it.
#[test]
fn a_secret_inside_a_run_is_found_as_if_it_stood_alone() {
    let jwt = format!("eyJ{}.{}.{}", token("", 30), token("", 40), token("", 30));
    let session = format!("00D5g00000Abcde!{}", token("AQ", 40));
    let github = token("ghp_", 40);
    for secret in [jwt, session, github] {
        for text in [
            format!("a-b-{secret}"),
            format!("x.y.z/{secret}"),
            format!("sk-{secret}!./"),
            format!("eyJ-00D-{secret}"),
        ] {
            let (clean, kinds) = redact(&text);
            assert_eq!(kinds.len(), 1, "{text}");
            assert!(!clean.contains(&secret), "{clean}");
        }
    }
    assert!(find(&format!("eyJ{0}.{0}.{0}.{0}", token("", 20))).is_empty());
    assert!(find("sk-1-sk-abcdefghijklmnopqrstuvwxyzabcdefgh").len() == 1);
    assert!(find("1-sk-abcdefghijklmnopqrstuvwxyzabcdefgh").is_empty());
}

#[path = "../../../../fuzz/properties/secrets.rs"]
mod property;

/// What the fuzzer starts from and what it found.
#[test]
#[expect(clippy::unwrap_used, reason = "tests")]
fn what_holds_for_any_bytes_holds_for_these() {
    let fuzz = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let mut found = 0;
    for folder in ["seeds/secrets", "regressions/secrets"] {
        for entry in std::fs::read_dir(fuzz.join(folder)).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            found += usize::from(property::check(&bytes));
        }
    }
    assert!(found >= 2);
}
