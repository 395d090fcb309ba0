//! Steps 2 to 4: authority, resolution, address policy, pinning, and a pool that never crosses them.

use axum::{Router, routing::get};
use metier_core::{audit::EgressOutcome, code::Code};

use super::support::*;
use crate::egress::EgressError;

async fn hello() -> std::net::SocketAddr {
    serve(
        Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/v1", get(|| async { "v1" })),
    )
    .await
}

#[tokio::test]
async fn an_allowed_request_is_answered_and_recorded() {
    let server = hello().await;
    let rig = Setup::to(server, "http").rig();
    let seen = rig.get(&url(server, "/v1?key=private")).await.unwrap();
    assert_eq!(seen.text(), "v1");
    let record = rig.audit.last();
    assert_eq!(record.outcome, EgressOutcome::Answered { status: 200 });
    assert_eq!(record.target, url(server, "/v1"), "without the query");
    assert_eq!(record.address, Some("127.0.0.1".parse().unwrap()));
    assert_eq!((record.method.as_str(), record.response_bytes), ("GET", 2));
    assert_eq!(rig.call.meter.usage().requests, 1);
}

#[tokio::test]
async fn what_no_rule_allows_is_refused_counted_and_recorded() {
    let server = hello().await;
    let rig = Setup::to(server, "http").rig();
    let elsewhere = format!("http://other.example:{}/", server.port());
    for (url, code) in [
        (elsewhere.as_str(), Code::HttpNotDeclared),
        ("https://user@api.test.example/", Code::SkillInternal),
        ("file:///etc/passwd", Code::SkillInternal),
    ] {
        let request = rig
            .egress
            .follow(&rig.call, "GET", url, Default::default(), None, 0)
            .await;
        assert_eq!(request.unwrap_err().code(), code, "{url}");
        assert_eq!(rig.audit.last().outcome, EgressOutcome::Denied { code });
    }
    let delete = rig
        .egress
        .follow(
            &rig.call,
            "DELETE",
            &url(server, "/"),
            Default::default(),
            None,
            0,
        )
        .await;
    assert_eq!(delete.unwrap_err().code(), Code::HttpNotDeclared);
    assert_eq!(rig.audit.records().len(), 4);
    assert_eq!(
        rig.call.meter.usage().requests,
        4,
        "every attempt counts, readable or not"
    );
}

#[tokio::test]
async fn an_address_no_rule_lists_is_refused_without_naming_it() {
    let server = hello().await;
    for (address, class) in [
        ("127.0.0.1", "loopback"),
        ("10.1.2.3", "private"),
        ("169.254.169.254", "metadata"),
    ] {
        let rig = Setup::to(server, "http")
            .with_reach("")
            .resolver(Names::of(HOST, &[&[address]]))
            .rig();
        let error = rig.get(&url(server, "/")).await.unwrap_err();
        let fault = error.fault();
        assert_eq!(fault.code, Code::HttpAddressBlocked, "{address}");
        assert!(
            fault.message.contains(HOST) && fault.message.contains(class),
            "{}",
            fault.message
        );
        assert!(!fault.message.contains(address), "{}", fault.message);
        assert_eq!(
            rig.audit.last().outcome,
            EgressOutcome::Denied {
                code: Code::HttpAddressBlocked
            }
        );
    }
}

/// The first answer passes the check; had anybody asked again, the second would have been connected to.
#[tokio::test]
async fn the_checked_address_is_the_one_connected_to() {
    let server = hello().await;
    let names = Names::of(HOST, &[&["203.0.113.7"], &["127.0.0.1"]]);
    let mut setup = Setup::to(server, "http")
        .with_reach("addresses = [\"203.0.113.0/24\"]")
        .resolver(names);
    setup.config.connect_timeout = std::time::Duration::from_millis(200);
    let rig = setup.rig();
    let error = rig.get(&url(server, "/")).await.unwrap_err();
    assert!(
        matches!(error, EgressError::Timeout(_) | EgressError::Unreachable(_)),
        "{error:?}"
    );
    let error = rig.get(&url(server, "/")).await.unwrap_err();
    assert_eq!(
        error.code(),
        Code::HttpAddressBlocked,
        "the new answer is checked anew"
    );
}

