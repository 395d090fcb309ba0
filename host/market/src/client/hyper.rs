//! The real way to a market: hyper, and the one TLS there is in this tree.

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request as HyperRequest, header};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client as Pool, connect::HttpConnector},
    rt::TokioExecutor,
};

use super::http::{Answer, Broken, Http, Pieces, Request};
use crate::index::Address;

/// A market over the network.
#[derive(Clone, Debug)]
pub struct Network {
    pool: Pool<HttpsConnector<HttpConnector>, Full<Bytes>>,
    address: Address,
}

impl Network {
    /// The market at this address, by the system's certificates.
    ///
    /// # Errors
    /// When those cannot be read.
    pub fn new(address: Address) -> Result<Self, Broken> {
        let https = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| Broken(format!("the system's certificates cannot be read: {error}")))?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Network {
            pool: Pool::builder(TokioExecutor::new()).build(https),
            address,
        })
    }

    fn request(&self, request: Request) -> Result<HyperRequest<Full<Bytes>>, Broken> {
        let mut hyper = HyperRequest::builder()
            .method(request.method)
            .uri(format!("{}{}", self.address, request.path))
            .header(
                header::USER_AGENT,
                concat!("metier/", env!("CARGO_PKG_VERSION")),
            );
        if let Some(headers) = hyper.headers_mut() {
            headers.extend(request.headers);
        }
        if let Some(token) = request.token {
            let value = HeaderValue::try_from(format!("Bearer {token}"));
            let mut value = value.map_err(|_| Broken("the token is none".to_owned()))?;
            value.set_sensitive(true);
            hyper = hyper.header(header::AUTHORIZATION, value);
        }
        if let Some(etag) = request.etag {
            hyper = hyper.header(header::IF_NONE_MATCH, etag);
        }
        let (media, bytes) = request.body.unzip();
        if let Some(media) = media {
            hyper = hyper.header(header::CONTENT_TYPE, media);
        }
        let body = Full::from(bytes.unwrap_or_default());
        hyper.body(body).map_err(|error| Broken(error.to_string()))
    }
}

#[async_trait]
impl Http for Network {
    async fn ask(&self, request: Request) -> Result<Answer, Broken> {
        let request = self.request(request)?;
        let response = self.pool.request(request).await;
        let (head, body) = response.map_err(|error| broken(&error))?.into_parts();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: Box::new(Incoming(body)),
        })
    }
}

struct Incoming(hyper::body::Incoming);

#[async_trait]
impl Pieces for Incoming {
    async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        while let Some(frame) = self.0.frame().await {
            if let Ok(bytes) = frame.map_err(|error| broken(&error))?.into_data() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}

fn broken(error: &dyn std::error::Error) -> Broken {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    Broken(inner.to_string())
}
