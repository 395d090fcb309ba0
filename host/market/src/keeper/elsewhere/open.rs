//! From an address and an environment to a bucket.

use std::{str::FromStr, sync::Arc, time::Duration};

use metier_store::depot::DepotError;
use object_store::{
    BackoffConfig, ObjectStore, RetryConfig, aws::AmazonS3Builder, azure::MicrosoftAzureBuilder,
    gcp::GoogleCloudStorageBuilder,
};

use super::{Bucket, BucketAddress, Kind, away, why, wire::Wire};

/// How often a request is sent again, and how long after the first: somebody waits for the answer.
const RETRIES: usize = 3;
const RETRY_FOR: Duration = Duration::from_secs(20);

/// The bucket at this address. `variables` say how it is reached, by the names `object_store` knows: `AWS_ACCESS_KEY_ID`,
/// `AZURE_STORAGE_ACCOUNT_NAME`, `GOOGLE_SERVICE_ACCOUNT`. Nothing is asked yet.
///
/// # Errors
/// Where they do not say enough.
pub fn open(
    address: &BucketAddress,
    variables: impl Iterator<Item = (String, String)>,
) -> Result<Bucket, DepotError> {
    let begin = address.kind.variables();
    let told = variables
        .filter(|(name, _)| name.starts_with(begin))
        .map(|(name, value)| (name.to_ascii_lowercase(), value));
    let retry = RetryConfig {
        backoff: BackoffConfig {
            max_backoff: Duration::from_secs(5),
            ..BackoffConfig::default()
        },
        max_retries: RETRIES,
        retry_timeout: RETRY_FOR,
    };
    let built = match address.kind {
        Kind::S3 => s3(&address.bucket, told, retry),
        Kind::Azure => azure(&address.bucket, told, retry),
        Kind::Google => google(&address.bucket, told, retry),
    };
    let store = built.map_err(|error| {
        let why = format!("{}; look at the variables {begin}…", why(&error));
        away(&address.to_string(), why)
    })?;
    Ok(Bucket::new(store, address))
}

type Built = object_store::Result<Arc<dyn ObjectStore>>;

/// A builder with every variable that its library knows; other programs' begin alike.
fn configured<B, K: FromStr>(
    builder: B,
    told: impl Iterator<Item = (String, String)>,
    with: impl Fn(B, K, String) -> B,
) -> B {
    told.fold(builder, |builder, (name, value)| match name.parse() {
        Ok(key) => with(builder, key, value),
        Err(_) => builder,
    })
}

fn s3(bucket: &str, told: impl Iterator<Item = (String, String)>, retry: RetryConfig) -> Built {
    let with = configured(AmazonS3Builder::new(), told, AmazonS3Builder::with_config);
    let built = with
        .with_bucket_name(bucket)
        .with_retry(retry)
        .with_http_connector(Wire)
        .build()?;
    Ok(Arc::new(built))
}

fn azure(
    container: &str,
    told: impl Iterator<Item = (String, String)>,
    retry: RetryConfig,
) -> Built {
    let builder = MicrosoftAzureBuilder::new();
    let with = configured(builder, told, MicrosoftAzureBuilder::with_config);
    let built = with
        .with_container_name(container)
        .with_retry(retry)
        .with_http_connector(Wire)
        .build()?;
    Ok(Arc::new(built))
}

fn google(bucket: &str, told: impl Iterator<Item = (String, String)>, retry: RetryConfig) -> Built {
    let builder = GoogleCloudStorageBuilder::new();
    let with = configured(builder, told, GoogleCloudStorageBuilder::with_config);
    let built = with
        .with_bucket_name(bucket)
        .with_retry(retry)
        .with_http_connector(Wire)
        .build()?;
    Ok(Arc::new(built))
}
