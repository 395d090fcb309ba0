//! A review is killed at every point of its way, each time anew, and gone on with: it ends as one that was left alone.
//!
//! The points are counted on a review that is left alone, and cannot be guessed too low: each write and each fsync of the
//! store's files, as the kernel sees them (`strace`), and each request at each service, before it is applied and before its
//! answer goes out. `strace` kills at the one (`-e inject=…:signal=KILL:when=N`), the emulator holds the other until the
//! killed process is gone, and then lets the request go on, or be lost.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, ensure};
use metier_emulator_kit::Verdict;

use crate::metier::Metier;
use crate::review::{self, Form, Outcome};
use crate::services::Services;
use crate::stage::Stage;

/// What the store does to its files.
const CALLS: [&str; 2] = ["pwrite64", "fsync"];

/// Where a review is killed.
#[derive(Clone, Copy, Debug)]
pub enum Point {
    /// At the so-manieth of these system calls on the store's files.
    Store(&'static str, u32),
    /// At the so-manieth moment of a service, and what becomes of the request.
    Request(&'static str, u64, Verdict),
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Point::Store(call, number) => write!(f, "{call} #{number}"),
            Point::Request(service, moment, verdict) => {
                write!(f, "{service} moment #{moment}, {verdict:?}")
            }
        }
    }
}

/// What all tries share.
pub struct Trial<'t> {
    /// The command.
    pub program: &'t Path,
    /// The repository.
    pub repository: &'t Path,
    /// Its target folder.
    pub target: &'t Path,
    /// Agent or chain.
    pub form: Form,
}

/// What came of them.
#[derive(Debug)]
pub struct Report {
    /// Points tried.
    pub points: usize,
    /// Of these, points of the store.
    pub store: usize,
    /// Reviews that were under way when they were killed; the others had ended, or a point was reached in another order.
    pub killed: usize,
    /// Calls made again after a decision.
    pub decided: usize,
    /// What went wrong, by point.
    pub wrong: BTreeMap<String, String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report {
            points,
            store,
            killed,
            decided,
            wrong,
        } = self;
        write!(
            f,
            "{points} points, {store} of them in the store: {killed} reviews killed, {decided} calls decided on, {} ended otherwise",
            wrong.len()
        )?;
        wrong
            .iter()
            .try_for_each(|(point, why)| write!(f, "\n\n{point}: {why}"))
    }
}

impl Trial<'_> {
    /// Tries every point, or every `n`th, in so many threads.
    ///
    /// # Errors
    /// When the review that is left alone does not end well.
    pub fn exhaust(&self, every: usize, threads: usize) -> Result<Report> {
        let (expected, points) = self.left_alone()?;
        let points: Vec<Point> = points.into_iter().step_by(every).collect();
        let (next, killed, decided) = (
            AtomicUsize::new(0),
            AtomicUsize::new(0),
            AtomicUsize::new(0),
        );
        let wrong = Mutex::new(BTreeMap::new());
        let work = || -> Result<()> {
            let scene = Scene::set(self)?;
            while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                match scene.try_at(*point, &expected) {
                    Ok((was_killed, again)) => {
                        killed.fetch_add(usize::from(was_killed), Ordering::Relaxed);
                        decided.fetch_add(again, Ordering::Relaxed);
                    }
                    Err(error) => {
                        let mut wrong = wrong
                            .lock()
                            .unwrap_or_else(std::sync::PoisonError::into_inner);
                        wrong.insert(point.to_string(), format!("{error:#}"));
                    }
                }
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .try_for_each(|worker| match worker.join() {
                    Ok(done) => done,
                    Err(_) => anyhow::bail!("a worker panicked"),
                })
        })?;
        Ok(Report {
            store: points
                .iter()
                .filter(|point| matches!(point, Point::Store(..)))
                .count(),
            points: points.len(),
            killed: killed.into_inner(),
            decided: decided.into_inner(),
            wrong: wrong
                .into_inner()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        })
    }

    /// How it ends when nobody kills it, and every point of its way.
    fn left_alone(&self) -> Result<(Outcome, Vec<Point>)> {
        let scene = Scene::set(self)?;
        let (services, metier) = scene.begin()?;
        let log = scene.stage.folder().join("calls");
        let traced = can_trace();
        if !traced {
            crate::print(
                "NOT TRIED: the store's points, because this machine lets no process trace another (ptrace)",
            )?;
        }
        let below = match traced {
            true => scene.traced(&["-o", &log.display().to_string()]),
            false => Vec::new(),
        };
        let said = metier.begin(&below, &self.form.words())?.end()?;
        ensure!(
            said.status.success(),
            "the review failed:\n{}{}",
            said.out,
            said.told
        );
        let decided = review::finish(&metier, self.form)?;
        review::wrote_once(&services, decided)?;
        let calls = match traced {
            true => std::fs::read_to_string(&log).context("strace wrote what it saw")?,
            false => String::new(),
        };
        let mut points = Vec::new();
        for call in CALLS {
            points.extend((1..=most(&calls, call)).map(|number| Point::Store(call, number)));
        }
        for (service, book) in services.books() {
            for moment in 1..=book.moments() {
                points.extend(
                    [Verdict::Go, Verdict::Lose]
                        .map(|verdict| Point::Request(service, moment, verdict)),
                );
            }
        }
        Ok((review::outcome(&metier, &services)?, points))
    }
}

