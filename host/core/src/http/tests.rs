//! Patterns, methods, rules and addresses, each both ways.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::IpAddr;

use ipnet::IpNet;

use super::*;

fn url(text: &str) -> CanonicalUrl {
    CanonicalUrl::parse(text).unwrap()
}

#[test]
fn host_patterns_match_by_whole_labels() {
    for (pattern, host, matches) in [
        ("a.example", "a.example", true),
        ("a.example", "b.a.example", false),
        ("a.example", "xa.example", false),
        ("*.a.example", "b.a.example", true),
        ("*.a.example", "a.example", false),
        ("*.a.example", "c.b.a.example", false),
        ("*.a.example", "xa.example", false),
        ("**.a.example", "b.a.example", true),
        ("**.a.example", "c.b.a.example", true),
        ("**.a.example", "a.example", false),
        ("**.a.example", "xa.example", false),
        ("**.a.example", "a.example.evil.example", false),
        ("127.0.0.1", "127.0.0.1", true),
        ("*.example", "127.0.0.1", false),
        ("**", "a.example", true),
        ("**", "localhost", true),
        ("**", "127.0.0.1", false),
        ("**", "[::1]", false),
        ("[::1]", "[::1]", true),
        ("127.0.0.1", "[::ffff:127.0.0.1]", true),
    ] {
        let pattern: HostPattern = pattern.parse().unwrap();
        let url = url(&format!("https://{host}/"));
        assert_eq!(pattern.matches(url.host()), matches, "{pattern} {host}");
        assert_eq!(pattern.to_string().parse::<HostPattern>().unwrap(), pattern);
    }
}

#[test]
fn path_patterns_match_by_whole_decoded_segments() {
    for (pattern, path, matches) in [
        ("/", "/", true),
        ("/", "/a", false),
        ("/a", "/a", true),
        ("/a", "/a/", false),
        ("/a", "/A", false),
        ("/a", "/%61", true),
        ("/a b", "/a%20b", true),
        ("/a/", "/a/", true),
        ("/a/*/c", "/a/b/c", true),
        ("/a/*/c", "/a//c", false),
        ("/a/*/c", "/a/b/b/c", false),
        ("/a/*", "/a/", false),
        ("/*", "/a", true),
        ("/*", "/", false),
        ("/**", "/", true),
        ("/**", "/a/b", true),
        ("/a/**", "/a", true),
        ("/a/**", "/a/", true),
        ("/a/**", "/a/b/c", true),
        ("/a/**", "/ab", false),
        ("/a/**", "/b/a", false),
        ("/a/*/**", "/a/b", true),
        ("/a/*/**", "/a", false),
        ("/ü", "/%C3%BC", true),
    ] {
        let pattern: PathPattern = pattern.parse().unwrap();
        let url = url(&format!("https://a.example{path}"));
        assert_eq!(
            pattern.matches(url.path_segments()),
            matches,
            "{pattern} {path}"
        );
        assert_eq!(pattern.to_string().parse::<PathPattern>().unwrap(), pattern);
    }
}

#[test]
fn covers_is_what_it_says() {
    let host = |a: &str, b: &str| {
        a.parse::<HostPattern>()
            .unwrap()
            .covers(&b.parse().unwrap())
    };
    assert!(host("**.a.example", "*.a.example") && host("**.a.example", "**.b.a.example"));
    assert!(host("**.a.example", "*.b.a.example") && host("*.a.example", "x.a.example"));
    assert!(!host("*.a.example", "**.a.example") && !host("**.a.example", "a.example"));
    assert!(host("**", "**") && host("**", "**.a.example") && host("**", "a.example"));
    assert!(!host("**", "127.0.0.1") && !host("**.a.example", "**") && !host("a.example", "**"));
    assert!(!host("**.b.a.example", "**.a.example") && !host("a.example", "*.a.example"));
    let path = |a: &str, b: &str| {
        a.parse::<PathPattern>()
            .unwrap()
            .covers(&b.parse().unwrap())
    };
    assert!(
        path("/**", "/a/*/c")
            && path("/a/**", "/a")
            && path("/a/*", "/a/b")
            && path("/a/**", "/a/*/**")
    );
    assert!(
        !path("/a/*", "/a/**")
            && !path("/a/b", "/a/*")
            && !path("/a/*/**", "/a/**")
            && !path("/a/*", "/a/")
    );
    let (any, get): (_, MethodSet) = (MethodSet::Any, MethodSet::Listed(vec![Method::GET]));
    assert!(any.covers(&get) && !get.covers(&any) && get.covers(&get));
}

