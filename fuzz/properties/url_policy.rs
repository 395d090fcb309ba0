//! Whatever is allowed is what would be connected to: our reading of a URL against two others.
//!
//! The input is a URL, or `METHOD URL`, or `METHOD URL -> LOCATION` with a place where a redirect of that URL leads. The
//! `url` crate reads the canonical text once more; a matcher that shares no code with ours decides about what it sees.

use std::{borrow::Cow, net::IpAddr, sync::LazyLock};

use metier_core::{CanonicalUrl, Grant, Manifest, Method, RunScope, http::Host, policy::Authority};
use url::Url;

/// A rule as written, and as the matcher below reads it.
struct Rule {
    scheme: &'static str,
    host: &'static str,
    port: u16,
    methods: &'static [&'static str],
    path: &'static str,
    credential: bool,
}

const fn rule(
    scheme: &'static str,
    host: &'static str,
    port: u16,
    methods: &'static [&'static str],
    path: &'static str,
) -> Rule {
    Rule {
        scheme,
        host,
        port,
        methods,
        path,
        credential: false,
    }
}

const fn with_credential(mut rule: Rule) -> Rule {
    rule.credential = true;
    rule
}

/// What the manifest asks for.
const ASKED: [Rule; 8] = [
    rule("https", "api.acme.com", 443, &["GET", "POST"], "/v1/**"),
    rule("https", "*.acme.com", 443, &["GET"], "/v1/*/query"),
    rule("https", "**.acme.com", 8443, &["GET", "PATCH"], "/**"),
    rule("http", "127.0.0.1", 8080, &["GET"], "/**"),
    rule("https", "[::1]", 443, &["GET"], "/a b/ü/*"),
    rule(
        "http",
        "xn--mnchen-3ya.example",
        80,
        &["GET", "DELETE"],
        "/",
    ),
    with_credential(rule("https", "key.acme.com", 443, &["GET", "PUT"], "/**")),
    with_credential(rule("https", "b.key.acme.com", 443, &["GET"], "/**")),
];

/// What the grant allows; `*` is any method.
const GRANTED: [Rule; 8] = [
    rule("https", "**.acme.com", 443, &["*"], "/v1/**"),
    rule("https", "a.b.acme.com", 8443, &["GET"], "/*/"),
    rule("http", "127.0.0.1", 8080, &["*"], "/status/*"),
    rule("https", "[::1]", 443, &["*"], "/**"),
    rule("http", "xn--mnchen-3ya.example", 80, &["GET"], "/**"),
    rule("https", "*.key.acme.com", 443, &["*"], "/**"),
    with_credential(rule("https", "key.acme.com", 443, &["GET"], "/v1/**")),
    with_credential(rule("https", "*.key.acme.com", 443, &["*"], "/v2/**")),
];

/// Where the credential may go; narrower than the rules that name it.
const CREDENTIAL_HOSTS: [&str; 1] = ["key.acme.com"];

static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| {
    let head = "[skill]\nname = \"com.acme/x\"\nversion = \"0.1.0\"\n".to_owned();
    let text = head + &sections(&ASKED, "capabilities.http");
    Manifest::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
});

static GRANT: LazyLock<Grant> = LazyLock::new(|| {
    let head = "skill = \"com.acme/x\"\ntools = []\n".to_owned();
    let credential = "[credentials.key]\nkind = \"bearer\"\nsecret = { env = \"KEY\" }\n";
    let hosts = format!("hosts = {CREDENTIAL_HOSTS:?}\n");
    let text = head + &sections(&GRANTED, "http") + credential + &hosts;
    Grant::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
});

fn sections(rules: &[Rule], name: &str) -> String {
    let section = |rule: &Rule| {
        format!(
            "[[{name}]]\nscheme = {:?}\nhost = {:?}\nport = {}\nmethods = {:?}\npaths = [{:?}]\n{}",
            rule.scheme,
            rule.host,
            rule.port,
            rule.methods,
            rule.path,
            if rule.credential {
                "credential = \"key\"\n"
            } else {
                ""
            },
        )
    };
    rules.iter().map(section).collect()
}

