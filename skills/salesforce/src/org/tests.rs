#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::cell::RefCell;

use super::*;

/// Answers in turn, and remembers the requests.
struct Script {
    answers: RefCell<Vec<(u16, String)>>,
    requests: RefCell<Vec<Request>>,
}

impl Script {
    fn new(answers: &[(u16, &str)]) -> Self {
        let answers = answers
            .iter()
            .rev()
            .map(|(status, body)| (*status, (*body).to_owned()))
            .collect();
        Self {
            answers: RefCell::new(answers),
            requests: RefCell::default(),
        }
    }

    fn org(&self) -> Org<impl Fn(&Request) -> Result<Response, FetchError>> {
        Org::new(
            Base::parse("https://acme.my.salesforce.com", None).unwrap(),
            |request: &Request| {
                self.requests.borrow_mut().push(request.clone());
                let Some((status, body)) = self.answers.borrow_mut().pop() else {
                    return Err(FetchError::Unreachable(
                        "nothing more in the script".to_owned(),
                    ));
                };
                Ok(Response {
                    status,
                    headers: Vec::new(),
                    body: body.into_bytes(),
                    url: request.url.clone(),
                })
            },
        )
    }

    fn sent(&self) -> Vec<Request> {
        self.requests.borrow().clone()
    }
}

