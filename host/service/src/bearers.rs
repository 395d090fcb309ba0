//! Who the bearer of a text is: of a key of ours, or of a token of an issuer that is trusted.

use std::sync::{Arc, PoisonError, RwLock};

use metier_core::{CallId, Fault};

use crate::{
    identity::{Caller, PREFIX, refused, token::Tokens},
    service::Service,
};

/// The issuers that are trusted now.
#[derive(Default)]
pub struct Trust(RwLock<Option<Arc<Tokens>>>);

impl Trust {
    fn tokens(&self) -> Option<Arc<Tokens>> {
        let tokens = self.0.read().unwrap_or_else(PoisonError::into_inner);
        tokens.clone()
    }
}

impl Service {
    /// Takes tokens of these issuers from now on, and of no others.
    pub fn trust(&self, tokens: Arc<Tokens>) {
        let held = self.trusted().0.write();
        *held.unwrap_or_else(PoisonError::into_inner) = Some(tokens);
    }

    /// The issuers whose tokens are taken, as the tokens name them.
    pub fn authorization_servers(&self) -> Vec<String> {
        let tokens = self.trusted().tokens();
        let issuers = tokens.as_deref().map(Tokens::issuers);
        issuers.into_iter().flatten().map(str::to_owned).collect()
    }

    /// Who the bearer of a key or a token is, in a request. Keys are found out at once, as by
    /// [`identify`](crate::directory::Directory::identify); for tokens keys may have to be fetched.
    ///
    /// # Errors
    /// `unauthenticated`, with the same words whatever the reason is.
    pub async fn authenticate(
        &self,
        text: &str,
        request: Option<&CallId>,
    ) -> Result<Caller, Fault> {
        let directory = self.directory();
        let tokens = self.trusted().tokens();
        match tokens.filter(|_| !text.starts_with(PREFIX)) {
            Some(tokens) => {
                let told = tokens.verify(text).await;
                // A tenant that is not there, or suspended, is nobody's.
                let caller = told.and_then(|caller| match directory.is_open(&caller.tenant) {
                    true => Ok(caller),
                    false => Err(refused()),
                });
                directory.noted(caller, None, request)
            }
            None => directory.identify(text, request),
        }
    }
}