/// Whether `strace` may do what it is for: some sandboxes forbid `ptrace`.
fn can_trace() -> bool {
    let tried = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "true"])
        .output();
    tried.is_ok_and(|tried| tried.status.success())
}

/// The most often one thread made a call: `strace` counts by thread, and one thread writes.
fn most(log: &str, call: &str) -> u32 {
    let mut by_thread: BTreeMap<&str, u32> = BTreeMap::new();
    for line in log.lines() {
        if let Some((thread, rest)) = line.split_once(' ')
            && rest.trim_start().starts_with(call)
        {
            *by_thread.entry(thread).or_default() += 1;
        }
    }
    by_thread.into_values().max().unwrap_or(0)
}

/// A stage of one worker.
struct Scene<'t> {
    trial: &'t Trial<'t>,
    stage: Stage,
    _folder: tempfile::TempDir,
}

impl<'t> Scene<'t> {
    fn set(trial: &'t Trial<'t>) -> Result<Scene<'t>> {
        let folder = tempfile::tempdir()?;
        let stage = Stage::set(folder.path(), trial.repository, trial.target)?;
        Ok(Scene {
            trial,
            stage,
            _folder: folder,
        })
    }

    /// Everything anew but compiled code, with a store that has its tables.
    fn begin(&self) -> Result<(Services, Metier<'_>)> {
        let services = Services::start()?;
        self.stage.forget()?;
        self.stage.lead_to(&services, self.trial.repository)?;
        let metier = Metier::new(self.trial.program, &self.stage, services.environment());
        metier.ask(&["runs", "list"])?;
        Ok((services, metier))
    }

    /// `strace` that sees what is done to the store's files.
    fn traced(&self, more: &[&str]) -> Vec<String> {
        let runs = self.stage.runs().display().to_string();
        let wal = format!("{runs}-wal");
        let trace = format!("trace={}", CALLS.join(","));
        let words = ["strace", "-f", "-P", &runs, "-P", &wal, "-e", &trace];
        words
            .iter()
            .chain(more)
            .map(|word| (*word).to_owned())
            .collect()
    }

    /// Whether it was killed, and how many calls were made again by decision.
    fn try_at(&self, point: Point, expected: &Outcome) -> Result<(bool, usize)> {
        let (services, metier) = self.begin()?;
        let killed = match point {
            Point::Store(call, number) => self.kill_at_call(&metier, call, number)?,
            Point::Request(service, moment, verdict) => {
                self.kill_at_moment(&metier, &services, service, moment, verdict)?
            }
        };
        let decided = review::finish(&metier, self.trial.form)?;
        review::wrote_once(&services, decided)?;
        let outcome = review::outcome(&metier, &services)?;
        ensure!(
            outcome == *expected,
            "it ended otherwise:\n{outcome:#?}\nand not as\n{expected:#?}"
        );
        Ok((killed, decided.again))
    }

    fn kill_at_call(&self, metier: &Metier<'_>, call: &str, number: u32) -> Result<bool> {
        let inject = format!("inject={call}:signal=KILL:when={number}");
        let below = self.traced(&["-e", &inject, "-o", "/dev/null"]);
        let said = metier.begin(&below, &self.trial.form.words())?.end()?;
        Ok(!said.status.success())
    }

    fn kill_at_moment(
        &self,
        metier: &Metier<'_>,
        services: &Services,
        service: &str,
        moment: u64,
        verdict: Verdict,
    ) -> Result<bool> {
        let book = services
            .book(service)
            .context("the service is one of them")?;
        book.hold(moment);
        let mut running = metier.begin(&[], &self.trial.form.words())?;
        while book.held().is_none() {
            if running.has_ended()? {
                return Ok(false);
            }
        }
        running.kill()?;
        book.release(verdict);
        Ok(true)
    }
}
