//! Access tokens, and what they are given for.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The client that may ask for tokens.
pub const CLIENT_ID: &str = "metier-test.apps.googleusercontent.com";

/// Its secret: good for this emulator only.
pub const CLIENT_SECRET: &str = "calendar-client-secret-0123456789";

/// What the user's consent gave it: good for this emulator only.
pub const REFRESH_TOKEN: &str = "1//calendar-refresh-token-0123456789";

/// The tokens that are good.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    made: u64,
    good: BTreeSet<String>,
}

impl Tokens {
    pub(crate) fn issue(&self) -> String {
        let mut inner = self.lock();
        inner.made += 1;
        let token = format!("ya29.calendar-access-token-{:08}", inner.made);
        inner.good.insert(token.clone());
        token
    }

    pub(crate) fn accepts(&self, token: &str) -> bool {
        self.lock().good.contains(token)
    }

    pub(crate) fn revoke_all(&self) {
        self.lock().good.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
