#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::cell::RefCell;
use std::collections::HashMap;

use super::*;
use crate::bindings::metier::skill::types::Denial;

/// A few sites; everything else does not exist. Remembers what it was asked.
#[derive(Default)]
struct Sites {
    pages: HashMap<&'static str, Response>,
    asked: RefCell<Vec<String>>,
}

impl Sites {
    fn with(
        mut self,
        url: &'static str,
        status: u16,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Sites {
        let headers = headers
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        let response = Response {
            status,
            headers: headers.collect(),
            body: body.as_bytes().to_vec(),
            url: url.to_owned(),
        };
        self.pages.insert(url, response);
        self
    }

    fn page(self, url: &'static str, body: &str) -> Sites {
        self.with(url, 200, &[("content-type", "text/html")], body)
    }

    fn visit(&self, url: &str) -> Result<Found, Error> {
        let fetch = |request: &Request| {
            assert_eq!(request.method, "GET");
            self.asked.borrow_mut().push(request.url.clone());
            let missing = Response {
                status: 404,
                headers: vec![],
                body: vec![],
                url: request.url.clone(),
            };
            Ok(self
                .pages
                .get(request.url.as_str())
                .cloned()
                .unwrap_or(missing))
        };
        visit(&fetch, url)
    }
}

fn why(result: Result<Found, Error>) -> String {
    match result.err().unwrap() {
        Error::Denied(why)
        | Error::Unavailable(why)
        | Error::InvalidInput(why)
        | Error::NotFound(why) => why,
        other => format!("{other:?}"),
    }
}

#[test]
fn a_page_is_fetched_after_its_rules() {
    let sites = Sites::default().page("https://a.example/x?y=1", "hello");
    let found = sites.visit(" https://a.example/x?y=1#part ").unwrap();
    assert_eq!(found.body, b"hello");
    assert_eq!(
        *sites.asked.borrow(),
        ["https://a.example/robots.txt", "https://a.example/x?y=1"]
    );
}

#[test]
fn what_robots_may_not_read_is_not_asked_for() {
    for rules in [
        "User-agent: *\nDisallow: /private",
        "User-agent: metier-web\nDisallow: /private?",
        "User-agent: *\nDisallow: /*?secret",
    ] {
        let sites = Sites::default()
            .with("https://a.example/robots.txt", 200, &[], rules)
            .page("https://a.example/private?secret", "no");
        let refused = sites.visit("https://a.example/private?secret");
        assert!(matches!(refused, Err(Error::Denied(_))), "{rules}");
        assert!(why(refused).contains("asks robots not to read /private?secret"));
        assert_eq!(sites.asked.borrow().len(), 1, "{rules}");
    }
}

#[test]
fn rules_for_others_and_for_other_paths_are_not_ours() {
    for rules in [
        "User-agent: otherbot\nDisallow: /",
        "User-agent: *\nDisallow: /y",
        "User-agent: *\nDisallow: /\nAllow: /x",
        "<html>not found</html>",
    ] {
        let sites = Sites::default()
            .with("https://a.example/robots.txt", 200, &[], rules)
            .page("https://a.example/x", "yes");
        assert!(sites.visit("https://a.example/x").is_ok(), "{rules}");
    }
}

#[test]
fn a_site_in_trouble_has_not_said_yes() {
    let sites = Sites::default()
        .with("https://a.example/robots.txt", 503, &[], "")
        .page("https://a.example/x", "hello");
    assert!(matches!(
        sites.visit("https://a.example/x"),
        Err(Error::Unavailable(_))
    ));
}

#[test]
fn a_redirect_asks_the_rules_of_where_it_leads() {
    let sites = Sites::default()
        .with("https://a.example/old", 301, &[("location", "/new")], "")
        .with(
            "https://a.example/new",
            302,
            &[("location", "https://b.example/new")],
            "",
        )
        .with(
            "https://b.example/robots.txt",
            200,
            &[],
            "User-agent: *\nDisallow: /new",
        )
        .page("https://b.example/new", "hello");
    let refused = why(sites.visit("https://a.example/old"));
    assert!(
        refused.starts_with("https://b.example asks robots not to read /new"),
        "{refused}"
    );
    let asked = [
        "https://a.example/robots.txt",
        "https://a.example/old",
        "https://a.example/new",
        "https://b.example/robots.txt",
    ];
    assert_eq!(*sites.asked.borrow(), asked);
}

#[test]
fn redirects_come_to_an_end() {
    let sites = Sites::default().with("https://a.example/loop", 302, &[("location", "/loop")], "");
    assert!(why(sites.visit("https://a.example/loop")).contains("more than 5 redirects"));
    assert_eq!(
        sites.asked.borrow().len(),
        7,
        "the rules once, the page six times"
    );
    let sites = Sites::default().with(
        "https://a.example/x",
        302,
        &[("location", "file:///etc/passwd")],
        "",
    );
    assert!(why(sites.visit("https://a.example/x")).contains("`file:`"));
}

#[test]
fn every_status_has_its_error() {
    let answer = |status: u16, headers: &[(&str, &str)]| {
        let sites = Sites::default().with("https://a.example/x", status, headers, "");
        sites.visit("https://a.example/x").err().unwrap()
    };
    assert!(matches!(answer(404, &[]), Error::NotFound(_)));
    assert!(matches!(answer(403, &[]), Error::Denied(_)));
    assert!(matches!(answer(500, &[]), Error::Unavailable(_)));
    assert!(matches!(answer(418, &[]), Error::InvalidInput(_)));
    let Error::RateLimited(limit) = answer(429, &[("retry-after", "7")]) else {
        panic!("too many requests");
    };
    assert_eq!(limit.retry_after_seconds, Some(7));
}

#[test]
fn addresses_that_are_none_are_refused_before_anything_is_sent() {
    for url in [
        "",
        "example.com",
        "file:///etc/passwd",
        "ftp://a.example/",
        "javascript:alert(1)",
        "https://",
    ] {
        let sites = Sites::default();
        assert!(
            matches!(sites.visit(url), Err(Error::InvalidInput(_))),
            "{url}"
        );
        assert!(sites.asked.borrow().is_empty(), "{url}");
    }
}

#[test]
fn what_the_host_refuses_is_said_in_its_words() {
    let refuse = |code: &str| {
        let denial = Denial {
            code: code.to_owned(),
            message: "no rule covers it".to_owned(),
        };
        move |request: &Request| match request.url.ends_with("/robots.txt") {
            true => Err(FetchError::Denied(denial.clone())),
            false => Err(FetchError::TooLarge(10)),
        }
    };
    // A grant for some paths only: the rules cannot be asked for, and the operator has decided.
    assert!(
        why(visit(&refuse("http-not-granted"), "https://a.example/x"))
            .contains("larger than the 10 bytes")
    );
    assert_eq!(
        why(visit(
            &refuse("http-address-blocked"),
            "https://a.example/x"
        )),
        "no rule covers it"
    );
}

#[test]
fn media_types_are_read_and_guessed() {
    let html = MediaType::of(Some("Text/HTML; Charset=\"utf-8\""), b"");
    assert!(html.is_html());
    assert_eq!(html.charset(), Some("utf-8"));
    assert!(MediaType::of(None, b"  <p>").is_html());
    assert!(MediaType::of(None, b"words").is_text());
    assert!(!MediaType::of(None, b"\x00\x01").is_text());
    assert!(MediaType::of(Some("image/svg+xml"), b"").is_text());
}

/// RFC 9309 asks to read so much; a site cannot make this reader parse without end.
#[test]
fn rules_after_500_kib_do_not_count() {
    let rules = |filler: usize| {
        let rules = format!("User-agent: *\n{}\nDisallow: /x\n", "#".repeat(filler));
        let sites = Sites::default()
            .with("https://a.example/robots.txt", 200, &[], &rules)
            .page("https://a.example/x", "hello");
        sites.visit("https://a.example/x").is_ok()
    };
    assert!(!rules(500 << 9));
    assert!(rules(500 << 10));
}
