//! A registry that is asked: what is sent to it, what is believed of it, and who hears the password.
#![expect(clippy::unwrap_used, reason = "tests")]

pub mod shelf;

use metier_core::Digest;
use serde_json::json;

use self::shelf::{Shelf, Told};
use super::{EMPTY, Remote, RemoteError, artifact, descriptor};

const REPOSITORY: &str = "acme/files";

async fn read(remote: &Remote, digest: &Digest) -> Result<Option<Vec<u8>>, RemoteError> {
    match remote.blob(REPOSITORY, digest, None).await? {
        Some(blob) => remote.whole(blob.answer, 32 << 20).await.map(Some),
        None => Ok(None),
    }
}

#[tokio::test]
async fn a_blob_goes_in_pieces_and_comes_back() {
    let shelf = Shelf::open().await;
    let remote = shelf.remote("");
    let large: Vec<u8> = (0..(17 << 20) + 1_u32).map(|number| number as u8).collect();
    for bytes in [b"small".to_vec(), large, Vec::new()] {
        let digest = Digest::of(&bytes);
        assert_eq!(remote.blob_size(REPOSITORY, &digest).await.unwrap(), None);
        assert!(read(&remote, &digest).await.unwrap().is_none());
        remote.push_blob(REPOSITORY, &digest, &bytes).await.unwrap();
        let size = remote.blob_size(REPOSITORY, &digest).await.unwrap();
        assert_eq!(size, Some(bytes.len() as u64));
        assert!(read(&remote, &digest).await.unwrap().unwrap() == bytes);
    }
    let pieces = shelf.asked();
    let pieces = pieces.iter().filter(|asked| asked.method == "PATCH");
    let ranges: Vec<_> = pieces
        .map(|asked| asked.headers["content-range"].as_str())
        .collect();
    assert_eq!(
        ranges,
        ["0-4", "0-8388607", "8388608-16777215", "16777216-17825792"]
    );
}

#[tokio::test]
async fn another_digest_is_not_pushed() {
    let shelf = Shelf::open().await;
    let wrong = Digest::of(b"those");
    let (remote, bytes) = (shelf.remote(""), b"these".to_vec());
    let pushed = remote.push_blob(REPOSITORY, &wrong, &bytes).await;
    let error = pushed.unwrap_err();
    assert!(error.to_string().contains("DIGEST_INVALID"), "{error}");
    let there = shelf.remote("").blob_size(REPOSITORY, &wrong).await;
    assert_eq!(there.unwrap(), None);
}

#[tokio::test]
async fn what_refers_to_a_manifest_is_told_with_and_without_the_registrys_help() {
    for knows in [true, false] {
        let shelf = Shelf::open().await;
        if !knows {
            shelf.know_no_referrers();
        }
        let remote = shelf.remote("");
        let subject = descriptor("x/y", b"subject");
        let digest = Digest::of(b"subject");
        let layer = [descriptor("x/y", EMPTY)];
        for number in ["1", "2"] {
            let manifest = artifact("x/kind", &layer, Some(&subject), &json!({"n": number}));
            let put = remote.put_referrer(REPOSITORY, &digest, manifest, |_| false);
            put.await.unwrap();
        }
        let mut told = remote.referrers(REPOSITORY, &digest).await.unwrap();
        told.sort_by_key(|one| one.annotations["n"].clone());
        let kinds: Vec<_> = told
            .iter()
            .map(|one| one.artifact_type.as_deref())
            .collect();
        assert_eq!(kinds, [Some("x/kind"), Some("x/kind")]);
        let nobody = Digest::of(b"nobody");
        assert!(
            remote
                .referrers(REPOSITORY, &nobody)
                .await
                .unwrap()
                .is_empty()
        );
        let tags = shelf.tags(REPOSITORY);
        assert_eq!(tags.is_empty(), knows, "{tags:?}");
        if !knows {
            let manifest = artifact("x/kind", &layer, Some(&subject), &json!({"n": "3"}));
            let put = remote.put_referrer(REPOSITORY, &digest, manifest, |one| {
                one.annotations["n"] == "1"
            });
            put.await.unwrap();
            let told = remote.referrers(REPOSITORY, &digest).await.unwrap();
            let left: Vec<_> = told
                .iter()
                .map(|one| one.annotations["n"].as_str())
                .collect();
            assert_eq!(left, ["2", "3"]);
        }
    }
}

#[tokio::test]
async fn all_tags_are_read_page_by_page() {
    let shelf = Shelf::open().await;
    shelf.show(2);
    let remote = shelf.remote("");
    assert!(remote.tags(REPOSITORY).await.unwrap().is_empty());
    for tag in ["a", "b", "c", "d", "e"] {
        let put = remote.put_manifest(REPOSITORY, tag, "x/y", b"{}".to_vec());
        put.await.unwrap();
    }
    assert_eq!(
        remote.tags(REPOSITORY).await.unwrap(),
        ["a", "b", "c", "d", "e"]
    );
    // The same page again and again is no list.
    shelf.lie(|asked, told| {
        asked.path.contains("/tags/").then(|| {
            let body = json!({"tags": ["a b"]}).to_string();
            Told {
                body: body.into(),
                ..told
            }
        })
    });
    let error = remote.tags(REPOSITORY).await.unwrap_err();
    assert!(matches!(error, RemoteError::Shape { .. }), "{error}");
}

