//! Appends as the columns that `append.sql` takes: an array for each, its lines pointing at their batch by number, from 1.

use tokio_postgres::types::ToSql;

use super::{append::as_columns, group::Piece};
use crate::{
    rules,
    types::{Batch, BudgetMove, Next},
};

/// What is written together.
pub struct Columns<'p> {
    batches: Batches<'p>,
    opened: Moves<'p>,
    closed: Moves<'p>,
    consumed: Keys<'p>,
    events: Events<'p>,
    lines: Lines<'p>,
    audit: Audit<'p>,
}

impl<'p> Columns<'p> {
    pub fn of(pieces: &[&'p Piece]) -> Self {
        let mut columns = Columns {
            batches: Batches::default(),
            opened: Moves::default(),
            closed: Moves::default(),
            consumed: Keys::default(),
            events: Events::default(),
            lines: Lines::default(),
            audit: Audit::default(),
        };
        for (of, piece) in (1..).zip(pieces.iter().copied()) {
            columns.batches.add(piece);
            columns.opened.add(of, &piece.batch, opened);
            columns.closed.add(of, &piece.batch, closed);
            columns.consumed.add(of, &piece.batch);
            columns.events.add(of, piece);
            columns.lines.add(of, &piece.batch);
            columns.audit.add(of, &piece.batch);
        }
        columns
    }

    /// In the order of the statement's parameters.
    pub fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        let Columns {
            batches: b,
            opened,
            closed,
            consumed,
            events,
            lines,
            audit,
        } = self;
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![
            &b.runs,
            &b.epochs,
            &b.heads,
            &b.head_hashes,
            &b.ops,
            &b.lasts,
            &b.last_hashes,
            &b.consumes,
            &b.nexts,
            &b.ats,
            &b.afters,
            &b.outcomes,
        ];
        for moves in [opened, closed] {
            values.extend([
                &moves.of as &(dyn ToSql + Sync),
                &moves.accounts,
                &moves.keys,
                &moves.amounts,
            ]);
        }
        values.extend([&consumed.of as &(dyn ToSql + Sync), &consumed.keys]);
        values.extend([
            &events.of as &(dyn ToSql + Sync),
            &events.seqs,
            &events.kinds,
            &events.bodies,
            &events.hashes,
        ]);
        values.extend([
            &lines.of as &(dyn ToSql + Sync),
            &lines.numbers,
            &lines.accounts,
            &lines.amounts,
            &lines.memos,
        ]);
        values.extend([
            &audit.of as &(dyn ToSql + Sync),
            &audit.numbers,
            &audit.bodies,
        ]);
        values
    }
}

#[derive(Default)]
struct Batches<'p> {
    runs: Vec<String>,
    epochs: Vec<i64>,
    heads: Vec<i64>,
    head_hashes: Vec<&'p [u8]>,
    ops: Vec<String>,
    lasts: Vec<i64>,
    last_hashes: Vec<&'p [u8]>,
    consumes: Vec<i32>,
    nexts: Vec<i32>,
    ats: Vec<Option<i64>>,
    afters: Vec<Option<i64>>,
    outcomes: Vec<Option<&'p str>>,
}

impl<'p> Batches<'p> {
    fn add(&mut self, piece: &'p Piece) {
        let (next, outcome) = next(&piece.batch.next);
        let (at, after) = match piece.batch.next {
            Next::Park { due } => as_columns(due),
            Next::Hold | Next::Done { .. } => (None, None),
        };
        self.runs.push(piece.lease.run.to_string());
        self.epochs.push(piece.lease.epoch.to_row());
        self.heads.push(piece.expect.seq.to_row());
        self.head_hashes.push(&piece.expect.hash);
        self.ops.push(piece.batch.op.to_string());
        self.lasts.push(piece.end.seq.to_row());
        self.last_hashes.push(&piece.end.hash);
        self.consumes.push(piece.batch.consume.len() as i32);
        self.nexts.push(next);
        self.ats.push(at);
        self.afters.push(after);
        self.outcomes.push(outcome);
    }
}

/// What becomes of the run, as the statement calls it, and how it ended.
fn next(next: &Next) -> (i32, Option<&str>) {
    match next {
        Next::Hold => (0, None),
        Next::Park { .. } => (1, None),
        Next::Done { outcome } => (2, Some(outcome.as_str())),
    }
}

/// Budget moves of one sort.
#[derive(Default)]
struct Moves<'p> {
    of: Vec<i64>,
    accounts: Vec<&'p str>,
    keys: Vec<&'p str>,
    amounts: Vec<i64>,
}

impl<'p> Moves<'p> {
    fn add(&mut self, of: i64, batch: &'p Batch, amount: fn(&BudgetMove) -> Option<i64>) {
        for change in &batch.budget {
            let Some(amount) = amount(change) else {
                continue;
            };
            let (account, key) = rules::place(change);
            self.of.push(of);
            self.accounts.push(account.as_str());
            self.keys.push(key.as_str());
            self.amounts.push(amount);
        }
    }
}

fn opened(change: &BudgetMove) -> Option<i64> {
    match change {
        BudgetMove::Reserve { amount, .. } => Some(amount.0),
        BudgetMove::Settle { .. } | BudgetMove::Release { .. } => None,
    }
}

fn closed(change: &BudgetMove) -> Option<i64> {
    match change {
        BudgetMove::Settle { actual, .. } => Some(actual.0),
        BudgetMove::Release { .. } => Some(0),
        BudgetMove::Reserve { .. } => None,
    }
}

#[derive(Default)]
struct Keys<'p> {
    of: Vec<i64>,
    keys: Vec<&'p str>,
}

impl<'p> Keys<'p> {
    fn add(&mut self, of: i64, batch: &'p Batch) {
        self.of.extend(batch.consume.iter().map(|_| of));
        self.keys
            .extend(batch.consume.iter().map(|key| key.as_str()));
    }
}

#[derive(Default)]
struct Events<'p> {
    of: Vec<i64>,
    seqs: Vec<i64>,
    kinds: Vec<&'p str>,
    bodies: Vec<&'p [u8]>,
    hashes: Vec<&'p [u8]>,
}

impl<'p> Events<'p> {
    fn add(&mut self, of: i64, piece: &'p Piece) {
        for (event, head) in piece.batch.events.iter().zip(&piece.chain) {
            self.of.push(of);
            self.seqs.push(head.seq.to_row());
            self.kinds.push(event.kind.as_str());
            self.bodies.push(&event.body);
            self.hashes.push(&head.hash);
        }
    }
}

#[derive(Default)]
struct Lines<'p> {
    of: Vec<i64>,
    numbers: Vec<i64>,
    accounts: Vec<&'p str>,
    amounts: Vec<i64>,
    memos: Vec<&'p str>,
}

impl<'p> Lines<'p> {
    fn add(&mut self, of: i64, batch: &'p Batch) {
        for (number, line) in (0..).zip(&batch.ledger) {
            self.of.push(of);
            self.numbers.push(number);
            self.accounts.push(line.account.as_str());
            self.amounts.push(line.amount.0);
            self.memos.push(&line.memo);
        }
    }
}

#[derive(Default)]
struct Audit<'p> {
    of: Vec<i64>,
    numbers: Vec<i64>,
    bodies: Vec<&'p [u8]>,
}

impl<'p> Audit<'p> {
    fn add(&mut self, of: i64, batch: &'p Batch) {
        for (number, body) in (0..).zip(&batch.audit) {
            self.of.push(of);
            self.numbers.push(number);
            self.bodies.push(body);
        }
    }
}
