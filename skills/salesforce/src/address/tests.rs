#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

fn base() -> Base {
    Base::parse("https://acme.my.salesforce.com/", None).unwrap()
}

#[test]
fn a_query_cannot_leave_its_parameter() {
    let url = base()
        .resource(
            "query",
            &[(
                "q",
                "SELECT Id FROM Account WHERE Name = 'R&D #1 +50%/?ü'&x=1",
            )],
        )
        .unwrap();
    assert_eq!(
        url,
        "https://acme.my.salesforce.com/services/data/v62.0/query?q=SELECT%20Id%20FROM%20Account%20WHERE%20Name%20%3D%20%27R%26D%20%231%20%2B50%25%2F%3F%C3%BC%27%26x%3D1"
    );
    let two = base().resource("x", &[("a", "1"), ("b", "2")]).unwrap();
    assert!(two.ends_with("/x?a=1&b=2"));
    assert!(matches!(
        base().resource("query", &[("q", &"x".repeat(16_000))]),
        Err(Error::InvalidInput(_))
    ));
}

#[test]
fn versions_are_written_either_way() {
    for version in ["v58.0", "58.0", " v58.0 "] {
        let base = Base::parse("https://acme.my.salesforce.com", Some(version)).unwrap();
        assert!(
            base.resource("query", &[])
                .unwrap()
                .ends_with("/services/data/v58.0/query")
        );
    }
    for version in ["latest", "v58", "v58.1", "v1.0", "v58.0/../..", ""] {
        assert!(
            matches!(
                Base::parse("https://a.b", Some(version)),
                Err(Error::Internal(_))
            ),
            "{version}"
        );
    }
}

#[test]
fn an_instance_is_scheme_and_host_only() {
    for good in [
        "https://acme.my.salesforce.com",
        "http://127.0.0.1:8080",
        "https://[::1]:8443/",
    ] {
        assert!(Base::parse(good, None).is_ok(), "{good}");
    }
    for bad in [
        "",
        "acme.my.salesforce.com",
        "ftp://a",
        "https://",
        "https://a/b",
        "https://u@a",
        "https://a?b",
        "https://a#b",
        "https://a b",
    ] {
        assert!(
            matches!(Base::parse(bad, None), Err(Error::Internal(_))),
            "{bad}"
        );
    }
}

#[test]
fn only_a_path_into_the_api_is_a_next_page() {
    let next = "/services/data/v62.0/query/01g5g0000000001AAA-2000";
    assert_eq!(
        base().next_page(next).unwrap(),
        format!("https://acme.my.salesforce.com{next}")
    );
    for bad in [
        "https://evil.example/services/data/v62.0/query/1",
        "//evil.example/services/data/",
        "@evil.example/services/data/",
        ".evil.example/services/data/",
        "/services/apexrest/x",
        "/services/data/../oauth2/token",
        "/services/data/%2e%2e/oauth2/token",
        "/services/data/v62.0/query/1?x=1",
        "/services/data/v62.0/query/1#x",
        "/services/data/v62.0\\query",
        "/services/data/v62.0/query/1\r\nx: y",
        "",
    ] {
        assert!(
            matches!(base().next_page(bad), Err(Error::Unavailable(_))),
            "{bad:?}"
        );
    }
}

#[test]
fn names_and_ids_are_what_they_should_be() {
    for good in ["Account", "Invoice__c", "ns__Thing__c", "A1"] {
        assert_eq!(ObjectName::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "",
        "../Account",
        "Account/describe",
        "Account?x",
        "1Account",
        "_A",
        "Acc ount",
        "Accóunt",
        &"A".repeat(81),
    ] {
        assert!(
            matches!(ObjectName::parse(bad), Err(Error::InvalidInput(_))),
            "{bad}"
        );
    }
    for good in ["0015g0000000001", "0015g0000000001AAA"] {
        assert_eq!(RecordId::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "",
        "0015g000000000",
        "0015g0000000001A",
        "0015g000000000/",
        "0015g00000000é",
        "../../../../../x",
    ] {
        assert!(
            matches!(RecordId::parse(bad), Err(Error::InvalidInput(_))),
            "{bad}"
        );
    }
    assert!(check_field_path("Account.Owner.Name").is_ok() && check_field("Name").is_ok());
    for bad in ["", "Name,Phone", "Owner..Name", ".Name", "Name&x", "Name "] {
        assert!(
            check_field_path(bad).is_err() && check_field(bad).is_err(),
            "{bad}"
        );
    }
    assert!(check_field("Owner.Name").is_err());
}