#[tokio::test]
async fn a_page_of_html_is_no_registry() {
    let shelf = Shelf::open().await;
    shelf.lie(|_, _| Some(Told::of(200, "<html>Please sign in</html>")));
    let remote = shelf.remote("");
    let digest = Digest::of(b"x");
    let error = remote.manifest(REPOSITORY, &digest.to_string()).await;
    assert!(matches!(error, Err(RemoteError::OtherBytes { .. })));
    let error = remote.tags(REPOSITORY).await.unwrap_err();
    assert!(matches!(error, RemoteError::Shape { .. }), "{error}");
    let pushed = remote.push_blob(REPOSITORY, &digest, &b"x".to_vec()).await;
    let error = pushed.unwrap_err().to_string();
    assert!(error.contains("a page of HTML"), "{error}");
    shelf.lie(|_, _| Some(Told::of(201, "<html>Please sign in</html>")));
    let pushed = remote.push_blob(REPOSITORY, &digest, &b"x".to_vec()).await;
    assert!(pushed.is_err());
}

/// An upload that is sent elsewhere would take the password with it.
#[tokio::test]
async fn the_next_piece_goes_to_the_same_registry() {
    let shelf = Shelf::open().await;
    shelf.lie(|asked, told| {
        (asked.method == "POST").then(|| Told {
            headers: vec![("location", "http://127.0.0.1:1/v2/x".to_owned())],
            ..told
        })
    });
    let (remote, bytes) = (shelf.remote(""), b"x".to_vec());
    let digest = Digest::of(&bytes);
    let pushed = remote.push_blob(REPOSITORY, &digest, &bytes).await;
    let error = pushed.unwrap_err().to_string();
    assert!(
        error.contains("the next piece at http://127.0.0.1:1"),
        "{error}"
    );
}

#[tokio::test]
async fn who_asks_is_said_when_the_registry_asks() {
    let shelf = Shelf::open().await;
    shelf.close("Basic bWU6d29yZA==", "Basic realm=\"shelf\"");
    let digest = Digest::of(b"x");
    let remote = shelf.remote_of("", Some("me:word"));
    remote
        .push_blob(REPOSITORY, &digest, &b"x".to_vec())
        .await
        .unwrap();
    let asked = shelf.asked();
    let without = asked
        .iter()
        .filter(|one| !one.headers.contains_key("authorization"));
    assert_eq!(without.count(), 1, "once: then it is known");
    for login in [None, Some("me:other")] {
        let remote = shelf.remote_of("", login);
        let error = remote.blob_size(REPOSITORY, &digest).await.unwrap_err();
        assert!(matches!(error, RemoteError::Denied { .. }), "{error}");
        let shown = format!("{error} {remote:?}");
        assert!(
            shown.contains("METIER_REGISTRY_AUTH") && !shown.contains("other"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_token_is_fetched_where_the_registry_says() {
    let shelf = Shelf::open().await;
    let issuer = Shelf::open().await;
    issuer.lie(|asked, _| {
        assert!(
            asked
                .path
                .starts_with("/token?service=shelf&scope=repository%3Aacme"),
            "{asked:?}"
        );
        let knows = asked
            .headers
            .get("authorization")?
            .ends_with("bWU6d29yZA==");
        knows.then(|| Told::of(200, r#"{"access_token": "opened"}"#))
    });
    let realm = format!(
        "Bearer realm=\"http://{}/token\",service=\"shelf\"",
        issuer.address
    );
    shelf.close("Bearer opened", &realm);
    let digest = Digest::of(b"x");
    let remote = shelf.remote_of("", Some("me:word"));
    remote
        .push_blob(REPOSITORY, &digest, &b"x".to_vec())
        .await
        .unwrap();
    assert!(read(&remote, &digest).await.unwrap().is_some());
    let error = shelf
        .remote("")
        .blob_size(REPOSITORY, &digest)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("get a token"), "{error}");
    // Not over plain HTTP to another machine.
    shelf.close(
        "Bearer opened",
        "Bearer realm=\"http://tokens.invalid/token\"",
    );
    let error = shelf
        .remote_of("", Some("me:word"))
        .blob_size(REPOSITORY, &digest)
        .await;
    assert!(matches!(error, Err(RemoteError::Shape { .. })));
}

#[tokio::test]
async fn a_blob_may_be_elsewhere_and_the_password_stays_here() {
    let (shelf, other) = (Shelf::open().await, Shelf::open().await);
    shelf.close("Basic bWU6d29yZA==", "Basic realm=\"shelf\"");
    other.lie(|_, _| Some(Told::of(200, "elsewhere")));
    let to = format!("http://{}/bucket/x?signature=y", other.address);
    shelf.lie(move |_, told| {
        (told.status == 404).then(|| Told {
            status: 307,
            headers: vec![("location", to.clone())],
            body: Vec::new(),
            length: None,
        })
    });
    let remote = shelf.remote_of("", Some("me:word"));
    let bytes = read(&remote, &Digest::of(b"elsewhere")).await.unwrap();
    assert_eq!(bytes.as_deref(), Some(&b"elsewhere"[..]));
    let asked = other.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].path, "/bucket/x?signature=y");
    assert!(!asked[0].headers.contains_key("authorization"), "{asked:?}");
    // Round and round.
    let here = format!("http://{}/v2/{REPOSITORY}/blobs/x", other.address);
    other.lie(move |_, told| {
        Some(Told {
            status: 302,
            headers: vec![("location", here.clone())],
            ..told
        })
    });
    let error = read(&remote, &Digest::of(b"x")).await.unwrap_err();
    assert!(error.to_string().contains("without end"), "{error}");
}

#[tokio::test]
async fn a_registry_that_is_away_is_told_with_its_name() {
    let shelf = Shelf::open().await;
    let address = shelf.address;
    let remote = shelf.remote("acme");
    shelf.fail_at(0);
    let error = remote.tags(REPOSITORY).await.unwrap_err().to_string();
    assert!(
        error.contains(&format!("oci://{address}/acme does not answer")),
        "{error}"
    );
}
