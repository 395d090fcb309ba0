CREATE TABLE skills (
    -- Standing comes first in it: what FTS5 finds first is what stands best.
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    shown TEXT NOT NULL,
    facets TEXT NOT NULL
) STRICT;
-- Words were taken apart before: FTS5 splits them at spaces and at nothing else.
CREATE VIRTUAL TABLE texts USING fts5 (
    name, description, words, facets,
    content = '', contentless_delete = 1, prefix = '1 2 3',
    tokenize = "unicode61 remove_diacritics 0 tokenchars ':'"
);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (texts, row);
-- Words by what is left of them without one letter, or two of a long one.
CREATE TABLE shorter (
    rest TEXT NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (rest, word)
) STRICT, WITHOUT ROWID;
CREATE TABLE known (word TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
