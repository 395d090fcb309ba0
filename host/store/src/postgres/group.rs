//! Group commit: appends that come together are one statement, one transaction and one flush.
//!
//! A few writers take turns: each takes the first append that waits and all that wait behind it, up to a limit, writes them, and
//! only then answers. Under load groups grow while the server is busy, so no timer is needed: one append alone never waits for
//! company. There are several so that one that waits, for another host's lock or for the flush, holds up nobody else.
//!
//! One that does not fit undoes its group; then everybody in it is written alone, and hears of nobody's errors but its own.

use std::{collections::HashSet, sync::Arc};

use tokio::{
    sync::{Mutex, mpsc, oneshot},
    task::JoinSet,
};
use tokio_postgres::{Row, error::SqlState};

use super::{
    client::{Client, Failure},
    columns::Columns,
    error::{column, is, is_transient, parsed},
};
use crate::{
    chain,
    error::StoreError,
    traits::Result,
    types::{Batch, Head, Lease, PoolId},
};

/// Writers, each with a transaction of its own.
const WRITERS: usize = 3;

/// Most appends in one statement.
const MAX_GROUP: usize = 64;

/// Bytes after which a group takes nothing more.
const MAX_BYTES: usize = 1 << 20;

/// Appends that may wait; whoever comes later waits outside.
const QUEUE: usize = 1_024;

/// One append.
#[derive(Debug)]
pub struct Piece {
    pub lease: Lease,
    pub expect: Head,
    pub batch: Batch,
    /// Where each of its events stands.
    pub chain: Vec<Head>,
    /// Where the last one does.
    pub end: Head,
}

impl Piece {
    pub fn new(lease: &Lease, expect: &Head, batch: &Batch) -> Self {
        let chain = chain::extend(expect, &batch.events);
        Piece {
            lease: *lease,
            expect: *expect,
            batch: batch.clone(),
            end: chain.last().copied().unwrap_or(*expect),
            chain,
        }
    }

    fn bytes(&self) -> usize {
        let events = self.batch.events.iter().map(|event| event.body.len());
        let audit = self.batch.audit.iter().map(Vec::len);
        events.chain(audit).sum()
    }
}

/// What a statement came to, for one append.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// And which pool has something due now.
    Written(Option<PoolId>),
    /// The guard let nothing through, or the batch does not fit.
    Nothing,
    /// A sum leaves 64 bits.
    TooMuch,
    /// The whole group was, and another's part may be why.
    Undone,
    /// Another transaction was in the way.
    Again,
}

struct Job {
    piece: Arc<Piece>,
    answer: oneshot::Sender<Result<Outcome>>,
}

/// The way to the writers, which end with it.
#[derive(Debug)]
pub struct Writers {
    jobs: mpsc::Sender<Job>,
    _tasks: JoinSet<()>,
}

impl Writers {
    /// Starts them.
    pub fn start(client: &Client) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        let mut tasks = JoinSet::new();
        for _ in 0..WRITERS {
            tasks.spawn(serve(client.clone(), Arc::clone(&queue)));
        }
        Writers {
            jobs,
            _tasks: tasks,
        }
    }

    /// Writes an append in the next group. It is the server's when this says so.
    pub async fn write(&self, piece: Arc<Piece>) -> Result<Outcome> {
        let (answer, answered) = oneshot::channel();
        let stopped = || std::io::Error::other("the store's writers have stopped");
        let unsent = |_| StoreError::Unavailable(Arc::new(stopped()));
        self.jobs
            .send(Job { piece, answer })
            .await
            .map_err(unsent)?;
        let lost = |_| StoreError::Unknown(Arc::new(stopped()));
        answered.await.map_err(lost)?
    }
}

async fn serve(client: Client, queue: Arc<Mutex<mpsc::Receiver<Job>>>) {
    let mut left = None;
    loop {
        let Some(group) = next(&queue, &mut left).await else {
            return;
        };
        let pieces: Vec<&Piece> = group.iter().map(|job| &*job.piece).collect();
        let outcomes = write(&client, &pieces).await;
        for (i, job) in group.into_iter().enumerate() {
            let outcome = outcomes.as_ref().map(|outcomes| outcomes[i].clone());
            // Whoever asked may have gone away: then nobody hears the answer.
            let _ = job.answer.send(outcome.map_err(StoreError::clone));
        }
    }
}

/// What has come together; nothing when nobody can come any more. `left` is one that had to wait for this group: it waits for nobody else.
async fn next(queue: &Mutex<mpsc::Receiver<Job>>, left: &mut Option<Job>) -> Option<Vec<Job>> {
    let (first, queue) = match left.take() {
        // Whoever holds the queue waits for somebody to come.
        Some(job) => (job, queue.try_lock().ok()),
        None => {
            let mut queue = queue.lock().await;
            (queue.recv().await?, Some(queue))
        }
    };
    let mut runs = HashSet::from([first.piece.lease.run]);
    let mut bytes = first.piece.bytes();
    let mut group = vec![first];
    let Some(mut queue) = queue else {
        return Some(group);
    };
    while group.len() < MAX_GROUP && bytes < MAX_BYTES {
        let Ok(job) = queue.try_recv() else { break };
        // A run is in a statement once: the second append, a repetition or a rival, sees what became of the first.
        if !runs.insert(job.piece.lease.run) {
            *left = Some(job);
            break;
        }
        bytes += job.piece.bytes();
        group.push(job);
    }
    Some(group)
}

/// Writes one append in a statement of its own.
pub async fn alone(client: &Client, piece: &Piece) -> Result<Outcome> {
    let outcomes = write(client, &[piece]).await?;
    Ok(outcomes.into_iter().next().unwrap_or(Outcome::Nothing))
}

/// Writes appends of different runs in one statement: an outcome for each.
async fn write(client: &Client, pieces: &[&Piece]) -> Result<Vec<Outcome>> {
    let columns = Columns::of(pieces);
    let result = client
        .run(include_str!("append.sql"), &columns.values())
        .await;
    let all = match result {
        Ok(rows) => return written(pieces, &rows),
        Err(Failure::Server(error)) => match undone(&error) {
            Some(_) if pieces.len() > 1 => Outcome::Undone,
            Some(outcome) => outcome,
            None => return Err(Failure::Server(error).of_write()),
        },
        Err(failure) => return Err(failure.of_write()),
    };
    Ok(vec![all; pieces.len()])
}

/// What it means that the server undid the statement, where it says that it did.
fn undone(error: &tokio_postgres::Error) -> Option<Outcome> {
    // The head became NULL: the batch does not fit. Or somebody was at that place already.
    if is(error, &SqlState::NOT_NULL_VIOLATION) || is(error, &SqlState::UNIQUE_VIOLATION) {
        Some(Outcome::Nothing)
    } else if is(error, &SqlState::NUMERIC_VALUE_OUT_OF_RANGE) {
        Some(Outcome::TooMuch)
    } else if is_transient(error) {
        Some(Outcome::Again)
    } else {
        None
    }
}

fn written(pieces: &[&Piece], rows: &[Row]) -> Result<Vec<Outcome>> {
    let mut outcomes = vec![Outcome::Nothing; pieces.len()];
    for row in rows {
        let of: i64 = column(row, 0)?;
        let pool = column::<bool>(row, 2)?
            .then(|| parsed(row, 1))
            .transpose()?;
        if let Some(outcome) = outcomes.get_mut((of - 1) as usize) {
            *outcome = Outcome::Written(pool);
        }
    }
    Ok(outcomes)
}
