//! Steps 7 and 8: one request over a pooled connection, and the wait for the head of its answer.

use std::{net::IpAddr, time::Duration};

use http::{Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::client::legacy::{Error, ResponseFuture};
use tokio::time::timeout;

use super::{EgressError, Waiting, head::Head, pool::Pool, route::Route, upload::Upload};

/// Names and values of one answer's header, in bytes. hyper bounds what it buffers, roughly; this is exact.
const MAX_ANSWER_HEAD_BYTES: usize = 64 << 10;

/// Sends a request to the first of its addresses that can be connected to.
pub async fn exchange(
    pool: &Pool,
    route: &Route,
    head: &Head,
    upload: &Upload,
    first_byte: Duration,
) -> Result<(IpAddr, Response<Incoming>), EgressError> {
    let mut failure = EgressError::Unreachable("its name has no address".to_owned());
    for (address, client) in route.clients(pool) {
        match answer(
            client.request(head.request(upload.attempt())),
            upload,
            first_byte,
        )
        .await
        {
            Ok(answer) => return checked(answer).map(|answer| (address, answer)),
            Err(Failed::Connecting(error)) if upload.is_untouched() => failure = error,
            Err(Failed::Connecting(error) | Failed::Later(error)) => return Err(error),
        }
    }
    Err(failure)
}

enum Failed {
    /// Nothing was sent: another address may be tried.
    Connecting(EgressError),
    Later(EgressError),
}

/// Waits for the head of the answer: `first_byte` after the upload last moved.
async fn answer(
    mut sent: ResponseFuture,
    upload: &Upload,
    first_byte: Duration,
) -> Result<Response<Incoming>, Failed> {
    let mut progress = upload.progress();
    loop {
        if let Ok(answer) = timeout(first_byte, &mut sent).await {
            return answer.map_err(|error| failed(&error));
        }
        let now = upload.progress();
        if now == progress {
            let what = if upload.waits_for_skill() {
                Waiting::RequestBody
            } else {
                Waiting::FirstByte
            };
            return Err(Failed::Later(EgressError::Timeout(what)));
        }
        progress = now;
    }
}

fn failed(error: &Error) -> Failed {
    let ours = EgressError::from_hyper(error);
    if error.is_connect() {
        Failed::Connecting(ours)
    } else {
        Failed::Later(ours)
    }
}

/// We never ask for another protocol, so nobody may switch to one; and a head is no place for data.
fn checked(answer: Response<Incoming>) -> Result<Response<Incoming>, EgressError> {
    let lines = answer.headers().iter();
    let bytes: usize = lines
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        let why = "it switches to a protocol nobody asked for";
        return Err(EgressError::InvalidAnswer(why.to_owned()));
    }
    if bytes > MAX_ANSWER_HEAD_BYTES {
        let why = "its header is larger than the host accepts";
        return Err(EgressError::InvalidAnswer(why.to_owned()));
    }
    Ok(answer)
}