fn page(total: usize, ids: std::ops::Range<usize>, next: Option<&str>) -> String {
    let records: Vec<_> = ids
        .map(|id| format!(r#"{{"attributes":{{}},"Id":"{id}"}}"#))
        .collect();
    let next = next.map_or(String::new(), |next| {
        format!(r#""nextRecordsUrl":"{next}","#)
    });
    format!(
        r#"{{"totalSize":{total},"done":{},{next}"records":[{}]}}"#,
        next.is_empty(),
        records.join(",")
    )
}

fn account() -> ObjectName {
    ObjectName::parse("Account").unwrap()
}

fn id() -> RecordId {
    RecordId::parse("0015g0000000001AAA").unwrap()
}

fn value(name: &str, value: Option<&str>) -> FieldValue {
    FieldValue {
        name: name.to_owned(),
        value: value.map(str::to_owned),
    }
}

#[test]
fn pages_are_followed_until_there_are_enough_rows() {
    let next = "/services/data/v62.0/query/01g-200";
    let (first, second) = (
        page(1_000, 0..200, Some(next)),
        page(1_000, 200..400, Some("/services/data/v62.0/query/01g-400")),
    );
    let script = Script::new(&[(200, &first), (200, &second)]);
    let table = script
        .org()
        .query(" SELECT Id FROM Account ", Some(300))
        .unwrap();
    assert_eq!(
        (table.rows.len(), table.total_size, table.truncated),
        (300, 1_000, true)
    );
    assert_eq!(table.rows[299], [Some("299".to_owned())]);
    let sent = script.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(
        sent[0].url,
        "https://acme.my.salesforce.com/services/data/v62.0/query?q=SELECT%20Id%20FROM%20Account"
    );
    assert_eq!(sent[1].url, format!("https://acme.my.salesforce.com{next}"));
    assert!(sent.iter().all(|request| request.headers.contains(&(
        "sforce-query-options".to_owned(),
        "batchSize=300".to_owned()
    ))));
    assert!(
        sent.iter()
            .all(|request| request.follow_redirects == 0 && request.method == "GET")
    );
}

#[test]
fn a_last_page_is_the_last_request() {
    let exact = page(200, 0..200, None);
    let script = Script::new(&[(200, &exact)]);
    let table = script.org().query("SELECT Id FROM Account", None).unwrap();
    assert_eq!(
        (table.rows.len(), table.truncated, script.sent().len()),
        (200, false, 1)
    );
    // The smallest page has more rows than were asked for.
    let script = Script::new(&[(200, &exact)]);
    let table = script
        .org()
        .query("SELECT Id FROM Account", Some(5))
        .unwrap();
    assert_eq!((table.rows.len(), table.truncated), (5, true));
    assert!(script.sent()[0].headers.contains(&(
        "sforce-query-options".to_owned(),
        "batchSize=200".to_owned()
    )));
}

#[test]
fn a_count_has_no_rows() {
    let script = Script::new(&[(200, r#"{"totalSize":42,"done":true,"records":[]}"#)]);
    let table = script
        .org()
        .query("SELECT COUNT() FROM Account", None)
        .unwrap();
    assert_eq!(
        (
            table.total_size,
            table.truncated,
            table.columns.len(),
            table.rows.len()
        ),
        (42, false, 0, 0)
    );
}

#[test]
fn pages_that_lead_away_or_nowhere_are_not_followed() {
    let away = page(1_000, 0..200, Some("https://evil.example/services/data/"));
    let script = Script::new(&[(200, &away)]);
    assert!(matches!(
        script.org().query("SELECT Id FROM Account", Some(500)),
        Err(Error::Unavailable(_))
    ));
    assert_eq!(script.sent().len(), 1);
    let nowhere = page(1_000, 0..0, Some("/services/data/v62.0/query/01g-0"));
    let script = Script::new(&[(200, &nowhere), (200, &nowhere)]);
    assert!(matches!(
        script.org().query("SELECT Id FROM Account", None),
        Err(Error::Unavailable(_))
    ));
    assert_eq!(script.sent().len(), 1);
}

#[test]
fn what_cannot_be_right_is_not_sent() {
    let script = Script::new(&[]);
    let org = script.org();
    for limit in [0, 10_001] {
        assert!(matches!(
            org.query("SELECT Id FROM Account", Some(limit)),
            Err(Error::InvalidInput(_))
        ));
    }
    assert!(matches!(
        org.search("FIND {x}", Some(2_001)),
        Err(Error::InvalidInput(_))
    ));
    assert!(matches!(org.query(" ", None), Err(Error::InvalidInput(_))));
    assert!(matches!(
        org.create_record(&account(), &[]),
        Err(Error::InvalidInput(_))
    ));
    let twice = [value("Name", Some("a")), value("Name", None)];
    assert!(matches!(
        org.update_record(&account(), &id(), &twice),
        Err(Error::InvalidInput(_))
    ));
    assert!(matches!(
        org.create_record(&account(), &[value("Na me", None)]),
        Err(Error::InvalidInput(_))
    ));
    assert!(matches!(
        org.get_record(&account(), &id(), &["Name&x=1".to_owned()]),
        Err(Error::InvalidInput(_))
    ));
    assert!(script.sent().is_empty());
}

#[test]
fn records_are_written_as_json_and_no_header_is_a_credential() {
    let script = Script::new(&[
        (
            201,
            r#"{"id":"0015g0000000009AAA","success":true,"errors":[]}"#,
        ),
        (204, ""),
    ]);
    let fields = [
        value("Name", Some(r#"A "quoted" \ name"#)),
        value("Phone", None),
    ];
    assert_eq!(
        script.org().create_record(&account(), &fields).unwrap().id,
        "0015g0000000009AAA"
    );
    script
        .org()
        .update_record(&account(), &id(), &fields[1..])
        .unwrap();
    let sent = script.sent();
    assert_eq!(
        sent[0].url,
        "https://acme.my.salesforce.com/services/data/v62.0/sobjects/Account"
    );
    assert_eq!(
        String::from_utf8(sent[0].body.clone().unwrap()).unwrap(),
        r#"{"Name":"A \"quoted\" \\ name","Phone":null}"#
    );
    assert_eq!(
        (sent[1].method.as_str(), sent[1].body.as_deref()),
        ("PATCH", Some(&br#"{"Phone":null}"#[..]))
    );
    assert!(
        sent[1]
            .url
            .ends_with("/sobjects/Account/0015g0000000001AAA")
    );
    let names: Vec<_> = sent[0]
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["accept", "content-type"]);
}

#[test]
fn records_are_read_with_the_fields_asked_for() {
    let record = r#"{"attributes":{"type":"Account"},"Name":"A","Owner":{"attributes":{},"Name":"O"},"Phone":null}"#;
    let script = Script::new(&[(200, record), (200, record)]);
    let fields = script
        .org()
        .get_record(
            &account(),
            &id(),
            &["Name".to_owned(), "Owner.Name".to_owned()],
        )
        .unwrap();
    assert_eq!(
        fields,
        [
            value("Name", Some("A")),
            value("Owner.Name", Some("O")),
            value("Phone", None)
        ]
    );
    script.org().get_record(&account(), &id(), &[]).unwrap();
    let sent = script.sent();
    assert!(
        sent[0]
            .url
            .ends_with("/sobjects/Account/0015g0000000001AAA?fields=Name%2COwner.Name")
    );
    assert!(
        sent[1]
            .url
            .ends_with("/sobjects/Account/0015g0000000001AAA")
    );
}

#[test]
fn searches_are_cut_at_their_limit() {
    let found = r#"{"searchRecords":[{"attributes":{"type":"Account"},"Id":"1"},{"attributes":{"type":"Contact"},"Id":"2"}]}"#;
    let script = Script::new(&[(200, found)]);
    let table = script
        .org()
        .search("FIND {x} RETURNING Account", Some(1))
        .unwrap();
    assert_eq!(
        (table.rows.len(), table.total_size, table.truncated),
        (1, 2, true)
    );
    assert_eq!(table.columns, ["type", "Id"]);
    assert!(
        script.sent()[0]
            .url
            .ends_with("/search?q=FIND%20%7Bx%7D%20RETURNING%20Account")
    );
}

#[test]
fn answers_that_are_no_answers_are_errors() {
    for body in [
        "",
        "<html>",
        "[]",
        "{}",
        r#"{"records":[]}"#,
        r#"{"totalSize":1}"#,
    ] {
        let script = Script::new(&[(200, body)]);
        assert!(
            matches!(
                script.org().query("SELECT Id FROM Account", None),
                Err(Error::Unavailable(_))
            ),
            "{body}"
        );
    }
    let script = Script::new(&[(
        400,
        r#"[{"message":"unexpected token: 'FRM'","errorCode":"MALFORMED_QUERY"}]"#,
    )]);
    let error = script
        .org()
        .query("SELECT Id FRM Account", None)
        .unwrap_err();
    assert_eq!(
        error,
        Error::InvalidInput("MALFORMED_QUERY: unexpected token: 'FRM'".to_owned())
    );
    let script = Script::new(&[]);
    assert!(matches!(
        script.org().describe(&account()),
        Err(Error::Unavailable(_))
    ));
}
