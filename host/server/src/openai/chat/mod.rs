//! `POST /v1/chat/completions`.

pub mod messages;
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
use stream::Chunks;
use write::Head;

/// Answers a question.
pub async fn create(State(app): State<Arc<App>>, posted: Posted) -> Result<Response, Failure> {
    let read::Chat { asked, usage } = read::chat(&app, &posted)?;
    let stream = asked.stream;
    let head = Head::new(&app, &posted, &asked);
    let mut answering = asked.ask(&app, &posted).await?;
    let mut response = match stream {
        true => sse::answer(answering.saying, Chunks::new(head, usage)).await?,
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
