//! The one writer: a thread that commits whatever has come together in one transaction.
//!
//! It takes the first operation, then all that are waiting, up to [`MAX_GROUP`]; each runs in a savepoint of its own, so that one
//! that fails undoes nothing of the others; it commits, and only then answers. Under load the group grows while the disk is busy,
//! so no timer is needed: one operation alone never waits for company.

use std::{sync::Arc, thread};

use rusqlite::Connection;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::error::of_commit;
use crate::{
    clock::Clock,
    error::{Refusal, StoreError},
    traits::Result,
    types::{PoolId, Time},
};

/// Most operations in one transaction: what a reader of the log has to go through at a time.
const MAX_GROUP: usize = 1_024;

/// Operations that may wait; whoever comes later waits outside.
const QUEUE: usize = 4_096;

/// Hints that a slow listener may have outstanding.
const HINTS: usize = 1_024;

/// What an operation works with.
pub struct Tx<'c> {
    /// Inside a transaction.
    pub conn: &'c Connection,
    /// The store's time, the same for the whole group.
    pub now: Time,
    wake: &'c mut Vec<PoolId>,
}

impl Tx<'_> {
    /// Says, once this is committed, that the pool has something due.
    pub fn hint(&mut self, pool: PoolId) {
        self.wake.push(pool);
    }
}

/// Answers the caller, when it is known whether the group was committed.
type Answer = Box<dyn FnOnce(Result<()>) + Send>;
/// Does the work, or passes on why it cannot be done; says whether its changes are to stay.
type Job = Box<dyn for<'t, 'c> FnOnce(Result<&'t mut Tx<'c>>) -> (bool, Answer) + Send>;

/// The way to the writer thread, which ends when the last of these is dropped; or why there is none.
#[derive(Clone, Debug)]
pub struct Writer {
    jobs: std::result::Result<mpsc::Sender<Job>, Refusal>,
    pub(super) hints: broadcast::Sender<PoolId>,
}

impl Writer {
    /// Starts the thread. `keep` lives as long as it does: the lock on the file.
    pub fn start(
        conn: Connection,
        clock: Arc<dyn Clock>,
        keep: impl Send + 'static,
    ) -> Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let hints = broadcast::Sender::new(HINTS);
        let sender = hints.clone();
        let run = move || {
            serve(&conn, &*clock, queue, &sender);
            drop(conn);
            drop(keep);
        };
        let thread = thread::Builder::new()
            .name("metier-store".into())
            .spawn(run);
        thread.map_err(|error| StoreError::Unavailable(Arc::new(error)))?;
        Ok(Writer {
            jobs: Ok(jobs),
            hints,
        })
    }

    /// No writer: the file is another process's.
    pub fn refusing(why: Refusal) -> Self {
        Writer {
            jobs: Err(why),
            hints: broadcast::Sender::new(1),
        }
    }

    /// Runs `work` in the next transaction. Its changes are on the disk when this returns `Ok`.
    pub async fn write<T, W>(&self, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let jobs = self.jobs.as_ref().map_err(Refusal::clone)?;
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |tx| {
            let result = tx.and_then(work);
            let stays = result.is_ok();
            // Whoever asked may have gone away: then nobody hears the answer.
            let answer = |committed: Result<()>| {
                drop(sender.send(result.and_then(|value| committed.map(|()| value))))
            };
            (stays, Box::new(answer))
        });
        let gone = |_| {
            StoreError::Unavailable(Arc::new(std::io::Error::other(
                "the store's writer has stopped",
            )))
        };
        jobs.send(job).await.map_err(gone)?;
        let lost = |_| {
            StoreError::Unknown(Arc::new(std::io::Error::other(
                "the store's writer stopped at work",
            )))
        };
        receiver.await.map_err(lost)?
    }
}

fn serve(
    conn: &Connection,
    clock: &dyn Clock,
    mut queue: mpsc::Receiver<Job>,
    hints: &broadcast::Sender<PoolId>,
) {
    while let Some(first) = queue.blocking_recv() {
        let mut wake = Vec::new();
        let mut answers = Vec::new();
        let mut group = Group {
            conn,
            now: clock.now(),
            wake: &mut wake,
            answers: &mut answers,
        };
        let result = group.run(first, &mut queue);
        for answer in answers {
            answer(result.clone());
        }
        if result.is_ok() {
            wake.sort_unstable();
            wake.dedup();
            // Nobody may be listening.
            wake.into_iter().for_each(|pool| drop(hints.send(pool)));
        }
    }
}

/// One transaction.
struct Group<'c> {
    conn: &'c Connection,
    now: Time,
    wake: &'c mut Vec<PoolId>,
    answers: &'c mut Vec<Answer>,
}

impl Group<'_> {
    /// Runs what has come together; the result is the answer to all that went well by themselves.
    fn run(&mut self, first: Job, queue: &mut mpsc::Receiver<Job>) -> Result<()> {
        if let Err(error) = self.execute("BEGIN IMMEDIATE") {
            self.answers.push(first(Err(error)).1);
            return Ok(());
        }
        let mut next = Some(first);
        while let Some(job) = next {
            if let Err(error) = self.one(job) {
                let _ = self.conn.execute_batch("ROLLBACK");
                return Err(error);
            }
            next = if self.answers.len() < MAX_GROUP {
                queue.try_recv().ok()
            } else {
                None
            };
        }
        self.commit()
            .inspect_err(|_| drop(self.conn.execute_batch("ROLLBACK")))
    }

    /// One operation in its savepoint. An error is one of the whole group.
    fn one(&mut self, job: Job) -> Result<()> {
        if let Err(error) = self.execute("SAVEPOINT operation") {
            self.answers.push(job(Err(error.clone())).1);
            return Err(error);
        }
        let mut tx = Tx {
            conn: self.conn,
            now: self.now,
            wake: self.wake,
        };
        let (stays, answer) = job(Ok(&mut tx));
        self.answers.push(answer);
        // A full disk or a failing one ends the whole transaction, not just the statement.
        if self.conn.is_autocommit() {
            let why = "the disk is full or failing, and what was to be written together was undone";
            return Err(StoreError::Unavailable(Arc::new(std::io::Error::other(
                why,
            ))));
        }
        if !stays {
            self.execute("ROLLBACK TO operation")?;
        }
        self.execute("RELEASE operation")
    }

    fn execute(&self, sql: &str) -> Result<()> {
        self.conn.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    fn commit(&self) -> Result<()> {
        let mut commit = self.conn.prepare_cached("COMMIT")?;
        commit.execute([]).map(drop).map_err(of_commit)
    }
}
