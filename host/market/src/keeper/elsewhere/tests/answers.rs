//! Over HTTP: a bucket that is away, one that answers something else, and one that may not be asked that way.

use std::net::SocketAddr;

use metier_core::Digest;
use metier_store::depot::{DepotError, Warehouse};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::super::{Bucket, open};

fn bucket(address: &str, endpoint: &str) -> Bucket {
    let variables = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_EXECUTION_ENV", "something of others"),
        ("AZURE_STORAGE_ACCOUNT_NAME", "account"),
        ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5"),
        ("AZURE_STORAGE_ENDPOINT", endpoint),
    ];
    let told = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    open(&address.parse().unwrap(), told.into_iter()).unwrap()
}

/// Answers everybody the same.
async fn server(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = vec![0; 64 << 10];
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    address
}

async fn size(bucket: &Bucket) -> Result<Option<u64>, DepotError> {
    bucket.size(&Digest::of(b"x")).await
}

#[tokio::test]
async fn a_bucket_that_is_away_is_told_with_its_name_and_why() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = listener.local_addr().unwrap();
    drop(listener);
    for address in ["s3://blobs/x", "az://blobs/x"] {
        let bucket = bucket(address, &format!("http://{gone}"));
        let error = size(&bucket).await.unwrap_err().to_string();
        assert!(error.contains(address), "{error}");
        assert!(error.contains("refused"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn answers_of_something_else_are_none_of_a_bucket() {
    let html = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 29\r\nconnection: close\r\n\r\n<html>Please sign in.</html>\n";
    let portal = server(html).await;
    let bucket = bucket("s3://blobs/x", &format!("http://{portal}"));
    let error = bucket.list().await.unwrap_err();
    assert!(matches!(error, DepotError::Away { .. }), "{error}");
    // It has no blob, whatever it says.
    let refused = match bucket.read(&Digest::of(b"x"), 0, u64::MAX).await {
        Err(_) => true,
        Ok(None) => false,
        Ok(Some(mut reading)) => loop {
            match reading.next().await {
                Ok(None) => break false,
                Ok(Some(_)) => {}
                Err(_) => break true,
            }
        },
    };
    assert!(refused);
}

#[tokio::test]
async fn no_credentials_are_told_as_such() {
    let denied = "HTTP/1.1 403 Forbidden\r\ncontent-length: 22\r\nconnection: close\r\n\r\n<Code>Denied</Code>\r\n\r\n";
    let at = server(denied).await;
    let bucket = bucket("s3://blobs/x", &format!("http://{at}"));
    let error = size(&bucket).await.unwrap_err().to_string();
    assert!(error.contains("credentials"), "{error}");
}

/// Its answer would be held in memory.
#[tokio::test]
async fn a_refusal_without_end_is_not_read() {
    let long: &'static str = Box::leak("x".repeat(1 << 20).into_boxed_str());
    let head = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n",
        long.len()
    );
    let at = server(Box::leak((head + long).into_boxed_str())).await;
    let bucket = bucket("s3://blobs/x", &format!("http://{at}"));
    let error = bucket.list().await.unwrap_err().to_string();
    assert!(error.contains("length limit exceeded"), "{error}");
}

#[tokio::test]
async fn keys_do_not_go_over_plain_http_to_another_machine() {
    let bucket = bucket("s3://blobs/x", "http://bucket.invalid:9000");
    let error = size(&bucket).await.unwrap_err().to_string();
    assert!(error.contains("plain http"), "{error}");
}

#[test]
fn what_is_not_done_here_is_said() {
    let told = [
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_PROXY_URL", "http://proxy.example"),
    ];
    let told = told.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let refused = open(&"s3://blobs".parse().unwrap(), told.into_iter());
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("a proxy to the bucket"), "{error}");
}
