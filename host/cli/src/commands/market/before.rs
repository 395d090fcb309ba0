//! What was consented to earlier, or why nobody can show it any more.

use metier_market::{
    client::{Ask, Client, ClientError, Fetched, FirstKey},
    index::Line,
    ware::Ware,
};

use crate::{commands::market::session::Seen, errors::Failure};

/// What was consented to.
pub enum Before<T> {
    /// It.
    Known(T),
    /// A market shows nothing of a version that is void: what takes its place asks for consent anew.
    Unshown(String),
}

/// Fetches what was consented to once more, where nothing of it is kept here.
///
/// # Errors
/// When it is there, and cannot be fetched or is not as it should be.
pub async fn fetch<W: Ware>(seen: &Seen, line: &Line) -> Result<Before<W>, Failure> {
    if let Some(why) = void(line) {
        return Ok(Before::Unshown(why));
    }
    let fetched: Result<Fetched<W>, ClientError> = seen
        .client
        .fetch_as(line, &seen.witness, FirstKey::Remembered)
        .await;
    match fetched {
        Ok(fetched) => Ok(Before::Known(fetched.contents)),
        Err(error) => match void_since(&seen.client, line).await {
            Some(why) => Ok(Before::Unshown(why)),
            None => Err(error.into()),
        },
    }
}

/// What is kept of an index may be a minute old.
async fn void_since(client: &Client, line: &Line) -> Option<String> {
    let index = client.index(&line.name, Ask::Always).await.ok()?;
    let now = index.line(&line.vers)?;
    void(now).filter(|_| now.component == line.component)
}

fn void(line: &Line) -> Option<String> {
    line.void.as_ref().map(|why| format!("void: {why}"))
}