#[test]
fn a_rule_says_in_which_part_it_differs() {
    let rule = HttpRule {
        scheme: Scheme::Https,
        host: "a.example".parse().unwrap(),
        port: 443,
        methods: MethodSet::Listed(vec![Method::GET]),
        paths: vec!["/v1".parse().unwrap()],
    };
    for (method, text, mismatch) in [
        (Method::GET, "https://a.example/v1", None),
        (Method::GET, "https://a.example/v2", Some(Mismatch::Path)),
        (Method::POST, "https://a.example/v1", Some(Mismatch::Method)),
        (Method::GET, "http://a.example/v1", Some(Mismatch::Scheme)),
        (
            Method::GET,
            "http://a.example:443/v1",
            Some(Mismatch::Scheme),
        ),
        (
            Method::GET,
            "http://a.example:8080/v1",
            Some(Mismatch::Port),
        ),
        (
            Method::GET,
            "https://a.example:8443/v1",
            Some(Mismatch::Port),
        ),
        (Method::GET, "https://b.example/v1", Some(Mismatch::Host)),
    ] {
        assert_eq!(
            rule.mismatch(&method, &url(text)),
            mismatch,
            "{method} {text}"
        );
    }
    assert_eq!(rule.to_string(), "GET https://a.example/v1");
}

#[test]
fn methods_are_capital_tokens_and_never_tunnel_or_echo() {
    for good in ["GET", "PATCH", "PROPFIND", "M-SEARCH", "VERSION-CONTROL"] {
        assert_eq!(good.parse::<Method>().unwrap().as_str(), good);
    }
    for bad in [
        "",
        "get",
        "GET ",
        "GET\r\n",
        "CONNECT",
        "TRACE",
        "G/T",
        "1GET",
        &"A".repeat(33),
    ] {
        assert!(bad.parse::<Method>().is_err(), "{bad:?}");
    }
}

#[test]
fn only_public_addresses_are_public() {
    use AddressClass as C;
    for (text, class) in [
        ("8.8.8.8", C::Public),
        ("172.32.0.1", C::Public),
        ("100.128.0.1", C::Public),
        ("2606:4700::1111", C::Public),
        ("127.0.0.1", C::Loopback),
        ("127.255.255.254", C::Loopback),
        ("::1", C::Loopback),
        ("10.0.0.1", C::Private),
        ("172.16.0.1", C::Private),
        ("172.31.255.255", C::Private),
        ("192.168.1.1", C::Private),
        ("fc00::1", C::Private),
        ("fdff::1", C::Private),
        ("fec0::1", C::Private),
        ("169.254.1.1", C::LinkLocal),
        ("fe80::1", C::LinkLocal),
        ("169.254.169.254", C::Metadata),
        ("169.254.170.2", C::Metadata),
        ("168.63.129.16", C::Metadata),
        ("100.100.100.200", C::Metadata),
        ("fd00:ec2::254", C::Metadata),
        ("fd20:ce::254", C::Metadata),
        ("100.64.0.1", C::CarrierNat),
        ("224.0.0.1", C::Multicast),
        ("239.255.255.255", C::Multicast),
        ("ff02::1", C::Multicast),
        ("0.0.0.0", C::Unspecified),
        ("0.1.2.3", C::Unspecified),
        ("::", C::Unspecified),
        ("255.255.255.255", C::Broadcast),
        ("192.0.2.1", C::Documentation),
        ("198.51.100.1", C::Documentation),
        ("203.0.113.1", C::Documentation),
        ("2001:db8::1", C::Documentation),
        ("3fff::1", C::Documentation),
        ("198.18.0.1", C::Benchmarking),
        ("198.19.255.255", C::Benchmarking),
        ("2001:2::1", C::Benchmarking),
        ("192.0.0.1", C::Reserved),
        ("192.88.99.1", C::Reserved),
        ("240.0.0.1", C::Reserved),
        ("2001:10::1", C::Reserved),
        ("4000::1", C::Reserved),
        ("64:ff9b:1::1", C::Reserved),
        ("100::1", C::Reserved),
        // IPv4 in IPv6 clothing is what it carries.
        ("::ffff:127.0.0.1", C::Loopback),
        ("::ffff:0:127.0.0.1", C::Loopback),
        ("::127.0.0.1", C::Loopback),
        ("::ffff:169.254.169.254", C::Metadata),
        ("64:ff9b::a9fe:a9fe", C::Metadata),
        ("64:ff9b::808:808", C::Public),
        ("2002:7f00:1::", C::Loopback),
        ("2002:a9fe:a9fe::1", C::Metadata),
        ("2001:0:1:2:3:4:f5ff:fffe", C::Private),
    ] {
        let address: IpAddr = text.parse().unwrap();
        assert_eq!(AddressClass::of(address), class, "{text}");
        assert_eq!(
            AddressPolicy::default().check(address).is_ok(),
            class == C::Public,
            "{text}"
        );
    }
}

