//! Who the bearer of a text is: of a key of ours, or of a token of an issuer that is trusted.

use std::sync::Arc;

use metier_core::{CallId, Fault};

use crate::{
    identity::{Caller, PREFIX, refused, token::Tokens},
    service::Service,
};

impl Service {
    /// Takes tokens of other issuers from now on. The first that are told stay.
    pub fn trust(&self, tokens: Arc<Tokens>) {
        self.tokens().get_or_init(|| tokens);
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
        match self.tokens().get() {
            Some(tokens) if !text.starts_with(PREFIX) => {
                let told = tokens.verify(text).await;
                // A tenant that is not there, or suspended, is nobody's.
                let caller = told.and_then(|caller| match directory.is_open(&caller.tenant) {
                    true => Ok(caller),
                    false => Err(refused()),
                });
                directory.noted(caller, None, request)
            }
            _ => directory.identify(text, request),
        }
    }
}