#[tokio::test]
async fn of_several_addresses_only_allowed_ones_are_used() {
    let server = hello().await;
    let names = Names::of(HOST, &[&["10.0.0.1", "169.254.169.254", "127.0.0.1"]]);
    let rig = Setup::to(server, "http").resolver(names).rig();
    assert_eq!(rig.get(&url(server, "/")).await.unwrap().text(), "hello");
}

#[tokio::test]
async fn when_the_first_address_refuses_the_next_allowed_one_is_tried() {
    let server = hello().await;
    let names = Names::of(HOST, &[&["127.0.0.9", "127.0.0.1"]]);
    let rig = Setup::to(server, "http").resolver(names).rig();
    assert_eq!(rig.get(&url(server, "/")).await.unwrap().text(), "hello");
    assert_eq!(rig.audit.last().address, Some("127.0.0.1".parse().unwrap()));
}

/// Tenant A may reach loopback and leaves an idle connection behind; tenant B, same URL, may not.
#[tokio::test]
async fn a_pooled_connection_never_serves_a_rule_that_forbids_its_address() {
    let server = hello().await;
    let a = Setup::to(server, "http").rig();
    assert_eq!(a.get(&url(server, "/")).await.unwrap().text(), "hello");
    let b = Setup::to(server, "http")
        .with_reach("")
        .rig_on(a.egress.clone());
    assert_eq!(
        b.get(&url(server, "/")).await.unwrap_err().code(),
        Code::HttpAddressBlocked
    );
    // B may reach another address of the same name: it must not travel over A's connection.
    let names = Names::of(HOST, &[&["127.0.0.1"], &["127.0.0.9"]]);
    let a = Setup::to(server, "http").resolver(names).rig();
    assert!(a.get(&url(server, "/")).await.is_ok());
    let c = Setup::to(server, "http")
        .with_reach("addresses = [\"127.0.0.9/32\"]")
        .rig_on(a.egress.clone());
    assert!(matches!(
        c.get(&url(server, "/")).await.unwrap_err(),
        EgressError::Unreachable(_)
    ));
}

#[tokio::test]
async fn connections_are_used_again() {
    use axum::extract::ConnectInfo;
    let router = Router::new().route(
        "/",
        get(|ConnectInfo(peer): ConnectInfo<std::net::SocketAddr>| async move { peer.to_string() }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    let rig = Setup::to(server, "http").rig();
    let first = rig.get(&url(server, "/")).await.unwrap().text();
    for _ in 0..5 {
        assert_eq!(rig.get(&url(server, "/")).await.unwrap().text(), first);
    }
}

#[tokio::test]
async fn connect_leads_elsewhere_and_is_checked_like_any_address() {
    let server = hello().await;
    let to = |connect: &str, addresses: &str| {
        let lines = format!("connect = \"{connect}\"\n{addresses}");
        Setup::to("127.0.0.1:1".parse().unwrap(), "http")
            .with_reach(&lines)
            .resolver(Names::default())
            .rig()
    };
    let there = server.to_string();
    let rig = to(&there, "addresses = [\"127.0.0.0/8\"]");
    assert_eq!(
        rig.get("http://api.test.example:1/").await.unwrap().text(),
        "hello"
    );
    let rig = to(&there, "");
    assert_eq!(
        rig.get("http://api.test.example:1/")
            .await
            .unwrap_err()
            .code(),
        Code::HttpAddressBlocked
    );
}

#[tokio::test]
async fn a_name_nobody_knows_and_a_port_nobody_listens_on_are_unreachable() {
    let server = hello().await;
    let rig = Setup::to(server, "http").resolver(Names::default()).rig();
    assert!(matches!(
        rig.get(&url(server, "/")).await.unwrap_err(),
        EgressError::Unreachable(_)
    ));
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let rig = Setup::to(closed, "http").rig();
    let error = rig.get(&url(closed, "/")).await.unwrap_err();
    assert_eq!(error.code(), Code::UpstreamUnreachable);
    assert_eq!(
        error.fault().message,
        "The service cannot be reached: connection refused."
    );
    assert_eq!(
        rig.audit.last().outcome,
        EgressOutcome::Failed {
            code: Code::UpstreamUnreachable
        }
    );
}
