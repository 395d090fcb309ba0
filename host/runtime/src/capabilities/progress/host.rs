//! The WIT side of progress.

use std::time::Instant;

use super::{INTERVAL, MAX_MESSAGE, ProgressView};
use crate::bindings::progress::Host;
use crate::text;

impl Host for ProgressView<'_> {
    fn report(&mut self, message: String, fraction: Option<f64>) -> wasmtime::Result<()> {
        let now = Instant::now();
        if self
            .ctx
            .last
            .is_some_and(|last| now.duration_since(last) < INTERVAL)
        {
            return Ok(());
        }
        self.ctx.last = Some(now);
        let fraction = fraction.filter(|fraction| (0.0..=1.0).contains(fraction));
        self.call
            .observer()
            .progress(&text::one_line(&message, MAX_MESSAGE), fraction);
        Ok(())
    }
}
