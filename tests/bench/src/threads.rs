//! Does the host scale with threads as well as wasmtime does?

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow};

use crate::bare::{self, Bare};
use crate::guests::DYNAMIC;
use crate::metier::Metier;
use crate::payload::Arguments;
use crate::report::Row;
use crate::{Effort, stats};

/// Calls per thread and measurement.
const CALLS: u64 = 20_000;

struct Contest {
    bare: Bare,
    metier: Metier,
    json: String,
    calls: u64,
    repeat: usize,
}

/// Two and four threads against bare wasmtime's, and against one.
pub fn measure(effort: Effort) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let contest = Arc::new(Contest {
        bare: Bare::new(&bare::engine(16)?, DYNAMIC, "summarize")?,
        metier: runtime.block_on(Metier::new(DYNAMIC, 16))?,
        json: Arguments::of_size(100).json(),
        calls: CALLS / effort.divide,
        repeat: effort.repeat,
    });
    let (_, one) = contest.rates(1)?;
    let mut rows = Vec::new();
    for threads in [2, 4] {
        let (theirs, ours) = contest.rates(threads)?;
        rows.push(row(
            format!("{threads} threads ÷ bare with as many"),
            theirs,
            ours,
            ours / theirs,
            0.8,
        ));
        rows.push(row(
            format!("{threads} threads ÷ one thread"),
            one,
            ours,
            ours / one,
            1.0,
        ));
    }
    Ok(rows)
}

impl Contest {
    /// Calls per second of bare wasmtime and of Metier, medians of alternating rounds.
    fn rates(self: &Arc<Contest>, threads: usize) -> Result<(f64, f64)> {
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for round in 0..=self.repeat {
            let their_rate = self.rate(threads, async |contest: &Contest| {
                contest.bare.dynamic(&contest.json).await
            })?;
            let our_rate = self.rate(threads, async |contest: &Contest| {
                contest.metier.summarize(&contest.json).await
            })?;
            if round > 0 {
                theirs.push(their_rate);
                ours.push(our_rate);
            }
        }
        Ok((stats::median(theirs), stats::median(ours)))
    }

    fn rate<F>(self: &Arc<Contest>, threads: usize, call: F) -> Result<f64>
    where
        F: AsyncFn(&Contest) -> Result<()> + Copy + Send + 'static,
    {
        let start = Instant::now();
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let contest = self.clone();
                thread::spawn(move || contest.work(call))
            })
            .collect();
        for worker in workers {
            worker.join().map_err(|_| anyhow!("a worker panicked"))??;
        }
        Ok((self.calls * threads as u64) as f64 / start.elapsed().as_secs_f64())
    }

    fn work(&self, call: impl AsyncFn(&Contest) -> Result<()>) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            for _ in 0..self.calls {
                call(self).await?;
            }
            Ok(())
        })
    }
}

fn row(name: String, reference: f64, ours: f64, figure: f64, bar: f64) -> Row {
    Row {
        name,
        bare: format!("{reference:.0}/s"),
        metier: format!("{ours:.0}/s"),
        figure,
        unit: "×",
        bar,
        at_least: true,
    }
}