/// Holds for any bytes. Says whether they ask for something that is allowed.
pub fn check(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let (method, rest) = match text
        .split_once(' ')
        .map(|(word, rest)| (word.parse(), rest))
    {
        Some((Ok(method), rest)) => (method, rest),
        _ => (Method::GET, text),
    };
    let (written, location) = match rest.split_once(" -> ") {
        Some((written, location)) => (written, Some(location)),
        None => (rest, None),
    };
    let Ok(url) = CanonicalUrl::parse(written) else {
        return false;
    };
    reading_strictly_means_no_other_place(written, &url);
    let allowed = decided_alike(&method, &url, &same_place(&url));
    match location.map(|location| url.join(location)) {
        Some(Ok(target)) => decided_alike(&method, &target, &same_place(&target)),
        Some(Err(_)) => false,
        None => allowed,
    }
}

/// Our reading and the `url` crate's of the text that is sent.
fn same_place(url: &CanonicalUrl) -> Url {
    let text = url.as_str();
    assert_eq!(
        CanonicalUrl::parse(text).as_ref(),
        Ok(url),
        "{text} is its own form"
    );
    let other = Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(other.as_str(), text);
    assert_eq!(other.scheme(), url.scheme().as_str());
    assert_eq!(other.host_str(), Some(&*url.host().to_string()));
    assert_eq!(other.port_or_known_default(), Some(url.port()));
    assert_eq!((other.path(), other.query()), (url.path(), url.query()));
    assert_eq!(other.authority(), url.authority());
    assert!(
        other.username().is_empty() && other.password().is_none(),
        "{text}"
    );
    assert_eq!(other.fragment(), None, "{text}");
    plain_text(url);
    one_spelling(&other, url);
    let decoded: Vec<_> = segments(&other).collect();
    assert_eq!(decoded, url.path_segments(), "matched as sent: {text}");
    other
}

/// What goes on the wire breaks out of no line, holds no user information and walks nowhere.
fn plain_text(url: &CanonicalUrl) {
    let text = url.as_str();
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    assert!(text.bytes().all(plain), "{text:?}");
    let rest = text.strip_prefix(url.scheme().as_str()).unwrap_or("");
    let rest = rest.strip_prefix("://").unwrap_or("");
    assert_eq!(rest, format!("{}{}", url.authority(), url.path_and_query()));
    assert!(
        !url.authority().contains(['@', '%', '?', '#', '/']),
        "{text}"
    );
    assert!(!url.path().starts_with("//"), "{text}");
    for segment in url.path().split('/') {
        let mut segment = segment.to_owned();
        // However often a server decodes it, and wherever it cuts parameters off.
        for _ in 0..4 {
            let name = segment.split(';').next();
            assert!(!matches!(name, Some("." | "..")), "{text}");
            assert!(!segment.contains(['\\', '/', '\r', '\n', '\0']), "{text}");
            segment = decoded(&segment).into_owned();
        }
    }
}

/// An address has one spelling, and nothing that some resolver takes for an address counts as a name.
fn one_spelling(other: &Url, url: &CanonicalUrl) {
    let text = url.as_str();
    match (other.host(), url.host()) {
        (Some(url::Host::Ipv4(theirs)), Host::Ip(IpAddr::V4(ours))) => assert_eq!(theirs, *ours),
        (Some(url::Host::Ipv6(theirs)), Host::Ip(IpAddr::V6(ours))) => {
            assert_eq!(theirs, *ours);
            assert_eq!(theirs.to_ipv4_mapped(), None, "{text}");
        }
        (Some(url::Host::Domain(theirs)), Host::Name(ours)) => {
            assert_eq!(theirs, &**ours);
            assert!(theirs.parse::<IpAddr>().is_err(), "{text}");
            let last = theirs.rsplit('.').next().unwrap_or("");
            let hexadecimal = last.strip_prefix("0x").unwrap_or(".");
            let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
                || hexadecimal.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(!is_number, "inet_aton takes {text} for an address");
            assert!(
                theirs
                    .split('.')
                    .all(|label| (1..=63).contains(&label.len()))
            );
            assert!(
                theirs.len() <= 253 && *theirs == theirs.to_ascii_lowercase(),
                "{text}"
            );
        }
        kinds => panic!("{text}: {kinds:?}"),
    }
}

