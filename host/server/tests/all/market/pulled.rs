//! What is read: blobs whole and in ranges, tags in pages, and what refers to a manifest.

use metier_core::Digest;
use serde_json::{Value, json};

use super::{AS_ACME, INDEX, MANIFEST, Stall};

const SKILL: &str = "com.acme/salesforce";

#[tokio::test]
async fn blobs_come_whole_and_in_ranges() {
    let stall = Stall::open().await;
    let bytes: Vec<u8> = (0..1_000_000_u32)
        .map(|number| (number * 7) as u8)
        .collect();
    let digest = stall.blob(SKILL, &bytes).await;
    let path = format!("/v2/{SKILL}/blobs/{digest}");
    let whole = stall.own(&path).await;
    assert!(whole.status == 200 && whole.body == bytes);
    assert_eq!(whole.header("content-length"), Some("1000000"));
    // Nobody else may read it yet: no cache in front keeps it.
    assert_eq!(whole.header("cache-control"), Some("private, no-store"));
    let head = stall.write(&format!("HEAD {path}"), &[], b"").await;
    assert_eq!(
        (head.status, head.header("content-length"), head.body.len()),
        (200, Some("1000000"), 0)
    );
    let part = stall
        .write(&format!("GET {path}"), &[("range", "bytes=999990-")], b"")
        .await;
    assert_eq!(
        (part.status, part.header("content-range")),
        (206, Some("bytes 999990-999999/1000000"))
    );
    assert_eq!(part.body, bytes[999_990..]);
    let beyond = stall
        .write(&format!("GET {path}"), &[("range", "bytes=1000000-")], b"")
        .await;
    assert_eq!(
        (beyond.status, beyond.header("content-range")),
        (416, Some("bytes */1000000"))
    );
    let tag = whole.header("etag").unwrap();
    let known = stall
        .write(&format!("GET {path}"), &[("if-none-match", tag)], b"")
        .await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    let policy = whole.header("content-security-policy").unwrap();
    assert!(
        policy.contains("sandbox"),
        "what somebody pushed is no page of ours: {policy}"
    );
}

#[tokio::test]
async fn a_damaged_blob_does_not_come_whole() {
    let stall = Stall::open().await;
    let digest = stall.blob(SKILL, b"sound bytes").await;
    let hex = digest.to_hex();
    let file = stall
        .folder
        .path()
        .join("registry/blobs")
        .join(&hex[..2])
        .join(&hex[2..]);
    std::fs::write(file, b"wrong bytes").unwrap();
    let path = format!("/v2/{SKILL}/blobs/{digest}");
    let mut stream = tokio::net::TcpStream::connect(stall.address).await.unwrap();
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: {}\r\nauthorization: {AS_ACME}\r\nconnection: close\r\n\r\n",
        stall.address
    );
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes())
        .await
        .unwrap();
    let mut told = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut told).await;
    let told = String::from_utf8_lossy(&told);
    // The connection may break off before the head is out.
    let is_begun = told.is_empty() || told.starts_with("HTTP/1.1 200");
    assert!(is_begun && !told.contains("wrong bytes"), "{told}");
}

#[tokio::test]
async fn tags_come_in_pages() {
    let stall = Stall::open().await;
    for version in ["1.0.0", "1.10.0", "1.2.0", "2.0.0-rc.1"] {
        stall.publish(SKILL, version).await;
    }
    let all = stall.get(&format!("/v2/{SKILL}/tags/list")).await;
    assert_eq!(
        all.json(),
        json!({"name": SKILL, "tags": ["1.0.0", "1.10.0", "1.2.0", "2.0.0-rc.1"]})
    );
    assert_eq!(all.header("link"), None);
    let first = stall.get(&format!("/v2/{SKILL}/tags/list?n=2")).await;
    assert_eq!(first.json()["tags"], json!(["1.0.0", "1.10.0"]));
    let next = format!("</v2/{SKILL}/tags/list?n=2&last=1.10.0>; rel=\"next\"");
    assert_eq!(first.header("link"), Some(next.as_str()));
    let second = stall
        .get(&format!("/v2/{SKILL}/tags/list?n=2&last=1.10.0"))
        .await;
    assert_eq!(second.json()["tags"], json!(["1.2.0", "2.0.0-rc.1"]));
    assert_eq!(second.header("link"), None);
    let none = stall.get(&format!("/v2/{SKILL}/tags/list?n=0")).await;
    assert_eq!(none.json()["tags"], json!([]));
}

/// A signature: one small layer, a config that is empty, and the manifest it is about.
async fn refer(stall: &Stall, subject: &Digest, kind: &str, body: &[u8]) -> (Value, Digest) {
    let layer = stall.blob(SKILL, body).await;
    let config = stall.blob(SKILL, b"{}").await;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": kind,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2},
        "layers": [{"mediaType": kind, "digest": layer, "size": body.len()}],
        "subject": {"mediaType": MANIFEST, "digest": subject, "size": 1},
        "annotations": {"made": "today"},
    });
    let digest = Digest::of(manifest.to_string().as_bytes());
    (manifest, digest)
}

