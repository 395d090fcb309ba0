//! Everything the routes share.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use metier_emulator_kit::Book;

use crate::clock::Clock;
use crate::error::ApiError;
use crate::faults::Faults;
use crate::id;
use crate::oauth::Authority;
use crate::org::Org;
use crate::recorder::Recorder;
use crate::soql::row::Row;

/// How many unfinished query results are kept; the oldest go first.
const MAX_CURSORS: usize = 50;

/// The smallest page a client may ask for; Salesforce's own.
const MIN_PAGE: usize = 200;

/// One emulator's state.
#[derive(Debug)]
pub(crate) struct State {
    pub clock: Clock,
    pub authority: Authority,
    /// The key of the connected app made at the start.
    pub private_key_pem: Option<String>,
    pub faults: Faults,
    pub recorder: Recorder,
    pub book: Arc<Book>,
    pub cursors: Cursors,
    /// Rows in a page unless the client asks for fewer.
    pub page: usize,
    /// API calls a day.
    pub daily_limit: u64,
    /// API calls so far.
    pub used: AtomicU64,
    pub org: RwLock<Org>,
}

impl State {
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Org> {
        self.org.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Org> {
        self.org.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rows in a page when the client sent these `Sforce-Query-Options`.
    pub(crate) fn page_for(&self, options: Option<&str>) -> usize {
        let asked = options.and_then(|options| {
            options.split([',', ';']).find_map(|option| {
                option
                    .trim()
                    .strip_prefix("batchSize=")?
                    .trim()
                    .parse()
                    .ok()
            })
        });
        asked.map_or(self.page, |asked: usize| {
            asked.clamp(MIN_PAGE.min(self.page), self.page)
        })
    }

    /// Count one API call.
    pub(crate) fn spend(&self) -> Result<u64, ApiError> {
        let used = self.used.fetch_add(1, Ordering::SeqCst) + 1;
        if used > self.daily_limit {
            Err(ApiError::request_limit())
        } else {
            Ok(used)
        }
    }
}

/// Query results that did not fit in one page.
#[derive(Debug, Default)]
pub(crate) struct Cursors(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    made: u64,
    results: VecDeque<(String, Vec<Row>)>,
}

/// One page of a result.
pub(crate) struct Page {
    pub total: usize,
    pub rows: Vec<Row>,
    /// The locator of the next page, when there is one.
    pub next: Option<String>,
}

impl Cursors {
    /// The first page of a result; the rest is kept when there is more.
    pub(crate) fn open(&self, total: usize, rows: Vec<Row>, size: usize) -> Page {
        if rows.len() <= size {
            return Page {
                total,
                rows,
                next: None,
            };
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.made += 1;
        let cursor = id::make("01g", kept.made);
        let first = rows.iter().take(size).cloned().collect();
        if kept.results.len() == MAX_CURSORS {
            kept.results.pop_front();
        }
        kept.results.push_back((cursor.clone(), rows));
        Page {
            total,
            rows: first,
            next: Some(format!("{cursor}-{size}")),
        }
    }

    /// The page at a locator such as `01g…-2000`.
    pub(crate) fn page(&self, locator: &str, size: usize) -> Result<Page, ApiError> {
        let invalid = || ApiError::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
        let (cursor, start) = locator.split_once('-').ok_or_else(invalid)?;
        let start: usize = start.parse().map_err(|_| invalid())?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, rows) = kept
            .results
            .iter()
            .find(|(id, _)| id == cursor)
            .ok_or_else(invalid)?;
        if start >= rows.len() {
            return Err(invalid());
        }
        let end = start.saturating_add(size).min(rows.len());
        let next = (end < rows.len()).then(|| format!("{cursor}-{end}"));
        Ok(Page {
            total: rows.len(),
            rows: rows[start..end].to_vec(),
            next,
        })
    }
}
