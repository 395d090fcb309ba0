//! Blobs on their way in: in order, whole, and of the digest they were said to have.

use std::time::Duration;

use metier_core::Digest;
use metier_market::keeper::registry::RegistryLimits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{AS_ACME, Stall};

const SKILL: &str = "com.acme/salesforce";

async fn begin(stall: &Stall) -> String {
    let begun = stall
        .write(&format!("POST /v2/{SKILL}/blobs/uploads/"), &[], b"")
        .await;
    assert_eq!(begun.status, 202, "{begun:?}");
    begun.header("location").unwrap().to_owned()
}

#[tokio::test]
async fn a_blob_comes_in_chunks_in_their_order() {
    let stall = Stall::open().await;
    let upload = begin(&stall).await;
    let first = stall
        .write(
            &format!("PATCH {upload}"),
            &[("content-range", "0-4")],
            b"hello",
        )
        .await;
    assert_eq!((first.status, first.header("range")), (202, Some("0-4")));
    for (range, why) in [
        ("10-14", "a gap"),
        ("0-4", "the same again"),
        ("4-8", "an overlap"),
        ("x", "none"),
        ("9-5", "backwards"),
    ] {
        let refused = stall
            .write(
                &format!("PATCH {upload}"),
                &[("content-range", range)],
                b"world",
            )
            .await;
        assert_eq!(
            (refused.status, refused.header("range")),
            (416, Some("0-4")),
            "{why}"
        );
    }
    let status = stall.write(&format!("GET {upload}"), &[], b"").await;
    assert_eq!((status.status, status.header("range")), (204, Some("0-4")));
    let digest = Digest::of(b"hello, world");
    let put = stall
        .write(
            &format!("PUT {upload}?digest={digest}"),
            &[("content-range", "5-11")],
            b", world",
        )
        .await;
    assert_eq!(
        (put.status, put.header("docker-content-digest")),
        (201, Some(digest.to_string().as_str()))
    );
    let blob = stall.own(put.header("location").unwrap()).await;
    assert_eq!(blob.text(), "hello, world");
    assert_eq!(
        stall.write(&format!("GET {upload}"), &[], b"").await.status,
        404,
        "it is over"
    );
}

#[tokio::test]
async fn a_wrong_digest_leaves_nothing() {
    let stall = Stall::open().await;
    let said = Digest::of(b"said");
    let whole = stall
        .write(
            &format!("POST /v2/{SKILL}/blobs/uploads/?digest={said}"),
            &[],
            b"sent",
        )
        .await;
    assert_eq!(
        (whole.status, whole.code().as_str()),
        (400, "DIGEST_INVALID")
    );
    let upload = begin(&stall).await;
    let put = stall
        .write(&format!("PUT {upload}?digest={said}"), &[], b"sent")
        .await;
    assert_eq!((put.status, put.code().as_str()), (400, "DIGEST_INVALID"));
    assert_eq!(stall.unfinished(), 0);
    for digest in [said, Digest::of(b"sent")] {
        let none = stall.own(&format!("/v2/{SKILL}/blobs/{digest}")).await;
        assert_eq!((none.status, none.code().as_str()), (404, "BLOB_UNKNOWN"));
    }
    for odd in [
        "",
        "sha256:abc",
        "md5:abc",
        "sha256:../../x",
        "SHA256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
    ] {
        let refused = stall
            .write(
                &format!("POST /v2/{SKILL}/blobs/uploads/?digest={odd}"),
                &[],
                b"",
            )
            .await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, "DIGEST_INVALID"),
            "{odd}"
        );
    }
}

#[tokio::test]
async fn a_piece_that_lies_about_its_length_ends_the_upload() {
    let stall = Stall::open().await;
    let upload = begin(&stall).await;
    let refused = stall
        .write(
            &format!("PATCH {upload}"),
            &[("content-range", "0-99")],
            b"short",
        )
        .await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (400, "SIZE_INVALID")
    );
    assert_eq!(
        stall.write(&format!("GET {upload}"), &[], b"").await.status,
        404
    );
    assert_eq!(stall.unfinished(), 0);
}

#[tokio::test]
async fn a_body_that_breaks_off_or_stops_keeps_what_came_and_is_gone_on_with() {
    let stall = Stall::open().await;
    let upload = begin(&stall).await;
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nhost: {}\r\nauthorization: {AS_ACME}\r\ncontent-length: 100\r\nconnection: close\r\n\r\nhalf",
        stall.address
    );
    let mut broken = TcpStream::connect(stall.address).await.unwrap();
    broken.write_all(head.as_bytes()).await.unwrap();
    drop(broken);
    let mut slow = Vec::new();
    for _ in 0..50 {
        let status = stall.write(&format!("GET {upload}"), &[], b"").await;
        if status.status == 204 && status.header("range") == Some("0-3") {
            slow.push(());
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(slow.len(), 1, "what came before it broke off is there");
    let mut stopped = TcpStream::connect(stall.address).await.unwrap();
    stopped.write_all(head.as_bytes()).await.unwrap();
    let mut told = String::new();
    stopped.read_to_string(&mut told).await.unwrap();
    assert!(told.starts_with("HTTP/1.1 408"), "{told}");
    let digest = Digest::of(b"halfhalf");
    let put = stall
        .write(&format!("PUT {upload}?digest={digest}"), &[], b"")
        .await;
    assert_eq!(put.status, 201, "{put:?}");
}

#[tokio::test]
async fn an_upload_is_written_to_by_one_request_at_a_time() {
    let stall = Stall::open().await;
    let upload = begin(&stall).await;
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nhost: {}\r\nauthorization: {AS_ACME}\r\ncontent-length: 100\r\n\r\nhalf",
        stall.address
    );
    let mut first = TcpStream::connect(stall.address).await.unwrap();
    first.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let second = stall.write(&format!("PATCH {upload}"), &[], b"other").await;
    assert_eq!(
        (second.status, second.code().as_str()),
        (409, "BLOB_UPLOAD_INVALID")
    );
}