#[test]
fn listed_networks_are_reachable_and_metadata_only_by_itself() {
    let check = |nets: &[&str], address: &str| {
        let nets: Vec<IpNet> = nets.iter().map(|net| net.parse().unwrap()).collect();
        AddressPolicy::new(&nets)
            .check(address.parse().unwrap())
            .is_ok()
    };
    assert!(check(&["127.0.0.0/8"], "127.0.0.1") && check(&["127.0.0.0/8"], "::ffff:127.0.0.1"));
    assert!(!check(&["127.0.0.0/8"], "10.0.0.1") && check(&["::1/128"], "::1"));
    for wide in ["169.254.0.0/16", "0.0.0.0/0", "169.254.169.254/31"] {
        assert!(!check(&[wide], "169.254.169.254"), "{wide}");
    }
    assert!(check(&["169.254.169.254/32"], "169.254.169.254"));
    assert!(check(&["169.254.169.254/32"], "::ffff:169.254.169.254"));
    assert!(
        !check(&["fd00::/8"], "fd00:ec2::254") && check(&["fd00:ec2::254/128"], "fd00:ec2::254")
    );
    // A form that merely carries a metadata address is refused even where that address is listed: nobody meant it.
    assert!(!check(&["169.254.169.254/32"], "64:ff9b::a9fe:a9fe"));
}

#[test]
fn redirects_are_resolved_and_then_read_strictly() {
    let base = url("https://a.example/v1/x?q=1");
    for (location, target) in [
        ("/v2", "https://a.example/v2"),
        ("../y", "https://a.example/y"),
        ("?p=2", "https://a.example/v1/x?p=2"),
        ("//b.example/z", "https://b.example/z"),
        ("http://b.example/", "http://b.example/"),
        ("HTTPS://0x7f.1/", "https://127.0.0.1/"),
        ("https://@b.example/", "https://b.example/"),
    ] {
        assert_eq!(base.join(location).unwrap().as_str(), target, "{location}");
    }
    for location in [
        "https://u:p@b.example/",
        "//u@b.example/",
        "ftp://b.example/",
        "javascript:alert(1)",
        "/a%2fb",
        "/a\\b",
        "\thttps://b.example/",
        "https:\n//b.example/",
        "data:text/html,x",
        "//",
    ] {
        assert!(base.join(location).is_err(), "{location:?}");
    }
}

#[test]
fn parts_of_a_url_are_what_will_be_sent() {
    let url = url("https://A.example:8443/a%20b?x=%2F..&y=1#f");
    assert_eq!(url.authority(), "a.example:8443");
    assert_eq!((url.path(), url.query()), ("/a%20b", Some("x=%2F..&y=1")));
    assert_eq!(url.path_and_query(), "/a%20b?x=%2F..&y=1");
    assert_eq!(url.without_query(), "https://a.example:8443/a%20b");
    assert_eq!(
        format!("{url:?}"),
        "\"https://a.example:8443/a%20b\"",
        "debug output shows no query"
    );
}

#[test]
fn connect_to_needs_host_and_port() {
    for good in ["127.0.0.1:8443", "[::1]:1", "proxy.internal:443"] {
        assert_eq!(good.parse::<ConnectTo>().unwrap().to_string(), good);
    }
    for bad in [
        "127.0.0.1",
        ":80",
        "a:0",
        "a:65536",
        "::1:80",
        "https://a:1",
        "a:+1",
    ] {
        assert!(bad.parse::<ConnectTo>().is_err(), "{bad}");
    }
}
