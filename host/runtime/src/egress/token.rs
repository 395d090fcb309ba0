//! Token requests: the host's own errand to the issuer a credential names.
//!
//! They share resolver, address policy, pool, TLS and limits with everything else, and are written down as method
//! `CREDENTIAL`; manifest and run have no say, because it is the operator who wrote where tokens come from.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use http_body_util::{BodyExt, Limited};
use metier_core::{grant::TokenEndpoint, http::AddressPolicy, ids::CredentialName, limits::Limits};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{Egress, EgressCall, EgressError, Head, Reach, Record, Route, Upload, Waiting, whole};
use crate::{
    credentials::{Attach, TokenAnswer, TokenRequest, TokenTransport},
    meter::Meter,
};

/// Largest answer of an issuer, in bytes: tokens are a few KiB.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// How long an issuer may take altogether.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// What a record says instead of a method.
const RECORDED_METHOD: &str = "CREDENTIAL";

impl TokenTransport for Egress {
    fn ask<'a>(
        &'a self,
        call: &'a Arc<EgressCall>,
        name: &'a CredentialName,
        endpoint: &'a TokenEndpoint,
        request: TokenRequest,
    ) -> Pin<Box<dyn Future<Output = Result<TokenAnswer, EgressError>> + Send + 'a>> {
        Box::pin(async move {
            let mut record = Record::begin(call, (self.inner.config.clock)(), RECORDED_METHOD);
            record.target = endpoint.url.without_query().to_owned();
            record.credential = Some(name.clone());
            record.allowed();
            let asking = self.ask_issuer(call, endpoint, request, &mut record);
            let answer = timeout(ANSWER_TIMEOUT, asking).await;
            let answer = answer.unwrap_or(Err(EgressError::Timeout(Waiting::FirstByte)));
            match &answer {
                Ok(answer) => record.answered(answer.status.as_u16()),
                Err(error) => record.failed(error),
            }
            answer
        })
    }
}

impl Egress {
    async fn ask_issuer(
        &self,
        call: &EgressCall,
        endpoint: &TokenEndpoint,
        request: TokenRequest,
        record: &mut Record,
    ) -> Result<TokenAnswer, EgressError> {
        let route = self.issuer_route(call, endpoint).await?;
        let body = whole(Bytes::from(request.form.as_bytes().to_vec()));
        let mut head = Head::new(Method::POST, &endpoint.url, form_headers(), &body)?;
        if let Some(authorization) = request.authorization {
            let header = Attach::Header(header::AUTHORIZATION, authorization);
            head.attach(&header, (self.inner.config.clock)())?;
        }
        // The skill does not pay for it: a meter of its own.
        let upload = Arc::new(Upload::new(
            body,
            Arc::new(Meter::new(Limits::default())),
            None,
            false,
        ));
        record.upload = Some(upload.clone());
        let response = self.exchange(&route, &head, &upload, record).await?;
        let status = response.status();
        let body = read(Limited::new(response.into_body(), MAX_ANSWER_BYTES)).await?;
        record.response_bytes = body.len() as u64;
        Ok(TokenAnswer { status, body })
    }

    async fn issuer_route(
        &self,
        call: &EgressCall,
        endpoint: &TokenEndpoint,
    ) -> Result<Route, EgressError> {
        let reach = Reach {
            connect: endpoint.reach.connect.as_ref(),
            addresses: AddressPolicy::new(&endpoint.reach.addresses),
            ca_file: endpoint
                .reach
                .ca_file
                .as_ref()
                .map(|file| call.credentials.directory().join(file)),
        };
        Route::find(
            &*self.inner.config.resolver,
            &self.inner.roots,
            &endpoint.url,
            &reach,
        )
        .await
    }
}

fn form_headers() -> HeaderMap {
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    let json = HeaderValue::from_static("application/json");
    HeaderMap::from_iter([(header::CONTENT_TYPE, form), (header::ACCEPT, json)])
}

async fn read(mut body: Limited<hyper::body::Incoming>) -> Result<Zeroizing<Vec<u8>>, EgressError> {
    let mut whole = Zeroizing::new(Vec::with_capacity(MAX_ANSWER_BYTES));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                EgressError::InvalidAnswer("it is longer than any token".to_owned())
            } else {
                EgressError::from_hyper(&*error)
            }
        })?;
        if let Ok(piece) = frame.into_data() {
            whole.extend_from_slice(&piece);
        }
    }
    Ok(whole)
}