/// A lenient reader of the text as the skill wrote it is not led elsewhere.
fn reading_strictly_means_no_other_place(written: &str, url: &CanonicalUrl) {
    let lenient = Url::parse(written).unwrap_or_else(|error| panic!("{written}: {error}"));
    assert_eq!(lenient.scheme(), url.scheme().as_str());
    assert_eq!(lenient.port_or_known_default(), Some(url.port()));
    assert_eq!((lenient.path(), lenient.query()), (url.path(), url.query()));
    assert!(lenient.username().is_empty() && lenient.password().is_none());
    match lenient.host() {
        Some(url::Host::Domain(name)) => {
            assert_eq!(
                Some(name.strip_suffix('.').unwrap_or(name)),
                url.host().name()
            );
        }
        Some(url::Host::Ipv4(ip)) => assert_eq!(Some(IpAddr::V4(ip)), url.host().ip()),
        Some(url::Host::Ipv6(ip)) => {
            let ip = ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4);
            assert_eq!(Some(ip), url.host().ip());
        }
        None => panic!("{written} has no host"),
    }
}

/// The policy about the canonical URL, and the matcher about what the `url` crate makes of the text that is sent. Says
/// what both say.
fn decided_alike(method: &Method, url: &CanonicalUrl, sent: &Url) -> bool {
    let run = RunScope::unrestricted();
    let decision = Authority::new(&MANIFEST, &GRANT, &run).http(method, url);
    let pairs = ASKED
        .iter()
        .flat_map(|ask| GRANTED.iter().map(move |granted| (ask, granted)));
    let matching = |(ask, granted): &(&Rule, &Rule)| {
        means(ask, method.as_str(), sent) && means(granted, method.as_str(), sent)
    };
    let host = sent.host_str().unwrap_or("");
    let usable = |(ask, granted): &(&Rule, &Rule)| {
        !ask.credential || granted.credential && CREDENTIAL_HOSTS.contains(&host)
    };
    let first = pairs.filter(matching).find(usable);
    let allowed = decision.is_ok();
    match (decision, first) {
        (Ok(allowed), Some((ask, _))) => {
            assert_eq!(
                allowed.credential.is_some(),
                ask.credential,
                "{method} {url}"
            );
            assert_eq!(allowed.plain, sent.scheme() == "http", "{method} {url}");
        }
        (Err(denial), None) => {
            let sentence = denial.to_string();
            assert!(!sentence.contains(char::is_control), "{sentence:?}");
        }
        (Ok(_), None) => panic!("{method} {url} is allowed, and no rule means it"),
        (Err(denial), Some(_)) => panic!("{method} {url} is refused: {denial}"),
    }
    allowed
}

/// Whether the rule means a request, told from nothing but texts.
fn means(rule: &Rule, method: &str, sent: &Url) -> bool {
    let host = sent.host_str().unwrap_or("");
    let host_matches = if let Some(below) = rule.host.strip_prefix("**") {
        host.len() > below.len() && host.ends_with(below)
    } else if let Some(below) = rule.host.strip_prefix('*') {
        let label = host.strip_suffix(below).unwrap_or("");
        !label.is_empty() && !label.contains('.')
    } else {
        host == rule.host
    };
    host_matches
        && rule.scheme == sent.scheme()
        && Some(rule.port) == sent.port_or_known_default()
        && (rule.methods == ["*"] || rule.methods.contains(&method))
        && leads(
            &rule.path.split('/').skip(1).collect::<Vec<_>>(),
            &segments(sent).collect::<Vec<_>>(),
        )
}

fn leads(pattern: &[&str], path: &[String]) -> bool {
    match (pattern, path) {
        (["**"], _) | ([], []) => true,
        (["*", pattern @ ..], [segment, path @ ..]) => !segment.is_empty() && leads(pattern, path),
        ([literal, pattern @ ..], [segment, path @ ..]) => {
            literal == segment && leads(pattern, path)
        }
        _ => false,
    }
}

/// The segments of the path, each decoded once.
fn segments(url: &Url) -> impl Iterator<Item = String> {
    let path = url.path().strip_prefix('/').unwrap_or("");
    path.split('/').map(|segment| decoded(segment).into_owned())
}

/// Percent-decoding as everybody does it; bytes that are no UTF-8 stay encoded.
fn decoded(text: &str) -> Cow<'_, str> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let is_hex = |digits: &&str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let escape = rest.get(1..3).filter(|_| first == b'%').filter(is_hex);
        let byte = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(first));
        let width = if byte.is_some() { 3 } else { 1 };
        match rest.get(width..) {
            Some(tail) => rest = tail,
            None => return Cow::Borrowed(text),
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}
