-- Version 1. Identifiers are compared as bytes, whatever the database's collation; times are microseconds since 1970.

CREATE TABLE runs (
    run text COLLATE "C" PRIMARY KEY,
    tenant text COLLATE "C" NOT NULL,
    pool text COLLATE "C" NOT NULL,
    labels text COLLATE "C" NOT NULL,
    -- False once it has ended; `outcome` says how.
    live boolean NOT NULL,
    outcome text COLLATE "C",
    epoch bigint NOT NULL,
    -- Who holds it. `due` is then when the lease runs out: timer, lease and queue are one column.
    host text COLLATE "C",
    due bigint,
    head bigint NOT NULL,
    head_hash bytea NOT NULL,
    -- Signals that came, and those consumed: parking compares the two.
    arrived bigint NOT NULL,
    consumed bigint NOT NULL,
    created bigint NOT NULL,
    updated bigint NOT NULL
);
CREATE INDEX runs_due ON runs (pool, due) WHERE live AND due IS NOT NULL;
CREATE INDEX runs_tenant ON runs (tenant, run);

CREATE TABLE run_labels (
    name text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    run text COLLATE "C" NOT NULL,
    PRIMARY KEY (name, value, run)
);

CREATE TABLE events (
    run text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    -- The operation that wrote it; NULL for those a run begins with.
    op text COLLATE "C",
    kind text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    at bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (run, seq)
);

CREATE TABLE signals (
    run text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    at bigint NOT NULL,
    -- The event that consumed it. Rows stay for ever: a key counts once.
    consumed bigint,
    PRIMARY KEY (run, key)
);

CREATE TABLE ledger (
    tenant text COLLATE "C" NOT NULL,
    -- `RUN/SEQ/i`, or `post/KEY`.
    key text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    amount bigint NOT NULL,
    memo text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (tenant, key)
);

CREATE TABLE accounts (
    tenant text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    cap bigint,
    settled bigint NOT NULL,
    reserved bigint NOT NULL,
    PRIMARY KEY (tenant, account)
);

CREATE TABLE reservations (
    run text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (run, account, key)
);

CREATE TABLE audit (
    run text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    i integer NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (run, seq, i)
);

-- One counter for all catalogs: order of revisions is order of commits.
CREATE TABLE revision (
    one integer PRIMARY KEY CHECK (one = 1),
    rev bigint NOT NULL
);
INSERT INTO revision VALUES (1, 0);

CREATE TABLE catalog (
    kind text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    rev bigint NOT NULL,
    -- NULL is a tombstone.
    value bytea,
    expires bigint,
    PRIMARY KEY (kind, key)
);
CREATE UNIQUE INDEX catalog_rev ON catalog (kind, rev);
CREATE INDEX catalog_expires ON catalog (kind, expires) WHERE expires IS NOT NULL AND value IS NOT NULL;

CREATE TABLE blobs (
    digest text COLLATE "C" PRIMARY KEY,
    bytes bytea NOT NULL
);
-- Decks and pictures are compressed already.
ALTER TABLE blobs ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE memories (
    tenant text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    text text NOT NULL,
    tags text NOT NULL,
    words tsvector NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (tenant, scope, id)
);
CREATE INDEX memory_words ON memories USING gin (words);
