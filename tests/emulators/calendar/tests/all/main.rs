//! The account as a client sees it.

#![expect(clippy::unwrap_used, reason = "tests")]

mod program;

use base64::Engine as _;
use metier_emulator_calendar::{
    CLIENT_ID, CLIENT_SECRET, Emulator, OTHER, Options, REFRESH_TOKEN, USER,
};
use metier_emulator_kit::client::{Answer, ask};
use serde_json::{Value, json};

struct Account {
    emulator: Emulator,
    authorization: String,
}

impl Account {
    fn start() -> Account {
        let emulator = Emulator::start(Options::default()).unwrap();
        let authorization = format!("Bearer {}", emulator.issue_token());
        Account {
            emulator,
            authorization,
        }
    }

    async fn send(&self, method: &str, path: &str, key: &str, body: &Value) -> Answer {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let headers = [
            ("authorization", self.authorization.as_str()),
            ("idempotency-key", key),
        ];
        let headers = if key.is_empty() {
            &headers[..1]
        } else {
            &headers
        };
        let path = format!("/calendar/v3{path}");
        ask(
            self.emulator.addr(),
            method,
            &path,
            headers,
            body.as_bytes(),
        )
        .await
        .unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        self.send("GET", path, "", &Value::Null).await.json()
    }
}

const EVENTS: &str = "/calendars/primary/events";

fn review(hour: u32) -> Value {
    let at =
        |minute: u32| json!({ "dateTime": format!("2026-01-05T{hour:02}:{minute:02}:00+01:00") });
    json!({ "summary": "Review", "start": at(0), "end": at(30), "attendees": [{ "email": OTHER }] })
}

#[tokio::test]
async fn an_event_is_booked_listed_changed_and_cancelled() {
    let account = Account::start();
    let booked = account
        .send("POST", &format!("{EVENTS}?sendUpdates=all"), "", &review(9))
        .await;
    assert_eq!(booked.status, 200, "{}", booked.text());
    let booked = booked.json();
    let id = booked["id"].as_str().unwrap();
    assert_eq!(booked["attendees"][0]["responseStatus"], "needsAction");
    let window = "timeMin=2026-01-05T00:00:00%2B01:00&timeMax=2026-01-06T00:00:00%2B01:00&singleEvents=true&orderBy=startTime";
    let listed = account.get(&format!("{EVENTS}?{window}")).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let path = format!("{EVENTS}/{id}");
    let changed = account
        .send("PATCH", &path, "", &json!({ "location": "Room 1" }))
        .await
        .json();
    assert_eq!(
        (&changed["location"], &changed["summary"]),
        (&json!("Room 1"), &json!("Review"))
    );
    for status in [204, 410] {
        let cancelled = account.send("DELETE", &path, "", &Value::Null).await;
        assert_eq!(cancelled.status, status);
    }
    assert_eq!(account.get(EVENTS).await["items"], json!([]));
    assert_eq!(account.get(&path).await["status"], "cancelled");
    let told = account.emulator.state()["invitations"].clone();
    assert_eq!(
        told,
        json!([{ "event": id, "to": OTHER, "why": "invited" }]),
        "only the booking said so"
    );
}

#[tokio::test]
async fn busy_times_are_those_of_the_calendar_and_of_invitations() {
    let account = Account::start();
    account.send("POST", EVENTS, "", &review(11)).await;
    let asked = json!({
        "timeMin": "2026-01-05T10:30:00+01:00", "timeMax": "2026-01-05T18:00:00+01:00",
        "items": [{ "id": USER }, { "id": OTHER }, { "id": "nobody@acme.example" }],
    });
    let busy = account.send("POST", "/freeBusy", "", &asked).await.json();
    let of = |who: &str| busy["calendars"][who]["busy"].clone();
    let period = |start: &str, end: &str| json!([{ "start": start, "end": end }]);
    assert_eq!(
        of(USER),
        period("2026-01-05T10:00:00Z", "2026-01-05T10:30:00Z")
    );
    // Her meeting from ten to eleven, cut at half past ten, and the review right after it.
    assert_eq!(
        of(OTHER),
        period("2026-01-05T09:30:00Z", "2026-01-05T10:30:00Z")
    );
    assert_eq!(
        busy["calendars"]["nobody@acme.example"]["errors"][0]["reason"],
        "notFound"
    );
    assert_eq!(
        account.emulator.book().counts().seen,
        1,
        "the question is no write"
    );
}