#[tokio::test]
async fn what_refers_to_a_manifest_is_told_by_the_api_and_by_the_fallback_tag() {
    let stall = Stall::open().await;
    let subject = stall.publish(SKILL, "1.0.0").await;
    let path = format!("/v2/{SKILL}/referrers/{subject}");
    let none = stall.get(&path).await;
    assert_eq!(
        (none.status, none.json()["manifests"].clone()),
        (200, json!([]))
    );
    let tag = format!("sha256-{}", subject.to_hex());
    assert_eq!(
        stall
            .get(&format!("/v2/{SKILL}/manifests/{tag}"))
            .await
            .status,
        404
    );
    let (bundle, digest) = refer(
        &stall,
        &subject,
        "application/vnd.dev.sigstore.bundle.v0.3+json",
        b"signed",
    )
    .await;
    let pushed = stall.put(SKILL, &digest.to_string(), &bundle).await;
    assert_eq!(
        (pushed.status, pushed.header("oci-subject")),
        (201, Some(subject.to_string().as_str()))
    );
    let (other, other_digest) = refer(&stall, &subject, "application/x", b"other").await;
    stall.put(SKILL, &other_digest.to_string(), &other).await;
    let told = stall.get(&path).await;
    assert_eq!(told.header("content-type"), Some(INDEX));
    let manifests = told.json()["manifests"].as_array().unwrap().clone();
    assert_eq!(manifests.len(), 2);
    let of_bundle = manifests
        .iter()
        .find(|told| told["digest"] == json!(digest))
        .unwrap();
    assert_eq!(
        of_bundle["artifactType"],
        "application/vnd.dev.sigstore.bundle.v0.3+json"
    );
    assert_eq!(of_bundle["size"], bundle.to_string().len());
    assert_eq!(of_bundle["annotations"], json!({"made": "today"}));
    let filtered = stall
        .get(&format!("{path}?artifactType=application/x"))
        .await;
    assert_eq!(filtered.header("oci-filters-applied"), Some("artifactType"));
    assert_eq!(filtered.json()["manifests"].as_array().unwrap().len(), 1);
    let fallback = stall.get(&format!("/v2/{SKILL}/manifests/{tag}")).await;
    assert_eq!(fallback.body, told.body);
    let tags = stall.get(&format!("/v2/{SKILL}/tags/list")).await;
    assert_eq!(tags.json()["tags"], json!(["1.0.0"]), "it is no version");
    assert_eq!(
        stall
            .get(&format!("/v2/{SKILL}/referrers/sha256:x"))
            .await
            .code(),
        "DIGEST_INVALID"
    );
}

#[tokio::test]
async fn a_fallback_tag_may_be_pushed_and_names_only_what_refers_to_it() {
    let stall = Stall::open().await;
    let subject = stall.publish(SKILL, "1.0.0").await;
    let (bundle, digest) = refer(&stall, &subject, "application/x", b"signed").await;
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [{"mediaType": MANIFEST, "digest": digest, "size": 1}]});
    let line = format!("PUT /v2/{SKILL}/manifests/sha256-{}", subject.to_hex());
    let headers = [("content-type", INDEX)];
    let refused = stall
        .write(&line, &headers, index.to_string().as_bytes())
        .await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (400, "MANIFEST_INVALID"),
        "it was not pushed yet"
    );
    stall.put(SKILL, &digest.to_string(), &bundle).await;
    let taken = stall
        .write(&line, &headers, index.to_string().as_bytes())
        .await;
    assert_eq!(taken.status, 201, "{taken:?}");
    let refused = stall
        .write(
            &line,
            &[("content-type", MANIFEST)],
            bundle.to_string().as_bytes(),
        )
        .await;
    assert_eq!(refused.code(), "MANIFEST_INVALID");
}

#[tokio::test]
async fn what_refers_to_a_manifest_has_its_blobs_and_a_number() {
    let stall = Stall::open().await;
    let subject = stall.publish(SKILL, "1.0.0").await;
    let (mut lying, _) = refer(&stall, &subject, "application/x", b"signed").await;
    lying["layers"][0]["size"] = json!(999);
    let digest = Digest::of(lying.to_string().as_bytes()).to_string();
    assert_eq!(
        stall.put(SKILL, &digest, &lying).await.code(),
        "MANIFEST_INVALID"
    );
    lying["layers"] = json!(vec![lying["config"].clone(); 17]);
    let digest = Digest::of(lying.to_string().as_bytes()).to_string();
    assert_eq!(
        stall.put(SKILL, &digest, &lying).await.code(),
        "MANIFEST_INVALID"
    );
    let (mut bundle, _) = refer(&stall, &subject, "application/x", b"signed").await;
    for number in 0..=256 {
        bundle["annotations"] = json!({"number": number.to_string()});
        let digest = Digest::of(bundle.to_string().as_bytes()).to_string();
        let answer = stall.put(SKILL, &digest, &bundle).await;
        assert_eq!(
            answer.status,
            if number < 256 { 201 } else { 429 },
            "{number}: {answer:?}"
        );
    }
}