#[tokio::test]
async fn an_upload_is_its_publishers_and_its_skills() {
    let stall = Stall::open().await;
    let upload = begin(&stall).await;
    let id = upload.rsplit('/').next().unwrap();
    for (line, who) in [
        (format!("PATCH {upload}"), "Bearer token-of-other"),
        (
            format!("PATCH /v2/org.other/salesforce/blobs/uploads/{id}"),
            "Bearer token-of-other",
        ),
        (
            format!("PATCH /v2/com.acme/other/blobs/uploads/{id}"),
            AS_ACME,
        ),
        (
            format!("PATCH /v2/{SKILL}/blobs/uploads/{}", "0".repeat(32)),
            AS_ACME,
        ),
        (
            format!("PATCH /v2/{SKILL}/blobs/uploads/..%2f..%2fetc"),
            AS_ACME,
        ),
    ] {
        let refused = stall.ask(&line, &[("authorization", who)], b"x").await;
        assert!([403, 404].contains(&refused.status), "{line}: {refused:?}");
    }
    assert_eq!(
        stall
            .write(&format!("DELETE {upload}"), &[], b"")
            .await
            .status,
        204
    );
    assert_eq!(stall.unfinished(), 0);
}

#[tokio::test]
async fn half_an_upload_ends_when_nobody_goes_on_with_it() {
    let stall = Stall::open().await;
    let upload = begin(&stall).await;
    stall.write(&format!("PATCH {upload}"), &[], b"half").await;
    stall.clock.advance(Duration::from_secs(3_599));
    stall.market.registry().sweep();
    assert_eq!(stall.unfinished(), 1);
    stall.clock.advance(Duration::from_secs(2));
    stall.market.registry().sweep();
    assert_eq!(stall.unfinished(), 0);
    let gone = stall.write(&format!("PATCH {upload}"), &[], b"more").await;
    assert_eq!(
        (gone.status, gone.code().as_str()),
        (404, "BLOB_UPLOAD_UNKNOWN")
    );
}

#[tokio::test]
async fn uploads_are_counted_and_sizes_have_an_end() {
    let limits = RegistryLimits {
        blob: 1_000,
        total: Some(1_500),
        uploads_each: 2,
        ..RegistryLimits::default()
    };
    let stall = Stall::limited(limits).await;
    let one = begin(&stall).await;
    let two = begin(&stall).await;
    let refused = stall
        .write(&format!("POST /v2/{SKILL}/blobs/uploads/"), &[], b"")
        .await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "TOOMANYREQUESTS")
    );
    let refused = stall.write(&format!("PATCH {one}"), &[], &[0; 1_001]).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (413, "SIZE_INVALID")
    );
    let taken = stall.write(&format!("PATCH {two}"), &[], &[0; 900]).await;
    assert_eq!(taken.status, 202);
    let digest = Digest::of(&[1; 900]);
    let full = stall
        .write(
            &format!("POST /v2/{SKILL}/blobs/uploads/?digest={digest}"),
            &[],
            &[1; 900],
        )
        .await;
    assert_eq!(
        (full.status, full.code().as_str()),
        (507, "DENIED"),
        "{full:?}"
    );
    assert!(full.text().contains("no room"), "{full:?}");
    assert_eq!(stall.unfinished(), 1, "nothing half of it is left");
    stall.write(&format!("DELETE {two}"), &[], b"").await;
    stall.blob(SKILL, &[1; 900]).await;
}

#[tokio::test]
async fn a_blob_that_is_there_is_not_sent_again() {
    let stall = Stall::open().await;
    let digest = stall.blob(SKILL, b"shared").await;
    let mount = format!("POST /v2/com.acme/other/blobs/uploads/?mount={digest}&from={SKILL}");
    let mounted = stall.write(&mount, &[], b"").await;
    assert_eq!(mounted.status, 201);
    assert_eq!(
        stall.own(mounted.header("location").unwrap()).await.text(),
        "shared"
    );
    let unknown = Digest::of(b"unknown");
    let mount = format!("POST /v2/com.acme/other/blobs/uploads/?mount={unknown}&from={SKILL}");
    assert_eq!(
        stall.write(&mount, &[], b"").await.status,
        202,
        "it is sent then"
    );
}
