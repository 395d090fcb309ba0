//! Errors as the specification writes them: `{"errors": [{"code": "…", "message": "…"}]}`.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use metier_market::keeper::{MarketError, accounts::AccountsError, registry::RegistryError};
use serde_json::json;

use crate::market::base::Base;

/// The answer of every route here.
pub type OciResult<T> = Result<T, OciError>;

/// Why a request was not answered as asked.
#[derive(Debug)]
pub struct OciError {
    status: StatusCode,
    code: &'static str,
    message: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl OciError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        OciError {
            status,
            code,
            message: message.into(),
            header: None,
        }
    }

    /// A name that cannot be one of a skill.
    pub fn no_name() -> Self {
        let message = "there is nothing here: a skill is named `com.acme/salesforce`";
        OciError::new(StatusCode::NOT_FOUND, "NAME_UNKNOWN", message)
    }

    /// A method a path does not have.
    pub fn unsupported() -> Self {
        let message = "this is not done here: what was published stays, and is yanked or revoked";
        OciError::new(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", message)
    }

    /// A digest that is none.
    pub fn no_digest() -> Self {
        let message = "a digest is `sha256:` and 64 lowercase hexadecimal digits";
        OciError::new(StatusCode::BAD_REQUEST, "DIGEST_INVALID", message)
    }

    /// A request without a token where there has to be one. Where to get one is told as the distribution specification's token
    /// authentication does: clients come back with what they know.
    pub fn no_token(base: &Base, scope: Option<&str>, message: &str) -> Self {
        let mut error = OciError::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message);
        let scope = scope.map_or(String::new(), |scope| format!(",scope=\"{scope}\""));
        let challenge = format!(
            "Bearer realm=\"{}{}\",service=\"{}\"{scope}",
            base.0,
            super::token::PATH,
            base.host(),
        );
        let challenge = HeaderValue::try_from(challenge).ok();
        error.header = challenge.map(|value| (header::WWW_AUTHENTICATE, value));
        error
    }

    /// The same with a header.
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.header = HeaderValue::from_str(value).ok().map(|value| (name, value));
        self
    }
}

impl IntoResponse for OciError {
    fn into_response(self) -> Response {
        let told = json!({"errors": [{"code": self.code, "message": self.message}]});
        let mut response = (self.status, Json(told)).into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl From<RegistryError> for OciError {
    fn from(error: RegistryError) -> Self {
        use RegistryError as E;
        let (status, code) = match &error {
            E::BlobUnknown(_) => (StatusCode::NOT_FOUND, "BLOB_UNKNOWN"),
            E::ManifestBlobUnknown(_) => (StatusCode::NOT_FOUND, "MANIFEST_BLOB_UNKNOWN"),
            E::UploadUnknown => (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"),
            E::UploadBusy => (StatusCode::CONFLICT, "BLOB_UPLOAD_INVALID"),
            E::OutOfOrder { .. } => (StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID"),
            E::OtherLength { .. } => (StatusCode::BAD_REQUEST, "SIZE_INVALID"),
            E::OtherDigest { .. } => (StatusCode::BAD_REQUEST, "DIGEST_INVALID"),
            E::ManifestInvalid(_) => (StatusCode::BAD_REQUEST, "MANIFEST_INVALID"),
            E::ManifestUnknown => (StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"),
            E::NameUnknown => (StatusCode::NOT_FOUND, "NAME_UNKNOWN"),
            E::TagInvalid(_) => (StatusCode::BAD_REQUEST, "TAG_INVALID"),
            E::Taken { .. } => (StatusCode::CONFLICT, "MANIFEST_INVALID"),
            E::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID"),
            E::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS"),
            E::ShareFull { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "DENIED"),
            E::Full => (StatusCode::INSUFFICIENT_STORAGE, "DENIED"),
            E::Unavailable(_) => return unavailable(&error),
            E::Elsewhere(_) => return elsewhere(&error),
        };
        OciError::new(status, code, error.to_string())
    }
}

impl From<MarketError> for OciError {
    fn from(error: MarketError) -> Self {
        match error {
            MarketError::Registry(error) => error.into(),
            other => unavailable(&other),
        }
    }
}

impl From<AccountsError> for OciError {
    fn from(error: AccountsError) -> Self {
        unavailable(&error)
    }
}

/// Files are kept where they are not to be had now: where that is, is for the market's log.
fn elsewhere(error: &RegistryError) -> OciError {
    tracing::error!(%error, "the registry could not answer");
    let message = "the registry cannot reach its files now: try again in a minute; where it stays so, tell who keeps the market, who finds why in its log";
    OciError::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
        .with(header::RETRY_AFTER, "60")
}

/// The market's own trouble: what it is exactly is for its log.
fn unavailable(error: &dyn std::error::Error) -> OciError {
    tracing::error!(%error, "the registry could not answer");
    let message = "the registry cannot do it now";
    OciError::new(StatusCode::SERVICE_UNAVAILABLE, "DENIED", message)
}
