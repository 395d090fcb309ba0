CREATE TABLE skills (
    -- Standing comes first in it: what FTS5 finds first is what stands best.
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- The words of its short name.
    short TEXT NOT NULL,
    shown TEXT NOT NULL,
    facets TEXT NOT NULL
) STRICT;
CREATE INDEX skills_by_short ON skills (short, number);
-- Each word with where it is, as put.rs writes them. Only which skill has which word is kept: to find the next skill that
-- has them all is to walk through lists of numbers.
CREATE VIRTUAL TABLE texts USING fts5 (
    marked, content = '', contentless_delete = 1, detail = none, prefix = '3 4 5 6',
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
