//! Waiting for a store that does not answer or has no room: nothing that is known is let go meanwhile.

use std::time::Duration;

use metier_store::{StoreError, types::RunId};

use super::runs::RunError;

/// First and longest wait before something that the store did not do is tried again.
const WAITS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// How long one operation has been waited for.
pub(super) struct Patience {
    run: RunId,
    pause: Duration,
}

impl Patience {
    pub(super) const fn with(run: RunId) -> Patience {
        Patience {
            run,
            pause: WAITS.0,
        }
    }

    /// Waits until it is time to try again; gives back an error that no waiting mends.
    pub(super) async fn after(&mut self, error: RunError) -> Result<(), RunError> {
        if !may_pass(&error) {
            return Err(error);
        }
        tracing::warn!(run = %self.run, %error, "the store does not do its work; it is tried again");
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(WAITS.1);
        Ok(())
    }
}

fn may_pass(error: &RunError) -> bool {
    matches!(error, RunError::Store(error) if StoreError::is_worth_retrying(error))
}
