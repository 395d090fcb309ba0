//! Files are attached and read.

use metier_emulator_kit::client::Answer;
use serde_json::json;

use crate::Site;

const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=b");
const TOKEN: (&str, &str) = ("x-atlassian-token", "no-check");

fn form(field: &str, name: &str, text: &str) -> Vec<u8> {
    format!(
        "--b\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n{text}\r\n--b--\r\n"
    )
    .into_bytes()
}

async fn attach(site: &Site, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    site.send("POST", "/issue/ABC-1/attachments", headers, body)
        .await
}

#[tokio::test]
async fn a_file_is_attached_and_read_back_byte_by_byte() {
    let site = Site::start();
    let answer = attach(
        &site,
        &[FORM, TOKEN],
        &form("file", "a%22b.csv", "1,2\r\n3"),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let attached = &answer.json()[0];
    let facts = (
        &attached["filename"],
        &attached["mimeType"],
        &attached["size"],
    );
    assert_eq!(facts, (&json!("a\"b.csv"), &json!("text/csv"), &json!(6)));
    let id = attached["id"].as_str().unwrap();
    assert_eq!(&site.get(&format!("/attachment/{id}")).await["size"], 6);
    let content = site
        .send("GET", &format!("/attachment/content/{id}"), &[], b"")
        .await;
    assert_eq!(content.text(), "1,2\r\n3");
    let shown = site.get("/issue/ABC-1?fields=attachment").await;
    assert_eq!(shown["fields"]["attachment"][0]["id"], id);
}

#[tokio::test]
async fn what_is_no_attachment_is_refused() {
    let site = Site::start();
    let good = form("file", "a.csv", "1");
    for (headers, body, status) in [
        (&[FORM][..], &good[..], 403),
        (&[FORM, ("x-atlassian-token", "check")], &good, 403),
        (&[TOKEN], &good, 415),
        (&[("content-type", "text/csv"), TOKEN], b"1", 415),
        (&[FORM, TOKEN], b"--c--\r\n", 400),
        (&[FORM, TOKEN], b"--b--\r\n", 400),
        (&[FORM, TOKEN], &form("document", "a.csv", "1"), 400),
    ] {
        let answer = attach(&site, headers, body).await;
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.text());
    }
    let elsewhere = site
        .send("POST", "/issue/ABC-99/attachments", &[FORM, TOKEN], &good)
        .await;
    assert_eq!(elsewhere.status, 404);
    assert_eq!(site.emulator.state()["issues"][0]["attachments"], json!([]));
    assert_eq!(site.emulator.book().counts().applied, 0);
}
