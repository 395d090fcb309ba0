//! `s3://bucket/prefix`.

use std::{fmt, str::FromStr};

use metier_core::ids::shown;
use url::Url;

/// Longest address, in bytes.
const MAX_BYTES: usize = 1_024;

/// Who keeps the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `s3://`: Amazon S3, and what speaks as it does.
    S3,
    /// `az://`: a container of Azure Blob Storage.
    Azure,
    /// `gs://`: Google Cloud Storage.
    Google,
}

/// A bucket, and what all names in it begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketAddress {
    /// Who keeps it.
    pub kind: Kind,
    /// What it is called.
    pub bucket: String,
    /// Without slashes at its ends; all of the bucket where it is empty.
    pub prefix: String,
}

/// The text is no address of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no bucket: write `s3://bucket/prefix`, `az://container/prefix` or `gs://bucket/prefix`; credentials come from the environment"
)]
pub struct InvalidBucket(String);

impl Kind {
    fn scheme(self) -> &'static str {
        match self {
            Kind::S3 => "s3",
            Kind::Azure => "az",
            Kind::Google => "gs",
        }
    }

    /// What the names of the variables begin with that say how it is reached.
    pub fn variables(self) -> &'static str {
        match self {
            Kind::S3 => "AWS_",
            Kind::Azure => "AZURE_",
            Kind::Google => "GOOGLE_",
        }
    }
}

impl FromStr for BucketAddress {
    type Err = InvalidBucket;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || InvalidBucket(shown(text));
        let short = (text.len() <= MAX_BYTES).then_some(text);
        let url = Url::parse(short.ok_or_else(wrong)?).map_err(|_| wrong())?;
        let kinds = [Kind::S3, Kind::Azure, Kind::Google];
        let kind = kinds.into_iter().find(|kind| kind.scheme() == url.scheme());
        let kind = kind.ok_or_else(wrong)?;
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && url.port().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let bucket = url.host_str().unwrap_or_default();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let prefix = url.path().trim_matches('/');
        // As it was written: what had to be escaped or was folded away means something else to somebody.
        let is_part = |part: &str| !part.is_empty() && part.bytes().all(is_plain);
        let is_path = prefix.is_empty() || prefix.split('/').all(is_part);
        let is_name = !bucket.is_empty() && bucket.bytes().all(is_plain);
        if !is_bare || !is_name || !is_path || text.contains("/.") {
            return Err(wrong());
        }
        Ok(BucketAddress {
            kind,
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        })
    }
}

impl fmt::Display for BucketAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.kind.scheme(), self.bucket)?;
        match self.prefix.is_empty() {
            true => Ok(()),
            false => write!(f, "/{}", self.prefix),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::BucketAddress;

    #[test]
    fn a_bucket_has_a_name_and_a_prefix_and_nothing_else() {
        for (text, spelled) in [
            ("s3://blobs", "s3://blobs"),
            ("s3://blobs/", "s3://blobs"),
            ("gs://blobs/a/b/", "gs://blobs/a/b"),
            ("az://c0/market_1", "az://c0/market_1"),
        ] {
            let read: BucketAddress = text.parse().unwrap();
            assert_eq!(read.to_string(), spelled);
        }
        for text in [
            "",
            "blobs",
            "/var/blobs",
            "https://blobs/x",
            "s3://",
            "s3:///x",
            "s3://key:secret@blobs",
            "s3://blobs:9000/x",
            "s3://blobs/x?versionId=1",
            "s3://blobs/x#y",
            "s3://blobs/a//b",
            "s3://blobs/a/../b",
            "s3://blobs/./a",
            "s3://blobs/a b",
            "s3://blobs/ä",
        ] {
            assert!(text.parse::<BucketAddress>().is_err(), "{text}");
        }
    }
}
