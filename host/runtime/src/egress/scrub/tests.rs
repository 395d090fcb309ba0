//! No form of a secret survives, wherever the body is cut.
#![expect(clippy::unwrap_used, reason = "tests")]

use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;

const SECRET: &str = "ca/na+ry=\"7f3a\"&xyz";

fn echoes() -> Arc<Echoes> {
    Arc::new(Echoes::of([&Secret::new(SECRET)]))
}

fn scrub(echoes: &Arc<Echoes>, pieces: &[&[u8]]) -> Vec<u8> {
    let mut scrubber = Scrubber::new(echoes.clone());
    let mut out = Vec::new();
    for piece in pieces {
        out.extend_from_slice(&scrubber.push(Bytes::copy_from_slice(piece)));
    }
    out.extend_from_slice(&scrubber.finish());
    out
}

/// Every way an upstream is likely to write it.
fn forms() -> Vec<String> {
    let percent = SECRET
        .replace('/', "%2F")
        .replace('+', "%2B")
        .replace('=', "%3D");
    let percent = percent.replace('"', "%22").replace('&', "%26");
    vec![
        SECRET.to_owned(),
        percent.clone(),
        percent
            .replace("%2F", "%2f")
            .replace("%2B", "%2b")
            .replace("%3D", "%3d"),
        SECRET.replace('"', "\\\""),
    ]
}

#[test]
fn every_form_is_blotted_at_every_split_point_and_the_length_stays() {
    let echoes = echoes();
    for form in forms() {
        let body = format!("before {form} after").into_bytes();
        let expected = format!("before {} after", "*".repeat(form.len())).into_bytes();
        for first in 0..=body.len() {
            for second in first..=body.len() {
                let pieces = [&body[..first], &body[first..second], &body[second..]];
                assert_eq!(
                    scrub(&echoes, &pieces),
                    expected,
                    "{form} at {first}, {second}"
                );
            }
        }
    }
}

#[test]
fn base64_of_anything_around_it_is_blotted() {
    let echoes = echoes();
    for (before, after) in [
        ("", ""),
        ("u:", "!"),
        ("Bearer ", "\n"),
        ("user:", ""),
        ("abc", "de"),
    ] {
        let encoded = STANDARD.encode(format!("{before}{SECRET}{after}"));
        let clean = scrub(&echoes, &[encoded.as_bytes()]);
        assert_eq!(clean.len(), encoded.len());
        let left = clean.iter().filter(|&&byte| byte != b'*').count();
        let around = (before.len() + after.len()) * 4 / 3 + 6;
        assert!(
            left <= around,
            "{before:?} {after:?}: {}",
            String::from_utf8_lossy(&clean)
        );
    }
}

#[test]
fn nothing_is_held_back_that_cannot_be_an_echo() {
    let mut scrubber = Scrubber::new(echoes());
    assert_eq!(
        scrubber.push(Bytes::from_static(b"data: 1\n\n")),
        "data: 1\n\n"
    );
    assert_eq!(scrubber.push(Bytes::from_static(b"data: ca/na")), "data: ");
    assert_eq!(scrubber.push(Bytes::from_static(b"da\n\n")), "ca/nada\n\n");
}

#[test]
fn header_values_are_blotted() {
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-debug",
        HeaderValue::from_str(&format!("got {SECRET}")).unwrap(),
    );
    headers.insert("x-fine", HeaderValue::from_static("fine"));
    echoes().scrub_headers(&mut headers);
    assert_eq!(
        headers["x-debug"],
        format!("got {}", "*".repeat(SECRET.len()))
    );
    assert_eq!(headers["x-fine"], "fine");
}

proptest! {
    /// Against the obvious implementation on the whole text, with a secret that overlaps itself.
    #[test]
    fn any_cut_gives_what_the_whole_gives(
        body in "[ab]{0,80}",
        mut cuts in proptest::collection::vec(0_usize..80, 0..12),
    ) {
        let secret = "abaab";
        let echoes = Arc::new(Echoes::of([&Secret::new(secret)]));
        let mut expected = body.clone().into_bytes();
        for at in 0..body.len() {
            if body[at..].starts_with(secret) {
                expected[at..at + secret.len()].fill(b'*');
            }
        }
        cuts.retain(|&cut| cut <= body.len());
        cuts.sort_unstable();
        let ends = cuts.iter().copied().chain([body.len()]);
        let starts = [0].into_iter().chain(cuts.iter().copied());
        let pieces: Vec<&[u8]> = starts.zip(ends).map(|(from, to)| &body.as_bytes()[from..to]).collect();
        prop_assert_eq!(scrub(&echoes, &pieces), expected);
    }
}
