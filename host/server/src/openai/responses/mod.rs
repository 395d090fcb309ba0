//! `POST /v1/responses`.

mod input;
mod items;
mod read;
mod stream;
mod write;

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use futures::StreamExt;

use super::{
    call::Posted,
    failure::{Failure, name_run},
    said::Said,
    sse,
};
use crate::app::App;
use stream::Events;
use write::Head;

/// Answers a question.
pub async fn create(State(app): State<Arc<App>>, posted: Posted) -> Result<Response, Failure> {
    let read::Question { asked, echo } = read::question(&app, &posted)?;
    let stream = asked.stream;
    let head = Head::new(&app, &posted, &asked, echo);
    let mut answering = asked.ask(&app, &posted).await?;
    let mut response = match stream {
        true => sse::answer(answering.saying, Events::new(head)).await?,
        false => loop {
            match answering.saying.next().await {
                Some(Said::End(end)) => break head.whole(&end).into_response(),
                Some(Said::Failed(failure)) => return Err(failure),
                Some(_) => {}
                None => return Err(Failure::nothing()),
            }
        },
    };
    if let Some(run) = answering.run {
        name_run(&mut response, run);
    }
    Ok(response)
}
