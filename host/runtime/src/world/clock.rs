//! `wasi:clocks/monotonic-clock`, 0.2 and 0.3, in front of wasmtime's: in held time, sleeping is what makes time pass.
//!
//! wasmtime reads a clock of ours but sleeps on its own; after a sleep, a clock that stands still would say that nothing has
//! happened, and the event loops of Go and Python would sleep again for ever. So here a sleep in held time waits as long as it
//! would live, which keeps its order with everything else that is waited for, and then moves the clock to where it should be.

use std::time::Duration;

use tokio::time::sleep;
use wasmtime::component::{Accessor, HasData, Linker, Resource};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::clocks::{WasiClocksCtxView, WasiClocksView};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock as p2;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::p3::bindings::clocks::{monotonic_clock as p3, types};

use super::HeldTime;
use crate::store::CallState;

/// Borrow of what a clock needs.
pub(crate) struct ClockView<'a> {
    wasi: WasiClocksCtxView<'a>,
    held: Option<HeldTime>,
}

struct Has;

impl HasData for Has {
    type Data<'a> = ClockView<'a>;
}

fn view(state: &mut CallState) -> ClockView<'_> {
    ClockView {
        held: state.held().cloned(),
        wasi: state.clocks(),
    }
}

/// Link the clock of WASI 0.2 over wasmtime's own.
pub(crate) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let linked = p2::add_to_linker::<_, Has>(linker, view);
    linker.allow_shadowing(false);
    linked
}

/// The same for WASI 0.3.
pub(crate) fn link_async(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let linked = p3::add_to_linker::<_, Has>(linker, view);
    linker.allow_shadowing(false);
    linked
}

impl p2::Host for ClockView<'_> {
    fn now(&mut self) -> wasmtime::Result<p2::Instant> {
        p2::Host::now(&mut self.wasi)
    }

    fn resolution(&mut self) -> wasmtime::Result<p2::Duration> {
        p2::Host::resolution(&mut self.wasi)
    }

    fn subscribe_instant(&mut self, when: p2::Instant) -> wasmtime::Result<Resource<DynPollable>> {
        match self.held.take() {
            None => p2::Host::subscribe_instant(&mut self.wasi, when),
            Some(time) => self.sleep(time, when),
        }
    }

    fn subscribe_duration(
        &mut self,
        duration: p2::Duration,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        match self.held.take() {
            None => p2::Host::subscribe_duration(&mut self.wasi, duration),
            Some(time) => {
                let until = time.now().saturating_add(duration);
                self.sleep(time, until)
            }
        }
    }
}

impl ClockView<'_> {
    fn sleep(&mut self, time: HeldTime, until: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let sleep = Sleep {
            from: tokio::time::Instant::now(),
            wait: Duration::from_nanos(until.saturating_sub(time.now())),
            time,
            until,
        };
        let sleep = self.wasi.table.push(sleep)?;
        subscribe(self.wasi.table, sleep)
    }
}

struct Sleep {
    time: HeldTime,
    from: tokio::time::Instant,
    wait: Duration,
    until: u64,
}

#[async_trait]
impl Pollable for Sleep {
    async fn ready(&mut self) {
        match self.from.checked_add(self.wait) {
            // A guest that polls without waiting must not starve what it polls for.
            _ if self.wait.is_zero() => tokio::task::yield_now().await,
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        }
        self.time.passed(self.until);
    }
}

impl p3::Host for ClockView<'_> {
    fn now(&mut self) -> wasmtime::Result<p3::Mark> {
        p3::Host::now(&mut self.wasi)
    }

    fn get_resolution(&mut self) -> wasmtime::Result<types::Duration> {
        p3::Host::get_resolution(&mut self.wasi)
    }
}

impl<U> p3::HostWithStore<U> for Has {
    async fn wait_until(store: &Accessor<U, Self>, when: p3::Mark) -> wasmtime::Result<()> {
        let (now, held) = store.with(|mut access| {
            let mut view = access.get();
            let now = match &view.held {
                Some(time) => time.now(),
                None => p3::Host::now(&mut view.wasi)?,
            };
            Ok::<_, wasmtime::Error>((now, view.held.take()))
        })?;
        wait(held, now, when).await;
        Ok(())
    }

    async fn wait_for(
        store: &Accessor<U, Self>,
        duration: types::Duration,
    ) -> wasmtime::Result<()> {
        let held = store.with(|mut access| access.get().held.take());
        let now = held.as_ref().map_or(0, HeldTime::now);
        wait(held, now, now.saturating_add(duration)).await;
        Ok(())
    }
}

async fn wait(held: Option<HeldTime>, now: u64, until: u64) {
    if until > now {
        sleep(Duration::from_nanos(until - now)).await;
    }
    if let Some(time) = held {
        time.passed(until);
    }
}
