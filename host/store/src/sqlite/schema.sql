-- Version 1. STRICT tables: a column holds what it says. Texts are compared as bytes.

CREATE TABLE runs (
    run TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    pool TEXT NOT NULL,
    labels TEXT NOT NULL,
    -- 0 once it has ended; `outcome` says how.
    live INTEGER NOT NULL,
    outcome TEXT,
    epoch INTEGER NOT NULL,
    -- Who holds it. `due` is then when the lease runs out: timer, lease and queue are one column.
    host TEXT,
    due INTEGER,
    head INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    -- Signals that came, and those consumed: parking compares the two.
    arrived INTEGER NOT NULL,
    consumed INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX runs_due ON runs (pool, due) WHERE live = 1 AND due IS NOT NULL;
CREATE INDEX runs_tenant ON runs (tenant, run);

CREATE TABLE run_labels (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    run TEXT NOT NULL,
    PRIMARY KEY (name, value, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    run TEXT NOT NULL,
    seq INTEGER NOT NULL,
    -- The operation that wrote it; NULL for those a run begins with.
    op TEXT,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    at INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE signals (
    run TEXT NOT NULL,
    key TEXT NOT NULL,
    body BLOB NOT NULL,
    at INTEGER NOT NULL,
    -- The event that consumed it. Rows stay for ever: a key counts once.
    consumed INTEGER,
    PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger (
    tenant TEXT NOT NULL,
    -- `RUN/SEQ/i`, or `post/KEY`.
    key TEXT NOT NULL,
    account TEXT NOT NULL,
    amount INTEGER NOT NULL,
    memo TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    tenant TEXT NOT NULL,
    account TEXT NOT NULL,
    cap INTEGER,
    settled INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    PRIMARY KEY (tenant, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE reservations (
    run TEXT NOT NULL,
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (run, account, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    run TEXT NOT NULL,
    seq INTEGER NOT NULL,
    i INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (run, seq, i)
) STRICT, WITHOUT ROWID;

-- One counter for all catalogs: order of revisions is order of commits.
CREATE TABLE revision (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    rev INTEGER NOT NULL
) STRICT;
INSERT INTO revision VALUES (1, 0);

CREATE TABLE catalog (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    rev INTEGER NOT NULL,
    -- NULL is a tombstone.
    value BLOB,
    expires INTEGER,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX catalog_rev ON catalog (kind, rev);
CREATE INDEX catalog_expires ON catalog (kind, expires) WHERE expires IS NOT NULL AND value IS NOT NULL;

CREATE TABLE memories (
    number INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    text TEXT NOT NULL,
    tags TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (tenant, scope, id)
) STRICT;
CREATE VIRTUAL TABLE memory_words USING fts5 (words, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0");