#[tokio::test]
async fn a_repeated_key_books_and_invites_once() {
    let account = Account::start();
    let path = format!("{EVENTS}?sendUpdates=all");
    let first = account.send("POST", &path, "\"k\"", &review(9)).await;
    let again = account.send("POST", &path, "\"k\"", &review(9)).await;
    assert_eq!((first.status, first.json()), (again.status, again.json()));
    let state = account.emulator.state();
    assert_eq!(state["events"].as_array().unwrap().len(), 2);
    assert_eq!(state["invitations"].as_array().unwrap().len(), 1);
    account.send("POST", &path, "", &review(9)).await;
    assert_eq!(
        account.emulator.state()["invitations"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn what_is_no_event_is_refused_in_googles_words() {
    let account = Account::start();
    let without = |name: &str| {
        let mut event = review(9);
        event.as_object_mut().unwrap().remove(name);
        event
    };
    let with = |name: &str, value: Value| {
        let mut event = review(9);
        event[name] = value;
        event
    };
    for (event, reason) in [
        (without("start"), "required"),
        (without("end"), "required"),
        (with("end", review(8)["end"].clone()), "timeRangeEmpty"),
        (with("end", json!({ "dateTime": "tomorrow" })), "badRequest"),
        (with("attendees", json!([{ "email": "grace" }])), "invalid"),
        (with("id", json!("UPPER")), "invalid"),
        (json!([]), "parseError"),
    ] {
        let answer = account.send("POST", EVENTS, "", &event).await;
        let error = &answer.json()["error"];
        assert_eq!(
            (answer.status, &error["errors"][0]["reason"]),
            (400, &json!(reason)),
            "{event}"
        );
        assert_eq!(error["code"], 400);
    }
    let unordered = account.get(&format!("{EVENTS}?orderBy=startTime")).await;
    assert_eq!(unordered["error"]["code"], 400);
    assert_eq!(
        account.get("/calendars/nobody/events").await["error"]["code"],
        404
    );
    assert_eq!(
        account.emulator.state()["events"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn a_refresh_token_gives_access_tokens_and_nothing_else_does() {
    let account = Account::start();
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let token = async |grant: &str, secret: &str, refresh: &str| {
        let form = format!(
            "grant_type={grant}&client_id={CLIENT_ID}&client_secret={secret}&refresh_token={refresh}"
        );
        let addr = account.emulator.addr();
        ask(addr, "POST", "/token", &kind, form.as_bytes())
            .await
            .unwrap()
    };
    for (grant, secret, refresh, why) in [
        (
            "password",
            CLIENT_SECRET,
            REFRESH_TOKEN,
            "unsupported_grant_type",
        ),
        ("refresh_token", "wrong", REFRESH_TOKEN, "invalid_client"),
        ("refresh_token", CLIENT_SECRET, "wrong", "invalid_grant"),
    ] {
        let answer = token(grant, secret, refresh).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!(why)));
    }
    let given = token("refresh_token", CLIENT_SECRET, REFRESH_TOKEN)
        .await
        .json();
    let authorization = format!("Bearer {}", given["access_token"].as_str().unwrap());
    // The same client, saying so in the head.
    let pair =
        base64::engine::general_purpose::STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    let form = format!("grant_type=refresh_token&refresh_token={REFRESH_TOKEN}");
    for (authorization, status) in [
        (format!("Basic {pair}"), 200),
        ("Basic YTpi".to_owned(), 400),
    ] {
        let headers = [kind[0], ("authorization", authorization.as_str())];
        let answer = ask(
            account.emulator.addr(),
            "POST",
            "/token",
            &headers,
            form.as_bytes(),
        )
        .await;
        assert_eq!(answer.unwrap().status, status);
    }
    let reading = async || {
        let headers = [("authorization", authorization.as_str())];
        let path = "/calendar/v3/users/me/calendarList";
        ask(account.emulator.addr(), "GET", path, &headers, b"")
            .await
            .unwrap()
            .status
    };
    assert_eq!(reading().await, 200);
    account.emulator.revoke_tokens();
    assert_eq!(reading().await, 401);
}
