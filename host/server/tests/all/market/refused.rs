//! Who may write, and what names there are.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{ACME, AS_ACME, OTHER, Stall};

const SKILL: &str = "com.acme/salesforce";

#[tokio::test]
async fn writing_needs_a_publishers_token_and_reading_none() {
    let stall = Stall::open().await;
    let lines = [
        format!("POST /v2/{SKILL}/blobs/uploads/"),
        format!("PATCH /v2/{SKILL}/blobs/uploads/{}", "0".repeat(32)),
        format!("PUT /v2/{SKILL}/blobs/uploads/{}?digest=x", "0".repeat(32)),
        format!("GET /v2/{SKILL}/blobs/uploads/{}", "0".repeat(32)),
        format!("DELETE /v2/{SKILL}/blobs/uploads/{}", "0".repeat(32)),
        format!("PUT /v2/{SKILL}/manifests/1.0.0"),
    ];
    for line in &lines {
        for (who, status) in [
            (None, 401),
            (Some("Bearer nonsense".to_owned()), 401),
            (Some("Basic nonsense".to_owned()), 401),
            (Some("Bearer anonymous".to_owned()), 401),
            (Some(format!("Bearer {OTHER}")), 403),
        ] {
            let headers: Vec<(&str, &str)> = who
                .iter()
                .map(|who| ("authorization", who.as_str()))
                .collect();
            let refused = stall.ask(line, &headers, b"").await;
            assert_eq!(refused.status, status, "{line} as {who:?}: {refused:?}");
            let challenge = refused.header("www-authenticate").unwrap_or_default();
            assert_eq!(
                challenge.contains(&format!("scope=\"repository:{SKILL}:pull,push\"")),
                status == 401,
                "{challenge}"
            );
        }
    }
    let basic = format!("Basic {}", STANDARD.encode(format!("whoever:{ACME}")));
    let begun = stall
        .ask(&lines[0], &[("authorization", &basic)], b"")
        .await;
    assert_eq!(begun.status, 202, "{begun:?}");
    let twice = [("authorization", AS_ACME), ("authorization", AS_ACME)];
    assert_eq!(stall.ask(&lines[0], &twice, b"").await.status, 401);
    stall.publish(SKILL, "1.0.0").await;
    assert_eq!(
        stall
            .get(&format!("/v2/{SKILL}/manifests/1.0.0"))
            .await
            .status,
        200
    );
}

/// The way `docker login` and its likes go.
#[tokio::test]
async fn tokens_are_got_as_the_distribution_specification_has_it() {
    let stall = Stall::open().await;
    let first = stall.get("/v2/").await;
    assert_eq!((first.status, first.code().as_str()), (401, "UNAUTHORIZED"));
    let challenge = first.header("www-authenticate").unwrap();
    assert_eq!(
        challenge,
        format!(
            "Bearer realm=\"http://{0}/v2/token\",service=\"{0}\"",
            stall.address
        )
    );
    let anonymous = stall
        .get("/v2/token?service=x&scope=repository:x:pull")
        .await;
    let token = format!("Bearer {}", anonymous.json()["token"].as_str().unwrap());
    assert_eq!(
        stall
            .ask("GET /v2/", &[("authorization", &token)], b"")
            .await
            .status,
        200
    );
    let basic = format!("Basic {}", STANDARD.encode(format!("acme:{ACME}")));
    let issued = stall
        .ask("GET /v2/token", &[("authorization", &basic)], b"")
        .await;
    let token = format!("Bearer {}", issued.json()["access_token"].as_str().unwrap());
    let begun = stall
        .ask(
            &format!("POST /v2/{SKILL}/blobs/uploads/"),
            &[("authorization", &token)],
            b"",
        )
        .await;
    assert_eq!(begun.status, 202);
    let wrong = format!("Basic {}", STANDARD.encode("acme:wrong"));
    for line in ["GET /v2/token", "GET /v2/"] {
        assert_eq!(
            stall
                .ask(line, &[("authorization", &wrong)], b"")
                .await
                .status,
            401,
            "{line}"
        );
    }
}

#[tokio::test]
async fn names_that_are_none_of_a_skill_are_not_there() {
    let stall = Stall::open().await;
    for name in [
        "acme/salesforce",
        "com.acme",
        "com.acme/x/y",
        "Com.Acme/salesforce",
        "com.acme/Sales",
        "com..acme/x",
        "../..",
        "%2e%2e/%2e%2e",
        "com.acme/..",
        "com.acme%2fx/y",
        "com.acme/x%2fy",
        "com.acme/x%00",
        "-com.acme/x",
        "com.acme/x_y",
        "com.acme/%C3%A4",
    ] {
        for line in [
            format!("POST /v2/{name}/blobs/uploads/"),
            format!("PUT /v2/{name}/manifests/1.0.0"),
            format!("GET /v2/{name}/tags/list"),
        ] {
            let refused = stall.write(&line, &[], b"").await;
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (404, "NAME_UNKNOWN"),
                "{line}: {refused:?}"
            );
        }
    }
    let long = format!("com.acme/{}", "a".repeat(64));
    assert_eq!(
        stall
            .write(&format!("POST /v2/{long}/blobs/uploads/"), &[], b"")
            .await
            .status,
        404
    );
    for path in [
        "/v2/_catalog",
        "/v2/x",
        "/v2/com.acme/salesforce",
        "/v2/com.acme/salesforce/blobs",
    ] {
        let none = stall.get(path).await;
        assert_eq!(
            (none.status, none.code().as_str()),
            (404, "NAME_UNKNOWN"),
            "{path}"
        );
    }
}
