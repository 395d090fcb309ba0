//! What goes wrong on purpose does.

use std::time::Duration;

use metier_emulator_kit::client::ask;
use metier_emulator_models::{Emulator, Fault, KEY, Options, Rule};
use serde_json::json;
use tokio::time::timeout;

use crate::anthropic::{events, hello, post};

fn with(fault: Fault) -> Emulator {
    let emulator = Emulator::start(Options::default()).unwrap();
    emulator.faults().push(Rule::once(fault));
    emulator
}

#[tokio::test]
async fn refusals_say_how_long_to_wait_where_they_are_to() {
    for (fault, status, wait) in [
        (
            Fault::RateLimited {
                retry_after_s: Some(7),
            },
            429,
            true,
        ),
        (
            Fault::RateLimited {
                retry_after_s: None,
            },
            429,
            false,
        ),
        (
            Fault::Overloaded {
                retry_after_s: None,
            },
            529,
            false,
        ),
    ] {
        let refused = post(&with(fault), &hello(true)).await;
        assert_eq!(
            (refused.status, refused.head.contains("retry-after: 7")),
            (status, wait)
        );
    }
    let echoed = post(&with(Fault::SecretEcho), &hello(false)).await;
    assert_eq!((echoed.status, echoed.text().contains(KEY)), (401, true));
}

#[tokio::test]
async fn streams_break_in_every_way() {
    let text = |fault| async move { post(&with(fault), &hello(true)).await.text() };
    assert!(
        !text(Fault::BreakOff { after: 3 })
            .await
            .contains("message_stop")
    );
    let inside = text(Fault::ErrorInside).await;
    assert!(
        inside.contains("You said")
            && inside.contains("overloaded_error")
            && !inside.contains("message_stop")
    );
    assert!(text(Fault::NotJson).await.contains("\"index\":0,\n"));
    let spoiled = post(&with(Fault::NotUtf8), &hello(true)).await.body;
    assert!(spoiled.windows(3).any(|window| window == [0xff; 3]));
    assert_eq!(
        events(&text(Fault::Empty).await).len(),
        3,
        "begun, stopped, over"
    );
}

#[tokio::test]
async fn connections_hang_and_break() {
    let body = hello(true).to_string().into_bytes();
    let asked = |fault: Fault, patience: u64| {
        let body = body.clone();
        async move {
            let emulator = with(fault);
            let asking = ask(
                emulator.addr(),
                "POST",
                "/v1/messages",
                &[("x-api-key", KEY), ("anthropic-version", "2023-06-01")],
                &body,
            );
            timeout(Duration::from_millis(patience), asking)
                .await
                .map(|answer| answer.is_some())
        }
    };
    assert!(asked(Fault::Hold { after: None }, 300).await.is_err());
    assert!(asked(Fault::Hold { after: Some(3) }, 300).await.is_err());
    assert_eq!(asked(Fault::Reset { after: None }, 30_000).await, Ok(false));
    assert_eq!(
        asked(Fault::Reset { after: Some(2) }, 30_000).await,
        Ok(false)
    );
}

#[tokio::test]
async fn what_is_held_goes_on_when_it_is_let_go() {
    let emulator = with(Fault::Hold { after: Some(3) });
    let body = hello(true);
    let (answer, ()) = tokio::join!(post(&emulator, &body), async {
        // Nothing waits yet when this begins.
        while emulator.book().counts().requests == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        emulator.faults().release();
    });
    assert!(answer.text().contains("message_stop"));
}

#[tokio::test]
async fn models_that_are_not_well_say_so_in_the_right_form() {
    let mut body = hello(false);
    body["tools"] = json!([{ "name": "a__b", "input_schema": {} }]);
    let said = |fault| {
        let body = body.clone();
        async move { post(&with(fault), &body).await.json()["content"].clone() }
    };
    assert_eq!(
        said(Fault::ManyCalls { count: 1000 })
            .await
            .as_array()
            .map(Vec::len),
        Some(1000)
    );
    assert_eq!(said(Fault::UnknownTool).await[0]["name"], "launch_missiles");
    assert!(said(Fault::BadArguments).await[0]["input"].is_string());
    assert_eq!(said(Fault::SameCall).await[0]["name"], "a__b");
    let long = said(Fault::LongText { bytes: 10_000_000 }).await;
    assert!(long[0]["text"].as_str().unwrap().len() >= 10_000_000);
}
